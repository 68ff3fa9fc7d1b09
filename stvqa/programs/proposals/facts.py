"""Reach, existence and count: what is held, what there is, and how many.

Forms: reach `held` (what A holds) and `holder` (who holds B); existence `definite` and `triple` (is the A
... the B?), `exists` (is there an A ... the B?); count `count`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from stvqa import vocabulary
from stvqa.programs.clearances import ImageDirection
from stvqa.programs.proposals.field import Field, Proposal
from stvqa.records import Claim, Count, Direction, Exists, Not, Relates, Relationship

__all__ = ["propose_counts", "propose_existences", "propose_reaches"]

_REACH = frozenset({"hold", "contact"})
_YES_OR_NO = frozenset(
    {
        *("on", "on top of", "in", "inside", "under", "below", "above", "sitting on", "standing on", "lying on"),
        *("holding", "carrying", "riding", "touching"),
    }
)
"""Predicates of yes-or-no questions."""

_OPPOSITES = {"on": "under", "on top of": "under", "under": "on", "above": "below", "below": "above"}
_LARGEST_COUNT = 9


def propose_reaches(field: Field) -> Iterator[Proposal]:
    """What a person or animal holds, touches, carries, rides; and who does."""
    spoken = {field.id(row): row for row in field.rows}
    for triple in field.decider.view.graph.relationships:
        if triple.subject not in spoken or triple.object not in spoken or not _reaches(field, triple):
            continue
        subject, target = spoken[triple.subject], spoken[triple.object]
        others = [row for row in field.rows if row not in (subject, target)]
        held = [_with(triple, target=field.id(row)) for row in others if field.alike(row, target)]
        holders = [_with(triple, subject=field.id(row)) for row in others if field.alike(row, subject)]
        for form, claims in (("held", held), ("holder", holders)):
            false = [claim for claim in field.sample(claims, len(claims)) if _is_false(field, claim)]
            if false:
                chosen = false[: field.width(len(false) + 1) - 1]
                yield Proposal("reach", form, (_with(triple), *chosen))


def propose_existences(field: Field) -> Iterator[Proposal]:
    """Yes-or-no questions; the true claim is the statement or its opposite."""
    if len(field.rows) < 2:
        return
    for claim in (*_definite(field), *_definite_triples(field), *_exists(field)):
        verdict = field.decider.decide(claim).value
        if verdict is not None:
            form = {"direction": "definite", "relates": "triple"}.get(claim.op, "exists")
            opposite = Not(claim=claim)
            yield Proposal("existence", form, (claim, opposite) if verdict else (opposite, claim))


def propose_counts(field: Field) -> Iterator[Proposal]:
    """How many, where the graph is exhaustive."""
    graph = field.decider.view.graph
    if not graph.exhaustive.objects:
        return
    names = _countable(field)
    asked = 0
    for name in field.sample(names, len(names)):
        count = len(field.decider.view.called(name))
        if not 1 <= count <= _LARGEST_COUNT or field.decider.decide(Count(name=name, equals=count)).value is not True:
            continue
        asked += 1
        if asked > field.limit:
            return
        near = [number for number in _window(field, count) if number != count]
        yield Proposal("count", "count", tuple(Count(name=name, equals=number) for number in (count, *near)))


def _countable(field: Field) -> list[str]:
    """What may be counted: each kind of thing under the name its annotators agree on, and people together."""
    names: dict[str, set[str]] = defaultdict(set)
    things = [item for item in field.decider.view.graph.objects if vocabulary.salience(item.name) == "thing"]
    for item in things:
        names[vocabulary.concept(item.name)].add(vocabulary.singular(item.name))
    if any(vocabulary.traits(item.name).person for item in things):
        names["person"].add("person")
    return sorted(found.pop() if len(found) == 1 else concept for concept, found in names.items())


def _window(field: Field, count: int) -> range:
    """Neighbouring numbers, the count among them.

    Large numbers are offered only where they can be right: were "6" always a wrong option, nobody would have to look.
    """
    highest = max(4, count + 1)
    width = field.width(highest)
    lowest = field.random.randint(max(1, count - width + 1), min(count, highest - width + 1))
    return range(lowest, lowest + width)


def _definite(field: Field) -> Iterator[Claim]:
    ways: tuple[ImageDirection, ...] = ("left", "right", "above", "below")
    for way in field.sample(ways, 2):
        for subject, target in field._replace(limit=1).pairs(np.abs(field.decider.clearances.direction(way)) >= 1):
            yield Direction(subject=field.id(subject), direction=way, object=field.id(target))


def _definite_triples(field: Field) -> Iterator[Claim]:
    """A stated triple, and the same predicate with another object that is ruled out."""
    spoken = {field.id(row) for row in field.rows}
    for triple in field.sample(field.decider.view.graph.relationships, field.limit * 2):
        if not {triple.subject, triple.object} <= spoken or not _is_worth_asking(field, triple):
            continue
        yield _with(triple)
        target = field.decider.view.row(triple.object)
        for other in field.sample([row for row in field.rows if row != target and field.alike(row, target)], 1):
            if field.id(other) != triple.subject:
                yield _with(triple, target=field.id(other))
        if triple.predicate in _OPPOSITES:
            yield Relates(subject=triple.subject, predicate=_OPPOSITES[triple.predicate], object=triple.object)


def _exists(field: Field) -> Iterator[Claim]:
    """Is there any. A "no" needs an exhaustive graph, and where only "yes" can be proved, asking gives it away."""
    graph = field.decider.view.graph
    if not graph.exhaustive.objects:
        return
    names = sorted({item.name for item in graph.objects if _can_be_asked_for(item.name)})
    for target in field.sample(field.rows, field.limit):
        name, way = field.random.choice(names or [""]), field.random.choice(("left", "right", "above", "below"))
        if name and not vocabulary.confusable(name, field.name(target)):
            yield Exists(name=name, relation=way, object=field.id(target))
    yield from _exist_triples(field)


def _exist_triples(field: Field) -> Iterator[Claim]:
    """A stated triple, and the same with something else of its kind for a subject."""
    view, spoken = field.decider.view, {field.id(row) for row in field.rows}
    triples = [
        item
        for item in view.graph.relationships
        if item.object in spoken
        and item.predicate in view.graph.exhaustive.predicates
        and _is_worth_asking(field, item)
    ]
    for triple in field.sample(triples, field.limit):
        subject, target = view.row(triple.subject), view.row(triple.object)
        alike = [row for row in range(len(view.graph.objects)) if row != target and field.alike(row, subject)]
        for row in (subject, *field.sample([row for row in alike if row != subject], 1)):
            name = field.name(row)
            if _can_be_asked_for(name) and not vocabulary.confusable(name, field.name(target)):
                yield Exists(name=name, relation=triple.predicate, object=triple.object)


def _can_be_asked_for(name: str) -> bool:
    return vocabulary.salience(name) == "thing" and not vocabulary.is_plural(name)


def _is_worth_asking(field: Field, triple: Relationship) -> bool:
    """A plain predicate, and the most telling one of its two objects.

    Touching is asked of people and animals alone; and who holds something need not be asked whether he
    carries or touches it.
    """
    if triple.predicate not in _YES_OR_NO:
        return False
    agent = vocabulary.traits(field.decider.view.item(triple.subject).name).agent
    return (agent or triple.predicate != "touching") and not _is_implied(field, triple)


def _is_implied(field: Field, triple: Relationship) -> bool:
    stated = field.decider.view.triples[triple.subject, triple.object]
    if triple.predicate == "touching":
        return len(stated) > 1
    return triple.predicate == "carrying" and "holding" in stated


def _reaches(field: Field, triple: Relationship) -> bool:
    """Something an agent does with its body, told in the most telling word."""
    subject = field.decider.view.item(triple.subject)
    if not vocabulary.traits(subject.name).agent or vocabulary.predicate_kind(triple.predicate) not in _REACH:
        return False
    return not triple.predicate.endswith(" by") and not _is_implied(field, triple)


def _with(triple: Relationship, *, subject: str | None = None, target: str | None = None) -> Relates:
    return Relates(subject=subject or triple.subject, predicate=triple.predicate, object=target or triple.object)


def _is_false(field: Field, claim: Claim) -> bool:
    return field.decider.decide(claim).value is False
