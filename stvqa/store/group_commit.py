"""One thread that writes to an SQLite file: what many ask for at the same moment is committed together.

    writer = GroupWriter(connect, translate=translate)
    future = writer.submit(lambda connection: connection.execute("insert ..."))
    future.result()      # returns once the change is on the disk

A commit waits for the disk (about 5 ms); one for each of 600 changes a second would be too slow, one for all
that came while the last one was being written is not.

Whoever waits may go away: the change that was asked for is made all the same, since it may record a paid answer.
A change that fails takes no other one with it. When the writer ends, for whatever reason, nobody waits any longer.
"""

from __future__ import annotations

import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, NamedTuple, TypeVar

from stvqa.errors import StorageError

__all__ = ["Change", "GroupWriter"]

_AT_ONCE = 1000
_PAUSE_SECONDS = 0.002
"""From the beginning of one transaction to the next; the first after a quiet time begins at once. A longer pause would
spare a little more, and an answer that is not on the disk yet is paid twice if the process is killed."""

Result = TypeVar("Result")
Change = Callable[[sqlite3.Connection], Result]


class _Asked(NamedTuple):
    change: Change[Any]
    future: Future[Any]


class GroupWriter:
    """Runs changes in their order, each inside a transaction that it may share with others.

    A change speaks to its connection alone: where another one of its group fails, it is rolled back and run again.

    Args:
        connect: opens the connection, in the writer's own thread, in autocommit mode.
        translate: makes the error to raise of one of SQLite's.
        check: raises what stands against writing just now; called before each transaction.
    """

    def __init__(
        self,
        connect: Callable[[], sqlite3.Connection],
        *,
        translate: Callable[[sqlite3.Error], Exception],
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self._connect = connect
        self._translate = translate
        self._check = check
        self._queue: queue.SimpleQueue[_Asked | None] = queue.SimpleQueue()
        self._submitting = threading.Lock()
        self._over: StorageError | None = None
        self._connection: sqlite3.Connection | None = None
        self._group: list[_Asked] = []
        self._next_at = 0.0
        self._thread = threading.Thread(target=self._work, name="ledger", daemon=True)
        self._thread.start()

    def submit(self, change: Change[Result]) -> Future[Result]:
        """Asks for a change.

        Returns:
            Done once the change is durable, or with the error that prevented it. It cannot be cancelled.
        """
        future: Future[Result] = Future()
        future.set_running_or_notify_cancel()  # from now on nobody who waits can take the change back
        with self._submitting:
            if self._over is None:
                self._queue.put(_Asked(change, future))
                return future
        future.set_exception(self._over)
        return future

    def close(self) -> None:
        """Writes what was asked for, then ends. May be called again."""
        self._queue.put(None)
        self._thread.join()

    def _work(self) -> None:
        """The thread. Whatever ends it, those who wait are told, and nothing more is taken on."""
        over = StorageError("nothing more can be written down: the ledger is closed")
        try:
            self._serve()
        except BaseException as error:  # noqa: BLE001 (told to all who wait)
            what = f"{type(error).__name__}: {error}"
            over = StorageError(f"the ledger's writer broke off ({what}): run the same command again, which goes on")
            over.__cause__ = error
        finally:
            self._end(over)

    def _serve(self) -> None:
        ended = False
        try:
            while not ended:
                self._group, ended = self._next()
                if self._group:
                    self._settle(self._group)
        finally:
            if self._connection is not None:
                self._connection.close()

    def _end(self, over: StorageError) -> None:
        with self._submitting:
            self._over = over
        left = self._group
        while not self._queue.empty():
            if (asked := self._queue.get_nowait()) is not None:
                left.append(asked)
        for asked in left:
            if not asked.future.done():
                asked.future.set_exception(over)

    def _next(self) -> tuple[list[_Asked], bool]:
        """All that is waiting, at least one; and whether the end was asked for."""
        group: list[_Asked] = []
        asked = self._queue.get()
        if (early := self._next_at - time.monotonic()) > 0:
            time.sleep(early)
        self._next_at = time.monotonic() + _PAUSE_SECONDS
        while asked is not None:
            group.append(asked)
            if len(group) == _AT_ONCE:
                return group, False
            try:
                asked = self._queue.get_nowait()
            except queue.Empty:
                return group, False
        return group, True

    def _settle(self, group: Sequence[_Asked]) -> None:
        """Makes changes, all in one transaction; where one of them fails, each in a transaction of its own."""
        try:
            connection = self._begun()
        except Exception as error:  # noqa: BLE001 (handed on to those who asked, each of whom waits for it)
            self._fail(group, error)  # the file cannot be written: no change is to blame
            return
        try:
            results = _made(connection, group)
        except Exception as error:  # noqa: BLE001 (as above)
            if len(group) == 1:
                self._fail(group, error)
                return
            for asked in group:
                self._settle([asked])
            return
        for asked, result in zip(group, results, strict=True):
            asked.future.set_result(result)

    def _begun(self) -> sqlite3.Connection:
        """The connection, with a transaction begun."""
        if self._connection is None:
            self._connection = self._connect()
        self._check()
        self._connection.execute("begin immediate")
        return self._connection

    def _fail(self, group: Sequence[_Asked], error: Exception) -> None:
        told = self._translate(error) if isinstance(error, sqlite3.Error) else error
        for asked in group:
            asked.future.set_exception(told)


def _made(connection: sqlite3.Connection, group: Sequence[_Asked]) -> list[Any]:
    """What the changes give, once they are on the disk; where one of them fails, none of them is made."""
    try:
        results = [asked.change(connection) for asked in group]
        connection.execute("commit")
    except BaseException:
        if connection.in_transaction:
            connection.execute("rollback")
        raise
    return results
