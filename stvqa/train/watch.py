"""What is written down while a training runs: curves as JSON lines, and sampled completions as Parquet.

    {"phase": "grpo", "step": 5, "loss": 0.021, "parts/total": 0.41, "parts/total_spread": 0.12, ...}      curves.jsonl
    completions/grpo-000005.parquet     step, phase, row_id, images, prompt, completion, truth, format ... total

Only the main process writes, and completions only every so many steps, so that logging costs next to nothing.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from stvqa.plain_files import open_plain
from stvqa.rewards import PARTS, render_truth
from stvqa.store.atomic import atomic_file, storage_errors
from stvqa.train.data import TrainingData
from stvqa.train.scoring import Kept, ScoreBook

__all__ = ["CURVES", "Point", "Watcher", "read_curves", "write_completions"]

CURVES = "curves.jsonl"
_PAUSE_SECONDS = 5.0
_TOLD = {"loss": "loss", "parts/total": "reward", "parts/accuracy": "accuracy", "scene/mean_iou": "mean IoU"}
_IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
_TEXTS = ("phase", "row_id", "prompt", "completion", "truth", "fault", "format_fault")


Say = Callable[[str], None]


class Point(NamedTuple):
    """What was logged at one step."""

    phase: str
    step: int
    values: Mapping[str, float]


class Watcher(TrainerCallback):  # type: ignore[misc]  # transformers is read without its types
    """Writes curves and completions of one phase of a training.

    Args:
        folder: of the training; curves are appended to, since a resumed training goes on with them.
        phase: `sft` or `grpo`.
        every: completions are written once in so many steps: those of the first generation that is due, since a
            recipe may learn from one generation for several steps.
        say: told how it goes, a line every few seconds.
    """

    def __init__(
        self, folder: Path, phase: str, *, book: ScoreBook, data: TrainingData, every: int, say: Say | None = None
    ) -> None:
        self.folder = folder
        self.phase = phase
        self.book = book
        self.data = data
        self.every = every
        self.say = say
        self._told = 0.0
        self._due = every
        self._begun = time.perf_counter()
        self._before = self._scored_before = 0.0

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        """Curves beyond the step that is gone on from were made by a training that was cut off: they go, and the time
        is counted on from those that stay.
        """
        del args, control
        self._begun = time.perf_counter()
        self._due = self._next(state.global_step)
        if not state.is_world_process_zero:
            return
        forget_after(self.folder / CURVES, self.phase, state.global_step)
        done = [point.values for point in read_curves(self.folder) if point.phase == self.phase]
        if done:
            self._before = done[-1].get("seconds", 0.0)
            self._scored_before = self._before * done[-1].get("reward_time_share", 0.0)

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: Mapping[str, Any] | None = None,
        **_: object,
    ) -> None:
        """One line of figures."""
        del args, control
        if not state.is_world_process_zero or not logs:
            return
        figures = {name: float(value) for name, value in logs.items() if isinstance(value, int | float)}
        spent = max(self._before + time.perf_counter() - self._begun, 1e-9)
        self._tell(figures, state)
        line = {"phase": self.phase, "step": state.global_step, **_finite(figures)}
        share = (self._scored_before + self.book.seconds) / spent
        line |= {"seconds": round(spent, 2), "reward_time_share": round(share, 5)}
        path = self.folder / CURVES
        with storage_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = open_plain(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            with os.fdopen(descriptor, "a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")

    def _tell(self, figures: Mapping[str, float], state: TrainerState) -> None:
        shown = [f"{name} {figures[key]:.3f}" for key, name in _TOLD.items() if key in figures]
        if self.say is None or not shown or time.perf_counter() - self._told < _PAUSE_SECONDS:
            return
        self._told = time.perf_counter()
        self.say(f"{self.phase} step {state.global_step:,} of {state.max_steps:,}: {', '.join(shown)}")

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object) -> None:
        """The step's completions, where they are due; otherwise they are forgotten."""
        del args, control
        kept = self.book.take()
        if not kept or not state.is_world_process_zero or state.global_step < self._due:
            return
        self._due = self._next(state.global_step)
        path = self.folder / "completions" / f"{self.phase}-{state.global_step:06d}.parquet"
        begun = time.perf_counter()
        write_completions(path, kept, book=self.book, data=self.data, phase=self.phase, step=state.global_step)
        self.book.seconds += time.perf_counter() - begun

    def on_evaluate(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object) -> None:
        """Completions of an evaluation, which the same scorer kept, are not those of the next step: they go."""
        del args, state, control
        self.book.take()

    def _next(self, step: int) -> int:
        """The first multiple of `every` after a step."""
        return (step // self.every + 1) * self.every


def _finite(figures: Mapping[str, float]) -> dict[str, float]:
    return {name: value for name, value in figures.items() if math.isfinite(value)}


def write_completions(
    path: Path, kept: Sequence[Kept], *, book: ScoreBook, data: TrainingData, phase: str, step: int
) -> None:
    """One Parquet file: completions with image, truth and every part of the score.

    Raises:
        StorageError: it cannot be written.
    """
    columns: dict[str, list[Any]] = {name: [] for name in ("step", *_TEXTS, "images", *PARTS)}
    for item in kept:
        example, truth = book.examples[item.place], book.truth(item.place)
        cell = data.tables[example.split][example.row]["images"]
        columns["step"].append(step)
        columns["phase"].append(phase)
        columns["row_id"].append(example.row_id)
        columns["prompt"].append(book.wording.prompt(example))
        columns["completion"].append(item.completion)
        columns["truth"].append(render_truth(truth))
        columns["fault"].append(item.score.fault)
        columns["format_fault"].append(item.score.details.format_fault)
        columns["images"].append(cell[0] if isinstance(cell, list) else cell)
        for part in PARTS:
            columns[part].append(getattr(item.score, part))
    types = {
        "step": pa.int32(),
        "images": _IMAGE,
        **dict.fromkeys(_TEXTS, pa.string()),
        **dict.fromkeys(PARTS, pa.float32()),
    }
    features = {
        name: {"_type": "Image"} if name == "images" else {"dtype": str(kind), "_type": "Value"}
        for name, kind in types.items()
    }
    features |= {part: {"dtype": "float32", "_type": "Value"} for part in PARTS}
    schema = pa.schema(list(types.items()), metadata={"huggingface": json.dumps({"info": {"features": features}})})
    with atomic_file(path) as file:
        pq.write_table(pa.table(columns, schema=schema), file, compression="zstd")


def read_curves(folder: Path) -> list[Point]:
    """All points of a training, in order; a line cut off by a crash is left out."""
    path = folder / CURVES
    if not path.is_file():
        return []
    points: list[Point] = []
    for text in path.read_text(encoding="utf-8").splitlines():
        try:
            line = json.loads(text)
        except ValueError:
            continue
        points.append(Point(str(line.pop("phase")), int(line.pop("step")), line))
    return points


def forget_after(path: Path, phase: str, step: int) -> None:
    """Takes away the lines of a phase beyond a step, and what a crash cut off, which would take the next line with it.

    Raises:
        StorageError: the file cannot be written.
    """
    points = read_curves(path.parent)
    kept = [point for point in points if point.phase != phase or point.step <= step]
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    if len(kept) == len(text.splitlines()) == text.count("\n"):
        return
    with atomic_file(path) as file:
        for point in kept:
            file.write((json.dumps({"phase": point.phase, "step": point.step, **point.values}) + "\n").encode())
