"""GRPO with the spatial reward, on TRL's GRPOTrainer; read top to bottom.

A step takes prompts from the rows, samples a group of completions for each, scores every completion (`stvqa.rewards`),
and moves the policy towards those that earned more than their group's mean, held back by a KL term to the model it
started from. One scorer serves training and evaluation.

The paper's settings are in `pipelines/grpo-paper-3b.yaml` and `-7b.yaml`. Where this differs from the paper:

- **The reward** is `dense` by default, the hardened one. `--reward paper` and `--reward paper-release` are the
  published ones.
- **Boxes** are asked for in the frame that the model speaks (`stvqa.completion.frames`), not in original pixels.
- **The loss** is TRL's: token-level normalisation over the batch (`loss_type: dapo`) is TRL's default; the recipes of
  the paper take `grpo`. Truncated completions are scored as they are, as in the paper.
- **KL** is TRL's k3 estimator inside the loss, weighted by `beta`.
- **Truths that cannot be used** give no reward and no advantage, rather than 0.
- **Prompts a step**: 512 with updates on minibatches of 128 mean four updates a generation; TRL has it as
  `steps_per_generation: 4 x gradient_accumulation_steps`.
- **Sampling in pieces**: TRL samples all completions of a generation at once, with one cache; 1,024 on each of four
  GPUs in the paper's settings, for which no GPU has room. `generate_at_once` of the recipe cuts them into pieces.
- **vLLM is off**: image tokens are expanded twice in some versions of TRL and vLLM, without an error. With
  `--set grpo.use_vllm=true`, a probe (`stvqa.train.parity`: same prompts, greedy, both engines) has to pass first.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trl import GRPOConfig, GRPOTrainer

from stvqa.train.guard import Guarded
from stvqa.train.parts import TrainingParts, checked_config, lora_config, made_ready, refuse_fewer_rows

__all__ = ["GuardedGRPOTrainer", "fields_of", "make_grpo_trainer"]


class GuardedGRPOTrainer(Guarded, GRPOTrainer):  # type: ignore[misc]  # transformers is read without its types
    """TRL's GRPOTrainer that stops before a NaN, marks whole checkpoints, and samples in pieces.

    Attributes:
        generate_at_once: completions that are sampled together on one device; None for all of a generation.
    """

    generate_at_once: int | None = None

    def _generate_single_turn(
        self,
        prompt_ids: list[list[int]],
        images: list[Any] | None,
        multimodal_fields: dict[str, Any],
        *options: Any,
        **named: Any,
    ) -> Any:  # noqa: ANN401 (token ids, and None for their probabilities)
        """Samples a completion a prompt, so many at once; vLLM and continuous batching do their own scheduling."""
        sample, most, count = super()._generate_single_turn, self.generate_at_once, len(prompt_ids)
        if most is None or count <= most or self.use_vllm or self.use_transformers_continuous_batching:
            return sample(prompt_ids, images, multimodal_fields, *options, **named)
        found: list[list[int]] = []
        for first in range(0, count, most):
            piece = slice(first, first + most)
            fields = fields_of(multimodal_fields, piece)
            found += sample(prompt_ids[piece], images and images[piece], fields, *options, **named)[0]
        return found, None


def fields_of(fields: Mapping[str, Any], piece: slice) -> dict[str, Any]:
    """What the processor made of some of the prompts, one image each; patches of all images lie one after another."""
    found = {name: value[piece] for name, value in fields.items() if name != "pixel_values"}
    if "pixel_values" in fields:
        ends = [0, *fields["image_grid_thw"].prod(-1).cumsum(0).tolist()]
        start, stop, _ = piece.indices(len(ends) - 1)
        found["pixel_values"] = fields["pixel_values"][ends[start] : ends[stop]]
    return found


def make_grpo_trainer(parts: TrainingParts, output: Path, **options: Any) -> GuardedGRPOTrainer:
    """The trainer, ready to run.

    Args:
        parts: model, data, recipe, and the score book that is the reward.
        output: folder of its checkpoints.
        options: laid over the recipe's `grpo:` block.

    Raises:
        RecipeError: an option that GRPOConfig does not know, a value that it refuses, or fewer rows than a step takes.
    """
    config = checked_config(
        GRPOConfig,
        "grpo",
        {**parts.recipe.grpo, **options},
        recipe=parts.recipe,
        output=output,
        report_to=parts.report_to,
    )
    refuse_fewer_rows(config, rows=len(parts.data.train))
    trainer = GuardedGRPOTrainer(
        model=parts.model,
        reward_funcs=[parts.book],
        args=config,
        train_dataset=parts.grpo_table("train"),
        eval_dataset=parts.grpo_table("val") if config.eval_strategy != "no" else None,
        processing_class=parts.speaker.processor,
        peft_config=lora_config(parts.recipe),
        callbacks=list(parts.callbacks),
    )
    trainer.generate_at_once = parts.recipe.generate_at_once
    return made_ready(trainer, parts.recipe)
