"""How many calls are under way at once: as many as the user allows, fewer while the server asks for less.

    limiter = Limiter(64)
    async with limiter.slot() as slot:
        ...                                        # the call
        limiter.succeeded(slot)                    # or: limiter.limited(slot, wait_seconds=2.0)
    limiter.landed(1)                              # the answer is on the disk: now its slot is free

Additive increase, multiplicative decrease (Chiu and Jain, 1989), as TCP does: one more after a full round of
answers, half as many after a 429. Calls that were under way at the time of a halving do not halve again. An answer
keeps its slot until it is written down, so that a killed process loses no more answers than there are slots.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

__all__ = ["Limiter", "Slot", "backoff_seconds"]

_LONGEST_BACKOFF_SECONDS = 60.0


@dataclass(slots=True)
class Slot:
    """One slot.

    Attributes:
        began: monotonic time at which it was got.
        answered: it is kept until its answer has landed.
    """

    began: float
    answered: bool = False


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
    async def slot(self) -> AsyncIterator[Slot]:
        """Waits for a slot; it is free again afterwards, or where there was an answer, when that has landed."""
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
        slot = Slot(time.monotonic())
        try:
            yield slot
        finally:
            if not slot.answered:
                self.landed(1)

    def landed(self, answers: int) -> None:
        """So many answers are on the disk: their slots are free."""
        self.in_flight -= answers
        self._let_in()

    def succeeded(self, slot: Slot) -> None:
        """After an answer: a limit of n grows by one after n of them."""
        slot.answered = True
        self.limit = min(float(self.most), self.limit + 1 / self.limit)

    def limited(self, slot: Slot, *, wait_seconds: float | None) -> None:
        """After a 429.

        Args:
            slot: of the call.
            wait_seconds: of Retry-After; nobody starts before.
        """
        now = time.monotonic()
        if slot.began >= self._halved_at:
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
