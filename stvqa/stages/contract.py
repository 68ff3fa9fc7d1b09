"""What a stage is: a frozen pydantic config with one method, of one of two kinds.

    class Shout(MapStage[Question, Question]):
        name = "shout"
        def run(self, records, context):
            for question in records:
                yield question.model_copy(update={"text": question.text.upper()})

A `MapStage` sees one partition at a time and may run anywhere, in any order. A `GatherStage` sees the
files of all partitions and decides over the whole. Both get their randomness from `random_for`.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import Field

from stvqa.records import Record, Rejection

__all__ = ["GatherStage", "MapStage", "Stage", "StageContext", "random_for"]

In = TypeVar("In", bound=Record)
Out = TypeVar("Out", bound=Record)


@dataclass(slots=True)
class StageContext:
    """What a stage may use beside its records, and where it leaves figures.

    Attributes:
        seed: the run's seed.
        counts: whole numbers that add up over partitions (`mends.box-clipped`: 3).
        figures: JSON values of a gather stage (tables, chi-square), copied to stats.json and run.json.
        rejections: what a gather stage refused (a map stage yields its rejections).
    """

    seed: int
    counts: Counter[str] = field(default_factory=Counter)
    figures: dict[str, Any] = field(default_factory=dict)
    rejections: list[Rejection] = field(default_factory=list)


class Stage(Record):
    """Common to both kinds.

    Attributes:
        name: stage name, as in recipes.
        reads / writes: the record models of the input and output parts.
        max_rejected_share: a larger share of refused records ends the run with a message.
    """

    name: ClassVar[str]
    reads: ClassVar[type[Record] | None]
    writes: ClassVar[type[Record]]

    max_rejected_share: float = Field(default=0.5, ge=0, le=1)


class MapStage(Stage, Generic[In, Out]):
    """A stage that maps one partition, record by record."""

    def run(self, records: Iterator[In], context: StageContext) -> Iterator[Out | Rejection]:
        """Records or rejections, any number for each input, in an order that depends on the input alone."""
        raise TypeError(f"{type(self).__name__} has no run()")


class GatherStage(Stage, Generic[Out]):
    """A stage that decides over all rows. It reads columns, not whole records, where the set may be large."""

    def run(self, parts: Sequence[Path], context: StageContext) -> Iterator[Sequence[Out]]:
        """Batches of records; each batch becomes one part. Rejections go to `context.rejections`."""
        raise TypeError(f"{type(self).__name__} has no run()")


def random_for(seed: int, stage: str, record_id: str) -> random.Random:
    """The one source of randomness: seeded by sha256 of run seed, stage and record id.

    Independent of the order of work, of the machine and of Python's salted `hash`.
    """
    digest = hashlib.sha256(f"{seed}\x1f{stage}\x1f{record_id}".encode()).digest()
    return random.Random(int.from_bytes(digest[:16], "big"))
