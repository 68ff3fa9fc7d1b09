"""What a verification will ask, before it asks: calls by purpose, with some of the very requests.

expect_calls(judge, questions, Expected(rows=7000, reserve=14_000, canary_share=0.03, real=True))
# [CallForecast(purpose="vote", model="gpt-4o", calls=Range(17_100, 40_200), sample=(...), ...), ...]
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from random import Random
from typing import NamedTuple

from stvqa.records import Asked, Prospect, Question
from stvqa.store import read_part
from stvqa.teachers.calls import CallForecast, CallRequest, Range
from stvqa.teachers.rules import RulesTeacher
from stvqa.teachers.verifier.judging import Judge
from stvqa.teachers.verifier.presenting import Presenter, Showing

__all__ = ["Expected", "expect_calls", "stand_ins"]

_SAMPLES = 32
_REFUSED = 0.4
"""Share of refusals that the upper end allows for: twice what a good model refused of the paper's set (24 %), about."""
_REPLY_TOKENS = Range(1, 16)


class Expected(NamedTuple):
    """What the set asks for.

    Attributes:
        rows: questions to be accepted.
        reserve: all that there are.
        canary_share: planted wrong answers as a share of the questions judged.
        real: the questions are those that will be asked, not stand-ins for them.
    """

    rows: int
    reserve: int
    canary_share: float
    real: bool


def expect_calls(judge: Judge, questions: Sequence[Question], expected: Expected) -> list[CallForecast]:
    """Forecasts by purpose and model.

    Args:
        judge: who will be asked, and how.
        questions: those that are judged first, or stand-ins.
        expected: how many of what.
    """
    if not questions:
        return []
    cases = [judge.case(item) for item in questions]
    mirrored = sum(case.in_mirror is not None for case in cases) / len(cases)
    options = sum(len(case.question.options) for case in cases) / len(cases)
    most = min(max(expected.rows, expected.reserve), math.ceil(expected.rows / (1 - _REFUSED)))
    planted = Range(math.ceil(expected.canary_share * expected.rows), math.ceil(expected.canary_share * most))
    votes = Range((2 + mirrored) * expected.rows, 4 * most + mirrored * expected.rows)
    spread = cases[:: max(1, len(cases) // _SAMPLES)][:_SAMPLES]
    forecasts = []
    for place, presenter in enumerate(judge.presenters):
        shown = [Showing(rotation=case.rotations[0]) for case in spread]
        sample = _sample(presenter, [case.question for case in spread], shown, real=expected.real)
        forecasts.append(_forecast("vote", presenter, votes, sample))
        forecasts.append(_forecast("canary", presenter, Range(2 * planted.low, 4 * planted.high), ()))
        if judge.blind and place == 0:
            unseen = [item._replace(blind=True, purpose="blind") for item in shown]
            sample = _sample(presenter, [case.question for case in spread], unseen, real=expected.real)
            forecasts.append(_forecast("blind", presenter, Range(expected.rows, options * most), sample))
    return forecasts


def stand_ins(parts: Sequence[Path], *, chance: Callable[[str], Random]) -> list[Question]:
    """Some prospects in the words of the built-in teacher: about as long as the questions that are not yet written."""
    teacher, found = RulesTeacher(), []
    for prospect in islice(_prospects(parts), _SAMPLES):
        try:
            worded = teacher.word(prospect, chance=chance(prospect.prospect_id))
        except LookupError:
            continue
        asked = {name: getattr(prospect, name) for name in Asked.model_fields}
        question = Question(
            question_id=prospect.prospect_id,
            text=worded.text,
            options=worded.options,
            program=prospect.program,
            teacher=teacher.name,
            **asked,
        )
        found.append(question)
    return found


def _prospects(parts: Sequence[Path]) -> Iterator[Prospect]:
    for part in parts:
        yield from read_part(part, model=Prospect)


def _sample(
    presenter: Presenter, questions: Sequence[Question], shown: Sequence[Showing], *, real: bool
) -> tuple[CallRequest, ...]:
    requests = [presenter.vote(item, showing) for item, showing in zip(questions, shown, strict=True)]
    return tuple(requests if real else [request._replace(sample=-1) for request in requests])


def _forecast(purpose: str, presenter: Presenter, calls: Range, sample: tuple[CallRequest, ...]) -> CallForecast:
    return CallForecast(purpose, presenter.model, calls, sample, _REPLY_TOKENS)
