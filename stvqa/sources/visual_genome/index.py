"""Which element of which file belongs to which image: int64 arrays, a few MB for all 108,077 images.

    elements = index_by_image(Path("objects.json"))
    elements.ids          # array([      1,       2, ...]) in the file's order
    table = read_image_table(Path("image_data.json"))
    table.widths[table.position_of(2)]   # 800

The files may hold images in any order, and not the same images. An image's id is a key of the element
itself: `image_id`, in v1.0 `id`, which objects inside have too; it is found without parsing the whole
element where it stands first, last, or under the unmistakable name. An element without an id is `Broken`:
it can be joined to nothing, and one of them is no reason to refuse a whole file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic_core import from_json

from stvqa.errors import InputError
from stvqa.pictures import LARGEST_SIDE
from stvqa.sources.assembly.limits import too_large
from stvqa.sources.json_elements import ElementIndex, index_elements, read_span
from stvqa.sources.visual_genome.layout import IMAGE_FOLDERS

__all__ = ["Broken", "ImageElements", "ImageTable", "index_by_image", "read_image_table"]

Integers = NDArray[np.int64]

UNKNOWN = -1
"""No COCO id, no folder told, no such image."""

_LARGEST_ID = (1 << 63) - 1
_LONG_KEY = b'"image_id"'
_LONG_VALUE = re.compile(rb'"image_id"\s*:\s*(\d{1,18})\s*[,}]')
_FIRST = re.compile(rb'\s*\{\s*"(?:image_id|id)"\s*:\s*(\d{1,18})\s*,')
_LAST = re.compile(rb'"(?:image_id|id)"\s*:\s*(\d{1,18})\s*\}\s*$')
_TAIL_BYTES = 64
_ENDS_BYTES = 256
"""Looked at, from either end, of an element that is too large to be read."""
_DETAIL_LENGTH = 60
_LONGEST = 20
"""Digits of a number that is worth reading; ids have seven."""


class Broken(NamedTuple):
    """An element that belongs to no image.

    Attributes:
        file: name of the file.
        start: byte at which it begins.
        fault: what is wrong with it.
    """

    file: str
    start: int
    fault: str


class ImageElements(NamedTuple):
    """Elements of one annotation file.

    Attributes:
        path: the file.
        starts: first byte of each element, in the file's order.
        stops: byte after each.
        ids: image id of each.
        old_keys: whether the file is of v1.0 (`id` for `image_id`).
        broken: elements without an image id, which are not among the others.
    """

    path: Path
    starts: Integers
    stops: Integers
    ids: Integers
    old_keys: bool
    broken: tuple[Broken, ...]


class ImageTable(NamedTuple):
    """image_data.json by image id.

    Attributes:
        ids: sorted, each once.
        widths, heights: pixels; 0 where the file gives no whole number of 1 to `LARGEST_SIDE`, or several
            rows of one image disagree.
        coco_ids: `UNKNOWN` where null.
        folders: position in `IMAGE_FOLDERS` as told by the url, or `UNKNOWN`.
        broken: rows without an image id.
    """

    ids: Integers
    widths: Integers
    heights: Integers
    coco_ids: Integers
    folders: Integers
    broken: tuple[Broken, ...]

    def position_of(self, image_id: int) -> int:
        """Row of an image, `UNKNOWN` where the file does not hold it."""
        position = int(np.searchsorted(self.ids, image_id))
        return position if position < len(self.ids) and self.ids[position] == image_id else UNKNOWN


class _Row(NamedTuple):
    """What image_data.json says of one image, in the order of `ImageTable`."""

    image_id: int
    width: int
    height: int
    coco_id: int
    folder: int


def index_by_image(path: Path, *, member: str) -> ImageElements:
    """Reads a file once for offsets and once for image ids.

    Args:
        path: objects.json, relationships.json, attributes.json or scene_graphs.json.
        member: the key that its elements have to have (`objects` ...).

    Raises:
        InputError: cut short, not such a file, or no element of it has an image id.
    """
    index = index_elements(path, shape="list")
    ids = np.full(len(index), UNKNOWN, dtype=np.int64)
    broken: list[Broken] = []
    old_keys: bool | None = None
    for number, (start, data) in enumerate(_elements(index)):
        try:
            ids[number] = _image_id(data)
        except ValueError as error:
            broken.append(Broken(path.name, start, str(error)))
            continue
        if old_keys is None:
            old_keys = _is_old(data, path, member)
    if broken and len(broken) == len(index):
        raise InputError(f"{path} is not Visual Genome's: the element at byte {broken[0].start} is {broken[0].fault}")
    held = ids != UNKNOWN
    return ImageElements(path, index.starts[held], index.stops[held], ids[held], bool(old_keys), tuple(broken))


def read_image_table(path: Path) -> ImageTable:
    """Reads image_data.json, element by element.

    Raises:
        InputError: cut short, or not such a file.
    """
    index = index_elements(path, shape="list")
    values = np.empty((len(index), len(_Row._fields)), dtype=np.int64)
    without_width: list[int] = []
    count = 0
    broken: list[Broken] = []
    for start, data in _elements(index):
        try:
            element = _parse(data)
            values[count] = _row(element)
            count += 1
        except ValueError as error:
            broken.append(Broken(path.name, start, str(error)))
            continue
        if "width" not in element:
            without_width.append(start)
    if broken and count == 0:
        raise InputError(
            f"{path} is not an image_data.json: the element at byte {broken[0].start} is {broken[0].fault}"
        )
    if without_width and count == len(without_width):  # a single one costs its own image alone
        raise InputError(f"{path} is not an image_data.json: the element at byte {without_width[0]} has no width")
    values = values[:count]
    ids, first, place = np.unique(values[:, 0], return_index=True, return_inverse=True)
    told = values[first, 1:]
    # Rows of one image that disagree tell nothing: the size is the picture's, and both folders are looked into.
    disputed = place[np.any(values[:, 1:] != told[place], axis=1)]
    told[disputed] = (0, 0, UNKNOWN, UNKNOWN)
    widths, heights, coco_ids, folders = (np.ascontiguousarray(column) for column in told.T)
    return ImageTable(ids, widths, heights, coco_ids, folders, tuple(broken))


def _elements(index: ElementIndex) -> Iterator[tuple[int, bytes]]:
    """First byte and content of each element; of one that is too large both ends alone."""
    with index.path.open("rb") as file:
        for start, stop in zip(index.starts.tolist(), index.stops.tolist(), strict=True):
            if too_large(stop - start) is None:
                yield start, read_span(file, start, stop)
            else:
                yield start, read_span(file, start, start + _ENDS_BYTES) + read_span(file, stop - _ENDS_BYTES, stop)


def _is_old(data: bytes, path: Path, member: str) -> bool | None:
    """Whether the file is of v1.0; refuses a file of another kind by its first element. None where that
    element cannot be parsed, so that the next one has to tell.

    Raises:
        InputError: another kind of file.
    """
    try:
        element = _parse(data)
    except ValueError:
        return None
    if member not in element:
        keys = ", ".join(sorted(element)) or "none"
        raise InputError(
            f"{path} does not hold what its name says: its elements have the keys {keys}, {member} is missing; "
            "put Visual Genome's file of this name there"
        )
    return "image_id" not in element


def _image_id(data: bytes) -> int:
    """The id of an annotation's element.

    Raises:
        ValueError: it has none; the message ends the sentence "the element is ...".
    """
    place = data.find(_LONG_KEY)
    if place >= 0 and data.rfind(_LONG_KEY) == place and (match := _LONG_VALUE.match(data, place)):
        return int(match[1])
    if place < 0 and (match := _FIRST.match(data) or _LAST.search(data, max(0, len(data) - _TAIL_BYTES))):
        return int(match[1])
    return _id_of(_parse(data))


def _row(element: dict[str, Any]) -> _Row:
    return _Row(
        _id_of(element),
        _whole(element.get("width"), 0, most=LARGEST_SIDE),
        _whole(element.get("height"), 0, most=LARGEST_SIDE),
        _whole(element.get("coco_id"), UNKNOWN),
        _folder(element.get("url")),
    )


def _id_of(element: dict[str, Any]) -> int:
    """An image id, which may be written as a string of digits."""
    value = element.get("image_id", element.get("id"))
    if value is None:
        raise ValueError("without an image id")
    image_id = _whole(value, UNKNOWN)
    if image_id == UNKNOWN:
        raise ValueError(f"of no possible image id: {json.dumps(value)[:_DETAIL_LENGTH]}")
    return image_id


def _parse(data: bytes) -> dict[str, Any]:
    """An element as a dict.

    Raises:
        ValueError: as for `_image_id`.
    """
    try:
        element = from_json(data)
    except ValueError as error:
        raise ValueError(f"not valid JSON: {error}") from error
    if not isinstance(element, dict):
        raise ValueError(f"no dict but {json.dumps(element)[:_DETAIL_LENGTH]}")
    return element


def _whole(value: object, otherwise: int, *, most: int = _LARGEST_ID) -> int:
    """A whole number of 0 to `most`, also as a float (tables with gaps hold these) or in digits; else `otherwise`."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _LONGEST:
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most else otherwise


def _folder(url: object) -> int:
    folder = url.rsplit("/", 2)[-2] if isinstance(url, str) and url.count("/") > 1 else ""
    return IMAGE_FOLDERS.index(folder) if folder in IMAGE_FOLDERS else UNKNOWN
