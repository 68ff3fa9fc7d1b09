"""Values of the blocks `grpo:` and `sft:` of a recipe, which YAML and users may write as texts.

figure(recipe.grpo, "max_completion_length", 512)      # 512.0 where it is left out or null
as_meant(GRPOConfig, "grpo", {"learning_rate": "1e-6"})      # {"learning_rate": 1e-06}
"""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType
from typing import Any, get_args, get_type_hints

from stvqa.errors import RecipeError

__all__ = ["as_meant", "figure", "sampling_options"]

_SAMPLING = ("top_p", "top_k", "min_p", "repetition_penalty")


def figure(block: Mapping[str, Any], key: str, default: float) -> float:
    """A number of a block; `default` where it is left out or null.

    Raises:
        RecipeError: it is no number.
    """
    value = block.get(key)
    if value is None:
        return default
    number = _number(value)
    if number is None:
        raise RecipeError(f"{key} is {value!r} in a block of the recipe: it has to be a number")
    return number


def sampling_options(block: Mapping[str, Any]) -> dict[str, Any]:
    """How completions are sampled beside their temperature, where a `grpo:` block says so."""
    return {key: block[key] for key in _SAMPLING if block.get(key) is not None}


def as_meant(config: type[Any], block: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values, numbers that YAML 1.1 takes for texts (`1e-6`, without a dot) as numbers.

    Raises:
        RecipeError: a text where the config has a number, or true or false.
    """
    hints = get_type_hints(config)
    return {key: _as_meant(hints.get(key, object), f"{block}.{key}", value) for key, value in values.items()}


def _as_meant(hint: Any, name: str, value: Any) -> Any:  # noqa: ANN401 (types and values of TRL's options)
    kinds = set(get_args(hint) or (hint,)) - {NoneType}
    if not isinstance(value, str) or not kinds or not kinds <= {int, float, bool}:
        return value
    if kinds == {bool}:
        raise RecipeError(f"{name} is the text {value!r}: it has to be true or false")
    number = _number(value)
    if number is None or (float not in kinds and number % 1):
        raise RecipeError(f"{name} is the text {value!r}: it has to be a {'' if float in kinds else 'whole '}number")
    return number if float in kinds else int(number)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None
