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

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from stvqa.pictures.header import ImageUnreadable, is_deep

__all__ = ["eight_bit", "is_transparent"]

_MOST = 65_535
_EIGHT_BITS = 255
_DARKEST = 1 / 16
"""Of white: where no pixel is lighter, hardly anything could be seen, and the range is likely another one."""
_PLAIN_GREY = ("1", "L")


def eight_bit(image: Image.Image) -> Image.Image:
    """The picture in mode L or RGB.

    Raises:
        ImageUnreadable: its numbers have no known range, `image-range-unknown`.
        ValueError: Pillow cannot convert its colours.
    """
    if is_deep(image):
        return Image.fromarray(_scaled(np.asarray(image)))
    if is_transparent(image):
        whole = image.convert("RGBA")
        ground = Image.new("RGBA", whole.size, "white")
        return Image.alpha_composite(ground, whole).convert("RGB")
    return image.convert("L" if image.mode in _PLAIN_GREY else "RGB")


def is_transparent(image: Image.Image) -> bool:
    """Whether any pixel is less than opaque; decodes only what could be."""
    if is_deep(image) or not image.has_transparency_data:
        return False
    lowest, _ = image.convert("RGBA").getchannel("A").getextrema()
    return bool(lowest < _EIGHT_BITS)  # type: ignore[operator] # one channel has one pair of numbers


def _scaled(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Grey of more than 8 bits as grey of 8."""
    numbers = values.astype(np.float64)
    least, most = float(numbers.min()), float(numbers.max())
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
    return np.rint(numbers * (_EIGHT_BITS / white)).astype(np.uint8)


def _unknown(least: float, most: float, rule: str) -> ImageUnreadable:
    detail = f"its pixels are numbers from {least:g} to {most:g}, and {rule}: store it with 8 bits a channel"
    return ImageUnreadable(detail, reason="image-range-unknown")
