"""How well one box stands for another: measures of pairs of boxes, all vectorised over arrays of shape (n, 4).

    ciou(np.array([[0, 0, 1, 1]]), np.array([[0.1, 0.2, 0.3, 0.6]]))     # array([-0.02...])

Boxes are x1, y1, x2, y2 in shares of the image. A box that is not usable (not finite, no area) agrees with nothing:
iou 0, the others as defined below.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Overlap", "aligned_iou", "ciou", "giou", "iou", "mapped", "nearness", "overlap"]

Array = NDArray[np.float64]


class Overlap(NamedTuple):
    """What all measures are made of, each of shape (n,).

    Attributes:
        iou: intersection over union.
        common: area of the intersection.
        union: area of the union.
    """

    iou: Array
    common: Array
    union: Array


def overlap(first: Array, second: Array) -> Overlap:
    """Intersection, union and their quotient, box by box; the quotient is 0 where the union is empty."""
    low, high = np.maximum(first[:, :2], second[:, :2]), np.minimum(first[:, 2:], second[:, 2:])
    spans = np.maximum(high - low, 0)
    common = spans[:, 0] * spans[:, 1]
    union = _area(first) + _area(second) - common
    quotient = np.divide(common, union, out=np.zeros_like(common), where=union > 0)
    return Overlap(quotient, common, union)


def iou(first: Array, second: Array) -> Array:
    """Intersection over union in [0, 1], shape (n,)."""
    return overlap(first, second).iou


def giou(first: Array, second: Array) -> Array:
    """Generalised IoU (Rezatofighi et al. 2019) in [-1, 1]: IoU less the share of the hull that neither box covers."""
    known = overlap(first, second)
    spans = np.maximum(first[:, 2:], second[:, 2:]) - np.minimum(first[:, :2], second[:, :2])
    hull = spans[:, 0] * spans[:, 1]
    uncovered = np.divide(hull - known.union, hull, out=np.zeros_like(hull), where=hull > 0)
    return np.asarray(known.iou - uncovered)


def ciou(first: Array, second: Array, *, guard: float = 0.0) -> Array:
    """Complete IoU (Zheng et al. 2020), shape (n,), 1 for equal boxes, above -1.5 for boxes of sides in order.

    IoU less the squared distance of the centres over the squared diagonal of the hull, less a term for the
    difference of the aspect ratios. Boxes of reversed sides are computed as they stand, as the authors' code does;
    what is not finite, in the boxes or on the way, gives -1.

    Args:
        guard: the small constant that implementations add to union, squared diagonal and heights against a division
            by 0. With 0, the measure as it is published, a quotient of which the divisor is 0 counts 0.
    """
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        known = overlap(first, second)
        union = known.union + guard
        share = np.divide(known.common, union, out=np.zeros_like(union), where=union > 0)
        centres = (first[:, :2] + first[:, 2:] - second[:, :2] - second[:, 2:]) / 2
        spans = np.maximum(first[:, 2:], second[:, 2:]) - np.minimum(first[:, :2], second[:, :2])
        distance = (centres * centres).sum(axis=1)
        diagonal = (spans * spans).sum(axis=1) + guard
        apart = np.divide(distance, diagonal, out=np.zeros_like(distance), where=diagonal > 0)
        angle = (4 / np.pi**2) * (_aspect(first, guard) - _aspect(second, guard)) ** 2
        weight = 1 - share + angle
        penalty = np.divide(angle * angle, weight, out=np.zeros_like(angle), where=weight > 0)
        result = share - apart - penalty
        sound = np.isfinite(first).all(axis=1) & np.isfinite(second).all(axis=1) & np.isfinite(result)
    return np.asarray(np.where(sound, result, -1.0))


def mapped(value: Array) -> Array:
    """From [-1, 1] to [0, 1]: (value + 1) / 2."""
    return (value + 1) / 2


def aligned_iou(first: Array, second: Array) -> Array:
    """IoU that the two boxes would have with their centres in one place: how alike their sizes are, in [0, 1]."""
    sides, other = first[:, 2:] - first[:, :2], second[:, 2:] - second[:, :2]
    least = np.minimum(sides, other)
    common = least[:, 0] * least[:, 1]
    union = sides[:, 0] * sides[:, 1] + other[:, 0] * other[:, 1] - common
    return np.asarray(np.divide(common, union, out=np.zeros_like(common), where=union > 0))


def nearness(first: Array, second: Array) -> Array:
    """How near a box is to where and how large it should be, in [0, 1]; 1 for equal boxes alone, never 0.

    `aligned_iou / (1 + d**2)`, d being the distance of the centres with the mean width and the mean height of the two
    as units: at d = 1 the boxes touch. It grows on the whole way to the right place, also for boxes that do not
    overlap yet. A box over the whole image is near nothing, since its size is not alike; neither is a dot.
    """
    sides = (first[:, 2:] - first[:, :2] + second[:, 2:] - second[:, :2]) / 2
    offsets = (first[:, :2] + first[:, 2:] - second[:, :2] - second[:, 2:]) / 2
    units = np.divide(offsets, sides, out=np.zeros_like(offsets), where=sides > 0)
    return np.asarray(aligned_iou(first, second) / (1 + (units * units).sum(axis=1)))


def _area(boxes: Array) -> Array:
    return np.asarray((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]))


def _aspect(boxes: Array, guard: float) -> Array:
    """Angle of the diagonal, atan(width / height); of a flat box the limit, which has the sign of the width."""
    widths, heights = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1] + guard
    ratio = np.divide(widths, heights, out=np.copysign(np.inf, widths), where=heights != 0)
    return np.asarray(np.arctan(np.where((heights == 0) & (widths == 0), 0.0, ratio)))
