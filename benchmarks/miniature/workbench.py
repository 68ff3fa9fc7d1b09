"""What every training needs, made once: the sets, the tiny model and the warm start that all arms share.

    bench = open_workbench(Path("runs/miniature"), settings)           # in every process
    prepare(Path("runs/miniature"), results, settings, workers=2, deadline=...)      # before, in one

The warm start ends as soon as boxes overlap; it goes on from its last checkpoint where it was stopped.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from seeing import learn_to_see
from transformers import (
    AutoModelForImageTextToText,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
    set_seed,
)

from miniature.jobs import digest_of
from miniature.labels import VerifiedLabels, make_wrong, read_verified
from miniature.measuring import Yardstick, look
from miniature.results import WarmStartResult, read_warm_start, write_warm_start
from miniature.rows import RowSet, load_set
from miniature.scenes import SETS, make_sets
from miniature.settings import Settings
from stvqa.completion import BoxFrame
from stvqa.errors import InputError
from stvqa.stages.contract import random_for
from stvqa.train.data import Example, TrainingData
from stvqa.train.guard import last_checkpoint
from stvqa.train.loading import Speaker, load_speaker
from stvqa.train.merging import save_whole_model
from stvqa.train.parts import TrainingParts
from stvqa.train.recipe import TrainRecipe, build_train_recipe
from stvqa.train.sft import make_sft_trainer
from stvqa.train.tiny import make_tiny
from stvqa.train.wording import Wording

__all__ = ["Workbench", "machine_name", "open_workbench", "prepare", "recipe_of"]

_POOL_WRONG = "pool-wrong"
_TEXTS = 4000


class Workbench(NamedTuple):
    """Sets, processor and warm start.

    Attributes:
        sets: `pool`, `pool-wrong`, `watch`, `unseen` and `harder`.
        warm_start: folder of the model; digest: of its weights.
    """

    settings: Settings
    folder: Path
    speaker: Speaker
    sets: Mapping[str, RowSet]
    verified: VerifiedLabels
    warm_start: Path
    digest: str


def prepare(folder: Path, results: Path, settings: Settings, *, workers: int, deadline: float) -> bool:
    """Makes what is missing of sets, tiny model and warm start.

    Args:
        folder: working folder, tens of megabytes.
        results: where warm-start.json goes.
        deadline: of `time.monotonic`; the warm start stops there.

    Returns:
        Whether all is ready.

    Raises:
        InputError: the folder was made with other settings, or the results come from another warm start.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made_by = digest_of(settings.model_dump(mode="json", include={"seed", "data", "warm_start"}))
    _same(folder / "made-by.json", made_by)
    data = folder / "data"
    make_sets(data, settings, workers=workers)
    make_wrong(data / "pool", data / _POOL_WRONG, share=settings.data.wrong_labels, seed=settings.seed)
    model = folder / "warm-start" / "model"
    if not (model / "complete.json").is_file() and not _warm_start(folder, settings, deadline=deadline):
        return False
    _note(folder, results, made_by=made_by)
    return True


def open_workbench(folder: Path, settings: Settings) -> Workbench:
    """Opens what `prepare` made."""
    data = folder / "data"
    sets = {name: load_set(data / name, cache=data / "cache") for name in (*SETS[1:], _POOL_WRONG)}
    model = folder / "warm-start" / "model"
    speaker = load_speaker(str(model), recipe_of(settings, method="sft", model=str(model)), style="scene")
    return Workbench(settings, folder, speaker, sets, read_verified(data / _POOL_WRONG), model, weights_digest(model))


def recipe_of(settings: Settings, *, method: str, model: str, seed: int | None = None, **values: Any) -> TrainRecipe:
    """A training recipe with what all phases share."""
    shared = {"name": settings.name, "seed": settings.seed if seed is None else seed, "prompt": "question"}
    return build_train_recipe({**shared, "method": method, "model": model, **values}, origin="benchmarks/miniature")


def weights_digest(model: Path) -> str:
    """sha256 of the weights, 16 hex digits."""
    return hashlib.sha256((model / "model.safetensors").read_bytes()).hexdigest()[:16]


def machine_name() -> str:
    """The GPU, or the processor and its number of cores."""
    if torch.cuda.is_available():
        return str(torch.cuda.get_device_name(0))
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        found = [
            line.split(":", 1)[1] for line in info.read_text(encoding="utf-8").splitlines() if "model name" in line
        ]
        name = found[0].strip() if found else name
    return f"{name}, {os.cpu_count()} cores"


def _same(path: Path, digest: str) -> None:
    """Refuses a folder whose sets and warm start were made by other settings."""
    if path.is_file() and json.loads(path.read_text(encoding="utf-8")) != digest:
        raise InputError(
            f"{path.parent} was made with other settings of data or warm start: remove it, or name another --work"
        )
    path.write_text(json.dumps(digest), encoding="utf-8")


def _note(folder: Path, results: Path, *, made_by: str) -> None:
    """Writes warm-start.json, unless the results belong to another warm start."""
    model = folder / "warm-start" / "model"
    digest, known = weights_digest(model), read_warm_start(results)
    if known is not None and known.settings == made_by and known.digest != digest:
        raise InputError(
            f"the results in {results} were made from a warm start with the digest {known.digest}, and that in {model} "
            f"has {digest}: weights differ from machine to machine. Go on where the first was made, or begin anew with "
            "another --out"
        )
    if known is not None and known.digest == digest:
        return
    curve = [json.loads(line) for line in (folder / "warm-start" / "curve.jsonl").read_text().splitlines()]
    verified = read_verified(folder / "data" / _POOL_WRONG)
    sets = {name: load_set(folder / "data" / name, cache=folder / "data" / "cache") for name in SETS}
    write_warm_start(
        results,
        WarmStartResult(
            digest=digest,
            settings=made_by,
            device="cuda" if torch.cuda.is_available() else "cpu",
            machine=machine_name(),
            threads=torch.get_num_threads(),
            seconds=sum(point["seconds"] for point in curve),
            steps=int(curve[-1]["step"]),
            parameters=_parameters(model),
            curve=curve,
            sets={name: len(found.data.train) for name, found in sets.items()},
            chance={name: round(found.chance, 5) for name, found in sets.items()},
            labels=verified.model_dump(exclude={"refused"}),
        ),
    )


def _parameters(model: Path) -> int:
    return sum(item.numel() for item in AutoModelForImageTextToText.from_pretrained(model).parameters())


def _warm_start(folder: Path, settings: Settings, *, deadline: float) -> bool:
    """Supervised steps on truths until boxes overlap; False where time ran out before."""
    data, chosen = folder / "data", settings.warm_start
    warm = load_set(data / "warm", cache=data / "cache")
    watch = load_set(data / "watch", cache=data / "cache")
    whole = {item.row_id for item in warm.data.train if _drawn(settings.seed, item) < chosen.whole_share}
    told = warm.with_whole([item for item in warm.data.train if item.row_id in whole])
    examples = [item for item in warm.data.train if item.row_id not in whole] + told
    tiny = _first_model(folder, examples, settings, deadline=deadline)
    if tiny is None:
        return False
    recipe = recipe_of(settings, method="sft", model=str(tiny), sft=chosen.sft)
    speaker = load_speaker(str(tiny), recipe, style="scene")
    looking = _Looking(
        folder / "warm-start", settings, watch.of(watch.data.train[: chosen.looked_at]), speaker, deadline
    )
    set_seed(settings.seed)
    ready = warm.of(examples)
    book = Yardstick.of(examples, speaker.wording).book
    parts = TrainingParts(recipe, str(tiny), speaker, ready, book, (looking,))
    trainer = make_sft_trainer(parts, folder / "warm-start", max_steps=chosen.steps)
    looking.trainer = trainer
    last = last_checkpoint(folder / "warm-start")
    trainer.train(resume_from_checkpoint=str(last) if last else None)
    if looking.cut_off:
        return False
    save_whole_model(trainer, speaker, folder / "warm-start" / "model")
    return True


def _drawn(seed: int, example: Example) -> float:
    return random_for(seed, "whole-graph", example.row_id).random()


def _first_model(folder: Path, examples: list[Example], settings: Settings, *, deadline: float) -> Path | None:
    """What the warm start begins with; None where time ran out before it was ready."""
    if settings.warm_start.first == "plain":
        return learn_to_see(folder / "seeing", minutes=(deadline - time.monotonic()) / 60)
    tiny = folder / "tiny"
    if not (tiny / "tokenizer.json").is_file():
        # Of the texts, only numbers depend on the frame, and those are tokens anyway.
        wording = Wording("question", BoxFrame("resized-pixels"), "scene")
        step = max(1, len(examples) // _TEXTS)
        texts = [text for item in examples[::step] for text in (wording.prompt(item), wording.completion(item))]
        make_tiny(tiny, texts, seed=settings.seed)
    return tiny


class _Looking(TrainerCallback):  # type: ignore[misc]  # transformers is read without its types
    """Looks at rows of `watch` every so many steps, and ends the warm start at a mean IoU or when time is up."""

    def __init__(self, folder: Path, settings: Settings, rows: TrainingData, speaker: Speaker, deadline: float) -> None:
        self.folder, self.settings, self.rows, self.speaker = folder, settings, rows, speaker
        self.deadline = deadline
        self.cut_off = False
        self.trainer: Any = None
        self._since = time.monotonic()

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        """Points beyond the checkpoint that is gone on from were made by a training that was cut off: they go."""
        del args, control
        self._since = time.monotonic()
        path = self.folder / "curve.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        kept = [line for line in lines if json.loads(line)["step"] <= state.global_step]
        path.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object) -> None:
        """A look where one is due; checkpoints fall on the same steps."""
        del args
        chosen = self.settings.warm_start
        last = state.global_step >= chosen.steps
        if state.global_step % chosen.look_every and not last:
            return
        training = self.settings.training
        with torch.random.fork_rng():
            seen = look(
                self.trainer.model, self.speaker, self.rows, tokens=training.look_tokens, batch=training.look_batch
            )
        seconds, self._since = time.monotonic() - self._since, time.monotonic()
        point = {"step": state.global_step, "seconds": round(seconds, 1), **seen.figures}
        with (self.folder / "curve.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(point) + "\n")
        print(f"warm start: {json.dumps(point)}", flush=True)
        control.should_save = True
        if seen.figures["mean_iou"] >= chosen.enough_iou or last:
            control.should_training_stop = True
        elif time.monotonic() > self.deadline:
            control.should_training_stop = self.cut_off = True
