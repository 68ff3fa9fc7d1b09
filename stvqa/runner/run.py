"""Running a recipe: each stage once, in order, what is complete under the same hash left alone.

summary = run_recipe(load_recipe("demo"), out=Path("runs/demo"), workers=2)
summary.rows, summary.dataset   # 200, PosixPath('runs/demo/dataset')
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from stvqa.card import write_card
from stvqa.errors import ShortfallError
from stvqa.logs import logger_of
from stvqa.recipe import Recipe, stage_hashes
from stvqa.runner.calls import RunCalls
from stvqa.runner.dataset import publish
from stvqa.runner.lock import locked
from stvqa.runner.progress import Progress, SilentProgress, stage_line
from stvqa.runner.refusals import is_reusable, shortfall_of
from stvqa.runner.schedulers import Scheduler, open_scheduler
from stvqa.runner.state import RunState
from stvqa.runner.summary import RunSummary, ShortRunError
from stvqa.runner.work import StageWork
from stvqa.stages.contract import Stage
from stvqa.stages.package import Package
from stvqa.store import read_run_file
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
            made = RunCalls(
                calls or CallOptions(), out=out, on_wave=shown.calls, places=recipe.places(), tell=shown.note
            )
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
        stages = enumerate(self.recipe.stages)
        return [stage for index, stage in stages if not is_reusable(self.recipe, index, folders=self.folders)]

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
        work = StageWork(
            self.state, index=index, label=label, progress=self.progress, scheduler=self.scheduler, calls=self.calls
        )
        is_mended = work.mend()
        is_complete = is_reusable(self.recipe, index, folders=self.folders)
        if not is_complete:
            work.run()
        reused = self.reused[stage.name] = is_complete and not is_mended
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
            folder.check_parts()
            self.dataset = publish(stage, parts=folder.parts(), out=self.state.out, digest=entry.hash, finish=finish)
            if self.dataset is not None:
                self.state.dataset = entry.hash
                return

    def _write_card(self, dataset: Path) -> None:
        short = shortfall_of(self.recipe, self.state.entries, out=self.state.out)
        write_card(dataset, self.state.run_file("short" if short else "complete"))
