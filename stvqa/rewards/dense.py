"""The reward `dense`, the default: the paper's reward with its known holes closed.

R = [format = 1] x (0.1 format + 0.1 count + 0.5 accuracy + [accuracy = 1] x 0.3 spatial)

    find_reward("dense").score(completion, truth)
    # Score(format=1.0, count=1.0, accuracy=1.0, spatial=0.62, total=0.886, ...)

Each object of the completion is worth, against each true object,

    quality = label x ((1 - tail_share) x max(0, CIoU) + tail_share x nearness)

where `label` is the similarity of the names, 0 below `label_floor`. The assignment with the greatest sum of qualities
decides which object is which.

    count     2 x sum(label) / (objects + true objects), under the assignment that is best for the labels alone
    boxes     2 x sum(quality) / (objects + true objects), an F1 of matched boxes
    relations 2 x sum(agreement x sqrt(quality x quality of the ends)) / (triples + true triples)
    spatial   (1 - relation_share) x boxes + relation_share x relations; the boxes alone where the truth has no triple
    accuracy  the answer names the right option and no other (`stvqa.rewards.answers`)
    format    all or nothing (`stvqa.rewards.formats.read_strictly`)

Why each differs from the paper's stands with the setting that governs it, in `DenseSettings`.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator
from scipy.optimize import linear_sum_assignment

from stvqa.completion import PromptStyle, parse_completion
from stvqa.records import Record
from stvqa.rewards.answers import names_right_option
from stvqa.rewards.formats import read_strictly
from stvqa.rewards.overlap import ciou, giou, iou, mapped, nearness
from stvqa.rewards.predicates import predicate_agreement
from stvqa.rewards.scenes import MOST_OBJECTS, Scene, usable
from stvqa.rewards.score import Details, Score
from stvqa.rewards.similarity import Similarity, label_similarities
from stvqa.rewards.truth import Truth

__all__ = ["DenseReward", "DenseSettings", "box_credits"]

Array = NDArray[np.float64]

_MOST_BETWEEN = 16
"""Predicted predicates between one ordered pair of objects that are compared; all are counted."""


class DenseSettings(Record):
    """Terms and weights of `dense`; recipe parameters.

    Attributes:
        format_weight: for a well-formed completion, the paper's. It is all or nothing: graded credit pays for
            writing tags without content, and what is ill-formed cannot be shown to a user anyway.
        count_weight: for naming the right things, each as often as it is there. Half of the paper's: whoever lists the
            right names with any boxes has all of it, and it must not pay alone. It compares names, not only
            numbers, since with numbers alone any list of the right length is paid in full.
        accuracy_weight: for the right answer, the paper's.
        spatial_weight: for boxes and relations, gated by the right answer as in the paper; has what the count gives up.
        relation_share: share of the triples in `spatial`. The authors' code leaves them out, so a model may drop or
            invent them; a triple counts as much as the boxes of its ends are right, so names alone earn nothing.
        overlap: measure of two boxes. `ciou`, cut at 0, tells among overlapping boxes the better centred and shaped
            one; `mapped-ciou` is the authors' (c + 1) / 2, which pays a box over the whole image 0.5.
        tail: what boxes earn that do not overlap yet, where a cut at 0 gives no direction to learn in. `near`: how
            near place and size are (`stvqa.rewards.overlap.nearness`), which no fixed box gets from far away;
            `giou`: (GIoU + 1) / 2, which pays a box over the whole image half; `none`.
        tail_share: what the tail can pay, as a share of a perfect box. Group-relative advantages are scaled by
            the spread in the group, so a small share is direction enough.
        label_floor: least similarity of two names that may be matched: the vocabulary's for things people mix up.
        kin_credit: for a predicate that says nearly the same (`on` for `sitting on`).
        gate: `accuracy`: `spatial` counts with the right answer only, as in the paper, where without it the policy
            wrote scenes for their own sake; `none` for experiments.
    """

    format_weight: float = Field(default=0.1, ge=0, le=1)
    count_weight: float = Field(default=0.1, ge=0, le=1)
    accuracy_weight: float = Field(default=0.5, ge=0, le=1)
    spatial_weight: float = Field(default=0.3, ge=0, le=1)
    relation_share: float = Field(default=0.3, ge=0, le=1)
    overlap: Literal["iou", "ciou", "mapped-ciou"] = "ciou"
    tail: Literal["near", "giou", "none"] = "near"
    tail_share: float = Field(default=0.15, ge=0, le=1)
    label_floor: float = Field(default=0.7, gt=0, le=1)
    kin_credit: float = Field(default=0.5, ge=0, le=1)
    gate: Literal["accuracy", "none"] = "accuracy"

    @model_validator(mode="after")
    def _weights_sum_to_one(self) -> DenseSettings:
        whole = self.format_weight + self.count_weight + self.accuracy_weight + self.spatial_weight
        if not math.isclose(whole, 1, abs_tol=1e-9):
            raise ValueError(f"the four weights sum to {whole:g}, they have to sum to 1")
        return self


class _Case(NamedTuple):
    """One completion on its way: what was read, and which of its objects may stand for which true one.

    Attributes:
        rows: object of each candidate pair.
        columns: true object of each candidate pair.
        labels: label credit of each candidate pair.
    """

    scene: Scene
    true: Scene
    size: tuple[int, int]
    rows: list[int]
    columns: list[int]
    labels: list[float]


class _Opened(NamedTuple):
    """The score so far; `case` is None where the scene has nothing to add to it."""

    score: Score
    case: _Case | None


class _Pairs(NamedTuple):
    """Qualities and IoUs of the candidate pairs of one case."""

    quality: list[float]
    iou: list[float]


class _Assignment(NamedTuple):
    """Positions, among the candidate pairs, of those that were chosen."""

    chosen: list[int]


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
        """The scores of many, in order; the boxes of all are measured in one go."""
        opened = [self._open(completion, truth) for completion, truth in zip(completions, truths, strict=True)]
        cases = [item.case for item in opened if item.case is not None]
        measured = iter(_measure(cases, self.settings))
        return [
            item.score if item.case is None else self._close(item.score, item.case, next(measured)) for item in opened
        ]

    def _open(self, completion: str, truth: Truth) -> _Opened:
        """Format and accuracy, and the candidate pairs where the scene counts."""
        parsed = parse_completion(completion)
        formatted = read_strictly(parsed)
        details = Details(format_fault=formatted.fault)
        form, accuracy = float(not formatted.fault), None
        if not truth.answer_fault:
            right = names_right_option(parsed.blocks.answer, gold=truth.answer, options=truth.options)
            accuracy = float(right) * form
        if truth.scene is None or accuracy is None:
            fault = truth.scene_fault or truth.answer_fault
            return _Opened(Score(format=form, accuracy=accuracy, fault=fault, details=details), None)
        if formatted.scene is None:
            return _Opened(Score(format=form, count=0.0, accuracy=0.0, spatial=0.0, total=0.0, details=details), None)
        return _Opened(Score(format=form, accuracy=accuracy), self._case(formatted.scene, truth))

    def _case(self, scene: Scene, truth: Truth) -> _Case:
        """Pairs of objects whose names are alike enough."""
        assert truth.scene is not None
        table = label_similarities(scene.labels[:MOST_OBJECTS], truth.scene.labels, self.similarity)
        rows, columns = np.nonzero(table >= self.settings.label_floor)
        labels = np.minimum(table[rows, columns], 1.0)
        return _Case(scene, truth.scene, truth.size, rows.tolist(), columns.tolist(), labels.tolist())

    def _close(self, score: Score, case: _Case, pairs: _Pairs) -> Score:
        """The whole score, once the boxes are measured."""
        settings = self.settings
        chosen = _assign(case, pairs.quality)
        both = len(case.scene.ids) + len(case.true.ids)
        count = _f1(sum(case.labels[pair] for pair in _assign(case, case.labels).chosen), both)
        boxes = _f1(sum(pairs.quality[pair] for pair in chosen.chosen), both)
        relations = _relations(case, pairs, chosen, kin_credit=settings.kin_credit)
        spatial = boxes
        if relations is not None:
            spatial = (1 - settings.relation_share) * boxes + settings.relation_share * relations
        details = _details(case, pairs, chosen, relations)
        if settings.gate == "accuracy" and score.accuracy != 1:
            spatial = 0.0
        assert score.format is not None
        assert score.accuracy is not None
        total = (
            settings.format_weight * score.format
            + settings.count_weight * count
            + settings.accuracy_weight * score.accuracy
            + settings.spatial_weight * spatial
        )
        return Score(
            format=score.format, count=count, accuracy=score.accuracy, spatial=spatial, total=total, details=details
        )


def box_credits(boxes: Array, true_boxes: Array, settings: DenseSettings) -> Array:
    """What boxes are worth apart from their names, pair by pair, in [0, 1]; 1 for equal boxes.

    Args:
        boxes: in shares of the image, usable (`stvqa.rewards.scenes.usable`), shape (n, 4).
        true_boxes: the same.
        settings: `overlap`, `tail` and `tail_share` count.
    """
    if settings.overlap == "mapped-ciou":
        core = np.clip(mapped(ciou(boxes, true_boxes)), 0, 1)
    else:
        core = np.clip((ciou if settings.overlap == "ciou" else iou)(boxes, true_boxes), 0, 1)
    if settings.tail == "none":
        return np.asarray(core)
    tail = nearness(boxes, true_boxes) if settings.tail == "near" else mapped(giou(boxes, true_boxes))
    return np.asarray((1 - settings.tail_share) * core + settings.tail_share * tail)


def _measure(cases: Sequence[_Case], settings: DenseSettings) -> list[_Pairs]:
    """Qualities and IoUs of the candidate pairs of all cases."""
    counts = [len(case.rows) for case in cases]
    if not sum(counts):
        return [_Pairs([], []) for _ in cases]
    kept = [case for case, count in zip(cases, counts, strict=True) if count]
    scales = np.repeat(
        np.array([case.size * 2 for case in kept], dtype=np.float64), [len(case.rows) for case in kept], axis=0
    )
    with np.errstate(over="ignore"):
        boxes = np.concatenate([case.scene.boxes[case.rows] for case in kept]) / scales
    true_boxes = np.clip(np.concatenate([case.true.boxes[case.columns] for case in kept]) / scales, 0, 1)
    labels = np.concatenate([case.labels for case in kept])
    good = usable(boxes)
    quality, shares = np.zeros(len(boxes)), np.zeros(len(boxes))
    inside, true_inside = np.clip(boxes[good], 0, 1), true_boxes[good]
    quality[good] = labels[good] * box_credits(inside, true_inside, settings)
    shares[good] = iou(inside, true_inside)
    qualities, ious = quality.tolist(), shares.tolist()
    measured, start = [], 0
    for count in counts:
        measured.append(_Pairs(qualities[start : start + count], ious[start : start + count]))
        start += count
    return measured


def _assign(case: _Case, worth: Sequence[float]) -> _Assignment:
    """The one-to-one choice among the candidate pairs with the greatest sum of worth."""
    rows, columns = case.rows, case.columns
    if len(set(rows)) == len(rows) and len(set(columns)) == len(columns):
        return _Assignment([pair for pair, value in enumerate(worth) if value > 0])
    matrix = np.zeros((min(len(case.scene.ids), MOST_OBJECTS), len(case.true.ids)))
    matrix[rows, columns] = worth
    places = zip(*(found.tolist() for found in linear_sum_assignment(matrix, maximize=True)), strict=True)
    positions = {place: pair for pair, place in enumerate(zip(rows, columns, strict=True)) if worth[pair] > 0}
    return _Assignment([positions[place] for place in places if place in positions])


def _f1(agreed: float, both: int) -> float:
    """Twice what agrees over what there is on both sides; 1 where there is nothing on either."""
    return 2 * agreed / both if both else 1.0


def _relations(case: _Case, pairs: _Pairs, chosen: _Assignment, *, kin_credit: float) -> float | None:
    """F1 of the triples in [0, 1]; None where the truth has none. Triples whose ends are no objects do not count."""
    true_places = {name: place for place, name in enumerate(case.true.ids)}
    wanted: defaultdict[tuple[int, int], list[str]] = defaultdict(list)
    for triple in case.true.triples:
        if triple.subject in true_places and triple.object in true_places:
            wanted[true_places[triple.subject], true_places[triple.object]].append(triple.predicate)
    if not wanted:
        return None
    names = {case.scene.ids[case.rows[pair]]: pair for pair in chosen.chosen}
    ids = set(case.scene.ids)
    said: defaultdict[tuple[int, int], list[str]] = defaultdict(list)
    quality: dict[tuple[int, int], float] = {}
    number = 0
    for triple in case.scene.triples:
        number += triple.subject in ids and triple.object in ids
        first, second = names.get(triple.subject), names.get(triple.object)
        if first is None or second is None:
            continue
        place = (case.columns[first], case.columns[second])
        said[place].append(triple.predicate)
        quality[place] = math.sqrt(pairs.quality[first] * pairs.quality[second])
    agreed = 0.0
    for place, predicates in wanted.items():
        straight = [(text, False) for text in said.get(place, ())[:_MOST_BETWEEN]]
        turned = [(text, True) for text in said.get((place[1], place[0]), ())[:_MOST_BETWEEN]]
        worth = quality.get(place) or quality.get((place[1], place[0])) or 0.0
        agreed += worth * _agreement(straight + turned, predicates, kin_credit=kin_credit)
    return _f1(agreed, number + sum(map(len, wanted.values())))


def _agreement(said: list[tuple[str, bool]], wanted: list[str], *, kin_credit: float) -> float:
    """Sum of credits of predicates matched one to one, the same ones first."""
    credit = {"same": 1.0, "kin": kin_credit}
    total, left = 0.0, list(wanted)
    for level in ("same", "kin"):
        unused = []
        for text, swapped in said:
            match = next((true for true in left if predicate_agreement(text, true, swapped=swapped) == level), None)
            if match is None:
                unused.append((text, swapped))
                continue
            left.remove(match)
            total += credit[level]
        said = unused
    return total


def _details(case: _Case, pairs: _Pairs, chosen: _Assignment, relations: float | None) -> Details:
    true = len(case.true.ids)
    return Details(
        objects=len(case.scene.ids),
        triples=len(case.scene.triples),
        true_objects=true,
        true_triples=len(case.true.triples),
        matched=len(chosen.chosen),
        mean_iou=sum(pairs.iou[pair] for pair in chosen.chosen) / true if true else None,
        relation_f1=relations,
    )
