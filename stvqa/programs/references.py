"""How to speak of an object so that a reader finds it, and only it.

    references(view)      # {"clock.1": "clock", "cup.1": "red cup", "cup.2": "blue cup"}

An object gets a reference when no other object of the graph could be meant by its name, or when a colour
tells it from all that could. Parts, clothing, backgrounds, groups and junk get none: they are poor subjects.
"""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache

from stvqa import vocabulary
from stvqa.programs.view import SceneView
from stvqa.records import SceneObject

__all__ = ["COLOURS", "colour_of", "confusables", "references"]

COLOURS = frozenset(
    (
        *("black", "white", "grey", "gray", "red", "orange", "yellow", "green", "blue"),
        *("purple", "pink", "brown", "beige", "tan", "silver", "gold"),
    )
)
"""Colour words that attributes are looked through for."""


_FAMILIES = {"gray": "grey", "silver": "grey", "tan": "brown", "beige": "brown", "gold": "yellow"}
"""Colours that one person calls so and the next otherwise; they never tell two things apart."""


def colour_of(item: SceneObject) -> str | None:
    """The family of the object's one annotated colour; None for none, or for several."""
    families = {_FAMILIES.get(attribute, attribute) for attribute in item.attributes if attribute in COLOURS}
    return families.pop() if len(families) == 1 else None


def confusables(view: SceneView) -> tuple[tuple[int, ...], ...]:
    """For each row, the other rows that a reader could mean by the same name."""
    return _rivals(tuple(item.name for item in view.graph.objects))


@lru_cache(maxsize=4096)
def _rivals(names: tuple[str, ...]) -> tuple[tuple[int, ...], ...]:
    """Cached, since the many questions of one scene have few different focus graphs."""
    rows: dict[str, list[int]] = defaultdict(list)
    for row, name in enumerate(names):
        rows[name].append(row)
    near = {
        name: [row for other, members in rows.items() if vocabulary.confusable(name, other) for row in members]
        for name in rows
    }
    return tuple(tuple(other for other in near[name] if other != row) for row, name in enumerate(names))


def references(view: SceneView) -> dict[str, str]:
    """Noun phrases without article for the objects that can be spoken of, by id."""
    objects = view.graph.objects
    found = {}
    for row, rivals in enumerate(confusables(view)):
        item = objects[row]
        if vocabulary.salience(item.name) != "thing" or vocabulary.is_plural(item.name):
            continue
        if not rivals:
            found[item.id] = item.name
            continue
        colour = colour_of(item)
        others = {colour_of(objects[rival]) for rival in rivals}
        if colour is not None and None not in others and colour not in others:
            found[item.id] = f"{_colour_word(item)} {item.name}"
    return found


def _colour_word(item: SceneObject) -> str:
    """The colour as it was annotated; of several words for it, the first in the alphabet."""
    word = min(attribute for attribute in item.attributes if attribute in COLOURS)
    return "grey" if word == "gray" else word
