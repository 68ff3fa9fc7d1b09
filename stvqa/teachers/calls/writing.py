"""What calls write to the ledger, followed until the disk holds it.

    writing = Writing(ledger, on_landed=limiter.landed, on_error=stop)
    await writing.claim(Intent("3fa9...", "verify", "vote", "gpt-4o"))    # Claim.MINE, once the disk holds it
    writing.record("3fa9...", answer, final=True)                         # goes on at once
    await writing.settled()                                               # the disk holds all that was given here

The ledger makes changes in the order in which they are asked for, and groups them.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from stvqa.store.ledger import Ledger
from stvqa.store.ledger_rows import Answer, Claim, Intent

__all__ = ["Writing"]


class Writing:
    """Claims and answers on their way to the ledger; used by one event loop.

    Args:
        ledger: where they go.
        on_landed: told how many answers are dealt with, whenever some are.
        on_error: told which call's writing failed, and why.
    """

    def __init__(
        self, ledger: Ledger, *, on_landed: Callable[[int], None], on_error: Callable[[str, BaseException], None]
    ) -> None:
        self._ledger = ledger
        self._on_landed = on_landed
        self._on_error = on_error
        self._ended: deque[Callable[[], None]] = deque()
        self._is_told = False
        self._under_way = 0
        self._nothing_under_way = asyncio.Event()
        self._nothing_under_way.set()

    async def claim(self, intent: Intent) -> Claim:
        """Takes down durably that a call is about to be made; it must not be sent unless `MINE`."""
        claimed: asyncio.Future[list[Claim]] = asyncio.get_running_loop().create_future()
        self._when_done(self._ledger.claim([intent]), lambda done: _hand_on(done, claimed))
        (claim,) = await claimed
        return claim

    def unclaim(self, key: str) -> None:
        """Has a claim given back whose call was not sent; see `Ledger.unclaim`."""
        self._follow(key, self._ledger.unclaim(key))

    def record(self, key: str, answer: Answer, *, final: bool) -> None:
        """Has an answer written down; see `Ledger.record`."""
        self._follow(key, self._ledger.record(key, answer, final=final), answers=1)

    def release(self, key: str, *, reason: str, detail: str, closed: bool) -> None:
        """Has a call given back that brought no answer; see `Ledger.release`."""
        self._follow(key, self._ledger.release(key, reason=reason, detail=detail, closed=closed))

    def withdraw(self, key: str) -> None:
        """Has an answer taken out of use; see `Ledger.withdraw`."""
        self._follow(key, self._ledger.withdraw(key))

    async def settled(self) -> None:
        """Waits until the disk holds all that was given here, or `on_error` was told why it does not."""
        await self._nothing_under_way.wait()

    def _follow(self, key: str, future: Future[None], *, answers: int = 0) -> None:
        self._under_way += 1
        self._nothing_under_way.clear()
        self._when_done(future, lambda done: self._landed(key, done.exception(), answers))

    def _when_done(self, future: Future[Any], then: Callable[[Future[Any]], None]) -> None:
        """Calls `then` in the loop.

        The ledger's thread wakes the loop once for all that a commit ended: each waking is a system call, after which
        that thread has to wait for its turn again.
        """
        loop = asyncio.get_running_loop()

        def ended(done: Future[Any]) -> None:
            self._ended.append(lambda: then(done))
            if not self._is_told:
                self._is_told = True
                loop.call_soon_threadsafe(self._deal, loop)

        future.add_done_callback(ended)

    def _deal(self, loop: asyncio.AbstractEventLoop) -> None:
        self._is_told = False  # first: what ends from now on is told of again
        while self._ended:
            loop.call_soon(self._ended.popleft())

    def _landed(self, key: str, error: BaseException | None, answers: int) -> None:
        self._under_way -= 1
        if not self._under_way:
            self._nothing_under_way.set()
        if answers:
            self._on_landed(answers)
        if error is not None:
            self._on_error(key, error)


def _hand_on(done: Future[Any], waiting: asyncio.Future[Any]) -> None:
    """Gives a result or an error to who waits in the loop, if anybody still does."""
    if waiting.done():
        return
    error = done.exception()
    if error is None:
        waiting.set_result(done.result())
    else:
        waiting.set_exception(error)
