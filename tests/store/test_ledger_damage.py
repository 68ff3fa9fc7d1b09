"""A ledger that is lost, damaged, somebody else's, or on a file system that cannot do all: said, and never paid twice."""

from __future__ import annotations

import os
import sqlite3

import pytest

from stvqa.errors import InputError, StorageError
from stvqa.store import ledger_check
from stvqa.store.ledger import Ledger
from stvqa.store.ledger_file import LEDGER_FILE
from stvqa.store.ledger_rows import Answer, Claim, Intent

KEYS = [f"k{number}" for number in range(300)]


def fill(folder) -> None:
    ledger = Ledger.open(folder)
    ledger.claim([Intent(key, "s", "p", "m") for key in KEYS]).result()
    for key in KEYS:
        future = ledger.record(key, Answer(key * 40, "m", "stop", 10, 2))
    future.result()
    ledger.close()


def flipped(path) -> None:
    """Every page but the first has a wrong beginning."""
    content = bytearray(path.read_bytes())
    for place in range(4096, len(content), 4096):
        content[place] ^= 0xFF
    path.write_bytes(content)


DAMAGE = {
    "flipped": flipped,
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-20_000]),
    "one page": lambda path: path.write_bytes(path.read_bytes()[:8192] + bytes(4096) + path.read_bytes()[12288:]),
    "no database": lambda path: path.write_bytes(b"not one" * 1000),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_ledger_stops_with_a_choice_and_is_never_deleted(tmp_path, damage):
    fill(tmp_path)
    path = tmp_path / LEDGER_FILE
    DAMAGE[damage](path)
    content = path.read_bytes()
    for _ in range(2):
        with pytest.raises(
            StorageError, match=r"ledger\.sqlite: it is .*a copy.*or pay for its calls again .*--pay-again"
        ):
            Ledger.open(tmp_path)
    assert path.read_bytes() == content
    told: list[str] = []
    again = Ledger.open(tmp_path, pay_again=True, paid=300, tell=told.append)
    assert again.answers(KEYS) == {}
    again.close()
    assert (tmp_path / f"{LEDGER_FILE}.damaged-1").read_bytes() == content
    assert "was moved to ledger.sqlite.damaged-1" in told[0]
    assert "lacks 300 answers" in told[1]
    Ledger.open(tmp_path, paid=300).close()


@pytest.mark.parametrize("lost", ["missing", "empty"])
@pytest.mark.parametrize("paid", [None, 0, 300])
def test_a_lost_ledger_stops_where_there_was_one(tmp_path, lost, paid):
    fill(tmp_path)
    path = tmp_path / LEDGER_FILE
    kept = path.read_bytes()
    path.unlink()
    if lost == "empty":
        path.touch()
    with pytest.raises(StorageError, match=r"is (missing|empty).*put it back .*--pay-again") as told:
        Ledger.open(tmp_path, paid=paid)
    assert ("paid for 300 calls" in str(told.value)) == (paid == 300)
    path.write_bytes(kept)
    Ledger.open(tmp_path, paid=paid).close()
    path.unlink()
    for again in (True, False):
        ledger = Ledger.open(tmp_path, paid=paid, pay_again=again)
        assert ledger.answers(KEYS) == {}
        ledger.close()


def test_a_whole_folder_that_is_lost_is_missed_where_the_run_knows_of_it(tmp_path):
    with pytest.raises(StorageError, match=r"is missing, beside stages that paid for 5 calls"):
        Ledger.open(tmp_path / "ledger", paid=5)
    with pytest.raises(StorageError, match=r"is missing, where there was a ledger before"):
        Ledger.open(tmp_path / "ledger", paid=0)
    Ledger.open(tmp_path / "ledger").close()


def test_an_older_copy_lacks_what_was_paid_since(tmp_path):
    fill(tmp_path)
    with pytest.raises(StorageError, match=r"holds 300 answers, beside stages that paid for 450 calls: .*--pay-again"):
        Ledger.open(tmp_path, paid=450)
    assert list((tmp_path / "sessions").iterdir()) == []
    told: list[str] = []
    ledger = Ledger.open(tmp_path, paid=450, pay_again=True, tell=told.append)
    assert len(ledger.answers(KEYS)) == 300, "what there is stays"
    assert "lacks 150 answers or lost tries" in told[0]
    ledger.close()
    Ledger.open(tmp_path, paid=450).close()
    with pytest.raises(StorageError):
        Ledger.open(tmp_path, paid=451)


def test_an_older_copy_that_lacks_lost_tries_alone_is_missed_too(tmp_path):
    ledger = Ledger.open(tmp_path)
    ledger.claim([Intent("k", "s", "p", "m")]).result()
    ledger.lose("k", reason="no-answer-in-time").result()
    ledger.close()
    Ledger.open(tmp_path, paid=0, lost=1).close()
    with pytest.raises(StorageError, match="holds 0 answers and 1 lost tries, beside stages that paid for 2 calls"):
        Ledger.open(tmp_path, paid=0, lost=2)
    with pytest.raises(StorageError, match="holds 0 answers"):
        Ledger.open(tmp_path, paid=1)


def killed(folder):
    """The files of a ledger as a killed process leaves them: the last answers stand in the log alone."""
    ledger = Ledger.open(folder / "source")
    ledger.claim([Intent(key, "s", "p", "m") for key in KEYS]).result()
    for key in KEYS:
        ledger.record(key, Answer(key, "m", "stop", 10, 2)).result()
    for end in ("", "-wal"):
        source = folder / "source" / f"{LEDGER_FILE}{end}"
        (folder / f"{LEDGER_FILE}{end}").write_bytes(source.read_bytes())
    (folder / "sessions").mkdir()
    ledger.close()


def test_a_log_that_a_killed_process_left_is_read(tmp_path):
    killed(tmp_path)
    ledger = Ledger.open(tmp_path, paid=300)
    assert len(ledger.answers(KEYS)) == 300
    ledger.close()


def test_a_lost_log_is_missed(tmp_path):
    killed(tmp_path)
    (tmp_path / f"{LEDGER_FILE}-wal").unlink()
    with pytest.raises(StorageError, match=r"holds \d+ answers|is empty|is damaged"):
        Ledger.open(tmp_path, paid=300)


def test_a_foreign_log_is_found_and_not_written_into_the_ledger(tmp_path):
    fill(tmp_path)
    path = tmp_path / LEDGER_FILE
    content = path.read_bytes()
    foreign = sqlite3.connect(tmp_path / "foreign.sqlite", isolation_level=None)
    foreign.execute("pragma journal_mode = wal")
    foreign.execute("create table songs (name text)")
    for number in range(50):
        foreign.execute("insert into songs values (?)", (f"{number}" * 900,))
    (tmp_path / f"{LEDGER_FILE}-wal").write_bytes((tmp_path / "foreign.sqlite-wal").read_bytes())
    foreign.close()
    with pytest.raises((InputError, StorageError)):
        Ledger.open(tmp_path)
    assert path.read_bytes() == content
    (tmp_path / f"{LEDGER_FILE}-wal").unlink()
    (tmp_path / f"{LEDGER_FILE}-shm").unlink(missing_ok=True)
    ledger = Ledger.open(tmp_path, paid=300)
    assert len(ledger.answers(KEYS)) == 300
    ledger.close()


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("end", ["", "-wal", "-journal"])
def test_what_is_no_file_of_ours_is_left_alone(tmp_path, end, again):
    fill(tmp_path)
    path = tmp_path / f"{LEDGER_FILE}{end}"
    (tmp_path / "mine").write_text("mine")
    for make in (
        path.mkdir,
        lambda: path.symlink_to(tmp_path / "mine"),
        lambda: path.symlink_to(tmp_path / "nowhere"),
        lambda: os.mkfifo(path),
    ):
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
        path.unlink(missing_ok=True)
        make()
        with pytest.raises(StorageError, match=r"a folder|a link|a pipe"):
            Ledger.open(tmp_path, pay_again=again)
    assert (tmp_path / "mine").read_text() == "mine"


def test_paying_again_touches_neither_another_programs_file_nor_a_newer_ledger(tmp_path):
    with sqlite3.connect(tmp_path / LEDGER_FILE) as connection:
        connection.execute("create table songs (name text)")
    connection.close()
    with pytest.raises(InputError, match="something else than stvqa"):
        Ledger.open(tmp_path, pay_again=True)
    Ledger.open(tmp_path / "newer").close()
    connection = sqlite3.connect(tmp_path / "newer" / LEDGER_FILE)
    connection.execute("pragma user_version = 99")
    connection.close()
    with pytest.raises(InputError, match="newer version"):
        Ledger.open(tmp_path / "newer", pay_again=True)


def test_a_check_that_takes_a_while_is_told_once(tmp_path, monkeypatch):
    fill(tmp_path)
    monkeypatch.setattr(ledger_check, "_QUIET_SECONDS", -1.0)
    monkeypatch.setattr(ledger_check, "_STEPS", 10)
    told: list[str] = []
    Ledger.open(tmp_path, tell=told.append).close()
    assert told == [f"{tmp_path / LEDGER_FILE} is being checked (0.0 GB)"]


@pytest.mark.parametrize("system", ["unix-none", "unix-dotfile"])
def test_a_file_system_without_a_write_ahead_log_gets_the_older_journal(tmp_path, monkeypatch, system):
    monkeypatch.setattr("stvqa.store.ledger_file._SYSTEM", system)
    told: list[str] = []
    ledger = Ledger.open(tmp_path, tell=told.append)
    assert len(told) == 1
    assert "has no write-ahead log of SQLite" in told[0]
    assert ledger.claim([Intent(key, "s", "p", "m") for key in KEYS]).result() == [Claim.MINE] * 300
    for key in KEYS:
        future = ledger.record(key, Answer(key, "m", "stop", 10, 2))
    future.result()
    assert len(ledger.answers(KEYS)) == 300
    assert ledger._reader.execute("pragma journal_mode").fetchone() == ("truncate",)
    assert ledger._reader.execute("pragma synchronous").fetchone() == (2,)
    ledger.close()
    again = Ledger.open(tmp_path, paid=300, tell=told.append)
    assert len(again.answers(KEYS)) == 300
    again.close()


@pytest.mark.parametrize("system", ["unix-none", "unix-dotfile"])
def test_a_ledger_with_a_log_may_be_moved_to_such_a_file_system(tmp_path, monkeypatch, system):
    killed(tmp_path)
    monkeypatch.setattr("stvqa.store.ledger_file._SYSTEM", system)
    ledger = Ledger.open(tmp_path, paid=300, tell=lambda text: None)
    assert len(ledger.answers(KEYS)) == 300
    ledger.close()
    monkeypatch.undo()
    ledger = Ledger.open(tmp_path, paid=300)
    assert ledger._reader.execute("pragma journal_mode").fetchone() == ("wal",)
    ledger.close()


def test_two_processes_share_a_ledger_with_the_older_journal(tmp_path, monkeypatch):
    monkeypatch.setattr("stvqa.store.ledger_file._SYSTEM", "unix-dotfile")
    first, second = (Ledger.open(tmp_path, tell=lambda text: None) for _ in range(2))
    for number in range(30):
        mine, other = (first, second) if number % 2 else (second, first)
        assert mine.claim([Intent(f"{number}", "s", "p", "m")]).result() == [Claim.MINE]
        assert other.claim([Intent(f"{number}", "s", "p", "m")]).result() == [Claim.BUSY]
        mine.record(f"{number}", Answer("B", "m", "stop", 10, 2)).result()
        assert f"{number}" in other.answers([f"{number}"])
    first.close()
    second.close()
