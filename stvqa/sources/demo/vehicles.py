"""Drawings of vehicles. The front points along +z.

VEHICLES["bicycle"]("")   # seats: where a rider sits; spots: handlebar and saddle
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

from stvqa.sources.demo.furniture import front_panel
from stvqa.sources.demo.model import Model, Seat, Spot, Top
from stvqa.sources.demo.solids import Part, Point, ball, block, decorated, ordered_within, prism, sheet, tube

__all__ = ["VEHICLES"]

GLASS = "#a9cfe2"
TYRE = "#26262a"


def wheel(x: float, z: float, radius: float, width: float, *, rim: str = "#c9ccd1") -> list[Part]:
    """A wheel standing on the ground, its axle along x."""
    out = width / 2 + 0.012
    return [
        tube((x - width / 2, radius, z), (x + width / 2, radius, z), (radius, radius), TYRE, sides=16),
        tube((x - out, radius, z), (x + out, radius, z), (radius * 0.55, radius * 0.55), rim, sides=10),
    ]


def _beside(wheels: list[Part], flank: float) -> list[Part]:
    """Wheels that stand a little out of a body's side, the plane x = `flank`: one sees them before it there."""
    tyres, rims = ((0.0, 0.02), (0.02, 0.03)) if flank > 0 else ((-0.02, 0.0), (-0.03, -0.02))
    return [
        part
        for wheel_part, (low, high) in zip(wheels, (tyres, rims) * (len(wheels) // 2), strict=True)
        for part in ordered_within([wheel_part], 0, (flank + low, flank + high))
    ]


def _side_panes(x: float, *outlines: list[tuple[float, float]]) -> list[list[Point]]:
    """Outlines in (z, y) painted on both sides at +-x."""
    return [[(i * x, y, z) for z, y in outline] for outline in outlines for i in (-1, 1)]


def _car(variant: str) -> Model:
    half = 0.86
    lower = prism(
        [(-2.1, 0.35), (2.1, 0.35), (2.15, 0.62), (1.95, 0.8), (0.9, 0.9), (-1.75, 0.95), (-2.12, 0.85)],
        (-half, half),
        "main",
    )
    lower = decorated(
        lower,
        "#2c2c30",
        *_side_panes(
            half + 0.004,
            [(0.16, 0.45), (0.18, 0.45), (0.18, 0.9), (0.16, 0.9)],
            [(-0.9, 0.45), (-0.88, 0.45), (-0.88, 0.92), (-0.9, 0.92)],
        ),
    )
    cabin_top, rear = (1.44, -1.15) if variant == "sedan" else (1.5, -1.75)
    cabin = prism(
        [(-1.85 if variant != "sedan" else -1.65, 0.93), (0.95, 0.88), (0.25, cabin_top), (rear, cabin_top)],
        (-0.76, 0.76),
        "main",
    )
    panes = _side_panes(
        0.764,
        [(-1.4, 0.96), (-0.52, 0.96), (-0.52, cabin_top - 0.08), (-1.08, cabin_top - 0.08)],
        [(-0.44, 0.96), (0.72, 0.96), (0.18, cabin_top - 0.08), (-0.44, cabin_top - 0.08)],
    )
    cabin = decorated(cabin, GLASS, *panes)
    cabin = decorated(
        cabin,
        GLASS,
        [(-0.68, 0.94, 0.905), (0.68, 0.94, 0.905), (0.66, cabin_top - 0.06, 0.345), (-0.66, cabin_top - 0.06, 0.345)],
    )
    back = -1.85 if variant != "sedan" else -1.65
    lean = (rear - back) / (cabin_top - 0.93)
    cabin = decorated(
        cabin,
        GLASS,
        [
            (i * 0.64, y, back + lean * (y - 0.93) - 0.01)
            for i, y in ((-1, 1.0), (1, 1.0), (1, cabin_top - 0.08), (-1, cabin_top - 0.08))
        ],
    )
    # The cabin sinks into the body, and stands on it as far as the painting order goes.
    parts: list[Part] = [*ordered_within([lower], 1, (0.35, 0.88)), cabin]
    for i in (-1, 1):
        parts += [
            block(i * 0.62, 0.55, 2.06, (0.34, 0.14, 0.14), "#fdf3c0"),
            block(i * 0.64, 0.68, -2.1, (0.3, 0.13, 0.1), "#c8202a"),
        ]
        parts += _beside(wheel(i * 0.78, 1.35, 0.33, 0.2) + wheel(i * 0.78, -1.3, 0.33, 0.2), i * half)
    parts += [
        block(0, 0.36, 2.1, (1.66, 0.12, 0.12), "#3a3a3e"),
        block(0, 0.36, -2.1, (1.66, 0.12, 0.1), "#3a3a3e"),
        block(0, 0.5, 2.12, (0.55, 0.12, 0.1), "#2a2a2e"),
    ]
    tops = (Top(cabin_top, (-0.5, 0.5), (rear + 0.15, 0.1)),)
    return Model(parts, tops, spots=(Spot((half, 0.88, 0.5), 90), Spot((-half, 0.88, 0.5), 270)))


def _truck(_: str) -> Model:
    cab = prism([(1.5, 0.6), (3.2, 0.6), (3.25, 1.3), (3.0, 2.3), (1.5, 2.3)], (-1.05, 1.05), "main")
    cab = decorated(cab, GLASS, *_side_panes(1.054, [(2.1, 1.4), (3.1, 1.4), (2.92, 2.15), (2.1, 2.15)]))
    cab = decorated(cab, GLASS, [(-0.9, 1.4, 3.235), (0.9, 1.4, 3.235), (0.86, 2.15, 3.05), (-0.86, 2.15, 3.05)])
    cargo = decorated(
        block(0, 0.85, -0.95, (2.2, 2.1, 4.6), "second"),
        "#8d9299",
        *_side_panes(1.104, [(-3.0, 1.2), (1.1, 1.2), (1.1, 1.3), (-3.0, 1.3)]),
    )
    cargo = decorated(
        cargo, "#8d9299", [(-0.02, 0.95, -3.254), (0.02, 0.95, -3.254), (0.02, 2.85, -3.254), (-0.02, 2.85, -3.254)]
    )
    chassis = ordered_within([block(0, 0.45, -0.2, (1.0, 0.35, 6.4), "#3a3a3e")], 1, (0.45, 0.6))
    parts = [*chassis, cargo, cab]
    for i in (-1, 1):
        parts.append(block(i * 0.78, 0.75, 3.22, (0.3, 0.2, 0.1), "#fdf3c0"))
        for z in (2.4, -1.6, -2.6):
            # Hidden by the body above 60 cm, as in a wheel well.
            parts += ordered_within(wheel(i * 0.9, z, 0.46, 0.28), 1, (0.0, 0.6))
    parts.append(block(0, 0.45, 3.2, (2.1, 0.22, 0.16), "#46464b"))
    return Model(parts)


def _bus(_: str) -> Model:
    half, length, high = 1.2, 8.5, 2.9
    body = prism(
        [
            (-length / 2, 0.4),
            (length / 2, 0.4),
            (length / 2, high - 0.2),
            (length / 2 - 0.2, high),
            (-length / 2, high),
        ],
        (-half, half),
        "main",
    )
    panes = [[(z, 1.4), (z + 1.05, 1.4), (z + 1.05, 2.35), (z, 2.35)] for z in (-3.9, -2.7, -1.5, -0.3, 0.9)]
    body = decorated(body, GLASS, *_side_panes(half + 0.004, *panes))
    body = decorated(body, "second", *_side_panes(half + 0.004, [(-4.2, 0.85), (4.2, 0.85), (4.2, 1.1), (-4.2, 1.1)]))
    body = decorated(
        body, "#7fa9bd", *_side_panes(half + 0.006, [(2.35, 0.55), (3.2, 0.55), (3.2, 2.35), (2.35, 2.35)])
    )
    front = length / 2 + 0.004
    body = decorated(body, GLASS, front_panel(-1.05, 1.05, 1.3, 2.35, front))
    body = decorated(body, "#ffd34d", front_panel(-0.6, 0.6, 2.42, 2.62, front))
    body = decorated(body, GLASS, front_panel(-0.95, 0.95, 1.5, 2.3, -front))
    parts: list[Part] = [body, block(0, 0.4, length / 2, (2.4, 0.25, 0.16), "#46464b")]
    for i in (-1, 1):
        parts += [
            block(i * 0.9, 0.8, front, (0.3, 0.2, 0.06), "#fdf3c0"),
            block(i * 0.95, 0.8, -front, (0.22, 0.3, 0.06), "#c8202a"),
        ]
        for z in (2.0, -2.6):
            parts += _beside(wheel(i * 1.08, z + 0.2, 0.48, 0.28), i * half)
    return Model(parts)


def _ring(z: float, radius: float, thick: float) -> list[Part]:
    """A spoked wheel in the plane x = 0: short pieces of tyre and four spokes."""
    parts: list[Part] = []
    turns = [2 * math.pi * i / 14 for i in range(15)]
    rim = [(0.0, radius + (radius - thick) * math.sin(t), z + (radius - thick) * math.cos(t)) for t in turns]
    for first, last in itertools.pairwise(rim):
        parts.append(tube(first, last, (thick, thick), TYRE, sides=5))
    for t in (0.3, 1.35, 2.4):
        along = (math.sin(t) * (radius - thick), math.cos(t) * (radius - thick))
        parts.append(
            tube(
                (0, radius + along[0], z + along[1]),
                (0, radius - along[0], z - along[1]),
                (0.006, 0.006),
                "#9aa0a6",
                sides=4,
            )
        )
    parts.append(tube((-0.05, radius, z), (0.05, radius, z), (0.03, 0.03), "#70767c", sides=6))
    return parts


def _bicycle(_: str) -> Model:
    rear, front, radius = -0.52, 0.53, 0.34
    crank: Point = (0, 0.32, -0.06)
    saddle: Point = (0, 0.86, -0.24)
    stem: Point = (0, 0.86, 0.38)
    parts = _ring(rear, radius, 0.026) + _ring(front, radius, 0.026)
    bars = [
        (crank, saddle),
        (crank, (0, 0.72, 0.4)),
        ((0, 0.78, -0.21), (0, 0.8, 0.39)),
        ((0, radius, rear), crank),
        ((0, radius, rear), (0, 0.78, -0.21)),
        ((0, radius, front), stem),
    ]
    parts += [tube(a, b, (0.022, 0.022), "main", sides=6) for a, b in bars]
    parts.append(tube(stem, (0, 0.98, 0.38), (0.018, 0.018), "#4a4d52", sides=6))
    parts.append(tube((-0.27, 0.98, 0.36), (0.27, 0.98, 0.36), (0.018, 0.018), "#3a3c40", sides=6))
    parts += [tube((i * 0.27, 0.98, 0.36), (i * 0.25, 0.98, 0.24), (0.022, 0.022), "#222326", sides=6) for i in (-1, 1)]
    parts.append(prism([(-0.38, 0.9), (-0.12, 0.9), (-0.1, 0.86), (-0.36, 0.86)], (-0.075, 0.075), "#2b2320"))
    parts.append(tube((-0.05, 0.32, -0.06), (0.05, 0.32, -0.06), (0.09, 0.09), "#70767c", sides=10))
    parts += [block(i * 0.1, 0.32 - i * 0.14, -0.06 + i * 0.06, (0.09, 0.025, 0.07), "#2a2b2e") for i in (-1, 1)]
    seat = Seat((0, 0.87, -0.25), "pedalling", "riding")
    return Model(parts, seats=(seat,), spots=(Spot((0.05, 0.89, -0.24), 90), Spot((-0.05, 0.89, -0.24), 270)))


def _motorcycle(_: str) -> Model:
    parts = wheel(0, -0.68, 0.31, 0.15, rim="#8d9299") + wheel(0, 0.72, 0.31, 0.12, rim="#8d9299")
    parts += [
        prism([(-0.3, 0.28), (0.28, 0.28), (0.34, 0.55), (-0.34, 0.55)], (-0.17, 0.17), "#5c6066"),
        ball((0, 0.72, 0.16), (0.17, 0.15, 0.32), "main", sides=10, rings=6),
        prism([(-0.75, 0.66), (-0.1, 0.62), (-0.08, 0.72), (-0.5, 0.75), (-0.8, 0.82)], (-0.14, 0.14), "#29241f"),
        prism([(-0.95, 0.62), (-0.35, 0.5), (-0.35, 0.64), (-0.9, 0.78)], (-0.12, 0.12), "main"),
        prism([(0.42, 0.62), (0.95, 0.55), (0.9, 0.63), (0.5, 0.68)], (-0.08, 0.08), "main"),
        tube((0, 0.95, 0.46), (0, 0.31, 0.72), (0.035, 0.03), "#b9bdc3", sides=6),
        tube((-0.34, 0.99, 0.38), (0.34, 0.99, 0.38), (0.02, 0.02), "#2b2c2f", sides=6),
        ball((0, 0.86, 0.58), (0.11, 0.11, 0.09), "#fdf3c0", sides=8, rings=5),
        *[tube((0.19, 0.3, 0.2), (0.19, 0.34, -0.9), (0.035, 0.05), "#b9bdc3", sides=7)],
        block(0, 0.72, -0.94, (0.14, 0.08, 0.05), "#c8202a"),
    ]
    seat = Seat((0, 0.73, -0.26), "pedalling", "riding", ("adult",))
    return Model(parts, seats=(seat,), spots=(Spot((0.12, 0.76, -0.45), 90), Spot((-0.12, 0.76, -0.45), 270)))


def _skateboard(_: str) -> Model:
    parts = [
        prism(
            [(-0.4, 0.11), (-0.3, 0.085), (0.3, 0.085), (0.4, 0.11), (0.4, 0.125), (-0.4, 0.125)], (-0.11, 0.11), "main"
        )
    ]
    for i in (-1, 1):
        for z in (-0.24, 0.24):
            parts += [tube((i * 0.06, 0.035, z), (i * 0.1, 0.035, z), (0.035, 0.035), "second", sides=10)]
    parts += [block(0, 0.03, z, (0.12, 0.05, 0.05), "#8d9299") for z in (-0.24, 0.24)]
    return Model(parts, seats=(Seat((0, 0.125, 0), "standing", "riding"),))


def _boat(_: str) -> Model:
    """A rowing boat drawn up on land."""
    rows = [(-1.5, 0.5, 0.28), (-0.6, 0.68, 0.4), (0.5, 0.66, 0.38), (1.3, 0.36, 0.16), (1.75, 0.02, 0.02)]
    parts: list[Part] = []
    for (z0, top0, low0), (z1, top1, low1) in itertools.pairwise(rows):
        parts.append(sheet([(-low0, 0.0, z0), (low0, 0.0, z0), (low1, 0.0, z1), (-low1, 0.0, z1)], "second"))
        for i in (-1, 1):
            parts.append(
                sheet([(i * low0, 0.0, z0), (i * low1, 0.0, z1), (i * top1, 0.52, z1), (i * top0, 0.52, z0)], "main")
            )
            parts.append(tube((i * top0, 0.53, z0), (i * top1, 0.53, z1), (0.035, 0.035), "second", sides=5))
    parts.append(sheet([(-0.28, 0.0, -1.5), (0.28, 0.0, -1.5), (0.5, 0.52, -1.5), (-0.5, 0.52, -1.5)], "main"))
    parts += [block(0, 0.34, z, (wide, 0.04, 0.25), "second") for z, wide in ((-0.7, 1.1), (0.45, 1.08))]
    return Model(parts, spots=(Spot((0.66, 0.56, 0.0), 90), Spot((-0.66, 0.56, 0.0), 270)))


def _airplane(_: str) -> Model:
    """A light propeller plane of 7 m, seen in the air."""
    parts = [
        tube((0, 0.9, -3.0), (0, 1.0, 0.6), (0.18, 0.55), "main", sides=10),
        tube((0, 1.0, 0.6), (0, 1.0, 2.6), (0.55, 0.36), "main", sides=10),
        ball((0, 1.0, 2.6), (0.22, 0.22, 0.3), "second", sides=8, rings=5),
        ball((0, 1.4, 0.7), (0.4, 0.38, 0.85), GLASS, sides=10, rings=6),
        block(0, 0.72, 0.7, (8.4, 0.12, 1.25), "second"),
        block(0, 0.95, -2.75, (2.7, 0.07, 0.6), "second"),
        prism([(-3.1, 0.95), (-2.3, 0.95), (-2.8, 1.95), (-3.15, 1.95)], (-0.05, 0.05), "second"),
        block(0, 0.1, 2.85, (0.12, 1.8, 0.04), "#3a3a3e"),
        *[tube((i * 0.8, 0.28, 1.0), (i * 0.45, 0.75, 1.0), (0.05, 0.05), "#70767c", sides=5) for i in (-1, 1)],
        *[
            tube((i * 0.8 - 0.07, 0.25, 1.0), (i * 0.8 + 0.07, 0.25, 1.0), (0.25, 0.25), TYRE, sides=10)
            for i in (-1, 1)
        ],
    ]
    return Model(parts)


VEHICLES: dict[str, Callable[[str], Model]] = {
    "car": _car,
    "truck": _truck,
    "bus": _bus,
    "bicycle": _bicycle,
    "motorcycle": _motorcycle,
    "skateboard": _skateboard,
    "boat": _boat,
    "airplane": _airplane,
}
"""Class to the function that draws a variant of it."""
