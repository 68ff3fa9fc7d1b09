"""What the trainers share: model, rows, reward and callbacks, and configs of TRL made from a recipe's blocks."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import torch
from peft import LoraConfig
from transformers import PrinterCallback, Trainer, TrainerCallback, TrainingArguments
from trl import GRPOConfig, SFTConfig

from stvqa.errors import RecipeError, TrainingError
from stvqa.recipe.settings import did_you_mean
from stvqa.store.scratch import scratch_folder
from stvqa.train.data import TrainingData
from stvqa.train.feeding import grpo_table, sft_table
from stvqa.train.freezing import freeze_vision
from stvqa.train.loading import Speaker
from stvqa.train.options import as_meant, figure
from stvqa.train.ranks import place_of_process
from stvqa.train.recipe import TrainRecipe
from stvqa.train.scoring import ScoreBook

__all__ = [
    "TrainingParts",
    "check_blocks",
    "checked_config",
    "devices_note",
    "lora_config",
    "made_ready",
    "processes_note",
    "refuse_fewer_rows",
    "refuse_scattered_weights",
]

_Config = TypeVar("_Config", bound=TrainingArguments)


class TrainingParts(NamedTuple):
    """A training before its trainer is made.

    Attributes:
        model: folder or Hub id of the weights; a path also where GRPO keeps a reference model, which TRL loads by it.
        report_to: `trackio`, `wandb`, `tensorboard`, or empty.
    """

    recipe: TrainRecipe
    model: str
    speaker: Speaker
    data: TrainingData
    book: ScoreBook
    callbacks: Sequence[TrainerCallback] = ()
    report_to: Sequence[str] = ()

    def sft_table(self, split: str, target: str) -> Any:  # noqa: ANN401 (a datasets.Dataset)
        """Rows of `train` or `val` with what is to be said."""
        return sft_table(self.data, getattr(self.data, split), self.speaker, target=target)

    def grpo_table(self, split: str) -> Any:  # noqa: ANN401 (a datasets.Dataset)
        """Rows of `train` or `val`; the places of val come after those of train, as in the score book."""
        first = 0 if split == "train" else len(self.data.train)
        return grpo_table(self.data, getattr(self.data, split), self.speaker, first=first)


def checked_config(
    config: type[_Config],
    block: str,
    values: Mapping[str, Any],
    *,
    recipe: TrainRecipe,
    output: Path,
    report_to: Sequence[str] = (),
) -> _Config:
    """A config of TRL from a recipe's block; only what the block leaves open is filled in.

    Raises:
        RecipeError: an option that the config does not know, or a value that it refuses.
    """
    known = {field.name for field in dataclasses.fields(config) if field.init}
    for key in values:
        if key not in known:
            raise RecipeError(f"{block}.{key} is no option of {config.__name__}{_closest(key, known)}")
    values = as_meant(config, block, values)
    cuda = torch.cuda.is_available()
    # Newer versions of transformers call it by the first name and warn of the second.
    checkpointing = [name for name in ("activation_checkpointing", "gradient_checkpointing") if name in known]
    filled: dict[str, Any] = {
        "bf16": cuda and torch.cuda.is_bf16_supported(),
        "use_cpu": not cuda,
        checkpointing[0]: cuda,
        "dataloader_pin_memory": cuda,
        "logging_first_step": True,
        # YAML reads a plain `no` as false.
        **{key: "no" if value is False and key.endswith("_strategy") else value for key, value in values.items()},
        "output_dir": str(output),
        "seed": recipe.seed,
        "report_to": list(report_to) or "none",
        "run_name": f"{recipe.name}-{output.name}",
        "remove_unused_columns": False,
        "disable_tqdm": True,
    }
    if checkpointing[0] not in values and any(name in values for name in checkpointing[1:]):
        del filled[checkpointing[0]]
    try:
        made: _Config = config(**filled)
    except (ValueError, TypeError) as error:
        raise RecipeError(f"{config.__name__} refuses the block {block!r}: {str(error).splitlines()[0]}") from error
    if made.n_gpu > 1:  # without a launcher, transformers would cut pictures, which do not lie a row each, by rows
        made._n_gpu = 1  # noqa: SLF001 (it has no other switch)
    return made


def processes_note(recipe: TrainRecipe, processes: int) -> str:
    """What to know where a recipe of several processes is run by another number of them; "" where there is nothing."""
    meant = recipe.processes
    if recipe.method != "grpo" or meant is None or meant == processes:
        return ""
    block = recipe.grpo
    counted = {"gradient_accumulation_steps": int(figure(block, "gradient_accumulation_steps", 1))}
    completions = int(figure(block, "per_device_train_batch_size", 8)) * counted["gradient_accumulation_steps"]
    if block.get("steps_per_generation"):  # else TRL takes those of an update, or divides generation_batch_size
        counted["steps_per_generation"] = int(figure(block, "steps_per_generation", 1))
    each = int(figure(block, "num_generations", 8))
    note = (
        f"{recipe.name} is meant for {meant} processes and {processes} run: an update takes "
        f"{completions * processes / each:,g} prompts instead of {completions * meant / each:,g}"
    )
    if any((steps * meant) % processes for steps in counted.values()):
        return note
    same = "".join(f" --set grpo.{key}={steps * meant // processes}" for key, steps in counted.items())
    return f"{note}. For the same: --set processes={processes}{same}"


def devices_note() -> str:
    """What to know where a training is started without a launcher beside several GPUs; "" elsewhere."""
    there = torch.cuda.device_count()
    if there < 2 or place_of_process()[1] > 1:
        return ""
    return f"one of {there} GPUs is used: start it with `accelerate launch --num_processes {there} -m stvqa train ...`"


def check_blocks(recipe: TrainRecipe, *, rows: int, val: int) -> None:
    """Both blocks of a recipe against TRL's configs, before anything is spent on the first of them.

    Args:
        rows: that are trained on.
        val: rows that evaluations look at.

    Raises:
        RecipeError: an option that a config does not know, a value that it refuses, fewer rows than a step takes, or
            evaluations of no rows.
    """
    with scratch_folder("config") as folder:
        grpo = checked_config(GRPOConfig, "grpo", recipe.grpo, recipe=recipe, output=folder)
        sft = checked_config(SFTConfig, "sft", recipe.sft, recipe=recipe, output=folder)
    if recipe.method == "grpo":
        refuse_fewer_rows(grpo, rows=rows)
        _refuse_checkpoints_between(grpo)
    used = {"grpo": recipe.method == "grpo", "sft": recipe.method == "sft" or recipe.warm_start.steps > 0}
    for block, config in (("grpo", grpo), ("sft", sft)):
        if used[block] and config.eval_strategy != "no" and not val:
            raise RecipeError(
                f"{block}.eval_strategy = {config.eval_strategy.value} looks at rows of val and there are none "
                f"(data.val_rows = {recipe.data.val_rows}): set {block}.eval_strategy=no, or raise data.val_rows"
            )


def refuse_fewer_rows(config: GRPOConfig, *, rows: int) -> None:
    """TRL leaves out a generation that it cannot fill, and with a small set all of them.

    Raises:
        RecipeError: fewer rows than a generation takes.
    """
    needed = config.generation_batch_size // config.num_generations
    if rows < needed:
        raise RecipeError(
            f"a step takes {needed} rows and the set has {rows} to train on: lower "
            "grpo.per_device_train_batch_size, grpo.steps_per_generation or grpo.gradient_accumulation_steps, or raise "
            "grpo.num_generations"
        )


def _refuse_checkpoints_between(config: GRPOConfig) -> None:
    """Completions that are still to be learned from are not in a checkpoint: going on would sample others.

    Raises:
        RecipeError: checkpoints that fall between two updates from the same completions.
    """
    batches = config.steps_per_generation * config.num_iterations
    updates = batches // math.gcd(batches, config.gradient_accumulation_steps)
    every = config.save_steps if config.save_steps >= 1 else config.save_steps * config.max_steps
    if config.save_strategy == "steps" and updates > 1 and every > 0 and int(every) % updates:
        raise RecipeError(
            f"completions are sampled every {updates} steps, and a checkpoint every {int(every)} would fall between, "
            f"where going on is not exact: set grpo.save_steps to a multiple of {updates}"
        )


def _closest(key: str, known: set[str]) -> str:
    hint = did_you_mean(key, known).split(";")
    return f"; {hint[1].strip()}" if len(hint) > 1 and "did you mean" in hint[1] else ""


def lora_config(recipe: TrainRecipe) -> LoraConfig | None:
    """Adapters for peft; None where all parameters are trained."""
    if recipe.lora is None:
        return None
    modules = recipe.lora.target_modules
    return LoraConfig(
        r=recipe.lora.rank,
        lora_alpha=recipe.lora.alpha,
        lora_dropout=recipe.lora.dropout,
        target_modules=modules if isinstance(modules, str) else list(modules),
        task_type="CAUSAL_LM",
    )


def refuse_scattered_weights(plugin: Any) -> None:  # noqa: ANN401 (accelerate's, or None without DeepSpeed)
    """Before hours are spent: at stage 3 weights are gathered for a model folder only where the launch says so.

    Raises:
        TrainingError: it does not.
    """
    if plugin is not None and plugin.zero_stage == 3 and not plugin.zero3_save_16bit_model:
        raise TrainingError(
            "DeepSpeed at ZeRO stage 3 would leave the finished model in pieces that transformers does not load: add "
            "--zero3_save_16bit_model true to the launch (or zero3_save_16bit_model: true to its config file)"
        )


_Trainer = TypeVar("_Trainer", bound=Trainer)


def made_ready(trainer: _Trainer, recipe: TrainRecipe) -> _Trainer:
    """The trainer as the recipe wants it, and silent on stdout, which is for results; `Watcher` tells how it goes.

    Raises:
        InputError: the vision encoder is to be frozen, and is not known by name.
        TrainingError: DeepSpeed would leave the finished model in pieces that nothing else loads.
    """
    refuse_scattered_weights(getattr(trainer.accelerator.state, "deepspeed_plugin", None))
    if recipe.freeze_vision:
        freeze_vision(trainer.model)
    trainer.remove_callback(PrinterCallback)
    return trainer
