"""Notices who waits for a named pipe that nobody writes to, and lets them go on.

    with PipeGuard(folder):
        ...                   # raises Found where a pipe below `folder` was opened for reading

Code that is compiled waits for a pipe without looking at signals, so no limit of time would end it.
"""

from __future__ import annotations

import os
import stat
import sys
import threading
import traceback
from pathlib import Path
from typing import Self

from fuzz.found import Found, place_of

__all__ = ["PipeGuard"]

_LOOK_SECONDS = 1.0


class PipeGuard:
    """Looks every second, from a thread of its own, for those below a folder that read from a pipe."""

    def __init__(self, folder: Path) -> None:
        self._pipes = [path for path in folder.rglob("*") if _is_pipe(path)]
        self._ended = threading.Event()
        self._waited = ""
        self._main = threading.get_ident()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        if self._pipes:
            self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._ended.set()
        if self._pipes:
            self._thread.join()
        if self._waited and (kind is None or issubclass(kind, Exception)):
            raise Found("waits for a named pipe", self._waited, "")

    def _watch(self) -> None:
        while not self._ended.wait(_LOOK_SECONDS):
            for path in self._pipes:
                if _let_go(path):
                    self._waited = self._waited or place_of(traceback.extract_stack(sys._current_frames()[self._main]))  # noqa: SLF001 (Python's only way to see another thread)


def _let_go(path: Path) -> bool:
    """Gives an end of file to who reads from a pipe, and takes what somebody writes; whether somebody read."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
    except OSError:
        pass
    else:
        return True
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
    except OSError:
        return False
    return False


def _is_pipe(path: Path) -> bool:
    try:
        return stat.S_ISFIFO(path.lstat().st_mode)
    except OSError:
        return False
