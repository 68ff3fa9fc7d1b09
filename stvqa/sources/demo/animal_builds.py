"""Measures and coats of the four-legged animals.

BUILDS["dog"].leg        # 0.3: the belly line lies 30 cm above the ground
"""

from __future__ import annotations

from typing import NamedTuple

from stvqa.sources.demo.solids import Point

__all__ = ["BUILDS", "GIRAFFE", "PATTERNS", "ZEBRA", "Build"]


class Build(NamedTuple):
    """Measures of a four-legged animal, metres.

    Attributes:
        leg: height of the belly line at the leg's upper end.
        body: half width, half height, length of the trunk.
        neck: from the chest (z, y offsets) to the head.
        head: half width, half height, half length.
        muzzle: radius and length.
        tail: direction (y, z) and length; radius.
        hoof: colour of the foot.
    """

    leg: float
    leg_radius: float
    body: Point
    neck: tuple[float, float]
    neck_radii: tuple[float, float]
    head: Point
    muzzle: tuple[float, float]
    tail: tuple[float, float, float]
    hoof: str
    muzzle_material: str = "main"


BUILDS: dict[str, Build] = {
    "dog": Build(
        0.3,
        0.04,
        (0.12, 0.13, 0.55),
        (0.14, 0.2),
        (0.09, 0.075),
        (0.09, 0.095, 0.1),
        (0.05, 0.13),
        (0.2, -0.16, 0.022),
        "second",
        "second",
    ),
    "cat": Build(
        0.15,
        0.025,
        (0.075, 0.085, 0.33),
        (0.06, 0.1),
        (0.055, 0.05),
        (0.068, 0.062, 0.06),
        (0.03, 0.055),
        (0.24, -0.1, 0.017),
        "#f5f1ea",
        "#f5f1ea",
    ),
    "rabbit": Build(
        0.07,
        0.025,
        (0.085, 0.1, 0.24),
        (0.06, 0.09),
        (0.055, 0.05),
        (0.06, 0.06, 0.065),
        (0.03, 0.06),
        (0.03, -0.03, 0.035),
        "#f5f1ea",
        "#f5f1ea",
    ),
    "horse": Build(
        0.85,
        0.075,
        (0.26, 0.3, 1.35),
        (0.42, 0.62),
        (0.19, 0.13),
        (0.11, 0.14, 0.2),
        (0.085, 0.34),
        (-0.55, -0.2, 0.07),
        "#2b2420",
    ),
    "zebra": Build(
        0.75,
        0.07,
        (0.25, 0.28, 1.25),
        (0.36, 0.5),
        (0.18, 0.12),
        (0.11, 0.13, 0.18),
        (0.08, 0.3),
        (-0.5, -0.16, 0.03),
        "#1f1f1f",
        "#26221f",
    ),
    "cow": Build(
        0.68,
        0.08,
        (0.33, 0.36, 1.5),
        (0.35, 0.22),
        (0.2, 0.16),
        (0.14, 0.16, 0.2),
        (0.11, 0.27),
        (-0.6, -0.08, 0.025),
        "#3a3029",
        "#e0aca0",
    ),
    "sheep": Build(
        0.38,
        0.045,
        (0.25, 0.27, 0.8),
        (0.14, 0.16),
        (0.13, 0.11),
        (0.085, 0.11, 0.11),
        (0.065, 0.16),
        (-0.1, -0.06, 0.05),
        "#2b2724",
        "second",
    ),
    "elephant": Build(
        1.35,
        0.21,
        (0.72, 0.76, 2.5),
        (0.35, 0.2),
        (0.55, 0.45),
        (0.42, 0.5, 0.42),
        (0.2, 0.3),
        (-0.9, -0.12, 0.05),
        "second",
    ),
    "giraffe": Build(
        1.75,
        0.11,
        (0.38, 0.42, 1.5),
        (0.6, 1.85),
        (0.27, 0.15),
        (0.14, 0.17, 0.2),
        (0.1, 0.33),
        (-0.7, -0.12, 0.03),
        "#4a3626",
        "#e9cf9a",
    ),
}

_COW = [
    ["main", "main", "second", "main"],
    ["main", "second", "second", "main"],
    ["main", "main", "main", "second"],
    ["second", "main", "main", "main"],
    ["main", "second", "main", "main"],
]
GIRAFFE = [["#e9cf9a", "#a5672f", "#a5672f"], ["#a5672f", "#e9cf9a", "#a5672f"], ["#a5672f", "#a5672f", "#e9cf9a"]]
ZEBRA = [["#f4f2ee"], ["#1f1f1f"]]

PATTERNS: dict[str, list[list[str]]] = {"cow": _COW, "giraffe": GIRAFFE * 3, "zebra": ZEBRA * 6}
