"""Curves as plain SVG, and how a figure moved over a training.

svg_curve([(1, 0.2), (2, 0.3)], title="reward", width=420, height=180)
trend(points, "grpo", "parts/total")      # Trend(first=0.31, last=0.44)
"""

from __future__ import annotations

import html
import statistics
from collections.abc import Sequence
from typing import NamedTuple

from stvqa.train.watch import Point

__all__ = ["Trend", "series", "svg_curve", "trend"]

_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 10, 26, 22
_ROOM = 6
"""Characters of a number beside an axis."""


class Trend(NamedTuple):
    """Means over the first and the last tenth of the points, at least three where there are so many."""

    first: float
    last: float


class XY(NamedTuple):
    """A point of a curve: step and value."""

    x: float
    y: float


def series(points: Sequence[Point], phase: str, name: str) -> list[XY]:
    """A figure of one phase over its steps."""
    return [XY(item.step, item.values[name]) for item in points if item.phase == phase and name in item.values]


def trend(points: Sequence[Point], phase: str, name: str) -> Trend | None:
    """How a figure moved; None where it was not logged often enough to say."""
    values = [point.y for point in series(points, phase, name)]
    if len(values) < 4:
        return None
    share = max(min(3, len(values) // 2), len(values) // 10)
    return Trend(statistics.fmean(values[:share]), statistics.fmean(values[-share:]))


def svg_curve(points: Sequence[XY], *, title: str, width: int = 420, height: int = 190) -> str:
    """A curve with its running mean, axes labelled at their ends; sizes in pixels."""
    ys = [point.y for point in points]
    low, high = min(ys), max(ys)
    if low == high:
        low, high = low - 0.5, high + 0.5
    first, last = points[0].x, max(points[-1].x, points[0].x + 1)

    def place(x: float, y: float) -> str:
        across = _LEFT + (x - first) / (last - first) * (width - _LEFT - _RIGHT)
        down = _TOP + (high - y) / (high - low) * (height - _TOP - _BOTTOM)
        return f"{across:.1f},{down:.1f}"

    raw = " ".join(place(*point) for point in points)
    smooth = " ".join(place(point.x, mean) for point, mean in zip(points, _running(ys), strict=True))
    ground = height - _BOTTOM
    return (
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f'aria-label="{html.escape(title)}">'
        f'<text x="{_LEFT}" y="16" class="title">{html.escape(title)}</text>'
        f'<line x1="{_LEFT}" y1="{ground}" x2="{width - _RIGHT}" y2="{ground}" class="axis"/>'
        f'<line x1="{_LEFT}" y1="{_TOP}" x2="{_LEFT}" y2="{ground}" class="axis"/>'
        f'<text x="{_LEFT - 4}" y="{_TOP + 8}" class="end">{_short(high)}</text>'
        f'<text x="{_LEFT - 4}" y="{ground}" class="end">{_short(low)}</text>'
        f'<text x="{_LEFT}" y="{height - 6}">{first:.0f}</text>'
        f'<text x="{width - _RIGHT}" y="{height - 6}" class="end">{last:.0f}</text>'
        f'<polyline points="{raw}" class="raw"/><polyline points="{smooth}" class="mean"/></svg>'
    )


def _running(values: Sequence[float]) -> list[float]:
    """Mean over a window of a tenth of all points, centred."""
    half = max(1, len(values) // 20)
    return [statistics.fmean(values[max(0, index - half) : index + half + 1]) for index in range(len(values))]


def _short(value: float) -> str:
    """Three digits, in as few places as an axis has room for: 0.39, 1.2e+03, 9.5e-04."""
    usual = f"{value:.3g}"
    return usual if len(usual) <= _ROOM else f"{value:.1e}"
