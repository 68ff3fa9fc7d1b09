"""The work on one partition: read a part, run the stage, write a part. It is what travels to a worker.

    run_partition(PartitionTask(stage_class=Prune, parameters="{}", seed=7, number=3,
                                folder="/runs/demo/02-prune-77aa01c3", work="/runs/demo/.work.41-9c.tmp",
                                source="/runs/demo/01-load-3fa9c1d2/part-00003.parquet"))
    # PartitionDone(number=3, folder="/runs/demo/.work.41-9c.tmp/00003-5be1a2f0.work")

Nothing but ids, paths and the stage's parameters goes there, and a path comes back: the files say the rest.

A worker writes into a folder of its own below the run's work folder; only the process that holds the run's lock moves
finished files into the stage's folder (`StageFolder.take`). When a run ends, however it ends, its work folder goes, at
the latest when the next run begins. So a worker that nobody could stop, on a cluster, can write nothing any more.
"""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

from stvqa.errors import StorageError
from stvqa.logs import logger_of
from stvqa.records import Record, Rejection
from stvqa.runner.folders import StageFolder
from stvqa.sources.contract import Partition
from stvqa.sources.places import PicturePlaces
from stvqa.stages.contract import MapStage, StageContext
from stvqa.store import StageStatistics, read_part, write_part
from stvqa.store.atomic import WORK_SUFFIX, storage_errors
from stvqa.store.checksums import check_as_written

__all__ = ["Interrupted", "OnDone", "PartitionDone", "PartitionTask", "Stop", "run_partition", "statistics_of"]

_logger = logger_of(__name__)

Item = TypeVar("Item")


class Interrupted(Exception):  # noqa: N818 (an event, not an error)
    """The run was stopped while this partition was being worked on; nothing of it was written."""


class Stop(Protocol):
    """Says whether to stop; a `threading.Event` where workers are threads."""

    def is_set(self) -> bool:
        """True from the moment of the interruption."""


@dataclass(frozen=True, slots=True)
class PartitionTask:
    """One partition of one stage.

    Attributes:
        stage_class: class of the stage.
        parameters: of the stage, as JSON; what it has opened or cached stays where it is.
        number: of the partition, from 0; its files are named by it.
        folder: of the stage, absolute, as every path here is: a worker may have another working folder. Errors name it.
        work: the run's work folder, in which the worker makes its own.
        source: path of the part to read, or the `Partition` of the source.
        checksum: sha256 of the part to read; empty where nobody knows it.
        sees: folders of the source, which a worker has to see under the same paths.
        places: where the run's pictures may lie.
    """

    stage_class: type[MapStage[Any, Any]]
    parameters: str
    seed: int
    number: int
    folder: str
    work: str
    source: str | Partition
    checksum: str = ""
    sees: tuple[str, ...] = ()
    places: PicturePlaces | None = None


class PartitionDone(NamedTuple):
    """A complete partition.

    Attributes:
        folder: where its files are, to be moved into the folder of the stage.
    """

    number: int
    folder: str


OnDone = Callable[[PartitionDone], None]
"""Told of each complete partition, in the thread that runs the tasks."""


def run_partition(task: PartitionTask, stop: Stop | None = None) -> PartitionDone:
    """Runs a stage over one partition and writes its files into a new folder below the run's work folder.

    Raises:
        Interrupted: `stop` was set.
        StorageError: the disk cannot be written, the part to read is damaged, or the work folder is gone.
        StvqaError: whatever the stage tells the user.
    """
    work = Path(task.work) / f"{task.number:05d}-{os.urandom(4).hex()}{WORK_SUFFIX}"
    with _naming_the_stage(task, work):
        with storage_errors(work):
            work.mkdir()
        _run(task, StageFolder(work), stop=stop)
    return PartitionDone(task.number, str(work))


def _run(task: PartitionTask, folder: StageFolder, *, stop: Stop | None) -> None:
    started = time.perf_counter()
    stage = _stage_of(task)
    context = StageContext(seed=task.seed, places=task.places)
    records = _Counted(_read(task, stage), stop)
    rejections: list[Rejection] = []
    outputs = _passed(stage.run(records, context), rejections)
    written = stage.write(folder.part(task.number), outputs)
    rejections.extend(context.rejections)
    if rejections:
        write_part(folder.part_rejected(task.number), rejections, model=Rejection)
    statistics = statistics_of(
        context,
        rejections=rejections,
        records_in=records.count,
        records_out=written,
        seconds=time.perf_counter() - started,
    )
    if isinstance(task.source, Partition):
        met = written + sum(statistics.rejected.values())
        statistics = statistics.model_copy(update={"records_in": met})
    folder.write_part_statistics(task.number, statistics)
    _logger.debug(
        "stage %s: partition %d is complete, %d in, %d out, %.1f s",
        stage.name,
        task.number,
        statistics.records_in,
        statistics.records_out,
        statistics.seconds,
    )


@contextmanager
def _naming_the_stage(task: PartitionTask, work: Path) -> Iterator[None]:
    """Lets errors name files as they are called in the folder of the stage, where users find the others."""
    try:
        yield
    except StorageError as error:
        raise StorageError(str(error).replace(str(work), task.folder)) from error


def statistics_of(
    context: StageContext,
    *,
    rejections: Sequence[Rejection],
    records_in: int,
    records_out: int,
    seconds: float,
) -> StageStatistics:
    """What a stage did, from what it left in its context."""
    whole = Counter(rejection.reason for rejection in rejections if rejection.scope == "record")
    partial = Counter(rejection.reason for rejection in rejections if rejection.scope == "part")
    return StageStatistics(
        records_in=records_in,
        records_out=records_out,
        rejected=dict(sorted(whole.items())),
        rejected_parts=dict(sorted(partial.items())),
        counts=dict(sorted(context.counts.items())),
        figures=context.figures,
        seconds=round(seconds, 3),
    )


class _Counted(Iterator[Item]):
    """Counts what a stage takes, and stops between two records when asked to."""

    def __init__(self, items: Iterator[Item], stop: Stop | None) -> None:
        self._items = items
        self._stop = stop
        self.count = 0

    def __next__(self) -> Item:
        if self._stop is not None and self._stop.is_set():
            raise Interrupted
        item = next(self._items)
        self.count += 1
        return item


class _Kept(threading.local):
    """The last stage that a thread made, with what it opened: partitions of one stage follow each other."""

    key: tuple[type[MapStage[Any, Any]], str, str] | None = None
    stage: MapStage[Any, Any] | None = None


_kept = _Kept()


def _stage_of(task: PartitionTask) -> MapStage[Any, Any]:
    key = (task.stage_class, task.parameters, task.folder)
    if _kept.stage is None or _kept.key != key:
        _kept.key, _kept.stage = key, task.stage_class.model_validate_json(task.parameters)
    return _kept.stage


def _read(task: PartitionTask, stage: MapStage[Any, Any]) -> Iterator[Record]:
    if isinstance(task.source, Partition):
        return iter((task.source,))
    model = stage.reads
    assert model is not None, f"stage {stage.name} says of no record that it reads it"
    check_as_written(Path(task.source), task.checksum)
    return read_part(Path(task.source), model=model)


def _passed(results: Iterable[Record | Rejection], rejections: list[Rejection]) -> Iterator[Record]:
    """What passed; what was refused goes to the list."""
    for result in results:
        if isinstance(result, Rejection):
            rejections.append(result)
        else:
            yield result
