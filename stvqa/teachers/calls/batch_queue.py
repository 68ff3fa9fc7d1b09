"""Calls through the server's Batch API: half the price, within a day, and a killed run finds its batches again.

    queue = BatchQueue(endpoint=endpoint, ledger=ledger, live=live, ...)
    failures = await queue.resolve(requests)       # sends, waits, reads; what was not come to goes into the next batch

Before a batch is made it is noted in the ledger under a name of ours, which goes along as its metadata: a run that was
killed between making it and noting its id finds it by that name. Its calls belong to it until it ends.
"""

from __future__ import annotations

import asyncio
import secrets
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import BinaryIO, NamedTuple

from stvqa.errors import CallError
from stvqa.store.ledger import Ledger
from stvqa.store.ledger_rows import Claim, Intent
from stvqa.teachers.calls.batch_answers import BatchAnswers
from stvqa.teachers.calls.batch_lines import write_line
from stvqa.teachers.calls.batch_service import BatchService, NotedBatch
from stvqa.teachers.calls.budget import Budget
from stvqa.teachers.calls.contract import CallFailure
from stvqa.teachers.calls.endpoint import Endpoint
from stvqa.teachers.calls.keys import KeyedRequest
from stvqa.teachers.calls.learning import Learning
from stvqa.teachers.calls.live import Live
from stvqa.teachers.calls.pictures import Pictures, PictureUnavailable, picture_urls
from stvqa.teachers.calls.wire import chat_body, features_of, output_limit
from stvqa.teachers.calls.workers import Steps

__all__ = ["BatchQueue"]

_KIND = "batch"
_MOST_LINES = 50_000
_MOST_BYTES = 150 * 1024 * 1024
"""Below the 200 MB that the API allows."""
_CLAIMED_AT_ONCE = 100


class _Written(NamedTuple):
    """Calls that went into batches, and the first one for which the budget had no room."""

    calls: int
    full: Intent | None


class BatchQueue:
    """Makes calls in batches. Used by one event loop.

    Args:
        live: makes the first call of each kind, which shows what the server can do; a batch of thousands that the
            server refuses would cost a day.
        poll_seconds: between two looks at a batch.
        rounds: batches that one call is sent in, at most; those for which only a part fitted the budget do not count.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        ledger: Ledger,
        live: Live,
        pictures: Pictures,
        budget: Budget,
        poll_seconds: float,
        rounds: int,
    ) -> None:
        self._endpoint = endpoint
        self._service = BatchService(endpoint)
        self._ledger = ledger
        self._live = live
        self._learning: Learning = live.learning
        self._pictures = pictures
        self._budget = budget
        self._poll_seconds = poll_seconds
        self._rounds = rounds
        self._steps = Steps()
        self._answers = BatchAnswers(endpoint, ledger=ledger, learning=live.learning)

    async def resolve(self, requests: Sequence[KeyedRequest]) -> dict[str, CallFailure]:
        """Brings every call to an answer in the ledger, or to a failure.

        Raises:
            BudgetError: what fitted the budget was sent and answered; more is needed.
            CallError: the server refuses batches, or one of them as a whole; or somebody cancelled one.
        """
        failures = self._answers.begin(requests)
        self._budget.check_paid(self._ledger.totals())
        for model in {keyed.request.model for keyed in requests}:
            self._budget.check(model)
        await self.collect(wait=True)
        self._steps.check()
        failures |= await self._live.resolve(self._probes(self._open(requests)))
        rounds, left = 0, len(requests) + 1
        while rounds < self._rounds and (todo := self._open(requests)):
            is_whole = await self._round(todo)
            rounds += is_whole or len(todo) == left
            left = len(todo)
        for key, _ in self._open(requests):
            failures[key] = CallFailure(key, "gave-up", f"{self._rounds} batches ended without an answer to it")
        return failures

    async def _round(self, requests: Sequence[KeyedRequest]) -> bool:
        """Sends what the budget has room for, and waits for it.

        Returns:
            Whether there was room for all of it.

        Raises:
            BudgetError: there was room for none.
        """
        written, full = 0, None
        by_model: defaultdict[str, list[KeyedRequest]] = defaultdict(list)
        for keyed in requests:
            by_model[keyed.request.model].append(keyed)
        for chosen in by_model.values():
            some = await self._send(chosen)
            written, full = written + some.calls, full or some.full
        if full is not None and not written:
            raise self._budget.exhausted(self._ledger.totals(), full)
        await self.collect(wait=True)
        return full is None

    def stop(self, error: CallError) -> None:
        """Begins nothing new and waits for no batch any longer; they stay noted, and a later run finds them."""
        self._steps.stop(error)
        self._live.stop(error)

    async def collect(self, *, wait: bool) -> list[str]:
        """Takes the answers of all batches that were made on this server into the ledger.

        Args:
            wait: until all of them have ended.

        Returns:
            Ids of those that have not ended.
        """
        under_way = []
        for text in self._ledger.notes(_KIND).values():
            self._steps.check()
            batch = NotedBatch.model_validate_json(text)
            if batch.state == "ended" or batch.server != self._endpoint.server.shown:
                continue
            if (found := await self._found(batch)) is not None and not await self._ended(found, wait=wait):
                under_way.append(found.batch_id)
        return under_way

    def _open(self, requests: Sequence[KeyedRequest]) -> list[KeyedRequest]:
        answered = self._ledger.answers(keyed.key for keyed in requests)
        return [keyed for keyed in requests if keyed.key not in answered and keyed.key not in self._answers.failures]

    def _probes(self, requests: Sequence[KeyedRequest]) -> list[KeyedRequest]:
        """One call of each kind that this server was never asked."""
        probes: dict[tuple[str, frozenset[str]], KeyedRequest] = {}
        for keyed in requests:
            used = features_of(keyed.request)
            if not self._learning.of(keyed.request.model).is_settled(used):
                probes.setdefault((keyed.request.model, used), keyed)
        return list(probes.values())

    async def _send(self, requests: Sequence[KeyedRequest]) -> _Written:
        """Makes batches of calls of one model, each within the API's limits, as far as the budget has room."""
        left, model = iter(requests), requests[0].request.model
        made = _Written(0, None)
        while made.full is None and (first := next(left, None)) is not None:
            self._steps.check()
            left = chain([first], left)
            batch = NotedBatch(name=secrets.token_hex(8), server=self._endpoint.server.shown, model=model)
            with tempfile.TemporaryFile() as file:
                self._note(batch)
                written = await asyncio.to_thread(self._write, file, left, batch.owner)
                made = _Written(made.calls + written.calls, written.full)
                if written.calls:
                    file.seek(0)
                    await self._make(batch, file)
                else:
                    self._note(batch.model_copy(update={"state": "ended"}))
        return made

    def _write(self, file: BinaryIO, left: Iterator[KeyedRequest], owner: str) -> _Written:
        """Claims calls and fills a file with them up to the limits."""
        count, full = 0, None
        while count < _MOST_LINES and file.tell() < _MOST_BYTES and (some := list(islice(left, _CLAIMED_AT_ONCE))):
            self._steps.check()
            intents = list(map(self._intent, some))
            claims = self._ledger.claim(intents, owner=owner, fits=self._budget.fits).result()
            for keyed, intent, claim in zip(some, intents, claims, strict=True):
                if claim is Claim.FULL:
                    full = full or intent
                if claim is not Claim.MINE:
                    continue
                try:
                    urls = picture_urls(keyed.request, self._pictures)
                except PictureUnavailable as error:
                    self._answers.fail(keyed.key, "image-unreadable", str(error))
                    continue
                body = chat_body(keyed.request, self._learning.of(keyed.request.model), urls=urls)
                file.write(write_line(keyed.key, body))
                count += 1
            if full is not None:
                break
        return _Written(count, full)

    def _intent(self, keyed: KeyedRequest) -> Intent:
        limit = output_limit(keyed.request, self._learning.of(keyed.request.model))
        return self._budget.intent(keyed.key, keyed.request, output_tokens=limit, batched=True)

    async def _make(self, batch: NotedBatch, file: BinaryIO) -> None:
        """Makes the batch and notes its id."""
        try:
            batch_id = await self._service.make(batch.name, file)
        except CallError:
            self._release(batch, "its batch could not be made")
            raise
        self._note(batch.model_copy(update={"batch_id": batch_id}))

    async def _found(self, batch: NotedBatch) -> NotedBatch | None:
        """The batch with the server's id; None where it was never made, and its calls are free again."""
        if batch.batch_id:
            return batch
        batch_id = await self._service.find(batch.name)
        if batch_id is None:
            self._release(batch, "its batch was never made")
            return None
        found = batch.model_copy(update={"batch_id": batch_id})
        self._note(found)
        return found

    async def _ended(self, batch: NotedBatch, *, wait: bool) -> bool:
        """Whether the batch has ended; if so, its answers are in the ledger.

        Raises:
            CallError: it failed as a whole, or somebody cancelled it.
        """
        while not (seen := await self._service.look(batch.batch_id)).has_ended:
            if not wait:
                return False
            await self._steps.sleep(self._poll_seconds)
        stop = seen.errors
        for file_id in seen.files:
            with tempfile.TemporaryFile() as file:
                await self._service.fetch(file_id, into=file)
                file.seek(0)
                stop = await asyncio.to_thread(self._answers.take, file) or stop
        if seen.status == "completed":
            self._answers.lose_unsaid(batch)
        self._release(batch, f"its batch ended as {seen.status}")
        if stop or seen.status in ("cancelled", "failed"):
            why = f"ended as {seen.status}" + f": {stop}" * bool(stop)
            raise CallError(
                f"batch {batch.batch_id} at {batch.server} {why}; the answers that it gave are kept, and the same "
                "command sends the rest again"
            )
        return True

    def _release(self, batch: NotedBatch, why: str) -> None:
        """Frees the calls that a batch left open, then notes that it ended."""
        for key in self._ledger.held(batch.owner):
            self._ledger.release(key, reason="batch-ended", detail=why, closed=False)
        self._note(batch.model_copy(update={"state": "ended"}))

    def _note(self, batch: NotedBatch) -> None:
        self._ledger.note(_KIND, batch.name, batch.model_dump_json()).result()
