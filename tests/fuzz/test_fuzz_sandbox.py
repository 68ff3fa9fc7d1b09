"""The sandbox notices what the targets are to find: each of these would pass unseen without it."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from pathlib import Path

import pytest


def found(action, sandbox, **options):
    from fuzz.found import Found
    from fuzz.watch import watched

    with pytest.raises(Found) as caught, sandbox.example(**options) as folder, watched():
        action(folder)
    return caught.value


def test_a_case_that_touches_nothing_passes(sandbox):
    from fuzz.watch import watched

    with sandbox.example() as folder, watched():
        (folder / "own").write_text("mine")


def test_a_private_file_that_is_read_is_found(sandbox):
    seen = found(lambda _: (sandbox.private / "secret").read_text(), sandbox)
    assert seen.kind == "a file elsewhere was read"


def test_a_private_file_that_is_read_through_a_link_is_found(sandbox):
    def read(folder):
        (folder / "link").symlink_to(sandbox.private / "secret")
        (folder / "link").read_text()

    assert found(read, sandbox).kind == "a file elsewhere was read"


def test_a_private_file_that_is_changed_is_found_and_put_back(sandbox):
    seen = found(lambda _: (sandbox.private / "secret").unlink(), sandbox)
    assert seen.kind == "a file elsewhere was written"
    with pytest.raises(Exception, match="changed"), sandbox.example():
        (sandbox.private / "secret").write_text("other")
    assert (sandbox.private / "secret").exists()


def test_a_file_outside_of_the_sandbox_is_found(sandbox, tmp_path):
    assert found(lambda _: (tmp_path / "x").write_text("x"), sandbox).kind == "a file elsewhere was written"


def test_a_program_that_is_started_is_found(sandbox):
    assert found(lambda _: subprocess.run(["true"], check=True), sandbox).kind == "a program was started"


def test_who_waits_for_a_pipe_is_found_and_goes_on(tmp_path):
    from fuzz.found import Found
    from fuzz.pipes import PipeGuard

    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(Found, match="named pipe"), PipeGuard(tmp_path):
        assert (tmp_path / "pipe").read_bytes() == b""


def test_a_case_that_takes_too_long_is_stopped():
    from fuzz.limits import Limits, TooLong

    with pytest.raises(TooLong), Limits(seconds=0.2).held():
        time.sleep(30)


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="only Linux forgets the peak of memory")
def test_a_case_that_takes_too_much_memory_is_found():
    from fuzz.limits import Limits, TooMuch

    with pytest.raises(TooMuch), Limits(megabytes=50).held():
        assert len(bytearray(b"x" * 200_000_000)) == 200_000_000


def test_messages_that_tell_a_secret_or_blame_stvqa_are_found():
    from fuzz.found import Found
    from fuzz.hostile import CANARY, KEY
    from fuzz.sandbox import told_well

    from stvqa.errors import InputError

    assert told_well(InputError("no such file")) == "InputError"
    for words in (f"it holds {CANARY}", f"the key {KEY}", "this is a fault of stvqa", " "):
        with pytest.raises(Found):
            told_well(InputError(words))


def test_an_unknown_fault_is_kept_once_and_the_round_goes_on_with_others(sandbox, tmp_path):
    from fuzz.driver import Round, run_round
    from fuzz.targets import Target
    from hypothesis import strategies as st

    def hold(case, _):
        if case > 1000:
            raise OverflowError(case)
        return "small" if case < 10 else "large"

    target = Target(st.integers(0, 10**6), hold)
    known = set()
    for seed in (1, 2):
        one = Round(target, sandbox, known=known, folder=tmp_path, until=time.monotonic() + 30)
        run_round(one, seed=seed)
        known |= set(one.tally.found)
    (kept,) = [path for path in tmp_path.iterdir() if path.name.startswith("OverflowError")]
    assert "\n1001\n" in kept.read_text()
    assert threading.active_count() < 20
