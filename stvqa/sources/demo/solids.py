"""Convex solids that every drawing of the demo source is put together from.

Local frame of a drawing, metres: x to the object's own right,
y up, z towards its front (where a person would look); the origin is the middle of the footprint, at the lowest point.

    block(0, 0, 0, (0.5, 0.04, 0.5), "main")      # a board of 50 x 4 x 50 cm on the ground
    tube((0, 0, 0), (0, 1, 0), (0.1, 0.05), "#884422")   # a tapered post

A part is convex (or one flat sheet), so its outline is the hull of its projected points and its faces need no
sorting. A material is a slot of the object's palette (`main`, `second`, `skin` ...) or a fixed `#rrggbb`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = [
    "FloatArray",
    "Part",
    "Point",
    "ball",
    "block",
    "decorated",
    "ordered_within",
    "prism",
    "sheet",
    "shell",
    "tube",
    "turned",
]

FloatArray = npt.NDArray[np.float64]
Point = tuple[float, float, float]

SHEET_HALF_THICKNESS = 0.002


class Part(NamedTuple):
    """One convex piece.

    Attributes:
        points: (k, 3) vertices, metres, local frame.
        faces: vertex indices of each flat face with its material; later faces lie on earlier ones.
        corners: (8, 3) of a parallelepiped around the part; index 4 * x + 2 * y + z along its own axes.
        two_sided: a flat sheet, seen from both sides.
    """

    points: FloatArray
    faces: tuple[tuple[tuple[int, ...], str], ...]
    corners: FloatArray
    two_sided: bool = False


def _frame(centre: FloatArray, axes: FloatArray) -> FloatArray:
    """The 8 corners around `centre` for three half axes (rows of `axes`)."""
    signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], dtype=float)
    return np.asarray(centre + signs @ axes, dtype=float)


def block(x: float, y: float, z: float, size: Point, material: str, *, lean: float = 0, roll: float = 0) -> Part:
    """A box standing on (x, y, z), the middle of its underside.

    Args:
        size: width (x), height (y), length (z) in metres.
        lean / roll: degrees about its own x axis (positive: top goes to the front) and z axis (top goes to +x).
    """
    half = np.diag(np.array(size, dtype=float) / 2)
    base = np.array([x, y, z], dtype=float)
    if lean or roll:
        half = half @ _rotation(lean, roll).T
    points = _frame(base + half[1], half)
    faces = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))
    return Part(points, tuple((face, material) for face in faces), points)


def _rotation(lean: float, roll: float) -> FloatArray:
    """Rotation matrix: first about x by `lean`, then about z by `roll`, degrees."""
    a, b = math.radians(lean), math.radians(-roll)
    about_x = np.array([[1, 0, 0], [0, math.cos(a), -math.sin(a)], [0, math.sin(a), math.cos(a)]])
    about_z = np.array([[math.cos(b), -math.sin(b), 0], [math.sin(b), math.cos(b), 0], [0, 0, 1]])
    return np.asarray(about_z @ about_x, dtype=float)


def tube(
    start: Point,
    end: Point,
    radii: tuple[float, float],
    material: str,
    *,
    sides: int = 8,
    squash: float = 1.0,
    bands: Sequence[Sequence[str]] = (),
) -> Part:
    """A straight piece of round section between two points.

    Args:
        radii: at `start` and at `end`, metres.
        squash: radius along the second cross axis (z for an upright tube) over the first (x).
        bands: materials of equal lengths from start to end, each a cycle around the tube; replaces `material`.
    """
    first, last = np.array(start, dtype=float), np.array(end, dtype=float)
    axis = last - first
    length = float(np.linalg.norm(axis))
    axis = axis / length
    across = np.cross(axis, (1.0, 0.0, 0.0))
    if float(np.linalg.norm(across)) < 0.2:
        across = np.cross(axis, (0.0, 0.0, 1.0))
    across /= np.linalg.norm(across)
    sideways = np.cross(across, axis)
    grid: Sequence[Sequence[str]] = bands or ((material,),)
    turns = np.arange(sides) * (2 * math.pi / sides) + math.pi / sides
    circle = np.outer(np.cos(turns), sideways) + np.outer(np.sin(turns), across * squash)
    rings = []
    for step in range(len(grid) + 1):
        share = step / len(grid)
        rings.append(first + axis * (length * share) + circle * (radii[0] + (radii[1] - radii[0]) * share))
    faces: list[tuple[tuple[int, ...], str]] = []
    for row, cycle in enumerate(grid):
        low = row * sides
        for i in range(sides):
            j = (i + 1) % sides
            faces.append(((low + i, low + j, low + sides + j, low + sides + i), cycle[i % len(cycle)]))
    top = len(grid) * sides
    faces.append((tuple(range(sides)), grid[0][0]))
    faces.append((tuple(range(top, top + sides)), grid[-1][0]))
    widest = max(radii)
    frame = _frame((first + last) / 2, np.stack([sideways * widest, axis * length / 2, across * widest * squash]))
    return Part(np.concatenate(rings), tuple(faces), frame)


def ball(centre: Point, radii: Point, material: str, *, sides: int = 10, rings: int = 6, lean: float = 0) -> Part:
    """An ellipsoid, `rings` rows of faces from pole to pole along y, turned about x by `lean` degrees."""
    rows = [np.array([[0.0, -radii[1], 0.0]])]
    turns = np.arange(sides) * (2 * math.pi / sides)
    for ring in range(1, rings):
        tilt = math.pi * ring / rings - math.pi / 2
        row = np.stack(
            [
                radii[0] * math.cos(tilt) * np.sin(turns),
                np.full(sides, radii[1] * math.sin(tilt)),
                radii[2] * math.cos(tilt) * np.cos(turns),
            ],
            axis=1,
        )
        rows.append(row)
    rows.append(np.array([[0.0, radii[1], 0.0]]))
    last = 1 + (rings - 1) * sides
    faces: list[tuple[tuple[int, ...], str]] = []
    for i in range(sides):
        j = (i + 1) % sides
        faces.append(((0, 1 + j, 1 + i), material))
        for ring in range(rings - 2):
            low = 1 + ring * sides
            faces.append(((low + i, low + j, low + sides + j, low + sides + i), material))
        faces.append(((last, last - sides + i, last - sides + j), material))
    rotation = _rotation(lean, 0)
    middle = np.array(centre, dtype=float)
    frame = _frame(middle, np.diag(radii) @ rotation.T)
    return Part(np.concatenate(rows) @ rotation.T + middle, tuple(faces), frame)


def prism(outline: Sequence[tuple[float, float]], span: tuple[float, float], material: str, *, axis: str = "x") -> Part:
    """A convex outline pushed along an axis.

    Args:
        outline: convex, in (z, y) for axis x, (x, y) for axis z, (x, z) for axis y; metres.
        span: from and to along the axis, metres.
    """
    order = {"x": (2, 1, 0), "z": (0, 1, 2), "y": (0, 2, 1)}[axis]
    count = len(outline)
    points = np.zeros((2 * count, 3))
    for end, depth in enumerate(span):
        for i, (first, second) in enumerate(outline):
            points[end * count + i, order[0]] = first
            points[end * count + i, order[1]] = second
            points[end * count + i, order[2]] = depth
    faces: list[tuple[tuple[int, ...], str]] = [
        ((i, (i + 1) % count, count + (i + 1) % count, count + i), material) for i in range(count)
    ]
    faces += [(tuple(range(count)), material), (tuple(range(count, 2 * count)), material)]
    low, high = points.min(axis=0), points.max(axis=0)
    return Part(points, tuple(faces), _frame((low + high) / 2, np.diag((high - low) / 2)))


def sheet(points: Sequence[Point], material: str) -> Part:
    """A flat convex polygon seen from both sides."""
    corners = np.array(points, dtype=float)
    along = corners[1] - corners[0]
    along /= np.linalg.norm(along)
    normal = np.cross(along, corners[2] - corners[0])
    normal /= np.linalg.norm(normal)
    basis = np.stack([along, np.cross(normal, along), normal])
    spread = (corners - corners[0]) @ basis.T
    low, high = spread.min(axis=0), spread.max(axis=0)
    half = np.maximum((high - low) / 2, SHEET_HALF_THICKNESS)
    centre = corners[0] + ((low + high) / 2) @ basis
    return Part(
        corners, ((tuple(range(len(corners))), material),), _frame(centre, basis * half[:, None]), two_sided=True
    )


def shell(
    y: tuple[float, float], radii: tuple[float, float], material: str, *, sides: int = 8, x: float = 0, z: float = 0
) -> list[Part]:
    """An open round vessel: a floor and a wall of sheets, so that what lies inside is seen over the rim.

    Args:
        y: height of floor and rim, metres.
        radii: of floor and rim, metres.
    """
    turns = [2 * math.pi * (i + 0.5) / sides for i in range(sides)]
    rings = [
        [(x + r * math.sin(t), height, z + r * math.cos(t)) for t in turns] for height, r in zip(y, radii, strict=True)
    ]
    parts = [sheet(rings[0], material)]
    for i in range(sides):
        j = (i + 1) % sides
        parts.append(sheet((rings[0][i], rings[0][j], rings[1][j], rings[1][i]), material))
    return parts


def decorated(part: Part, material: str, *polygons: Sequence[Point]) -> Part:
    """The part with flat polygons painted on its faces (they must lie on, or a hair above, a face)."""
    points, faces = part.points, list(part.faces)
    for polygon in polygons:
        start = len(points)
        points = np.concatenate([points, np.array(polygon, dtype=float)])
        faces.append((tuple(range(start, start + len(polygon))), material))
    return part._replace(points=points, faces=tuple(faces))


def ordered_within(parts: Sequence[Part], axis: int, span: tuple[float, float]) -> list[Part]:
    """The parts with their parallelepipeds (upright ones) narrowed to a span of one axis, for the painting order alone.

    Where a part runs into another (a wheel into a body), what counts for the order is the piece that shows outside.
    """
    narrowed = []
    for part in parts:
        corners = part.corners.copy()
        upper = corners[:, axis] > corners[:, axis].mean()
        corners[:, axis] = np.where(upper, span[1], span[0])
        narrowed.append(part._replace(corners=corners))
    return narrowed


def turned(parts: Sequence[Part], degrees: float, *, at: Point = (0, 0, 0)) -> list[Part]:
    """The parts turned about the upright axis (0 to 90: front goes to +x), then moved by `at`."""
    angle = math.radians(degrees)
    matrix = np.array([[math.cos(angle), 0, math.sin(angle)], [0, 1, 0], [-math.sin(angle), 0, math.cos(angle)]])
    move = np.array(at, dtype=float)
    return [
        part._replace(points=part.points @ matrix.T + move, corners=part.corners @ matrix.T + move) for part in parts
    ]
