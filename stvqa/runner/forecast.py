"""What the calls of a run would cost, before they are made.

    forecast = forecast_run(recipe, out=Path("runs/vg"), calls=CallOptions(), sample=5)
    forecast.lines[0]     # ForecastLine(stage="generate", purpose="question", calls=Range(1750, 2275), ...)

The stages ahead of the first one that calls a model are run, and kept for the run itself. Then each stage tells the
requests that it would make; some of them are made, where a server is known (they are in the ledger, so the run finds
them there), and the tokens of the others are counted by what those came to. Everything is a range.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from stvqa.errors import BudgetError
from stvqa.recipe import Recipe, stage_hashes
from stvqa.runner.calls import RunCalls
from stvqa.runner.folders import stage_folders
from stvqa.runner.progress import Progress
from stvqa.runner.refusals import is_reusable
from stvqa.runner.run import run_recipe
from stvqa.stages.contract import GatherStage, StageContext
from stvqa.teachers.calls import CallForecast, CallOptions, CallRequest, Range, Reply
from stvqa.teachers.calls.counting import count_input
from stvqa.teachers.calls.prices import Price, Prices, load_prices

__all__ = ["ForecastLine", "RunForecast", "forecast_run"]

_STAND_IN = -1
_SECONDS_A_CALL = Range(1.0, 12.0)
"""Of a call that nobody timed: a vote of one letter, up to a page of questions."""

_MEASURED_INPUT = Range(0.92, 1.12)
_MEASURED_OUTPUT = Range(0.75, 1.35)
"""How far the mean of a few calls is taken to be from that of all: chosen, not measured."""


class ForecastLine(NamedTuple):
    """The calls of one stage for one purpose.

    Attributes:
        calls: how many.
        input_tokens / output_tokens: of all these calls.
        usd: of all; None where the model's price is unknown.
        seconds: on the clock, at the given number of calls at once; 0 to a day in a batch.
        measured: calls that were made to find this out; 0: tokens are counted without any.
    """

    stage: str
    purpose: str
    model: str
    calls: Range
    input_tokens: Range
    output_tokens: Range
    usd: Range | None
    seconds: Range
    measured: int


class RunForecast(NamedTuple):
    """All calls that a run would make.

    Attributes:
        lines: in the order of the stages; none where no stage that is not complete calls a model.
        prices_as_known: the day up to which the author of the price list knew the prices.
        spent_usd: what this run folder has cost so far, the sample included; None where unknown.
        estimated_usd: the part of it that nobody counted, at most.
    """

    lines: tuple[ForecastLine, ...]
    prices_as_known: str
    spent_usd: float | None
    estimated_usd: float = 0.0


class _Tokens(NamedTuple):
    """Of one call on average, and how long one takes."""

    input: Range
    output: Range
    seconds: Range
    measured: int


def forecast_run(
    recipe: Recipe,
    *,
    out: Path,
    calls: CallOptions,
    sample: int = 5,
    scheduler: str = "processes",
    workers: int | None = None,
    progress: Progress | None = None,
) -> RunForecast:
    """What a run would ask of models.

    Args:
        recipe: the run's.
        out: its folder; the stages that need no model are completed in it.
        calls: how models are called; nothing is sent where there is neither a server nor a key.
        sample: calls to make for each stage and purpose.
        scheduler: as for the run; so are `workers` and `progress`.

    Raises:
        StvqaError: as a run would.
    """
    calling = _first_calling(recipe, out=out)
    prices = load_prices(calls.prices)
    if calling is None:
        return RunForecast((), prices.as_known.isoformat(), 0.0)
    run_recipe(recipe, out=out, scheduler=scheduler, workers=workers, progress=progress, calls=calls, until=calling)
    live = calls._replace(batch=False, batch_out=None)
    tell = progress.note if progress is not None else None
    opened = RunCalls(live, out=out, places=recipe.places(), tell=tell)
    try:
        count = sample if calls.base_url or os.environ.keys() & {"OPENAI_API_KEY", "OPENAI_BASE_URL"} else 0
        lines = _lines(recipe, out=out, calls=_Asking(opened, prices, options=calls, count=count))
        summary = opened.summary()
    finally:
        opened.close()
    if summary is None:
        return RunForecast(tuple(lines), prices.as_known.isoformat(), 0.0)
    return RunForecast(tuple(lines), prices.as_known.isoformat(), summary.usd, summary.estimated_usd or 0.0)


def _first_calling(recipe: Recipe, *, out: Path) -> int | None:
    """Index of the first stage that calls a model and is not complete."""
    folders = stage_folders(out, stage_hashes(recipe))
    for index, stage in enumerate(recipe.stages):
        if stage.models() and not is_reusable(recipe, index, folders=folders):
            return index
    return None


def _lines(recipe: Recipe, *, out: Path, calls: _Asking) -> list[ForecastLine]:
    lines: list[ForecastLine] = []
    parts: list[Path] = []
    reads = ""
    folders = stage_folders(out, stage_hashes(recipe))
    for index, (stage, folder) in enumerate(zip(recipe.stages, folders, strict=True)):
        if is_reusable(recipe, index, folders=folders):
            parts, reads = folder.parts(), stage.writes.__name__
        elif isinstance(stage, GatherStage) and stage.models():
            context = StageContext(seed=recipe.seed)
            context.figures["forecast_reads"] = reads
            lines += calls.lines(stage.name, stage.forecast(parts, context))
    return lines


class _Asking:
    """Turns what stages foresee into tokens, dollars and seconds.

    Args:
        calls: make the sample's calls.
        options: of the run that is planned.
        count: calls to make for each purpose; 0 for none.
    """

    def __init__(self, calls: RunCalls, prices: Prices, *, options: CallOptions, count: int) -> None:
        self._calls = calls
        self._prices = prices
        self._options = options
        self._count = count

    def lines(self, stage: str, forecasts: Sequence[CallForecast]) -> list[ForecastLine]:
        """One line a purpose."""
        lines = []
        tokens = _Tokens(Range(0, 0), Range(0, 0), _SECONDS_A_CALL, 0)
        for forecast in forecasts:
            price = self._prices.of(forecast.model)
            tokens = self._tokens(forecast, price) if forecast.sample else tokens._replace(measured=0)
            lines.append(self._line(stage, forecast, tokens, price))
        return lines

    def _line(self, stage: str, forecast: CallForecast, tokens: _Tokens, price: Price | None) -> ForecastLine:
        calls, batched = forecast.calls, self._options.batch
        read, written = _times(calls, tokens.input), _times(calls, tokens.output)
        usd = None
        if price is not None:
            usd = Range(
                price.usd(input_tokens=read.low, output_tokens=written.low, batched=batched),
                price.usd(input_tokens=read.high, output_tokens=written.high, batched=batched),
            )
        seconds = _times(calls, tokens.seconds)
        at_once = self._options.concurrency
        clock = Range(0, 86_400) if batched else Range(seconds.low / at_once, seconds.high / at_once)
        return ForecastLine(stage, forecast.purpose, forecast.model, calls, read, written, usd, clock, tokens.measured)

    def _tokens(self, forecast: CallForecast, price: Price | None) -> _Tokens:
        """Of one call: counted on the whole sample, then set right by those calls of it that were made."""
        counted = [count_input(request, price) for request in forecast.sample]
        size = len(counted)
        read = Range(sum(one.low for one in counted) / size, sum(one.high for one in counted) / size)
        real = [request for request in forecast.sample if request.sample != _STAND_IN]
        asked = _spread(real, self._count)
        replies, seconds = self._ask(asked)
        if not replies:
            return _Tokens(read, forecast.output_tokens, _SECONDS_A_CALL, 0)
        estimates = [count_input(request, price) for request in replies]
        middle = sum(one.low + one.high for one in estimates) / 2
        share = sum(reply.usage.input_tokens for reply in replies.values()) / middle
        mean = share * (read.low + read.high) / 2
        written = sum(reply.usage.output_tokens for reply in replies.values()) / len(replies)
        return _Tokens(
            Range(mean * _MEASURED_INPUT.low, mean * _MEASURED_INPUT.high),
            Range(written * _MEASURED_OUTPUT.low, written * _MEASURED_OUTPUT.high),
            seconds,
            len(replies),
        )

    def _ask(self, requests: Sequence[CallRequest]) -> tuple[dict[CallRequest, Reply], Range]:
        """Makes the calls: the replies whose tokens were counted, and how long a call takes.

        The first goes alone, since it finds out what the server can do; the clock runs for the others.
        """
        if not requests:
            return {}, _SECONDS_A_CALL
        calls = self._calls.open()
        try:
            outcomes = calls.answer(requests[:1])
            started = time.monotonic()
            outcomes += calls.answer(requests[1:])
        except BudgetError:  # then nothing is sent, and the tokens are counted without
            return {}, _SECONDS_A_CALL
        took = time.monotonic() - started
        replies = {
            request: outcome
            for request, outcome in zip(requests, outcomes, strict=True)
            if isinstance(outcome, Reply) and outcome.usage.input_tokens
        }
        timed = len(requests) > 1 and not any(isinstance(item, Reply) and item.from_ledger for item in outcomes)
        return replies, Range(took / 2, took) if timed else _SECONDS_A_CALL


def _spread(requests: Sequence[CallRequest], count: int) -> list[CallRequest]:
    """`count` of the requests, evenly spread."""
    if count >= len(requests):
        return list(requests)
    return [requests[place * len(requests) // count] for place in range(count)]


def _times(first: Range, second: Range) -> Range:
    return Range(first.low * second.low, first.high * second.high)
