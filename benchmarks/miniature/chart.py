"""Learning curves as plain SVG, one line an arm, named at its end.

    lines_chart({"dense": [XY(10, 0.41), XY(20, 0.45)]}, title="accuracy", percent=True)

White ground of its own, so that it reads on dark pages too; eight colours that colour-blind readers can tell apart.
"""

from __future__ import annotations

import html
import math
import statistics
from collections.abc import Mapping, Sequence
from typing import NamedTuple

__all__ = ["XY", "lines_chart", "mean_curve"]

_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000", "#7a5195", "#8a8a8a")
_WIDTH, _HEIGHT = 720, 340
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 150, 40, 36
_LABEL = 15
"""Least distance of the names, pixels."""


class XY(NamedTuple):
    """A point: step and value."""

    x: float
    y: float


class _Scale(NamedTuple):
    """From values to pixels."""

    first: float
    last: float
    low: float
    high: float

    def across(self, x: float) -> float:
        """From the left."""
        return _LEFT + (x - self.first) / max(self.last - self.first, 1e-9) * (_WIDTH - _LEFT - _RIGHT)

    def down(self, y: float) -> float:
        """From the top."""
        return _TOP + (self.high - y) / max(self.high - self.low, 1e-9) * (_HEIGHT - _TOP - _BOTTOM)


def mean_curve(curves: Sequence[Mapping[str, Sequence[float | None]]], figure: str, *, points: int = 8) -> list[XY]:
    """One line of several trainings' curves (`Result.curve`): means over trainings and over neighbouring stretches.

    A single stretch holds a few hundred completions, and nine arms that differ by less than its noise are a tangle.

    Returns:
        At most `points` points, each at the last step of what it averages; none where no curve has the figure.
    """
    with_it = [curve for curve in curves if figure in curve]
    if not with_it:
        return []
    steps = with_it[0]["step"]
    width = -(-len(steps) // points)
    found = []
    for start in range(0, len(steps), width):
        values = [value for curve in with_it for value in curve[figure][start : start + width] if value is not None]
        last = steps[start : start + width][-1]
        if values and last is not None:
            found.append(XY(last, statistics.fmean(values)))
    return found


def lines_chart(lines: Mapping[str, Sequence[XY]], *, title: str, percent: bool) -> str:
    """The chart of lines that have at least one point each; at least one line."""
    points = [point for line in lines.values() for point in line]
    low, high = min(point.y for point in points), max(point.y for point in points)
    room = max((high - low) * 0.08, 0.01)
    scale = _Scale(min(p.x for p in points), max(p.x for p in points), low - room, high + room)
    places = _spread({name: scale.down(line[-1].y) for name, line in lines.items()})
    drawn = [
        _line(scale, name, line, colour=_COLOURS[number % len(_COLOURS)], label=places[name])
        for number, (name, line) in enumerate(lines.items())
    ]
    return "\n".join(
        [
            _opening(title),
            f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
            f'<text x="{_LEFT}" y="22" font-size="14">{html.escape(title)}</text>',
            *_axes(scale, percent=percent),
            *drawn,
            "</svg>",
            "",
        ]
    )


def _opening(title: str) -> str:
    size = f'viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}"'
    text = f'font-family="sans-serif" font-size="12" role="img" aria-label="{html.escape(title)}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {text}>'


def _axes(scale: _Scale, *, percent: bool) -> list[str]:
    found = []
    for value in _round_values(scale.low, scale.high):
        y = scale.down(value)
        text = f"{100 * value:.0f} %" if percent else f"{value:.3g}"
        found.append(f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>')
        found.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end" fill="#444">{text}</text>')
    steps = (scale.first, (scale.first + scale.last) / 2, scale.last)
    below = f'y="{_HEIGHT - 12}" text-anchor="middle" fill="#444"'
    return [*found, *(f'<text x="{scale.across(x):.1f}" {below}>step {x:.0f}</text>' for x in steps)]


def _round_values(low: float, high: float) -> list[float]:
    """Three to eight multiples of 1, 2 or 5 times a power of ten between two values that differ."""
    power = 10.0 ** math.floor(math.log10((high - low) / 3))
    step = power * max(factor for factor in (1, 2, 5) if factor * power <= (high - low) / 3)
    return [step * number for number in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _line(scale: _Scale, name: str, line: Sequence[XY], *, colour: str, label: float) -> str:
    path = " ".join(f"{scale.across(point.x):.1f},{scale.down(point.y):.1f}" for point in line)
    return (
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
        f'<text x="{_WIDTH - _RIGHT + 8}" y="{label + 4:.1f}" fill="{colour}">{html.escape(name)}</text>'
    )


def _spread(wanted: Mapping[str, float]) -> dict[str, float]:
    """Heights of names, moved apart from the top down, and up again where the last would fall out."""
    order = sorted(wanted, key=lambda name: wanted[name])
    places: dict[str, float] = {}
    last = 0.0
    for name in order:
        last = places[name] = max(wanted[name], last + _LABEL)
    bottom = float(_HEIGHT - 8)
    for name in reversed(order):
        bottom = places[name] = min(places[name], bottom)
        bottom -= _LABEL
    return places
