"""The command line. Results go to stdout, progress and messages to stderr.

    stvqa build --source demo --n 200 --out runs/demo
    stvqa verify runs/demo

Exit codes: 0 done; 1 something that the user can mend, told in one message; 2 wrong usage; 130 Ctrl-C;
141 the reader of stdout went away. Commands import what they need when they run, so that `--help` is quick.
"""

from stvqa.cli.app import main

__all__ = ["main"]
