from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading

import pytest

from stvqa.errors import InputError, StorageError
from stvqa.store.ledger import Ledger
from stvqa.store.ledger_file import LEDGER_FILE
from stvqa.store.ledger_rows import Answer, Claim, Intent
from stvqa.store.sessions import Session


def intent(key: str, *, model: str = "m", purpose: str = "vote") -> Intent:
    return Intent(key, "verify", purpose, model)


def answer(text: str = "B", **changes: object) -> Answer:
    return Answer(text, "m-served", "stop", 10, 2)._replace(**changes)


@pytest.fixture
def ledger(tmp_path):
    opened = Ledger.open(tmp_path / "ledger")
    yield opened
    opened.close()


def child(folder, code: str) -> subprocess.Popen[str]:
    """A process of its own with a ledger open; `code` runs after it."""
    start = f"""
        import sys, time
        from pathlib import Path
        from stvqa.store.ledger import Ledger
        from stvqa.store.ledger_rows import Answer, Claim, Intent
        ledger = Ledger.open(Path({str(folder)!r}))
    """
    text = textwrap.dedent(start) + textwrap.dedent(code)
    return subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE, text=True)


def test_a_call_is_claimed_answered_and_found_again(ledger):
    assert ledger.claim([intent("a"), intent("b")]).result() == [Claim.MINE, Claim.MINE]
    assert ledger.answers(["a", "b"]) == {}
    ledger.record("a", answer("A. yes", cached_tokens=4, reasoning="hm", batched=True)).result()
    assert ledger.answers(["a", "b", "c"]) == {
        "a": Answer("A. yes", "m-served", "stop", 10, 2, 4, reasoning="hm", batched=True)
    }
    assert ledger.claim([intent("a"), intent("b")]).result() == [Claim.ANSWERED, Claim.MINE]
    assert ledger.known(["a", "b", "c"]) == {"a", "b"}


def test_answers_outlive_the_session(tmp_path):
    first = Ledger.open(tmp_path)
    first.claim([intent("a")]).result()
    first.record("a", answer()).result()
    first.note("abilities", "x", "{}").result()
    first.close()
    second = Ledger.open(tmp_path)
    assert second.answers(["a"])["a"].text == "B"
    assert second.notes("abilities") == {"x": "{}"}
    assert second.interrupted == 0
    second.close()


def test_the_first_answer_of_a_key_stays_and_every_one_is_paid(ledger):
    ledger.claim([intent("a")]).result()
    ledger.record("a", answer(""), final=False).result()
    assert ledger.answers(["a"]) == {}
    ledger.record("a", answer("first")).result()
    ledger.record("a", answer("second")).result()
    assert ledger.answers(["a"])["a"].text == "first"
    (spent,) = ledger.spent()
    assert (spent.calls, spent.input_tokens, spent.output_tokens, spent.uncounted) == (3, 30, 6, 0)


def test_an_answer_that_must_not_be_used_is_withdrawn_and_stays_paid(ledger):
    ledger.claim([intent("a")]).result()
    ledger.record("a", answer("blind")).result()
    ledger.withdraw("a").result()
    assert ledger.answers(["a"]) == {}
    assert ledger.claim([intent("a")]).result() == [Claim.MINE]
    ledger.record("a", answer("seen")).result()
    assert ledger.answers(["a"])["a"].text == "seen"
    assert ledger.spent()[0].calls == 2


def test_sums_are_told_apart_by_stage_model_purpose_and_batch(ledger):
    ledger.claim([intent("a"), intent("b", purpose="blind"), intent("c", model="n")]).result()
    ledger.record("a", answer()).result()
    ledger.record("b", answer(input_tokens=None)).result()
    ledger.record("c", answer(batched=True)).result()
    spent = {(one.model, one.purpose, one.batched): one for one in ledger.spent()}
    assert sorted(spent) == [("m", "blind", False), ("m", "vote", False), ("n", "vote", True)]
    assert spent["m", "blind", False].uncounted == 1
    assert [one.model for one in ledger.spent(["c"])] == ["n"]
    assert ledger.spent([]) == []


def test_more_keys_than_one_query_takes(ledger):
    keys = [f"k{number}" for number in range(1203)]
    ledger.claim([intent(key) for key in keys]).result()
    for key in keys:
        future = ledger.record(key, answer(key))
    future.result()
    assert {key: found.text for key, found in ledger.answers(keys).items()} == {key: key for key in keys}
    assert sum(one.calls for one in ledger.spent(keys)) == 1203


def test_a_released_call_stays_open_or_is_closed(ledger):
    ledger.claim([intent("a"), intent("b")]).result()
    ledger.release("a", reason="gave-up", detail="timeout", closed=False).result()
    ledger.release("b", reason="context-too-long", detail="8000 tokens", closed=True).result()
    assert ledger.closed(["a", "b"]) == {"b": ("context-too-long", "8000 tokens")}
    assert ledger.owners(["a", "b"]) == {}
    assert ledger.claim([intent("a"), intent("b")]).result() == [Claim.MINE, Claim.MINE]
    assert ledger.closed(["b"]) == {}


def test_what_another_living_session_has_open_is_busy(tmp_path, ledger):
    other = Ledger.open(tmp_path / "ledger")
    ledger.claim([intent("a")]).result()
    assert other.claim([intent("a")]).result() == [Claim.BUSY]
    ledger.record("a", answer()).result()
    assert other.claim([intent("a")]).result() == [Claim.ANSWERED]
    ledger.claim([intent("b")]).result()
    ledger.release("b", reason="gave-up", detail="", closed=False).result()
    assert other.claim([intent("b")]).result() == [Claim.MINE]
    other.close()


def test_calls_of_a_batch_belong_to_it_and_those_in_a_file_to_nobody(tmp_path, ledger):
    ledger.claim([intent("a"), intent("b")], owner="batch:one").result()
    ledger.claim([intent("c")], owner="file").result()
    assert ledger.claim([intent("a"), intent("c")]).result() == [Claim.BUSY, Claim.MINE]
    assert ledger.held("batch:one") == ["a", "b"]
    assert ledger.owners(["a", "c"])["a"] == "batch:one"
    ledger.record("a", answer()).result()
    assert ledger.held("batch:one") == ["b"]


def test_a_killed_process_is_known_to_be_gone_and_what_it_left_open_is_counted(tmp_path):
    code = """
        ledger.claim([Intent(key, "s", "p", "m") for key in ("a", "b", "c", "d")]).result()
        for key in ("a", "b", "c"):
            ledger.mark(key)
        ledger.record("a", Answer("A", "m", "stop", 1, 1)).result()
        print("ready", flush=True)
        time.sleep(60)
    """
    process = child(tmp_path, code)
    assert process.stdout.readline() == "ready\n"
    beside = Ledger.open(tmp_path)
    assert beside.claim([intent("b")]).result() == [Claim.BUSY]
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert beside.claim([intent("b")]).result() == [Claim.MINE]
    assert beside.interrupted == 2, "d was claimed and not sent"
    beside.mark("b")
    beside.close()
    after = Ledger.open(tmp_path)
    assert after.interrupted == 3, "what a session has under way when it is closed was not answered either"
    assert after.answers(["a"])["a"].text == "A"
    after.close()
    assert not list((tmp_path / "sessions").iterdir())


def test_many_processes_on_one_ledger_make_each_call_once(tmp_path):
    code = """
        made = 0
        for number in range(40):
            key = f"k{number}"
            while ledger.claim([Intent(key, "s", "p", "m")]).result() == [Claim.BUSY]:
                time.sleep(0.002)
            if key in ledger.answers([key]):
                continue
            made += 1
            ledger.record(key, Answer(key, "m", "stop", 1, 1)).result()
        ledger.close()
        print(made)
    """
    processes = [child(tmp_path, code) for _ in range(3)]
    made = [int(process.communicate()[0]) for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert sum(made) == 40
    ledger = Ledger.open(tmp_path)
    assert ledger.spent()[0].calls == 40
    assert ledger.interrupted == 0
    ledger.close()


def test_threads_share_commits(ledger):
    def work(name: int) -> None:
        for number in range(20):
            key = f"{name}-{number}"
            assert ledger.claim([intent(key)]).result() == [Claim.MINE]
            ledger.record(key, answer(key)).result()

    threads = [threading.Thread(target=work, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ledger.spent()[0].calls == 160


def test_a_file_that_is_no_ledger_is_one_clear_error(tmp_path):
    (tmp_path / LEDGER_FILE).write_bytes(b"not a database, " * 100)
    with pytest.raises(StorageError, match=r"ledger\.sqlite: it is not an SQLite file: move it away"):
        Ledger.open(tmp_path)


def test_a_file_of_something_else_is_left_alone(tmp_path):
    with sqlite3.connect(tmp_path / LEDGER_FILE) as connection:
        connection.execute("create table songs (name text)")
    connection.close()
    with pytest.raises(InputError, match="something else than stvqa: move it away"):
        Ledger.open(tmp_path)
    connection = sqlite3.connect(tmp_path / LEDGER_FILE)
    assert connection.execute("select count(*) from songs").fetchone() == (0,)
    connection.close()


def test_a_ledger_of_a_newer_version_is_not_touched(tmp_path):
    Ledger.open(tmp_path).close()
    connection = sqlite3.connect(tmp_path / LEDGER_FILE)
    connection.execute("pragma user_version = 99")
    connection.close()
    with pytest.raises(InputError, match="newer version"):
        Ledger.open(tmp_path)


def test_a_damaged_ledger_is_one_clear_error(tmp_path):
    opened = Ledger.open(tmp_path)
    opened.claim([intent(f"k{number}") for number in range(500)]).result()
    opened.close()
    path = tmp_path / LEDGER_FILE
    content = path.read_bytes()
    path.write_bytes(content[:4096] + os.urandom(len(content) - 4096))
    with pytest.raises(StorageError, match=r"cannot use .*ledger\.sqlite"):
        Ledger.open(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(StorageError):
        Ledger.open(tmp_path / "ledger")


def test_an_error_of_a_write_reaches_who_waits_for_it_and_nobody_else(tmp_path, ledger):
    ledger.claim([intent("a")]).result()
    with pytest.raises(StorageError, match="cannot use"):
        ledger._writer.submit(lambda connection: connection.execute("insert into nowhere values (1)")).result()
    ledger.record("a", answer()).result()
    assert ledger.answers(["a"])


def test_an_answer_that_cannot_be_stored_fails_alone(ledger):
    ledger.claim([intent("a"), intent("b"), intent("c")]).result()
    futures = [ledger.record(key, answer(text)) for key, text in (("a", "A"), ("b", "\ud83d"), ("c", "C"))]
    with pytest.raises(UnicodeEncodeError):
        futures[1].result()
    assert futures[0].result() is futures[2].result() is None
    assert {key: found.text for key, found in ledger.answers(["a", "b", "c"]).items()} == {"a": "A", "c": "C"}


def test_the_response_as_it_came_is_kept_as_bytes(tmp_path, ledger):
    ledger.claim([intent("a"), intent("b")]).result()
    ledger.record("a", answer("\ufffd \0", raw=b'{"content": "\\ud83d \\u0000"}')).result()
    ledger.record("b", answer()).result()
    other = Ledger.open(tmp_path / "ledger")
    assert other.answers(["a"])["a"] == answer("\ufffd \0", raw=b'{"content": "\\ud83d \\u0000"}')
    assert other.answers(["b"])["b"].raw is None
    other.close()


def test_closing_twice_and_asking_afterwards(tmp_path):
    ledger = Ledger.open(tmp_path)
    ledger.claim([intent("a")]).result()
    ledger.close()
    ledger.close()
    with pytest.raises(StorageError, match="the ledger is closed"):
        ledger.record("a", answer()).result()
    with pytest.raises(StorageError):
        ledger.answers(["a"])


def test_an_opening_that_fails_leaves_nobody_behind(tmp_path, monkeypatch):
    def fails(connection, name, *, sent):
        raise sqlite3.OperationalError("disk I/O error")

    first = Ledger.open(tmp_path)
    first._session.lock.close()  # as if its process had been killed
    before = threading.active_count()
    monkeypatch.setattr("stvqa.store.ledger.bury", fails)
    with pytest.raises(StorageError, match="disk I/O error"):
        Ledger.open(tmp_path)
    monkeypatch.undo()
    assert threading.active_count() == before
    assert list((tmp_path / "sessions").iterdir()) in ([], [first._session.path])
    first.close()
    Ledger.open(tmp_path).close()


def test_a_session_may_end_twice(tmp_path):
    session = Session.begin(tmp_path)
    session.end()
    session.end()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("replaced", [False, True])
def test_a_file_that_is_taken_away_while_it_is_in_use_is_noticed(tmp_path, replaced):
    ledger = Ledger.open(tmp_path)
    ledger.claim([intent("a")]).result()
    (tmp_path / LEDGER_FILE).rename(tmp_path / "moved")
    if replaced:
        (tmp_path / LEDGER_FILE).write_bytes((tmp_path / "moved").read_bytes())
    with pytest.raises(StorageError, match=r"ledger\.sqlite was taken away, or replaced, while it was in use"):
        ledger.record("a", answer()).result()
    (tmp_path / "moved").replace(tmp_path / LEDGER_FILE)
    ledger.record("a", answer()).result()
    ledger.close()


def test_a_disk_that_fills_up_is_one_message_and_closing_goes_on(tmp_path, monkeypatch):
    def small(path):
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        (pages,) = connection.execute("pragma page_count").fetchone()
        connection.execute(f"pragma max_page_count = {pages + 1}")
        return connection

    Ledger.open(tmp_path).close()
    monkeypatch.setattr("stvqa.store.ledger.connect", small)
    ledger = Ledger.open(tmp_path)
    ledger.claim([intent("a")]).result()
    with pytest.raises(StorageError, match="the disk is full: free some space"):
        ledger.record("a", answer("x" * 100_000)).result()
    ledger.close()
    assert not list((tmp_path / "sessions").iterdir())


def test_a_ledger_that_somebody_holds_is_one_message(tmp_path, monkeypatch):
    monkeypatch.setattr("stvqa.store.ledger_file._BUSY_SECONDS", 0.01)
    ledger = Ledger.open(tmp_path)
    holder = sqlite3.connect(tmp_path / LEDGER_FILE, isolation_level=None)
    holder.execute("begin immediate")
    with pytest.raises(StorageError, match="another process has held it"):
        ledger.claim([intent("a")]).result()
    holder.execute("rollback")
    holder.close()
    assert ledger.claim([intent("a")]).result() == [Claim.MINE]
    ledger.close()
