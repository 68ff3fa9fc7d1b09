"""Heads of people: face, hair and, for men, the beard's place.

    head_of(1.65, 0.02, size=1.0, hair="long")    # parts of a woman's head, middle 1.65 m above the ground

The face looks along +z. Slots: skin, hair and beard, which is the skin's colour on a shaven man.
"""

from __future__ import annotations

from typing import Literal

from stvqa.sources.demo.solids import Part, Point, ball, decorated, tube

__all__ = ["CROWN", "Hair", "head_of"]

Hair = Literal["short", "long", "cropped", "bunches"]
"""short: a man's, with a beard below; long: down to the shoulders; cropped: a boy's; bunches: one at either side."""

CROWN = 0.07
"""How far above a head's middle a hat sits, metres at size 1."""


def head_of(y: float, z: float, *, size: float, hair: Hair) -> list[Part]:
    """A head of 0.26 m times `size`, its middle at (0, y, z)."""

    def at(across: float, up: float, forward: float) -> Point:
        return (across * size, y + up * size, z + forward * size)

    def round_part(middle: Point, radii: Point, material: str, *, sides: int, rings: int) -> Part:
        wide, high, deep = (radius * size for radius in radii)
        return ball(at(*middle), (wide, high, deep), material, sides=sides, rings=rings)

    def patch(left: float, right: float, bottom: float, top: float, forward: float) -> list[Point]:
        corners = ((left, bottom), (right, bottom), (right, top), (left, top))
        return [at(across, up, forward) for across, up in corners]

    head = round_part((0, 0, 0), (0.098, 0.13, 0.112), "skin", sides=12, rings=8)
    for x in (-0.036, 0.036):
        head = decorated(head, "#ffffff", patch(x - 0.018, x + 0.018, 0.008, 0.034, 0.112))
        head = decorated(head, "#22201e", patch(x - 0.009, x + 0.009, 0.01, 0.032, 0.115))
    mouth = patch(-0.028, 0.028, -0.074, -0.058, 0.101)
    parts = [head if hair == "short" else decorated(head, "#a8434a", mouth)]
    parts.append(round_part((0, 0.045, -0.022), (0.108, 0.108, 0.112), "hair", sides=10, rings=6))
    # A fringe and hair over the ears: without them a head seen from before or from aside looks bald.
    parts += [
        round_part((across, 0.06, -0.024), (0.054, 0.078, 0.092), "hair", sides=8, rings=4) for across in (-0.06, 0.06)
    ]
    parts.append(round_part((0, 0.098, 0.046), (0.086, 0.05, 0.068), "hair", sides=10, rings=4))
    parts.append(round_part((0, -0.01, 0.118), (0.014, 0.022, 0.016), "skin", sides=6, rings=4))
    if hair == "short":
        beard = round_part((0, -0.075, 0.03), (0.084, 0.074, 0.09), "beard", sides=10, rings=6)
        parts.append(decorated(beard, "#a8434a", patch(-0.03, 0.03, -0.072, -0.056, 0.122)))
    if hair == "long":
        ends = (at(0, -0.26, -0.085), at(0, 0.05, -0.07))
        parts.append(tube(*ends, (0.115 * size, 0.11 * size), "hair", squash=0.55))
    if hair == "bunches":
        for side in (-1, 1):
            ends = (at(side * 0.185, -0.13, -0.02), at(side * 0.1, 0.06, -0.03))
            parts.append(tube(*ends, (0.036 * size, 0.05 * size), "hair", sides=7))
    return parts
