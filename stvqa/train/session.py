"""A whole training, from the recipe to the model folder: what `stvqa train` runs.

outcome = train(recipe, origin="runs/demo", out=Path("runs/demo/train/grpo-tiny"))
outcome.model         # runs/demo/train/grpo-tiny/model, which transformers loads
outcome.results       # {"start": {"accuracy": 0.24, ...}, "end": {"accuracy": 0.31, ...}}
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import torch
from transformers import set_seed

from stvqa.errors import InputError, StorageError
from stvqa.logs import logger_of
from stvqa.secrecy import without_known_keys
from stvqa.store.atomic import storage_errors, write_json
from stvqa.train.card import write_model_card
from stvqa.train.claim import claim_training
from stvqa.train.difficulty import drop_solved, measure_difficulty
from stvqa.train.estimate import estimate, machine, precision_note, refuse_what_cannot_run
from stvqa.train.grpo import make_grpo_trainer
from stvqa.train.guard import last_checkpoint, told_training_errors, weights_told
from stvqa.train.lengths import prompt_lengths, token_faults, usual_length
from stvqa.train.looking import Look, look
from stvqa.train.merging import save_model, save_whole_model
from stvqa.train.options import figure
from stvqa.train.parity import refuse_unless_equal
from stvqa.train.parts import TrainingParts, check_blocks, devices_note, processes_note
from stvqa.train.preparing import TINY, Prepared, prepare
from stvqa.train.ranks import is_main, main_first, place_of_process
from stvqa.train.recipe import TrainRecipe
from stvqa.train.report import write_report
from stvqa.train.sft import make_sft_trainer
from stvqa.train.state import TrainFile, begin, digests_of, read_train_file, standing
from stvqa.train.watch import Watcher

__all__ = ["Outcome", "train"]

_logger = logger_of(__name__)

_COMPLETIONS_EVERY = 10
_LOOK_BATCH = 32

Say = Callable[[str], None]


class Outcome(NamedTuple):
    """What came of a training.

    Attributes:
        model: folder of the finished model or adapter.
        results: figures by phase: `start`, `warm-start` where there was one, `end`.
    """

    folder: Path
    model: Path
    report: Path
    results: Mapping[str, Mapping[str, float]]


def train(
    recipe: TrainRecipe,
    *,
    origin: str,
    out: Path,
    resume: bool = False,
    difficulty: int = 0,
    report_to: Sequence[str] = (),
    say: Say = print,
) -> Outcome:
    """Trains, and leaves a model folder, a card, curves, completions and a report.

    Args:
        origin: a run, a dataset folder or a Hub id.
        out: the training's folder.
        resume: go on with what is there, from its last whole checkpoint.
        difficulty: tries a row of the difficulty pass before training; 0 for none.
        report_to: trackers beside the curves that are always written.
        say: told what happens, a line at a time.

    Raises:
        StvqaError: anything that the user can mend.
    """
    set_seed(recipe.seed)
    with storage_errors(out):
        out.mkdir(parents=True, exist_ok=True)
    claim_training(out, write=is_main())
    say = _logged(say if is_main() else _silent)
    _logger.info("%s of %s on %s with reward %s, in %s", recipe.method, recipe.model, origin, recipe.reward.name, out)
    with main_first():
        standing(out, recipe, resume=resume, difficulty=difficulty, write=is_main())
        ready = prepare(recipe, origin=origin, tiny=out / TINY)
    _check(ready, say=say)
    file = begin(
        out,
        recipe,
        ready.data,
        model=ready.model,
        files=digests_of(ready.speaker.wording.template, ready.reward),
        resume=resume,
        difficulty=difficulty,
        write=is_main(),
    )
    if file.state == "complete":
        say(f"{out} is complete: nothing is left to do")
        return Outcome(out, out / file.output, out / "report.html", file.results)
    try:
        with told_training_errors():
            outcome = _phases(ready, out, file, difficulty=difficulty, report_to=report_to, say=say)
    except Exception as error:
        _note_failure(out, error)
        raise
    return outcome


def _silent(text: str) -> None:
    """Of several processes, one tells what happens."""
    del text


def _logged(say: Say) -> Say:
    """Logs what is said, too."""

    def said(text: str) -> None:
        _logger.info("%s", text)
        say(text)

    return said


def _check(ready: Prepared, *, say: Say) -> None:
    """Says what will be trained on, and refuses what would not come to a good end."""
    recipe, data = ready.recipe, ready.data
    say(f"{len(data.train):,} rows to train on, {len(data.val):,} to look at ({data.origin})")
    for text in (*data.notes, *(f"left out: {count:,} rows, {why}" for why, count in data.dropped.items())):
        say(text)
    for fault in token_faults(data, ready.speaker):
        raise InputError(fault)
    check_blocks(recipe, rows=len(data.train), val=len(data.val))
    _refuse(ready)
    for note in (precision_note(recipe), processes_note(recipe, place_of_process()[1]), devices_note()):
        if note:
            say(f"note: {note}")
    if recipe.method == "grpo" and recipe.grpo.get("use_vllm"):
        agreed = refuse_unless_equal(ready)
        say(f"vLLM agrees with transformers on {agreed.tokens_equal:.0%} of greedy tokens")


def _refuse(ready: Prepared) -> None:
    here = machine(measure=False, launched=place_of_process()[1] > 1)
    usual = usual_length(prompt_lengths(ready.data.train, ready.speaker))
    need = estimate(ready.recipe, ready.speaker, rows=len(ready.data.train), prompt_tokens=usual, here=here)
    refuse_what_cannot_run(need, here, model=ready.model)


def _phases(
    ready: Prepared, out: Path, file: TrainFile, *, difficulty: int, report_to: Sequence[str], say: Say
) -> Outcome:
    results = {name: dict(values) for name, values in file.results.items()}
    recipe = ready.recipe
    if difficulty:
        tried = measure_difficulty(ready, out, tries=difficulty, say=say)
        ready = drop_solved(ready, tried, tries=difficulty, say=say)
        kept = {"rows": len(ready.data.train), "dropped": dict(ready.data.dropped)}
        file = _note(out, file, data=file.data.model_copy(update=kept))
        check_blocks(recipe, rows=len(ready.data.train), val=len(ready.data.val))
    base = ready.model
    parts = TrainingParts(recipe, base, ready.speaker, ready.data, ready.book, (), tuple(report_to))
    if recipe.method == "grpo" and recipe.warm_start.steps:
        base = str(_warm_start(parts, ready, out, say=say))
        parts = parts._replace(model=base)
    phase = recipe.method
    watcher = Watcher(out, phase, book=ready.book, data=ready.data, every=_COMPLETIONS_EVERY, say=say)
    parts = parts._replace(callbacks=(watcher,))
    checkpoints = out / phase
    with weights_told(base):
        trainer = (make_grpo_trainer if phase == "grpo" else make_sft_trainer)(parts, checkpoints)
    before = "warm-start" if base != ready.model else "start"
    if trainer.accelerator.num_processes == 1 and before not in results:
        results[before] = _looked(trainer, ready, say, "before").figures
        file = _note(out, file, results=results)
    last = last_checkpoint(checkpoints)
    say(f"{phase}: " + (f"going on from {last}" if last else f"{len(ready.data.train):,} rows, from {base}"))
    trainer.train(resume_from_checkpoint=str(last) if last else None)
    folder = out / "model"
    save_model(trainer, ready.speaker, folder)
    samples: Look | None = None
    if trainer.accelerator.num_processes == 1:
        samples = _looked(trainer, ready, say, "after")
        results["end"] = samples.figures
    if trainer.accelerator.is_main_process:
        file = _note(out, file, results=results, state="complete", output="model", error="")
        write_model_card(folder, file, out)
        write_report(out / "report.html", file, ready.data, ready.book, samples.samples if samples else ())
    return Outcome(out, folder, out / "report.html", results)


def _warm_start(parts: TrainingParts, ready: Prepared, out: Path, *, say: Say) -> Path:
    """Supervised steps on truths; the model they end with, adapters merged."""
    folder = out / "warm-start" / "model"
    if (folder / "complete.json").is_file():
        return folder
    steps = ready.recipe.warm_start.steps
    watcher = Watcher(out, "warm-start", book=ready.book, data=ready.data, every=_COMPLETIONS_EVERY, say=say)
    seeing = parts.recipe.model_copy(update={"freeze_vision": False})
    parts = parts._replace(recipe=seeing, callbacks=(watcher,))
    with weights_told(parts.model):
        trainer = make_sft_trainer(parts, out / "warm-start", max_steps=steps)
    last = last_checkpoint(out / "warm-start")
    say(f"warm start: {steps:,} supervised steps" + (f", going on from {last}" if last else ""))
    trainer.train(resume_from_checkpoint=str(last) if last else None)
    save_whole_model(trainer, ready.speaker, folder)
    return folder


def _looked(trainer: Any, ready: Prepared, say: Say, when: str) -> Look:  # noqa: ANN401 (of TRL)
    """Greedy answers on val."""
    first = len(ready.data.train)
    places = range(first, first + len(ready.data.val))
    block = ready.recipe.grpo if ready.recipe.method == "grpo" else {}
    tokens, penalty = int(figure(block, "max_completion_length", 512)), figure(block, "repetition_penalty", 1.0)
    batch = _LOOK_BATCH if torch.cuda.is_available() or ready.recipe.model == TINY else 4
    seen = look(
        trainer.model, ready.speaker, ready.book, ready.data, places, batch=batch, tokens=tokens, penalty=penalty
    )
    if seen.figures:
        told = ", ".join(
            f"{name} {seen.figures[name]:.3f}"
            for name in ("accuracy", "mean_iou", "format", "total")
            if name in seen.figures
        )
        say(f"{when} training, on {len(places)} unseen rows: {told}")
    return seen


def _note_failure(out: Path, error: Exception) -> None:
    """Adds what went wrong to what the training had noted by then, unless that is what cannot be written."""
    if is_main():
        with suppress(StorageError):
            _note(out, read_train_file(out), state="failed", error=without_known_keys(str(error)))


def _note(out: Path, file: TrainFile, **changes: Any) -> TrainFile:
    changed = file.model_copy(update=changes)
    if is_main():
        write_json(out / "train.json", changed)
    return changed
