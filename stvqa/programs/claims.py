"""Walks through claims: which objects and names a claim speaks of, and what it says in words.

objects_of(Direction(subject="cup.1", direction="left", object="laptop.1"))   # ["cup.1", "laptop.1"]
in_words(claim, names)     # "the cup is to the left of the laptop in the image"
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from operator import attrgetter
from typing import Any, NamedTuple

from stvqa import vocabulary
from stvqa.records import (
    AllOf,
    Category,
    Claim,
    Count,
    Direction,
    Exists,
    Heading,
    Inside,
    Located,
    Mainly,
    Not,
    Ranks,
    Relates,
    Side,
)

__all__ = [
    "DIRECTION_PHRASES",
    "MEASURE_PHRASES",
    "SIDE_PHRASES",
    "Mentioned",
    "categories_of",
    "in_words",
    "mentioned",
    "names_of",
    "objects_of",
]

DIRECTION_PHRASES = {"left": "to the left of", "right": "to the right of", "above": "above", "below": "below"}
SIDE_PHRASES = {"front": "in front of", "behind": "behind", "left": "to the left of", "right": "to the right of"}
MEASURE_PHRASES = {
    "image_height": ("looks tallest in the image", "looks shortest in the image"),
    "image_width": ("looks widest in the image", "looks narrowest in the image"),
    "image_area": ("looks largest in the image", "looks smallest in the image"),
    "image_distance": ("is farthest in the image from", "is closest in the image to"),
    "height": ("is really the tallest", "is really the shortest"),
    "volume": ("is really the largest", "is really the smallest"),
    "camera_distance": ("is farthest from the camera", "is closest to the camera"),
    "distance": ("is really farthest from", "is really closest to"),
}


class Mentioned(NamedTuple):
    """Ids of the objects that some claims speak of, and names that they quantify over, each once and in order."""

    objects: tuple[str, ...]
    names: tuple[str, ...]


def mentioned(claims: Iterable[Claim]) -> Mentioned:
    """What claims speak of, all together."""
    objects: dict[str, None] = {}
    names: dict[str, None] = {}
    for claim in claims:
        objects.update(dict.fromkeys(_OBJECTS[claim.op](claim)))
        names.update(dict.fromkeys(names_of(claim)))
    return Mentioned(tuple(objects), tuple(names))


def objects_of(claim: Claim) -> list[str]:
    """Ids of the objects a claim speaks of, in order, each once."""
    return list(dict.fromkeys(_OBJECTS[claim.op](claim)))


def categories_of(claims: Sequence[Claim]) -> frozenset[Category]:
    """Categories that a question with such claims may belong to."""
    if any(isinstance(claim, Not) for claim in claims):
        return frozenset({"existence"})
    first = claims[0]
    if isinstance(first, Ranks):
        if first.measure in ("image_distance", "distance"):
            return frozenset({"distance"})
        return frozenset({"depth"}) if first.measure == "camera_distance" else frozenset({"size"})
    return _CATEGORIES[first.op]


_CATEGORIES: dict[str, frozenset[Category]] = {
    **dict.fromkeys(("direction", "mainly", "inside", "all_of"), frozenset[Category]({"relation"})),
    "located": frozenset({"instance_location"}),
    "count": frozenset({"count"}),
    "relates": frozenset({"relation", "reach", "depth", "orientation"}),
    **dict.fromkeys(("side", "heading"), frozenset[Category]({"orientation"})),
    "exists": frozenset({"existence"}),
}


def names_of(claim: Claim) -> list[str]:
    """Names that a claim quantifies over (`Count`, `Exists`): every object so called matters to it."""
    names = _NAMES.get(claim.op)
    return [] if names is None else names(claim)


def in_words(claim: Claim, names: Mapping[str, str]) -> str:  # noqa: C901 (one case a claim)
    """A claim as a plain statement.

    Args:
        names: what to call each object, without article; an id that is missing stands for itself.
    """
    the = partial(_the, names=names)
    match claim:
        case Direction():
            return f"{the(claim.subject)} is {DIRECTION_PHRASES[claim.direction]} {the(claim.object)} in the image"
        case Mainly():
            where = DIRECTION_PHRASES[claim.direction]
            return f"{the(claim.subject)} is mainly {where} {the(claim.object)} in the image"
        case Inside():
            return f"{the(claim.subject)} lies within the box of {the(claim.object)}"
        case Ranks():
            return _ranks_in_words(claim, names)
        case Located():
            return f"{the(claim.subject)} is in the {claim.cell} part of the image ({claim.grid})"
        case Count():
            return f"exactly {claim.equals} of “{claim.name}” are visible"
        case Relates():
            return f"{the(claim.subject)} is {vocabulary.predicate_phrase(claim.predicate)} {the(claim.object)}"
        case Side():
            where = SIDE_PHRASES[claim.side]
            return f"{the(claim.object)} is {where} {the(claim.observer)}, from its own point of view"
        case Heading():
            return f"{the(claim.subject)} faces {_FACING[claim.facing]}"
        case Exists():
            relation = DIRECTION_PHRASES.get(claim.relation) or vocabulary.predicate_phrase(claim.relation)
            return f"there is {vocabulary.indefinite(claim.name)} {relation} {the(claim.object)}"
        case Not():
            return f"it is not so that {in_words(claim.claim, names)}"
        case AllOf():
            return " and ".join(in_words(part, names) for part in claim.claims)


_FACING = {
    "away": "away from the camera",
    "towards": "towards the camera",
    "left": "the left of the image",
    "right": "the right of the image",
}


def _ranks_in_words(claim: Ranks, names: Mapping[str, str]) -> str:
    phrase = MEASURE_PHRASES[claim.measure][0 if claim.extreme == "most" else 1]
    to = f" {_the(claim.reference, names)}" if claim.reference is not None else ""
    rivals = ", ".join(names.get(item, item) for item in claim.among if item != claim.subject)
    return f"{_the(claim.subject, names)} {phrase}{to} (against {rivals})"


def _the(object_id: str, names: Mapping[str, str]) -> str:
    return f"the {names.get(object_id, object_id)}"


def _ranked(claim: Ranks) -> tuple[str, ...]:
    return claim.among if claim.reference is None else (*claim.among, claim.reference)


_PAIR: Callable[[Any], tuple[str, ...]] = attrgetter("subject", "object")
_OBJECTS: dict[str, Callable[[Any], tuple[str, ...]]] = {
    **dict.fromkeys(("direction", "mainly", "inside", "relates"), _PAIR),
    "side": attrgetter("observer", "object"),
    **dict.fromkeys(("located", "heading"), lambda claim: (claim.subject,)),
    "ranks": _ranked,
    "count": lambda _: (),
    "exists": lambda claim: (claim.object,),
    "not": lambda claim: _OBJECTS[claim.claim.op](claim.claim),
    "all_of": lambda claim: tuple(item for part in claim.claims for item in _OBJECTS[part.op](part)),
}
"""What each claim speaks of, by `op`: asked a dozen times a question, for which a chain of classes is slow."""

_NAMES: dict[str, Callable[[Any], list[str]]] = {
    **dict.fromkeys(("count", "exists"), lambda claim: [claim.name]),
    "not": lambda claim: names_of(claim.claim),
    "all_of": lambda claim: [name for part in claim.claims for name in names_of(part)],
}
