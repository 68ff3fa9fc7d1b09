"""Which run a command means.

find_run(None)  # PosixPath('runs/demo'), the newest one
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import typer

from stvqa.errors import InputError

__all__ = ["ON_HUB", "RUNS_FOLDER", "find_dataset", "find_run", "find_training"]

RUNS_FOLDER = Path("runs")
_TRAININGS = "train/*/train.json"
ON_HUB = "train-"
"""Begins the folder below `./runs` of trainings on a set that lies on the Hub."""


def find_run(run: Path | None) -> Path:
    """The folder that was named, or the newest run below `./runs`.

    Raises:
        InputError: none was named and there is none, or the named one is not there.
    """
    if run is not None:
        if not run.is_dir():
            raise InputError(f"{run} is not a folder: name a run that `stvqa build` made")
        return run
    files = sorted(RUNS_FOLDER.glob("*/run.json"), key=lambda path: (path.stat().st_mtime_ns, path.name))
    if not files:
        remedy = "name one, or make one with `stvqa build --source demo --n 200`"
        raise InputError(f"there is no run in ./{RUNS_FOLDER}: {remedy}")
    return files[-1].parent


def find_training(folder: Path | None) -> Path:
    """The training that was named, the only one of the run that was named, or the newest one below `./runs`.

    A folder without trainings is given back as it is: it may be a model's own, which its reader judges.

    Raises:
        InputError: none was named and there is none, the named folder is not there, or holds several.
    """
    if folder is None:
        below = [*RUNS_FOLDER.glob(f"*/{_TRAININGS}"), *RUNS_FOLDER.glob(f"{ON_HUB}*/*/train.json")]
        files = sorted(below, key=lambda path: (path.stat().st_mtime_ns, str(path)))
        if not files:
            raise InputError(f"there is no training in ./{RUNS_FOLDER}: name one, or make one with `stvqa train`")
        return files[-1].parent
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder: name one that `stvqa train` made")
    pattern = "*/train.json" if folder.name.startswith(ON_HUB) else _TRAININGS
    found = sorted(path.parent for path in folder.glob(pattern))
    if len(found) > 1:
        raise InputError(f"{folder} holds several trainings: name one of {', '.join(map(str, found))}")
    return found[0] if found else folder


def find_dataset(run: Path) -> Path:
    """The set's folder in a run, or the folder itself where a set was named; says so where it may surprise.

    A run that failed leaves the `dataset/` of the recipe before it in its folder.
    """
    dataset = run / "dataset"
    if not dataset.is_dir():
        return run
    from stvqa.store import read_run_file  # noqa: PLC0415 (slow to import; see stvqa.cli)

    with suppress(InputError):  # a set that was copied without its run.json
        run_file = read_run_file(run)
        if run_file.dataset_is_older:
            typer.echo(
                f"stvqa: {dataset} is of an earlier recipe: the last run in {run} ({run_file.state}) made no set",
                err=True,
            )
    return dataset
