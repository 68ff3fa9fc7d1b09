"""verify: models answer the questions from their images; what they do not confirm is replaced from the reserve.

    Verify(verifiers=("gpt-4o",), n=7000)

Wave by wave the questions that `select` would choose are judged, until n are accepted or the reserve is empty.
Accepted ones go on with their votes, and are exactly what `select` then has to choose from; the rest of the
reserve is never asked about. Planted wrong answers are judged among them and go nowhere.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, ClassVar, NamedTuple, Self

from pydantic import Field, model_validator

from stvqa.planning import CANDIDATE_COLUMNS, DEFAULT_SHARES, LEVEL_SHARES, Candidate, LevelShares, Shares
from stvqa.prompts import load_prompt
from stvqa.records import Category, Question, Rejection
from stvqa.stages.contract import GatherStage, StageContext, random_for
from stvqa.store import read_columns, read_part
from stvqa.teachers.calls import Calls
from stvqa.teachers.verifier import PROMPTS, Goal, Judge, Policy, Presenter, Reserve, Ruling, draw_planted, tally

__all__ = ["Verify"]

_COLUMNS = ("question_id", *CANDIDATE_COLUMNS, "text")
_SELECT = "select"
"""Randomness is drawn under this name, so that what is judged first is what `select` would have chosen."""
_ENOUGH = 50
"""Verdicts after which too large a share of refusals ends the waves, before the whole reserve is paid for."""

_Share = Annotated[float, Field(ge=0, le=1)]


class Verify(GatherStage[Question]):
    """Has questions confirmed.

    Attributes:
        verifiers: one model, or two that must both accept.
        n / shares / levels / questions_per_image: as in `select`; a recipe holds them equal.
        policy: `two_of` or `paper`, see `stvqa.teachers.verifier.policies`.
        mirror: ask left/right questions of the mirrored image too.
        blind: ask without the image too, under all rotations, and mark what is answered all the same.
        max_blind_share: of such rows in each category, or in those named. The default is what two options give
            to a reader who picks one by its text: a category where more can be had without looking has a leak.
        canary_share: planted wrong answers, as a share of the questions judged.
        max_pixels: cap on the image that is sent, see `stvqa.teachers.verifier.presenting`.
        max_output_tokens: room for a reply; models that think before they answer need thousands.
        temperature: of the first two answers; None leaves it to the server.
        later_temperature: of the third and fourth.
    """

    name = "verify"
    reads: ClassVar[type[Question]] = Question
    writes: ClassVar[type[Question]] = Question

    agreed: ClassVar[frozenset[str]] = frozenset({"n", "shares", "levels", "questions_per_image"})

    verifiers: tuple[Annotated[str, Field(min_length=1)], ...] = Field(min_length=1, max_length=2)
    n: int = Field(ge=1)
    shares: Shares = DEFAULT_SHARES
    levels: LevelShares = LEVEL_SHARES
    questions_per_image: int = Field(default=12, ge=1)
    policy: Policy = "two_of"
    mirror: bool = True
    blind: bool = True
    max_blind_share: _Share | dict[Category, _Share] = 0.5
    canary_share: float = Field(default=0.03, ge=0, le=1)
    max_pixels: int = Field(default=512 * 512, ge=28 * 28)
    max_output_tokens: int = Field(default=64, ge=1)
    temperature: float | None = Field(default=0.0, ge=0, le=2)
    later_temperature: float | None = Field(default=0.7, ge=0, le=2)
    rows_per_part: int = Field(default=500, ge=1)
    max_rejected_share: float = Field(default=0.9, ge=0, le=1)

    @model_validator(mode="after")
    def _verifiers_differ(self) -> Self:
        if len(set(self.verifiers)) < len(self.verifiers):
            raise ValueError(f"verifier {self.verifiers[0]} stands twice: name another one, or one alone")
        return self

    def models(self) -> tuple[str, ...]:
        """The models that are asked."""
        return self.verifiers

    def prompts(self) -> dict[str, str]:
        """What the verifiers are told."""
        return {f"{name}/{part}": load_prompt(name, part) for name in PROMPTS for part in ("system", "user")}

    def judge(self, seed: int) -> Judge:
        """Who judges, by the parameters of this stage."""
        presenters = tuple(
            Presenter(model, self.max_pixels, self.max_output_tokens, self.temperature, self.later_temperature)
            for model in self.verifiers
        )

        def chance(name: str) -> random.Random:
            return random_for(seed, self.name, name)

        return Judge(presenters, self.policy, chance, mirror=self.mirror, blind=self.blind)

    def run(self, parts: Sequence[Path], context: StageContext) -> Iterator[Sequence[Question]]:
        """The accepted questions with their votes, in their order."""
        assert context.calls is not None, "the runner makes calls for a stage that names models"
        found = _read_pool(parts)
        context.rejections.extend(found.repeats)
        reserve = self._reserve(found.pool, context.seed)
        trial = _Trial(self, parts, found.pool, calls=context.calls, seed=context.seed)
        while not trial.is_hopeless and (wave := reserve.next_wave()):
            for place, ruling in trial.judge(wave):
                reserve.settle(place, ruling.verdict, blind=ruling.blind_correct is True)
        kept = reserve.kept()
        self._note(context, trial, kept=kept, left=reserve.left, waves=reserve.waves)
        for start in range(0, len(kept), self.rows_per_part):
            yield [self._confirmed(trial.rulings[place]) for place in kept[start : start + self.rows_per_part]]

    def _reserve(self, pool: Sequence[Candidate], seed: int) -> Reserve:
        goal = Goal(self.n, self.shares, self.levels, self.questions_per_image, self.max_blind_share)

        def chance(wave: int) -> random.Random:
            return random_for(seed, _SELECT, "choose" if not wave else f"choose/{wave}")

        return Reserve(pool, goal=goal, chance=chance)

    def _confirmed(self, ruling: Ruling) -> Question:
        return ruling.case.question.model_copy(
            update={
                "verifier": ", ".join(self.verifiers),
                "votes": ruling.votes,
                "blind_correct": ruling.blind_correct,
            }
        )

    def _note(self, context: StageContext, trial: _Trial, *, kept: Sequence[int], left: int, waves: int) -> None:
        """Figures and rejections."""
        held = set(trial.rulings) - set(kept)
        for place in sorted(held):
            ruling = trial.rulings[place]
            reason, detail = ruling.reason, ruling.detail
            if ruling.verdict == "undecided":
                continue
            if ruling.verdict == "accepted":
                reason, detail = "blind-solvable", "answered without the image, in a category that has enough of these"
            context.rejections.append(
                Rejection(
                    stage=self.name,
                    reason=reason,
                    record_id=ruling.case.question.question_id,
                    detail=detail,
                    payload=ruling.case.question.model_dump_json(include={"text", "options", "answer", "category"}),
                )
            )
        figures = tally([*trial.rulings.values(), *trial.planted], verifiers=self.verifiers, policy=self.policy)
        short = len(kept) < self.n
        context.figures.update(
            figures,
            passed_on=len(kept),
            waves=waves,
            reserve=left,
            blind_share=_blind_shares(trial.rulings[place] for place in kept),
            try_again=bool(short and figures["undecided"]),
        )


class _Pool(NamedTuple):
    """What there is to choose from, and what repeats it."""

    pool: list[Candidate]
    repeats: list[Rejection]


class _Trial:
    """All rulings so far.

    Attributes:
        rulings: by place of the question.
        planted: on wrong answers.
    """

    def __init__(
        self, stage: Verify, parts: Sequence[Path], pool: Sequence[Candidate], *, calls: Calls, seed: int
    ) -> None:
        self.stage = stage
        self.rulings: dict[int, Ruling] = {}
        self.planted: list[Ruling] = []
        self._judge = stage.judge(seed)
        self._parts = parts
        self._pool = pool
        self._calls = calls
        self._seed = seed
        self._planted_wanted = 0

    def judge(self, wave: Sequence[int]) -> Iterator[tuple[int, Ruling]]:
        """Judges the questions at these places, and as many planted answers as are due."""
        names = {self._pool[place].name: place for place in wave}
        questions = _questions(self._parts, names)
        due = math.ceil(self.stage.canary_share * (len(self.rulings) + len(wave))) - self._planted_wanted
        planted = draw_planted(questions, due, seed=self._seed)
        self._planted_wanted += len(planted)
        for ruling in self._judge.rule(questions, planted=planted, calls=self._calls):
            if ruling.case.planted:
                self.planted.append(ruling)
                continue
            place = names[ruling.case.question.question_id]
            self.rulings[place] = ruling
            yield place, ruling

    @property
    def is_hopeless(self) -> bool:
        """Whether so many were refused that the run will end with that message: then no more is paid for."""
        refused = sum(item.verdict in ("refused", "unaskable") for item in self.rulings.values())
        decided = refused + sum(item.verdict == "accepted" for item in self.rulings.values())
        return decided >= _ENOUGH and refused > self.stage.max_rejected_share * decided


def _read_pool(parts: Sequence[Path]) -> _Pool:
    """All questions, each wording of an image once."""
    found: dict[tuple[str, str], Candidate] = {}
    repeats = []
    for part in parts:
        columns = (column.to_pylist() for column in read_columns([part], _COLUMNS).columns)
        for *values, text in zip(*columns, strict=True):
            item = Candidate(*values)
            if (item.image_id, text) in found:
                detail = f"{item.image_id} is asked “{text}” already"
                repeats.append(
                    Rejection(stage=Verify.name, reason="repeats-question", record_id=item.name, detail=detail)
                )
                continue
            found[item.image_id, text] = item
    return _Pool(list(found.values()), repeats)


def _questions(parts: Sequence[Path], names: dict[str, int]) -> list[Question]:
    """The named questions in the order of their places."""
    found = [item for part in parts for item in read_part(part, model=Question) if item.question_id in names]
    return sorted(found, key=lambda item: names[item.question_id])


def _blind_shares(rulings: Iterator[Ruling]) -> dict[str, float]:
    """Share of blind-solvable rows by category, of what goes on."""
    rows, blind = Counter[str](), Counter[str]()
    for ruling in rulings:
        rows[ruling.case.question.category] += 1
        blind[ruling.case.question.category] += ruling.blind_correct is True
    return {name: round(blind[name] / rows[name], 4) for name in sorted(rows)}
