"""Teaches a tiny model to see: supervised steps on plain demo scenes until its boxes overlap those of unseen ones.

    python benchmarks/seeing.py --out runs/seeing        # goes on where it was stopped; half an hour on four cores

The completions are truths rendered with all blocks, the questions have four options each. `benchmarks/miniature` and
`benchmarks/learning.py` go on from the model, and run this first where it is not there.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any, NamedTuple

import torch
from plain_scenes import write_plain_set
from transformers import TrainerCallback, set_seed

from stvqa.train.guard import last_checkpoint
from stvqa.train.looking import look
from stvqa.train.merging import save_whole_model
from stvqa.train.parts import TrainingParts
from stvqa.train.preparing import Prepared, prepare
from stvqa.train.recipe import TrainRecipe, build_train_recipe
from stvqa.train.sft import make_sft_trainer
from stvqa.train.watch import Watcher

__all__ = ["SETTINGS", "SeeingSettings", "learn_to_see", "main"]


class SeeingSettings(NamedTuple):
    """All that the run depends on.

    Attributes:
        train_scenes / val_scenes: of the set; up to three questions a scene of train, one a scene of val.
        enough_iou: mean IoU on unseen scenes at which it ends.
        watched: rows of val in a look.
    """

    seed: int = 7
    train_scenes: int = 10_000
    val_scenes: int = 500
    enough_iou: float = 0.35
    watched: int = 192
    every: int = 250
    steps: int = 8_000
    batch: int = 16
    rate: float = 1e-3
    tokens: int = 160


SETTINGS = SeeingSettings()


class _Run(NamedTuple):
    """The run's folder and what is ready in it."""

    folder: Path
    ready: Prepared

    def point(self, model: Any, step: int) -> float:  # noqa: ANN401 (of transformers)
        """Looks at unseen rows, adds the figures to curve.jsonl and tells the mean IoU."""
        ready, first = self.ready, len(self.ready.data.train)
        places = range(first, first + min(SETTINGS.watched, len(ready.data.val)))
        with torch.random.fork_rng():
            seen = look(model, ready.speaker, ready.book, ready.data, places, batch=64, tokens=SETTINGS.tokens)
        line = {"step": step, "time": round(time.time()), **seen.figures}
        with (self.folder / "curve.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        print(f"seeing: {json.dumps(line)}", flush=True)
        return seen.figures["mean_iou"]


class _Looking(TrainerCallback):  # type: ignore[misc]  # transformers is read without its types
    """Looks at unseen scenes every so many steps, and ends at a mean IoU or after a time."""

    def __init__(self, run: _Run, *, minutes: float) -> None:
        self.run = run
        self.deadline = time.monotonic() + 60 * minutes
        self.trainer: Any = None
        self.cut_off = False

    def on_step_end(self, args: Any, state: Any, control: Any, **_: object) -> None:  # noqa: ANN401 (of transformers)
        """Checkpoints fall on the same steps."""
        del args
        if state.global_step % SETTINGS.every:
            return
        enough = self.run.point(self.trainer.model, state.global_step) >= SETTINGS.enough_iou
        self.cut_off = not enough and time.monotonic() > self.deadline
        control.should_training_stop = enough or self.cut_off


def learn_to_see(folder: Path, *, minutes: float) -> Path | None:
    """Scenes, tiny model and supervised steps until boxes overlap, as far as they are missing.

    Args:
        folder: of the run; the same call goes on where it was stopped.
        minutes: the steps stop at the first checkpoint after these.

    Returns:
        Folder of the model; None where time ran out before.
    """
    model = folder / "warm-start" / "model"
    if (model / "complete.json").is_file():
        return model
    set_seed(SETTINGS.seed)
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "data.done").exists():
        write_plain_set(folder / "data", train=SETTINGS.train_scenes, val=SETTINGS.val_scenes, seed=SETTINGS.seed)
        (folder / "data.done").touch()
    ready = prepare(_recipe(), origin=str(folder / "data"), tiny=folder / "tiny")
    looking = _Looking(_Run(folder, ready), minutes=minutes)
    watcher = Watcher(folder, "sft", book=ready.book, data=ready.data, every=50)
    parts = TrainingParts(ready.recipe, ready.model, ready.speaker, ready.data, ready.book, (watcher, looking))
    trainer = make_sft_trainer(parts, folder / "warm-start", max_steps=SETTINGS.steps)
    looking.trainer = trainer
    last = last_checkpoint(folder / "warm-start")
    trainer.train(resume_from_checkpoint=str(last) if last else None)
    if looking.cut_off:
        return None
    save_whole_model(trainer, ready.speaker, model)
    return model


def _recipe() -> TrainRecipe:
    values = {
        "name": "seeing",
        "seed": SETTINGS.seed,
        "method": "sft",
        "target": "scene",
        "model": "tiny",
        "prompt": "question",
        "data": {"val_rows": SETTINGS.val_scenes},
        "sft": {
            "per_device_train_batch_size": SETTINGS.batch,
            "learning_rate": SETTINGS.rate,
            "lr_scheduler_type": "constant_with_warmup",
            "warmup_steps": 100,
            "adam_beta2": 0.98,
            "weight_decay": 0.01,
            "bf16": False,
            "logging_steps": 10,
            "save_steps": SETTINGS.every,
            "save_total_limit": 2,
            "dataloader_num_workers": 0,
        },
    }
    return build_train_recipe(values, origin="benchmarks/seeing.py")


def main() -> None:
    """Runs what is missing."""
    parser = argparse.ArgumentParser(description="Supervised steps on plain demo scenes until boxes overlap")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=60, help="stop at the first checkpoint after these")
    parser.add_argument("--threads", type=int, default=2)
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    print(json.dumps({**SETTINGS._asdict(), "threads": chosen.threads, "torch": torch.__version__}), flush=True)
    model = learn_to_see(chosen.out, minutes=chosen.minutes)
    print(f"the model: {model}" if model else "time is up; the same command goes on")


if __name__ == "__main__":
    main()
