"""Calls made now, many at once: the ledger before, the limiter and the budget around, the server behind.

    live = Live(endpoint=endpoint, ledger=ledger, pictures=pictures, budget=budget, options=options)
    failures = await live.resolve([KeyedRequest("3fa9...", request), ...])
    # every answer is in the ledger; {"77aa...": CallFailure(...)} for calls without one

Workers take calls one after the other. A call is claimed in the ledger before it is sent, sent as often as it takes,
and its answer written down; `resolve` returns when the disk holds all of them. When something ends the run (no money,
a wrong key, a full disk, Ctrl-C, a fault of our own in one call), nothing new is sent, and what is under way lands
first. Whoever waits for anything else (a slot, money, the end of a pause) is woken and stops.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any, NamedTuple

from stvqa.errors import CallError, StvqaError
from stvqa.logs import logger_of
from stvqa.store.ledger import Ledger
from stvqa.store.ledger_counts import costed
from stvqa.store.ledger_rows import INTERRUPTED, Answer, Claim, Intent
from stvqa.teachers.calls.billing import may_be_billed
from stvqa.teachers.calls.budget import Budget
from stvqa.teachers.calls.contract import CallFailure, CallRequest
from stvqa.teachers.calls.endpoint import Endpoint
from stvqa.teachers.calls.hopeless import Streak, unforeseen
from stvqa.teachers.calls.keys import KeyedRequest, call_key
from stvqa.teachers.calls.learning import Learning
from stvqa.teachers.calls.limiter import Limiter, backoff_seconds
from stvqa.teachers.calls.options import CallOptions
from stvqa.teachers.calls.pictures import Pictures, PictureUnavailable
from stvqa.teachers.calls.refusals import Verdict
from stvqa.teachers.calls.rendering import Rendering
from stvqa.teachers.calls.sight import are_twins, sees_images, without_images
from stvqa.teachers.calls.silence import NO_ROOM, SILENT_TRIES, unsaid
from stvqa.teachers.calls.wire import chat_body, features_of, output_limit
from stvqa.teachers.calls.workers import Stopped, Workers
from stvqa.teachers.calls.writing import Writing

__all__ = ["Live"]

_logger = logger_of(__name__)

_AHEAD_AT_LEAST = 8
"""Workers beyond the limit of calls at once, or as many again: they prepare the next calls, and wait for the disk to
hold them, while others wait for answers."""

_BUSY_SECONDS = 0.2
_SHORT_SECONDS = 1.0


class _Prepared(NamedTuple):
    key: str
    request: CallRequest
    urls: tuple[str, ...]


class Live:
    """Makes calls. Used by one event loop.

    Args:
        threads: where images are rendered.

    Attributes:
        on_end: called after each call that came to an end.
        learning: what is known of the server.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        ledger: Ledger,
        pictures: Pictures,
        budget: Budget,
        options: CallOptions,
        threads: Executor,
    ) -> None:
        self._endpoint = endpoint
        self._ledger = ledger
        self._pictures = pictures
        self._budget = budget
        self._options = options
        self._rendering = Rendering(pictures, threads)
        self._limiter = Limiter(options.concurrency)
        self.learning = Learning(ledger, server=endpoint.server)
        self.on_end: Callable[[], None] = _nobody
        self._waiting: deque[KeyedRequest] = deque()
        self._requests: dict[str, CallRequest] = {}
        self._failures: dict[str, CallFailure] = {}
        self._writing = Writing(ledger, on_landed=self._limiter.landed, on_error=self._failed)
        self._workers = Workers()
        self._sent: dict[str, int] = {}  # where each is marked as under way
        self._streak = Streak()

    async def resolve(self, requests: Sequence[KeyedRequest]) -> dict[str, CallFailure]:
        """Brings every call to an answer in the ledger, or to a failure.

        Raises:
            StvqaError: what ended the run early; all answers that came are in the ledger.
        """
        self._waiting, self._failures = deque(requests), {}
        self._requests, self._sent = dict(requests), {}
        self._budget.check_paid(self._ledger.totals())
        for model in {keyed.request.model for keyed in requests}:
            self._budget.check(model)
        most = self._options.concurrency
        count = min(len(requests), most + max(_AHEAD_AT_LEAST, most))
        await self._workers.run(self._work, count=count, settled=self._writing.settled)
        return self._failures

    def stop(self, error: StvqaError) -> None:
        """Sends nothing new and wakes all who wait; `resolve` raises the error once what is under way has landed."""
        self._workers.stop(error)

    async def _work(self) -> None:
        while self._waiting and self._workers.error is None:
            keyed = self._waiting.popleft()
            try:
                await self._one(keyed)
                self.on_end()
            except Stopped:
                return
            except Exception as error:  # noqa: BLE001 (one call's error ends the run, in order, with its name)
                self._failed(keyed.key, error)

    def _failed(self, key: str, error: BaseException) -> None:
        """Ends the run for an error in one call."""
        if not isinstance(error, StvqaError):
            error = unforeseen(key, self._requests[key], error, secret=self._endpoint.secret)
        self.stop(error)

    @contextmanager
    def _given_back(self, key: str) -> Iterator[None]:
        """Frees a call that the run ended before; one that was sent counts as interrupted, and may be billed.

        Also one whose claim is still on its way to the disk: nobody waits for it any longer.
        """
        try:
            yield
        except BaseException:
            if (place := self._sent.pop(key, None)) is not None:
                self._writing.lose(key, reason=INTERRUPTED, place=place)
            self._writing.unclaim(key)
            raise

    async def _one(self, keyed: KeyedRequest) -> None:
        key, request = keyed
        urls: tuple[str, ...] = ()
        try:
            if "images" in features_of(request):
                urls = await self._rendering.urls(request)
        except PictureUnavailable as error:
            self._failures[key] = CallFailure(key, "image-unreadable", str(error))
            return
        prepared = _Prepared(key, request, urls)
        async with self.learning.alone(request.model, features_of(request)):
            with self._given_back(key):
                outcome = await self._try(prepared)
                if isinstance(outcome, Verdict):
                    self._give_up(prepared, outcome)
                elif outcome is not None and urls and not self.learning.of(request.model).sees:
                    await self._look(prepared, outcome)

    async def _look(self, prepared: _Prepared, seen: Answer) -> None:
        """Finds out, once for a server and model, whether it looks at images at all."""
        twin = without_images(prepared.request)
        blind = _Prepared(call_key(twin, digest=self._pictures.digest), twin, ())
        self._requests[blind.key] = twin
        answers = self._ledger.answers([blind.key])
        outcome: Answer | Verdict | None = None
        if not answers:
            with self._given_back(blind.key):
                outcome = await self._try(blind)
        if isinstance(outcome, Verdict):
            self._writing.release(blind.key, reason=outcome.reason, detail=outcome.detail, closed=False)
        elif outcome is not None:
            answers = {blind.key: self._believed(blind, outcome)}
        seen = self._believed(prepared, seen)
        if answers and not are_twins(seen, answers[blind.key]):
            return  # the next call with images is compared instead
        if answers and not sees_images(seen, answers[blind.key], count=len(prepared.urls)):
            self._writing.withdraw(prepared.key)
            where = f"{twin.model} at {self._endpoint.server.shown}"
            told = f"{where} takes images and does not look at them (it reads as many tokens without them)"
            self.stop(CallError(f"{told}: name a model that does, or serve it with its vision part"))
            return
        self.learning.sees(twin.model)

    def _believed(self, prepared: _Prepared, answer: Answer) -> Answer:
        """An answer without counts of tokens that cannot be: they say nothing of images either."""
        limit = output_limit(prepared.request, self.learning.of(prepared.request.model))
        return costed(answer, self._budget.intent(prepared.key, prepared.request, output_tokens=limit).most).answer

    async def _claimed(self, intent: Intent) -> bool:
        """True: ours to make. False: answered, by us before or by another process meanwhile.

        Raises:
            BudgetError: it does not fit, and no call is under way that may turn out cheaper.
        """
        beside = True
        while True:
            since = self._writing.frees
            with self._workers.to_its_end():
                claim = await self._writing.claim(intent, fits=self._budget.fits)
            if claim in (Claim.MINE, Claim.ANSWERED):
                return claim is Claim.MINE
            if claim is Claim.FULL:
                if await self._writing.freed(since):
                    continue
                if not beside:
                    raise self._budget.exhausted(self._ledger.totals(), intent)
                beside = self._ledger.is_used_beside()  # if not, what it paid in the end is seen once more
            await asyncio.sleep(_BUSY_SECONDS)

    async def _try(self, prepared: _Prepared) -> Answer | Verdict | None:
        """Tries until there is an answer, or there will be none; None where another process has it."""
        key, request, urls = prepared
        failed, silent = 0, 0
        while True:
            ability = self.learning.of(request.model)
            body = chat_body(request, ability, urls=urls)
            intent = self._budget.intent(key, request, output_tokens=output_limit(request, ability))
            if not await self._claimed(intent):
                return None
            outcome = await self._send(prepared, body)
            if isinstance(outcome, Answer):
                silence = self._recorded(key, outcome)
                if silence is None:
                    self._answered(prepared, outcome)
                    return outcome
                if silence.reason == NO_ROOM and not ability.reasons:
                    self.learning.saw_thoughts(request.model)
                    continue
                outcome, silent = silence, silent + 1
            else:
                self._unanswered(key, outcome)
            if outcome.kind == "learn" and self.learning.learn(request, outcome, sent_with=ability):
                continue
            if outcome.kind not in ("retry", "limited") or outcome.reason == NO_ROOM or silent >= SILENT_TRIES:
                return outcome
            failed += 1
            if failed >= self._options.tries or (outcome.reason == "nobody-listens" and not self._streak.has_answered):
                return outcome
            await asyncio.sleep(self._pause(key, outcome, failed=failed))

    def _pause(self, key: str, outcome: Verdict, *, failed: int) -> float:
        """Seconds before the next try."""
        wait = outcome.wait_seconds or 0.0
        if wait >= _SHORT_SECONDS:
            return wait
        # "At once", again and again, would use up all tries.
        return max(wait, backoff_seconds(key, failed, first=self._options.backoff_seconds))

    def _recorded(self, key: str, answer: Answer) -> Verdict | None:
        """Takes an answer down; gives the reason why it is none, where it says nothing."""
        silence: Verdict | None = None
        says_something = True  # what is kept is looked at again before it is used
        try:
            silence = unsaid(answer, secret=self._endpoint.secret)
            says_something = silence is None
        finally:  # it is paid, whatever becomes of it
            self._writing.record(key, answer, final=says_something, place=self._sent.pop(key, None))
        return silence

    def _unanswered(self, key: str, outcome: Verdict) -> None:
        """Takes down a try without an answer, where it may be billed."""
        place = self._sent.pop(key)
        if may_be_billed(outcome):
            self._writing.lose(key, reason=outcome.reason, place=place)
        else:
            self._ledger.unmark(place)

    async def _send(self, prepared: _Prepared, body: Mapping[str, Any]) -> Answer | Verdict:
        """One try, within the limit of calls at once."""
        async with self._limiter.slot() as slot:
            with self._workers.to_its_end():
                outcome = await self._ask(prepared, body)
            if isinstance(outcome, Answer):
                self._limiter.succeeded(slot)
            elif outcome.kind == "limited":
                self._limiter.limited(slot, wait_seconds=outcome.wait_seconds)
        return outcome

    async def _ask(self, prepared: _Prepared, body: Mapping[str, Any]) -> Answer | Verdict:
        key, began = prepared.key, time.monotonic()
        self._sent[key] = self._ledger.mark(key)
        outcome = await self._endpoint.ask(body, key=key, images=bool(prepared.urls))
        said = "answered" if isinstance(outcome, Answer) else f"{outcome.kind}, {outcome.reason}"
        _logger.debug("%s of %s: %s, %.3f s", key, prepared.request.model, said, time.monotonic() - began)
        return outcome

    def _answered(self, prepared: _Prepared, answer: Answer) -> None:
        self._streak.answered()
        self.learning.answered(prepared.request, answer)

    def _give_up(self, prepared: _Prepared, verdict: Verdict) -> None:
        """Takes down that a call brought nothing; many in a row say that none will bring anything."""
        reason = verdict.reason if verdict.kind in ("fail", "learn") else "gave-up"
        closed = verdict.kind in ("fail", "learn")
        key, detail = prepared.key, verdict.detail
        self._failures[key] = CallFailure(key, reason, detail)
        _logger.warning("%s of %s has no answer: %s, %s", key, prepared.request.model, reason, detail)
        where = f"{prepared.request.model} at {self._endpoint.server.shown}"
        hopeless = self._streak.failed(verdict, reason=reason, where=where)
        if hopeless is not None:
            self.stop(hopeless)
        self._writing.release(key, reason=reason, detail=detail, closed=closed)


def _nobody() -> None:
    """Told of nothing."""
