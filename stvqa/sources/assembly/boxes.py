"""Annotated boxes made to fit their image, or refused by name.

    >>> fit_box(-10, 20, 110, 50, width=80, height=100)
    FittedBox(box=Box(x1=0.0, y1=20.0, x2=80.0, y2=70.0), mends=('box-negative', 'box-beyond-border'), refusal='')

Reported of Visual Genome: corners down to -904, boxes beyond the border, boxes wholly outside.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from stvqa.records import Box

__all__ = ["FittedBox", "fit_box", "overlap"]

LEAST_SIDE = 1.0
"""A box thinner than a pixel shows nothing that could be asked about."""


class FittedBox(NamedTuple):
    """A box within the image, or the reason why there is none.

    Attributes:
        box: None where it was refused.
        mends: what was put right.
        refusal: `box-not-finite`, `box-empty`, `box-outside`, `box-under-a-pixel`, or empty.
    """

    box: Box | None
    mends: tuple[str, ...] = ()
    refusal: str = ""


def fit_box(x: float, y: float, box_width: float, box_height: float, *, width: int, height: int) -> FittedBox:
    """Clips a box (top left corner and sides, pixels) to an image of `width` x `height` pixels."""
    if not (math.isfinite(x) and math.isfinite(y) and math.isfinite(box_width) and math.isfinite(box_height)):
        return FittedBox(None, refusal="box-not-finite")
    if box_width <= 0 or box_height <= 0:
        return FittedBox(None, refusal="box-empty")
    x2, y2 = x + box_width, y + box_height
    if x >= width or y >= height or x2 <= 0 or y2 <= 0:
        return FittedBox(None, refusal="box-outside")
    mends: tuple[str, ...] = ()
    if x < 0 or y < 0:
        mends += ("box-negative",)
        x, y = max(x, 0), max(y, 0)
    if x2 > width or y2 > height:
        mends += ("box-beyond-border",)
        x2, y2 = min(x2, width), min(y2, height)
    if x2 - x < LEAST_SIDE or y2 - y < LEAST_SIDE:
        return FittedBox(None, refusal="box-under-a-pixel")
    return FittedBox(Box(float(x), float(y), float(x2), float(y2)), mends)


def overlap(first: tuple[float, float, float, float], second: tuple[float, float, float, float]) -> float:
    """Intersection over union of two boxes given as x, y, width, height; 0 where one is empty."""
    if first == second:
        return 1.0
    across = min(first[0] + first[2], second[0] + second[2]) - max(first[0], second[0])
    down = min(first[1] + first[3], second[1] + second[3]) - max(first[1], second[1])
    if across <= 0 or down <= 0:
        return 0.0
    common = across * down
    return common / (first[2] * first[3] + second[2] * second[3] - common)
