"""What a caller is given for a call, and how far a wave of calls is.

outcome_of("3fa9...", answer, from_ledger=False)    # Reply(...) or CallFailure(...)
repair_of(request, outcome)                         # the call that asks again, or None
"""

from __future__ import annotations

from collections.abc import Callable

from stvqa.store.ledger_rows import Answer
from stvqa.teachers.calls.contract import CallFailure, CallRequest, Reply, Usage
from stvqa.teachers.calls.replies import ReplyUnreadable, read_reply
from stvqa.teachers.calls.wire import repair_request

__all__ = ["OnWave", "Outcome", "Wave", "outcome_of", "repair_of"]

OnWave = Callable[[int, int], None]
"""Told of a wave's progress: calls that have come to an end, and all of them."""

Outcome = Reply | CallFailure


class Wave:
    """How far a wave of calls is."""

    def __init__(self, done: int, total: int, on_wave: OnWave | None) -> None:
        self._done = done
        self._total = total
        self._on_wave = on_wave

    def advance(self) -> None:
        """One more call has come to an end."""
        self._done += 1
        self.tell()

    def tell(self) -> None:
        """Tells how far it is."""
        if self._on_wave is not None:
            self._on_wave(self._done, self._total)


def outcome_of(key: str, answer: Answer, *, from_ledger: bool) -> Outcome:
    """What an answer in the ledger is to the caller; a model that refuses has failed."""
    if answer.refusal:
        return CallFailure(key, "refused", f"the model refuses: {answer.refusal}")
    usage = Usage(answer.input_tokens or 0, answer.output_tokens or 0, answer.cached_tokens or 0)
    return Reply(key, answer.text, answer.model, answer.finish_reason, usage, from_ledger)


def repair_of(request: CallRequest, outcome: Outcome) -> CallRequest | None:
    """The call that asks again, where a reply does not fit the schema that was asked for."""
    if request.schema is None or isinstance(outcome, CallFailure):
        return None
    try:
        read_reply(outcome.text, request.schema)
    except ReplyUnreadable as error:
        return repair_request(request, outcome.text, reason=str(error))
    return None
