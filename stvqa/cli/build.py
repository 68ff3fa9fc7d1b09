"""`stvqa build`: from a source to a published set.

stvqa build --source vg --root /data/vg --n 5000 --out runs/vg5k --set check.images=false
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

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
from stvqa.cli.runs import RUNS_FOLDER
from stvqa.cli.showing import run_and_show

if TYPE_CHECKING:
    from stvqa.recipe import Recipe, Setting

__all__ = ["build"]

_DEMO_ROWS_PER_SCENE = 2
_DEMO_SCENES_LEAST = 60


class SourceOption(StrEnum):
    """Sources of scene graphs."""

    DEMO = "demo"
    VG = "vg"
    VG150 = "vg150"
    GQA = "gqa"


class MissingImagesOption(StrEnum):
    """What becomes of images without a file."""

    REJECT = "reject"
    PLACEHOLDER = "placeholder"


def build(  # noqa: PLR0913 (each is an option of the command)
    *,
    n: Annotated[int, typer.Option("--n", min=1, help="Rows of the finished set.")],
    source: Annotated[
        SourceOption | None, typer.Option(help="Where scene graphs come from [default: the recipe's].")
    ] = None,
    root: Annotated[
        Path | None, typer.Option(help="Folder of the source's files. `vg` without it reads VG150 from the Hub.")
    ] = None,
    teacher: Annotated[
        str | None,
        typer.Option(help="Who writes the questions: rules, or a model [default: rules for demo, else the recipe's]."),
    ] = None,
    verifier: Annotated[
        list[str] | None,
        typer.Option(help="Model that answers the questions before they are selected; twice for two [default: none]."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The run's folder [default: runs/RECIPE-N].")] = None,
    seed: Annotated[int | None, typer.Option(help="Root of all randomness [default: the recipe's].")] = None,
    recipe: Annotated[
        str | None, typer.Option(help="Recipe by name or file [default: demo for --source demo, else stvqa-7k].")
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="STAGE.KEY=VALUE", help="A parameter of a stage; repeatable.")
    ] = None,
    plan: Annotated[
        bool,
        typer.Option(
            "--plan",
            help="Show what would be run, and what its calls would cost (a few are made where a server is known).",
        ),
    ] = False,
    scheduler: Annotated[
        str, typer.Option(help="processes, threads, sync, or the address of a Dask scheduler.")
    ] = "processes",
    workers: Annotated[int | None, typer.Option(help="Processes or threads [default: one a core].")] = None,
    missing_images: Annotated[
        MissingImagesOption | None,
        typer.Option(help="Images without a file: refuse them, or use a plain placeholder of their size."),
    ] = None,
    no_report: Annotated[bool, typer.Option("--no-report", help="Do not write report.html at the end.")] = False,
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
    """Build a set of N questions with proved answers."""
    if teacher is None and source == SourceOption.DEMO:
        teacher = "rules"
    resolved = _recipe(
        recipe or ("demo" if source == SourceOption.DEMO else "stvqa-7k"),
        n=n,
        seed=seed,
        options={
            "source": source.value if source else None,
            "root": str(root) if root else None,
            "missing_images": missing_images.value if missing_images else None,
        },
        teacher=teacher,
        verifiers=verifier or [],
        settings=settings or [],
    )
    folder = out or RUNS_FOLDER / f"{resolved.name}-{n}"
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
    if plan:
        show_plan(resolved, folder, calls=calls, scheduler=scheduler, workers=workers, as_json=as_json)
        return
    run_and_show(
        resolved,
        folder,
        scheduler=scheduler,
        workers=workers,
        with_report=not no_report,
        as_json=as_json,
        calls=calls,
    )


def _recipe(
    name: str,
    *,
    n: int,
    seed: int | None,
    options: dict[str, str | None],
    teacher: str | None,
    verifiers: list[str],
    settings: list[str],
) -> Recipe:
    """The recipe with the options laid over it, and `--set` over these."""
    from stvqa.recipe import load_recipe, parse_setting  # noqa: PLC0415 (slow to import; see stvqa.cli)

    laid = [
        *_settings("load", {key: value for key, value in options.items() if value is not None}),
        *_settings("plan", {"n": n}),
        *_settings("select", {"n": n}),
        *_settings("generate", {} if teacher is None else {"teacher": teacher}),
    ]
    given = [parse_setting(text) for text in settings]
    recipe = load_recipe(name, [*laid, *given], seed=seed, verifiers=verifiers)
    demo = _demo_settings(name, recipe, n=n, given=given)
    return load_recipe(name, [*demo, *laid, *given], seed=seed, verifiers=verifiers) if demo else recipe


def _demo_settings(name: str, recipe: Recipe, *, n: int, given: Sequence[Setting]) -> list[Setting]:
    """What follows for the demo source from N and the run's seed, however the source was asked for.

    Values of `--set`, and those that stand in a recipe file of the user's own, are left alone.
    """
    from stvqa.recipe import find_recipe  # noqa: PLC0415 (slow to import; see stvqa.cli)
    from stvqa.resources import resource_folder  # noqa: PLC0415 (same)

    load = recipe.stages[0]
    if load.model_dump().get("source") != SourceOption.DEMO:
        return []
    named = {setting.keys[0] for setting in given if setting.stage == load.name}
    if find_recipe(name).parent != resource_folder("pipelines"):
        named |= load.model_fields_set
    derived = {"limit": max(_DEMO_SCENES_LEAST, math.ceil(n / _DEMO_ROWS_PER_SCENE)), "scene_seed": recipe.seed}
    return _settings(load.name, {key: value for key, value in derived.items() if key not in named})


def _settings(stage: str, values: dict[str, Any]) -> list[Setting]:
    from stvqa.recipe import Setting  # noqa: PLC0415 (slow to import; see stvqa.cli)

    return [Setting(stage, (key,), value, f"--{key.replace('_', '-')} {value}") for key, value in values.items()]
