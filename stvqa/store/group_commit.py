"""One thread that writes to an SQLite file: what many ask for at the same moment is committed together.

    writer = GroupWriter(connect)
    future = writer.submit(lambda connection: connection.execute("insert ..."))
    future.result()      # returns once the change is on the disk

A commit waits for the disk (about 5 ms); one for each of 600 changes a second would be too slow, one for all
that came while the last one was being written is not.
"""

from __future__ import annotations

import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, NamedTuple, TypeVar

__all__ = ["Change", "GroupWriter"]

_AT_ONCE = 1000

Result = TypeVar("Result")
Change = Callable[[sqlite3.Connection], Result]


class _Asked(NamedTuple):
    change: Change[Any]
    future: Future[Any]


class GroupWriter:
    """Runs changes in their order, each inside a transaction that it shares with others.

    Args:
        connect: opens the connection, in the writer's own thread, in autocommit mode.
        translate: makes the error to raise of one of SQLite's.
    """

    def __init__(
        self, connect: Callable[[], sqlite3.Connection], *, translate: Callable[[sqlite3.Error], Exception]
    ) -> None:
        self._connect = connect
        self._translate = translate
        self._queue: queue.SimpleQueue[_Asked | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="ledger", daemon=True)
        self._thread.start()

    def submit(self, change: Change[Result]) -> Future[Result]:
        """Asks for a change; the future is done once it is durable, or with the error that prevented it."""
        future: Future[Result] = Future()
        self._queue.put(_Asked(change, future))
        return future

    def close(self) -> None:
        """Writes what was asked for, then ends."""
        self._queue.put(None)
        self._thread.join()

    def _work(self) -> None:
        connection: sqlite3.Connection | None = None
        ended = False
        while not ended:
            group, ended = self._next()
            try:
                connection = connection or self._connect()
                results = self._commit(connection, group)
            except Exception as error:  # noqa: BLE001 (handed on to those who asked, each of whom waits for it)
                told = self._translate(error) if isinstance(error, sqlite3.Error) else error
                for asked in group:
                    asked.future.set_exception(told)
                continue
            for asked, result in zip(group, results, strict=True):
                asked.future.set_result(result)
        if connection is not None:
            connection.close()

    def _next(self) -> tuple[list[_Asked], bool]:
        """All that is waiting, at least one; and whether the end was asked for."""
        group: list[_Asked] = []
        asked = self._queue.get()
        while asked is not None:
            group.append(asked)
            if len(group) == _AT_ONCE:
                return group, False
            try:
                asked = self._queue.get_nowait()
            except queue.Empty:
                return group, False
        return group, True

    @staticmethod
    def _commit(connection: sqlite3.Connection, group: list[_Asked]) -> list[Any]:
        if not group:
            return []
        connection.execute("begin immediate")
        try:
            results = [asked.change(connection) for asked in group]
            connection.execute("commit")
        except BaseException:
            if connection.in_transaction:
                connection.execute("rollback")
            raise
        return results
