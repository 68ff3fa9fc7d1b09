"""`stvqa train`: a vision-language model, a set, a recipe.

stvqa train runs/demo --model tiny
stvqa train runs/stvqa-7k --recipe grpo-lora-1gpu --model Qwen/Qwen2.5-VL-3B-Instruct --check
"""

from __future__ import annotations

import importlib.util
import json
import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stvqa.cli.runs import ON_HUB, RUNS_FOLDER, find_run
from stvqa.errors import TrainingError

if TYPE_CHECKING:
    from stvqa.train import Outcome, TrainRecipe

__all__ = ["train"]

_NEEDED = ("torch", "torchvision", "transformers", "trl", "peft", "accelerate")
_TINY = "tiny"


class MethodOption(StrEnum):
    """How to train."""

    GRPO = "grpo"
    SFT = "sft"


class TrackerOption(StrEnum):
    """Where figures are shown, beside the curves that are always written."""

    TRACKIO = "trackio"
    WANDB = "wandb"
    TENSORBOARD = "tensorboard"


def train(  # noqa: PLR0913 (each is an option of the command)
    run: Annotated[
        str | None,
        typer.Argument(
            help="A run, a dataset folder or a Hub id [default: the newest run in ./runs].", metavar="[RUN]"
        ),
    ] = None,
    *,
    recipe: Annotated[
        str | None,
        typer.Option(
            help="Training recipe by name or file [default: grpo-lora-1gpu; sft-paper for --method sft; grpo-tiny for "
            "--model tiny]."
        ),
    ] = None,
    model: Annotated[str | None, typer.Option(help="Hub id, model folder, or tiny [default: the recipe's].")] = None,
    method: Annotated[MethodOption | None, typer.Option(help="grpo or sft [default: the recipe's].")] = None,
    reward: Annotated[
        str | None, typer.Option(help="dense, paper, paper-release, sparse, or package.module.function.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="The training's folder [default: RUN/train/RECIPE, of a set on the Hub runs/train-OWNER--NAME/RECIPE, "
            "with the --reward and --difficulty given]."
        ),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Check reward, prompt, frame and memory; train nothing.")
    ] = False,
    difficulty: Annotated[
        int,
        typer.Option(min=0, metavar="K", help="First K tries at each row; rows always or never solved are left out."),
    ] = 0,
    report_to: Annotated[list[TrackerOption] | None, typer.Option(help="A tracker; repeatable.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the training in --out.")] = False,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="A value of the recipe, as grpo.max_steps=20."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Train a vision-language model on a set with GRPO, or supervised."""
    _need_packages(report_to or [])
    # TRL tells its makers of every trainer that is made; a run of ours tells nobody.
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from stvqa.train import load_train_recipe, parse_train_setting  # noqa: PLC0415 (torch is slow to import)

    chosen_method = method.value if method else None
    name = recipe or _default_recipe(model, chosen_method)
    overrides = {"model": model, "method": chosen_method, "reward.name": reward}
    given = {key: value for key, value in overrides.items() if value is not None}
    resolved = load_train_recipe(name, [parse_train_setting(text) for text in settings or []], overrides=given)
    origin = _origin(run)
    folder = out or _default_folder(origin, resolved, reward=reward, difficulty=difficulty)
    if check:
        _check(resolved, origin, as_json=as_json)
        return
    from stvqa.train import is_main  # noqa: PLC0415 (as above)
    from stvqa.train import train as run_training  # noqa: PLC0415 (as above)

    outcome = run_training(
        resolved,
        origin=origin,
        out=folder,
        resume=resume,
        difficulty=difficulty,
        report_to=[item.value for item in report_to or []],
        say=lambda text: typer.echo(text, err=True),
    )
    if is_main():  # of several processes, one tells what came of it
        _show(outcome, as_json=as_json)


def _need_packages(trackers: list[TrackerOption]) -> None:
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise TrainingError(
            f"training needs {', '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} not installed: "
            "pip install 'stvqa[train]'"
        )
    for tracker in trackers:
        if importlib.util.find_spec(tracker.value) is None:
            raise TrainingError(f"--report-to {tracker.value}: it is not installed; pip install {tracker.value}")


def _default_recipe(model: str | None, method: str | None) -> str:
    if model == _TINY:
        return "grpo-tiny"
    return "sft-paper" if method == MethodOption.SFT else "grpo-lora-1gpu"


def _origin(run: str | None) -> str:
    if run is None:
        return str(find_run(None))
    return run


def _default_folder(origin: str, recipe: TrainRecipe, *, reward: str | None, difficulty: int) -> Path:
    """One for each kind of training on a set, so that a second one does not meet the first."""
    name = recipe.name if recipe.method == "grpo" or "sft" in recipe.name else f"{recipe.name}-sft"
    name += (f"-{reward}" if reward else "") + (f"-difficulty{difficulty}" if difficulty else "")
    if Path(origin).is_dir():
        return Path(origin) / "train" / name
    return RUNS_FOLDER / f"{ON_HUB}{origin.replace('/', '--')}" / name


def _check(recipe: TrainRecipe, origin: str, *, as_json: bool) -> None:
    from stvqa.store.scratch import scratch_folder  # noqa: PLC0415 (slow to import; see stvqa.cli)
    from stvqa.train import check, prepare  # noqa: PLC0415 (torch is slow to import)

    with scratch_folder("check") as temporary:
        report = check(prepare(recipe, origin=origin, tiny=temporary / _TINY))
    typer.echo(json.dumps(report.figures, indent=2) if as_json else report.text())
    if report.failures:
        raise typer.Exit(1)


def _show(outcome: Outcome, *, as_json: bool) -> None:
    results: dict[str, Any] = {phase: dict(values) for phase, values in outcome.results.items()}
    if as_json:
        whole = {
            "out": str(outcome.folder),
            "model": str(outcome.model),
            "report": str(outcome.report),
            "results": results,
        }
        typer.echo(json.dumps(whole, indent=2))
        return
    names = ("accuracy", "mean_iou", "format", "total", "length")
    if results:
        typer.echo(f"{'':<12}" + "".join(f"{name:>10}" for name in names))
        for phase, values in results.items():
            typer.echo(f"{phase:<12}" + "".join(f"{values.get(name, float('nan')):>10.3f}" for name in names))
    typer.echo(f"  model     {outcome.model}")
    typer.echo(f"  report    {outcome.report}")
