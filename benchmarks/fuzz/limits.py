"""Time and memory that one case may take.

with Limits(seconds=60).held():
    ...                        # raises TooLong, or TooMuch at its end
"""

from __future__ import annotations

import contextlib
import faulthandler
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

__all__ = ["Limits", "TooLong", "TooMuch"]

_STATUS = Path("/proc/self/status")
_RESET_PEAK = Path("/proc/self/clear_refs")
_STUCK_FACTOR = 3


class TooLong(BaseException):
    """A case takes longer than its limit."""


class TooMuch(BaseException):
    """A case took more memory than its limit."""


class Limits:
    """Limits of one case.

    Args:
        seconds: from begin to end; a call into compiled code that lasts three times as long ends the process.
        megabytes: that a case may add to what the process takes; looked at on Linux alone.
    """

    def __init__(self, *, seconds: float = 60.0, megabytes: float = 500.0) -> None:
        self.seconds = seconds
        self.megabytes = megabytes

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Raises `TooLong` or `TooMuch`."""
        before = _reset_peak()
        with _timed(self.seconds):
            yield
        added = _peak_megabytes() - before
        if added > self.megabytes:
            raise TooMuch(f"{added:,.0f} MB more than before")


@contextlib.contextmanager
def _timed(seconds: float) -> Iterator[None]:
    def late(_: int, frame: FrameType | None) -> None:
        raise TooLong(f"more than {seconds:.0f} s, in {frame.f_code.co_name if frame else '?'}")

    started = time.monotonic()
    earlier = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds, 5.0)
    faulthandler.dump_traceback_later(seconds * _STUCK_FACTOR, exit=True, file=2)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        faulthandler.cancel_dump_traceback_later()
        signal.signal(signal.SIGALRM, earlier)
    if time.monotonic() - started > seconds + 1:
        raise TooLong(f"{time.monotonic() - started:.0f} s")


def _reset_peak() -> float:
    """Forgets the peak of memory so far; megabytes now."""
    with contextlib.suppress(OSError):
        _RESET_PEAK.write_text("5")
    return _peak_megabytes()


def _peak_megabytes() -> float:
    with contextlib.suppress(OSError):
        for line in _STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return 0.0
