"""Folders in the system's temporary one, for as long as a block lasts; what killed processes left goes with the next.

with scratch_folder("images") as folder:        # /tmp/.stvqa-images.4711-0a1b2c3d.tmp
    (folder / "1.jpg").write_bytes(data)
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from stvqa.store.atomic import leftover_folders, storage_errors, temporary_path

__all__ = ["scratch_folder"]


@contextmanager
def scratch_folder(purpose: str) -> Iterator[Path]:
    """An empty folder that only this user can read, gone when the block ends.

    Args:
        purpose: a word, part of its name.

    Raises:
        StorageError: it cannot be made.
    """
    name = Path(tempfile.gettempdir()) / f"stvqa-{purpose}"
    _sweep(name)
    folder = temporary_path(name)
    with storage_errors(folder):
        folder.mkdir(mode=0o700)
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with suppress(OSError):  # not every file system has locks
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _sweep(name: Path) -> None:
    """Removes folders of this user whose process is gone; one of another container is still locked."""
    for leftover in leftover_folders(name):
        with suppress(OSError):  # it is hidden, and of no use to anybody
            descriptor = os.open(leftover, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.fstat(descriptor).st_uid == os.geteuid():
                    shutil.rmtree(leftover)
            finally:
                os.close(descriptor)
