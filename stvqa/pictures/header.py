"""What a picture says of itself before its pixels are decoded: size in both frames, orientation, kind of pixels.

picture_header(Path("1.jpg")).displayed     # ImageSize(width=480, height=640), of a file stored as 640 x 480 with tag 6
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from PIL import ExifTags, Image, UnidentifiedImageError

__all__ = [
    "AMBIGUOUS",
    "LARGEST_SIDE",
    "TURNED_ON_LOADING",
    "ImageSize",
    "ImageUnreadable",
    "PictureHeader",
    "header_of",
    "is_deep",
    "opened",
    "picture_header",
]

LARGEST_SIDE = 65_535
"""Pixels; no JPEG is wider or higher, and an annotation that says so is wrong."""

AMBIGUOUS = "image-orientation-ambiguous"
"""Reason: nothing tells whether an orientation tag is to be applied."""

TURNED_ON_LOADING = frozenset({"TIFF"})
"""Formats whose orientation tag Pillow applies by itself while it decodes."""

_GREY_MODES = ("1", "L", "I", "F")
"""Beginnings of Pillow's modes with one channel of light: black and white, grey of 8 bits, of more, of floats."""
_DEEP_MODES = ("I", "F")
_SWAPPING = frozenset({5, 6, 7, 8})
_ORIENTATIONS = range(1, 9)
_PNG_CARRIERS = (b"eXIf", b"Raw profile type", b"XML:com.adobe.xmp")
"""Names of the parts of a PNG that may hold an orientation; they may stand behind the pixels."""

# What Pillow raises for bytes that are no image, are cut short, or are broken inside; its PNG reader raises
# SyntaxError, its TIFF reader ValueError and KeyError, EXIF data struct.error, and zlib's own error comes through.
_DECODING_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    KeyError,
    TypeError,
    EOFError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)


class ImageUnreadable(Exception):  # noqa: N818 - named for what a stage rejects: `image-unreadable`
    """The pixels of one image cannot be had; `str()` is the detail of the rejection.

    Args:
        detail: what is wrong.
        reason: slug of the rejection.
    """

    def __init__(self, detail: str, *, reason: str = "image-unreadable") -> None:
        super().__init__(detail)
        self.reason = reason

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (str(self), self.reason))

    def named(self, name: str) -> ImageUnreadable:
        """The same of a picture with a name."""
        return ImageUnreadable(f"{name}: {self}", reason=self.reason)


class ImageSize(NamedTuple):
    """Pixels."""

    width: int
    height: int

    @property
    def turned(self) -> ImageSize:
        """Width and height swapped."""
        return ImageSize(self.height, self.width)


class PictureHeader(NamedTuple):
    """A picture without its pixels.

    Attributes:
        size: as stored, pixels.
        orientation: EXIF orientation, 1 to 8; 1 where there is no tag, or one without meaning.
        grayscale: stored without colours; an image in grey colours is not known from its header.
        deep: stored with more than 8 bits a channel.
    """

    size: ImageSize
    orientation: int
    grayscale: bool
    deep: bool

    @property
    def displayed(self) -> ImageSize:
        """Size after the orientation tag, pixels."""
        return self.size.turned if self.orientation in _SWAPPING else self.size

    def is_displayed(self, size: ImageSize | None) -> bool:
        """Whether pixels of this size are those after the tag: the one rule that every reader follows.

        Args:
            size: what is stated of the picture; None where nothing is, and the displayed frame is taken.

        Raises:
            ImageUnreadable: the size does not tell, `image-orientation-ambiguous`; or it is another size.
        """
        if self.orientation == 1 or size is None:
            return True
        if self.displayed == self.size:
            raise ImageUnreadable(
                f"its orientation tag is {self.orientation}, and its size is the same with and without it",
                reason=AMBIGUOUS,
            )
        if size not in (self.size, self.displayed):
            stored, shown = (f"{side.width} x {side.height}" for side in (self.size, self.displayed))
            stated = f"{size[0]} x {size[1]}"
            raise ImageUnreadable(f"{stored} pixels, {shown} by its orientation tag, the scene graph says {stated}")
        return size == self.displayed


def picture_header(picture: bytes | Path) -> PictureHeader:
    """What the header of an image file or of its content says; the pixels may still be broken.

    Raises:
        ImageUnreadable: there is no such file, or no image in it.
    """
    with opened(picture) as image:
        return header_of(image, picture)


@contextmanager
def opened(picture: bytes | Path) -> Iterator[Image.Image]:
    """A picture, opened; whatever Pillow raises within the block becomes ImageUnreadable."""
    try:
        with Image.open(io.BytesIO(picture) if isinstance(picture, bytes) else picture) as image:
            yield image
    except _DECODING_ERRORS as error:
        raise ImageUnreadable(_reason(error)) from error


def header_of(image: Image.Image, picture: bytes | Path) -> PictureHeader:
    """The header of a picture that was just opened; one whose tag Pillow applies is decoded."""
    orientation = _orientation(image, picture)
    grayscale, deep = image.mode.startswith(_GREY_MODES), is_deep(image)
    if orientation != 1 and image.format in TURNED_ON_LOADING:
        image.load()
        shown = ImageSize(*image.size)
        return PictureHeader(shown.turned if orientation in _SWAPPING else shown, orientation, grayscale, deep)
    return PictureHeader(ImageSize(*image.size), orientation, grayscale, deep)


def is_deep(image: Image.Image) -> bool:
    """Whether a channel has more than 8 bits."""
    return image.mode.startswith(_DEEP_MODES)


def _orientation(image: Image.Image, picture: bytes | Path) -> int:
    """The tag as `datasets` reads it: from EXIF, or from XMP where EXIF has none."""
    if image.format == "PNG":
        # Asked for EXIF, Pillow decodes a PNG to its end; few have a part that could hold it.
        data = picture if isinstance(picture, bytes) else picture.read_bytes()
        if not any(name in data for name in _PNG_CARRIERS):
            return 1
        image.load()
    value = image.getexif().get(ExifTags.Base.Orientation, 1)
    return next((number for number in _ORIENTATIONS if value == number), 1)  # fractions and floats count there too


def _rebuild(detail: str, reason: str) -> ImageUnreadable:
    return ImageUnreadable(detail, reason=reason)


def _reason(error: BaseException) -> str:
    """An error's own words without the addresses and paths that Pillow puts into them."""
    if isinstance(error, FileNotFoundError):
        return "no such file"
    if isinstance(error, UnidentifiedImageError):
        return "not an image"
    return str(error) or type(error).__name__
