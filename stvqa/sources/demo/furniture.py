"""Drawings of furniture: things that stand on a floor and carry other things.

FURNITURE["table"]("round")   # Model of a round table, one top, room beneath
"""

from __future__ import annotations

import math
from collections.abc import Callable

from stvqa.sources.demo.model import Model, Seat, Spot, Top
from stvqa.sources.demo.solids import Part, Point, block, decorated, sheet, tube

__all__ = ["FURNITURE"]


def _legs(x: float, z: float, height: float, thick: float, material: str) -> list[Part]:
    """Four square legs at (+-x, +-z)."""
    return [block(i * x, 0, k * z, (thick, height, thick), material) for i in (-1, 1) for k in (-1, 1)]


def front_panel(left: float, right: float, low: float, high: float, z: float) -> list[Point]:
    """A rectangle painted on a face that looks along +z."""
    return [(left, low, z), (right, low, z), (right, high, z), (left, high, z)]


def _table(variant: str) -> Model:
    if variant == "round":
        parts = [
            tube((0, 0, 0), (0, 0.05, 0), (0.32, 0.28), "second", sides=12),
            tube((0, 0.05, 0), (0, 0.71, 0), (0.06, 0.06), "second"),
            tube((0, 0.71, 0), (0, 0.75, 0), (0.58, 0.6), "main", sides=18),
        ]
        top = Top(0.75, (-0.42, 0.42), (-0.42, 0.42))
        beneath = Top(0, (-0.22, 0.22), (0.35, 0.58), 0.68)
        return Model(parts, (top,), beneath, spots=(Spot((0, 0.75, 0.57), 0), Spot((0, 0.75, -0.57), 180)))
    wide, deep, high = {"long": (1.7, 0.85, 0.75), "square": (0.95, 0.95, 0.75), "low": (1.1, 0.6, 0.45)}[variant]
    parts = [
        *_legs(wide / 2 - 0.06, deep / 2 - 0.06, high - 0.11, 0.07, "second"),
        block(0, high - 0.11, 0, (wide - 0.1, 0.07, deep - 0.1), "second"),
        block(0, high - 0.04, 0, (wide, 0.04, deep), "main"),
    ]
    top = Top(high, (-wide / 2 + 0.04, wide / 2 - 0.04), (-deep / 2 + 0.04, deep / 2 - 0.04))
    beneath = Top(0, (-wide / 2 + 0.15, wide / 2 - 0.15), (-deep / 2 + 0.12, deep / 2 - 0.12), high - 0.14)
    spots = (Spot((0, high, deep / 2 - 0.02), 0), Spot((0, high, 0.02 - deep / 2), 180)) if high > 0.6 else ()
    return Model(parts, (top,), beneath, spots=spots)


def _desk(variant: str) -> Model:
    side = 0.48 if variant == "right" else -0.48
    drawers = block(side, 0.03, 0, (0.4, 0.67, 0.6), "main")
    for low in (0.08, 0.29, 0.5):
        drawers = decorated(drawers, "second", front_panel(side - 0.17, side + 0.17, low, low + 0.16, 0.302))
        drawers = decorated(drawers, "#3a3a3a", front_panel(side - 0.05, side + 0.05, low + 0.07, low + 0.1, 0.304))
    parts = [
        drawers,
        block(-side * 1.3, 0, 0, (0.05, 0.7, 0.6), "main"),
        block(-side * 0.4, 0.35, -0.28, (0.85, 0.35, 0.03), "main"),
        block(0, 0.7, 0, (1.4, 0.045, 0.68), "second"),
    ]
    low, high = sorted((-side * 1.15, side * 0.5))
    beneath = Top(0, (low, high), (-0.22, 0.26), 0.66)
    return Model(parts, (Top(0.745, (-0.66, 0.66), (-0.3, 0.3)),), beneath, spots=(Spot((0, 0.745, 0.32), 0),))


def _chair(variant: str) -> Model:
    parts = _legs(0.19, 0.19, 0.43, 0.045, "second")
    parts.append(block(0, 0.43, 0, (0.46, 0.05, 0.46), "main"))
    if variant == "slats":
        parts += [block(i * 0.2, 0.48, -0.21, (0.04, 0.5, 0.035), "second") for i in (-1, 1)]
        parts += [block(0, y, -0.21, (0.36, 0.09, 0.025), "main") for y in (0.58, 0.72, 0.87)]
    else:
        parts.append(block(0, 0.48, -0.205, (0.44, 0.5, 0.05), "main"))
    seat = Seat((0, 0.48, 0.0), "sitting", "sitting on")
    top = Top(0.48, (-0.2, 0.2), (-0.16, 0.2), 1.2)
    beneath = Top(0, (-0.13, 0.13), (-0.13, 0.13), 0.4)
    return Model(parts, (top,), beneath, seats=(seat,), spots=(Spot((0, 0.94, -0.235), 180),))


def _stool(_: str) -> Model:
    parts = [
        tube(
            (0.19 * math.sin(t), 0, 0.19 * math.cos(t)),
            (0.11 * math.sin(t), 0.42, 0.11 * math.cos(t)),
            (0.02, 0.025),
            "second",
        )
        for t in (0.8, 2.4, 3.9, 5.5)
    ]
    parts.append(tube((0, 0.42, 0), (0, 0.47, 0), (0.19, 0.19), "main", sides=14))
    top = Top(0.47, (-0.14, 0.14), (-0.14, 0.14))
    return Model(
        parts, (top,), Top(0, (-0.09, 0.09), (-0.09, 0.09), 0.24), seats=(Seat((0, 0.47, 0), "sitting", "sitting on"),)
    )


def _couch(variant: str) -> Model:
    wide = 1.9 if variant == "long" else 1.0
    inner = wide - 0.36
    parts = [
        block(0, 0.06, -0.02, (wide - 0.04, 0.22, 0.84), "second"),
        block(0, 0.28, -0.34, (wide - 0.36, 0.57, 0.2), "main", lean=-6),
        *[block(i * (wide / 2 - 0.09), 0.06, 0, (0.18, 0.54, 0.86), "main") for i in (-1, 1)],
        *[block(i * (wide / 2 - 0.1), 0, 0.34, (0.06, 0.06, 0.06), "#3b2a1e") for i in (-1, 1)],
    ]
    cushions = 3 if variant == "long" else 1
    step = inner / cushions
    parts += [
        block(-inner / 2 + step * (i + 0.5), 0.28, 0.08, (step - 0.015, 0.17, 0.66), "main") for i in range(cushions)
    ]
    seats = tuple(Seat((x, 0.45, 0.08), "sitting", "sitting on") for x in ((-0.5, 0.5) if cushions == 3 else (0.0,)))
    top = Top(0.45, (-inner / 2 + 0.03, inner / 2 - 0.03), (-0.12, 0.36), 1.4)
    return Model(parts, (top,), seats=seats, spots=(Spot((wide / 2 - 0.02, 0.6, 0.25), 90),))


def _bed(variant: str) -> Model:
    wide = 1.5 if variant == "double" else 0.95
    parts = [
        block(0, 0.12, 0, (wide + 0.08, 0.16, 2.02), "second"),
        *_legs(wide / 2 - 0.02, 0.92, 0.12, 0.08, "second"),
        block(0, 0.12, -1.03, (wide + 0.12, 0.88, 0.06), "second"),
        block(0, 0.28, 0, (wide, 0.2, 1.96), "#f2efe6"),
        block(0, 0.481, 0.3, (wide + 0.03, 0.05, 1.38), "main"),
        *[
            sheet(
                [(i * (wide / 2 + 0.017), y, z) for y, z in ((0.25, -0.39), (0.25, 0.99), (0.53, 0.99), (0.53, -0.39))],
                "main",
            )
            for i in (-1, 1)
        ],
        block(0, 0.531, -0.3, (wide + 0.04, 0.012, 0.2), "#f7f5ef"),
    ]
    top = Top(0.531, (-wide / 2 + 0.08, wide / 2 - 0.08), (-0.15, 0.9))
    seat = Seat((wide / 2 - 0.2, 0.531, 0.5), "sitting", "sitting on")
    return Model(parts, (top,), seats=() if variant else (seat,), spots=(Spot((wide / 2 - 0.02, 0.531, 0.3), 90),))


def _shelf(variant: str) -> Model:
    wide, high, count = (0.9, 1.9, 5) if variant == "tall" else (1.2, 1.0, 3)
    thick, deep = 0.03, 0.34
    parts = [
        block(0, 0, -deep / 2 + 0.01, (wide, high, 0.015), "second"),
        *[block(i * (wide / 2 - thick / 2), 0, 0.01, (thick, high, deep - 0.02), "main") for i in (-1, 1)],
    ]
    gap = (high - thick) / (count - 1)
    levels = [gap * i for i in range(count)]
    parts += [block(0, y, 0.01, (wide - 2 * thick, thick, deep - 0.02), "main") for y in levels]
    x, z = (-wide / 2 + 0.06, wide / 2 - 0.06), (-0.12, 0.14)
    tops = [Top(y + thick, x, z, gap - thick - 0.03) for y in levels[:-1]]
    return Model(parts, (*tops, Top(high, x, z)), spots=(Spot((wide / 2 - 0.005, 0.9, 0.0), 90),))


def _cabinet(variant: str) -> Model:
    wide, high = (0.9, 0.95) if variant == "doors" else (0.75, 1.1)
    body = block(0, 0.06, 0, (wide, high - 0.1, 0.45), "main")
    front = 0.227
    if variant == "doors":
        for i in (-1, 1):
            left, right = sorted((i * 0.02, i * (wide / 2 - 0.03)))
            body = decorated(body, "second", front_panel(left, right, 0.12, high - 0.1, front))
            body = decorated(
                body, "#2e2e2e", front_panel(i * 0.06 - 0.012, i * 0.06 + 0.012, 0.45, 0.58, front + 0.002)
            )
    else:
        for low in (0.1, 0.35, 0.6, 0.83):
            body = decorated(body, "second", front_panel(-wide / 2 + 0.04, wide / 2 - 0.04, low, low + 0.2, front))
            body = decorated(body, "#2e2e2e", front_panel(-0.09, 0.09, low + 0.09, low + 0.12, front + 0.002))
    parts = [
        block(0, 0, -0.01, (wide - 0.06, 0.06, 0.38), "#3a3029"),
        body,
        block(0, high - 0.04, 0.005, (wide + 0.04, 0.04, 0.48), "main"),
    ]
    top = Top(high, (-wide / 2 + 0.05, wide / 2 - 0.05), (-0.18, 0.18))
    return Model(parts, (top,), spots=(Spot((0.05, high, 0.23), 0),))


def _bench(_: str) -> Model:
    parts = []
    for i in (-1, 1):
        parts += [block(i * 0.62, 0, k * 0.17, (0.06, 0.4, 0.06), "#3d3d3d") for k in (-1, 1)]
        parts += [block(i * 0.62, 0.45, -0.2, (0.05, 0.42, 0.04), "#3d3d3d", lean=-8)]
    parts += [block(0, 0.4, z, (1.5, 0.045, 0.125), "main") for z in (-0.14, 0.0, 0.14)]
    parts += [block(0, y, z, (1.5, 0.1, 0.03), "main", lean=-8) for y, z in ((0.55, -0.19), (0.7, -0.21))]
    seats = tuple(Seat((x, 0.445, 0.02), "sitting", "sitting on") for x in (-0.4, 0.4))
    top = Top(0.445, (-0.7, 0.7), (-0.13, 0.18), 1.5)
    return Model(
        parts, (top,), Top(0, (-0.5, 0.5), (-0.12, 0.14), 0.37), seats=seats, spots=(Spot((0, 0.79, -0.24), 180),)
    )


FURNITURE: dict[str, Callable[[str], Model]] = {
    "table": _table,
    "desk": _desk,
    "chair": _chair,
    "stool": _stool,
    "couch": _couch,
    "bed": _bed,
    "shelf": _shelf,
    "cabinet": _cabinet,
    "bench": _bench,
}
"""Class to the function that draws a variant of it."""
