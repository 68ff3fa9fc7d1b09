"""The run's folder in the hands of one process, and free of what a killed one left half written.

with locked(Path("runs/demo")):
    ...
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stvqa.errors import StorageError
from stvqa.plain_files import open_plain
from stvqa.runner.claim import claim_run, refuse_foreign_run, sweep_run
from stvqa.runner.dataset import restore_dataset
from stvqa.store.atomic import storage_errors

__all__ = ["locked"]

_LOCK = ".lock"


@contextmanager
def locked(out: Path) -> Iterator[None]:
    """Makes the run's folder, and keeps other processes from working in it until the block ends.

    What a killed run left under temporary names is removed first. Workers of a cluster that still write for it lose
    their folder by that, see `stvqa.runner.task`.

    Raises:
        StorageError: the folder cannot be made or written, another process is at work in it, or it holds something
            that is not ours where a run writes; then nothing is changed in it.
    """
    refuse_foreign_run(out)
    with storage_errors(out):
        out.mkdir(parents=True, exist_ok=True)
        file = os.fdopen(open_plain(out / _LOCK, os.O_RDWR | os.O_CREAT), "rb+")
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            message = f"another stvqa is at work in {out}"
            raise StorageError(f"{message}: wait for it to end, or choose another folder with --out") from error
        claim_run(out)
        restore_dataset(out)
        sweep_run(out)
        yield
