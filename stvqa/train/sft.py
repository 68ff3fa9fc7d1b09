"""The supervised baseline, and the warm start before GRPO, with TRL's SFTTrainer.

As in the paper, `target: answer` learns question -> `(X) text`; `target: scene` learns whole completions rendered
from the truth, so that GRPO finds boxes that overlap at all. The loss is on the completion alone, and nothing is
truncated.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from trl import SFTConfig, SFTTrainer

from stvqa.train.guard import Guarded
from stvqa.train.parts import TrainingParts, checked_config, lora_config, made_ready

__all__ = ["GuardedSFTTrainer", "make_sft_trainer"]


class GuardedSFTTrainer(Guarded, SFTTrainer):  # type: ignore[misc]  # transformers is read without its types
    """TRL's SFTTrainer that stops before a NaN and marks whole checkpoints."""


def make_sft_trainer(parts: TrainingParts, output: Path, **options: Any) -> GuardedSFTTrainer:
    """The trainer, ready to run.

    Args:
        parts: model, data, recipe.
        output: folder of its checkpoints.
        options: laid over the recipe's `sft:` block (`max_steps` of a warm start).

    Raises:
        RecipeError: an option that SFTConfig does not know, or a value that it refuses.
    """
    values = {"max_length": None, "completion_only_loss": True, **parts.recipe.sft, **options}
    config = checked_config(SFTConfig, "sft", values, recipe=parts.recipe, output=output, report_to=parts.report_to)
    target = parts.recipe.target if parts.recipe.method == "sft" else "scene"
    trainer = GuardedSFTTrainer(
        model=parts.model,
        args=config,
        train_dataset=parts.sft_table("train", target),
        eval_dataset=parts.sft_table("val", target) if config.eval_strategy != "no" else None,
        processing_class=parts.speaker.processor,
        peft_config=lora_config(parts.recipe),
        callbacks=list(parts.callbacks),
    )
    return made_ready(trainer, parts.recipe)
