"""Does it learn? The tiny model: a supervised warm start on plain demo scenes, then GRPO with the dense reward.

    python benchmarks/learning.py --out /tmp/learning        # goes on where it was stopped; about an hour on two cores

The warm start ends as soon as boxes overlap those of unseen scenes (mean IoU at least `SETTINGS.enough_iou`); GRPO
goes on from there with no other signal than the reward. Accuracy is that of greedy answers to questions about unseen
scenes, of four options each. Everything runs through the trainers of `stvqa.train`; the scenes are `plain_scenes`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from pathlib import Path
from typing import Any, NamedTuple

import torch
from plain_scenes import write_plain_set
from transformers import TrainerCallback, set_seed

from stvqa.train.grpo import make_grpo_trainer
from stvqa.train.guard import last_checkpoint
from stvqa.train.looking import look
from stvqa.train.merging import save_whole_model
from stvqa.train.parts import TrainingParts
from stvqa.train.preparing import Prepared, prepare
from stvqa.train.recipe import TrainRecipe, build_train_recipe
from stvqa.train.sft import make_sft_trainer
from stvqa.train.watch import Watcher

__all__ = ["SETTINGS", "Settings", "main", "plain_warm_start"]


class Settings(NamedTuple):
    """All that the run depends on.

    Attributes:
        train_scenes / val_scenes: of the set; up to three questions a scene of train, one a scene of val.
        enough_iou: mean IoU on unseen scenes at which the warm start ends.
        watched: rows of val that are looked at on the way; all of them before and after GRPO.
    """

    seed: int = 7
    train_scenes: int = 10_000
    val_scenes: int = 500
    enough_iou: float = 0.35
    watched: int = 192
    sft_every: int = 250
    sft_steps: int = 8_000
    sft_batch: int = 16
    sft_rate: float = 1e-3
    grpo_every: int = 25
    grpo_steps: int = 400
    grpo_rate: float = 1e-4
    prompts: int = 16
    completions: int = 8
    beta: float = 0.0
    temperature: float = 1.0
    tokens: int = 160


SETTINGS = Settings()


class Looking(TrainerCallback):  # type: ignore[misc]  # transformers is read without its types
    """Looks at unseen scenes every so many steps, and ends a phase at a mean IoU or after a time."""

    def __init__(self, run: Run, phase: str, *, every: int, enough_iou: float, minutes: float) -> None:
        self.run = run
        self.phase = phase
        self.every = every
        self.enough_iou = enough_iou
        self.deadline = time.monotonic() + 60 * minutes
        self.trainer: Any = None
        self.cut_off = False

    def on_step_end(self, args: Any, state: Any, control: Any, **_: object) -> None:  # noqa: ANN401 (of transformers)
        """A point of the curve, where one is due."""
        del args
        late = time.monotonic() > self.deadline
        if state.global_step % self.every and not late:
            return
        point = self.run.point(self.trainer.model, self.phase, state.global_step, rows=SETTINGS.watched)
        enough = point["mean_iou"] >= self.enough_iou
        if enough or late:
            self.cut_off = not enough
            control.should_training_stop = True
            control.should_save = True


class Run(NamedTuple):
    """The run's folder and what is ready in it."""

    folder: Path
    ready: Prepared

    def point(self, model: Any, phase: str, step: int, *, rows: int) -> dict[str, float]:  # noqa: ANN401 (as above)
        """Looks at `rows` unseen rows and adds the figures to curve.jsonl."""
        first = len(self.ready.data.train)
        places = range(first, first + min(rows, len(self.ready.data.val)))
        book, speaker = self.ready.book, self.ready.speaker
        with torch.random.fork_rng():
            seen = look(model, speaker, book, self.ready.data, places, batch=64, tokens=SETTINGS.tokens)
        figures = {**seen.figures, "seconds": round(time.time() - _begun(self.folder), 1)}
        line = {"phase": phase, "step": step, **figures}
        with (self.folder / "curve.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        print(json.dumps(line), flush=True)
        return figures


def _begun(folder: Path) -> float:
    path = folder / "begun"
    if not path.exists():
        path.write_text(str(time.time()), encoding="utf-8")
    return float(path.read_text(encoding="utf-8"))


def _recipe() -> TrainRecipe:
    chosen = SETTINGS
    shared = {"bf16": False, "use_cpu": True, "logging_steps": 10, "save_total_limit": 2}
    values = {
        "name": "learning",
        "seed": chosen.seed,
        "method": "grpo",
        "model": "tiny",
        "prompt": "question",
        "data": {"val_rows": chosen.val_scenes},
        "warm_start": {"steps": chosen.sft_steps},
        "sft": {
            **shared,
            "per_device_train_batch_size": chosen.sft_batch,
            "learning_rate": chosen.sft_rate,
            "lr_scheduler_type": "constant_with_warmup",
            "warmup_steps": 100,
            "adam_beta2": 0.98,
            "weight_decay": 0.01,
            "save_steps": chosen.sft_every,
            "dataloader_num_workers": 0,
        },
        "grpo": {
            **shared,
            "per_device_train_batch_size": chosen.prompts * chosen.completions,
            "num_generations": chosen.completions,
            "max_completion_length": chosen.tokens,
            "learning_rate": chosen.grpo_rate,
            "lr_scheduler_type": "constant_with_warmup",
            "warmup_steps": 5,
            "adam_beta2": 0.98,
            "beta": chosen.beta,
            "temperature": chosen.temperature,
            "max_steps": chosen.grpo_steps,
            "save_steps": chosen.grpo_every,
        },
    }
    return build_train_recipe(values, origin="benchmarks/learning.py")


def plain_warm_start(folder: Path, *, minutes: float) -> Path | None:
    """Scenes, tiny model and supervised steps until boxes overlap, as far as they are missing.

    Args:
        folder: of the run; the same call goes on where it was stopped.
        minutes: the steps stop at a checkpoint after these.

    Returns:
        Folder of the model; None where time ran out before.
    """
    model = folder / "warm-start" / "model"
    if (model / "complete.json").is_file():
        return model
    return _warm_start(_open(folder), minutes=minutes)


def _open(folder: Path) -> Run:
    """The run with its set, which is made where it is not there yet."""
    set_seed(SETTINGS.seed)
    folder.mkdir(parents=True, exist_ok=True)
    _begun(folder)
    if not (folder / "data.done").exists():
        write_plain_set(folder / "data", train=SETTINGS.train_scenes, val=SETTINGS.val_scenes, seed=SETTINGS.seed)
        (folder / "data.done").touch()
    return Run(folder, prepare(_recipe(), origin=str(folder / "data"), tiny=folder / "tiny"))


def _warm_start(run: Run, *, minutes: float) -> Path | None:
    model = run.folder / "warm-start" / "model"
    looking = Looking(run, "sft", every=SETTINGS.sft_every, enough_iou=SETTINGS.enough_iou, minutes=minutes)
    ready = run.ready
    watcher = Watcher(run.folder, "sft", book=ready.book, data=ready.data, every=50)
    parts = TrainingParts(ready.recipe, ready.model, ready.speaker, ready.data, ready.book, (watcher, looking))
    trainer = make_sft_trainer(parts, run.folder / "warm-start", max_steps=SETTINGS.sft_steps)
    looking.trainer = trainer
    last = last_checkpoint(run.folder / "warm-start")
    trainer.train(resume_from_checkpoint=str(last) if last else None)
    if looking.cut_off:
        return None
    save_whole_model(trainer, ready.speaker, model)
    return model


def _grpo(run: Run, model: Path, *, minutes: float) -> None:
    looking = Looking(run, "grpo", every=SETTINGS.grpo_every, enough_iou=2.0, minutes=minutes)
    ready = run.ready
    watcher = Watcher(run.folder, "grpo", book=ready.book, data=ready.data, every=25)
    parts = TrainingParts(ready.recipe, str(model), ready.speaker, ready.data, ready.book, (watcher, looking))
    trainer = make_grpo_trainer(parts, run.folder / "grpo")
    looking.trainer = trainer
    last = last_checkpoint(run.folder / "grpo")
    everything = len(ready.data.val)
    if last is None:
        run.point(trainer.model, "warm-start", 0, rows=everything)
    trainer.train(resume_from_checkpoint=str(last) if last else None)
    run.point(trainer.model, "after-grpo", trainer.state.global_step, rows=everything)
    save_whole_model(trainer, ready.speaker, run.folder / "model")


def main() -> None:
    """Runs what is missing, and prints the curve."""
    parser = argparse.ArgumentParser(description="Supervised warm start, then GRPO, on plain demo scenes")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--sft-minutes", type=float, default=60, help="the warm start stops at a checkpoint after these"
    )
    parser.add_argument("--grpo-minutes", type=float, default=30)
    parser.add_argument("--threads", type=int, default=2)
    chosen = parser.parse_args()
    out: Path = chosen.out
    torch.set_num_threads(chosen.threads)
    machine = f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, {chosen.threads} threads"
    print(json.dumps({"settings": SETTINGS._asdict(), "machine": machine, "torch": torch.__version__}), flush=True)
    model = plain_warm_start(out, minutes=chosen.sft_minutes)
    if model is None:
        print("time is up in the warm start; the same command goes on")
    else:
        _grpo(_open(out), model, minutes=chosen.grpo_minutes)
    _show(out)


def _show(out: Path) -> None:
    lines = [json.loads(text) for text in (out / "curve.jsonl").read_text(encoding="utf-8").splitlines()]
    print(f"{'phase':<12}{'step':>7}{'minutes':>9}{'accuracy':>10}{'mean IoU':>10}{'reward':>8}{'tokens':>8}")
    for line in lines:
        reward = line.get("total", float("nan"))
        print(
            f"{line['phase']:<12}{line['step']:>7}{line['seconds'] / 60:>9.1f}{line['accuracy']:>10.3f}"
            f"{line['mean_iou']:>10.3f}{reward:>8.3f}{line['length']:>8.1f}"
        )


if __name__ == "__main__":
    main()
