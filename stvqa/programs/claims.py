"""Walks through claims: which objects and names a claim speaks of, and what it says in words.

objects_of(Direction(subject="cup.1", direction="left", object="laptop.1"))   # ["cup.1", "laptop.1"]
in_words(claim, names)     # "the cup is to the left of the laptop in the image"
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

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
    "categories_of",
    "in_words",
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


def objects_of(claim: Claim) -> list[str]:
    """Ids of the objects a claim speaks of, in order, each once."""
    return list(dict.fromkeys(_objects(claim)))


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
    if isinstance(claim, Count | Exists):
        return [claim.name]
    if isinstance(claim, Not):
        return names_of(claim.claim)
    if isinstance(claim, AllOf):
        return [name for part in claim.claims for name in names_of(part)]
    return []


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


def _objects(claim: Claim) -> list[str]:
    match claim:
        case Ranks():
            return [*claim.among, *([claim.reference] if claim.reference else [])]
        case Side():
            return [claim.observer, claim.object]
        case Located() | Heading():
            return [claim.subject]
        case Exists():
            return [claim.object]
        case Count():
            return []
        case Not():
            return _objects(claim.claim)
        case AllOf():
            return [item for part in claim.claims for item in _objects(part)]
    return [claim.subject, claim.object]
