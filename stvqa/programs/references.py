"""How to speak of an object so that a reader finds it, and only it.

    references(view)      # {"clock.1": "clock", "cup.1": "red cup", "cup.2": "blue cup"}

An object gets a reference when no other object of the graph could be meant by its name, or when a colour
tells it from all that could. Parts, clothing, backgrounds, groups and junk get none: they are poor subjects.
"""

from __future__ import annotations

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
"""Colours that people tell apart at a glance; gray and grey are one."""


def colour_of(item: SceneObject) -> str | None:
    """The object's one annotated colour; None for none, several, or a shade of a colour."""
    colours = {"grey" if attribute == "gray" else attribute for attribute in item.attributes if attribute in COLOURS}
    return colours.pop() if len(colours) == 1 else None


def confusables(view: SceneView) -> list[list[int]]:
    """For each row, the other rows that a reader could mean by the same name."""
    names = [item.name for item in view.graph.objects]
    distinct = sorted(set(names))
    rows = {name: [row for row, other in enumerate(names) if other == name] for name in distinct}
    near = {
        name: [row for other in distinct if vocabulary.confusable(name, other) for row in rows[other]]
        for name in distinct
    }
    return [[other for other in near[name] if other != row] for row, name in enumerate(names)]


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
            found[item.id] = f"{colour} {item.name}"
    return found
