"""What a ledger can be asked; `stvqa.store.ledger` adds what can be written.

ledger.answers(["3fa9..."])      # {"3fa9...": Answer(text="B", ...)}
ledger.totals()                  # [Total(model="gpt-4o", answers=412, ...)]
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from stvqa.store.ledger_answers import Answer, Spent, Total
from stvqa.store.ledger_file import storage_error
from stvqa.store.ledger_rows import INTERRUPTED, READ, SPENT, answer_of, spent_of, totals

__all__ = ["LedgerReader"]

_KEYS_AT_ONCE = 500


class LedgerReader:
    """Reads a ledger's file. Safe to use from many threads.

    Args:
        path: of the file.
        connection: to it, for this reader alone.
    """

    def __init__(self, path: Path, *, connection: sqlite3.Connection) -> None:
        self.path = path
        self._reader = connection
        self._reading = threading.Lock()

    def close_reading(self) -> None:
        """Closes the connection."""
        self._reader.close()

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
        """What was paid for, or may be billed, by stage, model, purpose and batch.

        Args:
            keys: only these calls; None: all, of every recipe that used this ledger.
        """
        wanted = None if keys is None else list(keys)
        sums: dict[tuple[object, ...], Spent] = {}
        for query, end in SPENT:
            rows = (
                self._read(f"{query} {end}", ())
                if wanted is None
                else self._select(f"{query} where calls.key in ", wanted, end=end)
            )
            for one in map(spent_of, rows):
                before = sums.get(one[:4])
                added = one[4:] if before is None else map(sum, zip(one[4:], before[4:], strict=True))
                sums[one[:4]] = Spent(*one[:4], *added)
        return [sums[group] for group in sorted(sums)]

    def totals(self) -> list[Total]:
        """All that was paid and is set aside, by model and price."""
        with self._reading:
            try:
                return totals(self._reader)
            except sqlite3.Error as error:
                raise storage_error(self.path, error) from error

    @property
    def interrupted(self) -> int:
        """Calls that were under way when their process was killed, over all sessions of this ledger."""
        sql = (
            "select (select coalesce(sum(interrupted), 0) from sessions)"
            " + (select count(*) from losses where reason = ?)"
        )
        return int(self._read(sql, (INTERRUPTED,))[0][0])

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
