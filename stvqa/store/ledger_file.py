"""The ledger's SQLite file: its connections, its journal, and what its errors mean.

Write-ahead log with `synchronous=FULL`: a commit is on the disk when it returns, readers never wait for writers,
and a crash at any moment leaves whole transactions. That log needs memory which processes share; file systems that have
none (some network drives) get SQLite's older journal, where readers and writers wait for each other, and no more.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final

from stvqa.errors import InputError, StorageError
from stvqa.store.atomic import storage_errors
from stvqa.store.ledger_tables import CHANGES, TABLES, VERSION

__all__ = ["LEDGER_FILE", "check_in_place", "check_kind", "connect", "file_identity", "opened", "storage_error"]

LEDGER_FILE = "ledger.sqlite"
_APPLICATION = 0x73747661
_BUSY_SECONDS = 60.0
_SYSTEM = ""
"""Name of SQLite's access to files (`vfs`); "" for its usual one."""

_NO_SHARED_MEMORY: Final = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_PROTOCOL})
"""What SQLite says where the write-ahead log cannot be had; other causes come again with the other journal."""

_REMEDIES = {
    sqlite3.SQLITE_FULL: "the disk is full: free some space, then run the same command again, which goes on",
    sqlite3.SQLITE_BUSY: "another process has held it for more than a minute: end that one, or wait",
    sqlite3.SQLITE_READONLY: "no permission to write there: change its owner",
    sqlite3.SQLITE_CANTOPEN: "no permission there, or a folder stands in the way: mend that",
    sqlite3.SQLITE_IOERR: "the device reports an error, or the disk is full: check it, then run the same command again",
    sqlite3.SQLITE_PROTOCOL: "its file system does not lock files as SQLite needs it: choose a folder on a local disk",
    sqlite3.SQLITE_NOTADB: "it is not an SQLite file: move it away, and put a copy in its place if you have one",
    sqlite3.SQLITE_CORRUPT: "it is damaged: put a copy in its place, or save what can be read with "
    "`sqlite3 FILE .recover`",
}


def connect(path: Path, *, mode: str = "rw", is_alone: bool = False) -> sqlite3.Connection:
    """A connection in autocommit mode; it may be used by any thread, one at a time.

    Args:
        path: of the file.
        mode: `rwc` makes the file where there is none; `ro` changes nothing, a log beside it included.
        is_alone: no other process uses the file; then a log is read without shared memory.
    """
    system = f"&vfs={_SYSTEM}" if _SYSTEM else ""
    address = f"{path.absolute().as_uri()}?mode={mode}{system}"
    connection = sqlite3.connect(
        address, uri=True, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    try:
        if is_alone:
            connection.execute("pragma locking_mode = exclusive")
        connection.execute("pragma synchronous = full")
        if mode == "rw" and connection.execute("pragma journal_mode").fetchone() == ("delete",):
            connection.execute("pragma journal_mode = truncate")  # each connection says so anew, unlike the log
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def opened(path: Path, *, tell: Callable[[str], None]) -> None:
    """Makes the file where there is none, chooses its journal, and brings it up to this version.

    Args:
        path: of the file; it was checked if it is there.
        tell: told in words where the file system allows only the older journal.

    Raises:
        InputError: it is something else, or of a newer version.
        StorageError: it is damaged, or cannot be written.
    """
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        connection = _with_journal(path, tell=tell)
        try:
            connection.execute("begin immediate")
            _make_or_change(connection, path)
            connection.execute("commit")
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise storage_error(path, error) from error


def _with_journal(path: Path, *, tell: Callable[[str], None]) -> sqlite3.Connection:
    """A connection to the file, with the best journal that its file system allows."""
    try:
        connection = connect(path, mode="rwc")
        try:
            if connection.execute("pragma journal_mode = wal").fetchone() == ("wal",):
                connection.execute("select count(*) from sqlite_master").fetchone()  # the first use of shared memory
                return connection
            connection.close()
        except sqlite3.Error:
            connection.close()
            raise
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF not in _NO_SHARED_MEMORY:
            raise
    connection = connect(path, mode="rwc", is_alone=True)
    try:
        connection.execute("pragma journal_mode = truncate")
        connection.execute("pragma locking_mode = normal")
        connection.execute("select count(*) from sqlite_master").fetchone()  # gives the lock back
    except sqlite3.Error:
        connection.close()
        raise
    tell(
        f"{path}: its file system has no write-ahead log of SQLite (no memory that processes share), so the older "
        "journal is used: as safe, and slower where several processes use the file"
    )
    return connection


def check_kind(connection: sqlite3.Connection, path: Path) -> int:
    """Whether this is a ledger that this version can read.

    Returns:
        Its version; 0 where it holds nothing yet.

    Raises:
        InputError: it is something else, or of a newer version.
    """
    (application,) = connection.execute("pragma application_id").fetchone()
    (version,) = connection.execute("pragma user_version").fetchone()
    (tables,) = connection.execute("select count(*) from sqlite_master").fetchone()
    if not tables:
        return 0
    if application != _APPLICATION:
        raise InputError(f"{path} is an SQLite file of something else than stvqa: move it away")
    if version > VERSION:
        raise InputError(f"{path} was made by a newer version of stvqa: use that one")
    return int(version)


def _make_or_change(connection: sqlite3.Connection, path: Path) -> None:
    version = check_kind(connection, path)
    if not version:
        for statement in TABLES:
            connection.execute(statement)
        connection.execute(f"pragma application_id = {_APPLICATION}")
    else:
        for later in range(version + 1, VERSION + 1):
            for statement in CHANGES[later]:
                connection.execute(statement)
    if version != VERSION:
        connection.execute(f"pragma user_version = {VERSION}")


def file_identity(path: Path) -> tuple[int, int]:
    """What tells a file apart from another one that is put in its place.

    Raises:
        StorageError: it is not there.
    """
    with storage_errors(path):
        status = path.stat()
    return status.st_dev, status.st_ino


def check_in_place(path: Path, identity: tuple[int, int]) -> None:
    """Whether an open file is still the one of its name: SQLite would go on writing to one that was taken away.

    Raises:
        StorageError: it is not.
    """
    try:
        status = path.stat()
    except OSError:
        status = None
    if status is None or (status.st_dev, status.st_ino) != identity:
        raise StorageError(
            f"{path} was taken away, or replaced, while it was in use: what is answered now cannot be kept. "
            "Put it back if you can, then run the same command again, which goes on from what it holds"
        )


def storage_error(path: Path, error: sqlite3.Error) -> StorageError:
    """What an error of SQLite means for the user."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    remedy = _REMEDIES.get(code)
    if remedy is None:
        return StorageError(f"cannot use {path} ({error}): move it away, or put a copy in its place")
    return StorageError(f"cannot use {path}: {remedy}")
