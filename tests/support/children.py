"""Processes that tests start: found by a mark in their environment, also when their parent has gone."""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path

_MARK = "STVQA_TESTS"
_OWN = frozenset({b"multiprocessing.resource_tracker", b"multiprocessing.forkserver"})
"""Helpers of `multiprocessing`: one for each Python, which end with it."""
_SECONDS_TO_END = 10.0
_strangers: set[int] = set()


def mark_children() -> None:
    """Lets all processes that are started from now on be found again."""
    os.environ[_MARK] = str(os.getpid())


def heed_interrupts() -> None:
    """Takes SIGINT as usual, for this process and those that it starts.

    A shell starts what it runs in the background with SIGINT ignored, and so does `nohup` in a script; that is
    inherited, and tests that press Ctrl-C would wait for nothing.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if is_main and signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def children() -> set[int]:
    """Processes that descend from this one and are at work; none where there is no /proc."""
    if not Path("/proc/self/environ").is_file():
        return set()
    pids = {int(entry.name) for entry in os.scandir("/proc") if entry.name.isdigit()} - {os.getpid()}
    _strangers.intersection_update(pids)
    found = {pid for pid in pids - _strangers if _is_child(pid)}
    _strangers.update(pids - found)
    return found


def left_behind(before: set[int]) -> list[str]:
    """What is still at work beside `before`, after it was given time to end; each with its words and its test.

    It is ended then, so that one test does not slow down all that follow.
    """
    end = time.monotonic() + _SECONDS_TO_END
    while (left := children() - before) and time.monotonic() < end:
        time.sleep(0.02)
    told = [_described(pid) for pid in sorted(left)]
    for pid in left:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return told


def _is_child(pid: int) -> bool:
    """A process that has ended and waits for its parent has no environment."""
    marked = f"{_MARK}={os.getpid()}".encode() in _read(pid, "environ").split(b"\0")
    return marked and not any(word in _read(pid, "cmdline") for word in _OWN)


def _described(pid: int) -> str:
    words = _read(pid, "cmdline").replace(b"\0", b" ").decode(errors="replace").strip()
    found = [item for item in _read(pid, "environ").split(b"\0") if item.startswith(b"PYTEST_CURRENT_TEST=")]
    return f"process {pid} ({words[:200]}), {b''.join(found).decode(errors='replace')}"


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:  # it has ended
        return b""
