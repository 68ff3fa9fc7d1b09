"""A word now and then while nothing else is said, so that a run that waits is not taken for one that hangs.

heartbeat = Heartbeat(lambda seconds: print(f"nothing new for {seconds:.0f} s"))
heartbeat.begin()
heartbeat.hear()     # something was said or done
heartbeat.stop()
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

__all__ = ["Heartbeat"]

SILENCE_SECONDS = 60.0
_LOOK_SECONDS = 1.0


class Heartbeat:
    """Counts the seconds in which nothing was heard, in a thread of its own.

    Args:
        tell: given the seconds since something was heard, once for each `SILENCE_SECONDS` of them.
    """

    def __init__(self, tell: Callable[[float], object]) -> None:
        self._tell = tell
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._heard = self._told = time.monotonic()

    def begin(self) -> None:
        """Begins to count, if it has not begun."""
        self.hear()
        if self._thread is None:
            self._thread = threading.Thread(target=self._count, name="stvqa-heartbeat", daemon=True)
            self._thread.start()

    def hear(self) -> None:
        """Something was said or done."""
        self._heard = self._told = time.monotonic()

    def stop(self) -> None:
        """Counts no more."""
        self._stop.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def _count(self) -> None:
        while not self._stop.wait(_LOOK_SECONDS):
            now = time.monotonic()
            if now - self._told >= SILENCE_SECONDS:
                self._told = now
                self._tell(now - self._heard)
