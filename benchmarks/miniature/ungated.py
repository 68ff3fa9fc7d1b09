"""`paper-ungated`: the paper's reward without the gate and without the count, the first row of its ablation.

    R = [format = 1] x (0.1 format + 0.5 accuracy + 0.2 spatial)

It is kept here, since nobody should train with it: what it is for is to see whether it falls apart as the paper says.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from stvqa.completion import PromptStyle, parse
from stvqa.rewards import Reward, Score, Truth, find_reward

__all__ = ["UNGATED", "UngatedPaper", "reward_named"]

UNGATED = "paper-ungated"
_FORMAT, _ACCURACY, _SPATIAL = 0.1, 0.5, 0.2


class UngatedPaper(NamedTuple):
    """See the module."""

    paper: Reward
    name: str = UNGATED
    style: PromptStyle = "scene"

    def score(self, completion: str, truth: Truth) -> Score:
        """The score of one completion."""
        gated = self.paper.score(completion, truth)
        if gated.total is None or gated.accuracy is None or not gated.format:
            return gated.model_copy(update={"count": None})
        # Held against a truth that agrees with whatever it answered, its boxes are measured.
        said = (parse(completion).answer or "").strip()
        spatial = self.paper.score(completion, truth._replace(answer=said, options=())).spatial or 0.0
        total = _FORMAT * gated.format + _ACCURACY * gated.accuracy + _SPATIAL * spatial
        return gated.model_copy(update={"count": None, "spatial": spatial, "total": total})

    def score_many(self, completions: Sequence[str], truths: Sequence[Truth]) -> list[Score]:
        """The scores of many, in order."""
        return [self.score(completion, truth) for completion, truth in zip(completions, truths, strict=True)]


def reward_named(name: str, settings: dict[str, object]) -> Reward:
    """The reward of an arm.

    Raises:
        InputError: there is none of that name, or a setting is wrong.
    """
    if name == UNGATED:
        return UngatedPaper(find_reward("paper"))
    return find_reward(name, settings=settings)
