"""Terms and weights of `dense`, each with its reason, and what a box is worth by them.

    settings = DenseSettings(tail="giou", tail_share=0.1)      # a variant for an experiment
    box_credits(boxes, true_boxes, settings)                   # shape (n,), each in [0, 1]

The words of the settings are the keys of a recipe.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from stvqa.records import Record
from stvqa.rewards.overlap import ciou, giou, iou, mapped, nearness

__all__ = ["DenseSettings", "blind_credits", "box_credits"]

Array = NDArray[np.float64]

_BLIND = np.array([(0.0, 0.0, 1.0, 1.0), (0.125, 0.125, 0.875, 0.875), (0.25, 0.25, 0.75, 0.75)])
"""Boxes that anyone can give: the whole image, its middle three quarters, its middle half (of each side)."""


class DenseSettings(Record):
    """Terms and weights of `dense`; recipe parameters.

    The miniature (docs/miniature.md; accuracy in %, a tiny model on plain scenes) chose among them. On two seeds for
    choices these terms had 69.8, `tail="none"` 70.5, `tail="giou"` 70.4, `overlap="mapped-ciou"` with neither tail nor
    blind boxes 70.2, and the paper's weights 70.1; the last two pay a degenerate completion up to 0.28 and 0.23 and
    are out. On five other seeds and other questions, `tail="none"` was +0.0 (95 %: -0.5 to +0.6) points over these
    terms, so they stay: what they guard against decides, not accuracy. Over `sparse` they were +0.4 (-1.3 to +2.0)
    points there, which is no difference that can be told, and their boxes were a little worse (mean IoU -0.006).

    Attributes:
        format_weight: for a well-formed completion, the paper's. It is all or nothing: graded credit pays for
            writing tags without content, and what is ill-formed cannot be shown to a user anyway.
        count_weight: for naming the right things, each as often as it is there. A quarter of the paper's: whoever
            lists the right names with any boxes has all of it, and it must not pay alone; but it is the one part that
            makes a flood of boxes cost while the answer is still wrong. It compares names, not only numbers,
            since with numbers alone any list of the right length is paid in full.
        accuracy_weight: for the right answer, the paper's.
        spatial_weight: for boxes and relations, gated by the right answer as in the paper; has what the count gives up.
        relation_share: share of the triples in `spatial`. The authors' code leaves them out, so a model may drop or
            invent them; a triple counts as much as the boxes of its ends are right, so names alone earn nothing.
            Where the truth has none, it is the most that made-up ones can take away.
        overlap: measure of two boxes. `ciou`, cut at 0, tells among overlapping boxes the better centred and shaped
            one; `mapped-ciou` is the authors' (c + 1) / 2, which pays a box over the whole image 0.5.
        tail: what boxes earn that do not overlap yet, where a cut at 0 gives no direction to learn in. `near`: how
            near place and size are (`stvqa.rewards.overlap.nearness`), which no fixed box gets from far away;
            `giou`: (GIoU + 1) / 2, which pays a box over the whole image half; `none`.
        tail_share: what the tail can pay, as a share of a perfect box. Group-relative advantages are scaled by
            the spread in the group, so a small share is direction enough.
        blind_limit: a box is worth what it has over the best of three boxes that need no look at the image (the whole
            of it, its middle three quarters, its middle half): (overlap - blind) / (1 - blind), as Cohen's kappa
            does with chance. `blind` counts up to this limit, so that a large object is not made a matter of
            single pixels: its slope is at most 1 / (1 - limit). 0.6 is about the least at which no blind box of
            `benchmarks/hacks.py` earns more than 0.15 for any of 2,000 truths (0.5: 0.19). 0 leaves overlaps as
            they are.
        label_floor: least similarity of two names that may be matched: the vocabulary's for things people mix up.
        kin_credit: for a predicate that says nearly the same (`on` for `sitting on`).
        gate: `accuracy`: `spatial` counts with the right answer only, as in the paper, where without it the policy
            wrote scenes for their own sake; `none` for experiments.
    """

    format_weight: float = Field(default=0.1, ge=0, le=1)
    count_weight: float = Field(default=0.05, ge=0, le=1)
    accuracy_weight: float = Field(default=0.5, ge=0, le=1)
    spatial_weight: float = Field(default=0.35, ge=0, le=1)
    relation_share: float = Field(default=0.3, ge=0, le=1)
    overlap: Literal["iou", "ciou", "mapped-ciou"] = "ciou"
    tail: Literal["near", "giou", "none"] = "near"
    tail_share: float = Field(default=0.15, ge=0, le=1)
    blind_limit: float = Field(default=0.6, ge=0, lt=1)
    label_floor: float = Field(default=0.7, gt=0, le=1)
    kin_credit: float = Field(default=0.5, ge=0, le=1)
    gate: Literal["accuracy", "none"] = "accuracy"

    @model_validator(mode="after")
    def _weights_sum_to_one(self) -> DenseSettings:
        whole = self.format_weight + self.count_weight + self.accuracy_weight + self.spatial_weight
        if not math.isclose(whole, 1, abs_tol=1e-9):
            raise ValueError(
                f"the four weights have to sum to 1 and sum to {whole:g}: format_weight {self.format_weight:g}, "
                f"count_weight {self.count_weight:g}, accuracy_weight {self.accuracy_weight:g}, spatial_weight "
                f"{self.spatial_weight:g}"
            )
        return self


def box_credits(boxes: Array, true_boxes: Array, settings: DenseSettings, *, blind: Array | None = None) -> Array:
    """What boxes are worth apart from their names, pair by pair, in [0, 1]; 1 for equal boxes.

    Args:
        boxes: in shares of the image, usable (`stvqa.rewards.scenes.usable`), shape (n, 4).
        true_boxes: the same.
        settings: `overlap`, `tail`, `tail_share` and `blind_limit` count.
        blind: `blind_credits` of the true boxes, where they are known already; shape (n,).
    """
    core = _core(boxes, true_boxes, settings)
    if settings.blind_limit > 0:
        free = blind_credits(true_boxes, settings) if blind is None else blind
        core = np.maximum(core - free, 0) / (1 - free)
    if settings.tail == "none":
        return core
    tail = nearness(boxes, true_boxes) if settings.tail == "near" else mapped(giou(boxes, true_boxes))
    return np.asarray((1 - settings.tail_share) * core + settings.tail_share * tail)


def blind_credits(true_boxes: Array, settings: DenseSettings) -> Array:
    """How well the best of three fixed boxes happens to fit each true box, at most `blind_limit`; shape (n,)."""
    fits = [_core(np.broadcast_to(box, true_boxes.shape), true_boxes, settings) for box in _BLIND]
    return np.asarray(np.minimum(np.max(fits, axis=0), settings.blind_limit))


def _core(boxes: Array, true_boxes: Array, settings: DenseSettings) -> Array:
    """The measure of overlap, in [0, 1]."""
    if settings.overlap == "iou":
        return iou(boxes, true_boxes)
    value = ciou(boxes, true_boxes)
    return np.clip(mapped(value) if settings.overlap == "mapped-ciou" else value, 0, 1)
