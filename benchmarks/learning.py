"""Does it learn? A tiny model that is warm-started until its boxes overlap, then GRPO with the dense reward alone.

    python benchmarks/learning.py --out runs/learning        # goes on where it was stopped

Sampling gains little from threads, so GRPO is faster with a process for each core, after the warm start in one:

    python benchmarks/learning.py --out runs/learning --prepare
    OMP_NUM_THREADS=1 torchrun --nproc_per_node 2 benchmarks/learning.py --out runs/learning        # two cores

Scenes, questions and warm start are those of `benchmarks/miniature` (settings.yaml), where arms with several seeds are
compared; this is one long run of one arm. Accuracy and mean IoU are those of greedy answers, on the way to questions of
`watch`, before and after to those of `unseen`, and of sampled ones too. The figures as last measured stand in
dev/LOG.md.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent))

import torch
from miniature.measuring import MeasuringBook, Yardstick, look
from miniature.recipes import recipe_of
from miniature.settings import read_settings
from miniature.workbench import Workbench, is_ready, machine_name, open_workbench, prepare
from transformers import AutoModelForImageTextToText, TrainerCallback, set_seed

from stvqa.rewards import find_reward
from stvqa.train.grpo import make_grpo_trainer
from stvqa.train.guard import last_checkpoint
from stvqa.train.merging import save_whole_model
from stvqa.train.parts import TrainingParts
from stvqa.train.ranks import is_main, main_first, place_of_process
from stvqa.train.scoring import ScoreBook

__all__ = ["SETTINGS", "LearningSettings", "main"]

_MINIATURE = Path(__file__).resolve().parent / "miniature" / "settings.yaml"
_WORK = Path(__file__).resolve().parents[1] / "runs" / "miniature"


class LearningSettings(NamedTuple):
    """What is not the miniature's.

    Attributes:
        prompts / completions: questions of a step, and samples of each.
        schedule: of the learning rate.
    """

    seed: int = 11
    steps: int = 250
    prompts: int = 16
    completions: int = 8
    rate: float = 2e-4
    beta: float = 0.0
    temperature: float = 1.0
    schedule: str = "cosine"
    every: int = 50


SETTINGS = LearningSettings()


class _Run(NamedTuple):
    """The folder of the curve and the checkpoints, and the miniature's workbench."""

    folder: Path
    bench: Workbench

    def point(self, model: Any, step: int, *, rows: str, temperature: float = 0.0) -> None:  # noqa: ANN401 (of transformers)
        """Looks at a set, greedily or by one sample a row, and adds the figures to curve.jsonl."""
        data, training = self.bench.sets[rows].data, self.bench.settings.training
        with torch.random.fork_rng():
            torch.manual_seed(SETTINGS.seed)
            seen = look(
                model,
                self.bench.speaker,
                data,
                tokens=training.look_tokens,
                batch=training.look_batch,
                temperature=temperature,
            )
        figures = {name: round(value, 5) for name, value in seen.figures.items()}
        about = {
            "step": step,
            "set": rows,
            "rows": len(data.train),
            "temperature": temperature,
            "time": round(time.time()),
        }
        line = {**about, **figures, "categories": seen.by_category}
        with (self.folder / "curve.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        print(json.dumps(line), flush=True)


class _Looking(TrainerCallback):  # type: ignore[misc]  # transformers is read without its types
    """A point of the curve every so many steps, and the end when time is up."""

    def __init__(self, run: _Run, *, minutes: float) -> None:
        self.run = run
        self.deadline = time.monotonic() + 60 * minutes
        self.trainer: Any = None

    def on_step_end(self, args: Any, state: Any, control: Any, **_: object) -> None:  # noqa: ANN401 (of transformers)
        """Checkpoints fall on the same steps. One process looks; all of them end after the same step."""
        del args
        if state.global_step % SETTINGS.every:
            return
        accelerator = self.trainer.accelerator
        if accelerator.is_main_process:
            model = accelerator.unwrap_model(self.trainer.model)
            self.run.point(model, state.global_step, rows="watch")
        late = torch.tensor([float(time.monotonic() > self.deadline)])
        control.should_training_stop = bool(accelerator.reduce(late, "sum").item())


def _train(run: _Run, *, minutes: float) -> None:
    bench, training = run.bench, run.bench.settings.training
    rows = bench.sets["pool"].drawn(SETTINGS.steps * SETTINGS.prompts, seed=SETTINGS.seed)
    block = {
        **training.grpo,
        "per_device_train_batch_size": SETTINGS.prompts * SETTINGS.completions // place_of_process()[1],
        "num_generations": SETTINGS.completions,
        "max_completion_length": training.tokens,
        "learning_rate": SETTINGS.rate,
        "lr_scheduler_type": SETTINGS.schedule,
        "beta": SETTINGS.beta,
        "temperature": SETTINGS.temperature,
        "shuffle_dataset": False,
        "max_steps": SETTINGS.steps,
        "save_strategy": "steps",
        "save_steps": SETTINGS.every,
        "save_total_limit": 2,
    }
    start = str(bench.warm_start)
    frozen = training.freeze_vision
    recipe = recipe_of(bench.settings, method="grpo", model=start, seed=SETTINGS.seed, grpo=block, freeze_vision=frozen)
    wording = bench.speaker.wording
    book = MeasuringBook(ScoreBook(find_reward("dense"), rows, wording, keep=0), Yardstick.of(rows, wording))
    looking = _Looking(run, minutes=minutes)
    parts = TrainingParts(recipe, start, bench.speaker, bench.sets["pool"].of(rows), book, (looking,))
    trainer = make_grpo_trainer(parts, run.folder / "grpo")
    looking.trainer = trainer
    last = last_checkpoint(run.folder / "grpo")
    if last is None and is_main():
        run.point(trainer.model, 0, rows="watch")
    trainer.train(resume_from_checkpoint=str(last) if last else None)
    save_whole_model(trainer, bench.speaker, run.folder / "model")


def main() -> None:
    """Runs what is missing, and prints the curve."""
    parser = argparse.ArgumentParser(description="GRPO with the dense reward from the miniature's warm start")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=50, help="GRPO ends after these, at the next look")
    parser.add_argument("--threads", type=int, default=max(1, (os.cpu_count() or 1) // place_of_process()[1]))
    parser.add_argument("--prepare", action="store_true", help="make sets and warm start, and end")
    chosen = parser.parse_args()
    out: Path = chosen.out
    out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(chosen.threads)
    settings = read_settings(_MINIATURE)
    if place_of_process()[1] > 1 and not is_ready(_WORK):  # the others would wait for it longer than a barrier does
        sys.exit(f"no warm start in {_WORK}: first run, without a launcher, this with --prepare")
    with main_first():
        if is_main():
            prepare(_WORK, out / "warm-start-results", settings, workers=chosen.threads, deadline=float("inf"))
        if chosen.prepare:
            return
        run = _Run(out, open_workbench(_WORK, settings))
    set_seed(SETTINGS.seed)
    about = {**SETTINGS._asdict(), "machine": machine_name(), "processes": place_of_process()[1]}
    if is_main():
        print(json.dumps({**about, "threads": chosen.threads}), flush=True)
    if not (out / "model" / "complete.json").is_file():
        _train(run, minutes=chosen.minutes)
    if not is_main():
        return
    last = last_checkpoint(out / "grpo")
    steps = int(last.name.rsplit("-", 1)[1]) if last else 0
    for step, folder in ((0, run.bench.warm_start), (steps, out / "model")):
        model = AutoModelForImageTextToText.from_pretrained(folder)
        for temperature in (0.0, SETTINGS.temperature):
            run.point(model, step, rows="unseen", temperature=temperature)


if __name__ == "__main__":
    main()
