"""Ctrl-C, once and twice, in the middle of calls: a quick and quiet end, and nothing paid twice but what was in flight."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest
from model_server import Faults, ModelServer, Traits

from stvqa.store.ledger import Ledger

SCRIPT = """
import signal, sys
from pathlib import Path
from calling_stages import Ask
from fake_stages import Load, Scale
from stvqa.recipe import Recipe
from stvqa.runner import run_recipe
from stvqa.teachers.calls import CallOptions

signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever started the tests may have had it ignored
try:
    stages = (Load(), Scale(), Ask(model="some-model"))
    calls = CallOptions(base_url=sys.argv[2], concurrency=4, backoff_seconds=0.01)
    print(run_recipe(Recipe(name="tiny", seed=5, stages=stages), out=Path(sys.argv[1]), scheduler="sync", calls=calls).rows)
except KeyboardInterrupt:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # as the command does
    print("interrupted", file=sys.stderr)
    sys.exit(130)
"""

COMMAND = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from stvqa.cli import main
if __name__ == "__main__":
    main(sys.argv[1:])
"""


def begin(checkout, code, *words):
    path = os.pathsep.join([str(checkout / "tests" / "support"), str(checkout)])
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, words)],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(condition, *, seconds=60.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.01)


def interrupted(process, times, *, pause):
    """Ends of the process after so many Ctrl-C."""
    for _ in range(times):
        process.send_signal(signal.SIGINT)
        time.sleep(pause)
    output, errors = process.communicate(timeout=60)
    return process.returncode, output, errors


@pytest.mark.parametrize(("times", "pause"), [(1, 0), (2, 0.05), (5, 0.01)])
def test_a_run_that_is_interrupted_once_or_more_goes_on_later(checkout, tmp_path, times, pause):
    out = tmp_path / "run"
    with ModelServer(traits=Traits(latency_seconds=0.2)) as server:
        process = begin(checkout, SCRIPT, out, server.url)
        wait_for(lambda: server.counts.received >= 8)
        assert interrupted(process, times, pause=pause) == (130, "", "interrupted\n")
        sent = server.counts.received
        assert not list((out / "ledger" / "sessions").iterdir()), "the ledger was closed"
        ledger = Ledger.open(out / "ledger")
        kept, cut = sum(one.calls for one in ledger.spent()), ledger.interrupted
        ledger.close()
        assert kept + cut == sent, "every call that was sent was answered, or counts as interrupted"
        assert cut <= 4
        if times == 1:
            assert cut == 0, "what is under way lands"
        server.api.traits.latency_seconds = 0
        again = begin(checkout, SCRIPT, out, server.url)
        assert again.communicate(timeout=60) == ("40\n", "")
        assert server.counts.received == 40 + cut


def test_a_pause_that_the_server_asks_for_does_not_outlast_ctrl_c(checkout, tmp_path):
    out = tmp_path / "run"
    with ModelServer(faults=Faults(script=["rate-limited-wait"], retry_after=800)) as server:
        process = begin(checkout, SCRIPT, out, server.url)
        wait_for(lambda: server.counts.faults["rate-limited-wait"])
        assert interrupted(process, 1, pause=0) == (130, "", "interrupted\n")
        again = begin(checkout, SCRIPT, out, server.url)
        assert again.communicate(timeout=60) == ("40\n", "")
        assert server.counts.received == 41


def test_the_command_ends_quietly_in_the_middle_of_a_batch_that_takes_a_day(checkout, tmp_path):
    out = tmp_path / "run"
    with ModelServer(traits=Traits(batch_seconds=3600)) as server:
        code = SCRIPT.replace("concurrency=4", "batch=True, batch_poll_seconds=600")
        process = begin(checkout, code, out, server.url)
        wait_for(lambda: server.api.batches.batches)
        assert interrupted(process, 2, pause=0.1) == (130, "", "interrupted\n")
        server.api.traits.batch_seconds = 0
        again = begin(checkout, code.replace("600", "0.01"), out, server.url)
        assert again.communicate(timeout=60) == ("40\n", "")
        assert len(server.api.batches.batches) == 1, "the batch was found again"


@pytest.mark.parametrize("times", [1, 6])
def test_the_command_line_says_one_sentence(checkout, tmp_path, times):
    from teacher_brain import teacher

    words = ("build", "--source", "demo", "--n", "4", "--teacher", "m", "--workers", "1", "--no-report")
    with ModelServer(brain=teacher(seed=1), traits=Traits(latency_seconds=1.0)) as server:
        process = begin(checkout, COMMAND, *words, "--out", tmp_path / "run", "--base-url", server.url)
        wait_for(lambda: server.counts.received)
        code, _, errors = interrupted(process, times, pause=0.05)
    assert (code, errors.splitlines()[-1]) == (
        130,
        "stvqa: interrupted; the same command goes on where it stopped",
    )
    assert "Traceback" not in errors
    assert "Exception ignored" not in errors
    assert not list((tmp_path / "run" / "ledger" / "sessions").iterdir())
