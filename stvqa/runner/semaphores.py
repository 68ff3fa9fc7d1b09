"""Semaphores of pools of processes: named so that a later run can sweep what a killed one left.

Python's own resource tracker removes them when a process dies, but not where it was killed with it, by a signal to the
whole group or the end of a container. They lie in shared memory until the machine is started again.

    sweep_semaphores()
    with named_semaphores():
        pool = ProcessPoolExecutor(2, mp_context=get_context("spawn"))    # /dev/shm/sem.stvqa-4026531836-4711-x2k81q
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

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 (where Linux keeps them; no file is made there by name)
_PROCESS_IDS = Path("/proc/self/ns/pid")


@contextmanager
def named_semaphores() -> Iterator[None]:
    """Semaphores made inside the block carry the number of this process in their names."""
    settings = multiprocessing.current_process()._config  # type: ignore[attr-defined]  # noqa: SLF001 (no public way)
    before = settings["semprefix"]
    settings["semprefix"] = f"/stvqa-{_namespace()}-{os.getpid()}"
    try:
        yield
    finally:
        settings["semprefix"] = before


def sweep_semaphores(folder: Path = SHARED_MEMORY) -> None:
    """Removes those that dead processes of stvqa left.

    Args:
        folder: where the system keeps them.
    """
    own = re.compile(rf"sem\.stvqa-{_namespace()}-(\d+)-\w+")
    with suppress(OSError):  # no such folder, or no permission: nothing is lost
        for path in list(folder.iterdir()):
            match = own.fullmatch(path.name)
            if match and not is_running(int(match[1])):
                path.unlink(missing_ok=True)


def _namespace() -> int:
    """Number of the space in which process ids count: containers may share /dev/shm, and not their processes."""
    try:
        return _PROCESS_IDS.stat().st_ino
    except OSError:
        return 0
