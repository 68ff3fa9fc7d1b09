"""Relation: where one object is with respect to another.

Forms: `axis` (left or right; above or below), `mainly` (one of four sectors), `diagonal` (both axes),
`which` (which object lies on that side), `whereabouts` (on the table, in the bowl ...), `predicate`
(on or under, in front of or behind).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from stvqa import vocabulary
from stvqa.programs.clearances import DIRECTIONS, ImageDirection
from stvqa.programs.proposals.field import Field, Proposal
from stvqa.records import AllOf, Direction, Mainly, Relates, Relationship

__all__ = ["propose_relations"]

_AXES: tuple[tuple[ImageDirection, ImageDirection], ...] = (("left", "right"), ("above", "below"))
_PLACES = frozenset(
    {
        *("on", "on top of", "in", "inside", "under", "mounted on", "hanging on", "hanging from"),
        *("sitting on", "sitting in", "standing on", "standing in", "lying on", "lying in", "parked on", "parked in"),
    }
)
"""Predicates that answer "where is it?"."""

_OPPOSITES = {
    "on": ("under",),
    "on top of": ("under",),
    "under": ("on", "above"),
    "below": ("above",),
    "above": ("below",),
    "over": ("under",),
    "in front of": ("behind",),
    "behind": ("in front of",),
}
"""What is asked against what; both must be places that a person could mean."""


def propose_relations(field: Field) -> Iterator[Proposal]:
    """Questions of where things are, `limit` of each form at most."""
    if len(field.rows) >= 2:
        yield from _axis(field)
        yield from _mainly(field)
        yield from _diagonal(field)
        yield from _which(field)
    for triple in field.sample(_triples(field), 2 * field.limit):
        yield from _whereabouts(field, triple)
        yield from _predicate(field, triple)


def _axis(field: Field) -> Iterator[Proposal]:
    for first, second in _AXES:
        matrix = field.decider.clearances.direction(first)
        for subject, target in field.pairs(np.abs(matrix) >= 1):
            true, false = (first, second) if matrix[subject, target] >= 1 else (second, first)
            yield Proposal("relation", "axis", tuple(_direction(field, subject, way, target) for way in (true, false)))


def _mainly(field: Field) -> Iterator[Proposal]:
    stack = field.decider.clearances.mainly
    settled = (np.abs(stack) >= 1).all(axis=0) & ((stack >= 1).sum(axis=0) == 1)
    for subject, target in field.pairs(settled):
        true = DIRECTIONS[int(stack[:, subject, target].argmax())]
        false = field.sample([way for way in DIRECTIONS if way != true], field.width(4) - 1)
        ways = [Mainly(subject=field.id(subject), direction=way, object=field.id(target)) for way in (true, *false)]
        yield Proposal("relation", "mainly", tuple(ways))


def _diagonal(field: Field) -> Iterator[Proposal]:
    left, above = (field.decider.clearances.direction(way) for way in ("left", "above"))
    for subject, target in field.pairs((np.abs(left) >= 1) & (np.abs(above) >= 1)):
        row: ImageDirection = "above" if above[subject, target] >= 1 else "below"
        column: ImageDirection = "left" if left[subject, target] >= 1 else "right"
        ways = [(vertical, horizontal) for vertical in _AXES[1] for horizontal in _AXES[0]]
        false = field.sample([way for way in ways if way != (row, column)], field.width(4) - 1)
        claims = [
            AllOf(claims=tuple(_direction(field, subject, part, target) for part in way))
            for way in ((row, column), *false)
        ]
        yield Proposal("relation", "diagonal", tuple(claims))


def _which(field: Field) -> Iterator[Proposal]:
    way = field.random.choice(DIRECTIONS)
    matrix = field.decider.clearances.direction(way)
    for subject, target in field.pairs(matrix >= 1):
        false = [row for row in field.rows if row not in (subject, target) and matrix[row, target] <= -1]
        if not false:
            continue
        chosen = [subject, *field.sample(false, field.width(len(false) + 1) - 1)]
        yield Proposal("relation", "which", tuple(_direction(field, row, way, target) for row in chosen))


def _triples(field: Field) -> list[Relationship]:
    """Triples between two objects that can be spoken of."""
    spoken = {field.id(row) for row in field.rows}
    return [
        item
        for item in field.decider.view.graph.relationships
        if item.subject in spoken and item.object in spoken and item.subject != item.object
    ]


def _whereabouts(field: Field, triple: Relationship) -> Iterator[Proposal]:
    if triple.predicate not in _PLACES:
        return
    true = Relates(subject=triple.subject, predicate=triple.predicate, object=triple.object)
    place = field.decider.view.row(triple.object)
    false = []
    for row in field.sample(field.rows, len(field.rows)):
        if field.id(row) in (triple.subject, triple.object) or not field.alike(row, place):
            continue
        predicate = "in" if vocabulary.traits(field.name(row)).container else "on"
        claim = Relates(subject=triple.subject, predicate=predicate, object=field.id(row))
        if field.decider.decide(claim).value is False:
            false.append(claim)
    if false:
        yield Proposal("relation", "whereabouts", (true, *false[: field.width(len(false) + 1) - 1]))


def _predicate(field: Field, triple: Relationship) -> Iterator[Proposal]:
    words = _OPPOSITES.get(triple.predicate, ())
    if words and not _ambiguous_front(field, triple):
        chosen = (triple.predicate, field.random.choice(words))
        claims = [Relates(subject=triple.subject, predicate=word, object=triple.object) for word in chosen]
        yield Proposal("relation", "predicate", tuple(claims))


def _ambiguous_front(field: Field, triple: Relationship) -> bool:
    """In front of the man: this may mean his front or the camera's side; then the triple proves neither."""
    target = field.decider.view.item(triple.object)
    return vocabulary.predicate_kind(triple.predicate) == "depth" and vocabulary.traits(target.name).has_front


def _direction(field: Field, subject: int, way: ImageDirection, target: int) -> Direction:
    return Direction(subject=field.id(subject), direction=way, object=field.id(target))
