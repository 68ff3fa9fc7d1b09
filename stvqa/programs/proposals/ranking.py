"""Size, depth and distance: which of two to four objects comes first or last under a measure.

Forms are the measures' names, and `behind` for depth from a human triple. In the image: `image_height`, `image_width`,
`image_area`, `image_distance`. Of the things themselves, where the graph has their space: `height`, `volume`,
`camera_distance`, `distance`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from stvqa import vocabulary
from stvqa.programs.proposals.field import Field, Proposal
from stvqa.records import Category, Measure, Ranks, Relates

__all__ = ["propose_depths", "propose_distances", "propose_sizes"]

_SIZES: tuple[Measure, ...] = ("image_height", "image_width", "image_area", "height", "volume")


def propose_sizes(field: Field) -> Iterator[Proposal]:
    """Which looks larger, taller, wider; and, where space is known, which is."""
    for measure in _SIZES:
        yield from _ranked(field, "size", measure, reference=None)


def propose_depths(field: Field) -> Iterator[Proposal]:
    """Which is closer to the camera: from space, or from a triple that says "behind"."""
    if field.decider.view.graph.space_evidence is not None:
        yield from _ranked(field, "depth", "camera_distance", reference=None)
        return
    spoken = {field.id(row) for row in field.rows}
    for triple in field.decider.view.graph.relationships:
        if triple.predicate not in ("behind", "in front of") or not {triple.subject, triple.object} <= spoken:
            continue
        if vocabulary.traits(field.decider.view.item(triple.object).name).has_front:
            continue
        word = field.random.choice(("behind", "in front of"))
        pair = (triple.subject, triple.object) if word == triple.predicate else (triple.object, triple.subject)
        claims = [Relates(subject=one, predicate=word, object=other) for one, other in (pair, pair[::-1])]
        yield Proposal("depth", "behind", tuple(claims))


def propose_distances(field: Field) -> Iterator[Proposal]:
    """Which of some objects is closest to a reference object, in the image or in space."""
    measures: tuple[Measure, ...] = ("image_distance",)
    if field.decider.view.graph.space_evidence == "simulated":
        measures = ("image_distance", "distance")
    for measure in measures:
        for reference in field.sample(field.rows, field.limit):
            yield from _ranked(field._replace(limit=1), "distance", measure, reference=reference)


def _ranked(field: Field, category: Category, measure: Measure, *, reference: int | None) -> Iterator[Proposal]:
    rows = tuple(row for row in field.rows if row != reference)
    if len(rows) < 2:
        return
    ahead = field.decider.clearances.dominance(measure, reference)
    extreme = field.random.choice(("most", "least"))
    if extreme == "least":
        ahead = -ahead
    for winner, loser in field._replace(rows=rows).pairs(np.asarray(ahead >= 1)):
        others = [row for row in rows if row not in (winner, loser) and ahead[winner, row] >= 1]
        among = [winner, loser, *field.sample(others, field.width(len(others) + 2) - 2)]
        order = tuple(sorted(field.id(row) for row in among))
        claims = [
            Ranks(
                subject=field.id(row),
                extreme=extreme,  # type: ignore[arg-type]
                measure=measure,
                among=order,
                reference=None if reference is None else field.id(reference),
            )
            for row in among
        ]
        yield Proposal(category, measure, tuple(claims))
