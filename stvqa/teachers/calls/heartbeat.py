"""Somebody who waits is told that work goes on: now and then, whatever comes or does not come.

await with_beats(live.resolve(requests), beat=lambda: progress.calls(0, 500))
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

__all__ = ["BEAT_SECONDS", "with_beats"]

Result = TypeVar("Result")

BEAT_SECONDS = 30.0


async def with_beats(
    work: Coroutine[Any, Any, Result], *, beat: Callable[[], None], seconds: float = BEAT_SECONDS
) -> Result:
    """Does the work, and calls `beat` each so many seconds until it is done.

    Raises:
        BaseException: what the work raises.
    """
    beats = asyncio.create_task(_beats(beat, seconds))
    try:
        return await work
    finally:
        beats.cancel()


async def _beats(beat: Callable[[], None], seconds: float) -> None:
    while True:
        await asyncio.sleep(seconds)
        beat()
