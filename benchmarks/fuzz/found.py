"""What a target finds.

Found("TypeError", "tables.py:_table", "Traceback ...").signature    # "TypeError @ tables.py:_table"
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Sequence
from pathlib import Path

__all__ = ["Found", "fault_of", "place_of"]

_LINES_SHOWN = 30
_PACKAGE = f"{os.sep}stvqa{os.sep}"


class Found(Exception):  # noqa: N818 (what was looked for, not an error)
    """Something that does not hold.

    Attributes:
        kind: what is wrong, in a word or two; with `place`, the same for the same fault.
        place: where in stvqa, as `file:function`; "" where that is not known.
        detail: what came out.
    """

    def __init__(self, kind: str, place: str, detail: str) -> None:
        super().__init__(f"{kind} at {place}: {detail[:400]}")
        self.kind = kind
        self.place = place
        self.detail = detail

    @property
    def signature(self) -> str:
        """What tells it from others."""
        return f"{self.kind} @ {self.place}"


def fault_of(error: BaseException) -> Found:
    """An exception that nobody expected, by its type and the last function of stvqa that it went through."""
    place = place_of(traceback.extract_tb(error.__traceback__))
    return Found(type(error).__name__, place, "".join(traceback.format_exception(error)[-_LINES_SHOWN:]))


def place_of(frames: Sequence[traceback.FrameSummary]) -> str:
    """The last function of stvqa among frames, or the last of all."""
    own = [frame for frame in frames if _PACKAGE in frame.filename] or frames
    return f"{Path(own[-1].filename).name}:{own[-1].name}" if own else "?"
