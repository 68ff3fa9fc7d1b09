"""What a reward gives, and what every reward is.

    Score(format=1.0, count=0.9, accuracy=1.0, spatial=0.42, total=0.816, details=Details(...))

A part is None until it has been computed: None is "not known" or "not part of this reward", never a bad completion.
`total` is None exactly where the truth cannot be used for the reward; `fault` then says why. A bad completion is 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from stvqa.completion import PromptStyle
from stvqa.records import Record
from stvqa.rewards.truth import Truth

__all__ = ["PARTS", "Details", "Reward", "Score"]

PARTS = ("format", "count", "accuracy", "spatial", "total")
"""The figures of a score, in the order in which they are written."""


class Details(Record):
    """What is worth logging beside the parts. Figures of the scene are None where no scene could be compared.

    Attributes:
        format_fault: why `format` is 0, a slug (`tag-missing`, `scene-not-json`, `id-repeated` ...); "" where it is 1.
        objects: objects of the completion's scene.
        triples: its relationships.
        true_objects: objects of the truth.
        true_triples: its relationships.
        matched: pairs of a predicted and a true object.
        mean_iou: IoU with the matched boxes, averaged over the true objects, 0 for those without a match; in [0, 1].
        relation_f1: agreement of the triples in [0, 1]; None where the truth has none, or the reward has no such term.
    """

    format_fault: str = ""
    objects: int | None = None
    triples: int | None = None
    true_objects: int | None = None
    true_triples: int | None = None
    matched: int | None = None
    mean_iou: float | None = None
    relation_f1: float | None = None


class Score(Record):
    """A completion's score. Parts are at most 1, and `total` is too.

    Behind a closed gate a part is 0: all but `format` where `format` is 0, `spatial` where `accuracy` is not 1.
    What the boxes were worth all the same stands in `details`.

    Attributes:
        fault: why the truth cannot be used, one sentence; "" where it can.
    """

    format: float | None = None
    count: float | None = None
    accuracy: float | None = None
    spatial: float | None = None
    total: float | None = None
    fault: str = ""
    details: Details = Details()


@runtime_checkable
class Reward(Protocol):
    """What training, evaluation and `stvqa score` ask of a reward. It is deterministic and keeps no state.

    Attributes:
        name: as the user wrote it.
        style: which prompt fits: `scene` asks for all four blocks, `sparse` for think and answer alone.
    """

    @property
    def name(self) -> str:
        """As the user wrote it."""
        ...

    @property
    def style(self) -> PromptStyle:
        """Which prompt fits."""
        ...

    def score(self, completion: str, truth: Truth) -> Score:
        """The score of one completion; never raises for anything that a model can write."""
        ...

    def score_many(self, completions: Sequence[str], truths: Sequence[Truth]) -> list[Score]:
        """The scores of many, each with its own truth, in order; the same as one by one, and quicker."""
        ...
