"""Where a case runs: folders of its own, private files beside them, and a watch over what is opened and written.

    with Sandbox(base) as sandbox:
        with sandbox.example() as folder:
            ran = sandbox.command("verify", folder / "run")
    ran.label        # "InputError", "done", "exit 1"

Raises `Found` where something does not hold. The watch is Python's audit hook: it sees what Python opens, removes,
renames, runs and connects to; what compiled code writes is seen by the private files being as they were.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import sys
import tempfile
import threading
import traceback
import unicodedata
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

import datasets
from PIL import Image

from fuzz.found import Found, fault_of, place_of
from fuzz.hostile import CANARY, KEY
from fuzz.limits import Limits
from stvqa.errors import StvqaError

__all__ = ["Ran", "Sandbox", "told_well", "watched"]

_OWN_FAULT: Final = "fault of stvqa"
_CONTROL_LETTERS = "\n\t\r"
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


class Ran(NamedTuple):
    """A command that ended well: with success or in one message.

    Attributes:
        code: its exit code.
        label: "done", or the class of its error.
        out / err: what it said.
    """

    code: int
    label: str
    out: str
    err: str


class Sandbox:
    """The folders of one target's cases.

    Attributes:
        base: holds `private/`, `home/`, `tmp/`, `keep/` (of the target's own) and one folder an example.
    """

    def __init__(self, base: Path, *, limits: Limits | None = None) -> None:
        self.base = base.resolve()
        self.limits = limits or Limits()
        self.private = self.base / "private"
        self._number = 0
        self._kept = contextlib.ExitStack()
        self._before: dict[str, bytes] = {}

    def __enter__(self) -> Self:
        for name in ("home", "tmp", "keep", "cwd"):
            (self.base / name).mkdir(parents=True, exist_ok=True)
        self._plant()
        self._kept.enter_context(_environment(self.base))
        _WATCH.of(self)
        return self

    def __exit__(self, *_: object) -> None:
        _WATCH.of(None)
        self._kept.close()

    def _plant(self) -> None:
        """Private files, that nothing may change, publish or tell."""
        (self.private / "folder").mkdir(parents=True)
        (self.private / "secret.json").write_text(f'{{"password": "{CANARY}"}}')
        (self.private / "secret").write_text(CANARY)
        (self.private / "folder" / "precious.parquet").write_text(CANARY)
        (self.private / "folder" / ".precious.tmp").write_text(CANARY)
        Image.new("RGB", (200, 100), (1, 2, 3)).save(self.private / "secret.jpg", comment=CANARY.encode())
        self._before = _contents(self.private)

    @contextlib.contextmanager
    def example(self, *, may_read: bool = False) -> Iterator[Path]:
        """A new empty folder for one case; at its end nothing private may have changed, and nothing been touched.

        Args:
            may_read: the case has links of its own to private files, which may be read, but not told.
        """
        self._number += 1
        folder = self.base / f"case-{self._number}"
        folder.mkdir()
        _WATCH.seen.clear()
        try:
            with self.limits.held():
                yield folder
            self._look_around(folder, may_read=may_read)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            _emptied(self.base / "tmp")

    def command(self, *words: object) -> Ran:
        """Runs stvqa in this process.

        Raises:
            Found: it ended otherwise than with success or one message, or told what it may not.
        """
        from stvqa.cli.app import run  # noqa: PLC0415 (the replies need no command line)

        out, err = io.StringIO(), io.StringIO()
        code, error = 0, None
        with watched(), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                run([str(word) for word in words])
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else 1
                error = end.__context__.__cause__ if end.__context__ is not None else None
            except Exception as other:
                raise fault_of(other) from other
        return _judged(code, error, out.getvalue(), err.getvalue())

    def _look_around(self, folder: Path, *, may_read: bool) -> None:
        for seen in _WATCH.seen:
            if not (may_read and seen[0].endswith("read")):
                raise Found(*seen)
        if _contents(self.private) != self._before:
            shutil.rmtree(self.private)
            self._plant()
            raise Found("a file elsewhere was changed", "", f"beside {folder}")
        if any((self.base / "cwd").iterdir()):
            _emptied(self.base / "cwd")
            raise Found("something was written into the working directory", "", f"beside {folder}")


def told_well(error: StvqaError) -> str:
    """The class of an error that came without the command line, whose message is as it should be.

    Raises:
        Found: it is not.
    """
    told = str(error)
    if _OWN_FAULT in told:
        found = fault_of(error.__cause__ or error)
        raise Found(found.kind, found.place, f"{told}\n{found.detail}")
    if CANARY in told or KEY in told:
        raise Found("a secret was told", place_of(traceback.extract_tb(error.__traceback__)), told)
    if not told.strip():
        raise Found("an error without words", type(error).__name__, "")
    return type(error).__name__


def _judged(code: int, error: BaseException | None, out: str, err: str) -> Ran:
    told = out + err
    if _OWN_FAULT in told or "Traceback (most recent" in told:
        found = fault_of(error) if error is not None else Found("a traceback", "", err[-4000:])
        raise Found(found.kind, found.place, f"{err[-1000:]}\n{found.detail}")
    if CANARY in told or KEY in told:
        raise Found("a secret was told", "", told)
    if strange := _strange_letters(told):
        kind = f"letters for terminals: {strange}"
        raise Found("letters for terminals", type(error).__name__, f"{kind}\n{ascii(told)[-2000:]}")
    if shown := re.search(r"^.*\b\w*Warning: .*$", err, re.MULTILINE):
        raise Found("a warning was shown", Path(shown[0].split(":", 1)[0]).name, shown[0])
    if code and not err.strip() and not out.strip():
        raise Found("an end without a word", "", f"exit code {code}")
    if code not in (0, 1, 2):
        raise Found(f"exit code {code}", "", err[-1000:])
    label = type(error).__name__ if isinstance(error, StvqaError) else f"exit {code}" if code else "done"
    return Ran(code, label, out, err)


def _is_here(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")


def _strange_letters(text: str) -> str:
    """Control characters and those that turn the direction of writing."""
    kinds = ("Cc", "Cs")
    turning = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    found = {a for a in set(text) if (unicodedata.category(a) in kinds and a not in _CONTROL_LETTERS) or a in turning}
    return ascii("".join(sorted(found))) if found else ""


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def _emptied(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()


@contextlib.contextmanager
def _environment(base: Path) -> Iterator[None]:
    """Home, caches and temporary files in the sandbox, no network, no key but the canary."""
    places = {"HOME": "home", "HF_HOME": "home/hf", "XDG_CACHE_HOME": "home/cache", "TMPDIR": "tmp"}
    changed = {name: str(base / place) for name, place in places.items()}
    changed |= {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "OPENAI_API_KEY": KEY}
    before, where = dict(os.environ), Path.cwd()
    os.environ.update(changed)
    cache = datasets.config.HF_DATASETS_CACHE  # read from the environment at import, as the next is at first use
    datasets.config.HF_DATASETS_CACHE = base / "home" / "datasets"
    tempfile.tempdir = None
    os.chdir(base / "cwd")
    try:
        yield
    finally:
        os.chdir(where)
        os.environ.clear()
        os.environ.update(before)
        tempfile.tempdir = None
        datasets.config.HF_DATASETS_CACHE = cache


class _Watch:
    """What the audit hook saw that may not be, in the thread of a command or any that it started."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, str]] = []
        self.active = 0
        self._base = ""
        self._private = ""
        self._busy = threading.local()
        self._installed = False

    def of(self, sandbox: Sandbox | None) -> None:
        self._base = str(sandbox.base) if sandbox else ""
        self._private = f"{sandbox.private}{os.sep}" if sandbox else ""
        if sandbox and not self._installed:
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
        if name.startswith(":memory:") or name.startswith("file:"):
            return
        real = os.path.realpath(name) if follow else os.path.join(os.path.realpath(os.path.dirname(name)), "x")
        if real.startswith(self._private):
            self._add(f"a file elsewhere was {how}", name)
        elif how == "written" and not real.startswith((self._base, "/dev/null", "/proc/self", "/dev/shm")):
            self._add("a file elsewhere was written", name)

    def _add(self, what: str, detail: str) -> None:
        self.seen.append((what, place_of(traceback.extract_stack()), detail))


_WATCH = _Watch()


@contextlib.contextmanager
def watched() -> Iterator[None]:
    """The watch is on."""
    _WATCH.active += 1
    try:
        with warnings.catch_warnings():
            yield
    finally:
        _WATCH.active -= 1
