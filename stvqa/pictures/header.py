"""What a picture says of itself before its pixels are decoded: size in both frames, orientation, kind of pixels.

picture_header(Path("1.jpg")).displayed     # ImageSize(width=480, height=640), of a file stored as 640 x 480 with tag 6
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from PIL import ExifTags, Image, UnidentifiedImageError

from stvqa.pictures.files import TOO_LARGE, check_bytes, open_file
from stvqa.pictures.parts import refuse_many_parts, refuse_many_scans
from stvqa.pictures.unreadable import ImageUnreadable

__all__ = [
    "AMBIGUOUS",
    "FORMATS",
    "LARGEST_SIDE",
    "MOST_PIXELS",
    "TURNED_ON_LOADING",
    "ImageSize",
    "PictureHeader",
    "header_of",
    "is_deep",
    "opened",
    "picture_header",
    "pixels_fault",
]

LARGEST_SIDE = 65_535
"""Pixels; no JPEG is wider or higher, and an annotation that says so is wrong."""

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
"""What is read, by Pillow's names. Others are not even tried: some start programs (EPS), few readers know them."""

MOST_PIXELS = 25_000_000
"""Of a picture. Decoding and converting takes up to 30 bytes a pixel for a while."""

AMBIGUOUS = "image-orientation-ambiguous"
"""Reason: nothing tells whether an orientation tag is to be applied."""

TURNED_ON_LOADING = frozenset({"TIFF"})
"""Formats whose orientation tag Pillow applies by itself while it decodes."""

_GREY_MODES = ("1", "L", "I", "F")
"""Beginnings of Pillow's modes with one channel of light: black and white, grey of 8 bits, of more, of floats."""
_DEEP_MODES = ("I", "F")
_SWAPPING = frozenset({5, 6, 7, 8})
_ORIENTATIONS = range(1, 9)
_SLOW_BMP = (1, 2)
"""Compressions of a BMP (run lengths) that Pillow decodes letter by letter: half a minute for 30 MB."""
_TIFF_COMPRESSIONS = frozenset(
    {"raw", "tiff_ccitt", "group3", "group4", "tiff_lzw", "tiff_adobe_deflate", "tiff_deflate", "packbits"}
)
"""Without those that hold a file of another kind, whose scans and parts nobody has counted."""
_PNG_CARRIERS = (b"eXIf", b"Raw profile type", b"XML:com.adobe.xmp")
"""Names of the parts of a PNG that may hold an orientation; they may stand behind the pixels."""

# What Pillow raises for bytes that are no image, are cut short, or are broken inside; its PNG reader raises
# SyntaxError, its TIFF reader ValueError and KeyError, EXIF data struct.error, and zlib's own error comes through; the
# others come of sizes and places that lead nowhere.
_DECODING_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RuntimeError,
    EOFError,
    struct.error,
    zlib.error,
)


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


def picture_header(picture: bytes | Path, *, within: Sequence[Path] | None = None) -> PictureHeader:
    """What the header of an image file or of its content says; the pixels may still be broken.

    Args:
        picture: a path, or a file's content.
        within: real folders in one of which a path has to lie, see `stvqa.pictures.open_file`.

    Raises:
        ImageUnreadable: there is no such file, or no image in it that this package reads.
    """
    if isinstance(picture, bytes):
        check_bytes(len(picture))
    with (
        io.BytesIO(picture) if isinstance(picture, bytes) else open_file(picture, within=within) as file,
        _opened(file) as image,
    ):
        return header_of(image, file)


@contextmanager
def opened(data: bytes) -> Iterator[Image.Image]:
    """A picture whose pixels are wanted; whatever Pillow raises within the block becomes ImageUnreadable."""
    check_bytes(len(data))
    refuse_many_scans(data)
    with _opened(io.BytesIO(data)) as image:
        yield image


@contextmanager
def _opened(file: BinaryIO) -> Iterator[Image.Image]:
    try:
        refuse_many_parts(file)
        with Image.open(file, formats=FORMATS) as image:
            _check(image)
            yield image
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many("too many") from error
    except _DECODING_ERRORS as error:
        raise ImageUnreadable(_reason(error)) from error


def pixels_fault(width: int, height: int) -> ImageUnreadable | None:
    """What to raise of a picture of this size; None where it may be opened, or made."""
    return _too_many(f"{width:,} x {height:,}") if width * height > MOST_PIXELS else None


def _too_many(pixels: str) -> ImageUnreadable:
    detail = f"{pixels} pixels, and a picture may have {MOST_PIXELS:,} in all: make it smaller, its boxes with it"
    return ImageUnreadable(detail, reason=TOO_LARGE)


def _check(image: Image.Image) -> None:
    """Refuses what would take too much memory or time.

    Raises:
        ImageUnreadable: `image-too-large`, or `image-unreadable`.
    """
    if (fault := pixels_fault(*image.size)) is not None:
        raise fault
    compression = image.info.get("compression")
    if image.format == "BMP" and compression in _SLOW_BMP:
        raise ImageUnreadable("a BMP with compressed rows: store it as PNG")
    if image.format == "TIFF" and compression not in _TIFF_COMPRESSIONS:
        raise ImageUnreadable(f"a TIFF compressed as {compression}: store it as PNG")


def header_of(image: Image.Image, file: BinaryIO) -> PictureHeader:
    """The header of a picture that was just opened from a file; one whose tag Pillow applies is decoded."""
    orientation = _orientation(image, file)
    grayscale, deep = image.mode.startswith(_GREY_MODES), is_deep(image)
    if orientation != 1 and image.format in TURNED_ON_LOADING:
        image.load()
        shown = ImageSize(*image.size)
        return PictureHeader(shown.turned if orientation in _SWAPPING else shown, orientation, grayscale, deep)
    return PictureHeader(ImageSize(*image.size), orientation, grayscale, deep)


def is_deep(image: Image.Image) -> bool:
    """Whether a channel has more than 8 bits."""
    return image.mode.startswith(_DEEP_MODES)


def _orientation(image: Image.Image, file: BinaryIO) -> int:
    """The tag as `datasets` reads it: from EXIF, or from XMP where EXIF has none."""
    if image.format == "PNG":
        # Asked for EXIF, Pillow decodes a PNG to its end; few have a part that could hold it.
        place = file.tell()
        file.seek(0)
        data = file.read()
        file.seek(place)
        if not any(name in data for name in _PNG_CARRIERS):
            return 1
        image.load()
    value = image.getexif().get(ExifTags.Base.Orientation, 1)
    return next((number for number in _ORIENTATIONS if value == number), 1)  # fractions and floats count there too


def _reason(error: BaseException) -> str:
    """An error's own words without the addresses and paths that Pillow puts into them."""
    if isinstance(error, UnidentifiedImageError):
        return f"no image of a kind that is read ({', '.join(FORMATS)})"
    return str(error) or type(error).__name__
