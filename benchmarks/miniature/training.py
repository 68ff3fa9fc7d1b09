"""One arm and one seed: trained from the warm start, looked at, and summed up as a result.

    result = run_job(bench, job)
    result.looks["unseen"]["accuracy"], result.last["kl"]

Every arm of a seed meets the same questions in the same order (those refused by verification left out), and takes the
same number of steps.
"""

from __future__ import annotations

import gc
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import torch
from transformers import (
    AutoModelForImageTextToText,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
    set_seed,
)

from miniature.jobs import Job
from miniature.measuring import Look, MeasuringBook, Yardstick, look
from miniature.recipes import recipe_of
from miniature.results import Result
from miniature.rows import with_boxes_exchanged
from miniature.ungated import reward_named
from miniature.workbench import Workbench, machine_name
from stvqa.rewards import Reward
from stvqa.rewards.hacks import hacks
from stvqa.train.data import Example
from stvqa.train.grpo import make_grpo_trainer
from stvqa.train.parts import TrainingParts
from stvqa.train.scoring import ScoreBook
from stvqa.train.sft import make_sft_trainer

__all__ = ["run_job"]

_STRETCHES = 30
_PROBED = 200
"""Truths that hacks are tried on."""

_LOGGED = (
    *(f"parts/{part}" for part in ("format", "count", "accuracy", "spatial", "total")),
    *(f"measured/{name}" for name in ("accuracy", "format", "mean_iou", "boxes", "right_graph")),
    *("groups/no_spread", "kl", "loss", "grad_norm", "entropy"),
    *("completions/mean_length", "completions/clipped_ratio"),
)
"""Figures of the training's log that are kept, where the method has them."""


class _Trained(NamedTuple):
    """A model, and the log of its training, one entry a step."""

    model: Any
    log: Sequence[Mapping[str, float]]


def run_job(bench: Workbench, job: Job) -> Result:
    """Trains and looks.

    Raises:
        StvqaError: the training diverged, or a setting was refused.
    """
    set_seed(job.seed)
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory(dir=bench.folder) as folder:
        trained = _train(bench, job, Path(folder))
        training = time.perf_counter() - begun
        looks = _looks(bench, job, trained.model)
    figures = {name: found.figures for name, found in looks.items()}
    if job.group == "choice":
        figures["hacks"] = _hacks(bench, _reward(job))
    log = [_kept(line) for line in trained.log]
    tenth = max(1, len(log) // 10)
    seconds = time.perf_counter() - begun - training
    del trained
    gc.collect()
    return Result(
        group=job.group,
        arm=job.name,
        seed=job.seed,
        digest=job.digest,
        warm_start=bench.digest,
        device="cuda" if torch.cuda.is_available() else "cpu",
        machine=machine_name(),
        threads=torch.get_num_threads(),
        versions={name: version(name) for name in ("torch", "transformers", "trl")},
        seconds_training=round(training, 1),
        seconds_looking=round(seconds, 1),
        looks=figures,
        right={name: found.right for name, found in looks.items()},
        categories={name: found.by_category for name, found in looks.items()},
        first=_means(log[:tenth]),
        last=_means(log[-tenth:]),
        curve=_curve(log),
    )


def _train(bench: Workbench, job: Job, folder: Path) -> _Trained:
    if job.arm.method in ("none", "thinking"):
        device = "cuda" if torch.cuda.is_available() else "cpu"
        return _Trained(AutoModelForImageTextToText.from_pretrained(bench.warm_start).to(device), [])
    training, model = bench.settings.training, str(bench.warm_start)
    told, right = _rows(bench, job)
    data = bench.sets["pool"].of(told)
    log, method = _Log(), job.arm.method
    shared: dict[str, Any] = {
        "method": method,
        "model": model,
        "seed": job.seed,
        "freeze_vision": training.freeze_vision,
    }
    if method == "sft":
        block = {
            **job.values,
            "per_device_train_batch_size": training.prompts,
            "train_sampling_strategy": "sequential",
            "max_steps": training.steps,
        }
        recipe = recipe_of(bench.settings, **shared, target=job.arm.target, sft=block)
        book = Yardstick.of(told, bench.speaker.wording).book
        trainer: Any = make_sft_trainer(TrainingParts(recipe, model, bench.speaker, data, book, (log,)), folder)
    else:
        block = {
            **job.values,
            "per_device_train_batch_size": training.prompts * training.completions,
            "num_generations": training.completions,
            "max_completion_length": training.tokens,
            "shuffle_dataset": False,
            "max_steps": training.steps,
        }
        recipe = recipe_of(bench.settings, **shared, grpo=block)
        plain = ScoreBook(_reward(job), told, bench.speaker.wording, keep=0)
        measuring = MeasuringBook(plain, Yardstick.of(right, bench.speaker.wording))
        parts = TrainingParts(recipe, model, bench.speaker, data, measuring, (log,))
        trainer = make_grpo_trainer(parts, folder)
    trainer.train()
    return _Trained(trainer.model, log.lines)


def _rows(bench: Workbench, job: Job) -> tuple[list[Example], list[Example]]:
    """What the arm is told, and the same rows as they truly are."""
    training, labels = bench.settings.training, job.arm.labels
    without = frozenset(bench.verified.refused) if labels == "verified" else frozenset()
    count = training.steps * training.prompts
    right = bench.sets["pool"].drawn(count, seed=job.seed, without=without)
    told = right
    if labels != "right":
        told = bench.sets["pool-wrong"].drawn(count, seed=job.seed, without=without)
    if job.arm.graphs == "whole":
        told = bench.sets["pool"].with_whole(told)
    return told, right


def _reward(job: Job) -> Reward:
    reward = job.arm.reward
    assert reward is not None
    return reward_named(reward.name, reward.settings)


def _looks(bench: Workbench, job: Job, model: Any) -> dict[str, Look]:  # noqa: ANN401 (a model of transformers)
    """`watch` for what is to be chosen; the test splits for the comparison alone."""
    training, sets, thinking = bench.settings.training, bench.sets, job.arm.method == "thinking"

    def seen(name: str, rows: Sequence[Example], **how: Any) -> Look:
        data = sets[name].of(rows)
        tokens, batch = training.look_tokens, training.look_batch
        return look(model, bench.speaker, data, tokens=tokens, batch=batch, thinking=thinking, **how)

    if job.group != "main":
        return {"watch": seen("watch", sets["watch"].data.train)}
    unseen, harder = sets["test"].data.train, sets["harder"].data.train
    given = unseen[: bench.settings.data.given]
    return {
        "unseen": seen("test", unseen),
        "sampled": seen("test", given, temperature=1.0),
        "harder": seen("harder", harder),
        "given-right": seen("test", given, opened=given),
        "given-wrong": seen("test", given, opened=[with_boxes_exchanged(item) for item in given]),
    }


def _hacks(bench: Workbench, reward: Reward) -> dict[str, float]:
    """The most that a degenerate completion earns beyond answer and form, random boxes aside, which no reward stops."""
    settings: Any = getattr(reward, "settings", None)
    wording = bench.speaker.wording
    beyond: list[float] = []
    for example in bench.sets["pool"].data.train[:_PROBED]:
        truth = wording.truth(example)
        tried = [item for item in hacks(truth, prompt=wording.prompt(example)) if item.name != "random-boxes"]
        for score in reward.score_many([item.text for item in tried], [truth] * len(tried)):
            form, answer = (
                settings.format_weight * (score.format or 0),
                settings.accuracy_weight * (score.accuracy or 0),
            )
            beyond.append((score.total or 0.0) - form - answer)
    return {"greatest": round(max(beyond), 5), "mean": round(statistics.fmean(beyond), 5)}


class _Log(TrainerCallback):  # type: ignore[misc]  # transformers is read without its types
    """Keeps what the trainer logs, a line a step."""

    def __init__(self) -> None:
        self.lines: list[Mapping[str, float]] = []

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: Mapping[str, Any] | None = None,
        **_: object,
    ) -> None:
        """The last line of a training is of the whole and has no loss of a step."""
        del args, control
        if logs and "loss" in logs:
            self.lines.append({**logs, "step": state.global_step})


def _kept(line: Mapping[str, float]) -> dict[str, float]:
    return {name: float(line[name]) for name in ("step", *_LOGGED) if name in line}


def _means(log: Sequence[Mapping[str, float]]) -> dict[str, float]:
    names = [name for name in _LOGGED if any(name in line for line in log)]
    return {name: round(statistics.fmean(line[name] for line in log if name in line), 5) for name in names}


def _curve(log: Sequence[Mapping[str, float]]) -> dict[str, list[float | None]]:
    """Means over stretches of equal length; `step` is the last one of a stretch."""
    length = max(1, len(log) // _STRETCHES)
    stretches = [log[start : start + length] for start in range(0, len(log), length)]
    names = [name for name in _LOGGED if any(name in line for line in log)]
    curve: dict[str, list[float | None]] = {"step": [stretch[-1]["step"] for stretch in stretches]} if log else {}
    for name in names:
        means = [[line[name] for line in stretch if name in line] for stretch in stretches]
        curve[name] = [round(statistics.fmean(values), 5) if values else None for values in means]
    return curve
