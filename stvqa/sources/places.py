"""Where the pictures of a run may lie: what its source reads, and nothing else on the machine.

    places = PicturePlaces(folders=("/vg", "/vg/VG_100K"))
    places.check(ImageReference(kind="file", location="/home/me/private.jpg"))    # ImageUnreadable: `image-outside`

Files of a run say where the pixels of each image are. A run's folder may come from elsewhere, so what they say is held
against the source that the run's recipe names.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from stvqa.pictures import ImageUnreadable, real_folders
from stvqa.records import ImageReference

__all__ = ["GQA_IMAGES", "IMAGE_FOLDERS", "PicturePlaces", "picture_folders"]

IMAGE_FOLDERS = ("VG_100K", "VG_100K_2")
"""Visual Genome's folders of images; the url of an image tells which."""

GQA_IMAGES = "images"
"""GQA's folder of images."""

_BELOW_ROOT = {
    "vg": ("", *(f"{above}{folder}" for above in ("", "images/") for folder in IMAGE_FOLDERS)),
    "gqa": ("", GQA_IMAGES),
}
"""Folders of pictures below a source's root, and the root itself; each may be a link to another disk."""

_OUTSIDE = "image-outside"


@dataclass(frozen=True, slots=True)
class PicturePlaces:
    """What a run may read as pictures; small, and the same on every worker.

    Attributes:
        folders: absolute; of files. Links are followed where they are looked at.
        dataset: the beginning `PATH_OR_HUB_ID|SPLIT|` of places in a set; empty for none.
    """

    folders: tuple[str, ...] = ()
    dataset: str = ""

    def check(self, reference: ImageReference) -> None:
        """Refuses a place that is not the source's.

        Raises:
            ImageUnreadable: `image-outside`, or there is no such file.
        """
        if reference.kind == "file":
            self._check_file(Path(reference.location))
        elif reference.kind == "dataset" and not (self.dataset and reference.location.startswith(self.dataset)):
            raise ImageUnreadable("it stands in a set that is not the run's source", reason=_OUTSIDE)

    def _check_file(self, path: Path) -> None:
        try:
            real = path.resolve(strict=True)
        except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: links that lead in a circle
            raise ImageUnreadable(getattr(error, "strerror", None) or str(error)) from error
        if not any(real.is_relative_to(folder) for folder in _real(self.folders)):
            raise ImageUnreadable("it lies outside of the folders of the run's source", reason=_OUTSIDE)


def picture_folders(source: Literal["vg", "gqa"], root: Path) -> tuple[str, ...]:
    """Where the pictures of a source's root lie, absolute, for `PicturePlaces.folders`."""
    absolute = root.absolute()
    return tuple(str(absolute / below) for below in _BELOW_ROOT[source])


@lru_cache(maxsize=64)
def _real(folders: tuple[str, ...]) -> tuple[Path, ...]:
    return real_folders(*map(Path, folders))
