"""Which run a command means.

find_run(None)  # PosixPath('runs/demo'), the newest one
"""

from __future__ import annotations

from pathlib import Path

from stvqa.errors import InputError

__all__ = ["RUNS_FOLDER", "find_run"]

RUNS_FOLDER = Path("runs")


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
