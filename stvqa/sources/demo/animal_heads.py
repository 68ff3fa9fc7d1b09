"""Heads of four-legged animals: muzzle, eyes, ears, horns, tusks.

head_of("cow", (0, 1.3, 0.95), BUILDS["cow"])       # parts
"""

from __future__ import annotations

from stvqa.sources.demo.animal_builds import Build
from stvqa.sources.demo.solids import Part, Point, ball, prism, tube

__all__ = ["head_of"]


def head_of(kind: str, at: Point, build: Build) -> list[Part]:
    """Head with muzzle, eyes, ears and what makes the class itself."""
    wide, half, deep = build.head
    _x, y, z = at
    skin = {"zebra": "#f4f2ee", "giraffe": "#e9cf9a", "sheep": "#2b2724"}.get(kind, "main")
    nose_radius, nose = build.muzzle
    parts = [ball(at, build.head, skin, sides=10, rings=6)]
    if kind != "elephant":
        dip = half * 0.3 if nose > 0.2 else half * 0.35
        snout = tube(
            (0, y - half * 0.1, z + deep * 0.3),
            (0, y - dip - nose * 0.25, z + deep * 0.4 + nose),
            (nose_radius * 1.15, nose_radius * 0.8),
            build.muzzle_material if build.muzzle_material != "second" or kind != "sheep" else skin,
            sides=8,
        )
        parts.append(snout)
        tip = (0.0, y - dip - nose * 0.2, z + deep * 0.42 + nose)
        parts.append(
            ball(
                tip,
                (nose_radius * 0.5, nose_radius * 0.38, nose_radius * 0.3),
                "#241d1b" if kind != "rabbit" else "#d98a94",
                sides=6,
                rings=4,
            )
        )
    parts += [
        ball((i * wide * 0.72, y + half * 0.3, z + deep * 0.62), (wide * 0.17,) * 3, "#16120f", sides=6, rings=4)
        for i in (-1, 1)
    ]
    return parts + _ears(kind, at, build)


def _ears(kind: str, at: Point, build: Build) -> list[Part]:
    wide, half, deep = build.head
    _, y, z = at
    parts: list[Part] = []
    for i in (-1, 1):
        side = i * wide
        if kind == "elephant":
            parts.append(
                prism(
                    [(z - 0.55, y + 0.35), (z - 0.65, y - 0.1), (z - 0.4, y - 0.6), (z - 0.05, y - 0.35), (z, y + 0.3)],
                    (side * 1.0, side * 1.1),
                    "second",
                )
            )
            parts.append(
                tube((i * 0.22, y - 0.3, z + 0.3), (i * 0.26, y - 0.5, z + 0.85), (0.06, 0.02), "#f3ead2", sides=6)
            )
        elif kind == "dog":
            parts.append(
                tube(
                    (side * 0.85, y + half * 0.75, z - 0.01),
                    (side * 1.25, y - half * 0.5, z),
                    (0.04, 0.03),
                    "second",
                    sides=6,
                    squash=0.5,
                )
            )
        elif kind == "rabbit":
            parts.append(
                tube(
                    (side * 0.4, y + half * 0.8, z - 0.01),
                    (side * 0.65, y + half + 0.14, z - 0.03),
                    (0.022, 0.016),
                    "main",
                    sides=7,
                    squash=0.5,
                )
            )
        elif kind == "cat":
            parts.append(
                tube(
                    (side * 0.55, y + half * 0.6, z),
                    (side * 0.75, y + half * 1.65, z),
                    (0.032, 0.003),
                    "main",
                    sides=4,
                    squash=0.5,
                )
            )
        else:
            skin = {"zebra": "#f4f2ee", "giraffe": "#e9cf9a", "sheep": "#2b2724"}.get(kind, "main")
            lift = 1.5 if kind in ("horse", "zebra") else 0.75
            out = 0.8 if kind in ("horse", "zebra") else 1.9
            parts.append(
                tube(
                    (side * 0.6, y + half * 0.6, z - deep * 0.3),
                    (side * out, y + half * lift, z - deep * 0.3),
                    (wide * 0.3, wide * 0.1),
                    skin,
                    sides=6,
                    squash=0.5,
                )
            )
        if kind == "cow":
            parts.append(
                tube(
                    (side * 0.5, y + half * 0.8, z),
                    (side * 1.2, y + half * 1.9, z + 0.04),
                    (0.035, 0.01),
                    "#e8dfc8",
                    sides=6,
                )
            )
        if kind == "giraffe":
            parts.append(
                tube(
                    (side * 0.4, y + half * 0.7, z - 0.05),
                    (side * 0.45, y + half * 1.8, z - 0.07),
                    (0.025, 0.035),
                    "#5f4427",
                    sides=6,
                )
            )
    if kind == "elephant":
        parts.append(tube((0, y - 0.1, z + 0.3), (0, y - 0.8, z + 0.62), (0.22, 0.14), "main", sides=9))
        parts.append(tube((0, y - 0.8, z + 0.62), (0, y - 1.45, z + 0.6), (0.14, 0.08), "main", sides=9))
    return parts
