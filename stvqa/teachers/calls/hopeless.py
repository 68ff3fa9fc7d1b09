"""When a run had better end: many calls in a row without an answer, or an error that nobody foresaw in one of them.

streak = Streak()
streak.answered()
streak.failed(verdict, reason="gave-up", where="gpt-4o at https://...")   # CallError(...) to end the run with, or None
"""

from __future__ import annotations

from collections import Counter

from stvqa.errors import CallError
from stvqa.teachers.calls.contract import CallRequest
from stvqa.teachers.calls.refusals import Verdict
from stvqa.teachers.calls.secret import Secret

__all__ = ["Streak", "unforeseen"]

_FAILURES_IN_A_ROW = 16


class Streak:
    """Failures since the last answer.

    Attributes:
        has_answered: there was an answer at all.
    """

    def __init__(self) -> None:
        self.has_answered = False
        self._in_a_row: Counter[str] = Counter()

    def answered(self) -> None:
        """A call has its answer."""
        self.has_answered = True
        self._in_a_row.clear()

    def failed(self, verdict: Verdict, *, reason: str, where: str) -> CallError | None:
        """A call has none, for good or for this run.

        Args:
            verdict: of its last try.
            reason: slug of the failure.
            where: model and server.

        Returns:
            What to end the run with, if the other calls will not fare better.
        """
        self._in_a_row[reason] += 1
        if verdict.kind == "stop" or verdict.reason == "nobody-listens":
            return CallError(f"{verdict.detail}; every answer that came is kept")
        never = reason in ("gave-up", "not-accepted", "forbidden") and not self.has_answered
        if never or self._in_a_row[reason] >= _FAILURES_IN_A_ROW:
            told = f"{self._in_a_row[reason]} calls of {where} in a row brought no answer ({verdict.detail})"
            remedy = "mend that and run the same command again, which goes on"
            return CallError(f"{told}; every answer that came is kept: {remedy}")
        return None


def unforeseen(key: str, request: CallRequest, error: BaseException, *, secret: Secret) -> CallError:
    """The message of an error in one call that nobody foresaw; its cause is the error."""
    which = f"call {key} ({request.purpose} of stage {request.stage}, model {request.model})"
    what = secret.clean(f"{type(error).__name__}: {error}")
    told = CallError(
        f"{which} broke off by a fault of stvqa ({what}): please report it, with what --debug shows; every answer "
        "that came is kept, and the same command goes on"
    )
    told.__cause__ = error
    return told
