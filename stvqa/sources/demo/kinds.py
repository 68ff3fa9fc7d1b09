"""The classes of the demo source: names, colours, sizes and where each may be put. One row a class.

    KINDS["cup"]   # Kind(name='cup', variants=('',), colours=('red', ...), places='floor surface inside hand', ...)

Names were chosen so that no class can be called by another's name (no duck beside bird, no bush beside plant);
classes that people do mix up (table and desk, handbag and backpack) share a `family`, and a scene takes one of it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from stvqa.sources.demo.animals import ANIMALS
from stvqa.sources.demo.belongings import BELONGINGS
from stvqa.sources.demo.drawing import Drawing, assemble
from stvqa.sources.demo.fixtures import FIXTURES
from stvqa.sources.demo.furniture import FURNITURE
from stvqa.sources.demo.model import Model
from stvqa.sources.demo.people import PEOPLE
from stvqa.sources.demo.tableware import TABLEWARE
from stvqa.sources.demo.vehicles import VEHICLES

__all__ = ["COLOURS", "KINDS", "PEOPLE_SCALES", "Kind", "Shape", "shape_of"]

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

_PAINT = ("red", "blue", "green", "yellow", "white", "black", "orange")
_BRIGHT = ("red", "blue", "green", "yellow", "orange", "purple", "pink")
_WOOD = ("brown", "white", "black", "gray")
_FABRIC = ("red", "blue", "green", "gray", "brown", "yellow", "purple")

_ALL: dict[str, Callable[[str], Model]] = {**FURNITURE, **PEOPLE, **ANIMALS, **VEHICLES, **TABLEWARE, **BELONGINGS, **FIXTURES}


class Kind(NamedTuple):
    """A class.

    Attributes:
        variants: arguments of its drawing.
        colours: what its `main` slot may be; annotated as an attribute. Empty: no colour of note.
        places: words out of floor, surface, beneath, inside, wall, ceiling, air, hand (held), side (carried),
            head and back (worn).
        settings: indoor, outdoor.
        front: whether it has a front, so that its heading means something.
        scale: from and to, times the drawn size.
        second: colour of the `second` slot; empty for a darker shade of `main`.
        family: classes that people mix up; a scene takes one of them.
        weight: how often it is picked.
    """

    name: str
    variants: tuple[str, ...]
    colours: tuple[str, ...]
    places: tuple[str, ...]
    settings: tuple[str, ...]
    front: bool = False
    scale: tuple[float, float] = (0.88, 1.15)
    second: str = ""
    family: str = ""
    weight: float = 1.0


class Shape(NamedTuple):
    """A kind's model and the arrays made of it."""

    model: Model
    drawing: Drawing


@lru_cache(maxsize=1024)
def shape_of(name: str, variant: str) -> Shape:
    """The drawing of a class's variant, made once per process."""
    model = _ALL[name](variant)
    return Shape(model, assemble(model.parts))


PEOPLE_SCALES = {"man": (0.98, 1.1), "woman": (0.9, 1.02), "boy": (0.6, 0.76), "girl": (0.58, 0.74)}
"""Times the drawn 1.76 m."""

_INDOOR, _OUTDOOR, _BOTH = ("indoor",), ("outdoor",), ("indoor", "outdoor")
_SMALL = ("floor", "surface", "beneath", "inside")
_IN_HAND = (*_SMALL, "hand")


def _row(
    name: str,
    places: tuple[str, ...],
    settings: tuple[str, ...],
    colours: tuple[str, ...] = (),
    *,
    variants: tuple[str, ...] = ("",),
    front: bool = False,
    scale: tuple[float, float] = (0.88, 1.15),
    second: str = "",
    family: str = "",
    weight: float = 1.0,
) -> Kind:
    return Kind(name, variants, colours, places, settings, front, scale, second, family, weight)


_FLOOR = ("floor",)

_TABLE = (
    _row("table", _FLOOR, _BOTH, _WOOD, variants=("long", "round", "square", "low"), family="table", weight=1.5),
    _row("desk", _FLOOR, _INDOOR, _WOOD, variants=("left", "right"), front=True, family="table"),
    _row("chair", _FLOOR, _BOTH, (*_WOOD, "red", "blue"), variants=("slats", "solid"), front=True, scale=(0.92, 1.08), weight=2),
    _row("stool", _FLOOR, _BOTH, (*_WOOD, "red", "yellow"), scale=(0.92, 1.15)),
    _row("couch", _FLOOR, _INDOOR, _FABRIC, variants=("long", "short"), front=True, scale=(0.95, 1.08)),
    _row("bed", _FLOOR, _INDOOR, _FABRIC, variants=("double", "single"), front=True, second="brown", scale=(0.92, 1.02)),
    _row("shelf", _FLOOR, _INDOOR, _WOOD, variants=("tall", "short"), front=True, family="shelf"),
    _row("cabinet", _FLOOR, _INDOOR, _WOOD, variants=("doors", "drawers"), front=True, family="shelf"),
    _row("bench", _FLOOR, _BOTH, ("brown", "green", "white", "gray"), front=True, weight=1.3),
    *[
        _row(name, _FLOOR, _BOTH, variants=("standing", "walking"), front=True, scale=PEOPLE_SCALES[name], weight=1.2)
        for name in ("man", "woman", "boy", "girl")
    ],
    _row("dog", ("floor", "surface", "beneath"), _BOTH, ("brown", "black", "white", "gray"), variants=("standing", "sitting"), front=True, weight=1.5),
    _row("cat", ("floor", "surface", "beneath", "inside"), _BOTH, ("orange", "black", "white", "gray"), variants=("standing", "sitting"), front=True, weight=1.5),
    _row("rabbit", ("floor", "surface", "beneath", "inside"), _BOTH, ("white", "brown", "gray", "black"), front=True),
    _row("horse", _FLOOR, _OUTDOOR, ("brown", "black", "white"), variants=("standing", "grazing"), front=True, second="black"),
    _row("zebra", _FLOOR, _OUTDOOR, variants=("standing", "grazing"), front=True, weight=0.7),
    _row("cow", _FLOOR, _OUTDOOR, ("brown", "black"), variants=("standing", "grazing"), front=True, second="white"),
    _row("sheep", _FLOOR, _OUTDOOR, ("white", "gray"), variants=("standing", "grazing"), front=True),
    _row("elephant", _FLOOR, _OUTDOOR, ("gray",), variants=("standing",), front=True, scale=(0.7, 1.0), weight=0.6),
    _row("giraffe", _FLOOR, _OUTDOOR, variants=("standing",), front=True, scale=(0.75, 1.0), weight=0.6),
    _row("bird", ("floor", "surface", "air", "beneath"), _BOTH, ("blue", "red", "yellow", "white", "black", "green"), variants=("standing",), front=True, scale=(0.8, 1.3), weight=1.3),
    _row("car", _FLOOR, _OUTDOOR, _PAINT, variants=("sedan", "estate"), front=True, scale=(0.94, 1.06), weight=1.5),
    _row("truck", _FLOOR, _OUTDOOR, _PAINT, front=True, second="white", scale=(0.9, 1.05), weight=0.7),
    _row("bus", _FLOOR, _OUTDOOR, _PAINT[:5], front=True, second="white", scale=(0.9, 1.0), weight=0.7),
    _row("bicycle", _FLOOR, _BOTH, _BRIGHT, front=True, scale=(0.9, 1.05), weight=1.3),
    _row("motorcycle", _FLOOR, _OUTDOOR, _PAINT, front=True, scale=(0.95, 1.05)),
    _row("skateboard", _FLOOR, _BOTH, _BRIGHT, second="white", front=False, weight=0.8),
    _row("boat", _FLOOR, _OUTDOOR, _PAINT[:5], second="brown", front=True, weight=0.7),
    _row("airplane", ("air",), _OUTDOOR, _PAINT[:5], second="white", front=True, weight=0.7),
    _row("cup", _IN_HAND, _BOTH, (*_BRIGHT, "white"), scale=(1.0, 1.4), weight=1.8),
    _row("bottle", _IN_HAND, _BOTH, ("green", "blue", "red", "brown", "white"), variants=("label", "plain"), scale=(0.95, 1.3), weight=1.3),
    _row("bowl", ("floor", "surface", "beneath", "hand"), _BOTH, (*_BRIGHT, "white"), scale=(1.0, 1.3), weight=1.6),
    _row("plate", ("floor", "surface", "hand"), _BOTH, ("white", "blue", "green", "yellow", "red"), scale=(1.0, 1.25)),
    _row("book", _IN_HAND, _BOTH, _BRIGHT, variants=("closed", "open", "standing"), weight=1.5),
    _row("laptop", ("floor", "surface"), _BOTH, ("gray", "black", "white", "pink"), front=True),
    _row("phone", ("surface", "floor", "hand"), _BOTH, ("black", "white", "red", "blue"), scale=(1.0, 1.2)),
    _row("vase", _IN_HAND, _BOTH, (*_BRIGHT, "white"), scale=(0.9, 1.4)),
    _row("apple", _IN_HAND, _BOTH, ("red", "green", "yellow"), scale=(1.0, 1.25), weight=1.6),
    _row("orange", _IN_HAND, _BOTH, (), scale=(1.0, 1.25), family="ball-fruit"),
    _row("banana", _IN_HAND, _BOTH, ("yellow", "green"), scale=(0.9, 1.2)),
    _row("pizza", ("surface", "floor"), _BOTH, (), weight=0.8),
    _row("cake", ("surface", "floor"), _BOTH, ("pink", "white", "brown", "yellow"), weight=0.9),
    _row("candle", ("surface", "floor", "beneath", "hand"), _BOTH, ("white", "red", "blue", "yellow"), scale=(1.0, 1.4), weight=0.8),
    _row("teapot", ("surface", "floor", "beneath"), _BOTH, (*_BRIGHT, "white"), front=False),
    _row("microwave", ("surface", "floor"), _INDOOR, ("white", "black", "gray", "red"), front=True, weight=0.6),
    _row("ball", _IN_HAND, _BOTH, ("red", "blue", "green", "yellow", "orange", "pink"), variants=("beach", "stripe"), second="white", scale=(0.7, 1.3), weight=1.6),
    _row("teddy bear", _IN_HAND, _BOTH, ("brown", "white", "pink", "gray"), second="#ecd3ae", front=True, scale=(0.7, 1.1), weight=1.2),
    _row("hat", ("floor", "surface", "beneath", "hand", "head"), _BOTH, (*_BRIGHT, "black", "white"), variants=("brim", "cap"), scale=(0.95, 1.1), weight=1.2),
    _row("box", ("floor", "surface", "beneath"), _BOTH, ("brown", "white", "red", "blue", "green"), variants=("open", "closed", "open"), scale=(0.7, 1.3), weight=1.5),
    _row("basket", ("floor", "surface", "beneath", "side"), _BOTH, ("brown", "white", "yellow", "gray"), scale=(0.9, 1.3)),
    _row("bucket", ("floor", "surface", "beneath", "side"), _BOTH, _BRIGHT),
    _row("handbag", ("floor", "surface", "beneath", "side"), _BOTH, (*_BRIGHT, "black", "brown"), family="bag"),
    _row("backpack", ("floor", "surface", "beneath", "side", "back"), _BOTH, (*_BRIGHT, "black"), family="bag"),
    _row("suitcase", ("floor", "surface", "side"), _BOTH, (*_BRIGHT, "black"), family="bag", scale=(0.85, 1.0)),
    _row("umbrella", ("hand",), _BOTH, _BRIGHT, scale=(0.85, 1.05), weight=1.2),
    _row("pillow", ("floor", "surface"), _BOTH, (*_FABRIC, "white")),
    _row("shoe", ("floor", "surface", "beneath", "inside", "hand"), _BOTH, (*_BRIGHT, "black"), front=True, weight=1.2),
    _row("guitar", ("floor", "surface"), _BOTH, ("brown", "red", "black", "orange"), second="#5a3a22", front=True),
    _row("racket", ("floor", "surface", "hand"), _BOTH, ("red", "blue", "green", "black"), weight=0.9),
    _row("clock", ("wall", "surface", "floor"), _INDOOR, (*_PAINT, "brown"), variants=("wall",), front=True, weight=1.4),
    _row("picture", ("wall",), _INDOOR, ("brown", "black", "white", "red"), variants=("wide", "high"), front=True, weight=1.4),
    _row("window", ("wall",), _INDOOR, ("white", "brown"), scale=(0.8, 1.2)),
    _row("door", ("wall",), _INDOOR, ("brown", "white", "red", "blue", "green"), scale=(0.95, 1.02), weight=0.8),
    _row("television", ("wall", "surface", "floor"), _INDOOR, (), variants=("stand",), front=True, scale=(0.7, 1.15)),
    _row("lamp", ("ceiling", "surface", "floor"), _INDOOR, (*_BRIGHT, "white"), variants=("hanging",), second="#5b5f66", weight=1.4),
    _row("refrigerator", _FLOOR, _INDOOR, ("white", "gray", "red", "black"), front=True, weight=0.7),
    _row("sink", _FLOOR, _INDOOR, ("white", "gray", "pink"), front=True, weight=0.5),
    _row("toilet", _FLOOR, _INDOOR, ("white", "pink"), front=True, weight=0.5),
    _row("trash can", _FLOOR, _BOTH, ("gray", "green", "blue", "red"), weight=0.9),
    _row("plant", ("floor", "surface", "beneath"), _BOTH, ("brown", "white", "blue", "red"), variants=("small", "tall"), weight=1.2),
    _row("tree", _FLOOR, _OUTDOOR, variants=("leafy", "fir"), scale=(0.6, 1.5), weight=1.5),
    _row("rock", _FLOOR, _OUTDOOR, ("gray", "brown"), variants=("low", "high"), scale=(0.9, 1.3)),
    _row("tent", _FLOOR, _OUTDOOR, ("orange", "green", "blue", "red", "yellow"), front=True, scale=(0.8, 1.1), weight=0.8),
    _row("house", _FLOOR, _OUTDOOR, ("white", "yellow", "red", "blue", "brown"), second="#8e3b2f", front=True, scale=(0.8, 1.2), weight=0.8),
    _row("street light", _FLOOR, _OUTDOOR, ("black", "gray", "green"), scale=(0.8, 1.2), weight=0.9),
    _row("fire hydrant", _FLOOR, _OUTDOOR, ("red", "yellow", "blue"), front=True, weight=1.1),
    _row("stop sign", _FLOOR, _OUTDOOR, front=True, weight=0.9),
    _row("traffic light", _FLOOR, _OUTDOOR, ("black", "yellow", "green"), front=True, weight=0.9),
    _row("mailbox", _FLOOR, _OUTDOOR, ("blue", "red", "green", "white"), front=True, weight=0.9),
    _row("traffic cone", _FLOOR, _BOTH, ("orange", "yellow", "red"), weight=0.9),
    _row("kite", ("air",), _OUTDOOR, _BRIGHT, scale=(0.9, 1.4), weight=1.2),
    _row("balloon", ("air", "hand"), _BOTH, _BRIGHT, scale=(0.9, 1.2), weight=1.4),
    _row("fence", _FLOOR, _OUTDOOR, ("white", "brown", "gray"), front=False, weight=0.7),
)

KINDS: dict[str, Kind] = {kind.name: kind for kind in _TABLE}
"""Class name to its row."""
