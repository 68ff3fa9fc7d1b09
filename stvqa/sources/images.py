"""Pixels of an image reference: its original bytes, as they are published, or fully decoded.

    reference = ImageReference(kind="file", location="/vg/VG_100K/2.jpg")
    open_image(reference, width=800, height=600)             # <PIL.Image.Image mode=RGB size=800x600>
    image_bytes(reference, width=800, height=600).extension  # "jpg"

How a picture is opened, and what becomes of orientation tags and of more than 8 bits, is told in `stvqa.pictures`.
Sizes in pixels, width before height.
"""

from __future__ import annotations

import re
from pathlib import Path

from PIL import Image, ImageDraw

from stvqa.errors import InputError
from stvqa.pictures import (
    EncodedImage,
    ImageSize,
    ImageUnreadable,
    decode,
    encode,
    pixels_fault,
    published,
    read_file,
)
from stvqa.records import ImageReference
from stvqa.sources.places import PicturePlaces

__all__ = ["EncodedImage", "ImageUnreadable", "dataset_location", "image_bytes", "open_image"]

_JPEG_QUALITY = 92
_GREY = (128, 128, 128)
_DATASET = re.compile(r"(.+)\|([^|]*)\|(\d{1,15})", re.DOTALL)


def open_image(
    reference: ImageReference, *, width: int, height: int, places: PicturePlaces | None = None
) -> Image.Image:
    """The whole image, decoded, in RGB.

    The pixels are those of `image_bytes`: what is checked is what is published.

    Args:
        reference: where the pixels are.
        width: what the scene graph says, pixels; the size of a placeholder.
        height: same.
        places: where it may lie; None where the reference was made by this process.

    Raises:
        ImageUnreadable: no image there, it does not decode to its last row, it is of another size, or
            `stvqa.pictures` refuses it.
    """
    data = image_bytes(reference, width=width, height=height, places=places).data
    try:
        decoded = decode(data)
    except ImageUnreadable as error:
        raise error.named(reference.location) from error
    if decoded.size != (width, height):
        found = f"{decoded.width} x {decoded.height}"
        raise ImageUnreadable(f"{reference.location}: {found} pixels, the scene graph says {width} x {height}")
    return decoded


def image_bytes(
    reference: ImageReference, *, width: int, height: int, places: PicturePlaces | None = None
) -> EncodedImage:
    """The image as a file's content: original bytes where nothing is to be put right, else encoded the same each time.

    Demo scenes become JPEG, placeholders PNG. Original bytes are decoded only where `published` has to.

    Args:
        reference: where the pixels are.
        width: what the scene graph says, pixels; it tells whether an orientation tag is applied.
        height: same.
        places: as for `open_image`.

    Raises:
        ImageUnreadable: no image there, or it lies elsewhere, or `stvqa.pictures` refuses it.
    """
    if reference.kind == "demo":
        return encode(_demo_image(reference.location), "JPEG", quality=_JPEG_QUALITY)
    if reference.kind == "placeholder":
        if (fault := pixels_fault(width, height)) is not None:
            raise fault
        return encode(_placeholder(width, height), "PNG", quality=_JPEG_QUALITY)
    try:
        if places is not None:
            places.check(reference)
        return published(_stored_bytes(reference), size=ImageSize(width, height))
    except ImageUnreadable as error:
        raise error.named(reference.location) from error


def dataset_location(path: str, *, split: str, row: int) -> str:
    """Location of a `dataset` reference."""
    return f"{path}|{split}|{row}"


def _stored_bytes(reference: ImageReference) -> bytes:
    if reference.kind == "file":
        return read_file(Path(reference.location))
    # Looked up here alone: `datasets` takes a second to import, and most runs need none of it.
    from stvqa.sources.vg150_rows import row_image  # noqa: PLC0415

    found = _DATASET.fullmatch(reference.location)
    if found is None:
        raise ImageUnreadable("it names no row of a set")
    path, split, row = found.groups()
    try:
        data = row_image(path, split=split, row=int(row))
    except IndexError as error:
        raise ImageUnreadable(f"{path}, split {split}, has no row {row}") from error
    if not data:
        raise ImageUnreadable(f"row {row} of {path}, split {split}, holds no image bytes")
    return data


def _demo_image(location: str) -> Image.Image:
    # The demo source draws with everything it has; readers of other sources need not load it.
    from stvqa.sources.demo import render_image  # noqa: PLC0415

    try:
        return render_image(location)
    except InputError as error:
        raise ImageUnreadable(str(error)) from error


def _placeholder(width: int, height: int) -> Image.Image:
    image = Image.new("RGB", (width, height), _GREY)
    text = f"placeholder {width}x{height}"
    draw = ImageDraw.Draw(image)
    draw.text((width / 2, height / 2), text, fill="white", anchor="mm")
    return image
