"""The work on one stage of a run: its partitions, or all of its rows at once; and what of it has to be made again.

work = StageWork(state, index=2, label="[3/7] plan", progress=progress, scheduler=scheduler, calls=calls)
work.mend()   # parts that have changed since they were written
work.run()    # the whole stage, but for partitions that are complete
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from stvqa.errors import StvqaError
from stvqa.logs import logger_of
from stvqa.runner.calls import RunCalls
from stvqa.runner.folders import StageFolder
from stvqa.runner.progress import Progress
from stvqa.runner.refusals import enforce_share, has_other_input, keeps_every_row
from stvqa.runner.schedulers import Scheduler
from stvqa.runner.state import RunState
from stvqa.runner.task import OnDone, PartitionDone, PartitionTask, statistics_of
from stvqa.runner.totals import add_statistics
from stvqa.sources.contract import Partition
from stvqa.stages.contract import GatherStage, MapStage, SourceStage, StageContext
from stvqa.store import count_rows
from stvqa.store.atomic import remove_folder, storage_errors, temporary_path

__all__ = ["StageWork"]

_logger = logger_of(__name__)

_NAMED = 3
"""Parts that a message names one by one."""


class StageWork:
    """One stage of a run; the stages before it are complete.

    Args:
        state: of the run.
        index: of the stage, from 0.
        label: what the stage is called where its progress is shown.
    """

    def __init__(
        self,
        state: RunState,
        *,
        index: int,
        label: str,
        progress: Progress,
        scheduler: Scheduler,
        calls: RunCalls,
    ) -> None:
        self._state = state
        self._index = index
        self._stage = state.recipe.stages[index]
        self._folder = state.folders[index]
        self._before = state.folders[index - 1] if index else None
        self._label = label
        self._progress = progress
        self._scheduler = scheduler
        self._calls = calls

    def mend(self) -> bool:
        """Makes damaged parts of the complete stage again, each from the same input, and says so.

        A part that comes out otherwise than before is not taken: the whole stage has to be run again then, as it has
        where more than parts is damaged.

        Returns:
            Whether parts were put back.
        """
        damage = self._folder.damage()
        if not damage:
            self._tell_of_input()
            return False
        stage = self._stage
        if damage.other or not isinstance(stage, MapStage) or has_other_input(self._index, folders=self._state.folders):
            what = damage.other or _named(damage.parts)
            self._tell(f"{what} not as written, or gone: the whole stage is made again")
            return False
        self._tell(f"{_named(damage.parts)} not as written, or gone: made again")
        sources = self._sources(stage)
        if len(sources) != self._folder.statistics().parts:
            return False

        def put_back(done: PartitionDone) -> None:
            self._folder.put_back(StageFolder(Path(done.folder)), done.number)

        self._run_tasks(stage, sources, numbers=damage.parts, take=put_back)
        if self._folder.damage():
            self._tell("they came out otherwise than before: the whole stage is made again")
            return False
        return True

    def run(self) -> None:
        """Brings the stage to completion.

        Raises:
            StvqaError: too large a share was refused, and as `run_recipe`.
        """
        folder, stage = self._folder, self._stage
        if folder.has_ended():  # it is damaged, refused more than it may now, or has to be tried again
            folder.clear()
        with storage_errors(folder.path):
            folder.path.mkdir(parents=True, exist_ok=True)
        if isinstance(stage, GatherStage):
            try:
                self._gather(stage)
            finally:
                self._state.calls = self._calls.summary() or self._state.calls
        elif isinstance(stage, MapStage):
            self._map(stage)
        else:
            raise TypeError(f"stage {stage.name} is neither a MapStage nor a GatherStage")

    def _tell(self, text: str) -> None:
        _logger.warning("%s: %s", self._label, text)
        self._progress.note(f"{self._label}: {text}")

    def _tell_of_input(self) -> None:
        if self._folder.has_ended() and has_other_input(self._index, folders=self._state.folders):
            self._tell("what it reads is not what it was made from: the whole stage is made again")

    def _sources(self, stage: MapStage[Any, Any]) -> Sequence[str | Partition]:
        if isinstance(stage, SourceStage):
            return stage.partitions()
        return [str(part.absolute()) for part in self._parts()]

    def _parts(self) -> list[Path]:
        """What the stage reads."""
        return self._before.parts() if self._before else []

    def _map(self, stage: MapStage[Any, Any]) -> None:
        folder, sources = self._folder, self._sources(stage)
        complete = {number for number in range(len(sources)) if folder.is_part_complete(number)}
        missing = [number for number in range(len(sources)) if number not in complete]
        damaged = [number for number in missing if folder.part_statistics(number).is_file()]
        if damaged:
            self._tell(f"{_named(damaged)} not as written, or gone: made again")
        _logger.info("%s begins: %d partitions, %d complete before", self._label, len(sources), len(complete))
        self._progress.begin(self._label, total=len(sources), done=len(complete))

        def take(done: PartitionDone) -> None:
            folder.take(StageFolder(Path(done.folder)), done.number)
            self._progress.advance()

        for number in missing:
            folder.forget_part(number)
        self._run_tasks(stage, sources, numbers=missing, take=take)
        self._finish_map(stage, partitions=len(sources))

    def _finish_map(self, stage: MapStage[Any, Any], *, partitions: int) -> None:
        folder = self._folder
        statistics = add_statistics([folder.part_statistics_of(number) for number in range(partitions)])
        statistics = statistics.model_copy(update={"notes": stage.notes(statistics), "read": self._read()})
        rows = keeps_every_row(self._state.recipe, self._index)
        try:
            enforce_share(stage, folder=folder, statistics=statistics, rows=rows)
        except StvqaError:
            folder.refuse(rejections=folder.part_rejections(partitions), partitions=partitions)
            raise
        folder.finish(statistics, rejections=folder.part_rejections(partitions), partitions=partitions)

    def _read(self) -> str:
        """One checksum for all that the stage reads."""
        return self._before.checksum_of_parts() if self._before else ""

    def _run_tasks(
        self,
        stage: MapStage[Any, Any],
        sources: Sequence[str | Partition],
        *,
        numbers: Iterable[int],
        take: OnDone,
    ) -> None:
        """Runs partitions and has taken what they wrote, until their work folder is removed, with what nobody took."""
        work = temporary_path(self._state.out / "work")
        checksums = self._before.checksums() if self._before else {}
        parameters = stage.anywhere().model_dump_json()
        mapping = [other for other in self._state.recipe.stages if isinstance(other, MapStage)]
        sees = tuple(str(folder.absolute()) for other in mapping for folder in other.folders())
        tasks = [
            PartitionTask(
                stage_class=type(stage),
                parameters=parameters,
                seed=self._state.recipe.seed,
                number=number,
                folder=str(self._folder.path.absolute()),
                work=str(work.absolute()),
                source=source,
                checksum="" if isinstance(source, Partition) else checksums.get(Path(source).name, ""),
                sees=sees,
                places=self._state.recipe.places(),
            )
            for number, source in ((number, sources[number]) for number in numbers)
        ]
        if not tasks:
            return
        with storage_errors(work):
            work.mkdir()
        try:
            self._scheduler.run(tasks, take)
        finally:
            remove_folder(work)

    def _gather(self, stage: GatherStage[Any]) -> None:
        started = time.perf_counter()
        folder, parts = self._folder, self._parts()
        folder.clear()
        if self._before:
            self._before.check_parts()
        _logger.info("%s begins", self._label)
        self._progress.begin(self._label, total=1, done=0)
        context = StageContext(
            seed=self._state.recipe.seed, calls=self._calls.of(stage), places=self._state.recipe.places()
        )
        if context.calls is not None and self._state.calls is None:
            self._state.calls = self._calls.summary()
            self._state.write("running")  # from now on run.json tells that there is a ledger, should it be lost
        batches = enumerate(stage.run(parts, context))
        written = [stage.write(folder.part(number), batch) for number, batch in batches]
        self._progress.advance()
        statistics = statistics_of(
            context,
            rejections=context.rejections,
            records_in=sum(count_rows(part) for part in parts),
            records_out=sum(written),
            seconds=time.perf_counter() - started,
        )
        statistics = self._calls.counted(stage, statistics).model_copy(update={"read": self._read()})
        try:
            enforce_share(stage, folder=folder, statistics=statistics, rows=False)
        except StvqaError:
            folder.refuse(rejections=context.rejections, partitions=0)
            raise
        folder.finish(statistics, rejections=context.rejections, partitions=len(written))


def _named(numbers: Sequence[int]) -> str:
    """`part 3`, or `parts 3, 4, 5 and 12 more`."""
    shown = ", ".join(str(number) for number in numbers[:_NAMED])
    rest = f" and {len(numbers) - _NAMED:,} more" if len(numbers) > _NAMED else ""
    return f"part {shown}" if len(numbers) == 1 else f"parts {shown}{rest}"
