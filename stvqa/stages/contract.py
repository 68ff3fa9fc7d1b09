"""What a stage is: a frozen pydantic config with one method, of one of two kinds.

    class Shout(MapStage[Question, Question]):
        name = "shout"
        reads: ClassVar[type[Question]] = Question
        writes: ClassVar[type[Question]] = Question

        def run(self, records, context):
            for question in records:
                yield question.model_copy(update={"text": question.text.upper()})

A `MapStage` sees one partition at a time and may run anywhere, in any order; a `SourceStage` is the one
that a recipe begins with. A `GatherStage` sees the files of all partitions and decides over the whole.
All get their randomness from `random_for`.
"""

from __future__ import annotations

import hashlib
import random
from abc import abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import Field

from stvqa.records import Record, Rejection
from stvqa.sources.contract import Partition
from stvqa.sources.places import PicturePlaces
from stvqa.store.parts import write_part
from stvqa.store.run_file import StageStatistics
from stvqa.teachers.calls import CallForecast, Calls

__all__ = ["GatherStage", "MapStage", "SourceStage", "Stage", "StageContext", "random_for"]

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
        calls: makes calls of models, for gather stages; None where the run makes none.
        places: where the run's pictures may lie; None where nobody says.
    """

    seed: int
    counts: Counter[str] = field(default_factory=Counter)
    figures: dict[str, Any] = field(default_factory=dict)
    rejections: list[Rejection] = field(default_factory=list)
    calls: Calls | None = None
    places: PicturePlaces | None = None


class Stage(Record):
    """Common to both kinds.

    Attributes:
        name: stage name, as in recipes.
        reads / writes: the record models of the input and output parts.
        version: of the stage's code; raised whenever the same input and parameters give other output.
        agreed: parameters that must have the same value in every stage that names them here; a stage that is not
            told one takes what another is told, and one that has None the value of another.
        not_hashed: parameters that do not change the output (concurrency, timeouts, limits).
        max_rejected_share: a larger share of refused records ends the run with a message.
    """

    name: ClassVar[str]
    reads: ClassVar[type[Record] | None]
    writes: ClassVar[type[Record]]
    version: ClassVar[int] = 1
    agreed: ClassVar[frozenset[str]] = frozenset()
    not_hashed: ClassVar[frozenset[str]] = frozenset({"max_rejected_share"})

    max_rejected_share: float = Field(default=0.5, ge=0, le=1)

    @classmethod
    def variant(cls, parameters: Mapping[str, Any]) -> type[Stage]:
        """The class that does the stage with the parameters of a recipe: this one, or another of the same name."""
        del parameters
        return cls

    def further(self, figures: Mapping[str, Any], passed: Mapping[str, int]) -> Stage | None:
        """The stage with one more round of work, where rows of the set are missing; None where it can give no more.

        Args:
            figures: what this stage left in its context.
            passed: how many questions came through all that follows, by `CATEGORY/LEVEL`.
        """
        del figures, passed
        return None

    def prompts(self) -> dict[str, str]:
        """Texts that a model is told, by name; they are part of the stage's hash."""
        return {}

    def models(self) -> tuple[str, ...]:
        """Names of the models that the stage calls; none for a stage that works offline."""
        return ()

    def notes(self, statistics: StageStatistics) -> tuple[str, ...]:
        """What a user should read of what the whole stage did, on its line; most stages have nothing to add."""
        del statistics
        return ()

    def write(self, path: Path, records: Iterable[Any]) -> int:
        """Writes one part, whole or not at all, and says how many records it holds."""
        return write_part(path, records, model=self.writes)

    def publish(self, parts: Sequence[Path], folder: Path) -> bool:
        """Fills `folder` (new and empty) with what the stage gives the world; False: nothing.

        Called once, in the parent, after the last part. The folder becomes `dataset/` of the run.
        """
        del parts, folder
        return False


class MapStage(Stage, Generic[In, Out]):
    """A stage that maps one partition, record by record."""

    def anywhere(self) -> MapStage[In, Out]:
        """The stage as it goes to a worker: paths on it are absolute, for the worker may have another working folder.

        Its hash, and the recipe that is published, are of the stage as the user wrote it.
        """
        return self

    def folders(self) -> tuple[Path, ...]:
        """Folders beside the run's own that workers read from, this stage's and those after it."""
        return ()

    @abstractmethod
    def run(self, records: Iterator[In], context: StageContext) -> Iterator[Out | Rejection]:
        """Records or rejections, any number for each input, in an order that depends on the input alone."""


class SourceStage(MapStage[Partition, Out], Generic[Out]):
    """The stage that a recipe begins with: it reads partitions of a source instead of parts."""

    reads = Partition

    @abstractmethod
    def fingerprint(self) -> str:
        """What the source's content depends on, for the stage's hash."""

    @abstractmethod
    def partitions(self) -> list[Partition]:
        """The pieces of the source, in order; independent of machine and number of workers."""

    def places(self) -> PicturePlaces | None:
        """Where the source's pictures lie; None for a source whose references nobody else can have written."""
        return None


class GatherStage(Stage, Generic[Out]):
    """A stage that decides over all rows. It reads columns, not whole records, where the set may be large."""

    @abstractmethod
    def run(self, parts: Sequence[Path], context: StageContext) -> Iterator[Sequence[Out]]:
        """Batches of records; each batch becomes one part. Rejections go to `context.rejections`."""

    def forecast(self, parts: Sequence[Path], context: StageContext) -> list[CallForecast]:
        """The calls that the stage would make, by purpose; nothing is called.

        Args:
            parts: those of the nearest stage before this one that is complete.
            context: `figures["forecast_reads"]` is the name of the model of the records in `parts`
                (`Question`, `Prospect`), which may be another than `reads`.
        """
        del parts, context
        return []


def random_for(seed: int, stage: str, record_id: str) -> random.Random:
    """The one source of randomness: seeded by sha256 of run seed, stage and record id.

    Independent of the order of work, of the machine and of Python's salted `hash`.
    """
    digest = hashlib.sha256(f"{seed}\x1f{stage}\x1f{record_id}".encode()).digest()
    return random.Random(int.from_bytes(digest[:16], "big"))
