"""Semaphores of worker processes, under a name that says whose they are, so that those of a killed run can be removed.

with named_semaphores():
    pool = ProcessPoolExecutor(...)      # /dev/shm/sem.stvqa-f0000abc-4711-x1y2z3a4
sweep_semaphores()                       # those whose process is gone

Python has a helper process that removes them when a run dies. Where the whole group of processes is killed at once, as
`docker kill` and batch systems do, the helper dies too, and they would stay until the machine is started again.
"""

from __future__ import annotations

import multiprocessing
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from stvqa.store.atomic import is_running

__all__ = ["SHARED_MEMORY", "named_semaphores", "sweep_semaphores"]

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 (where Linux keeps semaphores; elsewhere there is no such folder)
_PREFIX = "semprefix"


@contextmanager
def named_semaphores() -> Iterator[None]:
    """Gives semaphores that are made in the block a name of ours."""
    settings = multiprocessing.current_process()._config  # type: ignore[attr-defined]  # noqa: SLF001 (no public way)
    before = settings.get(_PREFIX)
    settings[_PREFIX] = f"/stvqa-{_numbered_by()}-{os.getpid()}"
    try:
        yield
    finally:
        settings[_PREFIX] = before


def sweep_semaphores(folder: Path = SHARED_MEMORY) -> None:
    """Removes semaphores of this user whose process is gone.

    Args:
        folder: where they are.
    """
    ours = re.compile(rf"sem\.stvqa-{_numbered_by()}-(\d{{1,10}})-\w{{8}}")
    for path in list(folder.iterdir()) if folder.is_dir() else []:
        match = ours.fullmatch(path.name)
        if match and not is_running(int(match[1])):
            with suppress(OSError):  # another one has removed it just now
                if path.lstat().st_uid == os.geteuid():
                    path.unlink()


def _numbered_by() -> str:
    """What numbers processes here: containers that share their memory may each have a process 4711."""
    try:
        return f"{Path('/proc/self/ns/pid').stat().st_ino:x}"
    except OSError:
        return "0"
