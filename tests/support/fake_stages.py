"""Small stages for tests of recipe, runner and command line; importable by worker processes."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from stvqa.errors import InputError
from stvqa.records import Record, Rejection
from stvqa.sources.contract import Partition
from stvqa.stages.contract import GatherStage, MapStage, SourceStage, StageContext, random_for
from stvqa.store import read_columns, read_part


class Number(Record):
    number_id: str
    value: int
    half: float | None = None
    label: Literal["even", "odd"] = "even"
    trail: tuple[str, ...] = ()


class Bounds(Record):
    low: int = 0
    high: int = 1_000_000


class Load(SourceStage[Number]):
    """`partitions_wanted` pieces of ten numbers each; every `refuse_every`th number is refused."""

    name = "load"
    writes = Number
    not_hashed: ClassVar[frozenset[str]] = SourceStage.not_hashed | {"reads_from"}

    source: str = "numbers"
    partitions_wanted: int = Field(default=4, ge=0)
    refuse_every: int = 0
    version_of_data: str = "1"
    root: str = ""
    reads_from: Path | None = None

    def fingerprint(self) -> str:
        if self.root == "missing":
            raise InputError("the numbers are not there: write them first")
        return f"numbers {self.version_of_data}"

    def folders(self) -> tuple[Path, ...]:
        return (self.reads_from,) if self.reads_from else ()

    def partitions(self) -> list[Partition]:
        return [Partition(number=n, locator=str(n * 10)) for n in range(self.partitions_wanted)]

    def run(self, records: Iterator[Partition], context: StageContext) -> Iterator[Number | Rejection]:
        for partition in records:
            start = int(partition.locator)
            for value in range(start, start + 10):
                if self.refuse_every and value % self.refuse_every == 0:
                    yield Rejection(stage=self.name, reason="unwanted", record_id=str(value), detail=f"{value}")
                    continue
                if value % 7 == 0:
                    context.counts["mends.seven"] += 1
                yield Number(number_id=f"n{value}", value=value, label="odd" if value % 2 else "even")


class Scale(MapStage[Number, Number]):
    """Multiplies, leaves a trace in `journal`, and sleeps or dies on request."""

    name = "scale"
    reads = Number
    writes = Number
    not_hashed: ClassVar[frozenset[str]] = MapStage.not_hashed | {"journal", "sleep_seconds", "die_once"}

    factor: int = 2
    bounds: Bounds = Bounds()
    journal: str = ""
    sleep_seconds: float = 0.0
    die_once: str = ""

    def run(self, records: Iterator[Number], context: StageContext) -> Iterator[Number | Rejection]:
        first = True
        for record in records:
            if first and self.journal:
                with Path(self.journal).open("a", encoding="utf-8") as file:
                    file.write(f"{record.number_id} {os.getpid()}\n")
            first = False
            time.sleep(self.sleep_seconds)
            if self.die_once and record.value == 15:
                self._die()
            jitter = random_for(context.seed, self.name, record.number_id).randrange(3)
            yield record.model_copy(update={"value": record.value * self.factor, "trail": (f"jitter {jitter}",)})

    def _die(self) -> None:
        try:
            Path(self.die_once).touch(exist_ok=self.die_once.endswith("always"))
        except FileExistsError:
            return
        os.kill(os.getpid(), signal.SIGKILL)


class Gather(GatherStage[Number]):
    """The largest `keep` numbers, in parts of `batch`."""

    name = "gather"
    reads = Number
    writes = Number

    keep: int = 12
    batch: int = 5

    def run(self, parts: Sequence[Path], context: StageContext) -> Iterator[Sequence[Number]]:
        if not parts:
            context.figures["shortfall"] = "no numbers"
            return
        values = sorted(read_columns(parts, ["value"])["value"].to_pylist(), reverse=True)
        context.figures["largest"] = values[:1]
        if len(values) < self.keep:
            context.figures["shortfall"] = f"asked {self.keep}, got {len(values)}"
        chosen = set(values[: self.keep])
        kept = [record for part in parts for record in read_part(part, model=Number) if record.value in chosen]
        for start in range(0, len(kept), self.batch):
            yield kept[start : start + self.batch]


class Pack(MapStage[Number, Number]):
    """Passes everything on and publishes its parts."""

    name = "pack"
    reads = Number
    writes = Number

    def run(self, records: Iterator[Number], context: StageContext) -> Iterator[Number | Rejection]:
        context.counts["packed"] += 0
        yield from records

    def publish(self, parts: Sequence[Path], folder: Path) -> bool:
        (folder / "data").mkdir()
        for part in parts:
            shutil.copyfile(part, folder / "data" / part.name)
        (folder / "README.md").write_text(f"{len(parts)} files\n", encoding="utf-8")
        return True


TABLE = {stage.name: stage for stage in (Load, Scale, Gather, Pack)}
