"""A machine that has no more of something: one message, and no fault of stvqa."""

from __future__ import annotations

import errno
import subprocess
import sys

import pytest

from stvqa.cli.exhausted import want_of_resources
from stvqa.errors import StvqaError
from stvqa.runner import processes
from stvqa.runner.schedulers import open_scheduler
from stvqa.runner.task import PartitionTask


def raised_from(cause):
    error = ValueError("a library's own")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MemoryError(), "the memory is used up: "),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "the memory is used up: "),
        (OSError(errno.EMFILE, "Too many open files", "/data/x.jpg"), "too many files are open (/data/x.jpg): raise"),
        (OSError(errno.ENFILE, "Too many open files in system"), "too many files are open on this machine: "),
        (BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable"), "this machine starts no more threads"),
        (RuntimeError("can't start new thread"), "this machine starts no more threads"),
        (OSError(errno.ENOSPC, "No space left on device", "/x"), "a disk or the shared memory is full (/x): "),
    ],
)
def test_it_is_told_what_is_wanting(error, words):
    for found in (error, raised_from(error)):
        assert want_of_resources(found).startswith(words)
        assert "run the same command again" in want_of_resources(found)


@pytest.mark.parametrize("error", [ValueError("x"), OSError(errno.EACCES, "no"), OSError("x"), RuntimeError("x")])
def test_other_errors_are_not_taken_for_it(error):
    assert want_of_resources(error) is None
    assert want_of_resources(raised_from(error)) is None


SMALL = """
import resource, sys
from stvqa.cli.app import run
resource.setrlimit(resource.RLIMIT_AS, ({limit}, {limit}))
run(sys.argv[1:])
"""


@pytest.mark.slow
def test_a_machine_with_little_memory_is_one_message(tmp_path):
    arguments = ["build", "--source", "demo", "--n", "4", "--set", "load.limit=4", "--scheduler", "sync"]
    done = subprocess.run(
        [sys.executable, "-c", SMALL.format(limit=400_000_000), *arguments, "--out", str(tmp_path / "run")],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 1, done.stderr
    assert done.stderr.splitlines()[-1].startswith("stvqa: the memory is used up: ")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.ENOENT, errno.EAGAIN, errno.EMFILE])
def test_without_shared_memory_or_processes_threads_are_named(monkeypatch, tmp_path, number):
    def refuse(*_, **__):
        raise OSError(number, "refused")

    monkeypatch.setattr(processes.ProcessPoolExecutor, "__init__", refuse)
    task = PartitionTask(object, "{}", 5, 0, str(tmp_path), str(tmp_path), "x")
    told = pytest.raises(StvqaError, match=r"no worker processes \(refused\).*--scheduler threads")
    with told, open_scheduler("processes", workers=1) as scheduler:
        scheduler.run([task], print)
