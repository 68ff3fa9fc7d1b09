"""What calls can have cost at most is kept until it is known better: answers, losses, and what is set aside."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stvqa.errors import StorageError
from stvqa.store.ledger import Ledger
from stvqa.store.ledger_counts import UNKNOWN_MOST, Most, costed, text_tokens
from stvqa.store.ledger_rows import INTERRUPTED, Answer, Claim, Intent
from stvqa.store.sessions import Session, remains

MOST = Most(500, 60)


def intent(key: str, most: Most = MOST, **changes: object) -> Intent:
    return Intent(key, "verify", "vote", "m", most)._replace(**changes)


def answer(read: object = 100, wrote: object = 2, text: str = "B", **changes: object) -> Answer:
    return Answer(text, "m", "stop", read, wrote)._replace(**changes)  # type: ignore[arg-type]


@pytest.fixture
def ledger(tmp_path):
    opened = Ledger.open(tmp_path)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("read", "wrote", "text"),
    [
        (None, None, "B"),
        (100, None, "B"),
        (None, 2, "B"),
        (0, 2, "B"),
        (100, 0, "B"),
        (2, 2, "B"),
        (500 * 50 + 20_001, 2, "B"),
        (100, 60 * 50 + 20_001, "B"),
        (10**9, 10**9, "B"),
        (100, 1, "word " * 1_000),
    ],
)
def test_counts_that_cannot_be_are_replaced_by_the_most(ledger, read, wrote, text):
    ledger.claim([intent("a")]).result()
    ledger.record("a", answer(read, wrote, text)).result()
    kept = ledger.answers(["a"])["a"]
    assert (kept.text, kept.input_tokens, kept.output_tokens) == (text, None, None)
    (spent,) = ledger.spent()
    assert (spent.calls, spent.uncounted, spent.input_tokens) == (1, 1, 0)
    assert (spent.most_input, spent.most_output) == (500, max(60, text_tokens(text)))


@pytest.mark.parametrize(
    ("read", "wrote", "text"),
    [(100, 2, "B"), (10, 1, "B"), (500 * 50, 60, "B"), (100, 0, ""), (100, 3_000, "word " * 1_000)],
)
def test_counts_that_can_be_are_believed(ledger, read, wrote, text):
    ledger.claim([intent("a")]).result()
    ledger.record("a", answer(read, wrote, text)).result()
    (spent,) = ledger.spent()
    assert (spent.uncounted, spent.input_tokens, spent.output_tokens, spent.most_input) == (0, read, wrote, 0)


@given(
    read=st.none() | st.integers(-(2**70), 2**70),
    wrote=st.none() | st.integers(-(2**70), 2**70),
    text=st.text(max_size=50),
)
def test_no_answer_is_ever_free_or_gives_money_back(read, wrote, text):
    kept, estimated = costed(answer(read, wrote, text), MOST)
    if estimated is None:
        assert kept.input_tokens >= 1
        assert kept.output_tokens >= 0
    else:
        assert estimated >= (500, 60)


def test_text_beyond_ascii_has_up_to_a_token_a_byte():
    assert text_tokens("hello") == 2
    assert text_tokens("語") == 3
    assert text_tokens("hello語") == 5
    assert text_tokens("\ud83d") == 3


def test_what_is_under_way_is_set_aside_until_it_is_known_better(ledger):
    ledger.claim([intent("a"), intent("b"), intent("c"), intent("d")]).result()
    (total,) = ledger.totals()
    assert (total.held, total.held_input, total.held_output) == (4, 2_000, 240)
    ledger.record("a", answer()).result()
    ledger.lose("b", reason="timeout").result()
    ledger.release("c", reason="server-error", detail="500", closed=False).result()
    ledger.unclaim("d").result()
    (total,) = ledger.totals()
    assert (total.answers, total.lost, total.held) == (1, 1, 0)
    assert (total.held_input, total.held_output, total.most_input, total.most_output) == (0, 0, 500, 60)
    assert ledger.spent()[0]._replace(stage="", purpose="")[4:] == (1, 0, 100, 2, 0, 1, 500, 60)


def test_a_further_try_is_set_aside_anew_and_a_lost_one_is_entered_once(ledger):
    ledger.claim([intent("a")]).result()
    for _ in range(3):
        ledger.lose("a", reason="timeout").result()
    assert ledger.claim([intent("a", Most(500, 8_252))]).result() == [Claim.MINE]
    (total,) = ledger.totals()
    assert (total.lost, total.held, total.held_output, total.most_output) == (1, 1, 8_252, 60)
    ledger.record("a", answer(), final=False).result()
    assert ledger.claim([intent("a")]).result() == [Claim.MINE]
    ledger.record("a", answer()).result()
    (total,) = ledger.totals()
    assert (total.answers, total.lost, total.held, total.input_tokens) == (2, 1, 0, 200)


def test_claims_beyond_a_limit_are_refused_in_order(ledger):
    def two(totals, intent):
        return sum(total.answers + total.held for total in totals) < 2

    keys = ["a", "b", "c"]
    claims = ledger.claim([intent(key) for key in keys], fits=two).result()
    assert claims == [Claim.MINE, Claim.MINE, Claim.FULL]
    assert ledger.known(keys) == {"a", "b"}
    ledger.release("a", reason="", detail="", closed=False).result()
    assert ledger.claim([intent("c")], fits=two).result() == [Claim.MINE]


def test_a_refused_claim_takes_nothing_from_who_holds_the_call(ledger):
    ledger.claim([intent("a")], owner="file").result()
    assert ledger.claim([intent("a")], fits=lambda totals, intent: False).result() == [Claim.FULL]
    assert ledger.owners(["a"]) == {"a": "file"}
    assert ledger.totals()[0].held_input == 500


def test_limits_hold_over_two_processes(tmp_path, ledger):
    def three(totals, intent):
        return sum(total.held for total in totals) < 3

    other = Ledger.open(tmp_path)
    assert ledger.claim([intent("a"), intent("b")], fits=three).result() == [Claim.MINE] * 2
    assert other.claim([intent("c"), intent("d")], fits=three).result() == [Claim.MINE, Claim.FULL]
    assert ledger.is_used_beside()
    other.close()
    assert not ledger.is_used_beside()
    assert ledger.claim([intent("d")], fits=three).result() == [Claim.MINE], "c was claimed and never sent"


@pytest.mark.parametrize("sent", [0, 2])
def test_a_killed_process_may_be_billed_for_what_it_had_sent(tmp_path, sent):
    code = f"""
        import time
        from pathlib import Path
        from stvqa.store.ledger import Ledger
        from stvqa.store.ledger_counts import Most
        from stvqa.store.ledger_rows import Answer, Intent
        ledger = Ledger.open(Path({str(tmp_path)!r}))
        keys = [f"k{{number}}" for number in range(6)]
        ledger.claim([Intent(key, "s", "p", "m", Most(500, 60)) for key in keys]).result()
        for _ in range(3):  # tries that cost nothing, and one that was answered
            ledger.unmark(ledger.mark("k5"))
        place = ledger.mark("k4")
        ledger.record("k4", Answer("B", "m", "stop", 100, 1)).result()
        for key in keys[:{sent}]:
            ledger.mark(key)
        print("ready", flush=True)
        time.sleep(60)
    """
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    for _ in range(2):
        ledger = Ledger.open(tmp_path)
        (total,) = ledger.totals()
        assert (ledger.interrupted, total.lost, total.most_input, total.held) == (sent, sent, 500 * sent, 0)
        ledger.close()
    assert not list((tmp_path / "sessions").iterdir())


def test_a_session_tells_what_is_under_way(tmp_path):
    session = Session.begin(tmp_path)
    places = [session.mark(key) for key in ("a" * 64, "b", "a" * 64)]
    session.unmark(places[0])
    assert session.sent == {"a" * 64, "b"}
    assert remains(tmp_path, session.name) is None
    session.unmark(places[1])
    assert session.mark("c") == places[1]
    session.lock.close()  # as if its process had been killed
    assert remains(tmp_path, session.name).sent == {"a" * 64, "c"}


@pytest.mark.parametrize("damage", ["another start of the machine", "empty", "gone"])
def test_where_nobody_knows_what_was_sent_all_of_it_may_have_been(tmp_path, damage):
    ledger = Ledger.open(tmp_path)
    ledger.claim([intent("a"), intent("b")]).result()
    ledger.mark("a")
    name, path = ledger._session.name, ledger._session.path
    content = path.read_bytes()
    ledger._session.lock.close()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(b"" if damage == "empty" else b"0" * 10 + content[10:])
    assert remains(path.parent, name).sent is None
    after = Ledger.open(tmp_path)
    assert after.interrupted == 2
    after.close()


def test_a_session_whose_file_is_a_link_is_not_followed(tmp_path):
    target = tmp_path / "target"
    target.write_text("mine")
    (tmp_path / "x.lock").symlink_to(target)
    with pytest.raises(StorageError):
        remains(tmp_path, "x")
    assert target.read_text() == "mine"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device here")
def test_a_mark_that_cannot_be_written_is_an_error_and_marks_nothing(tmp_path):
    session = Session.begin(tmp_path)
    with Path("/dev/full").open("r+b", buffering=0) as full:
        lock, session.lock = session.lock, full
        with pytest.raises(StorageError, match="the disk is full"):
            session.mark("a")
        session.lock = lock
    assert session.sent == frozenset()
    session.end()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("cruslw"), st.sampled_from("ab"), st.integers(1, 900)), max_size=25))
def test_totals_are_always_the_sums_of_the_rows(steps):
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger.open(Path(folder))
        ledger.claim([intent("a"), intent("b", batched=True)]).result()
        for kind, key, number in steps:
            if kind == "c":
                ledger.claim([intent(key, Most(number, 7), batched=number % 2 == 0)], owner="file").result()
            elif kind in "ru":
                ledger.record(key, answer(number if number % 3 else None, batched=number % 2 == 0), final=kind == "r")
            elif kind == "s":
                ledger.release(key, reason="", detail="", closed=False).result()
            elif kind == "l":
                ledger.lose(key, reason=INTERRUPTED).result()
            elif key in ledger.answers([key]):
                ledger.withdraw(key).result()
        spent, totals = ledger.spent(), ledger.totals()
        sums = ["uncounted", "lost", "input_tokens", "output_tokens", "cached_tokens", "most_input", "most_output"]
        for ours, theirs in [("answers", "calls"), *zip(sums, sums, strict=True)]:
            assert sum(getattr(total, ours) for total in totals) == sum(getattr(one, theirs) for one in spent)
        open_now = ledger._read(
            "select count(*), coalesce(sum(most_input), 0) from calls where most_input is not null", ()
        )
        assert (sum(total.held for total in totals), sum(total.held_input for total in totals)) == open_now[0]
        ledger.close()


def test_a_call_that_nobody_estimated_is_taken_for_a_large_one(ledger):
    ledger.claim([Intent("a", "s", "p", "m")]).result()
    ledger.record("a", answer(None)).result()
    assert ledger.spent()[0].most_input == UNKNOWN_MOST.input_tokens
