"""One thing annotated several times, found and merged.

    >>> duplicate_of(np.array([(0, 0, 99, 99), (1, 0, 99, 99), (0, 0, 99, 99)]), ["man", "guy", "shirt"])
    [0, 0, 2]

Visual Genome's annotators drew the same thing once a region, under different ids: in the real files a third
of all boxes of v1.0 stand on another box of the same thing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from stvqa.vocabulary import may_be_called

__all__ = ["LEAST_IOU", "duplicate_of"]

LEAST_IOU = 0.75
"""Boxes of one name that overlap at least so much are one thing: two boxes that people draw round one
thing differ by a few pixels a side, two things side by side overlap far less."""


def duplicate_of(boxes: NDArray[np.float64], names: Sequence[str]) -> list[int]:
    """For each object the first of those that are the same thing, itself where there is no other.

    Args:
        boxes: shape (n, 4), x1, y1, x2, y2.
        names: n clean names; objects are merged where one may certainly be called by the name of the
            other ("guy" and "man", "taxi" and "car").

    Returns:
        n indices; chains are followed, so that a, b, c with a ~ b and b ~ c are one thing.
    """
    first = list(range(len(boxes)))
    for low, high in np.argwhere(_overlapping(boxes)).tolist():
        if low < high and (may_be_called(names[low], names[high]) or may_be_called(names[high], names[low])):
            _join(first, low, high)
    return [_root(first, index) for index in range(len(first))]


def _overlapping(boxes: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which pairs reach `LEAST_IOU`, shape (n, n).

    Column by column and without a division: with common = IoU x (sum of areas - common), IoU >= t is
    common x (1 + t) >= t x sum of areas. Six times as fast on 35 boxes as the general `ious`.
    """
    x1, y1, x2, y2 = boxes.T
    across = np.minimum.outer(x2, x2) - np.maximum.outer(x1, x1)
    down = np.minimum.outer(y2, y2) - np.maximum.outer(y1, y1)
    areas = (x2 - x1) * (y2 - y1)
    reached: NDArray[np.bool_] = across * down * (1 + LEAST_IOU) >= LEAST_IOU * np.add.outer(areas, areas)
    reached &= across > 0
    return reached


def _root(first: list[int], index: int) -> int:
    while first[index] != index:
        index = first[index]
    return index


def _join(first: list[int], one: int, other: int) -> None:
    low, high = sorted((_root(first, one), _root(first, other)))
    first[high] = low
