"""What Python opens, writes, runs and connects to, noted where it may not: an audit hook.

WATCH.of(base, private=base / "private")
with watched():
...
WATCH.seen      # [("a file elsewhere was written", "lock.py:locked", "/home/ada/x")]
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from fuzz.found import place_of

__all__ = ["WATCH", "watched"]

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES = {
    **dict.fromkeys(("os.remove", "os.rmdir", "os.mkdir", "os.truncate", "os.chmod", "os.utime"), (0,)),
    **dict.fromkeys(("shutil.rmtree", "sqlite3.connect"), (0,)),
    **dict.fromkeys(("os.rename", "os.link", "shutil.move"), (0, 1)),
    "os.symlink": (1,),
}
"""Events that change the file system, and which of their arguments are paths that they change."""
_HARMLESS = ("uname",)
"""Programs that Python's own `platform` runs."""
_PROGRAMS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn")


class Watch:
    """What the audit hook saw that may not be, in the thread of a command or any that it started."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, str]] = []
        self.active = 0
        self._base = ""
        self._private = ""
        self._busy = threading.local()
        self._installed = False

    def of(self, base: Path | None, *, private: Path | None = None) -> None:
        """Which folder may be written to, and which of it may not even be read; None: nobody is watched."""
        self._base = str(base) if base else ""
        self._private = f"{private}{os.sep}" if private else ""
        if base and not self._installed:
            sys.addaudithook(self.hook)
            self._installed = True

    def hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        """An audit hook; it only takes notes."""
        if not self.active or getattr(self._busy, "now", False):
            return
        self._busy.now = True
        try:
            self._note(event, arguments)
        finally:
            self._busy.now = False

    def _note(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = arguments
            writes = bool(flags & _WRITES) if isinstance(flags, int) else any(a in str(mode) for a in "wax+")
            self._path(path, "written" if writes else "read")
        elif event in _CHANGES:
            for place in _CHANGES[event]:
                self._path(arguments[place], "written", follow=event in ("os.truncate", "os.chmod", "sqlite3.connect"))
        elif event in _PROGRAMS and Path(str(arguments[0])).name not in _HARMLESS:
            self._add("a program was started", str(arguments[0])[:200])
        elif event == "socket.connect" and isinstance(arguments[1], tuple) and not _is_here(str(arguments[1][0])):
            self._add("the network was asked for", str(arguments[1]))

    def _path(self, path: object, how: str, *, follow: bool = True) -> None:
        if not isinstance(path, str | bytes | os.PathLike):
            return
        name = os.fsdecode(path)
        if name.startswith((":memory:", "file:")):
            return
        real = os.path.realpath(name) if follow else f"{os.path.realpath(Path(name).parent)}{os.sep}x"
        if real.startswith(self._private):
            self._add(f"a file elsewhere was {how}", name)
        elif how == "written" and not real.startswith((self._base, "/dev/null", "/proc/self", "/dev/shm")):  # noqa: S108 (what Python itself uses)
            self._add("a file elsewhere was written", name)

    def _add(self, what: str, detail: str) -> None:
        self.seen.append((what, place_of(traceback.extract_stack()), detail))


WATCH: Final = Watch()
"""An audit hook cannot be taken away again, so that there is one a process."""


@contextlib.contextmanager
def watched() -> Iterator[None]:
    """The watch is on."""
    WATCH.active += 1
    try:
        with warnings.catch_warnings():
            yield
    finally:
        WATCH.active -= 1


def _is_here(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")
