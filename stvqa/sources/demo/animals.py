"""Drawings of animals. Four-legged ones come from one table of measures; variants are poses.

ANIMALS["dog"]("standing")
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from stvqa.sources.demo.animal_builds import BUILDS, GIRAFFE, PATTERNS, ZEBRA, Build
from stvqa.sources.demo.animal_heads import head_of
from stvqa.sources.demo.model import Model, Seat, Spot
from stvqa.sources.demo.solids import Part, Point, ball, block, sheet, tube

__all__ = ["ANIMALS"]


def _trunk(kind: str, build: Build) -> list[Part]:
    """Body between fore and hind legs."""
    wide, half, length = build.body
    y = build.leg + half * 0.7
    pattern = PATTERNS.get(kind)
    squash = half / wide
    if kind == "sheep":
        return [
            ball((0, y, 0), (wide, half, length / 2 + 0.06), "main", sides=12, rings=8),
            *(
                ball((x, y + dy, z), (0.13, 0.13, 0.13), "main", sides=8, rings=5)
                for x, dy, z in (
                    (0.14, 0.12, 0.2),
                    (-0.14, 0.12, 0.2),
                    (0.14, 0.12, -0.2),
                    (-0.14, 0.12, -0.2),
                    (0, 0.18, 0),
                )
            ),
        ]
    if pattern is None and kind in ("dog", "cat", "rabbit", "elephant"):
        front = 1.05 if kind == "dog" else 1.0
        return [
            ball((0, y, -length * 0.2), (wide, half, length * 0.34), "main", sides=10, rings=6),
            ball(
                (0, y + half * 0.05, length * 0.16),
                (wide * front, half * front, length * 0.34),
                "main",
                sides=10,
                rings=6,
            ),
        ]
    middle = tube(
        (0, y, -length * 0.42),
        (0, y, length * 0.42),
        (wide * 0.95, wide),
        "main",
        sides=12,
        squash=squash,
        bands=pattern or (),
    )
    caps = "#f4f2ee" if kind == "zebra" else "#e9cf9a" if kind == "giraffe" else "main"
    return [
        middle,
        *(
            ball((0, y, k * length * 0.42), (wide * 0.94, half * 0.94, length * 0.1), caps, sides=10, rings=5)
            for k in (-1, 1)
        ),
    ]


def _legs(kind: str, build: Build) -> list[Part]:
    wide, half, length = build.body
    x, z = wide * 0.62, length * 0.36
    parts: list[Part] = []
    upper = {"zebra": ZEBRA * 3, "giraffe": [["#c99a5f"], ["#e9cf9a"]]}.get(kind, [["main"]])
    if kind == "sheep":
        upper = [["#2b2724"]]
    for i in (-1, 1):
        for k in (-1, 1):
            top, bottom = build.leg + half * 0.35, build.leg * 0.13
            parts.append(
                tube(
                    (i * x, bottom, k * z),
                    (i * x, top, k * z),
                    (build.leg_radius * 0.75, build.leg_radius * 1.5),
                    "main",
                    sides=7,
                    bands=upper,
                )
            )
            parts.append(
                tube(
                    (i * x, 0, k * z + 0.01),
                    (i * x, bottom, k * z),
                    (build.leg_radius * 1.05, build.leg_radius * 0.8),
                    build.hoof,
                    sides=7,
                )
            )
    return parts


def _four_legged(variant: str, *, kind: str) -> Model:
    build = BUILDS[kind]
    wide, half, length = build.body
    y = build.leg + half * 0.7
    chest: Point = (0, y + half * 0.35, length * 0.4)
    if variant == "sitting":
        return _sitting(kind, build)
    drop, push = (-0.75, 0.5) if variant == "grazing" else (1.0, 1.0)
    head: Point = (
        0,
        chest[1] + build.neck[1] * drop,
        chest[2] + build.neck[0] * (1.4 if variant == "grazing" else push),
    )
    bands = {"zebra": ZEBRA * 3, "giraffe": GIRAFFE * 3}.get(kind, ())
    neck_skin = "main"
    parts = [*_legs(kind, build), *_trunk(kind, build)]
    parts.append(tube(chest, head, build.neck_radii, neck_skin, sides=9, bands=bands))
    if kind in ("horse", "zebra"):
        mane = "second" if kind == "horse" else "#1f1f1f"
        parts.append(
            sheet(
                [
                    (0, chest[1] + 0.18, chest[2] - 0.16),
                    (0, chest[1] + 0.02, chest[2] - 0.02),
                    (0, head[1], head[2]),
                    (0, head[1] + 0.2, head[2] - 0.08),
                    (0, head[1] + 0.12, head[2] - 0.22),
                ],
                mane,
            )
        )
    parts += head_of(kind, head, build)
    up, out, thick = build.tail
    root: Point = (0, y + half * 0.6, -length * 0.47)
    tip: Point = (0, y + half * 0.6 + up, -length * 0.47 + out)
    tail_skin = {"horse": "second", "zebra": "#1f1f1f", "giraffe": "#a5672f", "rabbit": "#f5f1ea"}.get(kind, "main")
    parts.append(tube(root, tip, (thick, thick * 0.7), tail_skin, sides=6))
    back = y + half
    seats = (Seat((0, back - 0.03, -0.05), "astride", "riding"),) if kind == "horse" and variant == "standing" else ()
    spots = (Spot((wide * 0.55, y + half * 0.78, 0.0), 90),) if 0.35 < back < 1.45 else ()
    return Model(parts, seats=seats, spots=spots)


def _sitting(kind: str, build: Build) -> Model:
    """A dog or cat on its haunches."""
    wide, half, length = build.body
    slope = length * 0.55
    top = build.leg + slope * 0.75
    shoulder: Point = (0, top, length * 0.22)
    parts: list[Part] = [
        ball((0, half * 1.05, -length * 0.12), (wide * 1.25, half * 1.05, half * 1.35), "main", sides=10, rings=6),
        tube((0, half * 1.1, -length * 0.08), shoulder, (wide * 1.05, wide * 0.85), "main", sides=10),
    ]
    for i in (-1, 1):
        x = i * wide * 0.6
        parts.append(
            tube(
                (x, 0.0, length * 0.3),
                (x, top, length * 0.22),
                (build.leg_radius * 0.9, build.leg_radius * 1.4),
                "main",
                sides=7,
            )
        )
        parts.append(
            ball(
                (x, build.leg_radius * 0.8, length * 0.33),
                (build.leg_radius * 1.2, build.leg_radius * 0.8, build.leg_radius * 1.7),
                build.hoof,
                sides=7,
                rings=4,
            )
        )
        parts.append(
            ball(
                (i * wide * 1.1, build.leg_radius * 1.2, length * 0.1),
                (build.leg_radius * 1.2, build.leg_radius * 1.2, build.leg_radius * 2.6),
                "main",
                sides=7,
                rings=4,
            )
        )
    head: Point = (0, top + build.neck[1] * 0.9, length * 0.22 + build.neck[0] * 0.5)
    parts.append(tube(shoulder, head, build.neck_radii, "main"))
    parts += head_of(kind, head, build)
    parts.append(
        tube(
            (0, build.tail[2], -length * 0.3),
            (wide * 1.2, build.tail[2], -length * 0.62),
            (build.tail[2], build.tail[2] * 0.7),
            "main",
            sides=6,
        )
    )
    return Model(parts)


def _bird(variant: str) -> Model:
    """A bird of 30 cm, standing or with spread wings."""
    lift = 0.12 if variant == "standing" else 0.0
    body = ball(
        (0, lift + 0.09, 0), (0.065, 0.075, 0.12), "main", sides=10, rings=6, lean=-18 if variant == "standing" else 0
    )
    head = (0.0, lift + 0.185, 0.105)
    parts = [
        body,
        ball(head, (0.05, 0.052, 0.052), "main", sides=9, rings=6),
        tube(
            (0, head[1] - 0.005, head[2] + 0.04),
            (0, head[1] - 0.015, head[2] + 0.11),
            (0.02, 0.003),
            "#e8a317",
            sides=6,
        ),
        *[
            ball((i * 0.036, head[1] + 0.014, head[2] + 0.03), (0.01, 0.01, 0.01), "#15110f", sides=6, rings=4)
            for i in (-1, 1)
        ],
        sheet(
            [
                (-0.025, lift + 0.07, -0.09),
                (0.025, lift + 0.07, -0.09),
                (0.05, lift + 0.05, -0.24),
                (-0.05, lift + 0.05, -0.24),
            ],
            "second",
        ),
    ]
    if variant == "standing":
        parts += [
            tube((i * 0.03, 0.0, 0.02), (i * 0.03, 0.15, 0.0), (0.008, 0.008), "#d9861a", sides=5) for i in (-1, 1)
        ]
        parts += [block(i * 0.03, 0, 0.035, (0.03, 0.01, 0.07), "#d9861a") for i in (-1, 1)]
        parts += [
            ball((i * 0.06, lift + 0.1, -0.03), (0.02, 0.055, 0.11), "second", sides=8, rings=5, lean=-18)
            for i in (-1, 1)
        ]
        return Model(parts)
    for i in (-1, 1):
        parts.append(
            sheet(
                [
                    (i * 0.05, lift + 0.12, 0.07),
                    (i * 0.05, lift + 0.12, -0.07),
                    (i * 0.24, lift + 0.2, -0.09),
                    (i * 0.24, lift + 0.2, 0.07),
                ],
                "second",
            )
        )
        parts.append(
            sheet([(i * 0.24, lift + 0.2, 0.07), (i * 0.24, lift + 0.2, -0.09), (i * 0.44, lift + 0.13, -0.12)], "main")
        )
    return Model(parts)


ANIMALS: dict[str, Callable[[str], Model]] = {kind: partial(_four_legged, kind=kind) for kind in BUILDS}
ANIMALS["bird"] = _bird
