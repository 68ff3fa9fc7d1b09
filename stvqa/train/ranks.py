"""Which of several processes does what: one makes the folders that all then read.

with main_first():
    ready = prepare(...)        # the tiny model is made once
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from accelerate import PartialState

__all__ = ["is_main", "main_first", "place_of_process"]


def is_main() -> bool:
    """Whether this process writes what is written once."""
    return place_of_process()[0] == 0


def place_of_process() -> tuple[int, int]:
    """Number of this process, from 0, and how many there are, as launchers tell it."""
    return int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))


@contextmanager
def main_first() -> Iterator[None]:
    """The main process runs the block, then all others do; nothing to wait for where there is one process."""
    if place_of_process()[1] == 1:
        yield
        return
    with PartialState().main_process_first():
        yield
