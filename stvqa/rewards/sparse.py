"""The reward `sparse`: 0.5 x format + 0.5 x accuracy, the paper's baseline without a scene.

Asked for are `<think>` and `<answer>`, each once and in this order; other text and tags do not matter. Answers are read
as `dense` reads them (`stvqa.rewards.answers`): several answers, in one block or in several, are none. The parts are
independent, as in the paper: a right answer earns its half in a completion that is not well formed, too.

    find_reward("sparse").score("<think>...</think><answer>(B) To the left</answer>", truth).total     # 1.0
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from stvqa.completion import PromptStyle, parse_completion
from stvqa.rewards.answers import names_right_option
from stvqa.rewards.formats import TAG_FAULTS
from stvqa.rewards.score import Details, Score
from stvqa.rewards.truth import Truth

__all__ = ["SparseReward"]

FORMAT_WEIGHT, ACCURACY_WEIGHT = 0.5, 0.5


class SparseReward(NamedTuple):
    """See the module; `count` and `spatial` are no part of it and stay None."""

    name: str = "sparse"
    style: PromptStyle = "sparse"

    def score(self, completion: str, truth: Truth) -> Score:
        """The score of one completion."""
        parsed = parse_completion(completion)
        well_formed = parsed.pair_tags == "in-order"
        details = Details(format_fault="" if well_formed else TAG_FAULTS[parsed.pair_tags])
        form = float(well_formed)
        if truth.answer_fault:
            return Score(format=form, fault=truth.answer_fault, details=details)
        right = names_right_option(parsed.blocks.answer, gold=truth.answer, options=truth.options)
        accuracy = float(right and completion.count("<answer>") == 1)
        return Score(
            format=form,
            accuracy=accuracy,
            total=FORMAT_WEIGHT * form + ACCURACY_WEIGHT * accuracy,
            details=details,
        )

    def score_many(self, completions: Sequence[str], truths: Sequence[Truth]) -> list[Score]:
        """The scores of many, in order."""
        return [self.score(completion, truth) for completion, truth in zip(completions, truths, strict=True)]
