"""run.json of a run on its way: rewritten after each stage, and when the run ends, however it ends.

state = RunState(recipe, out=Path("runs/demo"), hashes=stage_hashes(recipe))
state.write("running")
"""

from __future__ import annotations

import platform
import re
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from stvqa import __version__
from stvqa.errors import BudgetError, InputError, PendingCalls, StorageError, StvqaError
from stvqa.recipe import Recipe, StageHash
from stvqa.recipe.hashes import prompt_hashes
from stvqa.runner.claim import DATASET_FOLDER
from stvqa.runner.folders import stage_folders
from stvqa.store import RunFile, StageEntry, StageStatistics, read_run_file, write_json
from stvqa.store.run_file import RUN_FILE, Ended

__all__ = ["RunState"]

_VERSIONS_KEPT = ("dask", "datasets", "numpy", "openai", "pillow", "pyarrow", "pydantic", "scipy", "shapely")

_NO_PATH_BEFORE = r"(?<![\w/.~-])"
"""In front of a path there is nothing that would make it the rest of another one."""


class RunState:
    """What is known of a run.

    Attributes:
        folders: of the stages, in order.
        entries: of the stages, in order; their statistics come as they end.
        calls: all calls that were ever paid in this folder, as far as this run or the one before knows.
        dataset: hash of the stage that `dataset/` was made by, maybe by an earlier run; None where there is none.
    """

    def __init__(self, recipe: Recipe, *, out: Path, hashes: Sequence[StageHash]) -> None:
        self.out = out
        self.entries: list[StageEntry] = []
        before = _run_file_before(out)
        self.calls = before.calls if before else None
        self.dataset = before.dataset if before and (out / DATASET_FOLDER).is_dir() else None
        self.turn_to(recipe, hashes=hashes)

    def turn_to(self, recipe: Recipe, *, hashes: Sequence[StageHash]) -> None:
        """Goes on with another recipe; what is known of stages with the same hash stays."""
        known = {entry.hash: entry.statistics for entry in self.entries}
        self.recipe = recipe
        self.folders = stage_folders(self.out, hashes)
        self.entries = [
            StageEntry(
                number=number,
                stage=stage.name,
                folder=folder.path.name,
                hash=digest,
                prompts=prompt_hashes(stage),
                statistics=known.get(digest),
            )
            for number, (stage, folder, (_, digest)) in enumerate(
                zip(recipe.stages, self.folders, hashes, strict=True), start=1
            )
        ]

    def stage_ended(self, index: int, statistics: StageStatistics) -> None:
        """Takes down what a complete stage did; checksums stay in its stats.json."""
        statistics = statistics.model_copy(update={"checksums": {}})
        self.entries[index] = self.entries[index].model_copy(update={"statistics": statistics})
        self.write("running")

    def fail(self, error: BaseException) -> None:
        """Takes down why the run ended early, where the disk still lets it."""
        text = str(error) if isinstance(error, StvqaError) else f"{type(error).__name__}: {error}"
        if isinstance(error, KeyboardInterrupt):
            text = "interrupted"
        with suppress(StorageError):  # the first error is the one to tell
            if isinstance(error, PendingCalls):
                self.write("pending", error=text)
                return
            self.write("failed", error=text, ended="budget" if isinstance(error, BudgetError) else "error")

    def write(
        self, state: Literal["running", "complete", "short", "failed", "pending"], *, error: str = "", ended: Ended = ""
    ) -> None:
        """Writes run.json; messages name files as they lie below the run's folder, so that it may be moved.

        Raises:
            StorageError: the file cannot be written.
        """
        write_json(self.out / RUN_FILE, self.run_file(state, error=error, ended=ended))

    def run_file(
        self, state: Literal["running", "complete", "short", "failed", "pending"], *, error: str = "", ended: Ended = ""
    ) -> RunFile:
        """What `write` writes."""
        return RunFile(
            stvqa=__version__,
            name=self.recipe.name,
            seed=self.recipe.seed,
            state=state,
            ended=ended,
            error=_from_within(self.out, error),
            dataset=self.dataset,
            calls=self.calls,
            recipe=self.recipe.resolved(),
            versions=_versions(),
            stages=tuple(self.entries),
        )


def _from_within(out: Path, text: str) -> str:
    """A message with its paths as they are below the run's folder; workers name that folder by its absolute path."""
    absolute = re.escape(str(out.absolute()))
    text = re.sub(rf"{_NO_PATH_BEFORE}{absolute}/", "", text)
    text = re.sub(rf"{_NO_PATH_BEFORE}{absolute}(?![\w/-]|\.\w)", "this folder", text)
    if out.is_absolute() or str(out) == ".":
        return text

    def below(found: re.Match[str]) -> str:
        """A folder may be called by a word of the message: it is a path only where what follows lies in it."""
        return found[1] if (out / found[1]).exists() else found[0]

    return re.sub(rf"{_NO_PATH_BEFORE}{re.escape(str(out))}/([\w.-]*\w)", below, text)


def _run_file_before(out: Path) -> RunFile | None:
    """What the run before in this folder wrote."""
    try:
        return read_run_file(out)
    except InputError:
        return None


def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for name in _VERSIONS_KEPT:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = "not installed"
    return versions
