"""prune: from a scene graph to the questions that could be asked of it, each with its focus graph.

    Prune(min_area_share=0.002, per_form=2)

First salience: only things that a reader can find are spoken of (no parts, clothing, backgrounds, groups,
junk; not too small, not filling the frame, and told apart by name or colour). Then every category's
proposer looks through all pairs, and each proposal is decided again, claim by claim; `check` decides once
more, on the focus graph alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Annotated, ClassVar, Self

from pydantic import Field as Parameter
from pydantic import model_validator

from stvqa.programs.claims import Mentioned, mentioned, names_of, objects_of
from stvqa.programs.decide import Decider
from stvqa.programs.difficulty import measure
from stvqa.programs.focus import focus_graph, focus_rows
from stvqa.programs.proposals import PROPOSERS, Field, Proposal
from stvqa.programs.references import confusables, references
from stvqa.programs.shortcuts import shortcuts, write_shortcuts
from stvqa.programs.verdict import Verdict
from stvqa.programs.view import SceneView
from stvqa.records import CATEGORIES, Category, Claim, Margins, Program, Prospect, Rejection, SceneGraph
from stvqa.stages.contract import MapStage, StageContext, random_for

__all__ = ["Prune"]


class Prune(MapStage[SceneGraph, Prospect]):
    """Lists what could be asked.

    Attributes:
        margins: how clear a case must be; what follows takes them from the questions themselves.
        categories: what may be asked at all.
        min_area_share / max_area_share: of the image, that an object spoken of may take up.
        min_visible_share: of an object, where the source knows it.
        per_form: at most so many prospects of one form and image.
        options: how many options a question may have.
        max_focus: prospects with a larger focus graph are left out: nobody could read the scene.
    """

    name = "prune"
    reads: ClassVar[type[SceneGraph]] = SceneGraph
    writes: ClassVar[type[Prospect]] = Prospect
    version: ClassVar[int] = 3

    margins: Margins = Margins()
    categories: tuple[Category, ...] = CATEGORIES
    min_area_share: float = Parameter(default=0.002, ge=0, lt=1)
    max_area_share: float = Parameter(default=0.6, gt=0, le=1)
    min_visible_share: float = Parameter(default=0.35, ge=0, le=1)
    per_form: int = Parameter(default=2, ge=1)
    options: tuple[Annotated[int, Parameter(ge=2, le=4)], ...] = Parameter(default=(2, 3, 4), min_length=1)
    max_focus: int = Parameter(default=16, ge=2)
    max_rejected_share: float = Parameter(default=0.9, ge=0, le=1)

    @model_validator(mode="after")
    def _areas_fit(self) -> Self:
        if self.min_area_share >= self.max_area_share:
            raise ValueError(
                f"min_area_share {self.min_area_share} is not below max_area_share {self.max_area_share}: "
                "no object could be spoken of"
            )
        return self

    def run(self, records: Iterator[SceneGraph], context: StageContext) -> Iterator[Prospect | Rejection]:
        """Prospects of each scene; a rejection for a scene that allows none."""
        for scene in records:
            found = list(self.prospects(scene, context))
            yield from found
            if not found:
                detail = f"{len(scene.objects)} objects, {len(scene.relationships)} relationships"
                yield Rejection(stage=self.name, reason="nothing-provable", record_id=scene.image_id, detail=detail)

    def prospects(self, scene: SceneGraph, context: StageContext) -> Iterator[Prospect]:
        """All prospects of one scene, each proposal decided a second time."""
        sight = _Sight(scene, self.margins)
        view = sight.decider.view
        rows = tuple(row for row in map(view.row, references(view)) if self._is_salient(view, row))
        seen: set[str] = set()
        for category in self.categories:
            chance = random_for(context.seed, self.name, f"{scene.image_id}/{category}")
            field = Field(sight.decider, rows, chance, self.per_form, self.options)
            for proposal in PROPOSERS[category](field):
                prospect = self._prospect(sight, proposal, answer=chance.randrange(len(proposal.claims)))
                if prospect is None:
                    context.counts["unproved-proposals"] += 1
                elif prospect.prospect_id not in seen:
                    seen.add(prospect.prospect_id)
                    yield prospect

    def _is_salient(self, view: SceneView, row: int) -> bool:
        space = view.graph.objects[row].space
        if space is not None and space.visible_share is not None and space.visible_share < self.min_visible_share:
            return False
        return self.min_area_share <= view.area_shares[row] <= self.max_area_share

    def _prospect(self, sight: _Sight, proposal: Proposal, *, answer: int) -> Prospect | None:
        scene, view = sight.decider.view.graph, sight.decider.view
        about = mentioned(proposal.claims)
        rows = focus_rows(view, about, sight.rivals)
        if len(rows) > self.max_focus:
            return None
        verdicts = [sight.decider.decide(claim) for claim in proposal.claims]
        if [verdict.value for verdict in verdicts] != [True] + [False] * (len(verdicts) - 1):
            return None
        margin = _smallest(verdicts)
        measured = measure(view, proposal.claims, asked=_asked(view, about), rivals=sight.rivals, margin=margin)
        claims = list(proposal.claims)
        claims.insert(answer, claims.pop(0))
        return Prospect(
            prospect_id=_identity(scene.image_id, proposal),
            image_id=scene.image_id,
            category=proposal.category,
            form=proposal.form,
            level=measured.level,
            rating=measured.rating,
            difficulty=measured.difficulty,
            evidence=verdicts[0].evidence,
            margins=self.margins,
            margin=margin,
            option_count=len(claims),
            program=Program(claims=tuple(claims)),
            answer=answer,
            focus=sight.focus(rows),
            topic=_topic(proposal.claims[0]),
            shortcuts=write_shortcuts(shortcuts(proposal.form, claims, answer, sight.names)),
            scene_objects=len(scene.objects),
        )


class _Sight:
    """One scene with what all its prospects share.

    Attributes:
        rivals: for each row those it could be confused with.
        names: of the objects, by id.
    """

    def __init__(self, scene: SceneGraph, margins: Margins) -> None:
        self.decider = Decider(scene, margins)
        self.rivals = confusables(self.decider.view)
        self.names = {item.id: item.name for item in scene.objects}
        self._graphs: dict[tuple[int, ...], SceneGraph] = {}

    def focus(self, rows: tuple[int, ...]) -> SceneGraph:
        """The focus graph of these rows, one for all questions about the same objects."""
        if rows not in self._graphs:
            self._graphs[rows] = focus_graph(self.decider.view.graph, rows)
        return self._graphs[rows]


def _smallest(verdicts: Sequence[Verdict]) -> float | None:
    margins = [abs(verdict.margin) for verdict in verdicts if verdict.margin is not None]
    return min(margins) if margins and verdicts[0].margin is not None else None


def _asked(view: SceneView, about: Mentioned) -> list[int]:
    """Rows whose size and occlusion make the question hard: those spoken of, or counted."""
    found = {view.row(item) for item in about.objects}
    for name in about.names:
        found.update(view.called(name))
    return sorted(found)


def _topic(claim: Claim) -> str:
    return "|".join(sorted([*objects_of(claim), *names_of(claim)]))


def _identity(image_id: str, proposal: Proposal) -> str:
    """Stable over runs: the image and a hash of form and claims, whatever their order."""
    text = "\n".join([proposal.form, *sorted(claim.model_dump_json() for claim in proposal.claims)])
    return f"{image_id}/{proposal.category}/{hashlib.sha256(text.encode()).hexdigest()[:12]}"
