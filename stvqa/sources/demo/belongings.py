"""Drawings of things people own and carry: bags, toys, clothes, containers.

BELONGINGS["box"]("open")   # hollow; "closed" has a top instead
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

from stvqa.sources.demo.furniture import front_panel
from stvqa.sources.demo.model import Hollow, Model, Top
from stvqa.sources.demo.solids import Part, Point, ball, block, decorated, prism, sheet, shell, tube

__all__ = ["BELONGINGS"]


def _ball(variant: str) -> Model:
    """A beach ball with coloured segments, or a plain one with a stripe."""
    body = ball((0, 0.12, 0), (0.12, 0.12, 0.12), "main", sides=12, rings=8)
    stripes = [
        (points, "second" if variant == "beach" and (i // 8) % 4 < 2 else material)
        for i, (points, material) in enumerate(body.faces)
    ]
    if variant != "beach":
        stripes = [
            (
                points,
                "second"
                if body.points[list(points), 1].mean() > 0.1 and body.points[list(points), 1].mean() < 0.14
                else material,
            )
            for points, material in body.faces
        ]
    return Model([body._replace(faces=tuple(stripes))], grip=(0.0, 0.03, -0.1))


def _teddy(_: str) -> Model:
    parts = [
        ball((0, 0.15, 0), (0.1, 0.12, 0.09), "main", sides=10, rings=6),
        ball((0, 0.14, 0.055), (0.062, 0.075, 0.045), "second", sides=9, rings=5),
        ball((0, 0.325, 0.01), (0.09, 0.085, 0.08), "main", sides=10, rings=6),
        ball((0, 0.305, 0.08), (0.042, 0.034, 0.03), "second", sides=8, rings=5),
        ball((0, 0.32, 0.108), (0.015, 0.011, 0.01), "#241a14", sides=6, rings=4),
    ]
    for i in (-1, 1):
        parts += [
            ball((i * 0.065, 0.395, 0.0), (0.034, 0.034, 0.02), "main", sides=8, rings=5),
            ball((i * 0.034, 0.345, 0.078), (0.011, 0.012, 0.01), "#1a1310", sides=6, rings=4),
            tube((i * 0.08, 0.23, 0.02), (i * 0.14, 0.14, 0.07), (0.036, 0.034), "main", sides=7),
            tube((i * 0.06, 0.05, 0.05), (i * 0.085, 0.045, 0.18), (0.045, 0.042), "main", sides=7),
            ball((i * 0.085, 0.045, 0.18), (0.042, 0.045, 0.02), "second", sides=8, rings=5),
        ]
    return Model(parts, grip=(0.0, 0.16, -0.06))


def _hat(variant: str) -> Model:
    if variant == "cap":
        return Model(
            [
                tube((0, 0, 0), (0, 0.06, 0), (0.122, 0.112), "main", sides=12),
                tube((0, 0.06, 0), (0, 0.11, 0), (0.112, 0.05), "main", sides=12),
                prism([(-0.09, 0.07), (0.09, 0.07), (0.07, 0.2), (-0.07, 0.2)], (0.0, 0.015), "second", axis="y"),
            ],
            grip=(0.0, 0.0, -0.1),
        )
    return Model(
        [
            tube((0, 0, 0), (0, 0.015, 0), (0.2, 0.19), "main", sides=16),
            tube((0, 0.015, 0), (0, 0.05, 0), (0.121, 0.12), "second", sides=14),
            tube((0, 0.05, 0), (0, 0.13, 0), (0.118, 0.1), "main", sides=14),
        ],
        grip=(0.0, 0.0, -0.18),
    )


def _box(variant: str) -> Model:
    wide, high, deep = 0.46, 0.34, 0.38
    corners = [(-wide / 2, -deep / 2), (wide / 2, -deep / 2), (wide / 2, deep / 2), (-wide / 2, deep / 2)]
    if variant == "closed":
        body = decorated(
            block(0, 0, 0, (wide, high, deep), "main"),
            "second",
            [
                (x, high + 0.001, z)
                for x, z in ((-0.035, -deep / 2), (0.035, -deep / 2), (0.035, deep / 2), (-0.035, deep / 2))
            ],
        )
        body = decorated(
            body,
            "second",
            front_panel(-0.035, 0.035, high - 0.1, high, deep / 2 + 0.001),
            front_panel(-0.035, 0.035, high - 0.1, high, -deep / 2 - 0.001),
        )
        return Model([body], (Top(high, (-0.17, 0.17), (-0.13, 0.13)),))
    parts: list[Part] = [sheet([(x, 0.004, z) for x, z in corners], "second")]
    for i in range(4):
        (x0, z0), (x1, z1) = corners[i], corners[(i + 1) % 4]
        parts.append(sheet([(x0, 0.0, z0), (x1, 0.0, z1), (x1, high, z1), (x0, high, z0)], "main"))
        out = (x0 + x1) * 0.25, (z0 + z1) * 0.25
        parts.append(
            sheet(
                [
                    (x0, high, z0),
                    (x1, high, z1),
                    (x1 * 0.95 + out[0], high - 0.04, z1 * 0.95 + out[1]),
                    (x0 * 0.95 + out[0], high - 0.04, z0 * 0.95 + out[1]),
                ],
                "second",
            )
        )
    return Model(parts, hollow=Hollow(0.006, 0.17, high))


def _basket(_: str) -> Model:
    parts: list[Part] = []
    for row in range(3):
        y0, y1 = 0.05 * row, 0.05 * (row + 1)
        rings = shell((y0, y1), (0.13 + 0.12 * y0, 0.13 + 0.12 * y1), "main" if row != 1 else "second", sides=12)
        parts += rings if row == 0 else rings[1:]
    arc: list[Point] = [
        (0.148 * math.cos(t), 0.15 + 0.15 * math.sin(t), 0) for t in (0.0, 0.6, 1.2, 1.94, 2.54, math.pi)
    ]
    parts += [tube(a, b, (0.011, 0.011), "second", sides=6) for a, b in itertools.pairwise(arc)]
    return Model(parts, hollow=Hollow(0.004, 0.1, 0.15), grip=(0.0, 0.29, 0.0))


def _bucket(_: str) -> Model:
    parts = shell((0.0, 0.26), (0.1, 0.14), "main", sides=12)
    arc: list[Point] = [
        (0.14 * math.cos(t), 0.25 + 0.15 * math.sin(t), 0) for t in (0.0, 0.6, 1.2, 1.94, 2.54, math.pi)
    ]
    parts += [tube(a, b, (0.006, 0.006), "#8d9299", sides=5) for a, b in itertools.pairwise(arc)]
    return Model(parts, hollow=Hollow(0.004, 0.085, 0.26), grip=(0.0, 0.4, 0.0))


def _handbag(_: str) -> Model:
    arc: list[Point] = [(0.1 * math.cos(t), 0.21 + 0.15 * math.sin(t), 0) for t in (0.0, 0.7, 1.3, 1.84, 2.44, math.pi)]
    body = prism([(-0.17, 0), (0.17, 0), (0.14, 0.22), (-0.14, 0.22)], (-0.06, 0.06), "main", axis="z")
    body = decorated(
        body, "second", front_panel(-0.15, 0.15, 0.14, 0.2, 0.062), front_panel(-0.15, 0.15, 0.14, 0.2, -0.062)
    )
    body = decorated(body, "#d9b44a", front_panel(-0.02, 0.02, 0.12, 0.15, 0.064))
    return Model(
        [body, *[tube(a, b, (0.01, 0.01), "second", sides=6) for a, b in itertools.pairwise(arc)]],
        grip=(0.0, 0.355, 0.0),
    )


def _backpack(_: str) -> Model:
    body = prism(
        [(-0.16, 0), (0.16, 0), (0.16, 0.34), (0.11, 0.44), (-0.11, 0.44), (-0.16, 0.34)],
        (-0.09, 0.08),
        "main",
        axis="z",
    )
    pocket = block(0, 0.03, -0.115, (0.23, 0.18, 0.05), "second")
    straps = [tube((i * 0.09, 0.05, 0.09), (i * 0.09, 0.4, 0.09), (0.018, 0.018), "second", sides=5) for i in (-1, 1)]
    return Model(
        [body, pocket, decorated(block(0, 0.3, -0.095, (0.26, 0.02, 0.02), "#2b2b2f"), "#2b2b2f"), *straps],
        grip=(0.0, 0.44, 0.0),
    )


def _suitcase(_: str) -> Model:
    body = block(0, 0.05, 0, (0.42, 0.58, 0.22), "main")
    for y in (0.17, 0.3, 0.43):
        body = decorated(
            body, "second", front_panel(-0.18, 0.18, y, y + 0.03, 0.112), front_panel(-0.18, 0.18, y, y + 0.03, -0.112)
        )
    parts = [body, *[block(i * 0.16, 0, k * 0.07, (0.05, 0.05, 0.05), "#26262a") for i in (-1, 1) for k in (-1, 1)]]
    parts += [block(i * 0.07, 0.63, 0, (0.02, 0.08, 0.02), "#4a4d52") for i in (-1, 1)]
    parts.append(block(0, 0.71, 0, (0.17, 0.03, 0.035), "#2b2b2f"))
    return Model(parts, (), grip=(0.0, 0.72, 0.0))


def _umbrella(_: str) -> Model:
    """Open, held by the lower end of its stick."""
    parts: list[Part] = [
        tube((0, 0.0, 0), (0, 1.0, 0), (0.011, 0.011), "#55595f", sides=6),
        tube((0, 0.0, 0), (0, 0.12, 0), (0.02, 0.018), "#4a2f1c", sides=6),
    ]
    turns = [2 * math.pi * i / 8 for i in range(9)]
    for i in range(8):
        a, b = turns[i], turns[i + 1]
        rim = [(0.55 * math.sin(t), 0.72, 0.55 * math.cos(t)) for t in (a, b)]
        mid = [(0.32 * math.sin(t), 0.9, 0.32 * math.cos(t)) for t in (a, b)]
        material = "main" if i % 2 else "second"
        parts.append(sheet([rim[0], rim[1], mid[1], mid[0]], material))
        parts.append(sheet([mid[0], mid[1], (0, 0.99, 0)], material))
    return Model(parts, grip=(0.0, 0.06, 0.0))


def _pillow(_: str) -> Model:
    return Model(
        [
            ball((0, 0.07, 0), (0.26, 0.075, 0.17), "main", sides=4, rings=7),
            ball((0, 0.07, 0), (0.2, 0.08, 0.135), "main", sides=10, rings=6),
        ],
        grip=(0.0, 0.05, -0.12),
    )


def _shoe(_: str) -> Model:
    parts = [
        prism([(-0.14, 0), (0.15, 0), (0.16, 0.02), (-0.145, 0.025)], (-0.05, 0.05), "#f4f2ee"),
        prism([(-0.14, 0.022), (0.155, 0.022), (0.14, 0.055), (0.02, 0.09), (-0.13, 0.1)], (-0.045, 0.045), "main"),
        prism([(-0.13, 0.09), (-0.02, 0.085), (-0.03, 0.12), (-0.13, 0.125)], (-0.04, 0.04), "second"),
        *[block(0, 0.07 + i * 0.012, 0.07 - i * 0.03, (0.07, 0.006, 0.012), "#fdfdfd", lean=25) for i in range(3)],
    ]
    return Model(parts, grip=(0.0, 0.1, -0.08))


def _guitar(_: str) -> Model:
    """Leaning back a little on its stand."""
    parts = [
        tube((0, 0.2, -0.05), (0, 0.2, 0.05), (0.19, 0.19), "main", sides=16),
        tube((0, 0.46, -0.05), (0, 0.46, 0.05), (0.14, 0.14), "main", sides=14),
        tube((0, 0.34, 0.05), (0, 0.34, 0.056), (0.05, 0.05), "#241811", sides=12),
        block(0, 0.5, 0.04, (0.05, 0.5, 0.03), "second"),
        block(0, 0.99, 0.04, (0.08, 0.15, 0.025), "second"),
        block(0, 0.13, 0.052, (0.12, 0.03, 0.02), "#241811"),
        block(0, 0.15, 0.056, (0.02, 0.85, 0.006), "#e8e3d6"),
        *[tube((i * 0.16, 0, 0.08), (i * 0.1, 0.14, -0.06), (0.012, 0.012), "#3a3a3e", sides=5) for i in (-1, 1)],
        tube((0, 0, -0.2), (0, 0.3, -0.05), (0.012, 0.012), "#3a3a3e", sides=5),
    ]
    return Model(parts)


def _racket(_: str) -> Model:
    """A tennis racket lying flat; the grip is at its lower end."""
    turns = [2 * math.pi * i / 12 for i in range(13)]
    rim: list[Point] = [(0.13 * math.sin(t), 0.015, 0.22 + 0.17 * math.cos(t)) for t in turns]
    parts: list[Part] = [sheet(rim[:-1], "#e9ecd8")]
    parts += [tube(a, b, (0.013, 0.013), "main", sides=5) for a, b in itertools.pairwise(rim)]
    parts += [tube((i * 0.05, 0.015, 0.07), (0, 0.015, -0.06), (0.011, 0.011), "main", sides=5) for i in (-1, 1)]
    parts.append(tube((0, 0.015, -0.05), (0, 0.015, -0.3), (0.016, 0.018), "#3b2a1e", sides=6))
    return Model(parts, grip=(0.0, 0.015, -0.24))


BELONGINGS: dict[str, Callable[[str], Model]] = {
    "ball": _ball,
    "teddy bear": _teddy,
    "hat": _hat,
    "box": _box,
    "basket": _basket,
    "bucket": _bucket,
    "handbag": _handbag,
    "backpack": _backpack,
    "suitcase": _suitcase,
    "umbrella": _umbrella,
    "pillow": _pillow,
    "shoe": _shoe,
    "guitar": _guitar,
    "racket": _racket,
}
"""Class to the function that draws a variant of it."""
