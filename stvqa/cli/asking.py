"""`stvqa verify SET --verifier MODEL` for a set without its run: every row is asked about, and nothing changed.

The ledger is kept in ./runs/asked-NAME, so that the same command goes on where it stopped.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from stvqa.cli.runs import RUNS_FOLDER
from stvqa.errors import CallError
from stvqa.texts import one_line

if TYPE_CHECKING:
    from stvqa.report import AskedReport, Failure
    from stvqa.stages.verify import Verify
    from stvqa.teachers.calls import CallOptions

__all__ = ["ask_set"]

_FAILURES_SHOWN = 20


def ask_set(dataset: Path, models: list[str], settings: list[str], *, calls: CallOptions, as_json: bool) -> None:
    """Asks and shows; exit 1 where a row was refused.

    Args:
        dataset: the folder that holds `data/`.
        models: the verifiers.
        settings: of the stage `verify`, as `--set` gives them.
        calls: how calls are made.
        as_json: print the report as JSON.

    Raises:
        CallError: calls failed, so some rows are undecided; also where no model can be asked.
        InputError: no set, or one that contradicts itself.
        RecipeError: a setting does not fit.
    """
    from stvqa.report import ask_dataset  # noqa: PLC0415 (slow to import; see stvqa.cli)
    from stvqa.runner.calls import RunCalls  # noqa: PLC0415 (same)

    stage = _stage(models, settings)
    out = RUNS_FOLDER / f"asked-{dataset.resolve().parent.name}-{dataset.resolve().name}"
    made = RunCalls(calls, out=out, tell=lambda text: typer.echo(text, err=True))
    made.check([stage])
    try:
        report = ask_dataset(dataset, stage.judge(seed=0), made.open(), canary_share=stage.canary_share)
    finally:
        made.close()
    typer.echo(report.model_dump_json(indent=2) if as_json else _in_words(report, dataset))
    if report.undecided:
        raise CallError(
            f"{len(report.undecided):,} of {report.rows:,} rows are undecided, since calls failed, for example: "
            f"{report.why_undecided}; the same command asks again; what was answered is in {out}"
        )
    if report.failures:
        raise typer.Exit(1)


def _stage(models: list[str], settings: list[str]) -> Verify:
    """The stage `verify` with its parameters, of which those about quotas mean nothing here."""
    from stvqa.recipe import parse_setting  # noqa: PLC0415 (slow to import; see stvqa.cli)
    from stvqa.recipe.reading import build_stage  # noqa: PLC0415 (same)
    from stvqa.recipe.settings import apply_settings  # noqa: PLC0415 (same)
    from stvqa.stages.verify import Verify  # noqa: PLC0415 (same)

    tables = [{"stage": Verify.name, "verifiers": models}]
    (table,) = apply_settings(tables, [parse_setting(text) for text in settings])
    stage = build_stage(Path("--set"), table, {Verify.name: Verify})
    assert isinstance(stage, Verify)
    return stage


def _in_words(report: AskedReport, dataset: Path) -> str:
    from stvqa.cli.tables import verification_tables  # noqa: PLC0415 (only where it is shown)

    lines = [f"{dataset}: {report.rows:,} rows"]
    for table in verification_tables(report.figures):
        lines += [f"  {line}" for line in table.splitlines()]
        lines.append("")
    lines += [f"  {_line(item)}" for item in report.failures[:_FAILURES_SHOWN]]
    if len(report.failures) > _FAILURES_SHOWN:
        lines.append(f"  ... and {len(report.failures) - _FAILURES_SHOWN:,} more (--json shows all)")
    return "\n".join([*lines, f"{len(report.failures):,} failures"])


def _line(failure: Failure) -> str:
    return one_line(f"{failure.row_id}  {failure.reason}: {failure.detail}")
