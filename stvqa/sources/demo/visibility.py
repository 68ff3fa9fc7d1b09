"""What is seen of each thing: back-to-front order of all parts, the id image, and the exact measures taken from it.

    order = paint_order(frames)              # parts, farthest first
    sights = measure(things, camera)         # one Sight a thing: box, pixels, centroid, visible share, depth

Order: of two convex parts whose pictures overlap, a plane that separates them (a side of the parallelepiped around
one of them) tells which cannot hide the other; Newell, Newell and Sancha's test without splitting. Parts that no
such plane separates (joints inside one thing) go by the distance of their middles.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely
from PIL import Image, ImageDraw

from stvqa.sources.demo.camera import Camera
from stvqa.sources.demo.solids import FloatArray
from stvqa.sources.demo.thing import Frame, Thing

__all__ = ["Parts", "Sight", "gather_parts", "measure", "paint_order"]

IntArray = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Ids = npt.NDArray[np.uint16]

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


class Sight(NamedTuple):
    """What is seen of a thing; pixels of the image, metres.

    Attributes:
        box: bounds of the visible pixels, x2 and y2 exclusive.
        pixels: how many are visible. whole: how many there would be, unhidden and uncut.
        centroid: middle of the visible pixels.
        depth: distance of the nearest visible surface along the viewing axis.
    """

    box: tuple[int, int, int, int]
    pixels: int
    whole: int
    centroid: tuple[float, float]
    depth: float

    @property
    def share(self) -> float:
        """Visible share of the thing's own pixels, 0 to 1."""
        return min(1.0, self.pixels / self.whole) if self.whole else 0.0


UNSEEN = Sight((0, 0, 0, 0), 0, 0, (0.0, 0.0), 0.0)


def gather_parts(things: Sequence[Thing], frames: Sequence[Frame]) -> Parts:
    """Joins the parts of all things."""
    counts = [len(thing.shape.drawing.starts) for thing in things]
    owner = np.repeat(np.arange(len(things)), counts)
    lengths = [len(frame.points) for frame in frames]
    shifts = np.cumsum([0, *lengths])
    starts = np.concatenate([thing.shape.drawing.starts + shift for thing, shift in zip(things, shifts[:-1], strict=True)])
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


def measure(things: Sequence[Thing], camera: Camera) -> list[Sight]:
    """Exact measures of every thing, from an image of part numbers at full resolution.

    Every thing must have been looked at (`Thing.look`) with this camera.
    """
    frames = [thing.frame for thing in things if thing.frame is not None]
    parts = gather_parts(things, frames)
    outlines = _outlines(parts)
    image = Image.new("I;16", (camera.width, camera.height_px), 0)
    pen = ImageDraw.Draw(image)
    for part in paint_order(parts):
        pen.polygon(outlines[part], fill=part + 1)
    ids = np.asarray(image)
    return [_sight(number, ids, parts, outlines, things, camera) for number in range(len(things))]


def _outlines(parts: Parts) -> list[list[float]]:
    """Hull of each part in the image, as flat lists of whole x, y.

    Pillow cuts fractions off and paints outlines too, so the pixel that holds a corner is named here; both sides of
    an outline then gain half a pixel at most, and the mirror image of a scene has the mirror image of its masks.
    """
    index = np.repeat(np.arange(len(parts.owner)), np.diff(parts.starts))
    hulls = shapely.convex_hull(shapely.multipoints(parts.pixels - 0.5, indices=index))
    coordinates, origin = shapely.get_coordinates(hulls, return_index=True)
    bounds = np.searchsorted(origin, np.arange(len(parts.owner) + 1)).tolist()
    flat = np.rint(coordinates).ravel().tolist()
    return [flat[2 * a : 2 * b] for a, b in zip(bounds[:-1], bounds[1:], strict=True)]


def _sight(number: int, ids: Ids, parts: Parts, outlines: list[list[float]], things: Sequence[Thing], camera: Camera) -> Sight:
    frame = things[number].frame
    if frame is None:
        raise ValueError(f"thing {number} was not looked at")
    own = range(*np.searchsorted(parts.owner, (number, number + 1)).tolist())
    first, last = own.start + 1, own.stop
    left, top = max(0, int(frame.box[0]) - 1), max(0, int(frame.box[1]) - 1)
    window = ids[top : int(frame.box[3]) + 2, left : int(frame.box[2]) + 2]
    mask = (window >= first) & (window <= last)
    columns, rows = np.count_nonzero(mask, axis=0), np.count_nonzero(mask, axis=1)
    pixels = int(columns.sum())
    if not pixels:
        return UNSEEN
    xs, ys = np.flatnonzero(columns), np.flatnonzero(rows)
    box = (left + int(xs[0]), top + int(ys[0]), left + int(xs[-1]) + 1, top + int(ys[-1]) + 1)
    centroid = (
        left + float(columns @ np.arange(len(columns))) / pixels + 0.5,
        top + float(rows @ np.arange(len(rows))) / pixels + 0.5,
    )
    whole = pixels
    if _may_be_cut_or_hidden(number, things, camera):
        whole = max(pixels, _whole_area([outlines[i] for i in own], frame))
    depth = _nearest(window, (left, top), parts, things[number], camera, own)
    return Sight(box, pixels, whole, centroid, depth)


def _may_be_cut_or_hidden(number: int, things: Sequence[Thing], camera: Camera) -> bool:
    """Whether the thing's bounds leave the image or meet those of another."""
    frame = things[number].frame
    if frame is None:
        return False
    x1, y1, x2, y2 = frame.box
    if x1 < 1 or y1 < 1 or x2 > camera.width - 1 or y2 > camera.height_px - 1:
        return True
    boxes = [thing.frame.box for i, thing in enumerate(things) if i != number and thing.frame is not None]
    return any(x1 < a2 + 1 and a1 < x2 + 1 and y1 < b2 + 1 and b1 < y2 + 1 for a1, b1, a2, b2 in boxes)


def _whole_area(outlines: list[list[float]], frame: Frame) -> int:
    """Pixels of the thing alone, beyond the image's edges too."""
    left, top = int(frame.box[0]) - 2, int(frame.box[1]) - 2
    image = Image.new("1", (int(frame.box[2]) - left + 3, int(frame.box[3]) - top + 3), 0)
    pen = ImageDraw.Draw(image)
    for outline in outlines:
        moved = [value - (top if i % 2 else left) for i, value in enumerate(outline)]
        pen.polygon(moved, fill=1)
    return int(image.histogram()[1])


def _nearest(window: Ids, corner: tuple[int, int], parts: Parts, thing: Thing, camera: Camera, own: range) -> float:
    """Least z over the visible surface: of a part's nearest vertex where that is seen, else of rays through its pixels.

    Args:
        window: part numbers (from 1) of a piece of the image whose top left pixel is `corner`.
        own: the thing's parts.
    """
    lowest = np.minimum.reduceat(parts.points[: parts.starts[own.stop], 2], parts.starts[own.start : own.stop])
    best = float("inf")
    for place in np.argsort(lowest).tolist():
        if float(lowest[place]) >= best:
            break
        part = own.start + place
        mask = window == part + 1
        seen = np.argwhere(mask)
        if not len(seen):
            continue
        start, stop = int(parts.starts[part]), int(parts.starts[part + 1])
        points, pixels = parts.points[start:stop], parts.pixels[start:stop]
        tip = pixels[int(points[:, 2].argmin())] - corner - 0.5
        if float(np.abs(seen - tip[::-1]).max(axis=1).min()) < 1.6:
            best = float(lowest[place])
            continue
        chosen = seen[:: max(1, len(seen) // 600)]
        middle = (camera.width / 2, camera.height_px / 2)
        rays = np.asarray((chosen[:, ::-1] + corner + 0.5 - middle) / camera.focal, dtype=float)
        best = min(best, _ray_depth(rays, points, thing, place))
    return best


def _ray_depth(rays: FloatArray, points: FloatArray, thing: Thing, place: int) -> float:
    """Least z at which rays (n, 2; z = 1) enter one convex part with these vertices."""
    drawing = thing.shape.drawing
    faces = np.array([face[:3] for face, _ in drawing.faces[place]])
    one, two, three = points[faces[:, 0]], points[faces[:, 1]], points[faces[:, 2]]
    normals = np.cross(two - one, three - one)
    inward = np.einsum("fj,fj->f", normals, one - points.mean(axis=0)) < 0
    normals[inward] *= -1
    lead = rays @ normals[:, :2].T + normals[:, 2]
    level = np.einsum("fj,fj->f", normals, one)
    if drawing.two_sided[place]:
        lead, level = lead[:, :1], level[:1]
        entering = np.abs(lead) > 1e-12
    else:
        entering = lead < -1e-12
    depth = np.where(entering, level / np.where(entering, lead, 1.0), -np.inf).max(axis=1)
    low, high = float(points[:, 2].min()), float(points[:, 2].max())
    return float(np.clip(depth, low, high).min())
