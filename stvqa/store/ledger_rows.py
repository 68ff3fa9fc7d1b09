"""Rows of the ledger: what goes in, what comes out, and the statements that keep them straight.

Answer(text="B", model="gpt-4o-2024-08-06", finish_reason="stop", input_tokens=412, output_tokens=1)
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import Any, NamedTuple

__all__ = [
    "GROUPED",
    "READ",
    "SPENT",
    "Answer",
    "Claim",
    "Intent",
    "Spent",
    "answer_of",
    "bury",
    "now",
    "open_call",
    "record",
    "spent_of",
]


class Intent(NamedTuple):
    """A call that is about to be made."""

    key: str
    stage: str
    purpose: str
    model: str


class Claim(Enum):
    """What becomes of an intent: the call is ours to make, was answered before, or somebody else is at it."""

    MINE = "mine"
    ANSWERED = "answered"
    BUSY = "busy"


class Answer(NamedTuple):
    """An answer as it came.

    Attributes:
        text: of the message, "" where it had none.
        model: as the server names it.
        refusal: the server's words where it refused, else "".
        reasoning: what the model thought aloud, where the server gives that apart from the text.
        input_tokens / output_tokens / cached_tokens: as the server counted; None where it did not, or not credibly.
        batched: it came from a batch, at the batch's price.
        raw: the whole response as JSON, where a text of it cannot be stored as it came (see `storable`); else None.
    """

    text: str
    model: str
    finish_reason: str
    input_tokens: int | None
    output_tokens: int | None
    cached_tokens: int | None = None
    refusal: str = ""
    reasoning: str = ""
    batched: bool = False
    raw: bytes | None = None


class Spent(NamedTuple):
    """A sum of answers.

    Attributes:
        calls: answers that were given and paid, those that could not be used included.
        uncounted: of these, answers without a count of tokens; they add nothing to the tokens.
    """

    stage: str
    model: str
    purpose: str
    batched: bool
    calls: int
    uncounted: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int


SPENT = """
select calls.stage, calls.model, calls.purpose, replies.batched, count(*),
    sum(replies.input_tokens is null or replies.output_tokens is null),
    coalesce(sum(replies.input_tokens), 0), coalesce(sum(replies.output_tokens), 0),
    coalesce(sum(replies.cached_tokens), 0)
from replies join calls on calls.key = replies.key"""
GROUPED = "group by 1, 2, 3, 4 order by 1, 2, 3, 4"


READ = f"select replies.key, {', '.join(f'replies.{name}' for name in Answer._fields)} from replies"  # noqa: S608 (ours)


def answer_of(values: Sequence[Any]) -> Answer:
    """A row of `READ`, without its key."""
    answer = Answer._make(values)
    return answer._replace(batched=bool(answer.batched))


def spent_of(row: Sequence[Any]) -> Spent:
    """A row of `SPENT`."""
    stage, model, purpose, batched, *numbers = row
    return Spent(str(stage), str(model), str(purpose), bool(batched), *map(int, numbers))


def open_call(connection: sqlite3.Connection, intent: Intent, *, owner: str) -> None:
    """Enters a call, or opens one again that brought no answer."""
    connection.execute(
        "insert into calls (key, stage, purpose, model, state, owner, tries, opened)"
        " values (?, ?, ?, ?, 'open', ?, 1, ?)"
        " on conflict (key) do update set state = 'open', owner = excluded.owner, tries = tries + 1",
        (*intent, owner, now()),
    )


def record(connection: sqlite3.Connection, key: str, answer: Answer, *, final: bool) -> None:
    """Enters an answer; it is the call's own where it is final and the first such."""
    (answered,) = connection.execute("select count(*) from replies where key = ? and final = 1", (key,)).fetchone()
    is_answer = final and not answered
    connection.execute(
        "insert into replies (key, final, arrived, text, model, finish_reason, input_tokens, output_tokens,"
        " cached_tokens, refusal, reasoning, batched, raw) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (key, is_answer, now(), *answer),
    )
    if is_answer:
        connection.execute(
            "update calls set state = 'answered', owner = null, reason = '', detail = '' where key = ?", (key,)
        )


def bury(connection: sqlite3.Connection, name: str) -> None:
    """Ends a session: what it left open is counted, and free for others."""
    left = connection.execute("update calls set owner = null where state = 'open' and owner = ?", (name,)).rowcount
    connection.execute(
        "update sessions set ended = ?, interrupted = interrupted + ? where name = ? and ended is null",
        (now(), left, name),
    )


def now() -> str:
    """The time in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
