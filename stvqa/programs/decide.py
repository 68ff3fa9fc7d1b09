"""Decides claims: true, false, or too close to call, with a margin and the evidence it rests on.

verdict = Decider(graph, Margins()).decide(Direction(subject="cup.1", direction="left", object="laptop.1"))
verdict.value, verdict.margin, verdict.evidence     # True, 3.2, "geometric"
"""

from __future__ import annotations

import math

import numpy as np

from stvqa import vocabulary
from stvqa.geometry import ious
from stvqa.programs.clearances import CELLS, Clearances
from stvqa.programs.pairs import PairClearances
from stvqa.programs.relates import decide_relates
from stvqa.programs.verdict import UNKNOWN, Verdict
from stvqa.programs.view import SceneView
from stvqa.records import (
    AllOf,
    Claim,
    Count,
    Direction,
    Evidence,
    Exists,
    Heading,
    Inside,
    Located,
    Mainly,
    Margins,
    Not,
    Ranks,
    Relates,
    SceneGraph,
    Side,
)

__all__ = ["Decider"]

_ORDER: tuple[Evidence, ...] = ("geometric", "simulated", "annotated", "estimated", "teacher")
_DUPLICATE_IOU = 0.5
_SPACE_MEASURES = frozenset({"height", "volume", "camera_distance", "distance"})
_TO_A_REFERENCE = frozenset({"image_distance", "distance"})


class Decider:
    """Decides any claim over one graph; arrays are shared between claims."""

    def __init__(self, graph: SceneGraph, margins: Margins) -> None:
        self.view = SceneView(graph)
        self.margins = margins
        self.clearances = Clearances(self.view, margins)
        self.pairs = PairClearances(self.clearances)

    def decide(self, claim: Claim) -> Verdict:
        """The verdict on one claim.

        Raises:
            UnknownObjectError: the claim names an object that the graph does not hold.
        """
        # One method an `op`, of the same name.
        verdict: Verdict = getattr(self, f"_{claim.op}")(claim)
        return verdict

    def _direction(self, claim: Direction) -> Verdict:
        return self._in_image(self.pairs.direction(claim.direction, *self._pair(claim.subject, claim.object)), "offset")

    def _mainly(self, claim: Mainly) -> Verdict:
        clearance = self.pairs.mainly(claim.direction, *self._pair(claim.subject, claim.object))
        return self._in_image(clearance, "direction")

    def _inside(self, claim: Inside) -> Verdict:
        return self._in_image(self.pairs.inside(*self._pair(claim.subject, claim.object)), "cover")

    def _located(self, claim: Located) -> Verdict:
        if claim.cell not in CELLS[claim.grid]:
            return UNKNOWN
        clearance = self.pairs.located(claim.grid, claim.cell, self.view.row(claim.subject))
        return self._in_image(clearance, "distance from the grid line")

    def _ranks(self, claim: Ranks) -> Verdict:
        if (claim.measure in _TO_A_REFERENCE) != (claim.reference is not None):
            return UNKNOWN
        subject = self.view.row(claim.subject)
        reference = None if claim.reference is None else self.view.row(claim.reference)
        sign = 1 if claim.extreme == "most" else -1
        ahead = [
            sign * self.pairs.dominance(claim.measure, reference, subject, self.view.row(item))
            for item in claim.among
            if item != claim.subject
        ]
        if not ahead or any(map(math.isnan, ahead)):
            return UNKNOWN
        decided = self._in_space if claim.measure in _SPACE_MEASURES else self._in_image
        return decided(min(ahead), claim.measure.replace("_", " "))

    def _side(self, claim: Side) -> Verdict:
        clearance = self.clearances.side(claim.side)[self._pair(claim.observer, claim.object)]
        return self._in_space(clearance, "direction from the observer")

    def _heading(self, claim: Heading) -> Verdict:
        return self._in_space(self.clearances.heading(claim.facing)[self.view.row(claim.subject)], "heading")

    def _count(self, claim: Count) -> Verdict:
        certain = self.view.called(claim.name)
        if any(vocabulary.salience(self.view.graph.objects[row].name) == "group" for row in certain):
            return UNKNOWN
        overlap = np.triu(ious(self.view.boxes[certain], self.view.boxes[certain]), 1)
        if (overlap >= _DUPLICATE_IOU).any():
            return UNKNOWN
        evidence: Evidence = "simulated" if self.view.is_exact else "annotated"
        if claim.equals < len(certain):
            return Verdict(False, None, evidence, f"at least {len(certain)} are in the graph")
        if not self.view.graph.exhaustive.objects or set(self.view.possibly_called(claim.name)) != set(certain):
            return UNKNOWN
        return Verdict(claim.equals == len(certain), None, evidence, f"{len(certain)} are in the exhaustive graph")

    def _relates(self, claim: Relates) -> Verdict:
        return decide_relates(claim, self.view, self.pairs)

    def _exists(self, claim: Exists) -> Verdict:
        target = self.view.row(claim.object)
        verdicts = {
            row: self.decide(_about(self.view.graph.objects[row].id, claim))
            for row in self.view.possibly_called(claim.name)
            if row != target
        }
        hits = [verdicts[row] for row in self.view.called(claim.name) if row in verdicts and verdicts[row].value]
        if hits:
            return max(hits, key=lambda verdict: verdict.margin or 0.0)
        if not self.view.graph.exhaustive.objects or any(item.value is not False for item in verdicts.values()):
            return UNKNOWN
        margins = [item.margin for item in verdicts.values() if item.margin is not None]
        evidence: Evidence = "simulated" if self.view.is_exact else "annotated"
        return Verdict(False, max(margins, default=None), evidence, "the exhaustive graph holds none")

    def _not(self, claim: Not) -> Verdict:
        inner = self.decide(claim.claim)
        value = None if inner.value is None else not inner.value
        return Verdict(value, None if inner.margin is None else -inner.margin, inner.evidence, inner.why)

    def _all_of(self, claim: AllOf) -> Verdict:
        parts = [self.decide(part) for part in claim.claims]
        false = [part for part in parts if part.value is False]
        if false:
            return min(false, key=lambda part: part.margin or 0.0)
        weakest = min(parts, key=lambda part: np.inf if part.margin is None else part.margin)
        evidence = max((part.evidence for part in parts), key=_ORDER.index)
        value = True if all(part.value for part in parts) else None
        return Verdict(value, weakest.margin, evidence, "; ".join(part.why for part in parts))

    def _pair(self, first: str, second: str) -> tuple[int, int]:
        return self.view.row(first), self.view.row(second)

    def _in_image(self, clearance: float, what: str) -> Verdict:
        return _measured(clearance, "geometric", what)

    def _in_space(self, clearance: float, what: str) -> Verdict:
        if np.isnan(clearance) or self.view.graph.space_evidence is None:
            return UNKNOWN
        return _measured(float(clearance), self.view.graph.space_evidence, what)


def _measured(clearance: float, evidence: Evidence, what: str) -> Verdict:
    value = True if clearance >= 1 else False if clearance <= -1 else None
    return Verdict(value, round(clearance, 3), evidence, f"{what}: {clearance:+.2f} of the margin")


def _about(subject: str, claim: Exists) -> Claim:
    """The claim that one instance would have to fulfil."""
    match claim.relation:
        case "left" | "right" | "above" | "below" as way:
            return Direction(subject=subject, direction=way, object=claim.object)
    return Relates(subject=subject, predicate=claim.relation, object=claim.object)
