"""generate with a model as the teacher: planned questions go out in waves, several of one image to a call.

    GenerateByModel(teacher="gpt-4.1-mini", n=7000, questions_per_call=4, teacher_share=0.05)

First as many as the set needs of each category and level and a surplus for what later stages refuse; what is refused
here is asked once more with the reason, then others of the reserve take its place. What a wave asks depends on the
plan and on what came of the waves before, never on the order of arrival, so a run that was killed makes the
same calls, and the ledger answers them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field

from stvqa.errors import RecipeError
from stvqa.planning import DEFAULT_SHARES, LEVEL_SHARES, Demand, Group, LevelShares, Shares, normalised
from stvqa.records import Category, Prospect, Question
from stvqa.stages.contract import GatherStage, StageContext, random_for
from stvqa.stages.generate.desk import Desk, Sending
from stvqa.stages.generate.plan_index import PlanIndex
from stvqa.teachers.calls import CallForecast, Range
from stvqa.teachers.llm import OPEN_CATEGORIES, prompt_texts

__all__ = ["GenerateByModel"]

_ROWS_OF_A_PART = 100
_SAMPLE = 32
_JUDGED_FROM = 20
"""Fewer questions than these say nothing of a teacher."""
_UNREADABLE = 0.5
"""Share of items to which the reply held no questions, above which the replies are at fault and not the items."""


def _may_be_open(categories: tuple[Category, ...]) -> tuple[Category, ...]:
    wrong = [name for name in categories if name not in OPEN_CATEGORIES]
    if wrong:
        raise ValueError(
            f"boxes alone prove questions of {wrong[0]}; without a program go {', '.join(OPEN_CATEGORIES)}"
        )
    return categories


class GenerateByModel(GatherStage[Question]):
    """Has a model write questions, and keeps those that their programs prove.

    Attributes:
        teacher: name of the model.
        n / shares / levels / questions_per_call: as in `plan`, which need not be told twice.
        surplus: so many more questions are written than the set has rows, for what later stages refuse.
        teacher_share: of the rows, at most so many rest on the teacher's word alone (evidence `teacher`); 0 for none.
        open_categories: categories that may do so, each only where the plan has too few proved questions of it.
        images: the teacher sees the image; `max_pixels` caps the width times the height of what is sent.
        temperature: None leaves it to the server.
        tokens_per_question: cap on the reply, for each question asked; reasoning models need more.
        trial_calls: so many calls go first, so that a teacher whose replies are of no use is noticed early; 0: none.
        lost: set by the runner, for each further round: how many of the questions written so far did not pass
            what follows, by `CATEGORY/LEVEL`.
    """

    name = "generate"
    reads: ClassVar[type[Prospect]] = Prospect
    writes: ClassVar[type[Question]] = Question
    version: ClassVar[int] = 4

    agreed: ClassVar[frozenset[str]] = frozenset({"n", "shares", "levels", "questions_per_call"})
    not_hashed: ClassVar[frozenset[str]] = GatherStage.not_hashed | {"trial_calls"}

    teacher: str = Field(min_length=1)
    n: int | None = Field(default=None, ge=1)
    shares: Shares | None = None
    levels: LevelShares | None = None
    questions_per_call: int = Field(default=4, ge=1, le=12)
    surplus: float = Field(default=0.15, ge=0, le=10)
    teacher_share: float = Field(default=0.05, ge=0, le=1)
    open_categories: Annotated[tuple[Category, ...], AfterValidator(_may_be_open)] = OPEN_CATEGORIES
    images: bool = True
    max_pixels: int = Field(default=384 * 384, ge=32 * 32)
    temperature: float | None = Field(default=0.7, ge=0, le=2)
    tokens_per_question: int = Field(default=400, ge=50)
    trial_calls: int = Field(default=24, ge=0)
    lost: tuple[dict[str, int], ...] = ()
    max_rejected_share: float = Field(default=0.6, ge=0, le=1)

    def prompts(self) -> dict[str, str]:
        """What the teacher is told."""
        return prompt_texts()

    def models(self) -> tuple[str, ...]:
        """The teacher."""
        return (self.teacher,)

    def further(self, figures: Mapping[str, Any], passed: Mapping[str, int]) -> GenerateByModel | None:
        """The stage with one more round, for what of its questions did not pass; None where nothing is left to ask."""
        if not figures.get("unasked"):
            return None
        written: Mapping[str, int] = figures["written"]
        lost = {cell: count - passed.get(cell, 0) for cell, count in written.items() if count > passed.get(cell, 0)}
        if not lost or (self.lost and lost == self.lost[-1]):
            return None
        return self.model_copy(update={"lost": (*self.lost, lost)})

    def run(self, parts: Sequence[Path], context: StageContext) -> Iterator[Sequence[Question]]:
        """The accepted questions in the order of the plan."""
        if context.calls is None:
            raise RecipeError(f"stage {self.name} asks {self.teacher}, and this run makes no calls: give it a teacher")
        index = PlanIndex(parts)
        demand, desk = self._demand(index, context), self._desk(index, context)
        for lost in ({}, *self.lost):
            demand.lose({_cell(name): count for name, count in lost.items()})
            while (groups := demand.next_groups()) and not self._is_hopeless(desk):
                for some in self._with_a_trial(groups):
                    if not self._is_hopeless(desk):
                        desk.wave(some, calls=context.calls, demand=demand)
        context.rejections.extend(desk.rejections)
        context.figures.update(desk.figures(), rounds=1 + len(self.lost), unasked=demand.unasked)
        if remedy := self._remedy(desk):
            context.figures["remedy"] = remedy
        context.figures["try_again"] = bool(desk.gave_up) and not demand.is_met
        yield from desk.batches(_ROWS_OF_A_PART)

    def forecast(self, parts: Sequence[Path], context: StageContext) -> list[CallForecast]:
        """Calls of the first wave, of which a sample; repairs and what takes the place of refused ones besides."""
        if context.figures.get("forecast_reads", Prospect.__name__) != Prospect.__name__:
            return []
        index = PlanIndex(parts)
        groups, desk = self._demand(index, context).next_groups(), self._desk(index, context)
        requests = [request for some in self._with_a_trial(groups) for request in desk.requests(some)]
        if not requests:
            return []
        step = math.ceil(len(requests) / _SAMPLE)
        tokens = Range(90 * self.questions_per_call, 200 * self.questions_per_call)
        return [
            CallForecast(
                "question", self.teacher, Range(len(groups), 1.3 * len(groups)), tuple(requests[::step]), tokens
            ),
            CallForecast("repair", self.teacher, Range(0, 0.4 * len(groups)), (), tokens),
        ]

    def _with_a_trial(self, groups: Sequence[Group]) -> list[Sequence[Group]]:
        """A few of many groups by themselves, then the others."""
        head = self.trial_calls if len(groups) > 4 * self.trial_calls else 0
        return [some for some in (groups[:head], groups[head:]) if some]

    def _is_hopeless(self, desk: Desk) -> bool:
        """So much was refused that the stage could not end well: nothing more is paid for."""
        decided = desk.refused + desk.accepted
        return decided >= _JUDGED_FROM and desk.refused > self.max_rejected_share * decided

    def _remedy(self, desk: Desk) -> str:
        """What to do where most replies are no replies to what was asked, which says nothing of the items; else ""."""
        unread = [item for item in desk.rejections if item.reason == "malformed-reply" and item.scope == "record"]
        if len(unread) <= _UNREADABLE * (desk.refused + desk.accepted):
            return ""
        return (
            f"the replies of {self.teacher} hold no questions, for example: {unread[0].detail}. A model that thinks "
            f"before it answers needs more room (--set {self.name}.tokens_per_question=2000) or has to be served "
            "without its thoughts; else name another model"
        )

    def _demand(self, index: PlanIndex, context: StageContext) -> Demand:
        return Demand(
            index.planned,
            total=self._total(),
            per_call=self.questions_per_call,
            seed=random_for(context.seed, self.name, "groups").getrandbits(64),
            shares=self.shares or DEFAULT_SHARES,
            levels=self.levels or LEVEL_SHARES,
        )

    def _desk(self, index: PlanIndex, context: StageContext) -> Desk:
        wanted_open = self._open(index)
        sending = Sending(
            stage=self.name,
            model=self.teacher,
            seed=context.seed,
            max_pixels=self.max_pixels if self.images else 0,
            temperature=self.temperature,
            tokens_per_question=self.tokens_per_question,
            open_rate=sum(wanted_open.values()) * self.questions_per_call / self._total(),
        )
        return Desk(index, sending, wanted_open=wanted_open)

    def _open(self, index: PlanIndex) -> dict[Category, int]:
        """How many open questions of which category: what the plan lacks, within the teacher's share."""
        shares, planned = normalised(self.shares or DEFAULT_SHARES), index.by_category()
        lacking = {
            name: max(0, round(shares.get(name, 0.0) * self._rows()) - planned[name]) for name in self.open_categories
        }
        most, total = math.floor(self.teacher_share * self._rows()), sum(lacking.values())
        exact = {name: count * min(1.0, most / total) for name, count in lacking.items() if count}
        given = {name: math.floor(value) for name, value in exact.items()}
        rest = min(most, total) - sum(given.values())
        for name in sorted(exact, key=lambda one: (given[one] - exact[one], one))[:rest]:
            given[name] += 1
        return given

    def _total(self) -> int:
        """Questions to write, more than the set has rows."""
        return math.ceil(self._rows() * (1 + self.surplus))

    def _rows(self) -> int:
        if self.n is None:
            raise RecipeError(f"{self.name}.n is not given, and no stage before says how many rows the set shall have")
        return self.n


def _cell(name: str) -> tuple[Any, Any]:
    category, _, level = name.partition("/")
    return category, level
