"""An event loop in a thread of its own, so that calls can be made from anywhere, notebooks included.

loop = BackgroundLoop()
loop.run(live.resolve(requests), on_interrupt=stop)
loop.close()
"""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from typing import Any, TypeVar

__all__ = ["BackgroundLoop", "uncollected"]

_CANCEL_SECONDS = 5.0
"""For tasks that were cancelled to come to their end; each only closes what it holds."""

Result = TypeVar("Result")


class BackgroundLoop:
    """A running event loop.

    Args:
        grace_seconds: how long work goes on after Ctrl-C, to land what is under way.
    """

    def __init__(self, *, grace_seconds: float) -> None:
        self._grace_seconds = grace_seconds
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="calls", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, Result], *, on_interrupt: Callable[[], None] | None = None) -> Result:
        """Runs `work` to its end and gives its result.

        Args:
            work: what to do.
            on_interrupt: called in the loop after Ctrl-C; it should let `work` come to an end soon. A second Ctrl-C,
                or the end of the time of grace, cancels it.
        """
        future: Future[Result] | None = None
        try:
            future = asyncio.run_coroutine_threadsafe(work, self._loop)
            return future.result()
        except KeyboardInterrupt:
            try:
                if on_interrupt is not None and future is not None:
                    self._loop.call_soon_threadsafe(on_interrupt)
                    wait([future], timeout=self._grace_seconds)
            finally:
                self._end(future)
            raise

    def close(self) -> None:
        """Cancels what still runs in it, then ends the loop and its threads. May be called again."""
        if self._loop.is_closed():
            return
        try:
            self._end(None)
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def _end(self, work: Future[Any] | None) -> None:
        """Cancels `work`, then whatever else runs in the loop, and waits for it: nothing may outlive the loop."""
        if work is not None:
            work.cancel()
        wait([asyncio.run_coroutine_threadsafe(_ended(is_cancelled=work is not None), self._loop)])


async def _ended(*, is_cancelled: bool) -> None:
    """Waits for what a task that was cancelled takes down with it, then cancels what is left.

    A task that is cancelled together with the one that made it would be cancelled twice, and not come to close things.
    """
    for cancels in (False, True) if is_cancelled else (True,):
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks if cancels else ():
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=_CANCEL_SECONDS)


@contextmanager
def uncollected() -> Iterator[None]:
    """Lets the garbage collector pass over all that is there already; what is made inside is collected as ever.

    Going through everything that was loaded and built takes a tenth of a second and more, in which the loop takes no
    answer and sends no call; many calls bring it about every few seconds.
    """
    if gc.get_freeze_count():  # somebody else's decision, or a wave inside another
        yield
        return
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
