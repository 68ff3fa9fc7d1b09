"""A picture as every reader sees it: pixels in 8 bits, in one frame, as bytes that say nothing else.

    published(data, size=ImageSize(640, 480))     # EncodedImage(data=b"...", extension="jpg")
    decode(data, size=ImageSize(640, 480))        # its pixels in RGB

Bytes that need nothing stay as they are. A tag that is not applied is taken out of a JPEG without touching its
pixels. Pixels that are turned, scaled to 8 bits or laid on white are stored anew: PNG, which loses nothing, or JPEG of
high quality where the picture was one.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import NamedTuple

from PIL import Image, ImageOps

from stvqa.pictures.header import TURNED_ON_LOADING, ImageSize, PictureHeader, header_of, opened, picture_header
from stvqa.pictures.parts import jpeg_segments
from stvqa.pictures.pixels import eight_bit, is_transparent

__all__ = ["EncodedImage", "decode", "encode", "one_at_a_time", "published"]

_LARGE_PIXELS = 4_000_000
"""Pictures of more are worked on one at a time, however many threads there are: together they would fill the memory."""
_large = threading.RLock()

_EXTENSIONS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "GIF": "gif", "BMP": "bmp", "TIFF": "tif", "MPO": "jpg"}
_JPEGS = frozenset({"JPEG", "MPO"})
_TURNED_QUALITY = 98

_TURNED_BACK = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""What undoes each orientation."""

_FILLING = 0xFF
_TAG_SEGMENTS = {0xE1: (b"Exif\0", b"http://ns.adobe.com/"), 0xE2: (b"MPF\0",)}
"""Markers and beginnings of the segments of a JPEG that may hold an orientation, or places that shift without them."""


class EncodedImage(NamedTuple):
    """An image file's content.

    Attributes:
        data: the bytes.
        extension: of a file with this content, without the dot: `jpg`, `png` ...
    """

    data: bytes
    extension: str


def published(data: bytes, *, size: ImageSize | None = None) -> EncodedImage:
    """The picture as it is given to others: no orientation tag, 8 bits a channel, nothing transparent.

    Args:
        data: an image file's content.
        size: what is stated of the picture, which tells the frame; None takes the displayed one.

    Raises:
        ImageUnreadable: no image, one that does not decode, or one that the rules of this package refuse.
    """
    with opened(data) as image, one_at_a_time(*image.size):
        kind = image.format or ""
        header = header_of(image, io.BytesIO(data))
        displayed = header.is_displayed(size)
        if header.orientation == 1 and not header.deep and not is_transparent(image):
            return EncodedImage(data, _EXTENSIONS[kind])
        if kind in _JPEGS and not displayed:
            plain = _without_tags(data)
            if picture_header(plain).orientation == 1:
                return EncodedImage(plain, "jpg")
        profile = image.info.get("icc_profile")
        pixels = eight_bit(_framed(image, header, displayed=displayed))
        kept = profile if pixels.mode == image.mode else None
        return encode(pixels, "JPEG" if kind in _JPEGS else "PNG", quality=_TURNED_QUALITY, profile=kept)


def decode(data: bytes, *, size: ImageSize | None = None, smallest: int | None = None) -> Image.Image:
    """The whole picture in RGB, in the frame that its size tells.

    Args:
        data: an image file's content.
        size: as for `published`.
        smallest: pixels; a JPEG may be decoded at a fraction of its size, each side no less than this.

    Raises:
        ImageUnreadable: as `published`; a size without a tag is not compared.
    """
    with opened(data) as image, one_at_a_time(*image.size):
        header = header_of(image, io.BytesIO(data))
        displayed = header.is_displayed(size)
        if smallest is not None and header.orientation == 1:
            image.draft("RGB", (smallest, smallest))
        pixels = eight_bit(_framed(image, header, displayed=displayed))
        return pixels if pixels.mode == "RGB" else pixels.convert("RGB")


@contextmanager
def one_at_a_time(width: int, height: int) -> Iterator[None]:
    """Waits for its turn with a picture so large that several of them at once would fill the memory."""
    with _large if width * height > _LARGE_PIXELS else nullcontext():
        yield


def encode(image: Image.Image, kind: str, *, quality: int, profile: bytes | None = None) -> EncodedImage:
    """A picture of mode L or RGB as a file's content, the same bytes each time.

    Args:
        image: the pixels.
        kind: JPEG or PNG.
        quality: of JPEG.
        profile: ICC profile of the colours.
    """
    buffer = io.BytesIO()
    options = {"quality": quality, **({"subsampling": 0} if quality >= _TURNED_QUALITY else {})}
    image.save(buffer, kind, icc_profile=profile, **(options if kind == "JPEG" else {}))
    return EncodedImage(buffer.getvalue(), _EXTENSIONS[kind])


def _framed(image: Image.Image, header: PictureHeader, *, displayed: bool) -> Image.Image:
    """The pixels as displayed or as stored, whatever Pillow did on loading."""
    image.load()
    if header.orientation == 1:
        return image
    turned = image.format in TURNED_ON_LOADING
    if displayed:
        return image if turned else ImageOps.exif_transpose(image)
    return image.transpose(_TURNED_BACK[header.orientation]) if turned else image


def _without_tags(data: bytes) -> bytes:
    """A JPEG without the segments that may hold an orientation; the compressed pixels are not touched."""
    kept = bytearray(data[:2])
    end = 2
    file = io.BytesIO(data)
    file.seek(end)
    for marker, start, length in jpeg_segments(file):
        end = start + length
        if marker != _FILLING and not data[start + 4 : end].startswith(_TAG_SEGMENTS.get(marker, ())):
            kept += data[start:end]
    return bytes(kept) + data[end:]
