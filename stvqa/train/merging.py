"""Finished models as folders that transformers and peft load: whole, or an adapter beside its base.

save_model(trainer, speaker, Path("out/model"))          # adapter_model.safetensors where adapters were trained
merge_adapter(Path("out/model"), Path("out/merged"))     # base and adapter as one ordinary model
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from peft import PeftModel
from transformers import AutoModelForImageTextToText, AutoProcessor

from stvqa.errors import InputError, TrainingError
from stvqa.store.atomic import atomic_file
from stvqa.store.ownership import Mark, mark_folder, refuse_foreign_folder
from stvqa.train.disk import full_disk_told
from stvqa.train.loading import Speaker
from stvqa.train.publishing import WEIGHTS

__all__ = ["merge_adapter", "save_model", "save_whole_model"]


def save_model(trainer: Any, speaker: Speaker, folder: Path) -> None:  # noqa: ANN401 (a trainer of TRL)
    """Model or adapter, with the processor, so that the folder can be used by itself.

    Raises:
        StorageError: it cannot be written.
        TrainingError: the trainer left no weights that can be loaded.
    """
    with full_disk_told(folder):
        folder.mkdir(parents=True, exist_ok=True)
        trainer.save_model(str(folder))
        if trainer.accelerator.is_main_process:
            speaker.processor.save_pretrained(folder)
            _forget_trl_files(folder)
            if not any((folder / name).is_file() for name in WEIGHTS):
                raise TrainingError(
                    f"{folder} holds no weights ({', '.join(WEIGHTS)}): the launch did not gather them. The last "
                    "checkpoint stays; start the same command with --resume and a launch that gathers them"
                )


def save_whole_model(trainer: Any, speaker: Speaker, folder: Path) -> None:  # noqa: ANN401 (as above)
    """The whole model, adapters merged into it: what the next phase starts from.

    Raises:
        StorageError: it cannot be written.
    """
    model = trainer.accelerator.unwrap_model(trainer.model)
    if not isinstance(model, PeftModel):
        save_model(trainer, speaker, folder)
    elif trainer.accelerator.is_main_process:
        with full_disk_told(folder):
            model.merge_and_unload().save_pretrained(folder)
            speaker.processor.save_pretrained(folder)
    if trainer.accelerator.is_main_process:
        with atomic_file(folder / "complete.json") as file:
            file.write(json.dumps({"step": trainer.state.global_step}).encode())
    trainer.accelerator.wait_for_everyone()


def merge_adapter(adapter: Path, folder: Path) -> Path:
    """Base and adapter as one ordinary model folder.

    Raises:
        InputError: the folder holds no adapter.
        StorageError: it cannot be written, or something else than a merged model is in it.
    """
    path = adapter / "adapter_config.json"
    if not path.is_file():
        raise InputError(
            f"{adapter} holds no adapter ({path.name} is missing): give the folder `model` of a LoRA training"
        )
    refuse_foreign_folder(folder, what="model", remedy="choose a new or empty folder")
    base = json.loads(path.read_text(encoding="utf-8"))["base_model_name_or_path"]
    model = AutoModelForImageTextToText.from_pretrained(base)
    merged = PeftModel.from_pretrained(model, adapter).merge_and_unload()
    with full_disk_told(folder):
        folder.mkdir(parents=True, exist_ok=True)
        mark_folder(folder, Mark(what="model"))
        merged.save_pretrained(folder)
        AutoProcessor.from_pretrained(adapter).save_pretrained(folder)
    return folder


def _forget_trl_files(folder: Path) -> None:
    """What the trainer leaves beside a model and nobody loads."""
    for name in ("training_args.bin",):
        (folder / name).unlink(missing_ok=True)
