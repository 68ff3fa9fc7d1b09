from __future__ import annotations

import asyncio
import time

from calling import opened, questions
from model_server import Faults, ModelServer, Traits

from stvqa.teachers.calls.limiter import Limiter, Slot


def test_never_more_at_once_than_allowed():
    async def work() -> int:
        limiter, now, most = Limiter(5), 0, 0

        async def one() -> None:
            nonlocal now, most
            async with limiter.slot():
                now += 1
                most = max(most, now)
                await asyncio.sleep(0.001)
                now -= 1

        await asyncio.gather(*(one() for _ in range(50)))
        assert limiter.in_flight == 0
        return most

    assert asyncio.run(work()) == 5


def test_halved_once_for_all_that_were_under_way_and_raised_slowly():
    async def work() -> None:
        limiter = Limiter(64)
        async with limiter.slot() as first, limiter.slot() as second:
            limiter.limited(first, wait_seconds=None)
            limiter.limited(second, wait_seconds=None)
        assert limiter.limit == 32
        async with limiter.slot() as later:
            limiter.limited(later, wait_seconds=None)
        assert limiter.limit == 16
        for _ in range(16):
            limiter.succeeded(Slot(0.0))
        assert 16.9 < limiter.limit <= 17
        for _ in range(10_000):
            limiter.succeeded(Slot(0.0))
        assert limiter.limit == 64
        for _ in range(20):
            async with limiter.slot() as began:
                limiter.limited(began, wait_seconds=None)
        assert limiter.limit == 1

    asyncio.run(work())


def test_an_answer_keeps_its_slot_until_it_has_landed():
    async def work() -> list[str]:
        told: list[str] = []
        limiter = Limiter(1)

        async def next_one() -> None:
            async with limiter.slot():
                told.append("next")

        async with limiter.slot() as slot:
            limiter.succeeded(slot)
        waiting = asyncio.create_task(next_one())
        await asyncio.sleep(0.02)
        told.append("landed")
        limiter.landed(1)
        await waiting
        assert limiter.in_flight == 0
        return told

    assert asyncio.run(work()) == ["landed", "next"]


def test_nobody_starts_before_the_server_allows():
    async def work() -> float:
        limiter = Limiter(4)
        async with limiter.slot() as began:
            limiter.limited(began, wait_seconds=0.1)
        started = time.monotonic()

        async def one() -> float:
            async with limiter.slot():
                return time.monotonic() - started

        return min(await asyncio.gather(*(one() for _ in range(6))))

    assert asyncio.run(work()) >= 0.09


def test_a_caller_that_gives_up_leaves_its_place_to_others():
    async def work() -> None:
        limiter = Limiter(1)

        async def one() -> None:
            async with limiter.slot():
                await asyncio.sleep(0.01)

        async with limiter.slot():
            waiting = [asyncio.create_task(one()) for _ in range(3)]
            await asyncio.sleep(0)
            waiting[0].cancel()
            await asyncio.sleep(0)
        await asyncio.gather(*waiting, return_exceptions=True)
        assert limiter.in_flight == 0
        await asyncio.wait_for(one(), 1)

    asyncio.run(work())


def test_a_server_never_sees_more_at_once_than_was_asked_for(tmp_path):
    with ModelServer(traits=Traits(latency_seconds=0.01)) as server:
        with opened(tmp_path, server.url, concurrency=6) as calls:
            calls.answer(questions(60))
        assert server.counts.most_in_flight == 6


def test_a_storm_of_429_is_weathered(tmp_path):
    with ModelServer(faults=Faults(rates={"rate-limited": 0.5})) as server:
        with opened(tmp_path, server.url, concurrency=16, tries=30) as calls:
            calls.answer(questions(30))
        assert server.counts.answered.total() == 30
