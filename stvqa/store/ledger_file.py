"""The ledger's SQLite file: its tables, its pragmas, and what its errors mean.

calls     one row a call, by key: who asked what of which model, whether it is open, answered or closed
replies   one row an answer that was given and paid, in the order of arrival; `final` on the one that is used;
          `raw` holds the response as it came where its texts could not be stored as they were
sessions  one row a process, with the number of calls that were open when it was killed
notes     what else must survive: what a server can do, which batches are under way

Write-ahead log with `synchronous=FULL`: a commit is on the disk when it returns, readers never wait for writers,
and a crash at any moment leaves whole transactions.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from stvqa.errors import InputError, StorageError
from stvqa.plain_files import refuse_shared, refuse_special_folder
from stvqa.store.atomic import storage_errors

__all__ = ["LEDGER_FILE", "check_in_place", "connect", "file_identity", "opened", "storage_error"]

LEDGER_FILE = "ledger.sqlite"
_APPLICATION = 0x73747661
_VERSION = 2
_BUSY_SECONDS = 60.0
_BESIDE = ("wal", "shm", "journal")
"""Files that SQLite keeps beside its own, and that it would follow as links."""

_TABLES = """
create table calls (
    key text primary key, stage text not null, purpose text not null, model text not null,
    state text not null check (state in ('open', 'answered', 'closed')), owner text, tries integer not null,
    opened text not null, reason text not null default '', detail text not null default ''
) without rowid;
create index calls_open on calls (owner) where state = 'open';
create table replies (
    number integer primary key, key text not null, final integer not null, arrived text not null,
    text text not null, model text not null, finish_reason text not null,
    input_tokens integer, output_tokens integer, cached_tokens integer,
    refusal text not null, reasoning text not null, batched integer not null, raw blob
);
create unique index replies_final on replies (key) where final = 1;
create index replies_key on replies (key);
create table sessions (name text primary key, begun text not null, ended text, interrupted integer not null default 0);
create table notes (kind text not null, name text not null, text text not null, primary key (kind, name));
"""

_CHANGES = {2: "alter table replies add column raw blob"}
"""By version: what makes a ledger of the version before one of that version."""

_REMEDIES = {
    sqlite3.SQLITE_FULL: "the disk is full: free some space, then run the same command again, which goes on",
    sqlite3.SQLITE_BUSY: "another process has held it for more than a minute: end that one, or wait",
    sqlite3.SQLITE_READONLY: "no permission to write there: change its owner",
    sqlite3.SQLITE_CANTOPEN: "no permission there, or a folder stands in the way: mend that",
    sqlite3.SQLITE_IOERR: "the device reports an error, or the disk is full: check it, then run the same command again",
    sqlite3.SQLITE_NOTADB: "it is not an SQLite file: move it away, and put a copy in its place if you have one",
    sqlite3.SQLITE_CORRUPT: "it is damaged: put a copy in its place, or save what can be read with "
    "`sqlite3 FILE .recover`",
}


def connect(path: Path) -> sqlite3.Connection:
    """A connection in autocommit mode; it may be used by any thread, one at a time."""
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    connection.execute("pragma synchronous = full")
    return connection


def opened(path: Path) -> None:
    """Makes the file where there is none, and makes sure that it is a ledger of this version.

    Raises:
        InputError: it is something else, or of a newer version.
        StorageError: it is damaged, or cannot be written; or it, or a file that SQLite keeps beside it, is a link.
    """
    with storage_errors(path):
        refuse_special_folder(path.parent)
        path.parent.mkdir(parents=True, exist_ok=True)
        for name in (path.name, *(f"{path.name}-{suffix}" for suffix in _BESIDE)):
            refuse_shared(path.with_name(name))
    try:
        connection = connect(path)
    except sqlite3.Error as error:
        raise storage_error(path, error) from error
    try:
        connection.execute("pragma journal_mode = wal")
        connection.execute("begin immediate")
        _make_or_check(connection, path)
        connection.execute("commit")
    except sqlite3.Error as error:
        raise storage_error(path, error) from error
    finally:
        connection.close()


def _make_or_check(connection: sqlite3.Connection, path: Path) -> None:
    (application,) = connection.execute("pragma application_id").fetchone()
    (version,) = connection.execute("pragma user_version").fetchone()
    (tables,) = connection.execute("select count(*) from sqlite_master").fetchone()
    if not tables:
        for statement in _TABLES.split(";"):
            connection.execute(statement)
        connection.execute(f"pragma application_id = {_APPLICATION}")
        connection.execute(f"pragma user_version = {_VERSION}")
        return
    if application != _APPLICATION:
        raise InputError(f"{path} is an SQLite file of something else than stvqa: move it away")
    if version > _VERSION:
        raise InputError(f"{path} was made by a newer version of stvqa: use that one")
    for later in range(version + 1, _VERSION + 1):
        connection.execute(_CHANGES[later])
        connection.execute(f"pragma user_version = {later}")


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
