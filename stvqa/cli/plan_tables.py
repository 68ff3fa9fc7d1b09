"""`--plan`: the stages of a run, and what their calls of models would cost.

show_plan(recipe, Path("runs/vg"), calls=CallOptions(), as_json=False)
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from stvqa.recipe import Recipe
    from stvqa.runner import ForecastLine, RunForecast
    from stvqa.teachers.calls import CallOptions, Range

__all__ = ["forecast_table", "show_plan"]

_SECONDS_A_MINUTE, _SECONDS_AN_HOUR = 60, 3600


def show_plan(
    recipe: Recipe,
    folder: Path,
    *,
    calls: CallOptions,
    scheduler: str,
    workers: int | None,
    as_json: bool,
) -> None:
    """Prints the stages with what is complete, and a forecast where models would be called."""
    from stvqa.runner import LineProgress, forecast_run, plan_run  # noqa: PLC0415 (slow to import; see stvqa.cli)

    forecast = forecast_run(
        recipe, out=folder, calls=calls, scheduler=scheduler, workers=workers, progress=LineProgress(sys.stderr)
    )
    planned = plan_run(recipe, out=folder)
    if as_json:
        stages = [item._asdict() for item in planned]
        lines = [line._asdict() for line in forecast.lines]
        result = {"out": str(folder), "recipe": recipe.resolved(), "stages": stages, "calls": lines}
        paid = {"spent_usd": forecast.spent_usd, "estimated_usd": forecast.estimated_usd}
        typer.echo(json.dumps({**result, "prices_as_known": forecast.prices_as_known, **paid}, indent=2))
        return
    typer.echo(f"{folder}: recipe {recipe.name}, seed {recipe.seed}")
    for item in planned:
        state = "complete" if item.complete else f"{item.partitions_done} partitions done" * bool(item.partitions_done)
        typer.echo(f"  {item.folder:<24}{state or 'to do'}")
    if forecast.lines:
        typer.echo(f"\n{forecast_table(forecast)}")


def forecast_table(forecast: RunForecast) -> str:
    """Calls, tokens, price and time by stage and purpose, each from the least to the most, and how they were found."""
    rows = [("stage", "purpose", "model", "calls", "input tokens", "output tokens", "US$", "time")]
    rows += [
        (
            line.stage,
            line.purpose,
            line.model,
            _numbers(line.calls),
            _numbers(line.input_tokens),
            _numbers(line.output_tokens),
            _dollars([line]),
            _times(line.seconds),
        )
        for line in forecast.lines
    ]
    rows.append(
        (
            "all",
            "",
            "",
            _sum(forecast.lines, "calls"),
            _sum(forecast.lines, "input_tokens"),
            _sum(forecast.lines, "output_tokens"),
            _dollars(forecast.lines),
            _times(_total(forecast.lines, "seconds")),
        )
    )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    table = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([*table, "", *_notes(forecast)])


def _notes(forecast: RunForecast) -> list[str]:
    measured = sum(line.measured for line in forecast.lines)
    spent = "an unknown sum" if forecast.spent_usd is None else f"${forecast.spent_usd:.4f}"
    if forecast.spent_usd is not None and forecast.estimated_usd:
        spent += f" (${forecast.estimated_usd:.4f} of it estimated, at most)"
    if measured:
        how = f"by {measured} real calls, which are kept for the run; this folder has cost {spent} so far"
    else:
        how = "by counting the prompts, without a call"
    notes = [f"Tokens are estimated {how}. Prices as known on {forecast.prices_as_known}."]
    if any(line.usd is None for line in forecast.lines):
        unknown = ", ".join(sorted({line.model for line in forecast.lines if line.usd is None}))
        notes.append(f"The price of {unknown} is unknown: give it with --prices FILE.")
    return notes


def _total(lines: Sequence[ForecastLine], name: str) -> Range:
    from stvqa.teachers.calls import Range  # noqa: PLC0415 (slow to import; see stvqa.cli)

    return Range(sum(getattr(line, name).low for line in lines), sum(getattr(line, name).high for line in lines))


def _sum(lines: Sequence[ForecastLine], name: str) -> str:
    return _numbers(_total(lines, name))


def _dollars(lines: Sequence[ForecastLine]) -> str:
    known = [line.usd for line in lines if line.usd is not None]
    if len(known) < len(lines):
        return "unknown"
    return f"{sum(usd.low for usd in known):,.2f} to {sum(usd.high for usd in known):,.2f}"


def _numbers(value: Range) -> str:
    low, high = f"{value.low:,.0f}", f"{value.high:,.0f}"
    return low if low == high else f"{low} to {high}"


def _times(value: Range) -> str:
    low, high = _time(value.low), _time(value.high)
    return low if low == high else f"{low} to {high}"


def _time(seconds: float) -> str:
    if seconds < 2 * _SECONDS_A_MINUTE:
        return f"{seconds:.0f} s"
    if seconds < 2 * _SECONDS_AN_HOUR:
        return f"{seconds / _SECONDS_A_MINUTE:.0f} min"
    return f"{seconds / _SECONDS_AN_HOUR:.1f} h"
