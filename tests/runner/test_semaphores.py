"""Semaphores of worker processes whose whole group was killed."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys

import pytest

from stvqa.runner.semaphores import named_semaphores, sweep_semaphores

GONE = 4_194_305
"""Number of no process: Linux gives at most 2^22."""


def names_of_semaphores():
    context = multiprocessing.get_context("spawn")
    with named_semaphores():
        inside = context.Lock()
    return inside._semlock.name, context.Lock()._semlock.name


def test_they_say_whose_they_are_and_only_ours_do():
    ours, other = names_of_semaphores()
    assert ours.startswith("/stvqa-")
    assert f"-{os.getpid()}-" in ours
    assert not other.startswith("/stvqa-")


def test_those_of_processes_that_are_gone_are_removed_and_no_others(tmp_path):
    ours, other = names_of_semaphores()
    _, place, _, letters = ours[1:].split("-", 3)
    left = tmp_path / f"sem.stvqa-{place}-{GONE}-{letters}"
    kept = [
        tmp_path / f"sem.{ours[1:]}",  # of one that is at work
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
