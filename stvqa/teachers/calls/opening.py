"""The calls of one run, opened: ledger, server, limits; the contract's `Calls` over real HTTP.

with open_calls(CallOptions(base_url="http://127.0.0.1:8000/v1"), folder=run / "ledger", pictures=source) as calls:
    calls.answer(requests)
    calls.usage("verify")       # {"gpt-4o": ModelUsage(calls=1840, usd=1.02, ...)}
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from stvqa.errors import CallError
from stvqa.store.ledger import Ledger
from stvqa.store.ledger_rows import Answer
from stvqa.store.run_file import CallsSummary, ModelUsage
from stvqa.teachers.calls.abilities import Abilities
from stvqa.teachers.calls.background import BackgroundLoop, uncollected
from stvqa.teachers.calls.batch_files import read_answers, refuse_foreign_calls, write_calls
from stvqa.teachers.calls.batch_queue import BatchQueue
from stvqa.teachers.calls.budget import Budget
from stvqa.teachers.calls.contract import CallFailure, CallRequest, Reply
from stvqa.teachers.calls.endpoint import Endpoint
from stvqa.teachers.calls.heartbeat import with_beats
from stvqa.teachers.calls.keys import KeyedRequest, call_key
from stvqa.teachers.calls.live import Live
from stvqa.teachers.calls.options import CallOptions, find_server
from stvqa.teachers.calls.outcomes import OnWave, Outcome, Wave, outcome_of, repair_of
from stvqa.teachers.calls.pictures import Pictures, PictureSource, PictureUnavailable
from stvqa.teachers.calls.prices import load_prices
from stvqa.teachers.calls.silence import says_nothing
from stvqa.teachers.calls.usage import estimate_note, summary_of, usage_of
from stvqa.teachers.calls.workers import GRACE_SECONDS

__all__ = ["ModelCalls", "OnWave", "check_calls", "open_calls"]

_KEYS_AT_ONCE = 64


class _Connected(NamedTuple):
    """A server and the two ways of asking it."""

    endpoint: Endpoint
    live: Live
    queue: BatchQueue


def check_calls(options: CallOptions, models: Iterable[str]) -> None:
    """Whether these models can be asked at all, before any work is done for it.

    Raises:
        CallError: there is neither a key nor a server nor a file to write to; or a limit in dollars with a model
            whose price is unknown.
        InputError: the price list cannot be read.
        StorageError: the file to write to holds something else.
    """
    if options.batch_out is not None:
        refuse_foreign_calls(options.batch_out)
    if options.batch_out is None and options.batch_in is None:
        find_server(options)
    budget = Budget(load_prices(options.prices), max_usd=options.max_usd, max_calls=options.max_calls)
    for model in models:
        budget.check(model)


@contextmanager
def open_calls(
    options: CallOptions, *, folder: Path, pictures: PictureSource, on_wave: OnWave | None = None
) -> Iterator[ModelCalls]:
    """Opens the ledger in `folder`, made if need be; a server is looked for when the first call needs it.

    Args:
        options: where and how.
        folder: of the ledger.
        pictures: where images come from.
        on_wave: told how far a wave is, now and then, from any thread.

    Raises:
        InputError: the ledger, the price list or `batch_in` is not what it should be.
        StorageError: the ledger cannot be used.
    """
    calls = ModelCalls(options, folder=folder, pictures=pictures, on_wave=on_wave)
    try:
        yield calls
    finally:
        calls.close()


class ModelCalls:
    """`Calls` over HTTP; see `open_calls`, and for `tell`, `paid` and `lost` `Ledger.open`."""

    def __init__(
        self,
        options: CallOptions,
        *,
        folder: Path,
        pictures: PictureSource,
        on_wave: OnWave | None = None,
        tell: Callable[[str], None] | None = None,
        paid: int | None = None,
        lost: int = 0,
    ) -> None:
        self.options = options
        self.prices = load_prices(options.prices)
        self._pictures = Pictures(pictures)
        self._budget = Budget(self.prices, max_usd=options.max_usd, max_calls=options.max_calls)
        self._on_wave = on_wave
        self._tell = tell
        self._told: set[str] = set()
        self._connected: _Connected | None = None
        self._asked: defaultdict[str, set[str]] = defaultdict(set)
        self._before: defaultdict[str, dict[str, str]] = defaultdict(dict)
        self.ledger = Ledger.open(folder, paid=paid, lost=lost, pay_again=options.pay_again, tell=tell)
        # The loop and whatever serves it, a server on this machine included, need cores as well.
        count = min(8, max(1, (os.cpu_count() or 1) - 2))
        self._threads = ThreadPoolExecutor(max_workers=count, thread_name_prefix="pictures")
        self._loop = BackgroundLoop(grace_seconds=GRACE_SECONDS)
        try:
            self.imported = None if options.batch_in is None else read_answers(options.batch_in, ledger=self.ledger)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Closes the connections and the ledger; each of them, whatever happens to the others.

        The loop comes last: threads and the ledger tell it of what they have done.
        """
        with ExitStack() as steps:
            steps.callback(self._loop.close)
            steps.callback(self.ledger.close)
            steps.callback(self._threads.shutdown, cancel_futures=True)
            if self._connected is not None:
                self._loop.run(self._connected.endpoint.close())

    def answer(self, requests: Sequence[CallRequest]) -> list[Reply | CallFailure]:
        """One outcome for each request, in their order; see `Calls`."""
        keys = self._keys(requests)
        unique = {key: request for key, request in zip(keys, requests, strict=True) if not isinstance(key, CallFailure)}
        outcomes = self._outcomes(unique)
        repairs = {key: repair for key, request in unique.items() if (repair := repair_of(request, outcomes[key]))}
        if repairs:
            repair_keys = dict(zip(repairs, self._keys(list(repairs.values())), strict=True))
            asked = {key: repairs[first] for first, key in repair_keys.items() if not isinstance(key, CallFailure)}
            repaired = self._outcomes(asked)
            # A repair that failed leaves the first reply, which its stage can at least show.
            for first, key in repair_keys.items():
                if not isinstance(key, CallFailure) and isinstance(outcome := repaired[key], Reply):
                    outcomes[first] = outcome
        return [key if isinstance(key, CallFailure) else outcomes[key] for key in keys]

    def usage(self, stage: str) -> dict[str, ModelUsage]:
        """What the calls that a stage asked for cost, by model, whenever they were paid."""
        spent = self.ledger.spent(self._asked[stage])
        return usage_of(spent, from_ledger=Counter(self._before[stage].values()), prices=self.prices)

    def summary(self) -> CallsSummary:
        """All that the ledger ever paid."""
        return summary_of(self.ledger.spent(), interrupted=self.ledger.interrupted, prices=self.prices)

    def _keys(self, requests: Sequence[CallRequest]) -> list[str | CallFailure]:
        """The key of each request; a failure where an image cannot be read."""
        starts = range(0, len(requests), _KEYS_AT_ONCE)
        chunks = [requests[start : start + _KEYS_AT_ONCE] for start in starts]
        return [key for keys in self._threads.map(self._keys_of, chunks) for key in keys]

    def _keys_of(self, requests: Sequence[CallRequest]) -> list[str | CallFailure]:
        return [self._key(request) for request in requests]

    def _key(self, request: CallRequest) -> str | CallFailure:
        try:
            return call_key(request, digest=self._pictures.digest)
        except PictureUnavailable as error:
            return CallFailure("", "image-unreadable", str(error))

    def _outcomes(self, requests: dict[str, CallRequest]) -> dict[str, Outcome]:
        """What the ledger holds for these calls, after those that it lacked were made."""
        before = self._answers(requests)
        for key, request in requests.items():
            if key in before and key not in self._asked[request.stage]:
                self._before[request.stage][key] = request.model
            self._asked[request.stage].add(key)
        todo = [KeyedRequest(key, request) for key, request in requests.items() if key not in before]
        try:
            failures = self._make(todo, known=len(before)) if todo else {}
        finally:
            self._tell_estimates({keyed.request.model for keyed in todo})
        answers = before | self.ledger.answers(keyed.key for keyed in todo)
        missing = [key for key in requests if key not in answers and key not in failures]
        assert not missing, f"{len(missing)} calls came to no end"
        outcomes: dict[str, Outcome] = dict(failures)
        for key, answer in answers.items():
            outcomes[key] = outcome_of(key, answer, from_ledger=key in before)
        return outcomes

    def _tell_estimates(self, models: set[str]) -> None:
        """Says after a wave, once for a model, that not all of it was counted."""
        if (tell := self._tell) is None:
            return
        for model in models - self._told:
            if note := estimate_note(model, self.ledger.totals(), prices=self.prices):
                self._told.add(model)
                tell(note)

    def _answers(self, keys: Iterable[str]) -> dict[str, Answer]:
        """The answers in the ledger; earlier versions kept also such as say nothing, and those are asked for again."""
        found = self.ledger.answers(keys)
        silent = [key for key, answer in found.items() if says_nothing(answer)]
        for future in [self.ledger.withdraw(key) for key in silent]:
            future.result()
        return {key: answer for key, answer in found.items() if key not in silent}

    def _make(self, requests: Sequence[KeyedRequest], *, known: int) -> dict[str, CallFailure]:
        """Makes calls in the way that the options ask for."""
        options = self.options
        if options.batch_out is not None:
            abilities = Abilities.at_first(options.base_url or "openai.com")
            return write_calls(
                options.batch_out,
                requests,
                ledger=self.ledger,
                pictures=self._pictures,
                abilities=abilities,
                budget=self._budget,
            )
        connected = self._connect()
        interrupted = CallError("interrupted")
        if options.batch:
            wave = Wave(known, known + len(requests), self._on_wave)
            return self._loop.run(
                with_beats(connected.queue.resolve(requests), beat=wave.tell),
                on_interrupt=lambda: connected.queue.stop(interrupted),
            )
        requests = self._without_batched(requests, connected)
        wave = Wave(known, known + len(requests), self._on_wave)
        connected.live.on_end = wave.advance
        with uncollected():
            return self._loop.run(
                with_beats(connected.live.resolve(requests), beat=wave.tell),
                on_interrupt=lambda: connected.live.stop(interrupted),
            )

    def _without_batched(self, requests: Sequence[KeyedRequest], connected: _Connected) -> list[KeyedRequest]:
        """The calls that are not under way in a batch of an earlier run.

        Raises:
            CallError: such a batch has not ended.
        """
        keys = [keyed.key for keyed in requests]
        if not any(owner.startswith("batch:") for owner in self.ledger.owners(keys).values()):
            return list(requests)
        self._loop.run(connected.queue.collect(wait=False))
        held = [key for key, owner in self.ledger.owners(keys).items() if owner.startswith("batch:")]
        if held:
            raise CallError(
                f"{len(held):,} of the calls are under way in a batch that an earlier run sent: run with --batch to "
                "wait for it, or cancel it at the provider and run again"
            )
        answered = self.ledger.answers(keys)
        return [keyed for keyed in requests if keyed.key not in answered]

    def _connect(self) -> _Connected:
        if self._connected is None:
            options = self.options
            endpoint = Endpoint(find_server(options), timeout_seconds=options.timeout_seconds)
            live = Live(
                endpoint,
                ledger=self.ledger,
                pictures=self._pictures,
                budget=self._budget,
                options=options,
                threads=self._threads,
            )
            queue = BatchQueue(
                endpoint,
                ledger=self.ledger,
                live=live,
                pictures=self._pictures,
                budget=self._budget,
                poll_seconds=options.batch_poll_seconds,
                rounds=options.tries,
            )
            self._connected = _Connected(endpoint, live, queue)
        return self._connected
