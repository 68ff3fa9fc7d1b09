"""Drawings of what belongs to rooms: on walls, from ceilings, bath and kitchen, potted plants.

INTERIORS["clock"]("wall")
"""

from __future__ import annotations

import math
from collections.abc import Callable

from stvqa.sources.demo.furniture import front_panel
from stvqa.sources.demo.model import Hollow, Model, Spot, Top
from stvqa.sources.demo.solids import Part, Point, ball, block, decorated, sheet, shell, tube

__all__ = ["INTERIORS"]


def _clock(variant: str) -> Model:
    radius = 0.17 if variant == "wall" else 0.09
    y = radius + (0.0 if variant == "wall" else 0.025)
    face: list[Point] = [
        (radius * 0.86 * math.sin(0.4 * i), y + radius * 0.86 * math.cos(0.4 * i), 0.0205) for i in range(16)
    ]
    body = decorated(tube((0, y, -0.02), (0, y, 0.02), (radius, radius), "main", sides=18), "#fbfaf5", face)
    for i in range(12):
        turn = math.pi * i / 6
        x, h = radius * 0.7 * math.sin(turn), y + radius * 0.7 * math.cos(turn)
        body = decorated(
            body,
            "#333333",
            front_panel(x - radius * 0.05, x + radius * 0.05, h - radius * 0.05, h + radius * 0.05, 0.021),
        )
    for turn, length, wide in ((2.1, 0.5, 0.07), (5.6, 0.68, 0.05)):
        along, side = (
            (math.sin(turn) * radius, math.cos(turn) * radius),
            (math.cos(turn) * radius * wide, -math.sin(turn) * radius * wide),
        )
        body = decorated(
            body,
            "#111111",
            [
                (side[0], y + side[1], 0.022),
                (along[0] * length, y + along[1] * length, 0.022),
                (-side[0], y - side[1], 0.022),
            ],
        )
    if variant == "wall":
        return Model([body])
    feet = [tube((i * 0.06, 0, 0), (i * 0.04, 0.05, 0), (0.012, 0.012), "main", sides=5) for i in (-1, 1)]
    bells = [ball((i * 0.05, y + radius * 0.95, 0), (0.035, 0.03, 0.03), "#c9a23a", sides=8, rings=5) for i in (-1, 1)]
    return Model([*feet, *bells, body], grip=(0.0, 0.05, -0.02))


def _picture(variant: str) -> Model:
    wide, high = (0.7, 0.5) if variant == "wide" else (0.45, 0.6)
    z = 0.022
    frame = decorated(
        block(0, 0, 0, (wide, high, 0.04), "main"),
        "#f7f3e8",
        front_panel(-wide / 2 + 0.04, wide / 2 - 0.04, 0.04, high - 0.04, z),
    )
    inner = wide / 2 - 0.08
    frame = decorated(frame, "#9cc7e0", front_panel(-inner, inner, 0.08, high - 0.08, z + 0.001))
    frame = decorated(
        frame,
        "#5f9a55",
        [
            (-inner, 0.08, z + 0.002),
            (inner, 0.08, z + 0.002),
            (inner, high * 0.35, z + 0.002),
            (0, high * 0.5, z + 0.002),
            (-inner, high * 0.4, z + 0.002),
        ],
    )
    frame = decorated(
        frame,
        "#e8b23a",
        [
            (inner * 0.5 + 0.045 * math.sin(0.8 * i), high * 0.68 + 0.045 * math.cos(0.8 * i), z + 0.003)
            for i in range(8)
        ],
    )
    return Model([frame])


def _window(_: str) -> Model:
    body = block(0, 0, 0, (1.1, 1.2, 0.07), "main")
    for left, low in ((-0.48, 0.08), (0.03, 0.08), (-0.48, 0.63), (0.03, 0.63)):
        body = decorated(body, "!#bfe1f2", front_panel(left, left + 0.45, low, low + 0.49, 0.037))
        body = decorated(
            body,
            "!#e6f5fc",
            [
                (left + 0.05, low + 0.1, 0.038),
                (left + 0.15, low + 0.1, 0.038),
                (left + 0.35, low + 0.42, 0.038),
                (left + 0.25, low + 0.42, 0.038),
            ],
        )
    return Model([body, block(0, 0, 0.06, (1.2, 0.04, 0.14), "main")])


def _door(_: str) -> Model:
    frame = decorated(block(0, 0, 0, (1.0, 2.1, 0.07), "second"), "main", front_panel(-0.43, 0.43, 0.0, 2.03, 0.036))
    for low, high in ((0.2, 0.95), (1.1, 1.85)):
        frame = decorated(frame, "second", *[front_panel(x, x + 0.3, low, high, 0.037) for x in (-0.36, 0.06)])
        frame = decorated(
            frame, "main", *[front_panel(x + 0.025, x + 0.275, low + 0.025, high - 0.025, 0.038) for x in (-0.36, 0.06)]
        )
    return Model([frame, ball((0.36, 1.02, 0.07), (0.035, 0.035, 0.035), "#d9b44a", sides=8, rings=5)])


def _television(variant: str) -> Model:
    low = 0.08 if variant == "stand" else 0.0
    body = decorated(
        block(0, low, 0, (1.05, 0.62, 0.05), "#1d1e21"),
        "!#24405e",
        front_panel(-0.5, 0.5, low + 0.04, low + 0.58, 0.026),
    )
    body = decorated(
        body,
        "!#5f88ad",
        [(-0.44, low + 0.2, 0.027), (-0.1, low + 0.54, 0.027), (0.12, low + 0.54, 0.027), (-0.34, low + 0.08, 0.027)],
    )
    if variant != "stand":
        return Model([body])
    return Model(
        [block(0, 0, 0, (0.45, 0.02, 0.2), "#2b2c30"), block(0, 0.02, -0.01, (0.1, 0.07, 0.04), "#2b2c30"), body]
    )


def _lamp(variant: str) -> Model:
    if variant == "hanging":
        parts = [
            tube((0, 0.24, 0), (0, 1.0, 0), (0.008, 0.008), "#2e2e2e", sides=4),
            tube((0, 0.0, 0), (0, 0.22, 0), (0.2, 0.06), "main", sides=14),
            ball((0, 0.0, 0), (0.06, 0.06, 0.06), "!#fff3b8", sides=8, rings=5),
        ]
        return Model(parts)
    stem, base, shade = (0.26, 0.08, 0.14) if variant == "table" else (1.3, 0.15, 0.22)
    parts = [
        tube((0, 0, 0), (0, 0.025, 0), (base, base * 0.9), "second", sides=14),
        tube((0, 0.025, 0), (0, stem, 0), (0.016, 0.014), "second", sides=6),
        tube((0, stem, 0), (0, stem + shade * 1.3, 0), (shade, shade * 0.6), "main", sides=14),
    ]
    return Model(parts)


def _refrigerator(_: str) -> Model:
    body = decorated(
        block(0, 0.03, 0, (0.7, 1.72, 0.66), "main"), "#4a4d52", front_panel(-0.35, 0.35, 1.17, 1.185, 0.332)
    )
    body = decorated(body, "#4a4d52", front_panel(-0.35, 0.35, 0.03, 0.09, 0.332))
    handles = [block(-0.27, y, 0.36, (0.03, high, 0.04), "#70767c") for y, high in ((0.75, 0.36), (1.25, 0.3))]
    return Model(
        [block(0, 0, 0, (0.62, 0.03, 0.58), "#2b2b2f"), body, *handles],
        (Top(1.75, (-0.28, 0.28), (-0.24, 0.24), 0.7),),
        spots=(Spot((0.3, 1.0, 0.33), 0),),
    )


def _trash_can(_: str) -> Model:
    parts = [
        tube((0, 0, 0), (0, 0.58, 0), (0.2, 0.25), "main", sides=14),
        tube((0, 0.58, 0), (0, 0.63, 0), (0.27, 0.27), "second", sides=14),
        tube((0, 0.63, 0), (0, 0.69, 0), (0.25, 0.08), "second", sides=14),
    ]
    parts.append(block(0, 0.69, 0, (0.12, 0.03, 0.04), "#2b2b2f"))
    parts += [
        tube((0, y, 0), (0, y + 0.03, 0), (0.2 + 0.05 * y / 0.58 + 0.006,) * 2, "second", sides=14) for y in (0.12, 0.4)
    ]
    return Model(parts)


def _plant(variant: str) -> Model:
    """A potted plant with long leaves; `tall` is a small indoor palm."""
    pot, radius, reach = (0.16, 0.09, 0.22) if variant == "small" else (0.3, 0.17, 0.5)
    parts: list[Part] = [tube((0, 0, 0), (0, pot * 0.82, 0), (radius * 0.7, radius), "main", sides=12)]
    parts.append(
        decorated(
            tube((0, pot * 0.82, 0), (0, pot, 0), (radius * 1.12, radius * 1.12), "main", sides=12),
            "#4b3322",
            [(radius * math.sin(0.6 * i), pot + 0.001, radius * math.cos(0.6 * i)) for i in range(10)],
        )
    )
    for ring, (count, out, up) in enumerate(((7, 1.0, 0.75), (6, 0.75, 1.25), (4, 0.35, 1.6))):
        for i in range(count):
            turn = 2 * math.pi * (i + 0.37 * ring) / count
            s, c = math.sin(turn), math.cos(turn)
            middle, tip = (
                (out * reach * 0.55, pot + up * reach * 0.75),
                (out * reach, pot + up * reach * (0.75 if ring == 0 else 1.0)),
            )
            side = (c * reach * 0.13, -s * reach * 0.13)
            green = ("#2f7d3a", "#3f9447", "#57ab52")[ring]
            parts.append(
                sheet(
                    [
                        (0, pot, 0),
                        (middle[0] * s + side[0], middle[1], middle[0] * c + side[1]),
                        (tip[0] * s, tip[1], tip[0] * c),
                        (middle[0] * s - side[0], middle[1], middle[0] * c - side[1]),
                    ],
                    green,
                )
            )
    return Model(parts)


def _sink(_: str) -> Model:
    """A wash basin on a pedestal."""
    return Model(
        [
            tube((0, 0, 0), (0, 0.65, 0), (0.13, 0.09), "main", sides=10),
            *shell((0.65, 0.85), (0.14, 0.28), "main", sides=14),
            tube((0, 0.8, -0.25), (0, 1.02, -0.25), (0.02, 0.02), "#9aa0a6", sides=6),
            tube((0, 1.02, -0.25), (0, 1.0, -0.1), (0.02, 0.016), "#9aa0a6", sides=6),
        ],
        hollow=Hollow(0.655, 0.11, 0.2),
    )


def _toilet(_: str) -> Model:
    return Model(
        [
            tube((0, 0, -0.02), (0, 0.38, 0.04), (0.15, 0.21), "main", sides=12, squash=1.25),
            tube((0, 0.38, 0.04), (0, 0.42, 0.04), (0.22, 0.22), "second", sides=14, squash=1.25),
            block(0, 0.3, -0.29, (0.42, 0.46, 0.18), "main"),
            block(0, 0.76, -0.29, (0.45, 0.03, 0.2), "second"),
            block(0.12, 0.68, -0.195, (0.07, 0.025, 0.02), "#9aa0a6"),
        ]
    )


INTERIORS: dict[str, Callable[[str], Model]] = {
    "clock": _clock,
    "picture": _picture,
    "window": _window,
    "door": _door,
    "television": _television,
    "lamp": _lamp,
    "refrigerator": _refrigerator,
    "sink": _sink,
    "toilet": _toilet,
    "trash can": _trash_can,
    "plant": _plant,
}
"""Class to the function that draws a variant of it."""
