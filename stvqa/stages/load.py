"""load: a source, read to scene graphs, one image at a time.

Load(source="vg", root="/data/vg", missing_images="placeholder")
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from stvqa.records import Rejection, SceneGraph
from stvqa.sources import Source, SourceName, open_source
from stvqa.sources.assembly.strays import named_frame
from stvqa.sources.contract import Partition
from stvqa.sources.depth import DepthEstimator
from stvqa.sources.images import ImageUnreadable, open_image
from stvqa.sources.marks import mark_of_folder
from stvqa.sources.opening import picture_places
from stvqa.sources.places import PicturePlaces
from stvqa.stages.contract import SourceStage, StageContext
from stvqa.store.run_file import StageStatistics, common_reasons

__all__ = ["Load"]

_NOTED_SHARE = 1 / 3
"""Of images, of objects or of parts: so many repairs or refusals are no slips of single annotators."""
_IMAGE_REPAIRS = ("image-orientation-applied", "image-orientation-removed", "image-size-corrected")
_BOX_REPAIRS = ("box-negative", "box-beyond-border", "box-disagrees")
_DO_NOT_FIT = "boxes-do-not-fit"
_FRAMES = "frames."


class Load(SourceStage[SceneGraph]):
    """Reads a source.

    Attributes:
        source: `demo`, `vg`, `vg150` or `gqa`; `vg` without `root` means `vg150`.
        root: folder of the source's files; for `vg150` a local folder of the same shape.
        limit: at most so many images; None for all. The demo source needs a number.
        scene_seed: seed of the demo source's scenes.
        missing_images: `reject` images that are not there, or stand in a `placeholder` of the stated size.
        depth_model: Hub id or folder of a depth-estimation model; gives `estimated` depth. None for none.
    """

    name = "load"
    writes: ClassVar[type[SceneGraph]] = SceneGraph
    version: ClassVar[int] = 4

    source: SourceName
    root: Path | None = None
    limit: int | None = Field(default=None, ge=1)
    scene_seed: int = 0
    missing_images: Literal["reject", "placeholder"] = "reject"
    depth_model: str | None = None

    @cached_property
    def _opened(self) -> Source:
        return open_source(self.source, root=self.root, seed=self.scene_seed, missing_images=self.missing_images)

    def fingerprint(self) -> str:
        """The source's own fingerprint, with the mark of the depth model's folder where it is a local one."""
        source, folder = self._opened.fingerprint(), _local_folder(self.depth_model)
        return source if folder is None else f"{source}|{mark_of_folder(folder, nested=True).hex()}"

    def anywhere(self) -> Load:
        """The stage with absolute paths of what it reads."""
        root, folder = self.root, _local_folder(self.depth_model)
        return self.model_copy(
            update={
                "root": None if root is None else root.absolute(),
                "depth_model": self.depth_model if folder is None else str(folder.absolute()),
            }
        )

    def folders(self) -> tuple[Path, ...]:
        """The source's folder, where images lie too, and that of the depth model."""
        return tuple(folder for folder in (self.root, _local_folder(self.depth_model)) if folder is not None)

    def partitions(self) -> list[Partition]:
        """The source's partitions, up to `limit` images."""
        return self._opened.partitions(limit=self.limit)

    def places(self) -> PicturePlaces:
        """Below the root and where its image folders lead; for `vg150` the rows of its set."""
        return picture_places(self.source, root=self.root)

    def run(self, records: Iterator[Partition], context: StageContext) -> Iterator[SceneGraph | Rejection]:
        """Scene graphs, with what was mended counted as `mends.SLUG`."""
        for partition in records:
            for item in self._opened.read(partition):
                context.counts.update(_counts_of(item))
                yield self._with_depth(item) if isinstance(item, SceneGraph) else item

    def notes(self, statistics: StageStatistics) -> tuple[str, ...]:
        """Where a third of the images was repaired, or of their parts repaired or refused; and the other frame that
        boxes fit, where they do not fit their images.
        """
        counts = statistics.counts
        told: list[str] = []
        parts = counts.get("objects", 0) + counts.get("relationships", 0) + sum(statistics.rejected_parts.values())
        images = statistics.records_out + sum(statistics.rejected.values())
        shares = (
            (_mends(counts, _IMAGE_REPAIRS), images, "images were repaired"),
            (statistics.rejected_parts, parts, "parts of images were refused"),
            (_mends(counts, _BOX_REPAIRS), counts.get("objects", 0), "boxes were repaired"),
        )
        for reasons, whole, what in shares:
            number = sum(reasons.values())
            if number and number >= _NOTED_SHARE * whole:
                told.append(f"{number:,} of {whole:,} {what} ({common_reasons(reasons)})")
        if statistics.rejected.get(_DO_NOT_FIT, 0) < _NOTED_SHARE * images:
            return tuple(told)
        fitting = {name.removeprefix(_FRAMES): count for name, count in counts.items() if name.startswith(_FRAMES)}
        if frame := named_frame(fitting):
            told.append(f"boxes look like {frame}: convert them to pixels of the image")
        return tuple(told)

    @cached_property
    def _estimator(self) -> DepthEstimator:
        return DepthEstimator(self.depth_model or "")

    def _with_depth(self, scene: SceneGraph) -> SceneGraph | Rejection:
        if self.depth_model is None or scene.space_evidence == "simulated":
            return scene
        try:
            picture = open_image(scene.image, width=scene.width, height=scene.height)
        except ImageUnreadable as error:
            return Rejection(stage=self.name, reason=error.reason, record_id=scene.image_id, detail=str(error))
        return self._estimator.estimate(scene, picture)


def _counts_of(item: SceneGraph | Rejection) -> Counter[str]:
    """What adds up over images: mends and parts of those that came through, frames that the boxes of others fit."""
    if isinstance(item, SceneGraph):
        found = Counter({f"mends.{slug}": count for slug, count in item.mends.items()})
        found.update(objects=len(item.objects), relationships=len(item.relationships))
        return found
    if item.reason != _DO_NOT_FIT:
        return Counter()
    return Counter({f"{_FRAMES}{name}": count for name, count in json.loads(item.payload).items()})


def _mends(counts: dict[str, int], slugs: tuple[str, ...]) -> dict[str, int]:
    """Which of these mends were made, and how often."""
    return {slug: counts[f"mends.{slug}"] for slug in slugs if counts.get(f"mends.{slug}")}


def _local_folder(model: str | None) -> Path | None:
    """The folder of a model that lies here; None for one of the Hub."""
    folder = Path(model) if model else None
    return folder if folder is not None and folder.is_dir() else None
