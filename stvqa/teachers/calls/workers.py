"""Tasks that work side by side and end together: at the end of the work, or when something stops them.

    workers = Workers()
    await workers.run(work, count=64)         # work() in 64 tasks; raises the error that stopped them
    with workers.to_its_end():                # inside a task: a call that is sent, a change on its way to the disk
        ...
    workers.stop(CallError("interrupted"))    # from anywhere in the loop

A stop wakes every task that waits (for a slot, for money, for the end of a pause), whatever it waits for: it is
cancelled there. Only what stands under `to_its_end` comes to its end first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress

from stvqa.errors import BudgetError, StvqaError

__all__ = ["GRACE_SECONDS", "Steps", "Stopped", "Workers"]

GRACE_SECONDS = 20.0
"""After Ctrl-C or an error, for what is under way to land."""


class Stopped(Exception):  # noqa: N818 (an event, not an error)
    """The work was stopped before something was begun."""


class Workers:
    """Used by one event loop.

    Args:
        grace_seconds: how long after a stop what is under way may take to its end.

    Attributes:
        error: why they are stopping; None: they are not.
    """

    def __init__(self, *, grace_seconds: float = GRACE_SECONDS) -> None:
        self.error: StvqaError | None = None
        self._grace_seconds = grace_seconds
        self._grace: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._landing: set[asyncio.Task[None]] = set()

    async def run(
        self,
        work: Callable[[], Coroutine[None, None, None]],
        *,
        count: int,
        settled: Callable[[], Coroutine[None, None, None]],
    ) -> None:
        """Does `work` in `count` tasks, each of which ends early by itself where `error` is set.

        Args:
            work: of one task; its errors are its own to catch.
            count: of tasks.
            settled: waits for what the tasks left under way.

        Raises:
            StvqaError: what stopped them.
        """
        try:
            async with asyncio.TaskGroup() as group:
                self._tasks = {group.create_task(work()) for _ in range(count)}
            await settled()
            if self.error is not None:
                raise self.error
        finally:
            self.error = None
            if self._grace is not None:
                self._grace.cancel()
                self._grace = None

    def stop(self, error: StvqaError) -> None:
        """Wakes all who wait and lets nothing new begin; `run` raises the error once what is under way has ended."""
        if self.error is not None:
            return  # the first one says what happened; the rest follow from it
        self.error = error
        for task in self._tasks - self._landing - {asyncio.current_task()}:
            task.cancel()
        if not isinstance(error, BudgetError):  # there what is under way is the last that the money buys
            self._grace = asyncio.get_running_loop().call_later(self._grace_seconds, self._cut_off)

    def _cut_off(self) -> None:
        """Ends what has not come to its end within the time of grace."""
        for task in self._landing:
            task.cancel()

    @contextmanager
    def to_its_end(self) -> Iterator[None]:
        """What is done inside comes to its end, also when a stop comes meanwhile.

        Raises:
            Stopped: it came before, and nothing was done.
        """
        if self.error is not None:
            raise Stopped
        task = asyncio.current_task()
        assert task is not None, "work is done in tasks"
        self._landing.add(task)
        try:
            yield
        finally:
            self._landed(task)

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._landing.discard(task)
        if self.error is not None:
            task.cancel()  # where it waits next


class Steps:
    """The steps of one task, between which it may be stopped."""

    def __init__(self) -> None:
        self._error: StvqaError | None = None
        self._stopping = asyncio.Event()

    def stop(self, error: StvqaError) -> None:
        """Lets no further step begin."""
        self._error = self._error or error
        self._stopping.set()

    def check(self) -> None:
        """Raises the error that stopped it, if one did."""
        if self._error is not None:
            raise self._error

    async def sleep(self, seconds: float) -> None:
        """Waits, and raises the error as soon as one stops it."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)
        self.check()
