"""The warm start that all arms share: a tiny model learns to see, and to answer in the form that rewards ask for.

    warm_up(Path("runs/miniature"), settings, deadline=time.monotonic() + 3600)     # True once it is done

First it is only asked what is in the image, and names all things with their boxes; then it is told questions with
whole completions and right answers, and at last some without the thought and some without the scene too (`manners`).
One training of one optimizer; it goes on from its last checkpoint where it was stopped.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

import torch
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments, set_seed

from miniature.measuring import Yardstick, look
from miniature.muon import MuonWithAdamW
from miniature.recipes import recipe_of
from miniature.rows import RowSet, load_set
from miniature.settings import Manner, Settings
from stvqa.completion import BoxFrame, Completion, parse, render
from stvqa.stages.contract import random_for
from stvqa.train.data import Example, TrainingData
from stvqa.train.guard import last_checkpoint
from stvqa.train.loading import Speaker, load_speaker
from stvqa.train.merging import save_whole_model
from stvqa.train.parts import TrainingParts
from stvqa.train.sft import make_sft_trainer
from stvqa.train.tiny import make_tiny
from stvqa.train.wording import GLANCE, Wording

__all__ = ["WHAT", "Lesson", "Telling", "lessons", "warm_up"]

WHAT = "What is in the image?"
_TEXTS = 4000
_BATCHES = 8
"""Batches whose rows are sorted by length among themselves, so that little of a batch is padding."""


class Lesson(Example):
    """A row, and the manner in which it is told; a changed copy of it has none, and cannot be told."""

    manner: Manner

    @classmethod
    def of(cls, example: Example, manner: Manner) -> Lesson:
        """A row told in this manner."""
        lesson = cls(*example)
        lesson.manner = manner
        return lesson


class Telling(Wording):
    """The usual wording; asked what is in the image, it ends after the scene, and lessons are told in their manner."""

    def completion(self, example: Example) -> str:
        """All blocks, or those of the manner."""
        whole = parse(super().completion(example))
        if example.question == WHAT:
            return render(whole._replace(think=None, answer=None))
        told: dict[Manner, Completion] = {
            "thinking": whole,
            "unthinking": whole._replace(think=GLANCE),
            "sceneless": Completion(think=GLANCE, answer=whole.answer),
        }
        return render(told[example.manner if isinstance(example, Lesson) else "thinking"])


def warm_up(folder: Path, settings: Settings, *, deadline: float) -> bool:
    """All its steps; False where time ran out before.

    Args:
        folder: holds the sets in `data`; `tiny` and `warm-start` are made in it.
        deadline: of `time.monotonic`; it stops at the first checkpoint after that.
    """
    data, chosen, place = folder / "data", settings.warm_start, folder / "warm-start"
    warm = load_set(data / "warm", cache=data / "cache")
    watch = load_set(data / "watch", cache=data / "cache")
    tiny = _tiny(folder / "tiny", warm.data.train, settings)
    recipe = recipe_of(settings, method="sft", model=str(tiny), sft=chosen.sft)
    speaker = load_speaker(str(tiny), recipe, style="scene")
    speaker = speaker._replace(wording=Telling(*speaker.wording))
    examples = lessons(warm, settings)
    looking = _Looking(place, settings, watch.of(watch.data.train[: chosen.looked_at]), speaker, deadline)
    set_seed(settings.seed)
    book = Yardstick.of(examples[:1], speaker.wording).book
    parts = TrainingParts(recipe, str(tiny), speaker, warm.of(examples), book, (looking,))
    trainer = make_sft_trainer(parts, place, max_steps=chosen.steps, train_sampling_strategy="sequential")
    config = trainer.args
    trainer.optimizer = MuonWithAdamW(
        trainer.model,
        hidden_rate=chosen.hidden_rate,
        rate=config.learning_rate,
        beta2=config.adam_beta2,
        weight_decay=config.weight_decay,
    )
    looking.trainer = trainer
    last = last_checkpoint(place)
    trainer.train(resume_from_checkpoint=str(last) if last else None)
    if looking.cut_off:
        return False
    save_whole_model(trainer, speaker, place / "model")
    return True


def lessons(warm: RowSet, settings: Settings) -> list[Example]:
    """The rows of all steps in their order: images for `seeing_steps`, then questions, those of the last `mixed_steps`
    in all manners.

    A share of the questions has truths that hold the whole scene, so that a policy knows both kinds of graph.
    """
    chosen, seed = settings.warm_start, settings.seed
    images = list({item.image_id: item for item in warm.data.train}.values())
    seen = [item._replace(question=WHAT) for item in warm.with_whole(images)]
    drawn = {item.row_id: random_for(seed, "whole-graph", item.row_id).random() for item in warm.data.train}
    told = [item for item in warm.data.train if drawn[item.row_id] >= chosen.whole_share]
    told += warm.with_whole([item for item in warm.data.train if drawn[item.row_id] < chosen.whole_share])
    batch, chance = _batch_of(settings), random_for(seed, "manners", "all")
    whole = chosen.steps - chosen.seeing_steps - chosen.mixed_steps
    questions = _over_and_over(told, batch, seed, "telling")
    manners, shares = list(chosen.manners), list(chosen.manners.values())
    return [
        *islice(_over_and_over(seen, batch, seed, "seeing"), chosen.seeing_steps * batch),
        *islice(questions, whole * batch),
        *(
            Lesson.of(item, chance.choices(manners, shares)[0])
            for item in islice(questions, chosen.mixed_steps * batch)
        ),
    ]


def _over_and_over(rows: Sequence[Example], batch: int, seed: int, what: str) -> Iterator[Example]:
    """Shuffled anew each time; batches hold rows of like length, in no order of length."""
    times = 0
    while True:
        chance = random_for(seed, what, str(times))
        order = chance.sample(rows, len(rows))
        for start in range(0, len(order), batch * _BATCHES):
            stretch = sorted(order[start : start + batch * _BATCHES], key=lambda item: len(item.gold))
            batches = [stretch[first : first + batch] for first in range(0, len(stretch), batch)]
            # A short batch stays last, or those after it would be cut elsewhere.
            whole = [piece for piece in batches if len(piece) == batch]
            yield from chain.from_iterable(chance.sample(whole, len(whole)))
            yield from chain.from_iterable(piece for piece in batches if len(piece) < batch)
        times += 1


def _batch_of(settings: Settings) -> int:
    return int(settings.warm_start.sft["per_device_train_batch_size"])


def _tiny(folder: Path, examples: Sequence[Example], settings: Settings) -> Path:
    """The model with random weights."""
    if not (folder / "tokenizer.json").is_file():
        # Of the texts, only numbers depend on the frame, and those are tokens anyway.
        wording = Wording("question", BoxFrame("resized-pixels"), "scene")
        some = examples[:: max(1, len(examples) // _TEXTS)]
        texts = [text for item in some for text in (wording.prompt(item), wording.completion(item))]
        make_tiny(folder, [*texts, WHAT], seed=settings.seed)
    return folder


class _Looking(TrainerCallback):  # type: ignore[misc]  # transformers is read without its types
    """Looks at rows of `watch` every so many steps, and stops when time is up."""

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
        """A look where one is due; checkpoints fall on the same steps. While it learns to see there is no answer."""
        del args
        chosen = self.settings.warm_start
        last = state.global_step >= chosen.steps
        if state.global_step % chosen.look_every and not last:
            return
        control.should_save = True
        seeing = state.global_step <= chosen.seeing_steps and not last
        figures = {} if seeing else self._figures()
        seconds, self._since = time.monotonic() - self._since, time.monotonic()
        point = {"step": state.global_step, "seconds": round(seconds, 1), **figures}
        with (self.folder / "curve.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(point) + "\n")
        print(f"warm start: {json.dumps(point)}", flush=True)
        if not last and time.monotonic() > self.deadline:
            control.should_training_stop = self.cut_off = True

    def _figures(self) -> dict[str, float]:
        training = self.settings.training
        with torch.random.fork_rng():
            seen = look(
                self.trainer.model, self.speaker, self.rows, tokens=training.look_tokens, batch=training.look_batch
            )
        return seen.figures
