"""Instance location (where in the frame) and orientation (which side of it, from its own point of view).

Forms: the grids' names; `side`, `heading` where headings are known, `gaze` from a human triple.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import numpy as np

from stvqa import vocabulary
from stvqa.programs.clearances import CELLS
from stvqa.programs.proposals.field import Field, Proposal
from stvqa.programs.relates import LOOKS
from stvqa.records import Heading, Located, Relates, Side

__all__ = ["GRIDS", "propose_locations", "propose_orientations"]

GRIDS = {grid: tuple(cells) for grid, cells in CELLS.items()}
_SEATS = frozenset({"chair", "armchair", "couch", "rocking chair"})
_SIDES = get_args(Side.model_fields["side"].annotation)
_FACINGS = get_args(Heading.model_fields["facing"].annotation)


def propose_locations(field: Field) -> Iterator[Proposal]:
    """In which part of the frame an object stands, `limit` questions of each grid."""
    for grid, cells in GRIDS.items():
        stack = field.decider.clearances.located(grid)
        settled = (np.abs(stack) >= 1).all(axis=0) & ((stack >= 1).sum(axis=0) == 1)
        for row in field.sample([row for row in field.rows if settled[row]], field.limit):
            true = cells[int(stack[:, row].argmax())]
            false = field.sample([cell for cell in cells if cell != true], field.width(len(cells)) - 1)
            claims = [
                Located.model_validate({"subject": field.id(row), "grid": grid, "cell": cell})
                for cell in (true, *false)
            ]
            yield Proposal("instance_location", grid, tuple(claims))


def propose_orientations(field: Field) -> Iterator[Proposal]:
    """Sides and headings from space; what is looked at from triples."""
    if field.decider.view.graph.space_evidence == "simulated" and field.rows:
        yield from _sides(field)
        yield from _headings(field)
    yield from _gazes(field)


def _sides(field: Field) -> Iterator[Proposal]:
    stack = np.stack([field.decider.clearances.side(side) for side in _SIDES])
    settled = (np.abs(stack) >= 1).all(axis=0) & ((stack >= 1).sum(axis=0) == 1)
    observers = np.array([_has_a_view(item.name) for item in field.decider.view.graph.objects])
    for observer, target in field.pairs(settled & observers[:, None]):
        true = _SIDES[int(stack[:, observer, target].argmax())]
        false = field.sample([side for side in _SIDES if side != true], field.width(4) - 1)
        claims = [Side(observer=field.id(observer), side=side, object=field.id(target)) for side in (true, *false)]
        yield Proposal("orientation", "side", tuple(claims))


def _headings(field: Field) -> Iterator[Proposal]:
    stack = np.stack([field.decider.clearances.heading(facing) for facing in _FACINGS])
    settled = (np.abs(stack) >= 1).all(axis=0) & ((stack >= 1).sum(axis=0) == 1)
    for row in field.sample([row for row in field.rows if settled[row] and _has_a_view(field.name(row))], field.limit):
        true = _FACINGS[int(stack[:, row].argmax())]
        false = field.sample([facing for facing in _FACINGS if facing != true], field.width(4) - 1)
        claims = [Heading(subject=field.id(row), facing=facing) for facing in (true, *false)]
        yield Proposal("orientation", "heading", tuple(claims))


def _has_a_view(name: str) -> bool:
    """Whether people speak of its left and right: people, animals, vehicles, seats; not a clock on the wall."""
    traits = vocabulary.traits(name)
    return traits.agent or traits.vehicle or vocabulary.concept(name) in _SEATS


def _gazes(field: Field) -> Iterator[Proposal]:
    spoken = {field.id(row) for row in field.rows}
    for triple in field.decider.view.graph.relationships:
        if triple.predicate not in LOOKS or not {triple.subject, triple.object} <= spoken:
            continue
        if not vocabulary.traits(field.decider.view.item(triple.subject).name).agent:
            continue
        false = []
        for row in field.sample(field.rows, len(field.rows)):
            claim = Relates(subject=triple.subject, predicate=triple.predicate, object=field.id(row))
            if field.id(row) not in (triple.subject, triple.object) and field.decider.decide(claim).value is False:
                false.append(claim)
        if false:
            true = Relates(subject=triple.subject, predicate=triple.predicate, object=triple.object)
            yield Proposal("orientation", "gaze", (true, *false[: field.width(len(false) + 1) - 1]))
