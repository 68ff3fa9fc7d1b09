"""Killing runs from outside, and going on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SCRIPT = """
import sys
from pathlib import Path
from fake_stages import Gather, Load, Pack, Scale
from stvqa.recipe import Recipe
from stvqa.runner import run_recipe

def main():
    out, scheduler, sleep = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
    stages = (Load(partitions_wanted=8), Scale(sleep_seconds=sleep, journal=str(out) + ".journal"), Gather(), Pack())
    summary = run_recipe(Recipe(name="slow", seed=1, stages=stages), out=out, scheduler=scheduler, workers=2)
    print(summary.rows)

if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)
"""


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "slow_run.py"
    path.write_text(SCRIPT, encoding="utf-8")
    return path


def begin(checkout, script, out, scheduler, *, sleep):
    path = os.pathsep.join([str(checkout / "tests" / "support"), str(checkout)])
    return subprocess.Popen(
        [sys.executable, str(script), str(out), scheduler, str(sleep)],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for(condition, *, seconds=60.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.02)


def finished(out: Path) -> int:
    return len(list(out.glob("02-scale-*/stats-*.json")))


def journal(out: Path) -> list[str]:
    return Path(f"{out}.journal").read_text(encoding="utf-8").splitlines()


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not (state.exists() and state.read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0] == "Z")


def content(out: Path) -> dict[str, bytes]:
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*.parquet"))}


@pytest.mark.parametrize("scheduler", ["sync", "threads", "processes"])
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_killed_run_goes_on_where_it_was(checkout, script, tmp_path, scheduler, how):
    out = tmp_path / "run"
    process = begin(checkout, script, out, scheduler, sleep=0.03)
    wait_for(lambda: finished(out) >= 2)
    workers = {int(line.split()[1]) for line in journal(out)} - {process.pid}
    if how == signal.SIGINT:
        os.killpg(process.pid, how)  # as a terminal does: to the parent and all workers
    else:
        process.kill()
    _, errors = process.communicate(timeout=60)
    assert process.returncode == (130 if how == signal.SIGINT else -signal.SIGKILL)
    if how == signal.SIGINT:
        assert errors == "interrupted\n"
    wait_for(lambda: not any(alive(worker) for worker in workers))
    done = finished(out)
    assert 2 <= done < 8
    assert not list(out.glob("02-scale-*/stats.json"))

    before = len(journal(out))
    again = begin(checkout, script, out, scheduler, sleep=0)
    output, errors = again.communicate(timeout=60)
    assert (again.returncode, output, errors) == (0, "12\n", "")
    assert len(journal(out)) - before == 8 - done

    whole = tmp_path / "whole"
    begin(checkout, script, whole, "sync", sleep=0).communicate(timeout=60)
    assert content(out) == content(whole)
