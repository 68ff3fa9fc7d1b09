"""How to speak of an object so that a reader finds it, and only it.

    references(view)      # {"clock.1": "clock", "cup.1": "red cup", "cup.2": "blue cup"}

An object gets a reference when no other object of the graph could be meant by its name, or when a colour
tells it from all that could. Parts, clothing, backgrounds, groups and junk get none: they are poor subjects.
No person is told by a colour, which may be of the skin or of a shirt; and no name that holds a colour gets another
("the red red car").
"""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache

from stvqa import vocabulary
from stvqa.programs.view import SceneView

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


def colour_of(attributes: tuple[str, ...]) -> str | None:
    """The family of an object's one annotated colour; None for none, or for several."""
    families = {_FAMILIES.get(attribute, attribute) for attribute in attributes if attribute in COLOURS}
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
    found = _phrases(tuple([(item.name, item.attributes) for item in objects]))
    return {item.id: phrase for item, phrase in zip(objects, found, strict=True) if phrase is not None}


@lru_cache(maxsize=4096)
def _phrases(described: tuple[tuple[str, tuple[str, ...]], ...]) -> tuple[str | None, ...]:
    """The reference of each object, told by name and attributes; None for one that cannot be spoken of."""
    found: list[str | None] = []
    for (name, attributes), rivals in zip(described, _rivals(tuple([name for name, _ in described])), strict=True):
        colour = _told_colour(name, attributes)
        others = {_told_colour(*described[rival]) for rival in rivals}
        if vocabulary.salience(name) != "thing" or vocabulary.is_plural(name):
            found.append(None)
        elif not rivals:
            found.append(name)
        elif colour is None or None in others or colour in others or _colours_in(name):
            found.append(None)
        else:
            found.append(f"{_colour_word(attributes)} {name}")
    return tuple(found)


def _told_colour(name: str, attributes: tuple[str, ...]) -> str | None:
    """The colour that all would see in it; None where there is none, or where the name speaks against it."""
    if vocabulary.traits(name).person:
        return None
    colour = colour_of(attributes)
    return colour if colour_of((*attributes, *_colours_in(name))) == colour else None


def _colours_in(name: str) -> tuple[str, ...]:
    return tuple(word for word in name.split(" ") if word in COLOURS)


def _colour_word(attributes: tuple[str, ...]) -> str:
    """The colour as it was annotated; of several words for it, the first in the alphabet."""
    word = min(attribute for attribute in attributes if attribute in COLOURS)
    return "grey" if word == "gray" else word
