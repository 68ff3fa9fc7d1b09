"""What calls write to the ledger, gathered: one transaction for all that came up while the last one was on its way.

    writing = Writing(ledger, on_landed=limiter.landed, on_error=stop)
    await writing.claim(Intent("3fa9...", "verify", "vote", "gpt-4o"))    # Claim.MINE, once the disk holds it
    writing.record("3fa9...", answer, final=True)                         # goes on at once
    await writing.settled()                                               # the disk holds all that was recorded

The ledger's thread groups commits as well; gathering in the loop spares each call its own way there and back, which
costs more than the statements themselves: a wake-up of either thread, and a turn at the interpreter's lock.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from typing import NamedTuple

from stvqa.errors import StvqaError
from stvqa.store.ledger import Ledger, Recorded
from stvqa.store.ledger_rows import Answer, Claim, Intent

__all__ = ["Writing"]

_PAUSE_SECONDS = 0.002
"""From one hand-over to the next; the first after a quiet time goes at once. A longer pause would spare a little more,
and an answer that is not on the disk yet is paid twice if the process is killed."""


class _Claimed(NamedTuple):
    intent: Intent
    turn: asyncio.Future[Claim]


class Writing:
    """Claims and answers on their way to the ledger; used by one event loop.

    Args:
        ledger: where they go.
        on_landed: told how many answers are dealt with, whenever some are.
        on_error: told of the error that kept answers from the disk; `settled` raises it too.
    """

    def __init__(
        self, ledger: Ledger, *, on_landed: Callable[[int], None], on_error: Callable[[StvqaError], None]
    ) -> None:
        self._ledger = ledger
        self._on_landed = on_landed
        self._on_error = on_error
        self._claims: list[_Claimed] = []
        self._answers: list[Recorded] = []
        self._on_their_way: set[Future[list[Claim]]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._next = 0.0

    async def claim(self, intent: Intent) -> Claim:
        """Takes down durably that a call is about to be made; it must not be sent unless `MINE`."""
        turn: asyncio.Future[Claim] = asyncio.get_running_loop().create_future()
        self._claims.append(_Claimed(intent, turn))
        self._soon()
        return await turn

    def record(self, key: str, answer: Answer, *, final: bool) -> None:
        """Has an answer written down; see `Ledger.record`. `settled` says when the disk holds it."""
        self._answers.append(Recorded(key, answer, final))
        self._soon()

    def hand_over(self) -> None:
        """Gives the ledger all that was gathered: what is asked of the ledger next comes after it."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        claims, answers = self._claims, self._answers
        if not claims and not answers:
            return
        self._claims, self._answers = [], []
        loop = asyncio.get_running_loop()
        self._next = loop.time() + _PAUSE_SECONDS
        future = self._ledger.write([claim.intent for claim in claims], answers)
        self._on_their_way.add(future)
        future.add_done_callback(lambda done: loop.call_soon_threadsafe(self._landed, done, claims, len(answers)))

    async def settled(self) -> None:
        """Waits until the disk holds every answer that was recorded.

        Raises:
            StvqaError: it does not, and why.
        """
        self.hand_over()
        for future in tuple(self._on_their_way):
            await asyncio.wrap_future(future)

    def forget(self) -> None:
        """Begins anew, after an error that was told."""
        self._on_their_way.clear()

    def _soon(self) -> None:
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at(max(self._next, loop.time()), self._after_pause)

    def _after_pause(self) -> None:
        self._timer = None
        self.hand_over()

    def _landed(self, future: Future[list[Claim]], claims: list[_Claimed], answers: int) -> None:
        error = future.exception()
        if answers:
            self._on_landed(answers)
        if error is None:
            self._on_their_way.discard(future)
            for claimed, claim in zip(claims, future.result(), strict=True):
                if not claimed.turn.done():
                    claimed.turn.set_result(claim)
            return
        for claimed in claims:
            if not claimed.turn.done():
                claimed.turn.set_exception(error)
        if isinstance(error, StvqaError):
            self._on_error(error)
