"""Failures of the command line as users and scripts meet them: in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

SMALL = ("build", "--source", "demo", "--n", "10", "--scheduler", "sync", "--set", "load.limit=20", "--out", "run")


@pytest.fixture
def start(checkout, tmp_path):
    """Starts stvqa in an empty folder."""

    def begin(*words):
        return subprocess.Popen(
            [sys.executable, "-m", "stvqa", *map(str, words)],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(checkout)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    return begin


@pytest.fixture
def call(start):
    """Runs stvqa to its end: exit code, stdout, stderr."""

    def run(*words):
        process = start(*words)
        output, errors = process.communicate(timeout=300)
        return process.returncode, output, errors

    return run


def test_a_shortfall_is_json_too(call):
    code, output, errors = call(*SMALL, "--n", "500", "--set", "load.limit=2", "--json")
    result = json.loads(output)
    assert code == 1
    assert "every valid row is kept" in errors
    assert 0 < result["rows"] < 500
    assert result["run"]["state"] == "short"
    assert result["dataset"] == "run/dataset"


def test_a_set_of_an_earlier_recipe_is_said_to_be_one(call, tmp_path):
    assert call(*SMALL)[0] == 0
    code, _, errors = call("verify", "run")
    assert (code, errors) == (0, "")
    file = tmp_path / "run" / "run.json"
    state = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps({**state, "state": "failed", "dataset": "0" * 64}), encoding="utf-8")
    code, _, errors = call("verify", "run")
    assert code == 0
    assert errors == "stvqa: run/dataset is of an earlier recipe: the last run in run (failed) made no set\n"
    assert "of an earlier recipe" in call("explain", "x", "run")[2]


def test_damage_is_the_users_to_mend(call, tmp_path):
    assert call(*SMALL)[0] == 0
    file = next((tmp_path / "run" / "dataset" / "data").glob("train-*"))
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    code, output, errors = call("verify", "run")
    assert (code, output) == (1, "")
    assert errors.startswith("stvqa: cannot read ")
    assert errors.count("\n") == 1
    assert call(*SMALL)[0] == 0
    assert file.read_bytes() == whole


def test_a_recipe_that_publishes_nothing_names_no_set(call, tmp_path):
    names = ("prune", "plan", "generate", "check", "select")
    stages = [{"stage": "load", "source": "demo", "limit": 20}, *({"stage": name} for name in names)]
    (tmp_path / "half.yaml").write_text(json.dumps({"name": "half", "stages": stages}), encoding="utf-8")
    code, output, errors = call("build", "--recipe", "half.yaml", "--n", "5", "--out", "run", "--scheduler", "sync")
    assert code == 0, errors
    assert "5 rows" in output
    assert "None" not in output


@pytest.mark.parametrize("seconds", [0.03, 0.06, 0.1, 0.2, 0.4])
def test_ctrl_c_while_it_is_loading_is_quiet(start, seconds):
    process = start("doctor", "--json")
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    if "stvqa" not in errors and "Traceback" in errors:
        return  # Python itself was still starting
    assert "Traceback" not in errors
    assert process.returncode in (0, 130, -signal.SIGINT)


def test_ctrl_c_promises_only_what_holds(start, tmp_path):
    process = start("demo", "--n", "5000", "--no-images", "--out", "vg")
    end = time.monotonic() + 60
    while not (tmp_path / "vg").exists() and time.monotonic() < end:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.splitlines()[-1] == "stvqa: interrupted"
