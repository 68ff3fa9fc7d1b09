"""How many calls are under way at once: as many as the user allows, fewer while the server asks for less.

    limiter = Limiter(64)
    async with limiter.slot() as began:
        ...                                        # the call
        limiter.succeeded()                        # or: limiter.limited(began, wait_seconds=2.0)

Additive increase, multiplicative decrease (Chiu and Jain, 1989), as TCP does: one more after a full round of
answers, half as many after a 429. Calls that were under way at the time of a halving do not halve again.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

__all__ = ["Limiter", "backoff_seconds"]

_LONGEST_BACKOFF_SECONDS = 60.0


class Limiter:
    """Slots for calls; used by one event loop.

    Args:
        most: never more at once.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.limit = float(most)
        self.in_flight = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._halved_at = 0.0
        self._paused_until = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[float]:
        """Waits for a slot and gives the time at which it was got."""
        if self._waiting or not self._has_room():
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            self._let_in()
            try:
                await turn
            except asyncio.CancelledError:
                self._give_up(turn)
                raise
        else:
            self.in_flight += 1
        try:
            yield time.monotonic()
        finally:
            self.in_flight -= 1
            self._let_in()

    def succeeded(self) -> None:
        """After an answer: a limit of n grows by one after n of them."""
        self.limit = min(float(self.most), self.limit + 1 / self.limit)

    def limited(self, began: float, *, wait_seconds: float | None) -> None:
        """After a 429.

        Args:
            began: what `slot` gave to the call.
            wait_seconds: of Retry-After; nobody starts before.
        """
        now = time.monotonic()
        if began >= self._halved_at:
            self.limit = max(1.0, self.limit / 2)
            self._halved_at = now
        if wait_seconds is not None:
            self._paused_until = max(self._paused_until, now + wait_seconds)

    def _has_room(self) -> bool:
        return self.in_flight < int(self.limit) and time.monotonic() >= self._paused_until

    def _let_in(self) -> None:
        while self._waiting and self._has_room():
            turn = self._waiting.popleft()
            if not turn.done():
                self.in_flight += 1
                turn.set_result(None)
        pause = self._paused_until - time.monotonic()
        if self._waiting and pause > 0 and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(pause, self._after_pause)

    def _after_pause(self) -> None:
        self._timer = None
        self._let_in()

    def _give_up(self, turn: asyncio.Future[None]) -> None:
        """A caller that was cancelled while it waited; its slot may have been given to it at the same moment."""
        if turn.done() and not turn.cancelled():
            self.in_flight -= 1
            self._let_in()
        elif turn in self._waiting:
            self._waiting.remove(turn)


def backoff_seconds(key: str, failed: int, *, first: float) -> float:
    """How long to wait before a call is tried again.

    Args:
        key: of the call; spreads the waits by half either way, so that calls do not march in step.
        failed: tries so far, from 1.
        first: seconds after the first one; doubled after each further one, up to a minute.
    """
    digest = hashlib.sha256(f"backoff\x1f{failed}\x1f{key}".encode()).digest()
    drawn = int.from_bytes(digest[:4], "big") / 2**32
    return min(_LONGEST_BACKOFF_SECONDS, first * 2.0 ** (failed - 1)) * (0.5 + drawn)
