"""Decides triples: stated, refuted, or neither.

    decide_relates(Relates(subject="man.1", predicate="holding", object="cup.1"), view, pairs)

A triple is true where the annotation states it (or its inverse) and nothing in the graph speaks against it.
What is not annotated is not false. It is false only where something rules it out: a triple that excludes it,
boxes too far apart to touch, boxes that lie the other way, a gaze that goes elsewhere, or a graph that is
exhaustive for the predicate and lacks the triple.
"""

from __future__ import annotations

from stvqa import vocabulary
from stvqa.programs.clearances import ImageDirection
from stvqa.programs.pairs import PairClearances
from stvqa.programs.verdict import UNKNOWN, Verdict
from stvqa.programs.view import SceneView
from stvqa.records import Evidence, Relates

__all__ = ["LOOKS", "decide_relates"]

LOOKS = frozenset({"looking at", "watching", "facing"})
"""Predicates whose object lies on the subject's line of sight."""

_WAYS: dict[str, ImageDirection] = {
    "left of": "left",
    "right of": "right",
    "above": "above",
    "over": "above",
    "below": "below",
    "under": "below",
}
"""Predicates that boxes can contradict. They never prove them: "above" may mean higher up in the scene."""

_ON_A_STRING = frozenset({"kite", "balloon"})


def decide_relates(claim: Relates, view: SceneView, pairs: PairClearances) -> Verdict:
    """The verdict on a triple; too close to call where the annotation and the boxes disagree."""
    stated = _stated(claim, view)
    excluded = _excluded(claim, view)
    if stated is None and _turned(claim, view, pairs) >= 1:
        excluded = None  # what is on a ceiling is under it as well
    against = excluded or _contradicted(claim, view, pairs) or _apart(claim, view, pairs)
    against = against or _looks_elsewhere(claim, view, pairs)
    if stated is not None and against is not None:
        return Verdict(None, 0.0, "annotated", f"the triple says so but {against.why}")
    return stated or against or _absent(claim, view) or UNKNOWN


def _stated(claim: Relates, view: SceneView) -> Verdict | None:
    """A triple, or its inverse, says so."""
    if claim.predicate in view.triples.get((claim.subject, claim.object), ()):
        return Verdict(True, None, _evidence(claim.predicate, view), "the graph holds the triple")
    inverse = vocabulary.inverse(claim.predicate)
    if inverse is not None and inverse in view.triples.get((claim.object, claim.subject), ()):
        return Verdict(True, None, _evidence(inverse, view), "the graph holds the inverse triple")
    return None


def _excluded(claim: Relates, view: SceneView) -> Verdict | None:
    """Another triple of the two rules it out."""
    for predicate in view.triples.get((claim.subject, claim.object), ()):
        if claim.predicate in vocabulary.excludes(predicate):
            return Verdict(False, None, _evidence(predicate, view), f"it is “{predicate}”")
    for predicate in view.triples.get((claim.object, claim.subject), ()):
        inverse = vocabulary.inverse(predicate)
        if inverse is not None and claim.predicate in vocabulary.excludes(inverse):
            return Verdict(False, None, _evidence(predicate, view), f"the other is “{predicate}” it")
    return None


def _contradicted(claim: Relates, view: SceneView, pairs: PairClearances) -> Verdict | None:
    """The boxes lie clearly the other way."""
    turned = _turned(claim, view, pairs)
    if turned > -1:
        return None
    return Verdict(False, round(turned, 3), "geometric", f"the boxes lie the other way, {turned:+.2f} of the margin")


def _turned(claim: Relates, view: SceneView, pairs: PairClearances) -> float:
    """How clearly the boxes lie as a predicate of direction says, in units of the margin; 0 for other predicates."""
    if claim.predicate not in _WAYS:
        return 0.0
    return pairs.direction(_WAYS[claim.predicate], view.row(claim.subject), view.row(claim.object))


def _apart(claim: Relates, view: SceneView, pairs: PairClearances) -> Verdict | None:
    """A gap between the boxes refutes contact.

    Not where the contact may be hidden or indirect: a string or a leash is in no box, and what stands on a
    box that stands on the table is on the table.
    """
    if not vocabulary.needs_contact(claim.predicate):
        return None
    subject, target = view.row(claim.subject), view.row(claim.object)
    kind = vocabulary.predicate_kind(claim.predicate)
    if kind == "hold" and _may_be_on_a_string(view.graph.objects[target].name):
        return None
    if kind == "support" and pairs.is_over_or_under(subject, target):
        return None
    apart = pairs.apart(subject, target)
    if apart < 1:
        return None
    return Verdict(False, -round(apart, 3), "geometric", f"their boxes are {apart:.1f} times the least gap apart")


def _may_be_on_a_string(name: str) -> bool:
    return vocabulary.concept(name) in _ON_A_STRING or vocabulary.traits(name).agent


def _looks_elsewhere(claim: Relates, view: SceneView, pairs: PairClearances) -> Verdict | None:
    """All of a line of sight projects to one ray in the image, so what lies off that ray is not looked at.

    Where several things are looked at, what lies off all of these rays. Eyes may go elsewhere than the body faces.
    """
    if claim.predicate not in LOOKS:
        return None
    subject, target = view.row(claim.subject), view.row(claim.object)
    turns = [_turn(subject, looked_at, target, pairs) for looked_at in _looked_at(claim, view)]
    least = min(turns, default=0.0)
    if least < 1:
        return None
    degrees = least * pairs.margins.gaze_degrees
    return Verdict(False, -round(least, 3), "geometric", f"the gaze goes {degrees:.0f}° away")


def _looked_at(claim: Relates, view: SceneView) -> list[int]:
    """Rows of what else the subject looks at, or, for a claim about facing, of what else it faces."""
    same = {"facing"} if claim.predicate == "facing" else LOOKS - {"facing"}
    return [
        view.row(end)
        for (start, end), predicates in view.triples.items()
        if start == claim.subject and end != claim.object and not same.isdisjoint(predicates)
    ]


def _turn(subject: int, looked_at: int, target: int, pairs: PairClearances) -> float:
    """How far the target lies off the ray to what is looked at, in units of the margin; 0 where boxes meet."""
    if min(pairs.apart(subject, looked_at), pairs.apart(subject, target)) <= 0:
        return 0.0
    return pairs.turned(subject, looked_at, target)


def _absent(claim: Relates, view: SceneView) -> Verdict | None:
    """Where the graph is exhaustive for a predicate, a triple that it lacks is false."""
    if claim.predicate not in view.graph.exhaustive.predicates:
        return None
    return Verdict(False, None, _evidence(claim.predicate, view), "the graph is exhaustive and lacks it")


def _evidence(predicate: str, view: SceneView) -> Evidence:
    exact = view.is_exact and predicate in view.graph.exhaustive.predicates
    return "simulated" if exact else "annotated"
