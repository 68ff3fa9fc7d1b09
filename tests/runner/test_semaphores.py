"""Semaphores of worker processes whose whole group was killed."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from stvqa.runner.semaphores import sweep_semaphores

GONE = 4_194_305
"""Number of no process: Linux gives at most 2^22."""


NAMES = """
import multiprocessing, os
from stvqa.runner.semaphores import named_semaphores
context = multiprocessing.get_context("spawn")
with named_semaphores():
    inside = context.Lock()
print(os.getpid(), inside._semlock.name, context.Lock()._semlock.name)
"""


@pytest.fixture
def names(checkout):
    """Number of a process of its own, the name of one of its semaphores made by us, and of another one.

    Other libraries in the process of the tests may give semaphores names of theirs.
    """
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    return subprocess.check_output([sys.executable, "-c", NAMES], env=environment, text=True).split()


def test_they_say_whose_they_are_and_only_ours_do(names):
    process, ours, other = names
    assert ours.startswith("/stvqa-")
    assert f"-{process}-" in ours
    assert not other.startswith("/stvqa-")


def test_those_of_processes_that_are_gone_are_removed_and_no_others(names, tmp_path):
    _, ours, other = names
    _, place, _, letters = ours[1:].split("-", 3)
    left = tmp_path / f"sem.stvqa-{place}-{GONE}-{letters}"
    kept = [
        tmp_path / f"sem.stvqa-{place}-{os.getpid()}-{letters}",  # of one that is at work
        tmp_path / f"sem.{other[1:]}",  # of another program
        tmp_path / f"sem.stvqa-{place}0-{GONE}-{letters}",  # numbered by another container
        tmp_path / f"sem.stvqa-{place}-{GONE}-mine",
    ]
    for path in (left, *kept):
        path.write_bytes(b"")
    sweep_semaphores(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted(kept)
    sweep_semaphores(tmp_path / "missing")


@pytest.mark.skipif(not os.path.isdir("/dev/shm"), reason="semaphores are files on Linux alone")  # noqa: PTH112, S108
def test_what_a_killed_group_left_goes_with_the_next_pool(checkout, tmp_path):
    code = (
        "import multiprocessing, os, signal\n"
        "from stvqa.runner.semaphores import named_semaphores\n"
        "with named_semaphores():\n"
        "    lock = multiprocessing.get_context('spawn').Lock()\n"
        "print(lock._semlock.name, flush=True)\n"
        "os.killpg(0, signal.SIGKILL)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(checkout)},
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
    )
    file = f"sem.{done.stdout.strip()[1:]}"
    assert file in os.listdir("/dev/shm")  # noqa: PTH208, S108
    sweep_semaphores()
    assert file not in os.listdir("/dev/shm")  # noqa: PTH208, S108
