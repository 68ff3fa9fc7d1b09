"""Boxes that do not fit their image, and the frame of coordinates that they may be in instead.

    strays(boxes, ImageSize(640, 480))                  # 3: of four boxes in thousandths
    named_frame(box_counts)                             # "thousandths (0 to 1000)"

A single box may be wrong by itself. Where more than a tenth of an image's boxes are, they are not in its pixels, and
clipping them would make wrong boxes that look right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from stvqa.pictures import ImageSize
from stvqa.sources.assembly.raw import RawObject

__all__ = ["FRAME_NAMES", "do_not_fit", "fitting_frames", "named_frame", "strays"]

_STRAYS_TO_BOXES = 10
"""One stray in so many boxes is the most that an image may have."""
_TOLERANCE_SHARE = 0.03
"""Of the image's side, at least a pixel: hands draw boxes a little over the border, and sizes are rounded."""
_RANGE_SHARE = 0.01
"""Of a frame's range of numbers, for rounding."""
_FITTING_SHARE = 0.95
"""Of all boxes; a frame that holds so many of them is named."""
_LONG_SIDE = 1024
_THOUSAND = 1000
_NEAR_BORDER = 0.9
_REACHING_SHARE = 0.02
"""Of all boxes: so many have to reach into the last tenth of a range of fixed numbers, or any small picture fits it."""
_REACHED = "-reached"

FRAME_NAMES = {
    "shares": "shares of the image (0 to 1)",
    "corners": "corners (x1, y1, x2, y2) where x, y, width and height are expected",
    "sides": "x, y, width and height where corners (x1, y1, x2, y2) are expected",
    "centres": "centre, width and height (cx, cy, w, h)",
    "long-side-1024": "pixels of a copy whose long side is 1024",
    "thousandths": "thousandths (0 to 1000)",
}
"""Usual frames other than the image's pixels, the tightest first: a looser one holds what a tighter one does."""

Numbers = NDArray[np.float64]


def strays(objects: Sequence[RawObject], size: ImageSize) -> int:
    """How many boxes do not fit an image of this size.

    A box fits that lies within the image up to three hundredths of its side, is not inside out, and does not lie within
    its first pixel. One without a size, or of no number, is wrong whatever the frame, and is not counted.
    """
    boxes = _sided(objects)
    inside = _within(_cornered(boxes), size) & (boxes[:, 2:] >= 0).all(axis=1)
    first_pixel = (boxes[:, :2] + boxes[:, 2:] <= 1).all(axis=1)
    counts = np.isfinite(boxes).all(axis=1) & (boxes[:, 2:] != 0).all(axis=1)
    return int((counts & (~inside | first_pixel)).sum())


def do_not_fit(objects: Sequence[RawObject], size: ImageSize) -> bool:
    """Whether more than a tenth of the boxes are strays."""
    return strays(objects, size) * _STRAYS_TO_BOXES > len(objects)


def fitting_frames(objects: Sequence[RawObject], size: ImageSize, *, cornered: bool) -> Counter[str]:
    """For each usual frame, how many boxes would fit if they were in it; under `boxes`, how many there are, and under
    `FRAME-reached` how many reach near the end of a range of fixed numbers.

    Args:
        objects: of one image.
        size: of the image.
        cornered: the source writes boxes as corners, not as x, y, width and height.
    """
    boxes = _sided(objects)
    boxes = boxes[np.isfinite(boxes).all(axis=1)]
    corners = _cornered(boxes)
    written = corners if cornered else boxes
    swapped = np.concatenate([written[:, :2], written[:, :2] + written[:, 2:]], axis=1) if cornered else written
    centred = np.concatenate([written[:, :2] - written[:, 2:] / 2, written[:, :2] + written[:, 2:] / 2], axis=1)
    found = Counter(boxes=len(boxes))
    found["sides" if cornered else "corners"] = _count(swapped, size)
    found["centres"] = _count(centred, size)
    # Numbers of these two may be corners, sides or centres: all of them stay within the range.
    found["shares"] = _in_range(written, 1)
    found["thousandths"] = _in_range(written, _THOUSAND)
    for frame, most in (("thousandths", _THOUSAND), ("long-side-1024", _LONG_SIDE)):
        found[frame + _REACHED] = int((corners > most * _NEAR_BORDER).any(axis=1).sum())
    longest = ImageSize(*(round(side * _LONG_SIDE / max(size)) for side in size))
    # Of a square image this frame is the looser one: it is told from thousandths by what lies beyond them.
    if min(longest) < _THOUSAND or (corners > _THOUSAND).any():
        found["long-side-1024"] = _count(corners, longest)
    return found


def named_frame(counts: Mapping[str, int]) -> str:
    """Words for the tightest frame that nearly all boxes fit and that some of them fill; empty where there is none.

    Args:
        counts: sums of `fitting_frames` over images whose boxes do not fit.
    """
    boxes = counts.get("boxes", 0)
    for frame, words in FRAME_NAMES.items():
        reached = counts.get(frame + _REACHED, boxes)
        if boxes and counts.get(frame, 0) >= _FITTING_SHARE * boxes and reached >= _REACHING_SHARE * boxes:
            return words
    return ""


def _sided(objects: Sequence[RawObject]) -> Numbers:
    """x, y, width, height, shape (n, 4)."""
    return np.array([raw[2:6] for raw in objects], dtype=np.float64).reshape(-1, 4)


def _cornered(boxes: Numbers) -> Numbers:
    return np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)


def _within(corners: Numbers, size: ImageSize) -> NDArray[np.bool_]:
    """Which corners lie within an image, up to rounding."""
    sides = np.array([*size, *size], dtype=np.float64)
    spare = np.maximum(sides * _TOLERANCE_SHARE, 1)
    return np.asarray(((corners >= -spare) & (corners <= sides + spare)).all(axis=1))


def _count(corners: Numbers, size: ImageSize) -> int:
    """How many boxes of positive sides lie within an image."""
    return int((_within(corners, size) & (corners[:, 2:] > corners[:, :2]).all(axis=1)).sum())


def _in_range(written: Numbers, most: int) -> int:
    """How many boxes are of numbers from 0 to a most, up to a hundredth of it."""
    spare = most * _RANGE_SHARE
    return int(((written >= -spare) & (written <= most + spare)).all(axis=1).sum())
