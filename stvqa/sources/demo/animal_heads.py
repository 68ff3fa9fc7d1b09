"""Heads of four-legged animals: muzzle, eyes, ears, horns, tusks.

head_of("cow", (0, 1.3, 0.95), BUILDS["cow"])       # parts
"""

from __future__ import annotations

from typing import NamedTuple

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


class _Cone(NamedTuple):
    """An ear, horn or the like, mirrored to both sides.

    Attributes:
        start / end: x in half widths of the head, y in half heights above its middle, then y and z in metres on top.
        radii: at start and end, metres.
    """

    start: tuple[float, float, float, float]
    end: tuple[float, float, float, float]
    radii: tuple[float, float]
    material: str = "main"
    sides: int = 6
    squash: float = 0.5


_EARS: dict[str, tuple[_Cone, ...]] = {
    "dog": (_Cone((0.85, 0.75, 0, -0.01), (1.25, -0.5, 0, 0), (0.04, 0.03), "second"),),
    "rabbit": (_Cone((0.4, 0.8, 0, -0.01), (0.65, 1, 0.14, -0.03), (0.022, 0.016), sides=7),),
    "cat": (_Cone((0.55, 0.6, 0, 0), (0.75, 1.65, 0, 0), (0.032, 0.003), sides=4),),
}
_HORNS: dict[str, tuple[_Cone, ...]] = {
    "cow": (_Cone((0.5, 0.8, 0, 0), (1.2, 1.9, 0, 0.04), (0.035, 0.01), "#e8dfc8", squash=1),),
    "giraffe": (_Cone((0.4, 0.7, 0, -0.05), (0.45, 1.8, 0, -0.07), (0.025, 0.035), "#5f4427", squash=1),),
}


def _ears(kind: str, at: Point, build: Build) -> list[Part]:
    """Ears of both sides, with horns where there are some, or the ears, tusks and trunk of an elephant."""
    if kind == "elephant":
        return _elephant(at, build)
    wide, half, _ = build.head
    _, y, z = at
    cones = (*_EARS.get(kind, (_grazer_ear(kind, build),)), *_HORNS.get(kind, ()))
    return [
        tube(
            (i * wide * cone.start[0], y + half * cone.start[1] + cone.start[2], z + cone.start[3]),
            (i * wide * cone.end[0], y + half * cone.end[1] + cone.end[2], z + cone.end[3]),
            cone.radii,
            cone.material,
            sides=cone.sides,
            squash=cone.squash,
        )
        for i in (-1, 1)
        for cone in cones
    ]


def _grazer_ear(kind: str, build: Build) -> _Cone:
    """Upright on horses, sideways on cows and their like."""
    wide, _, deep = build.head
    skin = {"zebra": "#f4f2ee", "giraffe": "#e9cf9a", "sheep": "#2b2724"}.get(kind, "main")
    out, lift = (0.8, 1.5) if kind in ("horse", "zebra") else (1.9, 0.75)
    return _Cone((0.6, 0.6, 0, -deep * 0.3), (out, lift, 0, -deep * 0.3), (wide * 0.3, wide * 0.1), skin)


def _elephant(at: Point, build: Build) -> list[Part]:
    _, y, z = at
    outline = [(z - 0.55, y + 0.35), (z - 0.65, y - 0.1), (z - 0.4, y - 0.6), (z - 0.05, y - 0.35), (z, y + 0.3)]
    parts: list[Part] = []
    for i in (-1, 1):
        side = i * build.head[0]
        parts.append(prism(outline, (side * 1.0, side * 1.1), "second"))
        parts.append(
            tube((i * 0.22, y - 0.3, z + 0.3), (i * 0.26, y - 0.5, z + 0.85), (0.06, 0.02), "#f3ead2", sides=6)
        )
    parts.append(tube((0, y - 0.1, z + 0.3), (0, y - 0.8, z + 0.62), (0.22, 0.14), "main", sides=9))
    parts.append(tube((0, y - 0.8, z + 0.62), (0, y - 1.45, z + 0.6), (0.14, 0.08), "main", sides=9))
    return parts
