"""The reward `dense`, the default: the paper's reward with its known holes closed.

R = [format = 1] x (0.1 format + 0.05 count + 0.5 accuracy + [accuracy = 1] x 0.35 spatial)

    find_reward("dense").score(completion, truth)
    # Score(format=1.0, count=1.0, accuracy=1.0, spatial=0.62, total=0.886, ...)

Each object of the completion is worth, against each true object,

    quality = label x ((1 - tail_share) x overlap + tail_share x nearness)

where `label` is the similarity of the names, 0 below `label_floor`, and `overlap` is CIoU cut at 0, of which what a
blind box would have is taken off. The assignment with the greatest sum of qualities decides which object is which.

    count      2 x sum(label) / (objects + true objects), under the assignment that is best for the names alone
    boxes      2 x sum(quality) / (objects + true objects), an F1 of matched boxes
    relations  2 x sum(agreement x sqrt(quality x quality of the ends)) / (triples + true triples)
    spatial    (1 - relation_share) x boxes + relation_share x relations; where the truth has no triple,
               boxes x (1 - relation_share x triples / (triples + true objects))
    accuracy   the answer names the right option and no other (`stvqa.rewards.answers`)
    format     all or nothing (`stvqa.rewards.formats.read_strictly`)

Why each differs from the paper's stands with the setting that governs it, in `stvqa.rewards.terms.DenseSettings`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from stvqa.completion import PromptStyle, parse_completion
from stvqa.rewards.answers import names_right_option
from stvqa.rewards.formats import read_strictly
from stvqa.rewards.matching import Case, Measured, assign, candidates, f1, invented_share, measure, relation_f1
from stvqa.rewards.score import Details, Score
from stvqa.rewards.similarity import Similarity
from stvqa.rewards.terms import DenseSettings
from stvqa.rewards.truth import Truth

__all__ = ["DenseReward"]

_AT_ONCE = 65_536
"""Candidate pairs that are measured in one go, and some; a batch of 4,096 usual completions has fewer."""


class _Opened(NamedTuple):
    """A well-formed completion on its way, its boxes yet to be measured."""

    accuracy: float
    case: Case


class DenseReward(NamedTuple):
    """See the module."""

    similarity: Similarity
    settings: DenseSettings = DenseSettings()
    name: str = "dense"
    style: PromptStyle = "scene"

    def score(self, completion: str, truth: Truth) -> Score:
        """The score of one completion."""
        return self.score_many([completion], [truth])[0]

    def score_many(self, completions: Sequence[str], truths: Sequence[Truth]) -> list[Score]:
        """The scores of many, in order; the boxes of many are measured in one go."""
        found: list[Score] = []
        opened: list[_Opened | Score] = []
        pairs = 0
        for completion, truth in zip(completions, truths, strict=True):
            item = self._open(completion, truth)
            opened.append(item)
            pairs += len(item.case.pairs.rows) if isinstance(item, _Opened) else 0
            if pairs >= _AT_ONCE:
                found += self._close_all(opened)
                opened, pairs = [], 0
        return found + self._close_all(opened)

    def _open(self, completion: str, truth: Truth) -> _Opened | Score:
        """Format and accuracy, and the candidate pairs; the whole score where the scene has nothing to add to it."""
        parsed = parse_completion(completion)
        formatted = read_strictly(parsed)
        form, accuracy = float(not formatted.fault), None
        if not truth.answer_fault:
            right = names_right_option(parsed.blocks.answer, gold=truth.answer, options=truth.options)
            accuracy = float(right) * form
        if formatted.scene is not None and truth.scene is not None and accuracy is not None:
            labels, true_labels = formatted.scene.labels, truth.scene.labels
            pairs = candidates(labels, true_labels, self.similarity, self.settings.label_floor)
            return _Opened(accuracy, Case(formatted.scene, truth.scene, truth.size, pairs))
        details = Details(format_fault=formatted.fault)
        if truth.scene is None or accuracy is None:
            fault = truth.scene_fault or truth.answer_fault
            return Score(format=form, accuracy=accuracy, fault=fault, details=details)
        return Score(format=form, count=0.0, accuracy=0.0, spatial=0.0, total=0.0, details=details)

    def _close_all(self, opened: Sequence[_Opened | Score]) -> list[Score]:
        measured = iter(measure([item.case for item in opened if isinstance(item, _Opened)], self.settings))
        return [self._close(item, next(measured)) if isinstance(item, _Opened) else item for item in opened]

    def _close(self, opened: _Opened, measured: Measured) -> Score:
        """The whole score, once the boxes are measured."""
        settings, (accuracy, case) = self.settings, opened
        chosen = assign(case, measured.quality)
        both = len(case.scene.ids) + len(case.true.ids)
        count = f1(sum(case.pairs.labels[pair] for pair in assign(case, case.pairs.labels)), both)
        boxes = f1(sum(measured.quality[pair] for pair in chosen), both)
        relations = relation_f1(case, measured.quality, chosen, kin_credit=settings.kin_credit)
        share = settings.relation_share
        if relations is None:
            spatial = boxes * (1 - share * invented_share(case))
        else:
            spatial = (1 - share) * boxes + share * relations
        if settings.gate == "accuracy" and accuracy != 1:
            spatial = 0.0
        total = (
            settings.format_weight
            + settings.count_weight * count
            + settings.accuracy_weight * accuracy
            + settings.spatial_weight * spatial
        )
        details = _details(case, measured, chosen, relations)
        return Score(format=1.0, count=count, accuracy=accuracy, spatial=spatial, total=total, details=details)


def _details(case: Case, measured: Measured, chosen: Sequence[int], relations: float | None) -> Details:
    true = len(case.true.ids)
    return Details(
        objects=len(case.scene.ids),
        triples=len(case.scene.triples),
        true_objects=true,
        true_triples=len(case.true.triples),
        matched=len(chosen),
        mean_iou=sum(measured.iou[pair] for pair in chosen) / true if true else None,
        relation_f1=relations,
    )
