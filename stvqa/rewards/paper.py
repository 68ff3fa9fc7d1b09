"""`paper`, the reward as the text of SpatialThinker (arXiv 2511.07403) has it; `paper-release`, as its code has it.

R = [format = 1] x (0.1 format + 0.2 count + 0.5 accuracy + [accuracy = 1] x 0.2 spatial)

| part     | paper                                        | paper-release                                        |
| -------- | -------------------------------------------- | ---------------------------------------------------- |
| format   | `read_as_paper`                              | `read_as_release`                                    |
| count    | 0.7 x objects + 0.3 x relations              | objects alone where the truth has no relation        |
| accuracy | equal to the gold answer                     | the same, lower case                                 |
| matching | least (1 - IoU) + 2 x (1 - label similarity) | least (1 - mapped CIoU) + 2 x (1 - label similarity) |
| spatial  | mean CIoU of the matched pairs               | mapped CIoU, mean over true objects, unmatched 0     |
| CIoU     | as it is published                           | 1e-7 more in union, squared diagonal and heights     |

    find_reward("paper-release").score(completion, truth).total     # 0.93

They are kept for comparison with published runs, weaknesses included; `docs/rewards.md` shows what those cost. Where
the code would end with an error (NaN, infinity, numbers too large to square), the pair of boxes counts as not matched.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from stvqa.completion import ParsedCompletion, PromptStyle, parse_completion
from stvqa.rewards.answers import equal_answers
from stvqa.rewards.formats import FormattedScene, read_as_paper, read_as_release, refused_by_release
from stvqa.rewards.overlap import ciou, iou, mapped
from stvqa.rewards.scenes import Scene, taking_part
from stvqa.rewards.score import Details, Score
from stvqa.rewards.similarity import Similarity, compared, label_similarities
from stvqa.rewards.truth import Truth

__all__ = ["PaperReward", "paper_reward", "release_reward"]

Array = NDArray[np.float64]

FORMAT_WEIGHT, COUNT_WEIGHT, ACCURACY_WEIGHT, SPATIAL_WEIGHT = 0.1, 0.2, 0.5, 0.2
"""Weights of the paper, equation of the dense reward."""

OBJECT_SHARE, RELATION_SHARE = 0.7, 0.3
"""Shares of objects and relations in the count; of 0.7/0.3, 1/0 and 0.5/0.5 the first did best in the paper."""

BOX_COST, LABEL_COST = 1.0, 2.0
"""Weights of box and label in the matching."""

RELEASE_GUARD = 1e-7
"""What the authors' code adds to union, squared diagonal and heights, all of boxes in shares of the image."""


class _Matched(NamedTuple):
    """The pairs of the assignment.

    Attributes:
        ciou / iou: of each, shape (pairs,).
        beyond: pairs that there would be, had all objects of the completion taken part.
    """

    ciou: Array
    iou: Array
    beyond: int


class PaperReward(NamedTuple):
    """Either reward of the paper; `paper_reward` and `release_reward` make them.

    Attributes:
        read: which form a completion has to have.
        rules: which column of the table above holds for the rest.
    """

    name: str
    similarity: Similarity
    read: Callable[[ParsedCompletion], FormattedScene]
    rules: Literal["paper", "release"]
    style: PromptStyle = "scene"

    def score(self, completion: str, truth: Truth) -> Score:
        """The score of one completion; see the module."""
        parsed = parse_completion(completion)
        formatted = self.read(parsed)
        form = float(not formatted.fault)
        details = Details(format_fault=formatted.fault)
        known_answer = not truth.answer_fault
        accuracy = self._accuracy(parsed, truth) * form if known_answer else None
        fault = self._truth_fault(truth)
        if truth.scene is None or accuracy is None or fault:
            return Score(format=form, accuracy=accuracy, fault=fault, details=details)
        if formatted.scene is None:
            return Score(format=form, count=0.0, accuracy=0.0, spatial=0.0, total=0.0, details=details)
        count = self._count(parsed, formatted.scene, truth.scene)
        matched = self._match(formatted.scene, truth)
        spatial = self._spatial(matched, formatted.scene, truth.scene) if accuracy == 1 else 0.0
        total = FORMAT_WEIGHT * form + COUNT_WEIGHT * count + ACCURACY_WEIGHT * accuracy + SPATIAL_WEIGHT * spatial
        return Score(
            format=form,
            count=count,
            accuracy=accuracy,
            spatial=spatial,
            total=total,
            details=_details(formatted.scene, truth.scene, matched),
        )

    def score_many(self, completions: Sequence[str], truths: Sequence[Truth]) -> list[Score]:
        """The scores of many, in order."""
        return [self.score(completion, truth) for completion, truth in zip(completions, truths, strict=True)]

    def _truth_fault(self, truth: Truth) -> str:
        """Why the truth cannot be used; under the release's rules also where nobody could write its ids."""
        if truth.scene is not None and self.rules == "release" and (name := refused_by_release(truth.scene)):
            return f"the id {name} of the gold scene is malformed under the rules of {self.name}"
        return truth.scene_fault or truth.answer_fault

    def _accuracy(self, parsed: ParsedCompletion, truth: Truth) -> float:
        fold = self.rules == "release"
        return float(equal_answers(parsed.blocks.answer, gold=truth.answer_text, fold_case=fold))

    def _count(self, parsed: ParsedCompletion, scene: Scene, true: Scene) -> float:
        objects = _closeness(len(scene.ids), len(true.ids))
        if self.rules == "release":
            if parsed.scene is not None and "objects" not in parsed.scene:
                return 0.0
            if not true.triples:
                return objects
        return OBJECT_SHARE * objects + RELATION_SHARE * _closeness(len(scene.triples), len(true.triples))

    def _match(self, scene: Scene, truth: Truth) -> _Matched:
        """The assignment of least cost between predicted and true objects."""
        assert truth.scene is not None
        true_labels = truth.scene.labels
        first = scene.labels[: taking_part(len(true_labels))]
        places = compared(first, true_labels)
        labels = [first[place] for place in places]
        if not labels or not true_labels:
            return _Matched(np.empty(0), np.empty(0), 0)
        scale = 1 / np.array(truth.size * 2, dtype=np.float64)  # as the authors' code has it, to the last digit
        boxes, true_boxes = scene.boxes[places] * scale, truth.scene.boxes * scale
        shape = (len(boxes), len(true_boxes))
        ours, theirs = np.repeat(boxes, shape[1], axis=0), np.tile(true_boxes, (shape[0], 1))
        guard = RELEASE_GUARD if self.rules == "release" else 0.0
        complete = ciou(ours, theirs, guard=guard).reshape(shape)
        with np.errstate(invalid="ignore", over="ignore"):
            plain = np.nan_to_num(iou(ours, theirs)).reshape(shape)
        agreement = mapped(complete) if self.rules == "release" else plain
        unlike = 1 - label_similarities(labels, true_labels, self.similarity)
        rows, columns = linear_sum_assignment(BOX_COST * (1 - agreement) + LABEL_COST * unlike)
        beyond = min(len(scene.ids), len(true_labels)) - len(rows)
        return _Matched(complete[rows, columns], plain[rows, columns], beyond)

    def _spatial(self, matched: _Matched, scene: Scene, true: Scene) -> float:
        if not true.ids:
            # The code asks whether there are true objects only where there is no true relation.
            unasked = self.rules == "release" and bool(true.triples)
            return float(unasked or not scene.ids)
        if self.rules == "release":
            return float(mapped(matched.ciou).sum() / len(true.ids))
        if not len(matched.ciou):
            return 0.0
        # Pairs left out for the sake of time count as boxes that agree with nothing: a flood must not gain by it.
        return float((matched.ciou.sum() - matched.beyond) / (len(matched.ciou) + matched.beyond))


def paper_reward(similarity: Similarity) -> PaperReward:
    """The reward as the text of the paper has it."""
    return PaperReward("paper", similarity, read_as_paper, "paper")


def release_reward(similarity: Similarity) -> PaperReward:
    """The reward as the authors' code computes it."""
    return PaperReward("paper-release", similarity, read_as_release, "release")


def _closeness(predicted: int, true: int) -> float:
    """How near a number is to the true one: 1 - |difference| / true, at least 0."""
    return max(0.0, 1 - abs(predicted - true) / max(true, 1))


def _details(scene: Scene, true: Scene, matched: _Matched) -> Details:
    return Details(
        objects=len(scene.ids),
        triples=len(scene.triples),
        true_objects=len(true.ids),
        true_triples=len(true.triples),
        matched=len(matched.iou),
        mean_iou=float(matched.iou.sum() / len(true.ids)) if true.ids else None,
    )
