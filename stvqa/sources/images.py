"""Pixels of an image reference: its size from the header, its original bytes, or fully decoded.

    reference = ImageReference(kind="file", location="/vg/VG_100K/2.jpg")
    file_header(Path("/vg/VG_100K/2.jpg")).size              # ImageSize(width=800, height=600)
    open_image(reference, width=800, height=600)             # <PIL.Image.Image mode=RGB size=800x600>
    image_bytes(reference, width=800, height=600).extension  # "jpg"

Pixels are taken as they are stored: annotated boxes refer to them, so an EXIF orientation is not applied.
Sizes in pixels, width before height.
"""

from __future__ import annotations

import io
import zlib
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageDraw, UnidentifiedImageError

from stvqa.records import ImageReference

__all__ = [
    "LARGEST_SIDE",
    "EncodedImage",
    "ImageHeader",
    "ImageSize",
    "ImageUnreadable",
    "bytes_header",
    "dataset_location",
    "file_header",
    "image_bytes",
    "open_image",
]

LARGEST_SIDE = 65_535
"""Pixels; no JPEG is wider or higher, and an annotation that says so is wrong."""

_EXTENSIONS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "GIF": "gif", "BMP": "bmp", "TIFF": "tif", "MPO": "jpg"}
_JPEG_QUALITY = 92
_GREY = (128, 128, 128)
_GREY_MODES = ("1", "L", "I", "F")
"""Beginnings of Pillow's modes with one channel of light: black and white, grey of 8 bits, of more, of floats."""

# What Pillow raises for bytes that are no image, are cut short, or are broken inside; its PNG reader raises
# SyntaxError, its TIFF reader ValueError and KeyError, and zlib's own error comes through undisguised.
_DECODING_ERRORS = (OSError, SyntaxError, ValueError, KeyError, EOFError, zlib.error, Image.DecompressionBombError)


class ImageUnreadable(Exception):  # noqa: N818 - named for what a stage rejects: `image-unreadable`
    """The pixels of one image cannot be had; `str()` is the detail of the rejection `image-unreadable`."""


class ImageSize(NamedTuple):
    """Pixels."""

    width: int
    height: int


class ImageHeader(NamedTuple):
    """An image without its pixels.

    Attributes:
        size: pixels.
        grayscale: stored without colours; an image in grey colours is not known from its header.
    """

    size: ImageSize
    grayscale: bool


class EncodedImage(NamedTuple):
    """An image file's content.

    Attributes:
        data: the bytes.
        extension: of a file with this content, without the dot: `jpg`, `png` ...
    """

    data: bytes
    extension: str


def file_header(path: Path) -> ImageHeader:
    """What the header of an image file says; the pixels may still be broken.

    Raises:
        ImageUnreadable: there is no such file, or no image in it.
    """
    try:
        with Image.open(path) as image:
            return _header(image)
    except _DECODING_ERRORS as error:
        raise ImageUnreadable(f"{path}: {_reason(error)}") from error


def bytes_header(data: bytes) -> ImageHeader:
    """What the header of an encoded image says.

    Raises:
        ImageUnreadable: the bytes are no image.
    """
    try:
        with Image.open(io.BytesIO(data)) as image:
            return _header(image)
    except _DECODING_ERRORS as error:
        raise ImageUnreadable(_reason(error)) from error


def open_image(reference: ImageReference, *, width: int, height: int) -> Image.Image:
    """The whole image, decoded, in RGB (grey and palette images converted, transparency on black).

    The pixels are those of `image_bytes`: what is checked is what is published.

    Args:
        reference: where the pixels are.
        width: what the scene graph says, pixels; the size of a placeholder.
        height: same.

    Raises:
        ImageUnreadable: no image there, it does not decode to its last row, or it is of another size.
    """
    data = image_bytes(reference, width=width, height=height).data
    try:
        with Image.open(io.BytesIO(data)) as image:
            decoded = image.convert("RGB")
    except _DECODING_ERRORS as error:
        raise ImageUnreadable(f"{reference.location}: {_reason(error)}") from error
    if decoded.size != (width, height):
        found = f"{decoded.width} x {decoded.height}"
        raise ImageUnreadable(f"{reference.location}: {found} pixels, the scene graph says {width} x {height}")
    return decoded


def image_bytes(reference: ImageReference, *, width: int, height: int) -> EncodedImage:
    """The image as a file's content: original bytes where there are any, otherwise encoded the same way each time.

    Demo scenes become JPEG, placeholders PNG. Original bytes are not decoded, only their header is read.

    Raises:
        ImageUnreadable: no image there.
    """
    if reference.kind == "demo":
        return _encode(_demo_image(reference.location), "JPEG")
    if reference.kind == "placeholder":
        return _encode(_placeholder(width, height), "PNG")
    data = _stored_bytes(reference)
    try:
        with Image.open(io.BytesIO(data)) as image:
            kind = image.format or ""
    except _DECODING_ERRORS as error:
        raise ImageUnreadable(f"{reference.location}: {_reason(error)}") from error
    return EncodedImage(data, _EXTENSIONS.get(kind, kind.lower()))


def dataset_location(path: str, *, split: str, row: int) -> str:
    """Location of a `dataset` reference."""
    return f"{path}|{split}|{row}"


def _header(image: Image.Image) -> ImageHeader:
    return ImageHeader(ImageSize(*image.size), grayscale=image.mode.startswith(_GREY_MODES))


def _stored_bytes(reference: ImageReference) -> bytes:
    if reference.kind == "file":
        try:
            return Path(reference.location).read_bytes()
        except OSError as error:
            raise ImageUnreadable(f"{reference.location}: {_reason(error)}") from error
    # Looked up here alone: `datasets` takes a second to import, and most runs need none of it.
    from stvqa.sources.vg150 import row_image  # noqa: PLC0415

    path, split, row = reference.location.rsplit("|", 2)
    data = row_image(path, split=split, row=int(row))
    if not data:
        raise ImageUnreadable(f"row {row} of {path}, split {split}, holds no image bytes")
    return data


def _demo_image(location: str) -> Image.Image:
    # The demo source draws with everything it has; readers of other sources need not load it.
    from stvqa.sources.demo import render_image  # noqa: PLC0415

    return render_image(location)


def _placeholder(width: int, height: int) -> Image.Image:
    image = Image.new("RGB", (width, height), _GREY)
    text = f"placeholder {width}x{height}"
    draw = ImageDraw.Draw(image)
    draw.text((width / 2, height / 2), text, fill="white", anchor="mm")
    return image


def _encode(image: Image.Image, kind: str) -> EncodedImage:
    buffer = io.BytesIO()
    image.save(buffer, kind, **({"quality": _JPEG_QUALITY} if kind == "JPEG" else {}))
    return EncodedImage(buffer.getvalue(), _EXTENSIONS[kind])


def _reason(error: BaseException) -> str:
    """An error's own words without the addresses and paths that Pillow puts into them."""
    if isinstance(error, FileNotFoundError):
        return "no such file"
    if isinstance(error, UnidentifiedImageError):
        return "not an image"
    return str(error) or type(error).__name__
