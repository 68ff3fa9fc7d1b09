"""`--log-level` and `--log-file` of commands, with workers and faults."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

BUILD = ("build", "--source", "demo", "--n", "4", "--set", "load.limit=20", "--no-report", "--out", "run")


@pytest.fixture
def call(checkout, tmp_path):
    def run(*words, **environment):
        return subprocess.run(
            [sys.executable, "-m", "stvqa", *words],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(checkout), **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def lines(file):
    """Level, logger, process and message of each line."""
    for line in file.read_text(encoding="utf-8").splitlines():
        _, level, name, rest = line.split(" ", 3)
        where, message = rest.split("] ", 1)
        yield level, name, where.lstrip("["), message


def test_a_build_logs_its_stages_also_from_worker_processes(call, tmp_path):
    done = call(*BUILD, "--workers", "1", "--log-file", "log", "--log-level", "debug")
    assert done.returncode == 0, done.stderr
    found = list(lines(tmp_path / "log"))
    assert found[0][3].endswith(" build begins")
    assert found[-1][3] == "build is done"
    assert any(message.startswith("[1/7] load: 20 in, 20 out") for _, _, _, message in found)
    parent = found[0][2]
    partitions = [item for item in found if item[1] == "stvqa.runner.task"]
    assert partitions
    assert all(where != parent for _, _, where, _ in partitions)


@pytest.mark.parametrize("before", [True, False])
def test_the_options_stand_before_or_behind_the_command(call, before):
    option = ("--log-level", "info")
    done = (
        call(*option, "score", "--in", "x", "--out", "y")
        if before
        else call("score", "--in", "x", "--out", "y", *option)
    )
    assert done.returncode == 1
    logged, *_, told = done.stderr.splitlines()
    assert logged.endswith(" score begins")
    assert told.startswith("stvqa: ")


def test_without_the_options_nothing_is_logged(call):
    done = call("score", "--in", "x", "--out", "y")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1


def test_an_error_is_logged_as_it_is_told(call, tmp_path):
    done = call("verify", "nowhere", "--log-file", "log")
    assert done.stderr == "stvqa: nowhere is not a folder: name a run that `stvqa build` made\n"
    level, _, _, message = list(lines(tmp_path / "log"))[-1]
    assert level == "ERROR"
    assert message == "verify ends: nowhere is not a folder: name a run that `stvqa build` made"


def test_a_fault_is_logged_with_its_traceback_and_without_keys(call, checkout, tmp_path):
    code = (
        "import stvqa.rewards\n"
        "def fail(*_, **__): raise ZeroDivisionError('plainword')\n"
        "stvqa.rewards.find_reward = fail\n"
        "from stvqa.cli import main\n"
        "main(['score', '--in', 'x', '--out', 'y', '--log-file', 'log'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(checkout), "OPENAI_API_KEY": "plainword"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    text = (tmp_path / "log").read_text(encoding="utf-8")
    assert "CRITICAL stvqa.cli.logged" in text
    assert "Traceback" in text
    assert "ZeroDivisionError: [key]" in text
    assert "plainword" not in text


def test_a_log_file_that_cannot_be_written_is_one_message(call, tmp_path):
    (tmp_path / "log").mkdir()
    done = call(*BUILD, "--log-file", "log")
    assert done.returncode == 1
    assert done.stderr.startswith(f"stvqa: --log-file {tmp_path / 'log'}: Is a directory")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "run").exists()
