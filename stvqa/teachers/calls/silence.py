"""Whether an answer says anything. What says nothing is a failed call: no vote, and never the answer in the ledger.

unsaid(Answer(text="", reasoning="I look. The cup ...", finish_reason="stop", ...), secret=secret)
# Verdict("retry", "nothing-said", "m sends its thoughts and no answer, for example “I look. The cup ...”: ...")
unsaid(Answer(text="B", ...), secret=secret)      # None
"""

from __future__ import annotations

from stvqa.completion.undress import undress
from stvqa.store.ledger_rows import Answer
from stvqa.teachers.calls.refusals import Verdict
from stvqa.teachers.calls.secret import Secret

__all__ = ["NO_ROOM", "SILENT_TRIES", "says_nothing", "shortened", "unsaid"]

NO_ROOM = "no-room"
"""Reason of a reply that was cut off before it said anything; asking for the same again would be cut off again."""

SILENT_TRIES = 3
"""Paid answers that say nothing, before a call is given up."""

_SHOWN = 80
_MORE_ROOM = "give it more room (--set verify.max_output_tokens=4000, --set generate.tokens_per_question=2000)"


def says_nothing(answer: Answer) -> bool:
    """Whether nobody can build on an answer: it failed, or holds neither a refusal nor words beside its thoughts."""
    return answer.finish_reason == "error" or not (answer.refusal or undress(answer.text))


def unsaid(answer: Answer, *, secret: Secret) -> Verdict | None:
    """Why an answer is none, or None for one that says something.

    Args:
        answer: as it came.
        secret: cleans what is shown of it.

    Returns:
        `fail` where a filter held it back; else `retry`, which for the reason `NO_ROOM` helps with more room alone.
    """
    if not says_nothing(answer):
        return None
    model = answer.model or "the model"
    if answer.finish_reason == "error":
        said = secret.clean(answer.refusal) or "no word why"
        return Verdict("retry", "failed-choice", f"the server gave up on the answer of {model} ({said})")
    if answer.finish_reason == "content_filter":
        return Verdict("fail", "content-filter", "the server's content filter held the answer back")
    thoughts = shortened(answer.reasoning or answer.text, secret=secret)
    if answer.finish_reason == "length":
        all_of_it = f"all that came are thoughts, for example {thoughts}" if thoughts else "nothing came"
        return Verdict("retry", NO_ROOM, f"{model} was cut off before it answered ({all_of_it}): {_MORE_ROOM}")
    if thoughts:
        remedy = f"turn off its reasoning or the server's reasoning parser, {_MORE_ROOM}, or name another model"
        detail = f"{model} sends its thoughts and no answer, for example {thoughts}: {remedy}"
        return Verdict("retry", "nothing-said", detail)
    return Verdict("retry", "nothing-said", f"{model} sends empty replies: name another model, or {_MORE_ROOM}")


def shortened(text: str, *, secret: Secret) -> str:
    """A text in quotes, on one line, cut short and cleaned of keys; "" for none."""
    plain = secret.clean(text)
    if not plain:
        return ""
    return f"“{plain}”" if len(plain) <= _SHOWN else f"“{plain[:_SHOWN].rstrip()} …”"
