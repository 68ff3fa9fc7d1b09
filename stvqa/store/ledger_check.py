"""What stands in a ledger's place before it is opened: is it whole, and does it hold what was paid?

    inspect(path, paid=480, pay_again=False, tell=print)      # raises where calls would be paid for a second time

A ledger that is lost, empty or damaged beside stages whose calls were paid stops the run: the user puts a copy in its
place, or pays again (`--pay-again`). What is damaged is then moved aside, never deleted.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from stvqa.errors import StorageError
from stvqa.plain_files import refuse_shared, refuse_special_folder
from stvqa.store.atomic import storage_errors
from stvqa.store.ledger_file import check_kind, connect, storage_error

__all__ = ["SESSIONS", "inspect", "too_few"]

SESSIONS: Final = "sessions"
"""Folder beside the file, made after it and never removed: where it is, there was a ledger."""

_BESIDE: Final = ("", "-wal", "-shm", "-journal")
_DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_QUIET_SECONDS: Final = 2.0
_STEPS: Final = 200_000
"""Of SQLite's machine between two looks at the clock, some milliseconds."""


def inspect(path: Path, *, paid: int | None, pay_again: bool, tell: Callable[[str], None]) -> None:
    """Looks at the file and changes nothing, but that a damaged one is moved aside where the user pays again.

    Args:
        path: of the ledger's file.
        paid: calls that were paid in this folder, as far as its other files tell; None where they know of no ledger.
        pay_again: the user wants to go on without what is lost.
        tell: told in words that the check takes a while, and what was moved.

    Raises:
        InputError: it is something else than a ledger, or of a newer version.
        StorageError: it is damaged, empty or lost, or cannot be read.
    """
    if not _is_filled(path):
        begun = paid is not None or (path.parent / SESSIONS).is_dir()
        if begun and not pay_again:
            raise _lost(path, "is empty (0 bytes)" if path.exists() else "is missing", paid=paid or 0)
        if begun:
            _move_aside(path, tell=tell)
        return
    try:
        _check(path, tell=tell)
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _DAMAGED:
            raise storage_error(path, error) from error
        if not pay_again:
            told = str(storage_error(path, error))
            raise StorageError(f"{told}; or pay for its calls again with --pay-again") from error
        _move_aside(path, tell=tell)


def too_few(path: Path, *, answers: int, lost: int, paid: int) -> StorageError:
    """The error about a ledger that holds less than was paid: an older copy, or its log was lost."""
    tries = f" and {lost:,} lost tries" if lost else ""
    return _lost(path, f"holds {answers:,} answers{tries}", paid=paid)


def _lost(path: Path, what: str, *, paid: int) -> StorageError:
    before = f"beside stages that paid for {paid:,} calls" if paid else "where there was a ledger before"
    return StorageError(
        f"{path} {what}, {before}: put it back (with the file {path.name}-wal, if there is one), or pay for what is "
        "lost again with --pay-again"
    )


def _is_filled(path: Path) -> bool:
    """Whether there is a file with something in it.

    Raises:
        StorageError: it, a file that SQLite keeps beside it, or the folder is a link or something special.
    """
    with storage_errors(path):
        refuse_special_folder(path.parent)
        for end in _BESIDE:  # SQLite would follow links
            refuse_shared(Path(f"{path}{end}"))
        try:
            return path.stat().st_size > 0
        except FileNotFoundError:
            return False


def _check(path: Path, *, tell: Callable[[str], None]) -> None:
    """Has SQLite go through the whole file.

    A log beside it is read and not written into the file: it may belong to another one.
    """
    log = Path(f"{path}-wal")
    mode = "ro" if log.is_file() and log.stat().st_size else "rw"
    try:
        connection = connect(path, mode=mode)
        connection.execute("select count(*) from sqlite_master").fetchone()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR):
            raise
        connection = connect(path, mode="rwc", is_alone=True)
    with closing(connection), _told_when_long(connection, path, tell=tell):
        check_kind(connection, path)
        found = connection.execute("pragma quick_check(1)").fetchone()
    if found != ("ok",):
        damage = sqlite3.DatabaseError(str(found))
        damage.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise damage


@contextmanager
def _told_when_long(connection: sqlite3.Connection, path: Path, *, tell: Callable[[str], None]) -> Iterator[None]:
    """Says that the check takes a while, once it does (3 s for a million calls, 1.1 GB, from memory)."""
    began, told = time.monotonic(), False

    def step() -> int:
        nonlocal told
        if not told and time.monotonic() - began > _QUIET_SECONDS:
            told = True
            tell(f"{path} is being checked ({path.stat().st_size / 1e9:.1f} GB)")
        return 0

    connection.set_progress_handler(step, _STEPS)
    yield
    connection.set_progress_handler(None, 0)


def _move_aside(path: Path, *, tell: Callable[[str], None]) -> None:
    """Moves a ledger that cannot be used to a name beside its own, with its log."""
    number = 1
    while any(os.path.lexists(f"{path}.damaged-{number}{end}") for end in _BESIDE):
        number += 1
    moved = [end for end in _BESIDE if os.path.lexists(f"{path}{end}")]
    with storage_errors(path):
        for end in moved:
            Path(f"{path}{end}").rename(f"{path}.damaged-{number}{end}")
    if moved:
        tell(f"{path} was moved to {path.name}.damaged-{number}")
