"""A stage that calls a model, for tests of the runner."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

from calling import question
from fake_stages import Number

from stvqa.stages.contract import GatherStage, StageContext
from stvqa.store import read_part
from stvqa.teachers.calls import CallForecast, Range, Reply


class Ask(GatherStage[Number]):
    """Asks about each number; those whose answer is no reply are left out."""

    name = "ask"
    reads: ClassVar[type[Number]] = Number
    writes: ClassVar[type[Number]] = Number

    model: str = "some-model"

    def models(self) -> tuple[str, ...]:
        return () if self.model == "rules" else (self.model,)

    def _requests(self, parts):
        numbers = [record for part in parts for record in read_part(part, model=Number)]
        return numbers, [question(record.value, stage=self.name, model=self.model) for record in numbers]

    def run(self, parts: Sequence[Path], context: StageContext) -> Iterator[Sequence[Number]]:
        numbers, requests = self._requests(parts)
        if context.calls is None:
            yield numbers
            return
        outcomes = context.calls.answer(requests)
        yield [
            record.model_copy(update={"trail": (outcome.text,)})
            for record, outcome in zip(numbers, outcomes, strict=True)
            if isinstance(outcome, Reply)
        ]

    def forecast(self, parts: Sequence[Path], context: StageContext) -> list[CallForecast]:
        assert context.figures["forecast_reads"] == "Number"
        _, requests = self._requests(parts)
        count = len(requests)
        return [
            CallForecast("vote", self.model, Range(count, 2 * count), tuple(requests[:8]), Range(1, 5)),
            CallForecast("repair", self.model, Range(0, count / 2), (), Range(1, 5)),
        ]
