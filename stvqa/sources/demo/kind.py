"""What a class of the demo source is made of, and the colours there are.

Kind("stool", ("floor",), ("indoor", "outdoor"), ("brown", "white"))
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["COLOURS", "Kind"]

COLOURS: dict[str, tuple[int, int, int]] = {
    "red": (203, 44, 48),
    "blue": (47, 98, 186),
    "green": (62, 145, 72),
    "yellow": (240, 200, 48),
    "orange": (236, 130, 38),
    "purple": (126, 76, 160),
    "pink": (235, 142, 172),
    "white": (240, 240, 238),
    "black": (48, 48, 52),
    "brown": (134, 88, 52),
    "gray": (140, 144, 150),
}
"""Colour name, as annotated, to RGB."""


class Kind(NamedTuple):
    """A class.

    Attributes:
        places: words out of floor, surface, beneath, inside, wall, ceiling, air, hand (held), side (carried),
            head and back (worn).
        settings: indoor, outdoor.
        colours: what its `main` slot may be; annotated as an attribute. Empty: no colour of note.
        variants: arguments of its drawing.
        front: whether a picture shows where its front is (a face, a windscreen, a seat, a screen), so that its
            heading can be asked for.
        scale: from and to, times the drawn size.
        second: colour of the `second` slot; empty for a darker shade of `main`.
        family: classes that people mix up; a scene takes one of them.
        weight: how often it is picked.
    """

    name: str
    places: tuple[str, ...]
    settings: tuple[str, ...]
    colours: tuple[str, ...] = ()
    variants: tuple[str, ...] = ("",)
    front: bool = False
    scale: tuple[float, float] = (0.88, 1.15)
    second: str = ""
    family: str = ""
    weight: float = 1.0
