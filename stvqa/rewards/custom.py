"""A function of the user's own as a reward: `--reward my_rewards.brevity`.

    # my_rewards.py, in the working folder or installed
    def brevity(completion, truth):
        return 1.0 if len(completion) < 400 else 0.0

The function gets the completion's text and the `Truth`. It gives a number (the total), a `Score`, or None where the
truth is of no use to it. Its exceptions are not caught as scores: they become one message that names the function.
"""

from __future__ import annotations

import importlib
import math
import sys
from collections.abc import Callable, Sequence
from numbers import Real
from pathlib import Path
from typing import Any, NamedTuple

from stvqa.completion import PromptStyle
from stvqa.errors import InputError
from stvqa.rewards.score import PARTS, Score
from stvqa.rewards.truth import Truth

__all__ = ["CustomReward", "import_reward"]


class CustomReward(NamedTuple):
    """A user's function dressed as a reward."""

    name: str
    function: Callable[[str, Truth], Any]
    style: PromptStyle = "scene"

    def score(self, completion: str, truth: Truth) -> Score:
        """What the function says.

        Raises:
            InputError: the function failed, or gave something that is no score.
        """
        try:
            value = self.function(completion, truth)
        except Exception as error:
            what = f"{type(error).__name__}: {error}"
            raise InputError(f"the reward {self.name} failed ({what}): mend the function, or choose another") from error
        return _as_score(value, name=self.name)

    def score_many(self, completions: Sequence[str], truths: Sequence[Truth]) -> list[Score]:
        """The scores of many, in order.

        Raises:
            InputError: as for `score`.
        """
        return [self.score(completion, truth) for completion, truth in zip(completions, truths, strict=True)]


def import_reward(path: str) -> CustomReward:
    """The function that a dotted path names; modules of the working folder are found too.

    Args:
        path: `package.module.function`.

    Raises:
        InputError: there is no such module or function, or importing it failed.
    """
    module_name, _, function_name = path.replace(":", ".").rpartition(".")
    try:
        module = _import(module_name)
    except Exception as error:
        what = f"{type(error).__name__}: {error}"
        remedy = "write it as package.module.function"
        raise InputError(f"the reward {path} cannot be imported ({what}): {remedy}") from error
    function = getattr(module, function_name, None)
    if not callable(function):
        raise InputError(f"the reward {path}: module {module_name} has no function {function_name}")
    return CustomReward(path, function, style="sparse" if getattr(function, "style", "") == "sparse" else "scene")


def _import(name: str) -> Any:  # noqa: ANN401 (a module with whatever the user put there)
    """Imports a module with the working folder in sight, which an installed command does not search."""
    folder = str(Path.cwd())
    sys.path.insert(0, folder)
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(folder)


def _as_score(value: object, *, name: str) -> Score:
    if value is None:
        return Score(fault=f"{name} gave None")
    if isinstance(value, Score) and all(math.isfinite(getattr(value, part) or 0) for part in PARTS):
        return value
    if isinstance(value, Real) and math.isfinite(value):
        return Score(total=float(value))
    raise InputError(f"the reward {name} gave {value!r}: it has to give a finite number, a Score, or None")
