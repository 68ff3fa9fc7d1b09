"""The pictures of rows that are trained on: their bytes, their size and their pixels.

    open_picture(row["images"], size=stated_size(row))     # <PIL.Image.Image mode=RGB size=640x480>

A row states the size of its picture, in whose pixels its boxes are; it tells the frame of one with an orientation tag.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PIL import Image

from stvqa.errors import InputError
from stvqa.pictures import ImageSize, ImageUnreadable, decode, picture_header

__all__ = ["open_picture", "picture_bytes", "size_of", "stated_size"]


def open_picture(
    value: Any,  # noqa: ANN401 (a cell of an image column, single or list)
    *,
    size: ImageSize | None = None,
) -> Image.Image:
    """The picture of a cell of the column `images`, as RGB.

    Args:
        value: the cell.
        size: what the row states of its picture, which tells the frame of one with an orientation tag; None takes
            the displayed one, which is what `datasets` gives.

    Raises:
        InputError: the cell holds no picture, or one that cannot be decoded.
    """
    try:
        return decode(picture_bytes(value), size=size)
    except ImageUnreadable as error:
        raise InputError(f"an image of the set cannot be decoded ({error}): build or download the set again") from error


def stated_size(row: Mapping[str, Any]) -> ImageSize | None:
    """What a row says of its picture's size, pixels; None where it has no such columns, or nothing in them.

    Raises:
        ValueError: what stands there is no whole number.
    """
    stated = [row.get(name) or 0 for name in ("image_width", "image_height")]
    if not all(isinstance(side, int) or (isinstance(side, float) and side.is_integer()) for side in stated):
        raise ValueError(f"the size {stated} is no pair of whole numbers")
    width, height = map(int, stated)
    return ImageSize(width, height) if width > 0 and height > 0 else None


def size_of(data: bytes, row: Mapping[str, Any]) -> ImageSize:
    """The size in whose pixels a row's boxes are: as stated, else as displayed.

    Raises:
        ImageUnreadable: no picture, or one that `stvqa.pictures` refuses.
    """
    header, stated = picture_header(data), stated_size(row)
    if header.deep:  # whether its numbers have a known range is seen from the pixels alone
        decode(data, size=stated)
    header.is_displayed(stated)
    return stated or header.displayed


def picture_bytes(value: Any) -> bytes:  # noqa: ANN401 (as above)
    """The image file in a cell of the column `images`: its bytes alone, for a path leads to any file of this machine.

    Raises:
        InputError: there are several.
        ImageUnreadable: there is none, or the cell holds a path without bytes (`image-by-path`).
    """
    if isinstance(value, list):
        if len(value) != 1:
            raise InputError(f"a row of the set has {len(value)} images: one image a row is what can be trained on")
        value = value[0]
    data = value.get("bytes") if isinstance(value, dict) else None
    if isinstance(data, bytes) and data:
        return data
    if isinstance(value, dict) and value.get("path"):
        raise ImageUnreadable(
            "a row names a file in place of a picture, and no file is opened that a set names: store the bytes in the "
            "set, as `datasets` does when it pushes one, or writes Parquet after `embed_table_storage`",
            reason="image-by-path",
        )
    raise ImageUnreadable("a row of the set has no image in its column 'images'")
