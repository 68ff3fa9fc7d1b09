"""Runs a command and writes down what it took: `launch.py TAKEN SECONDS COMMAND...`; imports nothing of stvqa.

A process of its own, and a small one: what a process had in memory before it became another program counts as that
program's, so that one that is started by a large process looks large.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
from pathlib import Path
from types import FrameType

_ADDRESS_SPACE_BYTES = 6 * 2**30


def main(taken: str, seconds: str, *command: str) -> None:
    """Kibibytes at most and exit code go to `taken`; the command is killed after so many seconds."""
    child = os.fork()
    if not child:
        resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE_BYTES, _ADDRESS_SPACE_BYTES))
        os.execv(command[0], command)  # noqa: S606 (the drill's own words)

    def kill(_: int, __: FrameType | None) -> None:
        os.kill(child, signal.SIGKILL)

    signal.signal(signal.SIGALRM, kill)
    signal.alarm(int(float(seconds)))
    _, status, usage = os.wait4(child, 0)
    Path(taken).write_text(f"{usage.ru_maxrss} {os.waitstatus_to_exitcode(status)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
