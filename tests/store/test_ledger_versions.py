"""Ledgers of earlier versions: what they hold stays, and what they took for free is counted."""

from __future__ import annotations

import sqlite3

import pytest

from stvqa.store.ledger import Ledger
from stvqa.store.ledger_counts import UNKNOWN_MOST
from stvqa.store.ledger_file import LEDGER_FILE
from stvqa.store.ledger_rows import Answer, Claim, Intent

SECOND = """
create table calls (
    key text primary key, stage text not null, purpose text not null, model text not null,
    state text not null check (state in ('open', 'answered', 'closed')), owner text, tries integer not null,
    opened text not null, reason text not null default '', detail text not null default ''
) without rowid;
create index calls_open on calls (owner) where state = 'open';
create table replies (
    number integer primary key, key text not null, final integer not null, arrived text not null,
    text text not null, model text not null, finish_reason text not null,
    input_tokens integer, output_tokens integer, cached_tokens integer,
    refusal text not null, reasoning text not null, batched integer not null, raw blob
);
create unique index replies_final on replies (key) where final = 1;
create index replies_key on replies (key);
create table sessions (name text primary key, begun text not null, ended text, interrupted integer not null default 0);
create table notes (kind text not null, name text not null, text text not null, primary key (kind, name));
pragma application_id = 1937012321;
pragma user_version = 2;
"""
COUNTS = {"good": (10, 2), "none": (None, None), "half": (10, None), "zero": (0, 2), "mute": (10, 0)}


@pytest.fixture(params=[1, 2])
def old(tmp_path, request):
    """A ledger with five answers, a call in a batch and one that nobody holds."""
    connection = sqlite3.connect(tmp_path / LEDGER_FILE)
    connection.executescript(SECOND)
    for key, counts in COUNTS.items():
        connection.execute("insert into calls values (?, 's', 'p', 'm', 'answered', null, 1, 'x', '', '')", (key,))
        reply = (key, f"text of {key}", *counts)
        connection.execute(
            "insert into replies (key, final, arrived, text, model, finish_reason, input_tokens, output_tokens, refusal,"
            " reasoning, batched) values (?, 1, 'x', ?, 'm', 'stop', ?, ?, '', '', 0)",
            reply,
        )
    for key, owner in (("sent", "batch:one"), ("free", None)):
        connection.execute("insert into calls values (?, 's', 'p', 'm', 'open', ?, 1, 'x', '', '')", (key, owner))
    connection.execute("insert into sessions values ('before', 'x', 'y', 3)")
    if request.param == 1:
        connection.execute("alter table replies drop column raw")
        connection.execute("pragma user_version = 1")
    connection.commit()
    connection.close()
    return tmp_path


def test_its_answers_stay_and_those_without_counts_cost_what_they_can(old):
    for _ in range(2):
        ledger = Ledger.open(old)
        assert {key: found.text for key, found in ledger.answers(COUNTS).items()} == {
            key: f"text of {key}" for key in COUNTS
        }
        totals = {total.batched: total for total in ledger.totals()}
        assert (totals[False].answers, totals[False].uncounted, totals[False].input_tokens) == (5, 4, 10)
        assert totals[False].most_input == 4 * UNKNOWN_MOST.input_tokens
        assert ledger.interrupted == 3
        ledger.close()


def test_its_calls_go_on(old):
    ledger = Ledger.open(old)
    assert ledger.claim([Intent("free", "s", "p", "m"), Intent("sent", "s", "p", "m")]).result() == [
        Claim.MINE,
        Claim.BUSY,
    ]
    assert {total.batched: total.held for total in ledger.totals()} == {False: 1, True: 1}
    ledger.record("sent", Answer("B", "m", "stop", 10, 1, batched=True, raw=b"{}")).result()
    assert {total.batched: (total.held, total.answers) for total in ledger.totals()} == {False: (1, 5), True: (0, 1)}
    ledger.close()
