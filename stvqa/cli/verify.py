"""`stvqa verify`: proves every row of a finished set again, or has models answer the questions from their images.

stvqa verify runs/demo                            # rules: from the rows alone
stvqa verify runs/demo --verifier gpt-4o          # the run once more, with the stage `verify` before `select`
stvqa verify downloaded-set --verifier gpt-4o     # no run: its rows are asked about and named, not changed
"""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stvqa.cli.asking import ask_set
from stvqa.cli.calls_options import (
    CONCURRENCY,
    TIMEOUT_SECONDS,
    BaseUrl,
    Batch,
    BatchIn,
    BatchOut,
    Concurrency,
    MaxCalls,
    MaxUsd,
    PayAgain,
    PriceList,
    Timeout,
    call_options,
)
from stvqa.cli.plan_tables import show_plan
from stvqa.cli.runs import find_dataset, find_run
from stvqa.cli.showing import run_and_show
from stvqa.errors import InputError
from stvqa.texts import one_line

if TYPE_CHECKING:
    from stvqa.recipe import Recipe
    from stvqa.report import VerifyReport

__all__ = ["verify"]

_FAILURES_SHOWN = 20
_RULES = "rules"


def verify(  # noqa: PLR0913 (each is an option of the command)
    run: Annotated[
        Path | None, typer.Argument(help="A run or a dataset folder [default: the newest in ./runs].")
    ] = None,
    *,
    verifier: Annotated[
        list[str] | None,
        typer.Option(help="rules: prove rows from their programs; or a model, twice for two [default: rules]."),
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="verify.KEY=VALUE", help="A parameter of a stage; repeatable.")
    ] = None,
    plan: Annotated[
        bool,
        typer.Option(
            "--plan",
            help="Show what would be asked and what it would cost (a few calls are made where a server is known).",
        ),
    ] = False,
    scheduler: Annotated[
        str, typer.Option(help="processes, threads, sync, or the address of a Dask scheduler.")
    ] = "processes",
    workers: Annotated[int | None, typer.Option(help="Processes or threads [default: one a core].")] = None,
    no_report: Annotated[bool, typer.Option("--no-report", help="Do not write report.html.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
    base_url: BaseUrl = None,
    max_usd: MaxUsd = None,
    max_calls: MaxCalls = None,
    prices: PriceList = None,
    concurrency: Concurrency = CONCURRENCY,
    timeout: Timeout = TIMEOUT_SECONDS,
    batch: Batch = False,
    batch_out: BatchOut = None,
    batch_in: BatchIn = None,
    pay_again: PayAgain = False,
) -> None:
    """Prove every row of a finished set again, exit 1 if one fails; or have models confirm the set."""
    models = verifier or [_RULES]
    folder = find_run(run)
    if models == [_RULES]:
        _prove(folder, as_json=as_json)
        return
    if _RULES in models:
        raise InputError(
            f"--verifier {_RULES} proves rows and a model answers them: run `stvqa verify` once for each of them"
        )
    calls = call_options(
        base_url=base_url,
        max_usd=max_usd,
        max_calls=max_calls,
        prices=prices,
        concurrency=concurrency,
        timeout=timeout,
        batch=batch,
        batch_out=batch_out,
        batch_in=batch_in,
        pay_again=pay_again,
    )
    recipe = _recipe_of(folder, models, settings or [])
    if recipe is None:
        if plan:
            raise InputError(f"--plan needs the run, not the set alone: {folder} holds none; --max-usd limits the cost")
        ask_set(find_dataset(folder), models, settings or [], calls=calls, as_json=as_json)
        return
    if plan:
        show_plan(recipe, folder, calls=calls, scheduler=scheduler, workers=workers, as_json=as_json)
        return
    run_and_show(
        recipe,
        folder,
        scheduler=scheduler,
        workers=workers,
        with_report=not no_report,
        as_json=as_json,
        calls=calls,
    )


def _recipe_of(folder: Path, models: list[str], settings: list[str]) -> Recipe | None:
    """The run's recipe with these verifiers; None for a set that came without its run."""
    from stvqa.recipe import parse_setting, recipe_of_run  # noqa: PLC0415 (slow to import; see stvqa.cli)
    from stvqa.store import read_run_file  # noqa: PLC0415 (same)
    from stvqa.store.run_file import RUN_FILE  # noqa: PLC0415 (same)

    if not (folder / RUN_FILE).is_file():
        return None
    content = read_run_file(folder)
    with suppress(InputError):
        if not (folder / content.stage("check").folder).is_dir():
            return None  # the set was copied with its run.json, but without the questions behind it
    given = [parse_setting(text) for text in settings]
    return recipe_of_run(content.recipe, given, origin=folder / RUN_FILE, verifiers=models)


def _prove(folder: Path, *, as_json: bool) -> None:
    from tqdm import tqdm  # noqa: PLC0415 (slow to import; see stvqa.cli)

    from stvqa.report import verify_dataset  # noqa: PLC0415 (same)
    from stvqa.store.dataset import count_dataset  # noqa: PLC0415 (same)

    dataset = find_dataset(folder)
    total = count_dataset(dataset)
    with tqdm(total=total, desc="verify", unit="row", file=sys.stderr, leave=False, disable=None) as bar:
        report = verify_dataset(dataset, on_row=bar.update)
    typer.echo(report.model_dump_json(indent=2) if as_json else _in_words(report, dataset))
    if report.failures:
        raise typer.Exit(1)


def _in_words(report: VerifyReport, dataset: Path) -> str:
    lines = [f"{dataset}: {report.rows:,} rows"]
    lines += [f"  {category:<18}{count:>8,}" for category, count in report.by_category.items()]
    lines += [f"  proved again      {report.proved:>8,}"]
    if report.unproved:
        lines.append(f"  without a program {report.unproved:>8,}")
    lines += [
        f"  {one_line(item.row_id)}  {item.reason}: {one_line(item.detail)}"
        for item in report.failures[:_FAILURES_SHOWN]
    ]
    if len(report.failures) > _FAILURES_SHOWN:
        lines.append(f"  ... and {len(report.failures) - _FAILURES_SHOWN:,} more (--json shows all)")
    return "\n".join([*lines, f"{len(report.failures):,} failures"])
