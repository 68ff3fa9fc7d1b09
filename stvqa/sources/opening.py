"""Sources by the names of the command line.

    open_source("vg", root=None, seed=0).name   # "vg150": without a root, the Hub's set

Nothing is read or imported for a source that was not asked for.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from stvqa.errors import InputError
from stvqa.sources.contract import Source
from stvqa.sources.places import PicturePlaces, picture_folders

__all__ = ["SourceName", "open_source", "picture_places"]

SourceName = Literal["demo", "vg", "vg150", "gqa"]


def open_source(
    name: SourceName,
    *,
    root: Path | None,
    seed: int,
    missing_images: Literal["reject", "placeholder"] = "reject",
    split: str = "train",
) -> Source:
    """A source, not yet read; what is wrong with a root comes out with `partitions`.

    Args:
        name: `vg` without a root is `vg150` from the Hub.
        root: folder of the official files; for `vg150` a local copy of the set. The demo source has none.
        seed: of the demo source's scenes.
        missing_images: for `vg` and `gqa`, what becomes of images without a file.
        split: of `vg150`.

    Raises:
        InputError: a root that is missing, or given where there is none.
    """
    # Each source brings its own libraries; only the one that is asked for is loaded.
    if name == "demo":
        from stvqa.sources.demo import DemoSource  # noqa: PLC0415

        if root is not None:
            raise InputError(f"the demo source makes its own scenes: leave out --root {root}")
        return DemoSource(seed=seed)
    if name == "gqa":
        from stvqa.sources.gqa import GqaSource  # noqa: PLC0415

        if root is None:
            raise InputError("GQA's scene graphs are read from files: pass --root with train_sceneGraphs.json in it")
        return GqaSource(root, missing_images=missing_images)
    if name == "vg" and root is not None:
        from stvqa.sources.visual_genome import VisualGenomeSource  # noqa: PLC0415

        return VisualGenomeSource(root, missing_images=missing_images)
    from stvqa.sources.vg150 import VG150_HUB_ID, Vg150Source  # noqa: PLC0415

    # An absolute path can be no Hub id, so that a folder that is missing is told as such.
    return Vg150Source(VG150_HUB_ID if root is None else str(root.resolve()), split=split)


def picture_places(name: SourceName, *, root: Path | None, split: str = "train") -> PicturePlaces:
    """Where the pictures of a source lie; its files are not looked at.

    Args:
        name, root, split: as for `open_source`.
    """
    if name == "demo":
        return PicturePlaces()
    if root is not None and name != "vg150":
        return PicturePlaces(picture_folders(name, root))
    from stvqa.sources.vg150 import VG150_HUB_ID  # noqa: PLC0415 (see above)

    return PicturePlaces(dataset=f"{VG150_HUB_ID if root is None else root.resolve()}|{split}|")
