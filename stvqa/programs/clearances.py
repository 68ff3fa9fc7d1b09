"""How clearly a spatial predicate holds, for all pairs of objects at once.

A *clearance* is signed and counted in units of the margin that is asked for: >= 1 means it holds and
clearly so, <= -1 it clearly does not, anything between is too close to call.

    Clearances(view, Margins()).direction("left")[view.row("cup.1"), view.row("laptop.1")]   # 3.2

Matrices have shape (n, n): subjects down, objects (or rivals) across. Proposers look through them; a single claim
is decided by `pairs`, which says the same of one pair.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, reduce, wraps
from typing import Concatenate, Literal, NamedTuple, ParamSpec, cast, get_args

import numpy as np
from numpy.typing import NDArray

from stvqa.geometry import angles_between, areas, bearings, intersections
from stvqa.programs.view import SceneView
from stvqa.records import Margins, Measure

__all__ = [
    "CELLS",
    "CLEARLY_MOST",
    "DIRECTIONS",
    "IMAGE_ANGLES",
    "TINY",
    "WHOLLY",
    "Clearances",
    "ImageDirection",
    "Scale",
]

Array = NDArray[np.float64]
ImageDirection = Literal["left", "right", "above", "below"]

DIRECTIONS: tuple[ImageDirection, ...] = get_args(ImageDirection)
IMAGE_ANGLES: dict[str, float] = {"right": 0, "below": 90, "left": 180, "above": 270}
_DIRECTION_ANGLES = np.array([IMAGE_ANGLES[direction] for direction in DIRECTIONS])[:, None, None]
_GROUND_ANGLES: dict[str, float] = {"front": 0, "right": 90, "behind": 180, "left": 270}
_CAMERA_ANGLES: dict[str, float] = {"away": 0, "right": 90, "towards": 180, "left": 270}
TINY = 1e-9
CLEARLY_MOST = 0.75
"""Share of a box that must lie in the cell it is said to be in."""
WHOLLY = 0.98
"""Share from which a box counts as wholly in a cell."""


class Scale(NamedTuple):
    """One thing that a measure looks at: a value for each row; two rows lie `difference / unit` margins apart."""

    values: list[float]
    unit: float = 1.0


P = ParamSpec("P")
_Method = Callable[Concatenate["Clearances", P], Array]


def _remembered(method: _Method[P]) -> _Method[P]:
    """Each matrix once for each scene: the cache goes with the instance."""

    @wraps(method)
    def remembered(self: Clearances, *key: P.args, **named: P.kwargs) -> Array:
        known, name = self.known, (method.__name__, *key, *named.items())
        if name not in known:
            known[name] = method(self, *key, **named)
        return known[name]

    return cast("_Method[P]", remembered)


class Clearances:
    """Clearances of one scene under one set of margins; each matrix is computed once, when asked for."""

    def __init__(self, view: SceneView, margins: Margins) -> None:
        self.view = view
        self.margins = margins
        self.known: dict[tuple[object, ...], Array] = {}
        self._scales: dict[tuple[Measure, int | None], list[Scale]] = {}

    def direction(self, direction: ImageDirection) -> Array:
        """Subject lies to that side of object: centres are `offset` apart and neither lies within the other's span.

        Clearly false where the centres are `offset` apart the other way and neither sticks out by more than
        `offset`: the subject beyond the object on the side that is asked for, the object beyond the subject on the
        opposite one. So a claim agrees with its converse, and with what a mirror shows.
        """
        if direction in ("left", "right"):
            matrix = self._left
            return matrix if direction == "left" else matrix.T
        matrix = self._above
        return matrix if direction == "above" else matrix.T

    @cached_property
    def mainly(self) -> Array:
        """Direction from the object's centre to the subject's lies in the sector, `sector_degrees` off its border.

        Shape (4, n, n), one matrix a direction in the order of `DIRECTIONS`.
        """
        within = 45 - angles_between(self._image_angles, _DIRECTION_ANGLES)
        clearance = within / self.margins.sector_degrees if self.margins.sector_degrees else np.sign(within) * 9
        along = np.stack([self.direction(direction) for direction in DIRECTIONS])
        settled = np.where(clearance >= 1, np.minimum(clearance, along), clearance)
        near = self.view.centre_distances < 2 * self.margins.offset * min(self.view.width, self.view.height)
        return np.where(near, 0.0, settled)

    def located(self, grid: str) -> Array:
        """Each object's centre lies in the cell, `grid` off its lines, with most of its box.

        Shape (cells, n), one row a cell of the grid in the order of `CELLS`.
        """
        return np.asarray(self._cells[_ROWS_OF[grid]])

    @_remembered
    def dominance(self, measure: Measure, reference: int | None) -> Array:
        """The row clearly has more of the measure than the column: all its scales say so, and by the weakest of them.

        Antisymmetric; 0 where scales point different ways, NaN where one is unknown.

        Args:
            measure: of the records' closed set.
            reference: row of the object that distances are measured to; None for all other measures.
        """
        differences = []
        for values, unit in self.scales(measure, reference):
            row = np.array(values)
            differences.append((row[:, None] - row[None, :]) / unit)
        return reduce(_agree, differences)

    @_remembered
    def side(self, side: Literal["front", "behind", "left", "right"]) -> Array:
        """From the row's own point of view the column is on that side; NaN where heading or place is unknown."""
        offsets = self.view.positions[None, :, [0, 2]] - self.view.positions[:, None, [0, 2]]
        count = len(offsets)
        angles = bearings(offsets.reshape(-1, 2)).reshape(count, count) - self.view.headings[:, None]
        clearance = (45 - angles_between(angles, _GROUND_ANGLES[side])) / max(self.margins.sector_degrees, TINY)
        reach = self._radii[:, None] + self._radii[None, :]
        return np.where(np.hypot(offsets[..., 0], offsets[..., 1]) > reach, clearance, np.nan)

    @_remembered
    def heading(self, facing: Literal["away", "right", "towards", "left"]) -> Array:
        """The object faces that way as the camera sees it; NaN without a heading; shape (n,)."""
        turn = angles_between(self.view.headings, _CAMERA_ANGLES[facing])
        return np.asarray((45 - turn) / max(self.margins.sector_degrees, TINY))

    @cached_property
    def _left(self) -> Array:
        return self._ordered(axis=0, unit=self.margins.offset * self.view.width)

    @cached_property
    def _above(self) -> Array:
        return self._ordered(axis=1, unit=self.margins.offset * self.view.height)

    def _ordered(self, *, axis: int, unit: float) -> Array:
        """Subject before object along an axis (0: x, 1: y)."""
        unit = max(unit, TINY)
        centre = self.view.centres[:, axis]
        low, high = self.view.boxes[:, axis], self.view.boxes[:, axis + 2]
        shift = (centre[None, :] - centre[:, None]) / unit
        before = 1 + (low[None, :] - centre[:, None]) / unit
        beyond = 1 + (centre[None, :] - high[:, None]) / unit
        holds = np.minimum(shift, np.minimum(before, beyond))
        # Clearly not there only if it does not stick out that way either: a car behind a book reaches left of it.
        sticks_out = np.maximum(low[None, :] - low[:, None], high[None, :] - high[:, None]) / unit > 1
        return np.where((shift <= -1) & ~sticks_out, shift, np.maximum(holds, -0.99))

    @cached_property
    def _image_angles(self) -> Array:
        offsets = self.view.centres[:, None] - self.view.centres[None, :]
        return np.asarray(np.degrees(np.arctan2(offsets[..., 1], offsets[..., 0])))

    @cached_property
    def _radii(self) -> Array:
        """Half the horizontal diagonal of each object, metres."""
        return np.asarray(np.hypot(self.view.extents[:, 0], self.view.extents[:, 2]) / 2)

    @cached_property
    def _cells(self) -> Array:
        """`located` for the cells of all grids, shape (cells, n)."""
        size = np.array([self.view.width, self.view.height])
        cells, lines = _BOUNDS * np.tile(size, 2), _LINES * np.tile(size, 2)
        centre = self.view.centres[None]
        inner = np.minimum(centre - lines[:, None, :2], lines[:, None, 2:] - centre)
        clearance = (inner / np.maximum(self.margins.grid * size, TINY)).min(axis=2)
        share = intersections(cells, self.view.boxes) / np.maximum(areas(self.view.boxes), TINY)
        most = np.where(share >= WHOLLY, np.inf, (2 * share - 1) / (2 * CLEARLY_MOST - 1))
        return np.asarray(np.where(clearance >= 1, np.minimum(clearance, most), clearance))

    def scales(self, measure: Measure, reference: int | None) -> list[Scale]:
        """What has to agree before one object has more of a measure than another."""
        key = (measure, reference)
        if key not in self._scales:
            self._scales[key] = self._scales_of(measure, reference)
        return self._scales[key]

    def _scales_of(self, measure: Measure, reference: int | None) -> list[Scale]:
        view, margins = self.view, self.margins
        if reference is not None:
            return self._image_distance(reference) if measure == "image_distance" else self._distance(reference)
        if measure == "height":
            return [_logarithmic(view.extents[:, 1], margins.length_ratio)]
        if measure == "volume":
            # Larger in volume, height and longest side: a tent is no larger than a horse that overtops it.
            longest = _logarithmic(view.extents.max(axis=1), margins.length_ratio)
            volume = _logarithmic(np.prod(view.extents, axis=1), margins.volume_ratio)
            return [volume, *self.scales("height", None), longest]
        if measure == "camera_distance":
            return [_logarithmic(view.depths, margins.distance_ratio)]
        if measure == "image_area":
            area = _logarithmic(areas(view.boxes), margins.image_area_ratio)
            return [area, *self.scales("image_width", None), *self.scales("image_height", None)]
        return [_logarithmic(view.sides[:, 0 if measure == "image_width" else 1], margins.length_ratio)]

    def _image_distance(self, reference: int) -> list[Scale]:
        """Gap to the reference and distance between the centres, in the image."""
        unit = self.margins.offset * min(self.view.width, self.view.height)
        gap = Scale(self.view.gaps[reference].tolist(), max(unit, TINY))
        return [gap, _logarithmic(self.view.centre_distances[reference] + 1, self.margins.distance_ratio)]

    def _distance(self, reference: int) -> list[Scale]:
        """Distance between the centres and least possible gap, in space."""
        distance = np.sqrt(((self.view.positions - self.view.positions[reference]) ** 2).sum(axis=1))
        nearest = np.maximum(distance - self._radii, 0.01)
        return [_logarithmic(values, self.margins.distance_ratio) for values in (distance + 0.01, nearest)]


def _logarithmic(values: Array, ratio: float) -> Scale:
    """Logarithms in units of log(ratio), so that values with that ratio are one margin apart."""
    logs: list[float] = (np.log(np.maximum(values, TINY)) / np.log(ratio)).tolist()
    return Scale(logs)


def _agree(first: Array, second: Array) -> Array:
    """The weaker of two clearances where they point the same way, else 0."""
    weaker = np.where(np.abs(first) < np.abs(second), first, second)
    return np.where(first * second > 0, weaker, np.where(np.isnan(first + second), np.nan, 0.0))


_THIRD = 1 / 3
CELLS: dict[str, dict[str, tuple[float, float, float, float]]] = {
    "columns": {"left": (0, 0, _THIRD, 1), "middle": (_THIRD, 0, 2 * _THIRD, 1), "right": (2 * _THIRD, 0, 1, 1)},
    "rows": {"top": (0, 0, 1, _THIRD), "middle": (0, _THIRD, 1, 2 * _THIRD), "bottom": (0, 2 * _THIRD, 1, 1)},
    "halves": {"left": (0, 0, 0.5, 1), "right": (0.5, 0, 1, 1)},
    "quadrants": {
        "top left": (0, 0, 0.5, 0.5),
        "top right": (0.5, 0, 1, 0.5),
        "bottom left": (0, 0.5, 0.5, 1),
        "bottom right": (0.5, 0.5, 1, 1),
    },
}
"""Cells by grid and name: x1, y1, x2, y2 in shares of the frame."""

_BOUNDS = np.array([cell for cells in CELLS.values() for cell in cells.values()])
_LINES = np.where(_BOUNDS == 0, -np.inf, np.where(_BOUNDS == 1, np.inf, _BOUNDS))
"""The same without the frame's own border, which is no line to keep away from."""

_ENDS = np.cumsum([len(cells) for cells in CELLS.values()]).tolist()
_ROWS_OF = {grid: slice(end - len(CELLS[grid]), end) for grid, end in zip(CELLS, _ENDS, strict=True)}
"""Rows of `_BOUNDS` by grid."""
