"""The official files joined by image id: `ImageJoin`.

    join = ImageJoin(table, {"objects": ..., "relationships": ...})
    join.items(join.ids[:1])   # [ImageItem(image_id=1, width=800, ..., spans=(None, (1, 8012), None, (1, 9120)))]

Held are the arrays of `index`; items are made for one partition at a time, since a hundred thousand of them
would weigh more than all else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stvqa.errors import InputError
from stvqa.sources.json_elements import read_span
from stvqa.sources.visual_genome.index import ImageElements, ImageTable

__all__ = ["MEMBERS", "ImageItem", "ImageJoin"]

MEMBERS = ("scene_graphs", "objects", "attributes", "relationships")
"""Annotation files, in the order in which their places are reconciled."""


class ImageItem(NamedTuple):
    """One image in a partition's locator.

    Attributes:
        image_id: of Visual Genome.
        width: of image_data.json, pixels; -1 where it does not hold the image, 0 where it is malformed.
        height: same.
        coco_id: -1 for none.
        folder: position in `layout.IMAGE_FOLDERS`, -1 where the url does not tell.
        repeats: further elements of the same image that say the same, which are not read.
        disputed: name of a file that holds elements of the image which differ; empty for none.
        spans: start and stop byte in each file of `MEMBERS`; None where it does not hold the image.
    """

    image_id: int
    width: int
    height: int
    coco_id: int
    folder: int
    repeats: int
    disputed: str
    spans: tuple[tuple[int, int] | None, ...]


class _Sorted(NamedTuple):
    """One file's elements by image id: `order[low:high]` are those of one image."""

    elements: ImageElements
    order: NDArray[np.int64]
    ids: NDArray[np.int64]


class ImageJoin:
    """All images that an annotation file holds.

    Attributes:
        ids: image ids, ascending, each once. Those of attributes.json alone are left out: without objects
            or relationships an image has nothing to ask about.
        broken: elements of all files that belong to no image.

    Args:
        table: image_data.json.
        elements: files by member of `MEMBERS`.

    Raises:
        InputError: files of v1.0 together with files of a later version.
    """

    def __init__(self, table: ImageTable, elements: Mapping[str, ImageElements]) -> None:
        _refuse_mixed_versions(elements)
        self._table = table
        self._files: dict[str, _Sorted] = {}
        for member, entry in elements.items():
            order = np.argsort(entry.ids, kind="stable")
            self._files[member] = _Sorted(entry, order, entry.ids[order])
        held = [entry.ids for member, entry in elements.items() if member != "attributes"]
        self.ids: NDArray[np.int64] = np.unique(np.concatenate(held))
        self.broken = [entry for file in elements.values() for entry in file.broken] + list(table.broken)

    def items(self, ids: NDArray[np.int64]) -> list[ImageItem]:
        """Where some images are found. The first of several elements of one image counts."""
        return [self._item(image_id) for image_id in ids.tolist()]

    def _item(self, image_id: int) -> ImageItem:
        spans: list[tuple[int, int] | None] = []
        repeats = 0
        disputed = ""
        for member in MEMBERS:
            places = self._places(member, image_id)
            if not len(places):
                spans.append(None)
                continue
            elements = self._files[member].elements
            spans.append((int(elements.starts[places[0]]), int(elements.stops[places[0]])))
            repeats += len(places) - 1
            if len(places) > 1 and _differ(elements, places):
                disputed = elements.path.name
        row = self._table.position_of(image_id)
        table = self._table
        return ImageItem(
            image_id,
            width=-1 if row < 0 else int(table.widths[row]),
            height=-1 if row < 0 else int(table.heights[row]),
            coco_id=-1 if row < 0 else int(table.coco_ids[row]),
            folder=-1 if row < 0 else int(table.folders[row]),
            repeats=repeats,
            disputed=disputed,
            spans=tuple(spans),
        )

    def _places(self, member: str, image_id: int) -> NDArray[np.int64]:
        """Positions of an image's elements in one file, in the file's order."""
        if member not in self._files:
            return np.empty(0, dtype=np.int64)
        file = self._files[member]
        low, high = np.searchsorted(file.ids, image_id, side="left"), np.searchsorted(file.ids, image_id, side="right")
        return file.order[low:high]


def _differ(elements: ImageElements, places: NDArray[np.int64]) -> bool:
    """Whether elements of one image are not the same, byte by byte."""
    with elements.path.open("rb") as file:
        contents = {
            read_span(file, int(elements.starts[place]), int(elements.stops[place])).strip() for place in places
        }
    return len(contents) > 1


def _refuse_mixed_versions(elements: Mapping[str, ImageElements]) -> None:
    old = [entry.path.name for entry in elements.values() if entry.old_keys]
    new = [entry.path.name for entry in elements.values() if not entry.old_keys]
    if old and new:
        raise InputError(
            f"{', '.join(old)} is of v1.0, but {', '.join(new)} is of v1.2 or later, and their object ids do not "
            "match: put files of one version into the folder"
        )
