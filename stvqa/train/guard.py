"""What keeps a training honest: it stops before a NaN reaches the weights, and no half-written checkpoint is ever
resumed.

A checkpoint is good once it holds `complete.json`, written after everything else in it; `last_checkpoint` sees no
other.
"""

from __future__ import annotations

import json
import math
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import PreTrainedModel, Trainer

from stvqa.errors import InputError, StorageError, TrainingError
from stvqa.store.atomic import SAME_COMMAND
from stvqa.store.ownership import Mark, mark_folder, read_mark
from stvqa.train.disk import is_full_disk

__all__ = ["COMPLETE", "Guarded", "last_checkpoint", "rotate", "told_training_errors", "weights_told"]

COMPLETE = "complete.json"
_NUMBERED = re.compile(r"checkpoint-(\d+)")


class Guarded(Trainer):  # type: ignore[misc]  # transformers is read without its types
    """Laid over a trainer of transformers, before it in the order of its bases."""

    def training_step(self, *args: Any, **kwargs: Any) -> torch.Tensor:
        """One micro-step; a loss that is no number ends the training before it is learned from.

        Raises:
            TrainingError: the loss is NaN or infinite.
        """
        loss: torch.Tensor = super().training_step(*args, **kwargs)
        if not bool(torch.isfinite(loss).all()):
            self._stop("the loss", float(loss.detach().float().mean()))
        return loss

    def _get_grad_norm(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 (a tensor, or a float with DeepSpeed)
        norm = super()._get_grad_norm(*args, **kwargs)
        value = float(norm) if norm is not None else 0.0
        # With fp16, the scaler skips such a step and goes on with a smaller scale.
        if not math.isfinite(value) and not self.args.fp16:
            self._stop("the norm of the gradients", value)
        return norm

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:  # noqa: ANN401 (a model)
        """Weights of a checkpoint, all of them.

        Whole models are saved under the names that the Hub's files have, which for vision-language models are not those
        of the modules; transformers' own way of resuming looks for the latter, finds none, and goes on with the weights
        that it began with, after a warning. `from_pretrained` knows both.
        """
        target = self.model if model is None else model
        if not self._load_whole(Path(resume_from_checkpoint), target):
            super()._load_from_checkpoint(resume_from_checkpoint, model)

    def _load_best_model(self) -> None:
        """With `load_best_model_at_end`; see `_load_from_checkpoint`."""
        if not self._load_whole(Path(str(self.state.best_model_checkpoint)), self.model):
            super()._load_best_model()

    def _load_whole(self, folder: Path, target: Any) -> bool:  # noqa: ANN401 (a model)
        """Loads a whole model; False where the folder holds another kind, or the weights are spread."""
        whole = any((folder / name).is_file() for name in ("model.safetensors", "model.safetensors.index.json"))
        if not whole or not isinstance(target, PreTrainedModel) or self.is_fsdp_enabled or self.is_deepspeed_enabled:
            return False
        found = type(target).from_pretrained(folder, dtype=target.dtype)
        target.load_state_dict(found.state_dict(), strict=True)
        return True

    def _stop(self, what: str, value: float) -> None:
        last = last_checkpoint(Path(str(self.args.output_dir)))
        kept = f"the last good checkpoint is {last}" if last else "there is no checkpoint yet"
        raise TrainingError(
            f"{what} is {value} at step {self.state.global_step + 1}: the training diverged, and {kept}. Lower "
            "learning_rate, or raise beta, in a new --out"
        )

    def _save_checkpoint(self, *args: Any, **kwargs: Any) -> None:
        output = Path(str(self.args.output_dir))
        folder = output / f"checkpoint-{self.state.global_step}"
        limit, self.args.save_total_limit = self.args.save_total_limit, None
        try:
            with _written_whole(folder, output, main=self.args.should_save):
                super()._save_checkpoint(*args, **kwargs)
                self.accelerator.wait_for_everyone()  # each process writes the state of its random numbers
        finally:
            self.args.save_total_limit = limit
        if self.args.should_save and limit:
            rotate(output, keep=limit, best=self.state.best_model_checkpoint)


@contextmanager
def _written_whole(folder: Path, output: Path, *, main: bool) -> Iterator[None]:
    """Marks a checkpoint as good at the end; one that could not be written is taken away and told of."""
    try:
        if main:
            mark_folder(folder, Mark(what="checkpoint"))
        yield
        if main:
            (folder / COMPLETE).write_text(json.dumps({"step": _step_of(folder)}), encoding="utf-8")
    except Exception as error:
        if not is_full_disk(error):
            raise
        if main:
            shutil.rmtree(folder, ignore_errors=True)
        last = last_checkpoint(output)
        kept = f"the last good checkpoint is {last}" if last else "there is no checkpoint before it"
        raise StorageError(
            f"cannot write {folder}: the disk is full; {kept}. Free some space, then run the same command with --resume"
        ) from error


def last_checkpoint(output: Path) -> Path | None:
    """The newest checkpoint that was written whole."""
    found = [path for path in output.glob("checkpoint-*") if (path / COMPLETE).is_file() and _step_of(path) >= 0]
    return max(found, key=_step_of, default=None)


def _is_ours(path: Path) -> bool:
    """Whether a folder is a checkpoint that was written here, whole or not."""
    if _step_of(path) < 0 or path.is_symlink():
        return False
    return read_mark(path) is not None or (path / COMPLETE).is_file()


def _step_of(path: Path) -> int:
    match = _NUMBERED.fullmatch(path.name)
    return int(match[1]) if match else -1


def rotate(output: Path, *, keep: int, best: str | None) -> None:
    """Takes older checkpoints away, once the newest is whole; the best one stays, in the place of an older one."""
    found = sorted((path for path in output.glob("checkpoint-*") if _is_ours(path)), key=_step_of)
    kept = found[-keep:]
    if best is not None and Path(best) in found[:-keep]:
        kept = [Path(best), *kept[1:], found[-1]]
    for path in found:
        if path in kept:
            continue
        with suppress(OSError):  # another process may be reading it; it goes at the next turn
            shutil.rmtree(path)


@contextmanager
def weights_told(model: str) -> Iterator[None]:
    """Turns what is said of weights that are not there, or are cut off, into one message.

    Raises:
        InputError: they cannot be read.
    """
    try:
        yield
    except (OSError, SafetensorError) as error:
        if is_full_disk(error):
            raise
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise InputError(
            f"the weights of {model} cannot be read ({first}): check the folder or id, the network and HF_TOKEN, or "
            "download it again"
        ) from error


@contextmanager
def told_training_errors() -> Iterator[None]:
    """Turns what torch says of memory into one message, and lets those of a disk name the way on.

    Raises:
        TrainingError: out of memory.
        StorageError: something cannot be written.
    """
    try:
        yield
    except StorageError as error:
        told = str(error)
        if SAME_COMMAND not in told or "--resume" in told:
            raise
        raise StorageError(told.replace(SAME_COMMAND, f"{SAME_COMMAND} with --resume")) from error
    except torch.cuda.OutOfMemoryError as error:
        raise TrainingError(
            "the GPU ran out of memory: take grpo-lora-1gpu, lower max_pixels, per_device_train_batch_size or "
            "max_completion_length, or more GPUs (`stvqa train --check` estimates what is needed)"
        ) from error
