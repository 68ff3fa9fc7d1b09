"""Whoever waits hears that work goes on, whatever comes of it."""

from __future__ import annotations

import asyncio

import pytest

from stvqa.teachers.calls.heartbeat import with_beats


def test_beats_come_until_the_work_is_done_and_not_after():
    beats: list[int] = []

    async def scenario() -> str:
        third = asyncio.Event()

        def beat() -> None:
            beats.append(1)
            if len(beats) == 3:
                third.set()

        async def work() -> str:
            await third.wait()
            return "done"

        result = await with_beats(work(), beat=beat, seconds=0.001)
        count = len(beats)
        await asyncio.sleep(0.02)
        assert len(beats) == count
        return result

    assert asyncio.run(scenario()) == "done"


def test_an_error_of_the_work_ends_the_beats():
    beats = []

    async def work() -> None:
        raise ValueError("broken")

    async def scenario() -> None:
        with pytest.raises(ValueError, match="broken"):
            await with_beats(work(), beat=lambda: beats.append(1), seconds=0.001)
        await asyncio.sleep(0.02)

    asyncio.run(scenario())
    assert not beats
