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
import tempfile
import traceback
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple, Self

import datasets
from PIL import Image

from fuzz.found import Found, fault_of, place_of
from fuzz.hostile import CANARY, KEY
from fuzz.limits import Limits
from fuzz.watch import WATCH, watched
from stvqa.errors import StvqaError

__all__ = ["Ran", "Sandbox", "told_well"]

_OWN_FAULT: Final = "fault of stvqa"
_CONTROL_LETTERS = "\n\t\r"


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
        WATCH.of(self.base, private=self.private)
        return self

    def __exit__(self, *_: object) -> None:
        WATCH.of(None)
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
        WATCH.seen.clear()
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
        from stvqa.terminal import write_plainly  # noqa: PLC0415 (as above)

        out, err = io.StringIO(), io.StringIO()
        code, error = 0, None
        with watched(), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            write_plainly()
            try:
                run([str(word) for word in words])
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else 1
                error = end.__context__.__cause__ if end.__context__ is not None else None
            except Exception as other:
                raise fault_of(other) from other
        return _judged(code, error, out.getvalue(), err.getvalue())

    def _look_around(self, folder: Path, *, may_read: bool) -> None:
        for seen in WATCH.seen:
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
