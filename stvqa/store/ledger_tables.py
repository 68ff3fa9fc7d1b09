"""The ledger's tables, and how a ledger of an earlier version becomes one of this version.

calls     one row a call, by key: who asked what of which model, whether it is open, answered or closed; `most_*` are
          the tokens set aside for the try that is under way or about to be sent, null where there is none
replies   one row an answer that was given and paid, in the order of arrival; `final` on the one that is used;
          `raw` holds the response as it came where its texts could not be stored as they were; `most_*` stand in the
          place of counts that the server did not give, or not credibly
losses    one row a try that brought no answer and may be billed: no answer in time, a connection that broke, a process
          that was killed; with the tokens that it cost at most
totals    sums of all three by model and price, kept by triggers, so that no limit needs to add up a million rows
sessions  one row a process; `interrupted` is what versions before 3 counted there
notes     what else must survive: what a server can do, which batches are under way
"""

from __future__ import annotations

from typing import Final

from stvqa.store.ledger_counts import UNKNOWN_MOST

__all__ = ["CHANGES", "TABLES", "VERSION"]

VERSION: Final = 3

_LOSSES = """create table losses (
    number integer primary key, key text not null, lost text not null, reason text not null,
    batched integer not null, most_input integer not null, most_output integer not null
)"""
_LOSSES_KEY = "create index losses_key on losses (key)"

_TOTALS = """create table totals (
    model text not null, batched integer not null,
    answers integer not null default 0, uncounted integer not null default 0, lost integer not null default 0,
    held integer not null default 0, input_tokens integer not null default 0, output_tokens integer not null default 0,
    cached_tokens integer not null default 0, most_input integer not null default 0,
    most_output integer not null default 0, held_input integer not null default 0,
    held_output integer not null default 0, primary key (model, batched)
) without rowid"""

_ROW = """insert into totals (model, batched) select model, new.batched from calls where key = new.key
        and not exists (select 1 from totals where totals.model = calls.model and totals.batched = new.batched)"""
_ROW_OF_CALL = """insert into totals (model, batched) select new.model, new.batched
        where not exists (select 1 from totals where model = new.model and batched = new.batched)"""
_OF_ROW = "where batched = new.batched and model = (select model from calls where key = new.key)"

_TRIGGERS = (
    f"""create trigger replies_total after insert on replies begin
        {_ROW};
        update totals set answers = answers + 1, uncounted = uncounted + (new.input_tokens is null),
            input_tokens = input_tokens + ifnull(new.input_tokens, 0),
            output_tokens = output_tokens + ifnull(new.output_tokens, 0),
            cached_tokens = cached_tokens + ifnull(new.cached_tokens, 0),
            most_input = most_input + ifnull(new.most_input, 0),
            most_output = most_output + ifnull(new.most_output, 0) {_OF_ROW};
    end""",  # noqa: S608 (ours)
    f"""create trigger losses_total after insert on losses begin
        {_ROW};
        update totals set lost = lost + 1, most_input = most_input + new.most_input,
            most_output = most_output + new.most_output {_OF_ROW};
    end""",  # noqa: S608 (ours)
    f"""create trigger calls_held after insert on calls when new.most_input is not null begin
        {_ROW_OF_CALL};
        update totals set held = held + 1, held_input = held_input + new.most_input,
            held_output = held_output + new.most_output where model = new.model and batched = new.batched;
    end""",  # noqa: S608 (ours)
    """create trigger calls_freed after update of most_input on calls when old.most_input is not null begin
        update totals set held = held - 1, held_input = held_input - old.most_input,
            held_output = held_output - old.most_output where model = old.model and batched = old.batched;
    end""",
    f"""create trigger calls_held_again after update of most_input on calls when new.most_input is not null begin
        {_ROW_OF_CALL};
        update totals set held = held + 1, held_input = held_input + new.most_input,
            held_output = held_output + new.most_output where model = new.model and batched = new.batched;
    end""",  # noqa: S608 (ours)
)

TABLES: Final[tuple[str, ...]] = (
    """create table calls (
        key text primary key, stage text not null, purpose text not null, model text not null,
        state text not null check (state in ('open', 'answered', 'closed')), owner text, tries integer not null,
        opened text not null, reason text not null default '', detail text not null default '',
        batched integer not null default 0, most_input integer, most_output integer
    ) without rowid""",
    "create index calls_open on calls (owner) where state = 'open'",
    """create table replies (
        number integer primary key, key text not null, final integer not null, arrived text not null,
        text text not null, model text not null, finish_reason text not null,
        input_tokens integer, output_tokens integer, cached_tokens integer,
        refusal text not null, reasoning text not null, batched integer not null, raw blob,
        most_input integer, most_output integer
    )""",
    "create unique index replies_final on replies (key) where final = 1",
    "create index replies_key on replies (key)",
    """create table sessions (
        name text primary key, begun text not null, ended text, interrupted integer not null default 0
    )""",
    "create table notes (kind text not null, name text not null, text text not null, primary key (kind, name))",
    _LOSSES,
    _LOSSES_KEY,
    _TOTALS,
    *_TRIGGERS,
)

_TO_3 = (
    "alter table calls add column batched integer not null default 0",
    "alter table calls add column most_input integer",
    "alter table calls add column most_output integer",
    "alter table replies add column most_input integer",
    "alter table replies add column most_output integer",
    # What earlier versions took for free: answers without counts, or with such as cannot be.
    f"""update replies set most_input = {UNKNOWN_MOST.input_tokens}, input_tokens = null, output_tokens = null,
        cached_tokens = null, most_output = max({UNKNOWN_MOST.output_tokens}, length(cast(text as blob)))
        where coalesce(input_tokens, 0) < 1 or output_tokens is null or (output_tokens < 1 and text != '')""",  # noqa: S608 (ours)
    _LOSSES,
    _LOSSES_KEY,
    _TOTALS,
    *_TRIGGERS,
    """insert into totals (model, batched, answers, uncounted, input_tokens, output_tokens, cached_tokens, most_input,
        most_output) select calls.model, replies.batched, count(*), sum(input_tokens is null),
        coalesce(sum(input_tokens), 0), coalesce(sum(output_tokens), 0), coalesce(sum(cached_tokens), 0),
        coalesce(sum(replies.most_input), 0), coalesce(sum(replies.most_output), 0)
        from replies join calls on calls.key = replies.key group by 1, 2""",
    f"""update calls set batched = 1, most_input = {UNKNOWN_MOST.input_tokens},
        most_output = {UNKNOWN_MOST.output_tokens}
        where state = 'open' and (owner = 'file' or owner like 'batch:%')""",  # noqa: S608 (ours)
)

CHANGES: Final[dict[int, tuple[str, ...]]] = {2: ("alter table replies add column raw blob",), 3: _TO_3}
"""By version: what makes a ledger of the version before one of that version."""
