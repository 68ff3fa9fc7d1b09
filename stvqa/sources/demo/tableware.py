"""Drawings of small things for tables and shelves: vessels, food, books, devices.

TABLEWARE["bowl"]("")   # hollow: what a bowl can hold
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

from stvqa.sources.demo.furniture import front_panel
from stvqa.sources.demo.model import Hollow, Model, Top
from stvqa.sources.demo.solids import Part, Point, ball, block, decorated, sheet, shell, tube

__all__ = ["TABLEWARE"]


def _cup(_: str) -> Model:
    parts = shell((0.0, 0.1), (0.036, 0.043), "main", sides=10)
    parts.append(
        sheet(
            [(0.036 * math.sin(t), 0.075, 0.036 * math.cos(t)) for t in (0.3 + 0.785 * i for i in range(8))], "#4a2c1a"
        )
    )
    handle: list[Point] = [(0.038, 0.085, 0), (0.075, 0.08, 0), (0.078, 0.035, 0), (0.036, 0.025, 0)]
    parts += [tube(a, b, (0.009, 0.009), "main", sides=6) for a, b in itertools.pairwise(handle)]
    return Model(parts, grip=(0.05, 0.05, 0.0))


def _bottle(variant: str) -> Model:
    body = tube((0, 0, 0), (0, 0.17, 0), (0.036, 0.036), "main", sides=12)
    parts = [
        body,
        tube((0, 0.05, 0), (0, 0.125, 0), (0.0372, 0.0372), "#f4efe2" if variant != "plain" else "second", sides=12),
        tube((0, 0.17, 0), (0, 0.215, 0), (0.036, 0.014), "main", sides=12),
        tube((0, 0.215, 0), (0, 0.265, 0), (0.014, 0.013), "main", sides=10),
        tube((0, 0.265, 0), (0, 0.285, 0), (0.016, 0.016), "second", sides=10),
    ]
    return Model(parts, grip=(0.0, 0.09, 0.0))


def _bowl(_: str) -> Model:
    parts = shell((0.03, 0.1), (0.075, 0.14), "main", sides=14)
    parts = [tube((0, 0, 0), (0, 0.03, 0), (0.055, 0.07), "main", sides=12), *parts]
    return Model(parts, hollow=Hollow(0.031, 0.075, 0.07), grip=(0.0, 0.0, -0.05))


def _plate(_: str) -> Model:
    rim = tube((0, 0.0, 0), (0, 0.018, 0), (0.085, 0.13), "main", sides=18)
    circle: list[Point] = [(0.085 * math.sin(0.35 * i), 0.0185, 0.085 * math.cos(0.35 * i)) for i in range(18)]
    return Model(
        [decorated(rim, "second", circle)], (Top(0.0186, (-0.03, 0.03), (-0.03, 0.03)),), grip=(0.0, 0.0, -0.12)
    )


def _book(variant: str) -> Model:
    if variant == "open":
        parts = [
            *[block(i * 0.075, 0.004, 0, (0.145, 0.018, 0.21), "#f6f1e3", roll=i * -4) for i in (-1, 1)],
            block(0, 0, 0, (0.31, 0.006, 0.225), "main"),
        ]
        return Model(parts, grip=(0.0, 0.0, -0.1))
    if variant == "standing":
        parts = [
            block(0, 0.004, -0.003, (0.026, 0.222, 0.152), "#f6f1e3"),
            *[block(i * 0.016, 0, 0, (0.006, 0.23, 0.16), "main") for i in (-1, 1)],
            block(0, 0, 0.078, (0.038, 0.23, 0.006), "main"),
        ]
        parts[-1] = decorated(parts[-1], "#f1d58a", front_panel(-0.011, 0.011, 0.13, 0.2, 0.082))
        return Model(parts)
    cover = decorated(
        block(0, 0.034, 0, (0.17, 0.006, 0.24), "main"),
        "#f1d58a",
        [(x, 0.0405, z) for x, z in ((-0.055, -0.07), (0.055, -0.07), (0.055, -0.02), (-0.055, -0.02))],
    )
    parts = [
        block(0, 0, 0, (0.17, 0.006, 0.24), "main"),
        block(0.005, 0.006, 0, (0.155, 0.028, 0.228), "#f6f1e3"),
        block(-0.082, 0, 0, (0.006, 0.04, 0.24), "main"),
        cover,
    ]
    return Model(parts, (Top(0.04, (-0.04, 0.04), (-0.06, 0.06)),), grip=(0.08, 0.02, 0.0))


def _laptop(_: str) -> Model:
    base = decorated(
        block(0, 0, 0, (0.35, 0.018, 0.24), "main"),
        "#2a2c30",
        [(x, 0.0185, z) for x, z in ((-0.15, 0.0), (0.15, 0.0), (0.15, 0.1), (-0.15, 0.1))][::-1],
    )
    base = decorated(
        base, "#777c83", [(x, 0.019, z) for x, z in ((-0.05, 0.022), (0.05, 0.022), (0.05, -0.08), (-0.05, -0.08))]
    )
    lid: list[Point] = [(-0.175, 0.018, -0.12), (0.175, 0.018, -0.12), (0.175, 0.235, -0.19), (-0.175, 0.235, -0.19)]
    screen: list[Point] = [(-0.16, 0.032, -0.116), (0.16, 0.032, -0.116), (0.16, 0.223, -0.178), (-0.16, 0.223, -0.178)]
    lines: list[Point] = [(-0.14, 0.15, -0.1505), (0.02, 0.15, -0.1505), (0.02, 0.2, -0.1665), (-0.14, 0.2, -0.1665)]
    return Model([base, sheet(lid, "main"), sheet(screen, "!#3f7fc4"), sheet(lines, "!#d8ecfb")])


def _phone(_: str) -> Model:
    body = decorated(
        block(0, 0, 0, (0.085, 0.011, 0.17), "main"),
        "!#5b9bd5",
        [(x, 0.0115, z) for x, z in ((-0.037, -0.072), (0.037, -0.072), (0.037, 0.072), (-0.037, 0.072))],
    )
    return Model([body], grip=(0.0, 0.006, -0.05))


def _vase(_: str) -> Model:
    parts = [
        tube((0, 0, 0), (0, 0.05, 0), (0.05, 0.08), "main", sides=12),
        tube((0, 0.05, 0), (0, 0.14, 0), (0.08, 0.085), "main", sides=12),
        tube((0, 0.105, 0), (0, 0.125, 0), (0.087, 0.087), "second", sides=12),
        tube((0, 0.14, 0), (0, 0.22, 0), (0.085, 0.032), "main", sides=12),
        tube((0, 0.22, 0), (0, 0.29, 0), (0.032, 0.05), "main", sides=12),
    ]
    parts[-1] = decorated(
        parts[-1], "#2c2622", [(0.042 * math.sin(0.7 * i), 0.2905, 0.042 * math.cos(0.7 * i)) for i in range(9)]
    )
    return Model(parts, grip=(0.0, 0.17, -0.03))


def _apple(_: str) -> Model:
    parts = [
        ball((0, 0.04, 0), (0.042, 0.04, 0.042), "main", sides=12, rings=7),
        tube((0, 0.07, 0), (0.008, 0.1, 0), (0.004, 0.003), "#5a3a1e", sides=5),
        sheet([(0.005, 0.09, 0), (0.025, 0.105, 0.01), (0.05, 0.095, 0.0), (0.025, 0.085, -0.01)], "#4f9a3c"),
    ]
    return Model(parts, grip=(0.0, 0.02, -0.02))


def _orange(_: str) -> Model:
    peel = ball((0, 0.04, 0), (0.042, 0.04, 0.042), "main", sides=12, rings=7)
    return Model(
        [peel, ball((0, 0.079, 0), (0.008, 0.004, 0.008), "#3f7a35", sides=6, rings=4)], grip=(0.0, 0.02, -0.02)
    )


def _banana(_: str) -> Model:
    """One fruit lying on its side, bent in the ground plane."""
    bend: list[Point] = [
        (0.1 * math.cos(t) - 0.06, 0.021, 0.13 * math.sin(t)) for t in (-1.0, -0.6, -0.2, 0.2, 0.6, 1.0)
    ]
    radii = [0.009, 0.018, 0.021, 0.021, 0.018, 0.008]
    parts: list[Part] = [tube(bend[i], bend[i + 1], (radii[i], radii[i + 1]), "main", sides=7) for i in range(5)]
    parts.append(tube(bend[-1], (bend[-1][0] - 0.02, 0.023, bend[-1][2] + 0.02), (0.008, 0.006), "#6b5a22", sides=5))
    return Model(parts, grip=(0.04, 0.02, 0.0))


def _pizza(_: str) -> Model:
    parts = [
        decorated(
            tube((0, 0, 0), (0, 0.022, 0), (0.165, 0.16), "#cf9a4f", sides=18),
            "#f0cf62",
            [(0.14 * math.sin(0.35 * i), 0.0225, 0.14 * math.cos(0.35 * i)) for i in range(18)],
        )
    ]
    for i, (radius, turn) in enumerate(((0.0, 0), (0.08, 0.2), (0.085, 1.4), (0.08, 2.6), (0.085, 3.9), (0.08, 5.1))):
        x, z = radius * math.sin(turn), radius * math.cos(turn)
        parts.append(tube((x, 0.022, z), (x, 0.028, z), (0.026, 0.026), "#b8332a" if i % 3 else "#4f8a3c", sides=9))
    return Model(parts)


def _cake(_: str) -> Model:
    parts = [
        tube((0, 0, 0), (0, 0.012, 0), (0.15, 0.15), "#e8e8ec", sides=16),
        tube((0, 0.012, 0), (0, 0.07, 0), (0.12, 0.12), "second", sides=16),
        tube((0, 0.07, 0), (0, 0.12, 0), (0.122, 0.12), "main", sides=16),
        tube((0, 0.12, 0), (0, 0.13, 0), (0.11, 0.1), "#fff6ee", sides=14),
    ]
    for i in range(6):
        turn = math.pi * i / 3
        parts.append(
            ball(
                (0.085 * math.sin(turn), 0.142, 0.085 * math.cos(turn)),
                (0.017, 0.017, 0.017),
                "#c8202a",
                sides=7,
                rings=5,
            )
        )
    return Model(parts)


def _candle(_: str) -> Model:
    parts = [
        tube((0, 0, 0), (0, 0.015, 0), (0.055, 0.05), "#b08a3c", sides=12),
        tube((0, 0.015, 0), (0, 0.17, 0), (0.026, 0.024), "main", sides=10),
        tube((0, 0.17, 0), (0, 0.182, 0), (0.003, 0.003), "#2b2b2b", sides=4),
        ball((0, 0.2, 0), (0.01, 0.024, 0.01), "!#ffc53a", sides=7, rings=5),
    ]
    return Model(parts, grip=(0.0, 0.06, -0.015))


def _teapot(_: str) -> Model:
    handle: list[Point] = [(0, 0.13, -0.08), (0, 0.15, -0.14), (0, 0.1, -0.16), (0, 0.05, -0.09)]
    parts = [
        ball((0, 0.085, 0), (0.1, 0.085, 0.1), "main", sides=12, rings=7),
        tube((0, 0.06, 0.07), (0, 0.15, 0.18), (0.028, 0.014), "main", sides=7),
        tube((0, 0.155, 0), (0, 0.17, 0), (0.05, 0.045), "second", sides=10),
        ball((0, 0.185, 0), (0.017, 0.017, 0.017), "second", sides=7, rings=5),
        *[tube(a, b, (0.011, 0.011), "main", sides=6) for a, b in itertools.pairwise(handle)],
    ]
    return Model(parts, grip=(0.0, 0.11, -0.15))


def _microwave(_: str) -> Model:
    body = decorated(block(0, 0, 0, (0.5, 0.29, 0.36), "main"), "#23262b", front_panel(-0.22, 0.11, 0.05, 0.25, 0.182))
    body = decorated(body, "#3f4750", front_panel(-0.19, 0.08, 0.08, 0.22, 0.184))
    for row in range(3):
        body = decorated(
            body,
            "#6f7681",
            *[front_panel(x, x + 0.03, 0.06 + row * 0.045, 0.09 + row * 0.045, 0.183) for x in (0.14, 0.18)],
        )
    body = decorated(body, "!#46d17a", front_panel(0.14, 0.21, 0.21, 0.25, 0.183))
    return Model([body], (Top(0.29, (-0.2, 0.2), (-0.13, 0.13)),))


TABLEWARE: dict[str, Callable[[str], Model]] = {
    "cup": _cup,
    "bottle": _bottle,
    "bowl": _bowl,
    "plate": _plate,
    "book": _book,
    "laptop": _laptop,
    "phone": _phone,
    "vase": _vase,
    "apple": _apple,
    "orange": _orange,
    "banana": _banana,
    "pizza": _pizza,
    "cake": _cake,
    "candle": _candle,
    "teapot": _teapot,
    "microwave": _microwave,
}
"""Class to the function that draws a variant of it."""
