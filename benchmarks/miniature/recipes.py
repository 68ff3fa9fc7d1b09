"""The training recipe that every phase and arm of the experiment starts from.

recipe_of(settings, method="grpo", model="runs/miniature/warm-start/model", seed=1, grpo={...})
"""

from __future__ import annotations

from typing import Any

from miniature.settings import Settings
from stvqa.train.recipe import TrainRecipe, build_train_recipe

__all__ = ["recipe_of"]


def recipe_of(settings: Settings, *, method: str, model: str, seed: int | None = None, **values: Any) -> TrainRecipe:
    """A training recipe with what all phases share.

    Args:
        seed: that of the settings where none is given.
        values: other keys of the recipe.
    """
    shared = {"name": settings.name, "seed": settings.seed if seed is None else seed, "prompt": "question"}
    return build_train_recipe({**shared, "method": method, "model": model, **values}, origin="benchmarks/miniature")
