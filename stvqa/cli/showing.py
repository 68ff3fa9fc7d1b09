"""What commands that run a recipe show: progress on the way, and what there is at the end.

run_and_show(recipe, Path("runs/demo"), scheduler="processes", workers=None, with_report=True, as_json=False)
"""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from stvqa.cli.report import REPORT_FILE, report_of_build
from stvqa.errors import PendingCalls

if TYPE_CHECKING:
    from stvqa.recipe import Recipe
    from stvqa.runner import Progress, RunSummary
    from stvqa.store import RunFile
    from stvqa.teachers.calls import CallOptions

__all__ = ["run_and_show"]


def run_and_show(
    recipe: Recipe,
    folder: Path,
    *,
    scheduler: str,
    workers: int | None,
    with_report: bool,
    as_json: bool,
    calls: CallOptions | None = None,
) -> None:
    """Runs a recipe in a folder, with its page, and shows what there is.

    Raises:
        ShortRunError: fewer rows than asked for; those that there are have been shown as JSON where that was wanted.
        StorageError: a page that is not ours stands in the place of the report.
    """
    from stvqa.runner import ShortRunError, run_recipe  # noqa: PLC0415 (slow to import; see stvqa.cli)
    from stvqa.store.ownership import refuse_foreign_page  # noqa: PLC0415 (same)

    if with_report:
        refuse_foreign_page(folder / REPORT_FILE)
    progress = _open_progress()
    try:
        summary = run_recipe(recipe, out=folder, scheduler=scheduler, workers=workers, progress=progress, calls=calls)
    except PendingCalls as error:
        if as_json:
            typer.echo(json.dumps({"out": str(folder), "dataset": None, "pending": str(error)}, indent=2))
        raise
    except ShortRunError as error:
        page = _report(error.summary, wanted=with_report)
        if as_json:  # a script wants to know what there is; people get the error's table
            _show(error.summary, page=page, as_json=True)
        raise
    _show(summary, page=_report(summary, wanted=with_report), as_json=as_json)


def _open_progress() -> Progress:
    """Bars on a terminal, plain lines elsewhere."""
    from stvqa.runner import BarProgress, LineProgress  # noqa: PLC0415 (slow to import; see stvqa.cli)

    return BarProgress(sys.stderr) if sys.stderr.isatty() else LineProgress(sys.stderr)


def _report(summary: RunSummary, *, wanted: bool) -> Path | None:
    """The page to look at the run with; None where it is not wanted or there is no row to see."""
    return report_of_build(summary.out) if wanted and summary.dataset and summary.rows else None


def _rounds(run_file: RunFile) -> str:
    """How often the teacher was asked for more, where it was."""
    figures = [entry.statistics.figures for entry in run_file.stages if entry.statistics]
    rounds = max((table.get("rounds", 1) for table in figures if isinstance(table.get("rounds", 1), int)), default=1)
    return f", in {rounds} rounds: some of what was written first did not pass" if rounds > 1 else ""


def _paid(run_file: RunFile) -> str:
    """What all calls in the run's folder cost; "" where there were none."""
    calls = run_file.calls
    if calls is None or not calls.calls + calls.lost:
        return ""
    lost = f" and {calls.lost:,} tries without an answer" if calls.lost else ""
    if calls.usd is None:
        return f"{calls.calls:,} calls{lost}, price unknown"
    estimated = f", ${calls.estimated_usd:,.4f} of it estimated, at most" if calls.estimated_usd else ""
    return f"{calls.calls:,} calls{lost}: ${calls.usd:,.4f}{estimated}"


def _show(summary: RunSummary, *, page: Path | None, as_json: bool) -> None:
    """Where everything is, and what is in it."""
    if as_json:
        result = {
            "out": str(summary.out),
            "dataset": str(summary.dataset) if summary.dataset else None,
            "report": str(page) if page else None,
            "rows": summary.rows,
            "seconds": summary.seconds,
            "reused": summary.reused,
            "run": summary.run_file.model_dump(mode="json"),
        }
        typer.echo(json.dumps(result, indent=2))
        return
    from stvqa.cli.tables import selection_tables  # noqa: PLC0415 (only where it is shown)

    for table in selection_tables(summary.run_file):
        typer.echo(table + "\n")
    typer.echo(f"{summary.rows:,} rows in {summary.seconds:.1f} s{_rounds(summary.run_file)}")
    if summary.dataset:
        typer.echo(f"  set       {summary.dataset}")
    typer.echo(f"  run       {summary.out / 'run.json'}")
    if paid := _paid(summary.run_file):
        typer.echo(f"  paid      {paid}")
    if page:
        typer.echo(f"  look at   {page}")
    if summary.dataset and summary.rows:
        from stvqa.store.dataset import read_dataset  # noqa: PLC0415 (only where it is shown)

        example = next(read_dataset(summary.dataset, images=False)).row.row_id
        typer.echo(f"  one row   stvqa explain {example} {shlex.quote(str(summary.out))}")
