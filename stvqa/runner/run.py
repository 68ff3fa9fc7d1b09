"""Running a recipe: each stage once, in order, what is complete under the same hash left alone.

summary = run_recipe(load_recipe("demo"), out=Path("runs/demo"), workers=2)
summary.rows, summary.dataset   # 200, PosixPath('runs/demo/dataset')
"""

from __future__ import annotations

import fcntl
import platform
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal, NamedTuple

from stvqa import __version__
from stvqa.errors import ShortfallError, StorageError, StvqaError
from stvqa.recipe import Recipe, StageHash, stage_hashes
from stvqa.recipe.hashes import prompt_hashes
from stvqa.runner.dataset import publish
from stvqa.runner.folders import StageFolder, add_statistics
from stvqa.runner.progress import Progress, SilentProgress, common_reasons
from stvqa.runner.schedulers import Scheduler, open_scheduler
from stvqa.runner.task import PartitionTask, statistics_of
from stvqa.sources.contract import Partition
from stvqa.stages.contract import GatherStage, MapStage, SourceStage, Stage, StageContext
from stvqa.store import RunFile, StageEntry, StageStatistics, count_rows, read_run_file, write_json
from stvqa.store.atomic import storage_errors
from stvqa.store.run_file import RUN_FILE

__all__ = ["RunSummary", "run_recipe"]

_VERSIONS_KEPT = ("dask", "datasets", "numpy", "pillow", "pyarrow", "pydantic", "scipy", "shapely")


class RunSummary(NamedTuple):
    """What a run came to.

    Attributes:
        rows: records of the last stage.
        reused: stages that were complete before.
        dataset: the folder with the published layout, None where no stage publishes.
        seconds: from start to end on the clock.
    """

    out: Path
    run_file: RunFile
    rows: int
    reused: tuple[str, ...]
    dataset: Path | None
    seconds: float


def run_recipe(
    recipe: Recipe,
    *,
    out: Path,
    scheduler: str = "processes",
    workers: int | None = None,
    progress: Progress | None = None,
) -> RunSummary:
    """Runs every stage of a recipe that is not complete in `out`.

    Args:
        recipe: what to run.
        out: the run's folder; made if need be. What other recipes left there stays.
        scheduler: `sync`, `threads`, `processes`, or the address of a Dask scheduler.
        workers: threads or processes; None for one a core.
        progress: told what happens; None shows nothing.

    Raises:
        ShortfallError: fewer rows than asked for; all valid ones are written and published.
        StorageError: the folder cannot be written, or another process is at work in it.
        StvqaError: too large a share was refused; the source is not what it should be.
    """
    started = time.monotonic()
    hashes = stage_hashes(recipe)
    with _locked(out), closing(progress or SilentProgress()) as shown:
        run = _Run(recipe, out=out, hashes=hashes, progress=shown)
        with open_scheduler(scheduler, workers=workers) as opened:
            run.stages(opened)
        dataset = run.publish()
        run.finish()
    last = run.entries[-1].statistics
    return RunSummary(
        out=out,
        run_file=read_run_file(out),
        rows=last.records_out if last else 0,
        reused=tuple(run.reused),
        dataset=dataset,
        seconds=round(time.monotonic() - started, 3),
    )


class _Run:
    """One run on its way: which stages there are, and what is known of each."""

    def __init__(self, recipe: Recipe, *, out: Path, hashes: Sequence[StageHash], progress: Progress) -> None:
        self.recipe = recipe
        self.out = out
        self.progress = progress
        self.reused: list[str] = []
        self.folders = [
            StageFolder.of(out, number=number, stage=stage, digest=digest)
            for number, (stage, digest) in enumerate(hashes, start=1)
        ]
        self.entries = [
            StageEntry(
                number=number,
                stage=stage.name,
                folder=folder.path.name,
                hash=digest,
                prompts=prompt_hashes(stage),
            )
            for number, (stage, folder, (_, digest)) in enumerate(
                zip(recipe.stages, self.folders, hashes, strict=True), start=1
            )
        ]

    def stages(self, scheduler: Scheduler) -> None:
        """Brings every stage to completion, and run.json up to date after each."""
        self._write("running")
        for index, (stage, folder) in enumerate(zip(self.recipe.stages, self.folders, strict=True)):
            label = f"[{index + 1}/{len(self.folders)}] {stage.name}"
            complete = folder.is_complete()
            if complete:
                self.reused.append(stage.name)
            else:
                self._work(index, label=label, scheduler=scheduler)
            statistics = folder.statistics()
            self.entries[index] = self.entries[index].model_copy(update={"statistics": statistics})
            self._write("running")
            self.progress.end(label, statistics=statistics, reused=complete)
            _enforce_share(stage, folder=folder, statistics=statistics)

    def publish(self) -> Path | None:
        """Lets the last stage that publishes fill `dataset/`."""
        for stage, folder, entry in reversed(list(zip(self.recipe.stages, self.folders, self.entries, strict=True))):
            if (dataset := publish(stage, parts=folder.parts(), out=self.out, digest=entry.hash)) is not None:
                return dataset
        return None

    def finish(self) -> None:
        """Writes the last run.json, and tells of rows that are missing.

        Raises:
            ShortfallError: a stage could not give what was asked for.
        """
        for entry in self.entries:
            table = entry.statistics.figures.get("shortfall") if entry.statistics else None
            if table:
                self._write("short")
                kept = f"every valid row is kept in {self.out}"
                message = f"the source could not give all the rows that were asked for; {kept}"
                raise ShortfallError(f"{message}: ask for fewer with --n, or give it more images", table=str(table))
        self._write("complete")

    def _work(self, index: int, *, label: str, scheduler: Scheduler) -> None:
        stage, folder = self.recipe.stages[index], self.folders[index]
        if folder.has_lost_parts():
            folder.clear()
        with storage_errors(folder.path):
            folder.path.mkdir(parents=True, exist_ok=True)
        parts = self.folders[index - 1].parts() if index else []
        if isinstance(stage, GatherStage):
            self._gather(stage, folder=folder, parts=parts, label=label)
        elif isinstance(stage, SourceStage):
            self._map(stage, folder=folder, sources=stage.partitions(), label=label, scheduler=scheduler)
        elif isinstance(stage, MapStage):
            sources = [str(part) for part in parts]
            self._map(stage, folder=folder, sources=sources, label=label, scheduler=scheduler)
        else:
            raise TypeError(f"stage {stage.name} is neither a MapStage nor a GatherStage")

    def _map(
        self,
        stage: MapStage[Any, Any],
        *,
        folder: StageFolder,
        sources: Sequence[str | Partition],
        label: str,
        scheduler: Scheduler,
    ) -> None:
        parameters = stage.model_dump_json()
        tasks = [
            PartitionTask(
                stage_class=type(stage),
                parameters=parameters,
                seed=self.recipe.seed,
                number=number,
                folder=str(folder.path),
                source=source,
            )
            for number, source in enumerate(sources)
            if not folder.is_part_complete(number)
        ]
        self.progress.begin(label, total=len(sources), done=len(sources) - len(tasks))
        if tasks:
            scheduler.run(tasks, self.progress.advance)
        pieces = [folder.part_statistics_of(number) for number in range(len(sources))]
        folder.finish(add_statistics(pieces), rejections=folder.part_rejections(len(sources)), partitions=len(sources))

    def _gather(self, stage: GatherStage[Any], *, folder: StageFolder, parts: Sequence[Path], label: str) -> None:
        started = time.perf_counter()
        folder.clear()
        self.progress.begin(label, total=1, done=0)
        context = StageContext(seed=self.recipe.seed)
        written = [stage.write(folder.part(number), batch) for number, batch in enumerate(stage.run(parts, context))]
        self.progress.advance()
        statistics = statistics_of(
            context,
            rejections=context.rejections,
            records_in=sum(count_rows(part) for part in parts),
            records_out=sum(written),
            seconds=time.perf_counter() - started,
        )
        folder.finish(statistics, rejections=context.rejections, partitions=len(written))

    def _write(self, state: Literal["running", "complete", "short"]) -> None:
        run_file = RunFile(
            stvqa=__version__,
            name=self.recipe.name,
            seed=self.recipe.seed,
            state=state,
            recipe=self.recipe.resolved(),
            versions=_versions(),
            stages=tuple(self.entries),
        )
        write_json(self.out / RUN_FILE, run_file)


def _enforce_share(stage: Stage, *, folder: StageFolder, statistics: StageStatistics) -> None:
    share = statistics.rejected_share
    if share <= stage.max_rejected_share:
        return
    refused = sum(statistics.rejected.values())
    raise StvqaError(
        f"stage {stage.name} refused {refused:,} records, {share:.0%} of those it decided on; its limit is "
        f"{stage.max_rejected_share:.0%}: {common_reasons(statistics.rejected)}. Each is in {folder.rejected} with its "
        f"reason; mend the input, or allow more with --set {stage.name}.max_rejected_share=VALUE"
    )


@contextmanager
def _locked(out: Path) -> Iterator[None]:
    """Makes the run's folder, and keeps other processes from working in it until the block ends."""
    with storage_errors(out):
        out.mkdir(parents=True, exist_ok=True)
        file = (out / ".lock").open("wb")
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            message = f"another stvqa is at work in {out}"
            raise StorageError(f"{message}: wait for it to end, or choose another folder with --out") from error
        yield


def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for name in _VERSIONS_KEPT:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = "not installed"
    return versions
