"""Running a recipe: each stage once, in order, what is complete under the same hash left alone.

summary = run_recipe(load_recipe("demo"), out=Path("runs/demo"), workers=2)
summary.rows, summary.dataset   # 200, PosixPath('runs/demo/dataset')
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from stvqa.card import write_card
from stvqa.errors import ShortfallError, StvqaError
from stvqa.logs import logger_of
from stvqa.recipe import Recipe, stage_hashes
from stvqa.runner.calls import RunCalls
from stvqa.runner.dataset import publish
from stvqa.runner.folders import StageFolder, add_statistics
from stvqa.runner.lock import locked
from stvqa.runner.progress import Progress, SilentProgress, stage_line
from stvqa.runner.refusals import enforce_share, is_reusable, keeps_every_row, shortfall_of
from stvqa.runner.schedulers import Scheduler, open_scheduler
from stvqa.runner.state import RunState
from stvqa.runner.summary import RunSummary, ShortRunError
from stvqa.runner.task import PartitionDone, PartitionTask, statistics_of
from stvqa.sources.contract import Partition
from stvqa.stages.contract import GatherStage, MapStage, SourceStage, Stage, StageContext
from stvqa.stages.package import Package
from stvqa.store import count_rows, read_run_file
from stvqa.store.atomic import remove_folder, storage_errors, temporary_path
from stvqa.teachers.calls import CallOptions

__all__ = ["run_recipe"]

_logger = logger_of(__name__)


def run_recipe(
    recipe: Recipe,
    *,
    out: Path,
    scheduler: str = "processes",
    workers: int | None = None,
    progress: Progress | None = None,
    calls: CallOptions | None = None,
    until: int | None = None,
) -> RunSummary:
    """Runs every stage of a recipe that is not complete in `out`.

    Args:
        recipe: what to run.
        out: the run's folder; made if need be. What other recipes left there stays.
        scheduler: `sync`, `threads`, `processes`, or the address of a Dask scheduler.
        workers: threads or processes; None for one a core.
        progress: told what happens; None shows nothing.
        calls: how models are called, for stages that do so; None: as the environment says.
        until: stops before the stage of this index (from 0), and leaves run.json as that of a run on its way.

    Raises:
        BudgetError: the money or the calls that were allowed are spent; the same command with more goes on.
        CallError: no model can be asked, or not any more.
        PendingCalls: calls were written to a file; the same command goes on with their answers.
        RecipeError: no such scheduler, or a number of workers that makes no sense; nothing is written.
        ShortRunError: fewer rows than asked for. All valid ones are written and published, unless more rows were
            refused than a stage allows.
        StorageError: the folder cannot be written, or another process is at work in it.
        StvqaError: too large a share was refused; the source is not what it should be.
    """
    started = time.monotonic()
    shortfall: ShortfallError | None = None
    with (
        closing(progress or SilentProgress()) as shown,
        open_scheduler(scheduler, workers=workers, tell=shown.note) as opened,
    ):
        hashes = stage_hashes(recipe)
        with locked(out):
            _logger.info("recipe %s, seed %d, in %s, by %s", recipe.name, recipe.seed, out, scheduler)
            state = RunState(recipe, out=out, hashes=hashes)
            made = RunCalls(calls or CallOptions(), out=out, on_wave=shown.calls, tell=shown.note)
            run = _Run(state, progress=shown, scheduler=opened, calls=made)
            try:
                with _failure_noted(state), closing(made):
                    if until is None:
                        shortfall = run.complete()
                    else:
                        run.begin(until)
            except ShortfallError as error:
                shortfall = error
    last = state.entries[-1].statistics
    summary = RunSummary(
        out=out,
        run_file=read_run_file(out),
        rows=last.records_out if last else 0,
        reused=tuple(name for name, reused in run.reused.items() if reused),
        dataset=run.dataset,
        seconds=round(time.monotonic() - started, 3),
    )
    if shortfall is not None:
        raise ShortRunError(shortfall, summary=summary) from shortfall
    return summary


@contextmanager
def _failure_noted(state: RunState) -> Iterator[None]:
    """Lets run.json say why a run ended early."""
    try:
        yield
    except BaseException as error:
        state.fail(error)
        raise


class _Run:
    """One run on its way."""

    def __init__(self, state: RunState, *, progress: Progress, scheduler: Scheduler, calls: RunCalls) -> None:
        self.state = state
        self.recipe = state.recipe
        self.folders = state.folders
        self.progress = progress
        self.scheduler = scheduler
        self.calls = calls
        self.rounds = 1
        self.reused: dict[str, bool] = {}
        self.dataset: Path | None = None

    def begin(self, until: int) -> None:
        """Brings the stages before one to completion."""
        self.state.write("running")
        for index in range(until):
            self._stage(index)

    def complete(self) -> ShortfallError | None:
        """Brings every stage to completion, publishes the set, and tells of rows that are missing, if any."""
        self.state.write("running")
        self.calls.check(self._missing_stages())
        index = 0
        while index < len(self.recipe.stages):
            self._stage(index)
            further = self._further_round(index)
            index = index + 1 if further is None else further
        self._publish()
        shortfall = shortfall_of(self.recipe, self.state.entries, out=self.state.out)
        if shortfall:
            self.state.write("short", error=str(shortfall), ended="source")
        else:
            self.state.write("complete", ended="rows")
        return shortfall

    def _missing_stages(self) -> list[Stage]:
        stages = enumerate(zip(self.recipe.stages, self.folders, strict=True))
        return [stage for index, (stage, folder) in stages if not is_reusable(self.recipe, index, folder=folder)]

    def _further_round(self, index: int) -> int | None:
        """Where stage `index` (from 0) lacks rows, the stage before it that can give more, with more asked of it.

        The recipe of a round differs in that stage's parameters alone, so a run that was killed finds its rounds again.
        """
        statistics = self.state.entries[index].statistics
        if statistics is None or not statistics.figures.get("shortfall") or "passed" not in statistics.figures:
            return None
        if any(entry.statistics and entry.statistics.figures.get("shortfall") for entry in self.state.entries[:index]):
            return None  # the stage that fell short first has been given all that there is
        for place, (stage, entry) in enumerate(zip(self.recipe.stages[:index], self.state.entries, strict=False)):
            further = stage.further(entry.statistics.figures if entry.statistics else {}, statistics.figures["passed"])
            if further is None:
                continue
            stages = (*self.recipe.stages[:place], further, *self.recipe.stages[place + 1 :])
            self.recipe = self.recipe.model_copy(update={"stages": stages})
            self.state.turn_to(self.recipe, hashes=stage_hashes(self.recipe))
            self.folders = self.state.folders
            self.rounds += 1
            _logger.info("round %d: rows are missing, stage %s is asked for more", self.rounds, further.name)
            return place
        return None

    def _stage(self, index: int) -> None:
        stage, folder = self.recipe.stages[index], self.folders[index]
        label = f"[{index + 1}/{len(self.folders)}] {stage.name}" + f", round {self.rounds}" * (self.rounds > 1)
        reused = self.reused[stage.name] = is_reusable(self.recipe, index, folder=folder)
        if not reused:
            self._work(index, label=label)
        statistics = folder.statistics()
        _logger.info("%s", stage_line(label, statistics, reused=reused))
        self.state.stage_ended(index, statistics)
        self.progress.end(label, statistics=statistics, reused=reused)

    def _publish(self) -> None:
        """Lets the last stage that publishes fill `dataset/`."""
        for stage, folder, entry in reversed(
            list(zip(self.recipe.stages, self.folders, self.state.entries, strict=True))
        ):
            finish = self._write_card if isinstance(stage, Package) else None
            self.dataset = publish(stage, parts=folder.parts(), out=self.state.out, digest=entry.hash, finish=finish)
            if self.dataset is not None:
                self.state.dataset = entry.hash
                return

    def _write_card(self, dataset: Path) -> None:
        short = shortfall_of(self.recipe, self.state.entries, out=self.state.out)
        write_card(dataset, self.state.run_file("short" if short else "complete"))

    def _work(self, index: int, *, label: str) -> None:
        stage, folder = self.recipe.stages[index], self.folders[index]
        if folder.has_ended():  # parts are gone or damaged, or it refused more than it may now
            folder.clear()
        with storage_errors(folder.path):
            folder.path.mkdir(parents=True, exist_ok=True)
        parts = self.folders[index - 1].parts() if index else []
        if isinstance(stage, GatherStage):
            self._gather(stage, folder=folder, parts=parts, label=label)
        elif isinstance(stage, SourceStage):
            self._map(stage, index=index, sources=stage.partitions(), label=label)
        elif isinstance(stage, MapStage):
            self._map(stage, index=index, sources=[str(part.absolute()) for part in parts], label=label)
        else:
            raise TypeError(f"stage {stage.name} is neither a MapStage nor a GatherStage")

    def _map(self, stage: MapStage[Any, Any], *, index: int, sources: Sequence[str | Partition], label: str) -> None:
        folder, parameters = self.folders[index], stage.anywhere().model_dump_json()
        work = temporary_path(self.state.out / "work")
        tasks = [
            PartitionTask(
                stage_class=type(stage),
                parameters=parameters,
                seed=self.recipe.seed,
                number=number,
                folder=str(folder.path.absolute()),
                work=str(work.absolute()),
                source=source,
            )
            for number, source in enumerate(sources)
            if not folder.is_part_complete(number)
        ]
        done = len(sources) - len(tasks)
        _logger.info("%s begins: %d partitions, %d complete before", label, len(sources), done)
        self.progress.begin(label, total=len(sources), done=done)
        if tasks:
            self._run_tasks(tasks, folder=folder, work=work)
        count = len(sources)
        statistics = add_statistics([folder.part_statistics_of(number) for number in range(count)])
        statistics = statistics.model_copy(update={"notes": stage.notes(statistics)})
        try:
            enforce_share(stage, folder=folder, statistics=statistics, rows=keeps_every_row(self.recipe, index))
        except StvqaError:
            folder.refuse(rejections=folder.part_rejections(count), partitions=count)
            raise
        folder.finish(statistics, rejections=folder.part_rejections(count), partitions=count)

    def _run_tasks(self, tasks: Sequence[PartitionTask], *, folder: StageFolder, work: Path) -> None:
        """Runs tasks and takes what they wrote, until their work folder is removed, with what nobody took."""

        def take(done: PartitionDone) -> None:
            folder.take(StageFolder(Path(done.folder)), done.number)
            self.progress.advance()

        for task in tasks:
            folder.forget_part(task.number)
        with storage_errors(work):
            work.mkdir()
        try:
            self.scheduler.run(tasks, take)
        finally:
            remove_folder(work)

    def _gather(self, stage: GatherStage[Any], *, folder: StageFolder, parts: Sequence[Path], label: str) -> None:
        started = time.perf_counter()
        folder.clear()
        _logger.info("%s begins", label)
        self.progress.begin(label, total=1, done=0)
        context = StageContext(seed=self.recipe.seed, calls=self.calls.of(stage))
        if context.calls is not None and self.state.calls is None:
            self.state.calls = self.calls.summary()
            self.state.write("running")  # from now on run.json tells that there is a ledger, should it be lost
        try:
            batches = enumerate(stage.run(parts, context))
            written = [stage.write(folder.part(number), batch) for number, batch in batches]
        finally:
            self.state.calls = self.calls.summary() or self.state.calls
        self.progress.advance()
        statistics = statistics_of(
            context,
            rejections=context.rejections,
            records_in=sum(count_rows(part) for part in parts),
            records_out=sum(written),
            seconds=time.perf_counter() - started,
        )
        statistics = self.calls.counted(stage, statistics)
        try:
            enforce_share(stage, folder=folder, statistics=statistics, rows=False)
        except StvqaError:
            folder.refuse(rejections=context.rejections, partitions=0)
            raise
        folder.finish(statistics, rejections=context.rejections, partitions=len(written))
