r"""What reaches the terminal: stdout and stderr, with everything that a terminal would obey written out.

    write_plainly()              # from here on, also tracebacks, warnings and bars of libraries
    print("\x1b[2J")             # \u001b[2J

Ids, questions, file names and what servers say are data. An escape in them could clear the screen, set the window's
title, put text into the clipboard or hide what was said before. Progress bars go to the beginning of their line; that
alone is let through, and on stderr only.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any, TextIO

from stvqa.texts import shown

__all__ = ["PlainStream", "write_plainly"]

_UP = "\x1b[A"
"""How tqdm goes back to the line of an outer bar."""


class PlainStream:
    """A text stream that writes out what is not text.

    It has no `buffer`: whoever writes bytes would write past it.

    Args:
        stream: where the text goes.
        bars: let the moves of progress bars pass.
    """

    def __init__(self, stream: TextIO, *, bars: bool) -> None:
        self._stream = stream
        self._bars = bars

    def write(self, text: str) -> int:
        """Writes the text as it may be shown."""
        if not isinstance(text, str):
            raise TypeError(f"a text is written here, not {type(text).__name__}")
        self._stream.write(self._barred(text) if self._bars else shown(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Writes each of the texts."""
        for line in lines:
            self.write(line)

    def _barred(self, text: str) -> str:
        if not text.replace(_UP, "").strip("\r\n"):
            return text
        head, tail = ("\r" if text.startswith("\r") else ""), ("\r" if text.endswith("\r") else "")
        return head + shown(text[len(head) : len(text) - len(tail)]) + tail

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 (everything else that a text stream has)
        if name in ("buffer", "_stream"):
            raise AttributeError(name)
        return getattr(self._stream, name)


def write_plainly() -> None:
    """Puts both streams of this process behind `PlainStream`, once."""
    for name, bars in (("stdout", False), ("stderr", True)):
        stream = getattr(sys, name)
        if stream is not None and not isinstance(stream, PlainStream):
            setattr(sys, name, PlainStream(stream, bars=bars))
