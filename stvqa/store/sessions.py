"""Who is at work on a ledger: one locked file a session, so that a killed process is known to be gone.

    session = Session.begin(Path("runs/demo/ledger/sessions"))
    place = session.mark("3fa9...")    # before the call is sent
    session.unmark(place)              # after its answer was written down
    remains(folder, session.name)      # None until the process ends, however it ends; then the marks that it left
    session.end()

The operating system gives the lock back when a process dies, SIGKILL included; a process id alone could since
belong to somebody else. All sessions of one ledger must be on one machine.

The file also holds the keys of the calls that are under way, each at a place of its own. Writing one takes a few
microseconds and no commit: a file that a killed process wrote is whole. Only after a loss of power it may not be; then
the machine was started anew, which the first line tells, and any call that was claimed may have been sent.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import threading
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, Self

from stvqa.plain_files import open_plain, refuse_special_folder
from stvqa.store.atomic import storage_errors

__all__ = ["Remains", "Session", "forget", "remains"]

_PLACE_BYTES: Final = 96
"""Of one key (64 letters) and what fills it up to a line."""
_BOOT = Path("/proc/sys/kernel/random/boot_id")


class Remains(NamedTuple):
    """What a session left whose process is gone.

    Attributes:
        sent: keys of the calls that were under way; None where nobody can tell.
    """

    sent: frozenset[str] | None


class Session:
    """One process's use of a ledger; `begin` makes one. Marks may be set from any thread.

    Attributes:
        name: unique for all time.
        path: the locked file.
        lock: the file, open; closing it gives the lock back.
    """

    def __init__(self, name: str, path: Path, lock: BinaryIO) -> None:
        self.name = name
        self.path = path
        self.lock = lock
        self._marked: dict[int, str] = {}
        self._free: list[int] = []
        self._marking = threading.Lock()

    @classmethod
    def begin(cls, folder: Path) -> Self:
        """Makes and locks a file of a new name.

        Raises:
            StorageError: the folder cannot be written, or its file system has no locks.
        """
        name = f"{os.getpid()}-{secrets.token_hex(8)}"
        path = folder / f"{name}.lock"
        with storage_errors(path):
            refuse_special_folder(folder)
            folder.mkdir(parents=True, exist_ok=True)
            lock = path.open("xb", buffering=0)
            fcntl.flock(lock, fcntl.LOCK_EX)
            os.pwrite(lock.fileno(), _line(_boot()), 0)
        return cls(name, path, lock)

    def mark(self, key: str) -> int:
        """Takes down that a call is about to be sent.

        Returns:
            The place to give back with `unmark`; a call that is sent twice has two.

        Raises:
            StorageError: the file cannot be written.
        """
        with self._marking, storage_errors(self.path):
            place = self._free[-1] if self._free else len(self._marked) + 1
            os.pwrite(self.lock.fileno(), _line(key), place * _PLACE_BYTES)
            if self._free:
                self._free.pop()
            self._marked[place] = key
        return place

    def unmark(self, place: int) -> None:
        """Takes down that a call is under way no longer: what came of it is written down, or nothing is to pay."""
        with self._marking:
            del self._marked[place]
            self._free.append(place)
            if not self.lock.closed:
                with suppress(OSError):  # then it counts as under way, which is no more than it may have been
                    os.pwrite(self.lock.fileno(), _line(""), place * _PLACE_BYTES)

    @property
    def sent(self) -> frozenset[str]:
        """Keys of the calls that are under way."""
        with self._marking:
            return frozenset(self._marked.values())

    def end(self) -> None:
        """Takes the file away and gives the lock back. May be called again."""
        with suppress(OSError):  # a file that stays is that of a process that is gone, as anybody can see by its lock
            self.path.unlink(missing_ok=True)
        self.lock.close()


def remains(folder: Path, name: str) -> Remains | None:
    """What a session left, or None while its process runs.

    Raises:
        StorageError: its file cannot be read, or is a link or something special.
    """
    path = folder / f"{name}.lock"
    with storage_errors(path):
        try:
            descriptor = open_plain(path, os.O_RDWR)
        except FileNotFoundError:
            return Remains(None)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        lines = os.pread(descriptor, os.fstat(descriptor).st_size, 0).split(b"\n")
    except BlockingIOError:
        return None
    finally:
        os.close(descriptor)
    boot, *keys = (line.decode(errors="replace").strip(" \0") for line in lines)
    return Remains(frozenset(filter(None, keys)) if boot and boot == _boot() else None)


def forget(folder: Path, name: str) -> None:
    """Takes the file of a session away that is gone and taken down as ended."""
    with suppress(OSError):  # nobody reads it again
        (folder / f"{name}.lock").unlink(missing_ok=True)


def _line(text: str) -> bytes:
    return text.encode().ljust(_PLACE_BYTES - 1)[: _PLACE_BYTES - 1] + b"\n"


def _boot() -> str:
    """What tells this start of the machine apart from others; "" where the system has no such thing."""
    try:
        return _BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return ""
