"""The ledger's writer, whoever goes away, fails or dies beside it."""

from __future__ import annotations

import asyncio
import sqlite3
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stvqa.errors import StorageError
from stvqa.store.group_commit import GroupWriter


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "numbers.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("create table numbers (number integer primary key)")
    connection.close()
    return path


def opened(path) -> GroupWriter:
    def connect() -> sqlite3.Connection:
        return sqlite3.connect(path, isolation_level=None, check_same_thread=False)

    return GroupWriter(connect, translate=lambda error: StorageError(str(error)))


def written(path) -> list[int]:
    connection = sqlite3.connect(path)
    try:
        return [number for (number,) in connection.execute("select number from numbers order by number")]
    finally:
        connection.close()


def adding(number: int):
    def change(connection: sqlite3.Connection) -> int:
        connection.execute("insert into numbers values (?)", (number,))
        return number

    return change


class Gate:
    """A change that holds the writer up, so that what is asked for meanwhile makes one group."""

    def __init__(self, writer: GroupWriter) -> None:
        self._reached, self._open = threading.Event(), threading.Event()
        self.future = writer.submit(self._change)
        assert self._reached.wait(30)

    def _change(self, _: sqlite3.Connection) -> None:
        self._reached.set()
        assert self._open.wait(30)

    def open(self) -> None:
        self._open.set()
        self.future.result(30)


def test_a_waiter_that_goes_away_takes_nothing_with_it(path):
    writer = opened(path)
    gate = Gate(writer)
    gone, stays = writer.submit(adding(1)), writer.submit(adding(2))
    assert not gone.cancel()
    gate.open()
    assert stays.result(30) == 2
    assert gone.result(30) == 1
    writer.close()
    assert written(path) == [1, 2], "what was asked for may be a paid answer"


def test_tasks_that_are_cancelled_while_they_wait_leave_the_writer_at_work(path):
    writer = opened(path)

    async def work() -> int:
        gate = Gate(writer)
        waiting = [asyncio.create_task(wait(number)) for number in range(10)]
        await asyncio.sleep(0)
        for task in waiting[::2]:
            task.cancel()
        gate.open()
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes[::2]] == [asyncio.CancelledError] * 5
        assert outcomes[1::2] == [1, 3, 5, 7, 9]
        return await wait(10)

    async def wait(number: int) -> int:
        return await asyncio.wrap_future(writer.submit(adding(number)))

    assert asyncio.run(work()) == 10
    writer.close()
    assert written(path) == list(range(11))


def test_a_change_that_fails_among_others_fails_alone(path):
    writer = opened(path)
    gate = Gate(writer)

    def faulty(connection: sqlite3.Connection) -> None:
        connection.execute("insert into numbers values (99)")
        raise LookupError("no such thing")

    good = [writer.submit(adding(number)) for number in (1, 2)]
    bad = [
        writer.submit(faulty),
        writer.submit(lambda connection: connection.execute("insert into nowhere values (1)")),
        writer.submit(lambda connection: connection.execute("insert into numbers values (?)", ("\ud83d",))),
        writer.submit(lambda connection: connection.execute("insert into numbers values (?)", (2**64,))),
        writer.submit(adding(1)),
    ]
    good += [writer.submit(adding(number)) for number in (3, 4)]
    gate.open()
    assert [future.result(30) for future in good] == [1, 2, 3, 4]
    kinds = [LookupError, StorageError, UnicodeEncodeError, OverflowError, StorageError]
    assert [type(future.exception(30)) for future in bad] == kinds
    writer.close()
    assert written(path) == [1, 2, 3, 4]


def test_a_full_disk_in_the_middle_of_a_group_fails_what_does_not_fit(path):
    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        (pages,) = connection.execute("pragma page_count").fetchone()
        connection.execute(f"pragma max_page_count = {pages + 2}")
        return connection

    def large(connection: sqlite3.Connection) -> None:
        connection.execute("create table texts (text text)")
        connection.execute("insert into texts values (?)", ("x" * 100_000,))

    writer = GroupWriter(connect, translate=lambda error: StorageError(str(error)))
    gate = Gate(writer)
    before, too_large, after = writer.submit(adding(1)), writer.submit(large), writer.submit(adding(2))
    gate.open()
    assert (before.result(30), after.result(30)) == (1, 2)
    assert "full" in str(too_large.exception(30))
    writer.close()
    assert written(path) == [1, 2]


def test_all_who_wait_are_told_when_the_writer_dies_and_who_comes_later_too(path):
    writer = opened(path)
    gate = Gate(writer)

    def deadly(_: sqlite3.Connection) -> None:
        raise SystemExit

    waiting = [writer.submit(adding(1)), writer.submit(deadly), writer.submit(adding(2))]
    gate.open()
    waiting.append(writer.submit(adding(3)))
    for future in waiting:
        with pytest.raises(StorageError, match=r"the ledger's writer broke off \(SystemExit"):
            future.result(30)
    with pytest.raises(StorageError, match="broke off"):
        writer.submit(adding(4)).result(30)
    writer.close()
    assert written(path) == []


def test_after_the_end_nothing_is_taken_on(path):
    writer = opened(path)
    asked = writer.submit(adding(1))
    writer.close()
    assert asked.result(0) == 1, "what was asked for before the end is made"
    with pytest.raises(StorageError, match="the ledger is closed"):
        writer.submit(adding(2)).result(30)
    writer.close()
    assert written(path) == [1]


def test_a_file_that_cannot_be_opened_fails_those_who_ask_and_is_tried_again(path):
    refusals = [sqlite3.OperationalError("unable to open database file")] * 2

    def connect() -> sqlite3.Connection:
        if refusals:
            raise refusals.pop()
        return sqlite3.connect(path, isolation_level=None, check_same_thread=False)

    writer = GroupWriter(connect, translate=lambda error: StorageError(str(error)))
    for number in (1, 2):
        with pytest.raises(StorageError, match="unable to open"):
            writer.submit(adding(number)).result(30)
    assert writer.submit(adding(3)).result(30) == 3
    writer.close()
    assert written(path) == [3]


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.booleans()), max_size=12))
def test_any_mixture_ends_as_one_change_after_the_other_would(tmp_path_factory, asked):
    """Each asks for a number (twice the same fails), may fail after it has written, and may go away."""
    path = tmp_path_factory.mktemp("writer") / "numbers.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("create table numbers (number integer primary key)")
    connection.close()
    writer = opened(path)
    gate = Gate(writer)
    futures = []
    for number, fails, goes_away in asked:

        def change(connection: sqlite3.Connection, number: int = number, fails: bool = fails) -> int:
            adding(number)(connection)
            if fails:
                raise LookupError
            return number

        futures.append(writer.submit(change))
        if goes_away:
            futures[-1].cancel()
    gate.open()
    writer.close()
    there: set[int] = set()
    for (number, fails, _), future in zip(asked, futures, strict=True):
        if number in there:
            assert isinstance(future.exception(0), StorageError)
        elif fails:
            assert isinstance(future.exception(0), LookupError)
        else:
            assert future.result(0) == number
            there.add(number)
    assert written(path) == sorted(there)
