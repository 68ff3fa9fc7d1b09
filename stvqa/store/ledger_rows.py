"""Rows of the ledger: what goes in, what comes out, and the statements that keep them straight.

open_call(connection, Intent("3fa9...", "verify", "vote", "gpt-4o", Most(560, 60)), owner="4711-9c0f...")
record(connection, "3fa9...", Answer(text="B", ...), final=True)
lose(connection, "77aa...", reason="timeout")
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import Any, NamedTuple

from stvqa.store.ledger_answers import Answer, Spent, Total
from stvqa.store.ledger_counts import UNKNOWN_MOST, Most, costed

__all__ = [
    "INTERRUPTED",
    "READ",
    "SPENT",
    "Answer",
    "Claim",
    "Intent",
    "Spent",
    "Total",
    "answer_of",
    "bury",
    "free",
    "lose",
    "now",
    "open_call",
    "record",
    "spent_of",
    "totals",
]


class Intent(NamedTuple):
    """A call that is about to be made.

    Attributes:
        most: that it can cost; it is set aside until an answer comes, or it is known that there is nothing to pay.
        batched: at the batch's price.
    """

    key: str
    stage: str
    purpose: str
    model: str
    most: Most = UNKNOWN_MOST
    batched: bool = False


class Claim(Enum):
    """What becomes of an intent.

    The call is ours to make, was answered before, somebody else is at it, or what it may cost does not fit the limits.
    """

    MINE = "mine"
    ANSWERED = "answered"
    BUSY = "busy"
    FULL = "full"


INTERRUPTED = "interrupted"
"""Reason of a loss: the process ended while the call was under way."""

_GROUPED = "group by 1, 2, 3, 4 order by 1, 2, 3, 4"

_SPENT_REPLIES = (
    "select calls.stage, calls.model, calls.purpose, replies.batched, count(*), sum(replies.input_tokens is null),"
    " coalesce(sum(replies.input_tokens), 0), coalesce(sum(replies.output_tokens), 0),"
    " coalesce(sum(replies.cached_tokens), 0), 0, coalesce(sum(replies.most_input), 0),"
    " coalesce(sum(replies.most_output), 0) from replies join calls on calls.key = replies.key"
)
_SPENT_LOSSES = (
    "select calls.stage, calls.model, calls.purpose, losses.batched, 0, 0, 0, 0, 0, count(*),"
    " sum(losses.most_input), sum(losses.most_output) from losses join calls on calls.key = losses.key"
)
SPENT = ((_SPENT_REPLIES, _GROUPED), (_SPENT_LOSSES, _GROUPED))
"""Queries whose rows are `Spent`, each with its end; a condition goes between the two."""


READ = f"select replies.key, {', '.join(f'replies.{name}' for name in Answer._fields)} from replies"  # noqa: S608 (ours)
_ADD = (
    f"insert into replies (key, final, arrived, {', '.join(Answer._fields)}, most_input, most_output)"  # noqa: S608 (same)
    f" values ({', '.join('?' * (len(Answer._fields) + 5))})"
)
_TOTALS = f"select {', '.join(Total._fields)} from totals"  # noqa: S608 (same)


def answer_of(values: Sequence[Any]) -> Answer:
    """A row of `READ`, without its key."""
    answer = Answer._make(values)
    return answer._replace(batched=bool(answer.batched))


def spent_of(row: Sequence[Any]) -> Spent:
    """A row of `SPENT`."""
    stage, model, purpose, batched, *numbers = row
    return Spent(str(stage), str(model), str(purpose), bool(batched), *map(int, numbers))


def totals(connection: sqlite3.Connection) -> list[Total]:
    """All that was paid and is set aside, by model and price."""
    return [Total(str(row[0]), bool(row[1]), *map(int, row[2:])) for row in connection.execute(_TOTALS)]


def open_call(connection: sqlite3.Connection, intent: Intent, *, owner: str) -> None:
    """Enters a call, or opens one again that brought no answer, and sets aside what it may cost."""
    connection.execute(
        "insert into calls (key, stage, purpose, model, batched, most_input, most_output, state, owner, tries, opened)"
        " values (?, ?, ?, ?, ?, ?, ?, 'open', ?, 1, ?)"
        " on conflict (key) do update set state = 'open', owner = excluded.owner, tries = tries + 1,"
        " batched = excluded.batched, most_input = excluded.most_input, most_output = excluded.most_output",
        (*intent[:4], intent.batched, *intent.most, owner, now()),
    )


def free(connection: sqlite3.Connection, key: str) -> None:
    """Sets nothing aside for a call any longer."""
    connection.execute(
        "update calls set most_input = null, most_output = null where key = ? and most_input is not null", (key,)
    )


def record(connection: sqlite3.Connection, key: str, answer: Answer, *, final: bool) -> None:
    """Enters an answer; it is the call's own where it is final and the first such."""
    (answered,) = connection.execute("select count(*) from replies where key = ? and final = 1", (key,)).fetchone()
    is_answer = final and not answered
    kept, estimated = costed(answer, _held(connection, key))
    connection.execute(_ADD, (key, is_answer, now(), *kept, *(estimated or (None, None))))
    free(connection, key)
    if is_answer:
        connection.execute(
            "update calls set state = 'answered', owner = null, reason = '', detail = '' where key = ?", (key,)
        )


def lose(connection: sqlite3.Connection, key: str, *, reason: str) -> None:
    """Enters a try that brought no answer and may be billed; nothing where none was under way."""
    connection.execute(
        "insert into losses (key, lost, reason, batched, most_input, most_output)"
        " select key, ?, ?, batched, most_input, most_output from calls where key = ? and most_input is not null",
        (now(), reason, key),
    )
    free(connection, key)


def bury(connection: sqlite3.Connection, name: str, *, sent: Collection[str] | None) -> None:
    """Ends a session: what it left open is free for others, and what was under way may be billed.

    Args:
        sent: keys of the calls that were under way; None where nobody knows: all may have been.
    """
    rows = connection.execute("select key from calls where state = 'open' and owner = ?", (name,)).fetchall()
    for (key,) in rows:
        if sent is None or key in sent:
            lose(connection, key, reason=INTERRUPTED)
    connection.execute(
        "update calls set owner = null, most_input = null, most_output = null where state = 'open' and owner = ?",
        (name,),
    )
    connection.execute("update sessions set ended = ? where name = ? and ended is null", (now(), name))


def now() -> str:
    """The time in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _held(connection: sqlite3.Connection, key: str) -> Most | None:
    """What is set aside for a call."""
    row = connection.execute(
        "select most_input, most_output from calls where key = ? and most_input is not null", (key,)
    ).fetchone()
    return None if row is None else Most(*row)
