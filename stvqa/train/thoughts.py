"""The scene and the thought of a completion that is rendered from the truth: both follow the question.

scene, named = in_order_asked(scene, "Where is the dog relative to the cup?")    # dog.1, cup.1, then the others; 2
thought(scene, named)    # "Centres: dog at (50, 50), cup at (10, 5). From cup: dog below and to the right, taller."

A small model copies what it is asked about into the scene, and from there into the thought, place by place; told in
another order, it learned neither (dev/LOG.md).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from stvqa.rewards.scenes import Scene
from stvqa.vocabulary import plural

__all__ = ["in_order_asked", "name_of", "thought"]

_MOST_PLACED = 4
"""Objects told beside one another; with more, the thought would outgrow the scene."""


def name_of(object_id: str) -> str:
    """`tall_lamp.1` to `tall lamp`."""
    return object_id.rsplit(".", 1)[0].replace("_", " ")


def in_order_asked(scene: Scene, question: str) -> tuple[Scene, int]:
    """The scene with those objects first that the question names, in its order, and how many those are.

    Args:
        question: as it is put; its options, one line `(A) ...` each, name nothing.
    """
    text = question.split("\n(A) ", 1)[0].lower()
    named = _named([name_of(object_id).lower() for object_id in scene.ids], text)
    places = [named.get(name_of(object_id).lower(), len(text)) for object_id in scene.ids]
    order = sorted(range(len(places)), key=lambda number: places[number])
    ids = tuple(scene.ids[number] for number in order)
    return scene._replace(ids=ids, boxes=scene.boxes[order]), sum(place < len(text) for place in places)


def thought(scene: Scene, named: int) -> str:
    """The middle of each box, and where those asked about lie from the one named last, and how tall they are beside it.

    Where the question names one, all others are told beside that one; where it names none, beside the last. Objects
    are called by the names that questions and options have for them, by their ids only where several have one name.

    Args:
        scene: in the order asked, with one object or more.
        named: how many of its objects the question names.
    """
    names = [name_of(object_id) for object_id in scene.ids]
    called = [name if names.count(name) == 1 else object_id for name, object_id in zip(names, scene.ids, strict=True)]
    things = [_Thing(name, *box) for name, box in zip(called, scene.boxes.tolist(), strict=True)]
    centres = ", ".join(f"{thing.name} at ({thing.x}, {thing.y})" for thing in things)
    if named == 1:
        compared = _beside(things[0], things[1:])
    else:
        *others, last = things[:named] or things
        compared = _beside(last, others)
    return f"Centres: {centres}.{compared}"


class _Thing(NamedTuple):
    """What a thought calls an object, and its corners; x runs to the right, y down."""

    name: str
    x1: float
    y1: float
    x2: float
    y2: float

    @property
    def x(self) -> int:
        return round((self.x1 + self.x2) / 2)

    @property
    def y(self) -> int:
        return round((self.y1 + self.y2) / 2)

    @property
    def height(self) -> int:
        return round(self.y2 - self.y1)


def _named(names: Sequence[str], text: str) -> dict[str, int]:
    """Where a text first has each name, one or several of it; within a longer name a shorter one is not named."""
    forms = {form: name for name in names for form in (plural(name), name)}
    if not forms:
        return {}
    longest_first = "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))
    found: dict[str, int] = {}
    for match in re.finditer(rf"(?<!\w)(?:{longest_first})(?!\w)", text):
        found.setdefault(forms[match.group()], match.start())
    return found


def _beside(thing: _Thing, others: Sequence[_Thing]) -> str:
    if not 0 < len(others) < _MOST_PLACED:
        return ""
    told = [f"{other.name} {_direction(other, thing)}, {_height_beside(other, thing)}" for other in others]
    return f" From {thing.name}: {'; '.join(told)}."


def _direction(thing: _Thing, other: _Thing) -> str:
    right, down = thing.x - other.x, thing.y - other.y
    sides = [
        ("below" if down > 0 else "above") * (down != 0),
        ("to the right" if right > 0 else "to the left") * (right != 0),
    ]
    return " and ".join(filter(None, sides)) or "at the same place"


def _height_beside(thing: _Thing, other: _Thing) -> str:
    more = thing.height - other.height
    return "taller" if more > 0 else "less tall" if more < 0 else "as tall"
