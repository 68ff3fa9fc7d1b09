"""The command line. Results go to stdout, progress and messages to stderr.

    stvqa build --source demo --n 200 --out runs/demo
    stvqa verify runs/demo

Exit codes: 0 done; 1 something that the user can mend, told in one message; 2 wrong usage; 130 Ctrl-C;
141 the reader of stdout went away. Commands import what they need when they run, so that `--help` is quick.
"""

from __future__ import annotations

import atexit
import signal
import sys
from collections.abc import Sequence

__all__ = ["main"]

_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line and ends the program with its exit code, also on a Ctrl-C while it is still loading.

    Args:
        arguments: without the program's name; None for those of the process.
    """
    # Python's own end would show a Ctrl-C as a traceback.
    atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)
    try:
        from stvqa.terminal import write_plainly  # noqa: PLC0415 (an interruption of these imports is to be quiet)

        write_plainly()
        from stvqa.cli.app import run  # noqa: PLC0415 (as above)

        run(arguments)
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
