"""Drawings of what stands in streets and gardens, and of what flies on a string.

OUTDOORS["tree"]("fir")
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

from stvqa.sources.demo.furniture import front_panel
from stvqa.sources.demo.model import Model, Seat, Top
from stvqa.sources.demo.solids import Part, Point, ball, block, decorated, prism, sheet, tube

__all__ = ["OUTDOORS"]


def _tree(variant: str) -> Model:
    if variant == "fir":
        parts = [tube((0, 0, 0), (0, 0.9, 0), (0.2, 0.16), "#6b4a2f", sides=8)]
        return Model(
            [
                *parts,
                *[
                    tube((0, y, 0), (0, y + high, 0), (radius, 0.02 if y > 2.5 else radius * 0.35), green, sides=12)
                    for y, high, radius, green in (
                        (0.8, 1.3, 1.35, "#2c6b3c"),
                        (1.7, 1.2, 1.1, "#327544"),
                        (2.6, 1.6, 0.8, "#3a8050"),
                    )
                ],
            ]
        )
    parts = [tube((0, 0, 0), (0, 2.0, 0), (0.24, 0.17), "#6f4e33", sides=9)]
    crown = (
        (0, 2.9, 0, 1.15),
        (0.75, 2.5, 0.3, 0.8),
        (-0.75, 2.6, -0.2, 0.85),
        (0.1, 2.5, 0.75, 0.75),
        (-0.1, 2.4, -0.75, 0.75),
        (0.2, 3.6, 0, 0.75),
    )
    parts += [
        ball((x, y, z), (r, r * 0.85, r), green, sides=10, rings=7)
        for (x, y, z, r), green in zip(
            crown, ("#3f8a3f", "#4a9648", "#387d3a", "#529e4d", "#35753a", "#5aa854"), strict=True
        )
    ]
    return Model(parts)


def _rock(variant: str) -> Model:
    """A flat-topped boulder on which things stand and people sit."""
    outline = [(-0.6, -0.25), (-0.3, -0.5), (0.35, -0.48), (0.65, -0.1), (0.5, 0.35), (0.0, 0.5), (-0.5, 0.3)]
    high = 0.46 if variant == "low" else 0.95
    points = (
        [(x, 0.0, z) for x, z in outline]
        + [(x * 1.02, high * 0.55, z * 1.02) for x, z in outline]
        + [(x * 0.82, high, z * 0.8) for x, z in outline]
    )
    return Model(
        [_lofted(points, len(outline), "main")],
        (Top(high, (-0.36, 0.38), (-0.24, 0.22)),),
        seats=(Seat((0.05, high, 0.12), "sitting", "sitting on"),) if variant == "low" else (),
    )


def _lofted(points: list[Point], count: int, material: str) -> Part:
    """A convex body of rings of equal size, one above the other."""
    hull = tube((0, 0, 0), (0, 1, 0), (1, 1), material, sides=count, bands=[[material]] * (len(points) // count - 1))
    bounds = block(0, 0, 0, (1.4, max(y for _, y, _ in points), 1.1), material)
    array = bounds.points[:1].repeat(len(points), axis=0) * 0
    array[:] = points
    return hull._replace(points=array, corners=bounds.corners)


def _tent(_: str) -> Model:
    body = prism([(-1.1, 0.0), (1.1, 0.0), (0.0, 1.35)], (-1.2, 1.2), "main", axis="z")
    body = decorated(body, "#2b2622", [(-0.4, 0.0, 1.203), (0.4, 0.0, 1.203), (0.0, 1.0, 1.203)])
    body = decorated(
        body,
        "second",
        [(-0.4, 0.0, 1.204), (-0.58, 0.0, 1.204), (0.0, 1.1, 1.204), (0.0, 1.0, 1.204)],
        [(0.4, 0.0, 1.204), (0.58, 0.0, 1.204), (0.0, 1.1, 1.204), (0.0, 1.0, 1.204)],
    )
    return Model([body])


def _house(_: str) -> Model:
    walls = block(0, 0, 0, (6.0, 3.0, 5.0), "main")
    walls = decorated(walls, "#5a3a26", front_panel(-0.5, 0.5, 0, 2.1, 2.504))
    for left in (-2.4, 1.2):
        walls = decorated(walls, "#fbfaf5", front_panel(left - 0.1, left + 1.3, 0.9, 2.3, 2.503))
        walls = decorated(
            walls,
            "#a9cfe2",
            front_panel(left, left + 0.55, 1.0, 2.2, 2.506),
            front_panel(left + 0.65, left + 1.2, 1.0, 2.2, 2.506),
        )
    walls = decorated(
        walls,
        "#a9cfe2",
        *[[(i * 3.003, y, z) for z, y in ((-0.7, 1.0), (0.7, 1.0), (0.7, 2.2), (-0.7, 2.2))] for i in (-1, 1)],
    )
    roof = prism([(-2.9, 2.98), (2.9, 2.98), (0.0, 5.0)], (-3.2, 3.2), "second")
    return Model([walls, block(1.8, 3.6, -0.9, (0.6, 1.7, 0.6), "#8a4b3a"), roof])


def _street_light(_: str) -> Model:
    parts = [
        tube((0, 0, 0), (0, 0.3, 0), (0.12, 0.09), "main", sides=8),
        tube((0, 0.3, 0), (0, 4.0, 0), (0.06, 0.045), "main", sides=7),
        tube((0, 3.95, 0), (0, 4.2, 0.9), (0.04, 0.035), "main", sides=6),
        block(0, 4.12, 1.05, (0.26, 0.12, 0.5), "main"),
        block(0, 4.08, 1.05, (0.2, 0.05, 0.4), "!#fff3b8"),
    ]
    return Model(parts)


def _hydrant(_: str) -> Model:
    parts = [
        tube((0, 0, 0), (0, 0.06, 0), (0.17, 0.17), "second", sides=12),
        tube((0, 0.06, 0), (0, 0.52, 0), (0.12, 0.11), "main", sides=12),
        tube((0, 0.52, 0), (0, 0.56, 0), (0.15, 0.15), "main", sides=12),
        ball((0, 0.57, 0), (0.115, 0.11, 0.115), "main", sides=10, rings=6),
        block(0, 0.67, 0, (0.05, 0.06, 0.05), "second"),
    ]
    parts += [tube((i * 0.09, 0.38, 0), (i * 0.2, 0.38, 0), (0.055, 0.055), "second", sides=8) for i in (-1, 1)]
    parts.append(tube((0, 0.34, 0.09), (0, 0.34, 0.2), (0.07, 0.07), "second", sides=9))
    return Model(parts)


def _stop_sign(_: str) -> Model:
    turns = [math.pi / 8 + math.pi * i / 4 for i in range(8)]
    plate = prism([(0.38 * math.sin(t), 2.0 + 0.38 * math.cos(t)) for t in turns], (0.03, 0.05), "#f4f2ee", axis="z")
    plate = decorated(plate, "#c2202b", [(0.34 * math.sin(t), 2.0 + 0.34 * math.cos(t), 0.051) for t in turns])
    for left in (-0.25, -0.11, 0.03, 0.17):
        plate = decorated(plate, "#ffffff", front_panel(left, left + 0.08, 1.91, 2.09, 0.052))
        plate = (
            decorated(plate, "#c2202b", front_panel(left + 0.025, left + 0.055, 1.94, 2.06, 0.053))
            if left > -0.2
            else plate
        )
    return Model([tube((0, 0, 0), (0, 2.3, 0), (0.03, 0.03), "#8d9299", sides=6), plate])


def _traffic_light(_: str) -> Model:
    parts = [
        tube((0, 0, 0), (0, 2.3, 0), (0.06, 0.05), "#4a4d52", sides=7),
        block(0, 2.2, 0.02, (0.34, 0.9, 0.26), "main"),
    ]
    for y, colour in ((2.93, "!#ef3b36"), (2.65, "!#f5b92e"), (2.37, "!#3fbf5f")):
        parts.append(tube((0, y, 0.15), (0, y, 0.17), (0.1, 0.1), colour, sides=12))
    return Model(parts)


def _mailbox(_: str) -> Model:
    arch = [(-0.13, 0.0), (0.13, 0.0), (0.13, 0.14), (0.09, 0.22), (0.0, 0.25), (-0.09, 0.22), (-0.13, 0.14)]
    body = decorated(
        prism([(x, y + 1.0) for x, y in arch], (-0.24, 0.24), "main", axis="z"),
        "second",
        [(x * 0.82, y * 0.85 + 1.02, 0.242) for x, y in arch],
    )
    return Model(
        [
            block(0, 0, 0, (0.1, 1.0, 0.1), "#7a5636"),
            body,
            block(0.14, 1.08, 0.05, (0.02, 0.28, 0.03), "#c8202a"),
            block(0.14, 1.28, 0.1, (0.02, 0.08, 0.12), "#c8202a"),
        ]
    )


def _cone(_: str) -> Model:
    parts = [block(0, 0, 0, (0.38, 0.04, 0.38), "main")]
    parts.append(
        tube(
            (0, 0.04, 0),
            (0, 0.66, 0),
            (0.14, 0.03),
            "main",
            sides=12,
            bands=[["main"], ["main"], ["#fdfdfd"], ["main"], ["#fdfdfd"], ["main"]],
        )
    )
    return Model(parts)


def _kite(_: str) -> Model:
    top, left, right, bottom = (0.0, 1.3, 0.0), (-0.4, 0.85, 0.05), (0.4, 0.85, 0.05), (0.0, 0.2, 0.0)
    middle = (0.0, 0.85, 0.0)
    parts = [
        sheet([top, left, middle], "main"),
        sheet([top, right, middle], "second"),
        sheet([bottom, left, middle], "second"),
        sheet([bottom, right, middle], "main"),
    ]
    tail: list[Point] = [(0, 0.2, 0), (0.1, -0.05, 0), (-0.05, -0.3, 0), (0.08, -0.55, 0)]
    parts += [tube(a, b, (0.014, 0.014), "#3a3a3e", sides=4) for a, b in itertools.pairwise(tail)]
    parts += [
        sheet(
            [(x - 0.08, y + 0.04, 0), (x + 0.08, y - 0.04, 0), (x + 0.08, y + 0.04, 0), (x - 0.08, y - 0.04, 0)][:3],
            "main",
        )
        for x, y, _ in tail[1:]
    ]
    return Model(parts)


def _balloon(_: str) -> Model:
    """A toy balloon on a string; the string's lower end is held."""
    return Model(
        [
            ball((0, 0.85, 0), (0.15, 0.19, 0.15), "main", sides=12, rings=8),
            tube((0, 0.64, 0), (0, 0.67, 0), (0.025, 0.008), "main", sides=6),
            tube((0, 0, 0), (0, 0.65, 0), (0.004, 0.004), "#55595f", sides=4),
            ball((-0.05, 0.93, 0.11), (0.03, 0.045, 0.02), "#ffffff", sides=7, rings=4),
        ],
        grip=(0.0, 0.02, 0.0),
    )


def _fence(_: str) -> Model:
    """Two metres of picket fence."""
    parts: list[Part] = [block(0, y, -0.02, (2.0, 0.07, 0.03), "main") for y in (0.25, 0.65)]
    for i in range(9):
        x = -0.92 + 0.23 * i
        parts.append(
            prism(
                [(x - 0.055, 0), (x + 0.055, 0), (x + 0.055, 0.85), (x, 0.95), (x - 0.055, 0.85)],
                (0.0, 0.025),
                "main",
                axis="z",
            )
        )
    return Model(parts)


OUTDOORS: dict[str, Callable[[str], Model]] = {
    "tree": _tree,
    "rock": _rock,
    "tent": _tent,
    "house": _house,
    "street light": _street_light,
    "fire hydrant": _hydrant,
    "stop sign": _stop_sign,
    "traffic light": _traffic_light,
    "mailbox": _mailbox,
    "traffic cone": _cone,
    "kite": _kite,
    "balloon": _balloon,
    "fence": _fence,
}
"""Class to the function that draws a variant of it."""
