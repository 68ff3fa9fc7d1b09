"""Axis-aligned boxes x1, y1, x2, y2 (y down) as float arrays of shape (n, 4).

>>> boxes = as_boxes([(0, 0, 10, 10), (20, 0, 30, 10)])
>>> gaps(boxes, boxes)[0, 1]
10.0
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

__all__ = ["areas", "as_boxes", "centres", "covered_shares", "gaps", "intersections", "ious", "sides"]

Array = NDArray[np.float64]


def as_boxes(boxes: Iterable[Sequence[float]]) -> Array:
    """Any iterable of boxes as an array of shape (n, 4); (0, 4) for none."""
    return np.array([tuple(box) for box in boxes], dtype=np.float64).reshape(-1, 4)


def centres(boxes: Array) -> Array:
    """Centres (x, y), shape (n, 2)."""
    return (boxes[:, :2] + boxes[:, 2:]) / 2


def sides(boxes: Array) -> Array:
    """Widths and heights, shape (n, 2)."""
    return boxes[:, 2:] - boxes[:, :2]


def areas(boxes: Array) -> Array:
    """Areas in square units of the input, shape (n,)."""
    return np.asarray((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]))


def intersections(first: Array, second: Array) -> Array:
    """Areas of the pairwise intersections, shape (n, m)."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    common = np.maximum(high - low, 0)
    return np.asarray(common[..., 0] * common[..., 1])


def ious(first: Array, second: Array) -> Array:
    """Pairwise intersection over union in [0, 1], shape (n, m); 0 where both boxes are empty."""
    common = intersections(first, second)
    union = areas(first)[:, None] + areas(second)[None, :] - common
    return np.divide(common, union, out=np.zeros_like(common), where=union > 0)


def gaps(first: Array, second: Array) -> Array:
    """Pairwise Euclidean gaps between boxes, 0 where they touch or overlap; shape (n, m)."""
    apart = np.maximum(first[:, None, :2] - second[None, :, 2:], second[None, :, :2] - first[:, None, 2:])
    apart = np.maximum(apart, 0)
    return np.asarray(np.hypot(apart[..., 0], apart[..., 1]))


def covered_shares(boxes: Array) -> Array:
    """Which share of each box is covered by the union of all others.

    Boxes that hold the box asked about entirely do not count: they are its ground or container.

    Args:
        boxes: shape (n, 4).

    Returns:
        Shares in [0, 1], shape (n,).
    """
    common = intersections(boxes, boxes)
    own = areas(boxes)
    shares = np.zeros(len(boxes))
    overlaps = (common > 0) & (common < 0.999 * own[:, None])
    for row in np.flatnonzero(overlaps.any(axis=1) & (own > 0)):
        over = np.flatnonzero(overlaps[row])
        if over.size == 1:
            shares[row] = common[row, over[0]] / own[row]
            continue
        low, high = np.maximum(boxes[over, :2], boxes[row, :2]), np.minimum(boxes[over, 2:], boxes[row, 2:])
        shares[row] = shapely.union_all(shapely.box(*low.T, *high.T)).area / own[row]
    return np.clip(shares, 0, 1)
