"""What a verification came to, as figures for run.json, the report and the card.

    {"verifiers": ["gpt-4o"], "policy": "two_of", "judged": 7642, "accepted": 7101, "undecided": [],
     "canaries": {"planted": 230, "accepted": 2, "undecided": 0, "rate": 0.0087, "low": 0.0024, "high": 0.0311,
                  "by_options": {"2": {"planted": 121, "accepted": 2}, ...}},
     "label_error": {"estimate": 0.0007, "upper": 0.0027, "confidence": 0.95},
     "categories": {"relation": {"judged": 3801, "accepted": 3540, "blind_correct": 402, "mirrored": 1904,
                                 "planted": 118, "planted_accepted": 1,
                                 "label_error": {"estimate": 0.0006, "upper": 0.0028}}, ...},
     "refused": {"verifier-disagrees": 398, "mirror-disagrees": 143},
     "votes": {"image": 15702, "mirrored": 2890, "blind": 11230, "canary": 489, "unparsed": 31},
     "letters": {"2": {"A": {"right": 4411, "chosen": 4502}, "B": {"right": 4409, "chosen": 4318}}},
     "kappa": {"verdicts": 0.71, "choices": 0.88}}

The first `label_error` is of all categories together, by all planted wrong answers. That of a category goes by those of
its own questions; its `upper` is 1 where they are too few to say anything. Kappa is there for two verifiers. Shares are
0 to 1; None where there is nothing to take a share of.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from stvqa.completion import LETTERS
from stvqa.estimates import cohen_kappa, label_error, wilson
from stvqa.records import CATEGORIES, Vote
from stvqa.teachers.verifier.judging import Ruling
from stvqa.teachers.verifier.policies import Policy

__all__ = ["CONFIDENCE", "tally"]

CONFIDENCE = 0.95
_DIGITS = 4


def tally(rulings: Iterable[Ruling], *, verifiers: Sequence[str], policy: Policy) -> dict[str, Any]:
    """The table above.

    Args:
        rulings: on questions and on planted wrong answers, in any order.
        verifiers: their models.
        policy: what they were judged by.
    """
    every = list(rulings)
    real = [item for item in every if not item.case.planted]
    canaries = [item for item in every if item.case.planted]
    figures: dict[str, Any] = {
        "verifiers": list(verifiers),
        "policy": policy,
        "judged": len(real),
        "accepted": _accepted(real),
        "undecided": sorted(item.case.question.question_id for item in real if item.verdict == "undecided"),
        "refused": _reasons(real),
        "canaries": _canaries(canaries),
        "label_error": {**_bound(real, canaries), "confidence": CONFIDENCE},
        "categories": {
            name: _category(members, canaries)
            for name in CATEGORIES
            if (members := [item for item in real if item.case.question.category == name])
        },
        "votes": _votes(real, canaries),
        "letters": _letters(real),
    }
    if len(verifiers) > 1:
        figures["kappa"] = _kappa(real)
    return figures


def _accepted(rulings: Sequence[Ruling]) -> int:
    return sum(item.verdict == "accepted" for item in rulings)


def _decided(rulings: Sequence[Ruling]) -> int:
    """A failed call is no verdict, so it counts for neither side."""
    return sum(item.verdict in ("accepted", "refused") for item in rulings)


def _reasons(rulings: Sequence[Ruling]) -> dict[str, int]:
    found = Counter(item.reason for item in rulings if item.verdict in ("refused", "unaskable"))
    return dict(sorted(found.items()))


def _bound(real: Sequence[Ruling], canaries: Sequence[Ruling]) -> dict[str, float | None]:
    bound = label_error(
        accepted_wrong=_accepted(canaries),
        planted=_decided(canaries),
        accepted=_accepted(real),
        decided=_decided(real),
        confidence=CONFIDENCE,
    )
    return {"estimate": _rounded(bound.estimate), "upper": _rounded(bound.upper)}


def _canaries(canaries: Sequence[Ruling]) -> dict[str, Any]:
    decided, accepted = _decided(canaries), _accepted(canaries)
    interval = wilson(accepted, decided, confidence=CONFIDENCE)
    by_options = {}
    for options in (2, 3, 4):
        members = [item for item in canaries if len(item.case.question.options) == options]
        if members:
            by_options[str(options)] = {"planted": _decided(members), "accepted": _accepted(members)}
    return {
        "planted": decided,
        "accepted": accepted,
        "undecided": len(canaries) - decided,
        "rate": _rounded(accepted / decided) if decided else None,
        "low": _rounded(interval.low),
        "high": _rounded(interval.high),
        "by_options": by_options,
    }


def _category(members: Sequence[Ruling], canaries: Sequence[Ruling]) -> dict[str, Any]:
    """Of one category. What passes of other categories says nothing of it, so its bound goes by its own canaries."""
    decided = _decided(members)
    name = members[0].case.question.category
    own = [item for item in canaries if item.case.question.category == name]
    return {
        "judged": len(members),
        "accepted": _accepted(members),
        "rate": _rounded(_accepted(members) / decided) if decided else None,
        "blind_correct": sum(item.blind_correct is True for item in members),
        "blind_by_chance": _rounded(_by_chance(members)),
        "mirrored": sum(any(vote.mirrored for vote in item.votes) for item in members),
        "planted": _decided(own),
        "planted_accepted": _accepted(own),
        "label_error": _bound(members, own),
    }


def _by_chance(members: Sequence[Ruling]) -> float:
    """Share of rows that a reader who picks one option by its text gets right under all rotations, by chance."""
    run = [item for item in members if item.blind is not None]
    return sum(1 / len(item.case.question.options) for item in run) / len(run) if run else 0.0


def _votes(real: Sequence[Ruling], canaries: Sequence[Ruling]) -> dict[str, int]:
    kinds = Counter("blind" if vote.blind else "mirrored" if vote.mirrored else "image" for vote in _all_votes(real))
    planted = list(_all_votes(canaries))
    return {
        **{kind: kinds[kind] for kind in ("image", "mirrored", "blind")},
        "canary": len(planted),
        "unparsed": sum(vote.choice is None for vote in [*_all_votes(real), *planted]),
    }


def _all_votes(rulings: Iterable[Ruling]) -> Iterable[Vote]:
    return (vote for item in rulings for vote in item.votes)


class _Place(NamedTuple):
    """Where something stood when the options were shown: number of options, and letter."""

    options: int
    letter: str


def _letters(real: Sequence[Ruling]) -> dict[str, dict[str, dict[str, int]]]:
    """How often each letter was right and how often it was chosen: shows who prefers a letter."""
    right: Counter[_Place] = Counter()
    chosen: Counter[_Place] = Counter()
    for item in real:
        options = len(item.case.question.options)
        for vote in item.votes:
            if vote.blind or vote.mirrored or vote.choice is None:
                continue
            right[_Place(options, LETTERS[(item.case.answer - vote.rotation) % options])] += 1
            chosen[_Place(options, LETTERS[(vote.choice - vote.rotation) % options])] += 1
    return {
        str(options): {
            letter: {"right": right[_Place(options, letter)], "chosen": chosen[_Place(options, letter)]}
            for letter in LETTERS[:options]
        }
        for options in sorted({place.options for place in right})
    }


def _kappa(real: Sequence[Ruling]) -> dict[str, float | None]:
    """Of both verifiers' verdicts, and of the options they chose in their first answers, where both chose one."""
    decided = [item for item in real if all(hearing.verdict in ("accepted", "refused") for hearing in item.hearings)]
    verdicts = [[item.hearings[who].verdict for item in decided] for who in (0, 1)]
    firsts = [[item.hearings[who].votes[0].choice for who in (0, 1)] for item in decided]
    both = [pair for pair in firsts if None not in pair]
    return {
        "verdicts": _rounded(cohen_kappa(*verdicts)),
        "choices": _rounded(cohen_kappa([pair[0] for pair in both], [pair[1] for pair in both])),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)
