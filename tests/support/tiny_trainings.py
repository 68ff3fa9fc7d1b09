"""Trainings of a few steps with the tiny model."""

from __future__ import annotations

from stvqa.train import load_train_recipe, parse_train_setting, train

SMALL = (
    "warm_start.steps=0",
    "data.val_rows=2",
    "grpo.per_device_train_batch_size=4",
    "grpo.num_generations=2",
    "grpo.max_completion_length=24",
    "grpo.save_steps=100",
    "sft.per_device_train_batch_size=4",
    "sft.save_steps=100",
)


def recipe(*settings, **overrides):
    return load_train_recipe(
        "grpo-tiny", [parse_train_setting(text) for text in (*SMALL, *settings)], overrides=overrides
    )


def run_training(run, tiny, out, *settings, resume=False, difficulty=0, **overrides):
    made = recipe(*settings, **{"model": str(tiny), "prompt": "question", **overrides})
    lines = []
    outcome = train(made, origin=str(run), out=out, resume=resume, difficulty=difficulty, say=lines.append)
    return outcome, lines


def weights_of(folder):
    from safetensors.torch import load_file

    return load_file(
        next(path for path in (folder / "model.safetensors", folder / "adapter_model.safetensors") if path.is_file())
    )
