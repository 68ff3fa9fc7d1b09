"""Semaphores of killed runs are swept, and only those."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import pytest

from stvqa.runner.semaphores import named_semaphores, sweep_semaphores

SHARED = Path("/dev/shm")  # noqa: S108 (where Linux keeps them)
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="this machine keeps semaphores elsewhere")


@pytest.fixture
def dead():
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def name(process):
    return f"sem.stvqa-{Path('/proc/self/ns/pid').stat().st_ino}-{process}-abc_12"


@needs_shared
def test_only_those_of_dead_processes_of_this_program_go(tmp_path, dead):
    kept = {name(os.getpid()), f"sem.stvqa-1-{dead}-abc_12", "sem.mp-abc_12", f"x{name(dead)}", f"{name(dead)}.txt"}
    for made in (*kept, name(dead)):
        (tmp_path / made).touch()
    sweep_semaphores(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == kept


def test_without_shared_memory_nothing_is_swept(tmp_path):
    sweep_semaphores(tmp_path / "missing")


@needs_shared
def test_the_semaphores_of_a_pool_carry_the_number_of_their_process():
    with named_semaphores():
        lock = multiprocessing.get_context("spawn").Lock()
    assert len(list(SHARED.glob(f"sem.stvqa-*-{os.getpid()}-*"))) == 1
    del lock
    assert not list(SHARED.glob(f"sem.stvqa-*-{os.getpid()}-*"))
    before = set(SHARED.glob("sem.mp-*"))
    other = multiprocessing.get_context("spawn").Lock()
    assert set(SHARED.glob("sem.mp-*")) - before
    del other


KILLED = """
import multiprocessing, os, signal, sys
from stvqa.runner.semaphores import named_semaphores
with named_semaphores():
    lock = multiprocessing.get_context("spawn").Lock()
print(flush=True)
os.killpg(0, signal.SIGKILL)
"""


@needs_shared
def test_what_a_killed_group_of_processes_left_is_swept(checkout):
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED],
        stdout=subprocess.PIPE,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(checkout)},
    )
    process.communicate(timeout=60)
    assert list(SHARED.glob(f"sem.stvqa-*-{process.pid}-*")), "the tracker was killed with it"
    sweep_semaphores()
    assert not list(SHARED.glob(f"sem.stvqa-*-{process.pid}-*"))
