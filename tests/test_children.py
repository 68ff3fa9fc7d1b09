"""The guard against processes that tests leave behind, and against an ignored Ctrl-C."""

from __future__ import annotations

import os
import subprocess
import sys

import children as support
from children import children, left_behind


def test_a_process_that_is_left_is_named_and_ended_also_when_its_parent_has_gone(monkeypatch):
    monkeypatch.setattr(support, "_SECONDS_TO_END", 0.1)
    before = children()
    inner = "import subprocess, sys; print(subprocess.Popen(['sleep', '60'], stdout=-3, stderr=-3).pid)"
    done = subprocess.run([sys.executable, "-c", inner], capture_output=True, text=True, check=True)
    orphan = int(done.stdout)
    (told,) = left_behind(before)
    assert told.startswith(f"process {orphan} (sleep 60), ")
    assert "test_a_process_that_is_left_is_named_and_ended" in told
    monkeypatch.undo()
    assert left_behind(before) == []  # it was ended


def test_children_take_an_interruption_also_where_the_tests_were_started_without(checkout):
    inner = "import subprocess; print(subprocess.run(['sh', '-c', 'kill -INT $$; echo deaf']).returncode)"
    code = f"from children import heed_interrupts; heed_interrupts(); {inner}"
    done = subprocess.run(
        ["bash", "-c", 'trap "" INT; exec "$@"', "bash", sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(checkout / "tests" / "support")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "-2\n"
