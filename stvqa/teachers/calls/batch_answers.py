"""What batches answered, taken into the ledger line by line.

answers = BatchAnswers(endpoint, ledger=ledger, learning=learning)
failures = answers.begin(requests)      # filled while files are taken
answers.take(file)                      # "", or what the server said of calls that no batch can mend
answers.lose_unsaid(batch)
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from concurrent.futures import Future
from typing import BinaryIO

from stvqa.store.ledger import Ledger
from stvqa.teachers.calls.batch_lines import lines_of, read_line
from stvqa.teachers.calls.batch_service import NotedBatch
from stvqa.teachers.calls.billing import may_be_billed
from stvqa.teachers.calls.contract import CallFailure, CallRequest
from stvqa.teachers.calls.endpoint import Endpoint
from stvqa.teachers.calls.keys import KeyedRequest
from stvqa.teachers.calls.learning import Learning
from stvqa.teachers.calls.refusals import Refusal, Verdict, judge
from stvqa.teachers.calls.silence import NO_ROOM, SILENT_TRIES, unsaid
from stvqa.teachers.calls.wire import features_of

__all__ = ["BatchAnswers"]

_RECORDED_AT_ONCE = 50


class BatchAnswers:
    """Lines of answers on their way to the ledger.

    Args:
        endpoint: the server that made the batches.
        learning: told what their lines show of it.

    Attributes:
        failures: of the calls at hand, by key.
    """

    def __init__(self, endpoint: Endpoint, *, ledger: Ledger, learning: Learning) -> None:
        self._endpoint = endpoint
        self._ledger = ledger
        self._learning = learning
        self.failures: dict[str, CallFailure] = {}
        self._silences: Counter[str] = Counter()  # answers that said nothing, by key
        self._requests: dict[str, CallRequest] = {}
        self._lines: set[str] = set()  # keys of calls about which a batch held a line

    def begin(self, requests: Sequence[KeyedRequest]) -> dict[str, CallFailure]:
        """Turns to these calls.

        Returns:
            Their failures by key, to which later ones are added.
        """
        self.failures, self._silences, self._requests = {}, Counter(), dict(requests)
        return self.failures

    def take(self, file: BinaryIO) -> str:
        """Takes lines of answers into the ledger; what the server said of calls that no batch can mend, or ""."""
        futures: deque[Future[None]] = deque()
        stop = ""
        for text in lines_of(file):
            while len(futures) > _RECORDED_AT_ONCE:
                futures.popleft().result()
            try:
                line = read_line(text, secret=self._endpoint.secret)
            except ValueError:
                continue  # a line that nobody can read leaves its call open, and it goes into the next batch
            request = self._requests.get(line.key)
            self._lines.add(line.key)
            if line.answer is not None:
                silence = unsaid(line.answer, secret=self._endpoint.secret)
                futures.append(self._ledger.record(line.key, line.answer, final=silence is None))
                if silence is not None:
                    self._silent(line.key, silence, request)
                elif request is not None:
                    self._learning.answered(request, line.answer)
            elif line.refusal is not None:
                stop = self._refused(line.key, line.refusal, request) or stop
        for future in futures:
            future.result()
        return stop

    def _refused(self, key: str, refusal: Refusal, request: CallRequest | None) -> str:
        """Takes down a call without an answer, for the next batch or for good."""
        model = "the model" if request is None else request.model
        images = request is not None and "images" in features_of(request)
        verdict = judge(refusal, model=model, url=self._endpoint.server.shown, images=images)
        if may_be_billed(verdict):
            self._ledger.lose(key, reason=verdict.reason)
        if verdict.kind == "stop":
            return verdict.detail
        known = self._learning.of(model)
        if verdict.kind == "learn" and request and self._learning.learn(request, verdict, sent_with=known):
            return ""
        if verdict.kind in ("fail", "learn"):
            self.fail(key, verdict.reason, verdict.detail)
        return ""

    def _silent(self, key: str, silence: Verdict, request: CallRequest | None) -> None:
        """Takes down an answer that says nothing; the next batch asks again, once where only room was wanting."""
        self._silences[key] += 1
        if silence.reason == NO_ROOM and request is not None:
            self._learning.saw_thoughts(request.model)
        if silence.kind == "fail":
            self.fail(key, silence.reason, silence.detail)
        elif self._silences[key] >= SILENT_TRIES - (silence.reason == NO_ROOM):
            self.failures[key] = CallFailure(key, "gave-up", silence.detail)

    def fail(self, key: str, reason: str, detail: str) -> None:
        """Takes a call down as failed for good."""
        self.failures[key] = CallFailure(key, reason, detail)
        self._ledger.release(key, reason=reason, detail=detail, closed=True)

    def lose_unsaid(self, batch: NotedBatch) -> None:
        """Takes down calls of a batch that was worked off and says nothing readable of them: they may be billed."""
        for key in self._ledger.held(batch.owner):
            if key not in self._lines:
                self._ledger.lose(key, reason="no-line")
