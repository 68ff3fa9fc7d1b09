"""verify: models answer the questions from their images; what they do not confirm is replaced from the reserve.

    Verify(verifiers=("gpt-4o",), n=7000)

Wave by wave the questions that `select` would choose are judged, until n are accepted or the reserve is empty.
Accepted ones go on with their votes, and are exactly what `select` then has to choose from; the rest of the
reserve is never asked about. Planted wrong answers are judged among them and go nowhere.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from stvqa.errors import RecipeError
from stvqa.planning import (
    DEFAULT_SHARES,
    LEVEL_SHARES,
    Candidate,
    LevelShares,
    Shares,
    cell_targets,
    quota_table,
)
from stvqa.prompts import load_prompt
from stvqa.records import CATEGORIES, Category, Question, Rejection
from stvqa.stages.contract import GatherStage, StageContext, random_for
from stvqa.teachers.calls import CallForecast
from stvqa.teachers.verifier import (
    PROMPTS,
    Expected,
    Goal,
    Judge,
    Policy,
    Presenter,
    Reserve,
    Ruling,
    Trial,
    expect_calls,
    read_pool,
    read_questions,
    tally,
)
from stvqa.teachers.verifier.forecasting import stand_ins

__all__ = ["Verify"]

_SELECT = "select"
"""Randomness is drawn under this name, so that what is judged first is what `select` would have chosen."""
_QUESTIONS_PER_IMAGE = 12
"""As `select` has it where nothing is said."""
_ENOUGH = 20
"""Questions after which too large a share of refusals ends the waves."""
_MANY = 4
"""A first wave so many times as large as the trial is preceded by it."""

_Share = Annotated[float, Field(ge=0, le=1)]


class Verify(GatherStage[Question]):
    """Has questions confirmed.

    Attributes:
        verifiers: one model, or two that must both accept.
        n / shares / levels / questions_per_image: as in `select`, which need not be told twice.
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
        trial_rows: so many questions go first, so that a verifier that is of no use is noticed early; 0: none.
    """

    name = "verify"
    reads: ClassVar[type[Question]] = Question
    writes: ClassVar[type[Question]] = Question
    version: ClassVar[int] = 4

    agreed: ClassVar[frozenset[str]] = frozenset({"n", "shares", "levels", "questions_per_image"})

    verifiers: tuple[Annotated[str, Field(min_length=1)], ...] = Field(min_length=1, max_length=2)
    n: int | None = Field(default=None, ge=1)
    shares: Shares | None = None
    levels: LevelShares | None = None
    questions_per_image: int | None = Field(default=None, ge=1)
    policy: Policy = "two_of"
    mirror: bool = True
    blind: bool = True
    max_blind_share: _Share | dict[Category, _Share] = 0.5
    canary_share: float = Field(default=0.03, ge=0, le=1)
    max_pixels: int = Field(default=512 * 341, ge=28 * 28)
    max_output_tokens: int = Field(default=64, ge=1)
    temperature: float | None = Field(default=0.0, ge=0, le=2)
    later_temperature: float | None = Field(default=0.7, ge=0, le=2)
    trial_rows: int = Field(default=24, ge=0)
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
        pool = read_pool(parts, stage=self.name)
        context.rejections.extend(pool.repeats)
        reserve = self._reserve(pool.candidates, context.seed)
        judge = self.judge(context.seed)
        trial = Trial(judge, parts, pool.candidates, calls=context.calls, canary_share=self.canary_share)
        for wave in self._waves(reserve):
            for place, ruling in trial.judge(wave):
                reserve.settle(place, ruling.verdict, blind=ruling.blind_correct is True)
            trial.refuse_unreadable(least=_ENOUGH)
            # Where so many are lost that the runner will say so and end, no more of the reserve is paid for.
            lost = max(trial.refused_share(least=_ENOUGH), trial.unaskable_share(least=_ENOUGH))
            if lost > self.max_rejected_share:
                break
        trial.refuse_unreadable(least=1)
        kept = reserve.kept()
        self._note(context, trial, reserve, kept=kept)
        for start in range(0, len(kept), self.rows_per_part):
            yield [self._confirmed(trial.rulings[place]) for place in kept[start : start + self.rows_per_part]]

    def _waves(self, reserve: Reserve) -> Iterator[Sequence[int]]:
        """What to judge next, until nothing is needed; of a large first wave some questions spread over it go ahead."""
        while wave := reserve.next_wave():
            step = len(wave) // self.trial_rows if self.trial_rows and reserve.waves == 1 else 0
            few = set(wave[::step][: self.trial_rows]) if step >= _MANY else set()
            if few:
                yield sorted(few)
            yield [place for place in wave if place not in few]

    def forecast(self, parts: Sequence[Path], context: StageContext) -> list[CallForecast]:
        """Calls for votes, blind run and planted answers, from none refused to two in five."""
        judge, goal = self.judge(context.seed), self._goal()
        if context.figures.get("forecast_reads", Question.__name__) != Question.__name__:
            worded = stand_ins(parts, chance=judge.chance)
            return expect_calls(judge, worded, Expected(goal.n, goal.n, self.canary_share, real=False))
        pool = read_pool(parts, stage=self.name).candidates
        wave = self._reserve(pool, context.seed).next_wave()
        names = {pool[place].name: place for place in wave}
        expected = Expected(len(wave), len(pool), self.canary_share, real=True)
        return expect_calls(judge, read_questions(parts, names), expected)

    def _reserve(self, pool: Sequence[Candidate], seed: int) -> Reserve:
        def chance(wave: int) -> random.Random:
            return random_for(seed, _SELECT, "choose" if not wave else f"choose/{wave}")

        return Reserve(pool, goal=self._goal(), chance=chance)

    def _goal(self) -> Goal:
        if self.n is None:
            raise RecipeError("stage verify knows no n: give the recipe a stage select, or set verify.n")
        return Goal(
            self.n,
            shares=self.shares or DEFAULT_SHARES,
            levels=self.levels or LEVEL_SHARES,
            questions_per_image=self.questions_per_image or _QUESTIONS_PER_IMAGE,
            max_blind_share=self.max_blind_share,
        )

    def _confirmed(self, ruling: Ruling) -> Question:
        return ruling.case.question.model_copy(
            update={
                "verifier": ", ".join(self.verifiers),
                "votes": ruling.votes,
                "blind_correct": ruling.blind_correct,
            }
        )

    def _note(self, context: StageContext, trial: Trial, reserve: Reserve, *, kept: Sequence[int]) -> None:
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
        short = len(kept) < reserve.goal.n
        context.figures.update(
            figures,
            passed_on=len(kept),
            waves=reserve.waves,
            reserve=reserve.left,
            blind_share=_blind_shares(trial.rulings[place] for place in kept),
            passed=reserve.at_hand(),
            try_again=bool(short and figures["undecided"]),
        )
        if short:
            context.figures["shortfall"] = self._shortfall(reserve, kept)

    def _shortfall(self, reserve: Reserve, kept: Sequence[int]) -> str:
        goal = reserve.goal
        wanted = cell_targets(goal.n, Counter(), shares=goal.shares, levels=goal.levels).wanted
        found = Counter(reserve.pool[place].category for place in kept)
        return quota_table(wanted, found, dict.fromkeys(CATEGORIES, "no more that the verifiers accept"))


def _blind_shares(rulings: Iterable[Ruling]) -> dict[str, float]:
    """Share of blind-solvable rows by category, of what goes on."""
    rows, blind = Counter[str](), Counter[str]()
    for ruling in rulings:
        rows[ruling.case.question.category] += 1
        blind[ruling.case.question.category] += ruling.blind_correct is True
    return {name: round(blind[name] / rows[name], 4) for name in sorted(rows)}
