"""Which element of which file belongs to which image: int64 arrays, a few MB for all 108,077 images.

    elements = index_by_image(Path("objects.json"))
    elements.ids          # array([      1,       2, ...]) in the file's order
    table = read_image_table(Path("image_data.json"))
    table.widths[table.position_of(2)]   # 800

The files may hold images in any order, and not the same images. An image's id is a key of the element
itself: `image_id`, in v1.0 `id`, which objects inside have too; it is found without parsing the whole
element where it stands first, last, or under the unmistakable name.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic_core import from_json

from stvqa.errors import InputError
from stvqa.sources.json_elements import ElementIndex, index_elements, read_span
from stvqa.sources.visual_genome.layout import IMAGE_FOLDERS

__all__ = ["ImageElements", "ImageTable", "index_by_image", "read_image_table"]

Integers = NDArray[np.int64]

UNKNOWN = -1
"""No COCO id, no folder told, no such image."""

_LONG_KEY = b'"image_id"'
_LONG_VALUE = re.compile(rb'"image_id"\s*:\s*(\d+)\s*[,}]')
_FIRST = re.compile(rb'\s*\{\s*"(?:image_id|id)"\s*:\s*(\d+)\s*,')
_LAST = re.compile(rb'"(?:image_id|id)"\s*:\s*(\d+)\s*\}\s*$')
_TAIL_BYTES = 64


class ImageElements(NamedTuple):
    """Elements of one annotation file.

    Attributes:
        offsets: where they stand.
        ids: image id of each, in the file's order.
        old_keys: whether the file is of v1.0 (`id` for `image_id`).
    """

    offsets: ElementIndex
    ids: Integers
    old_keys: bool


class ImageTable(NamedTuple):
    """image_data.json by image id.

    Attributes:
        ids: sorted, each once.
        widths, heights: pixels; 0 where the file gives no positive whole number.
        coco_ids: `UNKNOWN` where null.
        folders: position in `IMAGE_FOLDERS` as told by the url, or `UNKNOWN`.
    """

    ids: Integers
    widths: Integers
    heights: Integers
    coco_ids: Integers
    folders: Integers

    def position_of(self, image_id: int) -> int:
        """Row of an image, `UNKNOWN` where the file does not hold it."""
        position = int(np.searchsorted(self.ids, image_id))
        return position if position < len(self.ids) and self.ids[position] == image_id else UNKNOWN


def index_by_image(path: Path, *, member: str) -> ImageElements:
    """Reads a file once for offsets and once for image ids.

    Args:
        path: objects.json, relationships.json, attributes.json or scene_graphs.json.
        member: the key that its elements have to have (`objects` ...).

    Raises:
        InputError: cut short, not such a file, or an element without an image id.
    """
    index = index_elements(path, shape="list")
    ids = np.empty(len(index), dtype=np.int64)
    old_keys = False
    with path.open("rb") as file:
        for number, (start, stop) in enumerate(zip(index.starts.tolist(), index.stops.tolist(), strict=True)):
            data = read_span(file, start, stop)
            if number == 0:
                old_keys = _check_first(data, path, member)
            ids[number] = _image_id(data, path, start)
    return ImageElements(index, ids, old_keys)


def read_image_table(path: Path) -> ImageTable:
    """Reads image_data.json, element by element.

    Raises:
        InputError: cut short, or not such a file.
    """
    index = index_elements(path, shape="list")
    rows = np.full((len(index), 5), UNKNOWN, dtype=np.int64)
    with path.open("rb") as file:
        for number, (start, stop) in enumerate(zip(index.starts.tolist(), index.stops.tolist(), strict=True)):
            element = _parse(read_span(file, start, stop), path, start)
            image_id = element.get("image_id", element.get("id"))
            if not isinstance(image_id, int) or "width" not in element:
                raise InputError(
                    f"{path} is not an image_data.json: the element at byte {start} lacks image_id or width"
                )
            rows[number] = (
                image_id,
                _whole(element.get("width"), 0),
                _whole(element.get("height"), 0),
                _whole(element.get("coco_id"), UNKNOWN),
                _folder(element.get("url")),
            )
    ids, first = np.unique(rows[:, 0], return_index=True)
    return ImageTable(ids, *(np.ascontiguousarray(rows[first, column]) for column in range(1, 5)))


def _check_first(data: bytes, path: Path, member: str) -> bool:
    """Whether the file is of v1.0; refuses a file of another kind by its first element."""
    element = _parse(data, path, 0)
    if member not in element:
        keys = ", ".join(sorted(element)) or "none"
        raise InputError(
            f"{path} does not hold what its name says: its elements have the keys {keys}, {member} is missing; "
            "put Visual Genome's file of this name there"
        )
    return "image_id" not in element


def _image_id(data: bytes, path: Path, start: int) -> int:
    place = data.find(_LONG_KEY)
    if place >= 0 and data.rfind(_LONG_KEY) == place and (match := _LONG_VALUE.match(data, place)):
        return int(match[1])
    if place < 0 and (match := _FIRST.match(data) or _LAST.search(data, max(0, len(data) - _TAIL_BYTES))):
        return int(match[1])
    element = _parse(data, path, start)
    image_id = element.get("image_id", element.get("id"))
    if not isinstance(image_id, int):
        raise InputError(f"{path}: the element at byte {start} has no image id; fetch the file again")
    return image_id


def _parse(data: bytes, path: Path, start: int) -> dict[str, Any]:
    try:
        element = from_json(data)
    except ValueError as error:
        raise InputError(f"{path} is not valid JSON in the element at byte {start}: {error}") from error
    if not isinstance(element, dict):
        raise InputError(f"{path}: the element at byte {start} is no dict; this is not Visual Genome's file")
    return element


def _whole(value: object, otherwise: int) -> int:
    return value if isinstance(value, int) and value > 0 else otherwise


def _folder(url: object) -> int:
    folder = url.rsplit("/", 2)[-2] if isinstance(url, str) and url.count("/") > 1 else ""
    return IMAGE_FOLDERS.index(folder) if folder in IMAGE_FOLDERS else UNKNOWN
