"""What is seen of each thing: an image of part numbers, and the exact measures taken from it.

sights = measure(things, camera)         # one Sight a thing: box, pixels, centroid, visible share, depth
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely
from PIL import Image, ImageDraw

from stvqa.sources.demo.camera import Camera
from stvqa.sources.demo.parts import Parts, gather_parts, paint_order
from stvqa.sources.demo.solids import FloatArray
from stvqa.sources.demo.thing import Frame, Thing

__all__ = ["Sight", "measure"]

Ids = npt.NDArray[np.uint16]


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


def measure(things: Sequence[Thing], camera: Camera) -> list[Sight]:
    """Exact measures of every thing, from an image of part numbers at full resolution.

    Every thing must have been looked at (`Thing.look`) with this camera.
    """
    frames = [thing.frame for thing in things if thing.frame is not None]
    parts = gather_parts(things, frames)
    outlines = _outlines(parts)
    image = Image.new("I;16", (camera.width, camera.height_px), 0)
    pen = ImageDraw.Draw(image)
    begun = [-1] * len(things)
    ended = [-1] * len(things)
    owners = parts.owner.tolist()
    for turn, part in enumerate(paint_order(parts)):
        pen.polygon(outlines[part], fill=part + 1)
        owner = owners[part]
        ended[owner] = turn
        if begun[owner] < 0:
            begun[owner] = turn
    ids = np.asarray(image)
    clear = [_surely_clear(number, frames, begun, ended, camera) for number in range(len(things))]
    return [
        _sight(number, ids, parts, outlines, things[number], camera, clear=clear[number])
        for number in range(len(things))
    ]


def _outlines(parts: Parts) -> list[list[float]]:
    """Hull of each part in the image, as flat lists of whole x, y.

    Pillow cuts fractions off and paints outlines too, so the pixel that holds a corner is named here; both sides of
    an outline then gain half a pixel at most, and the mirror image of a scene has the mirror image of its masks.
    """
    index = np.repeat(np.arange(len(parts.owner)), np.diff(parts.starts))
    # A line through all points has the hull of the points, and is made several times faster than so many points.
    hulls = shapely.convex_hull(shapely.linestrings(parts.pixels - 0.5, indices=index))
    coordinates, origin = shapely.get_coordinates(hulls, return_index=True)
    bounds = np.searchsorted(origin, np.arange(len(parts.owner) + 1)).tolist()
    flat = np.rint(coordinates).ravel().tolist()
    return [flat[2 * a : 2 * b] for a, b in itertools.pairwise(bounds)]


def _sight(
    number: int,
    ids: Ids,
    parts: Parts,
    outlines: list[list[float]],
    thing: Thing,
    camera: Camera,
    *,
    clear: bool,
) -> Sight:
    """The measures of one thing; `clear` where nothing can hide or cut it."""
    frame = thing.frame
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
    if clear:
        # The nearest point of a thing is not hidden by the thing itself: what lies before it on its ray is nearer.
        return Sight(box, pixels, pixels, centroid, float(frame.points[:, 2].min()))
    if not thing.whole_pixels:
        thing.whole_pixels = _whole_area([outlines[i] for i in own], frame)
    whole = max(pixels, thing.whole_pixels)
    depth = _nearest(window, (left, top), parts, thing, camera, own)
    return Sight(box, pixels, whole, centroid, depth)


def _surely_clear(number: int, frames: Sequence[Frame], begun: list[int], ended: list[int], camera: Camera) -> bool:
    """Whether the thing's bounds lie inside the image and meet those of nothing that was painted after it had begun.

    Args:
        begun / ended: the turns in which each thing's first and last part were painted.
    """
    x1, y1, x2, y2 = frames[number].box
    if x1 < 1 or y1 < 1 or x2 > camera.width - 1 or y2 > camera.height_px - 1:
        return False
    later = [frame.box for i, frame in enumerate(frames) if i != number and ended[i] > begun[number]]
    return not any(x1 < a2 + 1 and a1 < x2 + 1 and y1 < b2 + 1 and b1 < y2 + 1 for a1, b1, a2, b2 in later)


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
    first, stop = int(parts.starts[own.start]), int(parts.starts[own.stop])
    lowest = np.minimum.reduceat(parts.points[first:stop, 2], parts.starts[own.start : own.stop] - first)
    best = float("inf")
    for place in np.argsort(lowest).tolist():
        if float(lowest[place]) >= best:
            break
        part = own.start + place
        start, stop = int(parts.starts[part]), int(parts.starts[part + 1])
        points = parts.points[start:stop]
        x, y = (parts.pixels[start + int(points[:, 2].argmin())] - corner).tolist()
        around = window[max(0, int(y) - 1) : max(0, int(y) + 2), max(0, int(x) - 1) : max(0, int(x) + 2)]
        if (around == part + 1).any():
            best = float(lowest[place])
            continue
        seen = np.argwhere(window == part + 1)
        if not len(seen):
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
