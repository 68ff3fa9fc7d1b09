"""What calls write to the ledger, followed until the disk holds it.

    writing = Writing(ledger, on_landed=limiter.landed, on_error=stop)
    await writing.claim(intent, fits=budget.fits)      # Claim.MINE, once the disk holds it
    writing.record("3fa9...", answer, final=True)      # goes on at once
    await writing.settled()                            # the disk holds all that was given here

The ledger makes changes in the order in which they are asked for, and groups them.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from stvqa.store.ledger import Fits, Ledger
from stvqa.store.ledger_counts import Most
from stvqa.store.ledger_rows import Answer, Claim, Intent

__all__ = ["Writing"]


class Writing:
    """Claims and answers on their way to the ledger; used by one event loop.

    Args:
        ledger: where they go.
        on_landed: told how many answers are dealt with, whenever some are.
        on_error: told which call's writing failed, and why.

    Attributes:
        frees: how often it was found out what a call costs.
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
        self.frees = 0
        self._held: dict[str, Most] = {}
        self._freed = asyncio.Event()
        self._nothing_under_way = asyncio.Event()
        self._nothing_under_way.set()

    async def claim(self, intent: Intent, *, fits: Fits | None = None) -> Claim:
        """Takes down durably that a call is about to be made; it must not be sent unless `MINE`."""
        if self._held.get(intent.key) == intent.most:
            return Claim.MINE  # of an earlier try, which cost nothing
        claimed: asyncio.Future[list[Claim]] = asyncio.get_running_loop().create_future()
        self._when_done(self._ledger.claim([intent], fits=fits), lambda done: _hand_on(done, claimed))
        (claim,) = await claimed
        if claim is Claim.MINE:
            self._held[intent.key] = intent.most
        return claim

    async def freed(self, since: int) -> bool:
        """Waits until what is set aside for some call of ours is free again; False where nothing is set aside.

        Args:
            since: of `frees`, before the claim for which there was no room.
        """
        if self.frees == since and not self._held:
            return False
        while self.frees == since:
            self._freed.clear()
            await self._freed.wait()
        return True

    def unclaim(self, key: str) -> None:
        """Has a claim given back whose call was not sent; see `Ledger.unclaim`."""
        self._free(key)
        self._follow(key, self._ledger.unclaim(key))

    def record(self, key: str, answer: Answer, *, final: bool, place: int | None = None) -> None:
        """Has an answer written down; see `Ledger.record`.

        Args:
            place: of the mark that says that the call is under way; taken away once the answer is on the disk.
        """
        self._free(key)
        self._follow(key, self._ledger.record(key, answer, final=final), answers=1, place=place)

    def lose(self, key: str, *, reason: str, place: int | None = None) -> None:
        """Has a try written down that brought no answer and may be billed; see `Ledger.lose` and `record`."""
        self._free(key)
        self._follow(key, self._ledger.lose(key, reason=reason), place=place)

    def release(self, key: str, *, reason: str, detail: str, closed: bool) -> None:
        """Has a call given back that brought no answer; see `Ledger.release`."""
        self._free(key)
        self._follow(key, self._ledger.release(key, reason=reason, detail=detail, closed=closed))

    def withdraw(self, key: str) -> None:
        """Has an answer taken out of use; see `Ledger.withdraw`."""
        self._follow(key, self._ledger.withdraw(key))

    async def settled(self) -> None:
        """Waits until the disk holds all that was given here, or `on_error` was told why it does not."""
        await self._nothing_under_way.wait()

    def _free(self, key: str) -> None:
        """What was set aside is free for others: the ledger takes their claims up only after this."""
        self._held.pop(key, None)
        self.frees += 1
        self._freed.set()

    def _follow(self, key: str, future: Future[None], *, answers: int = 0, place: int | None = None) -> None:
        self._under_way += 1
        self._nothing_under_way.clear()
        self._when_done(future, lambda done: self._landed(key, done.exception(), answers, place))

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

    def _landed(self, key: str, error: BaseException | None, answers: int, place: int | None) -> None:
        self._under_way -= 1
        if place is not None and error is None:
            self._ledger.unmark(place)
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
