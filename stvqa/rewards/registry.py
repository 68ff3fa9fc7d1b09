"""Rewards by name.

find_reward("dense")                                             # the default
find_reward("dense", settings={"overlap": "iou", "tail": "none"})
find_reward("paper-release", similarity="spacy")
find_reward("my_rewards.brevity")                                # a function of one's own

A reward is made once and scores many completions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from stvqa.errors import InputError
from stvqa.rewards.custom import import_reward
from stvqa.rewards.dense import DenseReward
from stvqa.rewards.paper import paper_reward, release_reward
from stvqa.rewards.score import Reward
from stvqa.rewards.similarity import find_similarity
from stvqa.rewards.sparse import SparseReward
from stvqa.rewards.terms import DenseSettings

__all__ = ["REWARD_NAMES", "find_reward"]

REWARD_NAMES = ("dense", "paper", "paper-release", "sparse")


def find_reward(
    name: str = "dense", *, similarity: str = "vocabulary", settings: Mapping[str, Any] | None = None
) -> Reward:
    """The reward of that name.

    Args:
        name: one of `REWARD_NAMES`, or the dotted path of a function (`stvqa.rewards.custom`).
        similarity: how labels are compared: `vocabulary`, `exact` or `spacy`.
        settings: terms and weights, keys of `DenseSettings`; the other rewards have none.

    Raises:
        InputError: an unknown reward, similarity or setting, or a value out of its range.
    """
    if name not in REWARD_NAMES and "." not in name and ":" not in name:
        names = ", ".join(REWARD_NAMES)
        raise InputError(f"there is no reward {name!r}: choose one of {names}, or name a function as package.function")
    if settings and name != "dense":
        raise InputError(f"the reward {name} has no settings ({', '.join(settings)}): only dense has")
    if name == "dense":
        return DenseReward(find_similarity(similarity), _settings(settings or {}))
    if name == "paper":
        return paper_reward(find_similarity(similarity))
    if name == "paper-release":
        return release_reward(find_similarity(similarity))
    return SparseReward() if name == "sparse" else import_reward(name)


def _settings(values: Mapping[str, Any]) -> DenseSettings:
    try:
        return DenseSettings.model_validate(dict(values))
    except ValidationError as error:
        first = error.errors()[0]
        what = first["msg"].removeprefix("Value error, ")
        if first["loc"]:
            what = f"{'.'.join(map(str, first['loc']))}: {what} (got {first['input']!r})"
        raise InputError(f"settings of the reward dense: {what}") from error
