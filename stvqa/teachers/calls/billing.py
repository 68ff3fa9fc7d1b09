"""Is there anything to pay for a call that brought no answer?

    may_be_billed(Verdict("retry", "timeout", "no answer within 120 s"))       # True: the server may have worked on
    may_be_billed(Verdict("limited", "rate-limited", "429: ..."))              # False: it refused to

Providers send no bill for errors that they answer with. But a server that was cut off in the middle, or whose answer
was lost on the way, does send one.
"""

from __future__ import annotations

from typing import Final

from stvqa.teachers.calls.refusals import Verdict

__all__ = ["may_be_billed"]

_FREE: Final = frozenset(
    {"rate-limited", "server-error", "context-too-long", "content-filter", "image-refused", "quota", "text-only"}
    | {"wrong-key", "unknown-model", "forbidden", "wrong-url", "not-accepted"}  # errors that the server answered with
    | {"nobody-listens", "proxy", "redirected"}  # it never came to the server
)
"""Reasons after which nothing is to pay. Whatever else happens may be billed."""


def may_be_billed(verdict: Verdict) -> bool:
    """Whether a try with this outcome may be billed all the same."""
    return verdict.is_lost or verdict.reason not in _FREE
