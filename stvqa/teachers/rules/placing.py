"""Writers for where things are: relation, instance location, orientation by heading.

Every question about the picture plane says "in the image"; every question from an object's own point of
view says whose.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from stvqa.programs.claims import DIRECTION_PHRASES
from stvqa.records import AllOf, Claim, Direction, Heading, Located, Mainly, Side
from stvqa.teachers.contract import Worded
from stvqa.teachers.rules.phrases import Phrases, sentence

__all__ = ["PLACING"]

_SHORT = {"left": "to the left", "right": "to the right", "above": "above", "below": "below"}
_FACING = {
    "away": "away from the camera",
    "towards": "towards the camera",
    "left": "towards the left of the image",
    "right": "towards the right of the image",
}


def _axis(phrases: Phrases, claims: Sequence[Claim]) -> Worded:
    ways = cast("Sequence[Direction]", claims)
    subject, target = phrases.the(ways[0].subject), phrases.the(ways[0].object)
    level = ways[0].direction in ("left", "right")
    asked = "to the left or to the right of" if level else "above or below"
    text = phrases.pick(
        f"Is {subject} {asked} {target} in the image?",
        f"In the image, is {subject} {asked} {target}?",
        f"Relative to {target}, where is {subject} in the image?",
        f"In the image, where does {subject} appear with respect to {target}?",
    )
    if asked in text or phrases.chance.random() < 0.5:
        return Worded(text, tuple(sentence(_SHORT[way.direction]) for way in ways))
    return Worded(text, tuple(sentence(f"{DIRECTION_PHRASES[way.direction]} {target}") for way in ways))


def _mainly(phrases: Phrases, claims: Sequence[Claim]) -> Worded:
    ways = cast("Sequence[Mainly]", claims)
    subject, target = phrases.the(ways[0].subject), phrases.the(ways[0].object)
    text = phrases.pick(
        f"In which direction from {target} does {subject} mainly lie in the image?",
        f"Mainly, where is {subject} in the image relative to {target}?",
        f"Starting from {target}, in which direction of the image would you mainly go to reach {subject}?",
    )
    if text.startswith("Mainly"):
        return Worded(text, tuple(sentence(f"{DIRECTION_PHRASES[way.direction]} {target}") for way in ways))
    edges = {"left": "to the left", "right": "to the right", "above": "upwards", "below": "downwards"}
    return Worded(text, tuple(sentence(edges[way.direction]) for way in ways))


def _diagonal(phrases: Phrases, claims: Sequence[Claim]) -> Worded:
    ways = [cast("tuple[Direction, Direction]", cast("AllOf", claim).claims) for claim in claims]
    subject, target = phrases.the(ways[0][0].subject), phrases.the(ways[0][0].object)
    text = phrases.pick(
        f"Where is {subject} in the image relative to {target}?",
        f"How is {subject} placed in the image with respect to {target}?",
        f"In the image, which describes the position of {subject} relative to {target}?",
    )
    return Worded(
        text, tuple(sentence(f"{_SHORT[row.direction]} and {_SHORT[column.direction]}") for row, column in ways)
    )


def _which(phrases: Phrases, claims: Sequence[Claim]) -> Worded:
    ways = cast("Sequence[Direction]", claims)
    where = f"{DIRECTION_PHRASES[ways[0].direction]} {phrases.the(ways[0].object)}"
    texts = [f"Which of these is {where} in the image?", f"In the image, which of these appears {where}?"]
    if not any(phrases.traits(way.subject).agent for way in ways):
        texts += [f"Which object appears {where} in the image?", f"In the image, what can be seen {where}?"]
    text = phrases.pick(*texts)
    return Worded(text, tuple(sentence(phrases.the(way.subject)) for way in ways))


def _located(phrases: Phrases, claims: Sequence[Claim]) -> Worded:
    cells = cast("Sequence[Located]", claims)
    subject = phrases.the(cells[0].subject)
    unit = {"columns": "third", "rows": "third", "halves": "half", "quadrants": "quarter"}[cells[0].grid]
    divided = {
        "columns": "If the image is divided into three equal columns, in which one is",
        "rows": "If the image is divided into three equal rows, in which one is",
        "halves": "If the image is split down the middle, in which half is",
        "quadrants": "If the image is divided into four equal quarters, in which one is",
    }[cells[0].grid]
    plain = {
        "columns": f"In which third of the image, from left to right, is {subject} located?",
        "rows": f"In which third of the image, from top to bottom, is {subject} located?",
        "halves": f"In which half of the image, left or right, does {subject} appear?",
        "quadrants": f"In which quarter of the image does {subject} appear?",
    }[cells[0].grid]
    text = phrases.pick(f"{divided} {subject}?", plain)
    return Worded(text, tuple(f"The {cell.cell} {unit}" for cell in cells))


def _side(phrases: Phrases, claims: Sequence[Claim]) -> Worded:
    sides = cast("Sequence[Side]", claims)
    observer, target = phrases.the(sides[0].observer), phrases.the(sides[0].object)
    as_you = {"front": "in front of you", "behind": "behind you", "left": "to your left", "right": "to your right"}
    as_it = {"front": "in front", "behind": "behind", "left": "on the left", "right": "on the right"}
    if phrases.traits(sides[0].observer).person and phrases.chance.random() < 0.5:
        text = phrases.pick(
            f"Imagine that you are {observer} and look straight ahead. Where is {target}?",
            f"If you stood in the place of {observer}, facing the same way, where would {target} be?",
        )
        return Worded(text, tuple(sentence(as_you[item.side]) for item in sides))
    text = phrases.pick(
        f"From the point of view of {observer}, on which side is {target}?",
        f"Going by the way {observer} is facing, on which side is {target}?",
        f"Taking the direction in which {observer} faces as the front, where is {target}?",
    )
    return Worded(text, tuple(sentence(as_it[item.side]) for item in sides))


def _heading(phrases: Phrases, claims: Sequence[Claim]) -> Worded:
    ways = cast("Sequence[Heading]", claims)
    subject = phrases.the(ways[0].subject)
    text = phrases.pick(
        f"Which way is {subject} facing, as seen by the camera?",
        f"In which direction does the front of {subject} point, as seen by the camera?",
    )
    return Worded(text, tuple(sentence(_FACING[way.facing]) for way in ways))


PLACING: dict[str, Callable[[Phrases, Sequence[Claim]], Worded]] = {
    "axis": _axis,
    "mainly": _mainly,
    "diagonal": _diagonal,
    "which": _which,
    "columns": _located,
    "rows": _located,
    "halves": _located,
    "quadrants": _located,
    "side": _side,
    "heading": _heading,
}
"""Writers by form."""
