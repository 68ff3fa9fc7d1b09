"""How clearly a spatial predicate holds for one pair of objects, in plain floats.

    PairClearances(clearances).direction("left", view.row("cup.1"), view.row("laptop.1"))   # 3.2

It says of a pair what `clearances` says of all pairs at once, and is how a single claim is decided: a question
has a handful of claims over two or three objects, for which a matrix takes ten times as long. So what a proposer
found in a matrix is also decided a second time by another route. Units and signs are those of `clearances`.
"""

from __future__ import annotations

import math
from functools import reduce

from stvqa.programs.clearances import (
    CELLS,
    CLEARLY_MOST,
    IMAGE_ANGLES,
    TINY,
    WHOLLY,
    Clearances,
    ImageDirection,
)
from stvqa.records import Box, Measure

__all__ = ["PairClearances"]


class PairClearances:
    """Clearances of single pairs, told by their rows; what a measure looks at is shared with the matrices."""

    def __init__(self, clearances: Clearances) -> None:
        self._clearances = clearances
        self.margins = clearances.margins
        self._width, self._height = clearances.view.width, clearances.view.height
        self._objects = clearances.view.graph.objects

    def direction(self, direction: ImageDirection, subject: int, target: int) -> float:
        """See `Clearances.direction`."""
        first, second = self._objects[subject].box, self._objects[target].box
        if direction in ("right", "below"):
            first, second = second, first
        if direction in ("left", "right"):
            return _before(first[0], first[2], second[0], second[2], unit=self.margins.offset * self._width)
        return _before(first[1], first[3], second[1], second[3], unit=self.margins.offset * self._height)

    def mainly(self, direction: ImageDirection, subject: int, target: int) -> float:
        """See `Clearances.mainly`."""
        first, second = _centre(self._objects[subject].box), _centre(self._objects[target].box)
        across, down = first[0] - second[0], first[1] - second[1]
        if math.hypot(across, down) < 2 * self.margins.offset * min(self._width, self._height):
            return 0.0
        within = 45 - _between(math.degrees(math.atan2(down, across)), IMAGE_ANGLES[direction])
        sector = self.margins.sector_degrees
        clearance = within / sector if sector else math.copysign(9, within) if within else 0.0
        return min(clearance, self.direction(direction, subject, target)) if clearance >= 1 else clearance

    def inside(self, subject: int, target: int) -> float:
        """The target's box covers `inside_share` of the subject's; false where it covers less than the rest."""
        inner, outer = self._objects[subject].box, self._objects[target].box
        own = max(_area(inner), TINY)
        clearance = (2 * _common(inner, outer) / own - 1) / (2 * self.margins.inside_share - 1)
        if clearance < 1:
            return clearance
        return min(clearance, math.log(max(_area(outer), TINY) / own) / math.log(self.margins.volume_ratio))

    def apart(self, subject: int, target: int) -> float:
        """Gap between the boxes in units of `apart`; never negative."""
        first, second = self._objects[subject].box, self._objects[target].box
        gap = math.hypot(_gap(first[0], first[2], second[0], second[2]), _gap(first[1], first[3], second[1], second[3]))
        return gap / max(self.margins.apart * min(self._width, self._height), TINY)

    def is_over_or_under(self, subject: int, target: int) -> bool:
        """Whether the boxes share a column of the image."""
        first, second = self._objects[subject].box, self._objects[target].box
        return _gap(first[0], first[2], second[0], second[2]) == 0

    def turned(self, subject: int, first: int, second: int) -> float:
        """Angle in the image between the directions from the subject to two others, in units of `gaze_degrees`."""
        start, ends = _centre(self._objects[subject].box), [_centre(self._objects[row].box) for row in (first, second)]
        angles = [math.degrees(math.atan2(end[1] - start[1], end[0] - start[0])) for end in ends]
        return _between(angles[0], angles[1]) / self.margins.gaze_degrees

    def located(self, grid: str, cell: str, subject: int) -> float:
        """See `Clearances.located`."""
        box = self._objects[subject].box
        left, top, right, bottom = CELLS[grid][cell]
        within = Box(left * self._width, top * self._height, right * self._width, bottom * self._height)
        centre, least = _centre(box), self.margins.grid
        clearance = min(
            _inner(centre[0], within[0], within[2], self._width) / max(least * self._width, TINY),
            _inner(centre[1], within[1], within[3], self._height) / max(least * self._height, TINY),
        )
        share = _common(within, box) / max(_area(box), TINY)
        if clearance < 1 or share >= WHOLLY:
            return clearance
        return min(clearance, (2 * share - 1) / (2 * CLEARLY_MOST - 1))

    def dominance(self, measure: Measure, reference: int | None, subject: int, rival: int) -> float:
        """See `Clearances.dominance`."""
        scales = self._clearances.scales(measure, reference)
        return reduce(_agreed, [(values[subject] - values[rival]) / unit for values, unit in scales])


def _before(low: float, high: float, other_low: float, other_high: float, *, unit: float) -> float:
    """One span lies before the other along an axis, by the rule of `Clearances.direction`."""
    unit = max(unit, TINY)
    centre, other = (low + high) / 2, (other_low + other_high) / 2
    shift = (other - centre) / unit
    if shift <= -1 and max(other_low - low, other_high - high) / unit <= 1:
        return shift
    return max(min(shift, 1 + (other_low - centre) / unit, 1 + (other - high) / unit), -0.99)


def _between(first: float, second: float) -> float:
    """Least difference of two directions, 0 to 180 degrees."""
    difference = abs(first - second) % 360
    return min(difference, 360 - difference)


def _agreed(first: float, second: float) -> float:
    """The weaker of two clearances where they point the same way, else 0; NaN where one is unknown."""
    if first * second > 0:
        return first if abs(first) < abs(second) else second
    return math.nan if math.isnan(first + second) else 0.0


def _inner(centre: float, low: float, high: float, side: float) -> float:
    """How far a centre lies within a cell's lines; the frame's own border is no line."""
    return min(centre - low if low > 0 else math.inf, high - centre if high < side else math.inf)


def _gap(low: float, high: float, other_low: float, other_high: float) -> float:
    return max(low - other_high, other_low - high, 0.0)


def _common(first: Box, second: Box) -> float:
    across = min(first[2], second[2]) - max(first[0], second[0])
    down = min(first[3], second[3]) - max(first[1], second[1])
    return max(across, 0.0) * max(down, 0.0)


def _centre(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
