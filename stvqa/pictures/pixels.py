"""Pixels of any kind as 8 bits, by one rule.

    eight_bit(Image.open("grey-of-16-bits.png")).mode     # "L"

- Grey of 16 bits (and whole numbers of 32 bits that lie in 0 to 65,535): 0 to 65,535 become 0 to 255, rounded.
- Floats: 0 to 1 become 0 to 255, rounded.
- Other ranges are refused, `image-range-unknown`: nobody says what is black and what is white. So are pictures whose
  lightest pixel is below a sixteenth of white, as those of 12 bits in a file of 16 are.
- Transparency: the picture is laid on white, as browsers show it.
- All other colours (palettes, CMYK, YCbCr): as Pillow converts them.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from stvqa.pictures.header import is_deep
from stvqa.pictures.unreadable import ImageUnreadable

__all__ = ["eight_bit", "is_transparent"]

_MOST = 65_535
_EIGHT_BITS = 255
_DARKEST = 1 / 16
"""Of white: where no pixel is lighter, hardly anything could be seen, and the range is likely another one."""
_PLAIN_GREY = ("1", "L")
_WITH_ALPHA = ("RGBA", "LA")
_STRIP_PIXELS = 1 << 20
"""Worked on at a time: a large picture takes several times its own memory otherwise."""


def eight_bit(image: Image.Image) -> Image.Image:
    """The picture in mode L or RGB.

    Raises:
        ImageUnreadable: its numbers have no known range, `image-range-unknown`.
        ValueError: Pillow cannot convert its colours.
    """
    if is_deep(image):
        return Image.fromarray(_scaled(np.asarray(image)))
    if is_transparent(image):
        return _on_white(image)
    return image.convert("L" if image.mode in _PLAIN_GREY else "RGB")


def is_transparent(image: Image.Image) -> bool:
    """Whether any pixel is less than opaque; decodes only what could be."""
    if is_deep(image) or not image.has_transparency_data:
        return False
    alpha = image.getchannel("A") if image.mode in _WITH_ALPHA else image.convert("RGBA").getchannel("A")
    lowest, _ = alpha.getextrema()
    return bool(lowest < _EIGHT_BITS)  # type: ignore[operator] # one channel has one pair of numbers


def _scaled(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Grey of more than 8 bits as grey of 8."""
    least, most = float(values.min()), float(values.max())
    if np.issubdtype(values.dtype, np.floating):
        white, rule = 1.0, "floats are read as 0 (black) to 1 (white)"
        if not (least >= 0 and most <= white):  # NaN compares false
            raise _unknown(least, most, rule)
    else:
        white, rule = float(_MOST), f"whole numbers are read as 0 (black) to {_MOST:,} (white)"
        if least < 0 or most > white:
            raise _unknown(least, most, rule)
    if 0 < most < white * _DARKEST:
        raise _unknown(least, most, f"{rule}, so that hardly anything could be seen")
    scaled = np.empty(values.shape, dtype=np.uint8)
    for rows in _strips(*values.shape):
        scaled[rows] = np.rint(values[rows].astype(np.float64) * (_EIGHT_BITS / white))
    return scaled


def _on_white(image: Image.Image) -> Image.Image:
    laid = Image.new("RGB", image.size)
    for rows in _strips(image.height, image.width):
        whole = image.crop((0, rows.start, image.width, rows.stop)).convert("RGBA")
        ground = Image.new("RGBA", whole.size, "white")
        laid.paste(Image.alpha_composite(ground, whole).convert("RGB"), (0, rows.start))
    return laid


def _strips(height: int, width: int) -> Iterator[slice]:
    """All rows of a picture, some at a time."""
    step = max(1, _STRIP_PIXELS // width)
    return (slice(start, min(start + step, height)) for start in range(0, height, step))


def _unknown(least: float, most: float, rule: str) -> ImageUnreadable:
    detail = f"its pixels are numbers from {least:g} to {most:g}, and {rule}: store it with 8 bits a channel"
    return ImageUnreadable(detail, reason="image-range-unknown")
