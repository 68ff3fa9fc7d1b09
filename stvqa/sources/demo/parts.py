"""All parts of a scene and the order to paint them in, back to front.

    parts = gather_parts(things, frames)
    order = paint_order(parts)               # indices of parts, farthest first

Of two convex parts whose pictures overlap, a plane that separates them (a side of the parallelepiped around one of
them) tells which cannot hide the other: the test of Newell, Newell and Sancha without splitting. Parts that no such
plane separates (joints inside one thing) go by the distance of their middles.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from stvqa.sources.demo.solids import FloatArray
from stvqa.sources.demo.thing import Frame, Thing

__all__ = ["IntArray", "Parts", "gather_parts", "paint_order"]

IntArray = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

TOUCH = 0.006
"""Parts that run into one another by less than this, metres, still count as separated."""


class Parts(NamedTuple):
    """All parts of all things of a scene.

    Attributes:
        owner: (parts,) index of the thing.
        starts: (parts + 1,) first vertex of each part in `points` and `pixels`.
        points: (n, 3) camera frame. pixels: (n, 2).
        corners: (parts, 8, 3) parallelepipeds, camera frame.
        low / high: (parts, 2) bounds in the image.
    """

    owner: IntArray
    starts: IntArray
    points: FloatArray
    pixels: FloatArray
    corners: FloatArray
    low: FloatArray
    high: FloatArray


def gather_parts(things: Sequence[Thing], frames: Sequence[Frame]) -> Parts:
    """Joins the parts of all things."""
    counts = [len(thing.shape.drawing.starts) for thing in things]
    owner = np.repeat(np.arange(len(things)), counts)
    lengths = [len(frame.points) for frame in frames]
    shifts = np.cumsum([0, *lengths])
    starts = np.concatenate(
        [thing.shape.drawing.starts + shift for thing, shift in zip(things, shifts[:-1], strict=True)]
    )
    pixels = np.concatenate([frame.pixels for frame in frames])
    low = np.minimum.reduceat(pixels, starts, axis=0)
    high = np.maximum.reduceat(pixels, starts, axis=0)
    points = np.concatenate([frame.points for frame in frames])
    corners = np.concatenate([frame.corners for frame in frames])
    return Parts(owner, np.append(starts, shifts[-1]), points, pixels, corners, low, high)


def paint_order(parts: Parts) -> list[int]:
    """Indices of the parts, back to front."""
    first, second = _overlapping(parts)
    safe, safe_reversed = _safe_orders(parts, first, second)
    middles = parts.corners.mean(axis=1)
    far = (middles * middles).sum(axis=1)
    unclear = ~safe & ~safe_reversed
    before = (safe & ~safe_reversed) | (unclear & (far[first] >= far[second]))
    after = (safe_reversed & ~safe) | (unclear & (far[first] < far[second]))
    edges = np.concatenate([np.stack([first[before], second[before]]), np.stack([second[after], first[after]])], axis=1)
    return _sorted(edges, far)


def _overlapping(parts: Parts) -> tuple[IntArray, IntArray]:
    """Pairs of parts whose bounds in the image overlap."""
    x1, y1, x2, y2 = parts.low[:, 0], parts.low[:, 1], parts.high[:, 0], parts.high[:, 1]
    meet = (x1[:, None] < x2) & (y1[:, None] < y2)
    meet &= meet.T
    first, second = np.nonzero(np.triu(meet, 1))
    return first, second


def _safe_orders(parts: Parts, first: IntArray, second: IntArray) -> tuple[Flags, Flags]:
    """Whether `first` may be painted before `second` (it cannot hide it), and the other way round.

    `first` cannot hide `second` where a plane has `second` on the eye's side and `first` on the other. The planes are
    the sides of both parallelepipeds; along a side's normal a parallelepiped reaches from its middle by the sum of its
    half axes' components. The eye is the origin, so its own value on every normal is 0.
    """
    corners = parts.corners
    axes = (corners[:, [4, 2, 1]] - corners[:, :1]) / 2
    normals = np.stack([_crossed(axes[:, i - 2], axes[:, i - 1]) for i in range(3)], axis=1)
    normals /= np.sqrt((normals * normals).sum(axis=2, keepdims=True))
    middles = corners[:, 0] + axes.sum(axis=1)
    safe = np.zeros(len(first), dtype=bool)
    reverse = np.zeros(len(first), dtype=bool)
    for sides in (first, second):
        across = normals[sides]
        spans = []
        for side in (first, second):
            centre = np.matmul(across, middles[side][:, :, None])[:, :, 0]
            reach = np.abs(np.matmul(across, axes[side].transpose(0, 2, 1))).sum(axis=2)
            spans.append((centre - reach, centre + reach))
        (low1, high1), (low2, high2) = spans
        above = low1 >= high2 - TOUCH
        below = high1 <= low2 + TOUCH
        safe |= ((above & (low1 >= -TOUCH)) | (below & (high1 <= TOUCH))).any(axis=1)
        reverse |= ((below & (low2 >= -TOUCH)) | (above & (high2 <= TOUCH))).any(axis=1)
    return safe, reverse


def _crossed(first: FloatArray, second: FloatArray) -> FloatArray:
    """Cross products of the rows, (n, 3)."""
    x1, y1, z1 = first.T
    x2, y2, z2 = second.T
    return np.stack([y1 * z2 - z1 * y2, z1 * x2 - x1 * z2, x1 * y2 - y1 * x2], axis=1)


def _sorted(edges: IntArray, far: FloatArray) -> list[int]:
    """Topological order of the edges (from, to); cycles are cut at the farthest part that is left."""
    count = len(far)
    following: list[list[int]] = [[] for _ in range(count)]
    waiting = [0] * count
    for source, target in edges.T.tolist():
        following[source].append(target)
        waiting[target] += 1
    keys = (-far).tolist()
    ready = [(keys[i], i) for i in range(count) if waiting[i] == 0]
    heapq.heapify(ready)
    rest = sorted(range(count), key=keys.__getitem__)
    done = [False] * count
    order: list[int] = []
    cursor = 0
    while len(order) < count:
        if ready:
            part = heapq.heappop(ready)[1]
        else:
            while done[rest[cursor]]:
                cursor += 1
            part = rest[cursor]
        if done[part]:
            continue
        done[part] = True
        order.append(part)
        for target in following[part]:
            waiting[target] -= 1
            if waiting[target] == 0 and not done[target]:
                heapq.heappush(ready, (keys[target], target))
    return order
