"""The event loop behind the calls, and Ctrl-C in the thread that waits for it."""

from __future__ import annotations

import asyncio
import signal
import threading

import pytest

from stvqa.teachers.calls.background import BackgroundLoop


@pytest.fixture
def loop():
    opened = BackgroundLoop(grace_seconds=60.0)
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def _interruptible():
    """Whoever started the tests may have had Ctrl-C ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


async def come_to_wait() -> None:
    """Lets the other thread come to where it waits for the work."""
    await asyncio.sleep(0.05)


def interrupt() -> None:
    signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)


def test_work_gives_its_result_or_its_error(loop):
    async def work(value):
        if value is None:
            raise LookupError("none")
        return value

    assert loop.run(work(3)) == 3
    with pytest.raises(LookupError, match="none"):
        loop.run(work(None))


def test_one_interruption_lets_the_work_come_to_an_end(loop):
    told: list[str] = []
    stop = asyncio.Event()

    async def work() -> None:
        await come_to_wait()
        interrupt()
        await stop.wait()
        told.append("landed")

    with pytest.raises(KeyboardInterrupt):
        loop.run(work(), on_interrupt=stop.set)
    assert told == ["landed"]


def test_a_second_interruption_cancels_it_and_waits_for_what_it_closes(loop):
    told: list[str] = []

    async def part() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            told.append("closed")

    async def work() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(part())
            await come_to_wait()
            interrupt()

    with pytest.raises(KeyboardInterrupt):
        loop.run(work(), on_interrupt=interrupt)
    assert told == ["closed"]


def test_an_interruption_of_work_that_nobody_stops_cancels_it(loop):
    async def work() -> None:
        await come_to_wait()
        interrupt()
        await asyncio.Event().wait()

    with pytest.raises(KeyboardInterrupt):
        loop.run(work())


def test_closing_leaves_nothing_at_work_and_may_happen_twice():
    told: list[str] = []
    begun = threading.Event()
    loop = BackgroundLoop(grace_seconds=60.0)

    async def forever() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            told.append("ended")

    async def start() -> None:
        kept.append(asyncio.create_task(forever()))

    kept: list[asyncio.Task[None]] = []
    loop.run(start())
    assert begun.wait(30)
    loop.close()
    loop.close()
    assert told == ["ended"]
    assert kept[0].cancelled()
