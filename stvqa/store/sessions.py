"""Who is at work on a ledger: one locked file a session, so that a killed process is known to be gone.

    session = Session.begin(Path("runs/demo/ledger/sessions"))
    is_alive(folder, session.name)     # True until the process ends, however it ends
    session.end()

The operating system gives the lock back when a process dies, SIGKILL included; a process id alone could since
belong to somebody else. All sessions of one ledger must be on one machine.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

from stvqa.plain_files import open_plain, refuse_special_folder
from stvqa.store.atomic import storage_errors

__all__ = ["Session", "is_alive"]


class Session(NamedTuple):
    """One process's use of a ledger.

    Attributes:
        name: unique for all time.
        path: the locked file.
        lock: the file, open; closing it gives the lock back.
    """

    name: str
    path: Path
    lock: BinaryIO

    @classmethod
    def begin(cls, folder: Path) -> Session:
        """Makes and locks a file of a new name.

        Raises:
            StorageError: the folder cannot be written.
        """
        name = f"{os.getpid()}-{secrets.token_hex(8)}"
        path = folder / f"{name}.lock"
        with storage_errors(path):
            refuse_special_folder(folder)
            folder.mkdir(parents=True, exist_ok=True)
            lock = path.open("xb")
            fcntl.flock(lock, fcntl.LOCK_EX)
        return cls(name, path, lock)

    def end(self) -> None:
        """Takes the file away and gives the lock back. May be called again."""
        with suppress(OSError):  # a file that stays is that of a process that is gone, as anybody can see by its lock
            self.path.unlink(missing_ok=True)
        self.lock.close()


def is_alive(folder: Path, name: str) -> bool:
    """Whether the process of a session still runs; the file of one that does not is taken away.

    Raises:
        StorageError: a link or something special stands in the place of the file.
    """
    path = folder / f"{name}.lock"
    try:
        descriptor = open_plain(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        path.unlink(missing_ok=True)
        return False
    finally:
        os.close(descriptor)
