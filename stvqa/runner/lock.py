"""The run's folder in the hands of one process, and free of what a killed one left half written.

with locked(Path("runs/demo")):
    ...
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stvqa.errors import StorageError
from stvqa.runner.dataset import restore_dataset
from stvqa.store.atomic import remove_folder, storage_errors

__all__ = ["locked"]

_LEFTOVERS = (".*.tmp", "[0-9][0-9]-*/.*.tmp")
"""Temporary files and folders of the run and of its stages; nothing else is looked at."""


@contextmanager
def locked(out: Path) -> Iterator[None]:
    """Makes the run's folder, and keeps other processes from working in it until the block ends.

    What a killed run left under temporary names is removed first. Workers of a cluster that still write for it lose
    their folder by that, see `stvqa.runner.task`.

    Raises:
        StorageError: the folder cannot be made or written, or another process is at work in it.
    """
    with storage_errors(out):
        out.mkdir(parents=True, exist_ok=True)
        file = (out / ".lock").open("wb")
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            message = f"another stvqa is at work in {out}"
            raise StorageError(f"{message}: wait for it to end, or choose another folder with --out") from error
        restore_dataset(out)
        _sweep(out)
        yield


def _sweep(out: Path) -> None:
    for pattern in _LEFTOVERS:
        for leftover in list(out.glob(pattern)):
            if leftover.is_dir() and not leftover.is_symlink():
                remove_folder(leftover)
                continue
            with storage_errors(leftover):
                leftover.unlink(missing_ok=True)
