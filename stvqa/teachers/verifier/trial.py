"""A verification on its way: what there is to choose from, and all rulings so far.

    pool = read_pool(parts, stage="verify").candidates
    trial = Trial(judge, parts, pool, calls=calls, canary_share=0.03)
    for place, ruling in trial.judge([0, 3, 7]):
        ...

Questions are read when their wave comes, not before; a place is an index into the pool.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from stvqa.planning import CANDIDATE_COLUMNS, Candidate
from stvqa.records import Question, Rejection
from stvqa.store import read_columns, read_part
from stvqa.teachers.calls import Calls
from stvqa.teachers.verifier.judging import Judge, Ruling
from stvqa.teachers.verifier.unreadable import refuse_unreadable

__all__ = ["Pool", "Trial", "read_pool", "read_questions"]

_COLUMNS = ("question_id", *CANDIDATE_COLUMNS, "text")


class Pool(NamedTuple):
    """What there is to choose from, and what repeats it."""

    candidates: list[Candidate]
    repeats: list[Rejection]


def read_pool(parts: Sequence[Path], *, stage: str) -> Pool:
    """All questions of some parts, each wording of an image once; `stage` is who refuses the repeats."""
    found: dict[tuple[str, str], Candidate] = {}
    repeats = []
    for part in parts:
        columns = (column.to_pylist() for column in read_columns([part], _COLUMNS).columns)
        for *values, text in zip(*columns, strict=True):
            item = Candidate(*values)
            if (item.image_id, text) in found:
                detail = f"{item.image_id} is asked “{text}” already"
                repeats.append(Rejection(stage=stage, reason="repeats-question", record_id=item.name, detail=detail))
                continue
            found[item.image_id, text] = item
    return Pool(list(found.values()), repeats)


def read_questions(parts: Sequence[Path], names: Mapping[str, int]) -> list[Question]:
    """The questions of these ids, in the order of the numbers."""
    found = [item for part in parts for item in read_part(part, model=Question) if item.question_id in names]
    return sorted(found, key=lambda item: names[item.question_id])


class Trial:
    """Judges wave after wave, and remembers.

    Args:
        judge: who judges.
        parts: of the questions.
        pool: the candidates in them.
        calls: makes the calls.
        canary_share: planted wrong answers, as a share of the questions judged, rounded up.

    Attributes:
        rulings: by place of the question.
        planted: on wrong answers.
    """

    def __init__(
        self, judge: Judge, parts: Sequence[Path], pool: Sequence[Candidate], *, calls: Calls, canary_share: float
    ) -> None:
        self.rulings: dict[int, Ruling] = {}
        self.planted: list[Ruling] = []
        self._judge = judge
        self._parts = parts
        self._pool = pool
        self._calls = calls
        self._canary_share = canary_share

    def judge(self, wave: Sequence[int]) -> Iterator[tuple[int, Ruling]]:
        """Judges the questions at these places, and as many planted answers as are due."""
        names = {self._pool[place].name: place for place in wave}
        questions = read_questions(self._parts, names)
        planted = self._judge.draw_planted(questions, self._due(len(wave)))
        for ruling in self._judge.rule(questions, planted=planted, calls=self._calls):
            if ruling.case.planted:
                self.planted.append(ruling)
                continue
            place = names[ruling.case.question.question_id]
            self.rulings[place] = ruling
            yield place, ruling

    def refused_share(self, *, least: int) -> float:
        """Share of refusals among the questions decided on, 0 to 1; 0 before there are `least` decisions.

        A question that could not be asked was decided on by nobody, see `unaskable_share`.
        """
        verdicts = Counter(item.verdict for item in self.rulings.values())
        decided = verdicts["refused"] + verdicts["accepted"]
        return verdicts["refused"] / decided if decided >= least else 0.0

    def unaskable_share(self, *, least: int) -> float:
        """Share of questions whose calls failed for good, 0 to 1; 0 before `least` questions are done with."""
        verdicts = Counter(item.verdict for item in self.rulings.values())
        done = verdicts["unaskable"] + verdicts["refused"] + verdicts["accepted"]
        return verdicts["unaskable"] / done if done >= least else 0.0

    def refuse_unreadable(self, *, least: int) -> None:
        """Ends the run where a verifier does not answer as it is told, once `least` questions were asked.

        Raises:
            CallError: a verifier's replies are of no use.
        """
        rulings = [*self.rulings.values(), *self.planted]
        if len(rulings) >= least:
            refuse_unreadable(rulings, self._judge.presenters)

    def _due(self, more: int) -> int:
        return math.ceil(self._canary_share * (len(self.rulings) + more) - 1e-9) - len(self.planted)
