"""How clearly a spatial predicate holds, for all pairs of objects at once.

A *clearance* is signed and counted in units of the margin that is asked for: >= 1 means it holds and
clearly so, <= -1 it clearly does not, anything between is too close to call.

    Clearances(view, Margins()).direction("left")[view.row("cup.1"), view.row("laptop.1")]   # 3.2

Matrices have shape (n, n): subjects down, objects (or rivals) across.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, wraps
from typing import Concatenate, Literal, ParamSpec, cast

import numpy as np
from numpy.typing import NDArray

from stvqa.geometry import angles_between, areas, bearings, intersections
from stvqa.programs.view import SceneView
from stvqa.records import Margins, Measure

__all__ = ["Clearances", "ImageDirection"]

Array = NDArray[np.float64]
ImageDirection = Literal["left", "right", "above", "below"]

_IMAGE_ANGLES: dict[str, float] = {"right": 0, "below": 90, "left": 180, "above": 270}
_GROUND_ANGLES: dict[str, float] = {"front": 0, "right": 90, "behind": 180, "left": 270}
_CAMERA_ANGLES: dict[str, float] = {"away": 0, "right": 90, "towards": 180, "left": 270}
_TINY = 1e-9
_CLEARLY_MOST = 0.75
"""Share of a box that must lie in the cell it is said to be in."""
_WHOLLY = 0.98


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

    def direction(self, direction: ImageDirection) -> Array:
        """Subject lies to that side of object: centres are `offset` apart and neither lies within the other's span.

        Clearly false where the centres are `offset` apart the other way and the subject does not stick out beyond
        the object by more than `offset` on the side that is asked for.
        """
        if direction in ("left", "right"):
            matrix = self._left
            return matrix if direction == "left" else matrix.T
        matrix = self._above
        return matrix if direction == "above" else matrix.T

    @_remembered
    def mainly(self, direction: ImageDirection) -> Array:
        """Direction from the object's centre to the subject's lies in the sector, `sector_degrees` off its border."""
        turn = angles_between(self._image_angles, _IMAGE_ANGLES[direction])
        clearance = (45 - turn) / self.margins.sector_degrees if self.margins.sector_degrees else np.sign(45 - turn) * 9
        settled = np.where(clearance >= 1, np.minimum(clearance, self.direction(direction)), clearance)
        near = self.view.centre_distances < 2 * self.margins.offset * min(self.view.width, self.view.height)
        return np.where(near, 0.0, settled)

    @cached_property
    def inside(self) -> Array:
        """The object's box covers `inside_share` of the subject's; false where it covers less than the rest."""
        own = areas(self.view.boxes)
        covered = intersections(self.view.boxes, self.view.boxes) / np.maximum(own[:, None], _TINY)
        clearance = (2 * covered - 1) / (2 * self.margins.inside_share - 1)
        ratio = np.log(np.maximum(own[None, :], _TINY) / np.maximum(own[:, None], _TINY))
        return np.where(clearance >= 1, np.minimum(clearance, ratio / np.log(self.margins.volume_ratio)), clearance)

    @cached_property
    def apart(self) -> Array:
        """Gap between the boxes in units of `apart`; never negative."""
        return self.view.gaps / max(self.margins.apart * min(self.view.width, self.view.height), _TINY)

    def located(self, grid: str, cell: str) -> Array:
        """Each object's centre lies in the cell, `grid` off its lines, with most of its box; shape (n,)."""
        return np.asarray(self._cells(grid)[list(_CELLS[grid]).index(cell)])

    @_remembered
    def dominance(self, measure: Measure, reference: int | None) -> Array:
        """The row clearly has more of the measure than the column; antisymmetric, NaN where unknown.

        Args:
            measure: of the records' closed set.
            reference: row of the object that distances are measured to.
        """
        if reference is None:
            return self._plain_dominance(measure)
        return self._image_distance(reference) if measure == "image_distance" else self._distance(reference)

    @_remembered
    def side(self, side: Literal["front", "behind", "left", "right"]) -> Array:
        """From the row's own point of view the column is on that side; NaN where heading or place is unknown."""
        offsets = self.view.positions[None, :, [0, 2]] - self.view.positions[:, None, [0, 2]]
        count = len(offsets)
        angles = bearings(offsets.reshape(-1, 2)).reshape(count, count) - self.view.headings[:, None]
        clearance = (45 - angles_between(angles, _GROUND_ANGLES[side])) / max(self.margins.sector_degrees, _TINY)
        reach = self._radii[:, None] + self._radii[None, :]
        return np.where(np.hypot(offsets[..., 0], offsets[..., 1]) > reach, clearance, np.nan)

    @_remembered
    def heading(self, facing: Literal["away", "right", "towards", "left"]) -> Array:
        """The object faces that way as the camera sees it; NaN without a heading; shape (n,)."""
        turn = angles_between(self.view.headings, _CAMERA_ANGLES[facing])
        return np.asarray((45 - turn) / max(self.margins.sector_degrees, _TINY))

    @cached_property
    def _left(self) -> Array:
        return self._ordered(axis=0, unit=self.margins.offset * self.view.width)

    @cached_property
    def _above(self) -> Array:
        return self._ordered(axis=1, unit=self.margins.offset * self.view.height)

    def _ordered(self, *, axis: int, unit: float) -> Array:
        """Subject before object along an axis (0: x, 1: y)."""
        unit = max(unit, _TINY)
        centre = self.view.centres[:, axis]
        low, high = self.view.boxes[:, axis], self.view.boxes[:, axis + 2]
        shift = (centre[None, :] - centre[:, None]) / unit
        before = 1 + (low[None, :] - centre[:, None]) / unit
        beyond = 1 + (centre[None, :] - high[:, None]) / unit
        holds = np.minimum(shift, np.minimum(before, beyond))
        # Clearly not there only if it does not stick out that way either: a car behind a book reaches left of it.
        sticks_out = (low[None, :] - low[:, None]) / unit > 1
        return np.where((shift <= -1) & ~sticks_out, shift, np.maximum(holds, -0.99))

    @cached_property
    def _image_angles(self) -> Array:
        offsets = self.view.centres[:, None] - self.view.centres[None, :]
        return np.asarray(np.degrees(np.arctan2(offsets[..., 1], offsets[..., 0])))

    @cached_property
    def _radii(self) -> Array:
        """Half the horizontal diagonal of each object, metres."""
        return np.asarray(np.hypot(self.view.extents[:, 0], self.view.extents[:, 2]) / 2)

    @_remembered
    def _cells(self, grid: str) -> Array:
        """`located` for all cells of a grid, shape (cells, n)."""
        size = np.array([self.view.width, self.view.height])
        cells = np.array(list(_CELLS[grid].values())) * np.tile(size, 2)
        low, high = cells[:, None, :2], cells[:, None, 2:]
        centre = self.view.centres[None]
        inner = np.minimum(np.where(low > 0, centre - low, np.inf), np.where(high < size, high - centre, np.inf))
        clearance = (inner / np.maximum(self.margins.grid * size, _TINY)).min(axis=2)
        share = intersections(cells, self.view.boxes) / np.maximum(areas(self.view.boxes), _TINY)
        most = np.where(share >= _WHOLLY, np.inf, (2 * share - 1) / (2 * _CLEARLY_MOST - 1))
        return np.asarray(np.where(clearance >= 1, np.minimum(clearance, most), clearance))

    def _plain_dominance(self, measure: Measure) -> Array:
        if measure == "height":
            return _log_ratios(self.view.extents[:, 1], self.margins.length_ratio)
        if measure == "volume":
            # Larger in volume, height and longest side: a tent is no larger than a horse that overtops it.
            sides = np.stack([self.view.extents[:, 1], self.view.extents.max(axis=1)])
            height, longest = (_log_ratios(side, self.margins.length_ratio) for side in sides)
            volume = _log_ratios(np.prod(self.view.extents, axis=1), self.margins.volume_ratio)
            return _agree(volume, _agree(height, longest))
        if measure == "camera_distance":
            return _log_ratios(self.view.depths, self.margins.distance_ratio)
        if measure == "image_area":
            both = _agree(self.dominance("image_width", None), self.dominance("image_height", None))
            return _agree(_log_ratios(areas(self.view.boxes), self.margins.image_area_ratio), both)
        return _log_ratios(self.view.sides[:, 0 if measure == "image_width" else 1], self.margins.length_ratio)

    def _image_distance(self, reference: int) -> Array:
        """Gap and distance of centres agree: farther in the image from the reference."""
        unit = self.margins.offset * min(self.view.width, self.view.height)
        gap = self.view.gaps[reference]
        farther = (gap[:, None] - gap[None, :]) / max(unit, _TINY)
        return _agree(farther, _log_ratios(self.view.centre_distances[reference] + 1, self.margins.distance_ratio))

    def _distance(self, reference: int) -> Array:
        """Distance of centres and least possible gap agree: farther in space from the reference."""
        distance = np.sqrt(((self.view.positions - self.view.positions[reference]) ** 2).sum(axis=1))
        nearest = np.maximum(distance - self._radii, 0.01)
        by_centre = _log_ratios(distance + 0.01, self.margins.distance_ratio)
        return _agree(by_centre, _log_ratios(nearest, self.margins.distance_ratio))


def _log_ratios(values: Array, ratio: float) -> Array:
    """Log of row over column in units of log(ratio); antisymmetric."""
    logs = np.log(np.maximum(values, _TINY)) / np.log(ratio)
    return np.asarray(logs[:, None] - logs[None, :])


def _agree(first: Array, second: Array) -> Array:
    """The weaker of two clearances where they point the same way, else 0."""
    weaker = np.where(np.abs(first) < np.abs(second), first, second)
    return np.where(first * second > 0, weaker, np.where(np.isnan(first + second), np.nan, 0.0))


_THIRD = 1 / 3
_CELLS: dict[str, dict[str, tuple[float, float, float, float]]] = {
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
