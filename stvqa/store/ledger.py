"""The ledger: every paid call, written down once, before anybody builds on its answer.

    ledger = Ledger.open(Path("runs/demo/ledger"))
    ledger.claim([Intent("3fa9...", stage="verify", purpose="vote", model="gpt-4o")]).result()   # [Claim.MINE]
    ...                                                  # only now the call is sent
    ledger.record("3fa9...", answer).result()            # and only after this its answer is used
    ledger.answers(["3fa9..."])                          # {"3fa9...": Answer(text="B", ...)}

A call is *open* from before it is sent; *answered* once its answer is on the disk; *closed* where it brought none
and nothing was paid. What a killed process left open may be asked again, and is counted (`interrupted`). Any number
of processes on one machine may use one ledger: a call that one of them has open is `BUSY` to the others until it is
answered or that process is gone. Calls that went out in a batch belong to the batch (`owner`), whoever lives.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Self

from stvqa.errors import StorageError
from stvqa.store.group_commit import GroupWriter
from stvqa.store.ledger_file import LEDGER_FILE, check_in_place, connect, file_identity, opened, storage_error
from stvqa.store.ledger_rows import (
    GROUPED,
    READ,
    SPENT,
    Answer,
    Claim,
    Intent,
    Spent,
    answer_of,
    bury,
    now,
    open_call,
    record,
    spent_of,
)
from stvqa.store.sessions import Session, is_alive

__all__ = ["Answer", "Claim", "Intent", "Ledger", "Spent"]

_SESSIONS = "sessions"
_KEYS_AT_ONCE = 500
_BATCH = "batch:"


class Ledger:
    """An open ledger; `open` makes one. Safe to use from many threads."""

    def __init__(self, folder: Path, *, session: Session) -> None:
        self.folder = folder
        self.path = folder / LEDGER_FILE
        self._session = session
        self._sessions = folder / _SESSIONS
        self._reader = connect(self.path)
        self._reading = threading.Lock()
        identity = file_identity(self.path)
        self._writer = GroupWriter(
            lambda: connect(self.path),
            translate=lambda error: storage_error(self.path, error),
            check=lambda: check_in_place(self.path, identity),
        )

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Opens the ledger of a folder, made if need be, and counts what killed processes left open.

        Raises:
            InputError: the file there is no ledger, or of a newer version.
            StorageError: it is damaged, or cannot be written.
        """
        opened(folder / LEDGER_FILE)
        with ExitStack() as undo:
            session = Session.begin(folder / _SESSIONS)
            undo.callback(session.end)
            ledger = cls(folder, session=session)
            undo.callback(ledger.close)
            ledger._writer.submit(ledger._begin).result()
            undo.pop_all()
        return ledger

    def close(self) -> None:
        """Writes what was asked for and ends the session; calls that it still has open count as interrupted.

        May be called again, and never fails for the disk's sake: the next opening ends sessions that are gone.
        """
        with ExitStack() as steps:
            steps.callback(self._session.end)
            steps.callback(self._reader.close)
            steps.callback(self._writer.close)
            with suppress(StorageError):
                self._writer.submit(self._end).result()

    def claim(self, intents: Sequence[Intent], *, owner: str | None = None) -> Future[list[Claim]]:
        """Takes down durably that these calls are about to be made.

        Args:
            intents: keys stand once each.
            owner: who holds them open; None: this session. `file` for calls written to a file.

        Returns:
            What becomes of each; calls must not be sent unless `MINE`.
        """
        holder = owner or self._session.name

        def change(connection: sqlite3.Connection) -> list[Claim]:
            return [self._claim(connection, intent, holder) for intent in intents]

        return self._writer.submit(change)

    def unclaim(self, key: str) -> Future[None]:
        """Gives a claim of this session back whose call was not sent; another one's stays."""
        sql = "update calls set owner = null where key = ? and owner = ? and state = 'open'"

        def change(connection: sqlite3.Connection) -> None:
            connection.execute(sql, (key, self._session.name))

        return self._writer.submit(change)

    def record(self, key: str, answer: Answer, *, final: bool = True) -> Future[None]:
        """Takes down an answer. The first final one of a key stays; later ones only add to what was spent.

        Args:
            key: of a call that was claimed.
            answer: as it came.
            final: it is the key's answer; False: it was paid and cannot be used, and the call stays open.
        """
        return self._writer.submit(lambda connection: record(connection, key, answer, final=final))

    def withdraw(self, key: str) -> Future[None]:
        """Takes an answer out of use that was given and paid, and must not be built on; its call is open again."""

        def change(connection: sqlite3.Connection) -> None:
            connection.execute("update replies set final = 0 where key = ?", (key,))
            connection.execute("update calls set state = 'open', owner = null where key = ?", (key,))

        return self._writer.submit(change)

    def release(self, key: str, *, reason: str, detail: str, closed: bool) -> Future[None]:
        """Gives a call back that brought no answer.

        Args:
            key: of the call.
            reason: slug.
            detail: what the server said; the caller has taken keys out of it.
            closed: it is of no use to make it again as it is; False: it stays open for a later run.
        """
        sql = "update calls set state = ?, owner = null, reason = ?, detail = ? where key = ? and state != 'answered'"
        values = ("closed" if closed else "open", reason, detail, key)

        def change(connection: sqlite3.Connection) -> None:
            connection.execute(sql, values)

        return self._writer.submit(change)

    def answers(self, keys: Iterable[str]) -> dict[str, Answer]:
        """The answers that are there, by key."""
        return {key: answer_of(values) for key, *values in self._select(f"{READ} where final = 1 and key in ", keys)}

    def owners(self, keys: Iterable[str]) -> dict[str, str]:
        """Who holds calls open, by key; without those that nobody does."""
        sql = "select key, owner from calls where state = 'open' and owner is not null and key in "
        return dict(self._select(sql, keys))

    def closed(self, keys: Iterable[str]) -> dict[str, tuple[str, str]]:
        """Reason and detail of calls that are of no use to make again as they are, by key."""
        sql = "select key, reason, detail from calls where state = 'closed' and key in "
        return {key: (reason, detail) for key, reason, detail in self._select(sql, keys)}

    def known(self, keys: Iterable[str]) -> set[str]:
        """Those of the keys that were ever claimed."""
        return {key for (key,) in self._select("select key from calls where key in ", keys)}

    def held(self, owner: str) -> list[str]:
        """Keys of the calls that `owner` holds open."""
        rows = self._read("select key from calls where state = 'open' and owner = ? order by key", (owner,))
        return [key for (key,) in rows]

    def spent(self, keys: Iterable[str] | None = None) -> list[Spent]:
        """What was paid for, by stage, model, purpose and batch.

        Args:
            keys: only these calls; None: all, of every recipe that used this ledger.
        """
        if keys is None:
            return [spent_of(row) for row in self._read(f"{SPENT} {GROUPED}", ())]
        sums: dict[tuple[object, ...], Spent] = {}
        for row in self._select(f"{SPENT} where calls.key in ", keys, end=GROUPED):
            one = spent_of(row)
            before = sums.get(one[:4])
            sums[one[:4]] = one if before is None else Spent(*one[:4], *map(sum, zip(one[4:], before[4:], strict=True)))
        return list(sums.values())

    @property
    def interrupted(self) -> int:
        """Calls that were open when their process was killed, over all sessions of this ledger."""
        return int(self._read("select coalesce(sum(interrupted), 0) from sessions", ())[0][0])

    def note(self, kind: str, name: str, text: str) -> Future[None]:
        """Remembers a text; an older one of the same kind and name is replaced."""

        def change(connection: sqlite3.Connection) -> None:
            connection.execute("insert or replace into notes values (?, ?, ?)", (kind, name, text))

        return self._writer.submit(change)

    def notes(self, kind: str) -> dict[str, str]:
        """All remembered texts of a kind, by name."""
        return dict(self._read("select name, text from notes where kind = ? order by name", (kind,)))

    def _read(self, sql: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        with self._reading:
            try:
                return self._reader.execute(sql, values).fetchall()
            except sqlite3.Error as error:
                raise storage_error(self.path, error) from error

    def _select(self, sql: str, keys: Iterable[str], *, end: str = "") -> list[tuple[Any, ...]]:
        """Rows of a query that ends in `in`, for any number of keys."""
        wanted = list(keys)
        rows: list[tuple[Any, ...]] = []
        for start in range(0, len(wanted), _KEYS_AT_ONCE):
            some = wanted[start : start + _KEYS_AT_ONCE]
            rows += self._read(f"{sql} ({', '.join('?' * len(some))}) {end}", some)
        return rows

    def _begin(self, connection: sqlite3.Connection) -> None:
        """Enters this session, and closes those whose process is gone."""
        for (name,) in connection.execute("select name from sessions where ended is null").fetchall():
            if not is_alive(self._sessions, name):
                bury(connection, name)
        connection.execute("insert into sessions (name, begun) values (?, ?)", (self._session.name, now()))

    def _end(self, connection: sqlite3.Connection) -> None:
        bury(connection, self._session.name)

    def _claim(self, connection: sqlite3.Connection, intent: Intent, holder: str) -> Claim:
        row = connection.execute("select state, owner from calls where key = ?", (intent.key,)).fetchone()
        if row is not None:
            state, owner = row
            if state == "answered":
                return Claim.ANSWERED
            if owner is not None and owner != holder and not self._is_free(connection, owner):
                return Claim.BUSY
        open_call(connection, intent, owner=holder)
        return Claim.MINE

    def _is_free(self, connection: sqlite3.Connection, owner: str) -> bool:
        """Whether a call may be taken from its owner: a file may never come back, a process may be dead."""
        if owner == "file":
            return True
        if owner.startswith(_BATCH) or is_alive(self._sessions, owner):
            return False
        bury(connection, owner)
        return True
