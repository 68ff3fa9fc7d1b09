"""The ledger: every paid call, written down once, before anybody builds on its answer.

    ledger = Ledger.open(Path("runs/demo/ledger"))
    ledger.claim([Intent("3fa9...", stage="verify", purpose="vote", model="gpt-4o")]).result()   # [Claim.MINE]
    ...                                                  # only now the call is sent
    ledger.record("3fa9...", answer).result()            # and only after this its answer is used
    ledger.answers(["3fa9..."])                          # {"3fa9...": Answer(text="B", ...)}

A call is *open* from before it is sent; *answered* once its answer is on the disk; *closed* where it brought none
and nothing was paid. What a killed process left open may be asked again; what it had sent is counted (`interrupted`)
and may be billed. With each call stands what it may cost at most, until it is known better: limits on money and calls
hold over all runs and all processes that use the ledger. Any number
of processes on one machine may use one ledger: a call that one of them has open is `BUSY` to the others until it is
answered or that process is gone. Calls that went out in a batch belong to the batch (`owner`), whoever lives.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Self

from stvqa.errors import StorageError
from stvqa.logs import logger_of
from stvqa.store.group_commit import GroupWriter
from stvqa.store.ledger_answers import Answer, Spent, Total
from stvqa.store.ledger_check import SESSIONS, inspect, too_few
from stvqa.store.ledger_file import LEDGER_FILE, check_in_place, connect, file_identity, opened, storage_error
from stvqa.store.ledger_reader import LedgerReader
from stvqa.store.ledger_rows import (
    Claim,
    Intent,
    bury,
    free,
    lose,
    now,
    open_call,
    record,
    totals,
)
from stvqa.store.sessions import Session, forget, remains

_logger = logger_of(__name__)

__all__ = ["FILE_OWNER", "Answer", "Claim", "Fits", "Intent", "Ledger", "Spent"]

FILE_OWNER = "file"
"""Holds calls that were written to a file."""

Fits = Callable[[Sequence[Total], Intent], bool]
"""Whether a call may be made beside all that was paid and is under way; asked inside the transaction that claims it."""

_BATCH = "batch:"
_LOST = "lost"
"""Kind of the note of how many paid answers the user took for lost."""

_FREE = "most_input = null, most_output = null"


class Ledger(LedgerReader):
    """An open ledger; `open` makes one. Safe to use from many threads."""

    def __init__(self, folder: Path, *, session: Session) -> None:
        self.folder = folder
        super().__init__(folder / LEDGER_FILE, connection=connect(folder / LEDGER_FILE))
        self._session = session
        self._sessions = folder / SESSIONS
        identity = file_identity(self.path)
        self._writer = GroupWriter(
            lambda: connect(self.path),
            translate=lambda error: storage_error(self.path, error),
            check=lambda: check_in_place(self.path, identity),
        )

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        paid: int | None = None,
        lost: int = 0,
        pay_again: bool = False,
        tell: Callable[[str], None] | None = None,
    ) -> Self:
        """Opens the ledger of a folder, made if need be, and counts what killed processes left open.

        Args:
            folder: of the ledger.
            paid: calls that were paid and whose answers must be there, as far as the run's other files tell; None where
                they know of no ledger.
            lost: tries without an answer that may be billed, likewise.
            pay_again: goes on without those that are lost; what is damaged is moved aside.
            tell: told in words what a user should know: that the check takes a while, that another journal is used.

        Raises:
            InputError: the file there is no ledger, or of a newer version.
            StorageError: it is lost, empty or damaged, lacks answers that were paid, or cannot be written.
        """
        path, said = folder / LEDGER_FILE, tell or _logger.warning
        inspect(path, paid=paid, pay_again=pay_again, tell=said)
        opened(path, tell=said)
        with ExitStack() as undo:
            session = Session.begin(folder / SESSIONS)
            undo.callback(session.end)
            ledger = cls(folder, session=session)
            undo.callback(ledger.close)
            for name in ledger._writer.submit(ledger._begin).result():
                forget(ledger._sessions, name)
            ledger._check_paid(paid or 0, lost=lost, pay_again=pay_again, tell=said)
            undo.pop_all()
        return ledger

    def close(self) -> None:
        """Writes what was asked for and ends the session; calls that it still has open count as interrupted.

        May be called again, and never fails for the disk's sake: the next opening ends sessions that are gone.
        """
        with ExitStack() as steps:
            steps.callback(self._session.end)
            steps.callback(self.close_reading)
            steps.callback(self._writer.close)
            with suppress(StorageError):
                self._writer.submit(self._end).result()

    def claim(
        self, intents: Sequence[Intent], *, owner: str | None = None, fits: Fits | None = None
    ) -> Future[list[Claim]]:
        """Takes down durably that these calls are about to be made, and sets aside what they may cost.

        A call is claimed anew for each further try, once it is known what came of the one before.

        Args:
            intents: keys stand once each.
            owner: who holds them open; None: this session. `FILE_OWNER` for calls written to a file.
            fits: the limits, if there are any. They hold over all processes that use this ledger.

        Returns:
            What becomes of each; calls must not be sent unless `MINE`.
        """
        holder = owner or self._session.name

        def change(connection: sqlite3.Connection) -> list[Claim]:
            return [self._claim(connection, intent, holder, fits) for intent in intents]

        return self._writer.submit(change)

    def mark(self, key: str) -> int:
        """Takes down that a try is about to be sent; see `Session.mark`."""
        return self._session.mark(key)

    def unmark(self, place: int) -> None:
        """Takes down that a try is under way no longer: what came of it is on the disk, or costs nothing."""
        self._session.unmark(place)

    def lose(self, key: str, *, reason: str) -> Future[None]:
        """Takes down that a try brought no answer and may be billed; the call stays open.

        Args:
            key: of a call that was claimed.
            reason: slug; `INTERRUPTED` where the run ended before the answer came.
        """
        return self._writer.submit(lambda connection: lose(connection, key, reason=reason))

    def unclaim(self, key: str) -> Future[None]:
        """Gives a claim of this session back whose call was not sent; another one's stays."""
        sql = f"update calls set owner = null, {_FREE} where key = ? and owner = ? and state = 'open'"  # noqa: S608 (ours)

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
        """Gives a call back that brought no answer, and nothing to pay that was not taken down with `lose`.

        Args:
            key: of the call.
            reason: slug.
            detail: what the server said; the caller has taken keys out of it.
            closed: it is of no use to make it again as it is; False: it stays open for a later run.
        """
        sql = (
            f"update calls set state = ?, owner = null, reason = ?, detail = ?, {_FREE}"  # noqa: S608 (ours)
            " where key = ? and state != 'answered'"
        )
        values = ("closed" if closed else "open", reason, detail, key)

        def change(connection: sqlite3.Connection) -> None:
            connection.execute(sql, values)

        return self._writer.submit(change)

    def is_used_beside(self) -> bool:
        """Whether another living process has calls under way."""
        sql = "select distinct owner from calls where state = 'open' and owner is not null and most_input is not null"
        owners = {owner for (owner,) in self._read(sql, ())} - {self._session.name, FILE_OWNER}
        names = [owner for owner in owners if not owner.startswith(_BATCH)]
        return any(remains(self._sessions, name) is None for name in names)

    def note(self, kind: str, name: str, text: str) -> Future[None]:
        """Remembers a text; an older one of the same kind and name is replaced."""

        def change(connection: sqlite3.Connection) -> None:
            connection.execute("insert or replace into notes values (?, ?, ?)", (kind, name, text))

        return self._writer.submit(change)

    def _begin(self, connection: sqlite3.Connection) -> list[str]:
        """Enters this session, and ends those whose process is gone; gives the names of all that have ended."""
        for (name,) in connection.execute("select name from sessions where ended is null").fetchall():
            if (left := remains(self._sessions, name)) is not None:
                bury(connection, name, sent=left.sent)
        connection.execute("insert into sessions (name, begun) values (?, ?)", (self._session.name, now()))
        here = {path.stem for path in self._sessions.iterdir()}
        ended = connection.execute("select name from sessions where ended is not null")
        return [name for (name,) in ended if name in here]

    def _end(self, connection: sqlite3.Connection) -> None:
        bury(connection, self._session.name, sent=self._session.sent)

    def _check_paid(self, paid: int, *, lost: int, pay_again: bool, tell: Callable[[str], None]) -> None:
        """Whether the answers are there that were paid, but for those that the user took for lost.

        Raises:
            StorageError: some are not.
        """
        totals = self.totals()
        answers, tries = sum(one.answers for one in totals), sum(one.lost for one in totals)
        # Calls whose answers are gone may stand there as lost tries: these make up for no answer.
        missing = max(paid - answers, paid + lost - answers - tries)
        if missing <= sum(int(text) for text in self.notes(_LOST).values()):
            return
        if not pay_again:
            raise too_few(self.path, answers=answers, lost=tries, paid=paid + lost)
        self.note(_LOST, "calls", str(missing)).result()
        tell(
            f"{self.path} lacks {missing:,} answers or lost tries that were paid: they are paid again, and "
            "--max-usd and --max-calls count from what it holds"
        )

    def _claim(self, connection: sqlite3.Connection, intent: Intent, holder: str, fits: Fits | None) -> Claim:
        sql = "select state, owner, most_input, most_output from calls where key = ?"
        row = connection.execute(sql, (intent.key,)).fetchone()
        if row is not None:
            state, owner, *most = row
            if state == "answered":
                return Claim.ANSWERED
            if owner is not None and owner != holder and not self._is_free(connection, owner):
                return Claim.BUSY
            free(connection, intent.key)
        if fits is not None and not fits(totals(connection), intent):
            if row is not None:
                connection.execute(
                    "update calls set most_input = ?, most_output = ? where key = ?", (*most, intent.key)
                )
            return Claim.FULL
        open_call(connection, intent, owner=holder)
        return Claim.MINE

    def _is_free(self, connection: sqlite3.Connection, owner: str) -> bool:
        """Whether a call may be taken from its owner: a file may never come back, a process may be dead."""
        if owner == FILE_OWNER:
            return True
        if owner.startswith(_BATCH) or (left := remains(self._sessions, owner)) is None:
            return False
        bury(connection, owner, sent=left.sent)
        return True
