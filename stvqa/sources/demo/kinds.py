"""The classes of the demo source: names, colours, sizes and where each may be put. One row a class.

    KINDS["cup"]   # Kind(name='cup', variants=('',), colours=('red', ...), places='floor surface inside hand', ...)

Names were chosen so that no class can be called by another's name (no duck beside bird, no bush beside plant);
classes that people do mix up (table and desk, handbag and backpack) share a `family`, and a scene takes one of it.
"""

from __future__ import annotations

from stvqa.sources.demo.kind import Kind

__all__ = ["KINDS"]

_PAINT = ("red", "blue", "green", "yellow", "white", "black", "orange")
_BRIGHT = ("red", "blue", "green", "yellow", "orange", "purple", "pink")
_WOOD = ("brown", "white", "black", "gray")
_FABRIC = ("red", "blue", "green", "gray", "brown", "yellow", "purple")

_PEOPLE_SCALES = {"man": (0.95, 1.06), "woman": (0.88, 1.0), "boy": (0.6, 0.75), "girl": (0.59, 0.74)}
"""Times the drawn 1.80 m of adults, 1.65 m of children: 1.58 to 1.91 m, 0.97 to 1.24 m."""

_INDOOR, _OUTDOOR, _BOTH = ("indoor",), ("outdoor",), ("indoor", "outdoor")
_SMALL = ("floor", "surface", "beneath", "inside")
_IN_HAND = (*_SMALL, "hand")


_FLOOR = ("floor",)

_TABLE = (
    Kind("table", _FLOOR, _BOTH, _WOOD, variants=("long", "round", "square", "low"), family="table", weight=1.5),
    Kind("desk", _FLOOR, _INDOOR, _WOOD, variants=("left", "right"), family="table"),
    Kind(
        "chair",
        _FLOOR,
        _BOTH,
        (*_WOOD, "red", "blue"),
        variants=("slats", "solid"),
        front=True,
        scale=(0.92, 1.08),
        weight=2,
    ),
    Kind("stool", _FLOOR, _BOTH, (*_WOOD, "red", "yellow"), scale=(0.92, 1.15)),
    Kind("couch", _FLOOR, _INDOOR, _FABRIC, variants=("long", "short"), front=True, scale=(0.95, 1.08)),
    Kind("bed", _FLOOR, _INDOOR, _FABRIC, variants=("double", "single"), second="brown", scale=(0.92, 1.02)),
    Kind("shelf", _FLOOR, _INDOOR, _WOOD, variants=("tall", "short"), family="shelf"),
    Kind("cabinet", _FLOOR, _INDOOR, _WOOD, variants=("doors", "drawers"), family="shelf"),
    Kind("bench", _FLOOR, _BOTH, ("brown", "green", "white", "gray"), weight=1.3),
    *[
        Kind(name, _FLOOR, _BOTH, variants=("standing", "walking"), front=True, scale=_PEOPLE_SCALES[name], weight=1.2)
        for name in ("man", "woman", "boy", "girl")
    ],
    Kind(
        "dog",
        ("floor", "surface", "beneath"),
        _BOTH,
        ("brown", "black", "white", "gray"),
        variants=("standing", "sitting"),
        front=True,
        weight=1.5,
    ),
    Kind(
        "cat",
        ("floor", "surface", "beneath", "inside"),
        _BOTH,
        ("orange", "black", "white", "gray"),
        variants=("standing", "sitting"),
        front=True,
        weight=1.5,
    ),
    Kind("rabbit", ("floor", "surface", "beneath", "inside"), _BOTH, ("white", "brown", "gray", "black"), front=True),
    Kind(
        "horse",
        _FLOOR,
        _OUTDOOR,
        ("brown", "black", "white"),
        variants=("standing", "grazing"),
        front=True,
        second="black",
    ),
    Kind("zebra", _FLOOR, _OUTDOOR, variants=("standing", "grazing"), front=True, weight=0.7),
    Kind("cow", _FLOOR, _OUTDOOR, ("brown", "black"), variants=("standing", "grazing"), front=True, second="white"),
    Kind("sheep", _FLOOR, _OUTDOOR, ("white", "gray"), variants=("standing", "grazing"), front=True),
    Kind("elephant", _FLOOR, _OUTDOOR, ("gray",), variants=("standing",), front=True, scale=(0.7, 1.0), weight=0.6),
    Kind("giraffe", _FLOOR, _OUTDOOR, variants=("standing",), front=True, scale=(0.75, 1.0), weight=0.6),
    Kind(
        "bird",
        ("floor", "surface", "air", "beneath"),
        _BOTH,
        ("blue", "red", "yellow", "white", "black", "green"),
        variants=("standing",),
        front=True,
        scale=(0.8, 1.3),
        weight=1.3,
    ),
    Kind("car", _FLOOR, _OUTDOOR, _PAINT, variants=("sedan", "estate"), front=True, scale=(0.94, 1.06), weight=1.5),
    Kind("truck", _FLOOR, _OUTDOOR, _PAINT, front=True, second="white", scale=(0.9, 1.05), weight=0.7),
    Kind("bus", _FLOOR, _OUTDOOR, _PAINT[:5], front=True, second="white", scale=(0.9, 1.0), weight=0.7),
    Kind("bicycle", _FLOOR, _BOTH, _BRIGHT, front=True, scale=(0.9, 1.05), weight=1.3),
    Kind("motorcycle", _FLOOR, _OUTDOOR, _PAINT, front=True, scale=(0.95, 1.05)),
    Kind("skateboard", _FLOOR, _BOTH, _BRIGHT, second="white", weight=0.8),
    Kind("boat", _FLOOR, _OUTDOOR, _PAINT[:5], second="brown", front=True, weight=0.7),
    Kind("airplane", ("air",), _OUTDOOR, _PAINT[:5], second="white", front=True, weight=0.7),
    Kind("cup", _IN_HAND, _BOTH, (*_BRIGHT, "white"), scale=(1.0, 1.4), weight=1.8),
    Kind(
        "bottle",
        _IN_HAND,
        _BOTH,
        ("green", "blue", "red", "brown", "white"),
        variants=("label", "plain"),
        scale=(0.95, 1.3),
        weight=1.3,
    ),
    Kind("bowl", ("floor", "surface", "beneath", "hand"), _BOTH, (*_BRIGHT, "white"), scale=(1.0, 1.3), weight=1.6),
    Kind("plate", ("floor", "surface", "hand"), _BOTH, ("white", "blue", "green", "yellow", "red"), scale=(1.0, 1.25)),
    Kind("book", _IN_HAND, _BOTH, _BRIGHT, variants=("closed", "open", "standing"), weight=1.5),
    Kind("laptop", ("floor", "surface"), _BOTH, ("gray", "black", "white", "pink"), front=True),
    Kind("phone", ("surface", "floor", "hand"), _BOTH, ("black", "white", "red", "blue"), scale=(1.0, 1.2)),
    Kind("vase", _IN_HAND, _BOTH, (*_BRIGHT, "white"), scale=(0.9, 1.4)),
    Kind("apple", _IN_HAND, _BOTH, ("red", "green", "yellow"), scale=(1.0, 1.25), weight=1.6),
    Kind("orange", _IN_HAND, _BOTH, (), scale=(1.0, 1.25), family="ball-fruit"),
    Kind("banana", _IN_HAND, _BOTH, ("yellow", "green"), scale=(0.9, 1.2)),
    Kind("pizza", ("surface", "floor"), _BOTH, (), weight=0.8),
    Kind("cake", ("surface", "floor"), _BOTH, ("pink", "white", "brown", "yellow"), weight=0.9),
    Kind(
        "candle",
        ("surface", "floor", "beneath", "hand"),
        _BOTH,
        ("white", "red", "blue", "yellow"),
        scale=(1.0, 1.4),
        weight=0.8,
    ),
    Kind("teapot", ("surface", "floor", "beneath"), _BOTH, (*_BRIGHT, "white")),
    Kind("microwave", ("surface", "floor"), _INDOOR, ("white", "black", "gray", "red"), weight=0.6),
    Kind(
        "ball",
        _IN_HAND,
        _BOTH,
        ("red", "blue", "green", "yellow", "orange", "pink"),
        variants=("beach", "stripe"),
        second="white",
        scale=(0.7, 1.3),
        weight=1.6,
    ),
    Kind(
        "teddy bear",
        _IN_HAND,
        _BOTH,
        ("brown", "white", "pink", "gray"),
        second="#ecd3ae",
        front=True,
        scale=(0.7, 1.1),
        weight=1.2,
    ),
    Kind(
        "hat",
        ("floor", "surface", "beneath", "hand", "head"),
        _BOTH,
        (*_BRIGHT, "black", "white"),
        variants=("brim", "cap"),
        scale=(0.95, 1.1),
        weight=1.2,
    ),
    Kind(
        "box",
        ("floor", "surface", "beneath"),
        _BOTH,
        ("brown", "white", "red", "blue", "green"),
        variants=("open", "closed", "open"),
        scale=(0.7, 1.3),
        weight=1.5,
    ),
    Kind(
        "basket", ("floor", "surface", "beneath", "side"), _BOTH, ("brown", "white", "yellow", "gray"), scale=(0.9, 1.3)
    ),
    Kind("bucket", ("floor", "surface", "beneath", "side"), _BOTH, _BRIGHT),
    Kind("handbag", ("floor", "surface", "beneath", "side"), _BOTH, (*_BRIGHT, "black", "brown"), family="bag"),
    Kind("backpack", ("floor", "surface", "beneath", "side", "back"), _BOTH, (*_BRIGHT, "black"), family="bag"),
    Kind("suitcase", ("floor", "surface", "side"), _BOTH, (*_BRIGHT, "black"), family="bag", scale=(0.85, 1.0)),
    Kind("umbrella", ("hand",), _BOTH, _BRIGHT, scale=(0.85, 1.05), weight=1.2),
    Kind("pillow", ("floor", "surface"), _BOTH, (*_FABRIC, "white")),
    Kind("shoe", ("floor", "surface", "beneath", "inside", "hand"), _BOTH, (*_BRIGHT, "black"), weight=1.2),
    Kind("guitar", ("floor", "surface"), _BOTH, ("brown", "red", "black", "orange"), second="#5a3a22"),
    Kind("racket", ("floor", "surface", "hand"), _BOTH, ("red", "blue", "green", "black"), weight=0.9),
    Kind("clock", ("wall", "surface", "floor"), _INDOOR, (*_PAINT, "brown"), variants=("wall",), weight=1.4),
    Kind(
        "picture",
        ("wall",),
        _INDOOR,
        ("brown", "black", "white", "red"),
        variants=("wide", "high"),
        weight=1.4,
    ),
    Kind("window", ("wall",), _INDOOR, ("white", "brown"), scale=(0.8, 1.2)),
    Kind("door", ("wall",), _INDOOR, ("brown", "white", "red", "blue", "green"), scale=(0.95, 1.02), weight=0.8),
    Kind("television", ("wall", "surface", "floor"), _INDOOR, (), variants=("stand",), front=True, scale=(0.7, 1.15)),
    Kind(
        "lamp",
        ("ceiling", "surface", "floor"),
        _INDOOR,
        (*_BRIGHT, "white"),
        variants=("hanging",),
        second="#5b5f66",
        weight=1.4,
    ),
    Kind("refrigerator", _FLOOR, _INDOOR, ("white", "gray", "red", "black"), weight=0.7),
    Kind("sink", _FLOOR, _INDOOR, ("white", "gray", "pink"), weight=0.5),
    Kind("toilet", _FLOOR, _INDOOR, ("white", "pink"), weight=0.5),
    Kind("trash can", _FLOOR, _BOTH, ("gray", "green", "blue", "red"), weight=0.9),
    Kind(
        "plant",
        ("floor", "surface", "beneath"),
        _BOTH,
        ("brown", "white", "blue", "red"),
        variants=("small", "tall"),
        weight=1.2,
    ),
    Kind("tree", _FLOOR, _OUTDOOR, variants=("leafy", "fir"), scale=(0.6, 1.5), weight=1.5),
    Kind("rock", _FLOOR, _OUTDOOR, ("gray", "brown"), variants=("low", "high"), scale=(0.9, 1.3)),
    Kind("tent", _FLOOR, _OUTDOOR, ("orange", "green", "blue", "red", "yellow"), scale=(0.8, 1.1), weight=0.8),
    Kind(
        "house",
        _FLOOR,
        _OUTDOOR,
        ("white", "yellow", "red", "blue", "brown"),
        second="#8e3b2f",
        scale=(0.8, 1.2),
        weight=0.8,
    ),
    Kind("street light", _FLOOR, _OUTDOOR, ("black", "gray", "green"), scale=(0.8, 1.2), weight=0.9),
    Kind("fire hydrant", _FLOOR, _OUTDOOR, ("red", "yellow", "blue"), weight=1.1),
    Kind("stop sign", _FLOOR, _OUTDOOR, weight=0.9),
    Kind("traffic light", _FLOOR, _OUTDOOR, ("black", "yellow", "green"), weight=0.9),
    Kind("mailbox", _FLOOR, _OUTDOOR, ("blue", "red", "green", "white"), weight=0.9),
    Kind("traffic cone", _FLOOR, _BOTH, ("orange", "yellow", "red"), weight=0.9),
    Kind("kite", ("air",), _OUTDOOR, _BRIGHT, scale=(0.9, 1.4), weight=1.2),
    Kind("balloon", ("air", "hand"), _BOTH, _BRIGHT, scale=(0.9, 1.2), weight=1.4),
    Kind("fence", _FLOOR, _OUTDOOR, ("white", "brown", "gray"), weight=0.7),
)

KINDS: dict[str, Kind] = {kind.name: kind for kind in _TABLE}
"""Class name to its row."""
