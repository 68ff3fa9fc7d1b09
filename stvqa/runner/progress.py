"""What a run shows while it works, on stderr: bars on a terminal, plain lines elsewhere.

[2/8] prune: 1,000 in, 18,204 out, 3 refused (no-objects 3), 4.1 s
"""

from __future__ import annotations

import time
from typing import NoReturn, Protocol, TextIO

from tqdm import tqdm

from stvqa.runner.heartbeat import Heartbeat
from stvqa.store import StageStatistics
from stvqa.store.run_file import common_reasons

__all__ = ["BarProgress", "LineProgress", "Progress", "SilentProgress", "stage_line"]

_SECONDS_BETWEEN_LINES = 10.0
_SECONDS_BETWEEN_FIGURES = 0.2


class Progress(Protocol):
    """Told what happens to each stage, in order."""

    def note(self, text: str) -> None:
        """Something to know about the run as a whole, in words."""

    def begin(self, label: str, *, total: int, done: int) -> None:
        """A stage of `total` partitions starts, `done` of them were complete before."""

    def advance(self) -> None:
        """One more partition is complete."""

    def calls(self, done: int, total: int) -> None:
        """Of a wave of calls, `done` have come to an end; told from any thread."""

    def end(self, label: str, *, statistics: StageStatistics, reused: bool) -> None:
        """The stage is complete; `reused`: it was so before."""

    def close(self) -> None:
        """Nothing more comes, also after an error."""


class SilentProgress:
    """Shows nothing."""

    def note(self, text: str) -> None:
        """Shows nothing."""

    def begin(self, label: str, *, total: int, done: int) -> None:
        """Shows nothing."""

    def advance(self) -> None:
        """Shows nothing."""

    def calls(self, done: int, total: int) -> None:
        """Shows nothing."""

    def end(self, label: str, *, statistics: StageStatistics, reused: bool) -> None:
        """Shows nothing."""

    def close(self) -> None:
        """Shows nothing."""


class LineProgress:
    """A line when a stage ends, and now and then while it runs; each minute where nothing happens."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._label = ""
        self._total = self._done = 0
        self._spoke = 0.0
        self._heartbeat = Heartbeat(lambda seconds: self._print(_waiting(self._label, seconds)))

    def note(self, text: str) -> None:
        """Says it."""
        self._say(text)

    def begin(self, label: str, *, total: int, done: int) -> None:
        """Says so only where a stage goes on that was interrupted."""
        self._label, self._total, self._done = label, total, done
        self._spoke = time.monotonic()
        self._heartbeat.begin()
        if done:
            self._say(f"{label}: goes on, {done:,} of {total:,} partitions were complete")

    def advance(self) -> None:
        """Says how far the stage is, at most every ten seconds."""
        self._done += 1
        self._heartbeat.hear()
        if time.monotonic() - self._spoke >= _SECONDS_BETWEEN_LINES:
            self._say(f"{self._label}: {self._done:,} of {self._total:,} partitions")

    def calls(self, done: int, total: int) -> None:
        """Says how far the wave is, at most every ten seconds."""
        self._heartbeat.hear()
        if time.monotonic() - self._spoke >= _SECONDS_BETWEEN_LINES:
            self._say(f"{self._label}: {done:,} of {total:,} calls")

    def end(self, label: str, *, statistics: StageStatistics, reused: bool) -> None:
        """Says what came of the stage."""
        self._say(stage_line(label, statistics, reused=reused))

    def close(self) -> None:
        """Says no more by itself."""
        self._heartbeat.stop()

    def _say(self, line: str) -> None:
        self._spoke = time.monotonic()
        self._heartbeat.hear()
        self._print(line)

    def _print(self, line: str) -> None:
        print(line, file=self._stream, flush=True)


class BarProgress:
    """A tqdm bar while a stage runs, a line when it is complete; one each minute where nothing happens."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._bar: tqdm[NoReturn] | None = None
        self._label = ""
        self._spoke = 0.0
        self._heartbeat = Heartbeat(lambda seconds: tqdm.write(_waiting(self._label, seconds), file=self._stream))

    def note(self, text: str) -> None:
        """Says it above the bar."""
        self._heartbeat.hear()
        tqdm.write(text, file=self._stream)

    def begin(self, label: str, *, total: int, done: int) -> None:
        """Opens the stage's bar."""
        self._label = label
        self._heartbeat.begin()
        self._bar = tqdm(
            total=total, initial=done, desc=label, unit="partition", file=self._stream, leave=False, dynamic_ncols=True
        )

    def advance(self) -> None:
        """Moves the bar."""
        self._heartbeat.hear()
        if self._bar is not None:
            self._bar.update()

    def calls(self, done: int, total: int) -> None:
        """Writes behind the bar how far the wave is."""
        self._heartbeat.hear()
        if self._bar is not None and time.monotonic() - self._spoke >= _SECONDS_BETWEEN_FIGURES:
            self._spoke = time.monotonic()
            self._bar.set_postfix_str(f"{done:,} of {total:,} calls")

    def end(self, label: str, *, statistics: StageStatistics, reused: bool) -> None:
        """Takes the bar away and says what came of the stage."""
        self._close_bar()
        self._heartbeat.hear()
        print(stage_line(label, statistics, reused=reused), file=self._stream, flush=True)

    def close(self) -> None:
        """Takes the bar away, and says no more by itself."""
        self._heartbeat.stop()
        self._close_bar()

    def _close_bar(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def _waiting(label: str, seconds: float) -> str:
    return f"{label}: still at work; nothing was finished for {seconds:.0f} s"


def stage_line(label: str, statistics: StageStatistics, *, reused: bool) -> str:
    """One line about a complete stage: in, out, refused with the commonest reasons, seconds of work, and its notes."""
    parts = [f"{statistics.records_in:,} in", f"{statistics.records_out:,} out"]
    refused = sum(statistics.rejected.values())
    if refused:
        parts.append(f"{refused:,} refused ({common_reasons(statistics.rejected)})")
    if statistics.calls:
        parts.append(f"{statistics.calls:,} calls ({_cost(statistics)})")
    parts.append("complete before, not run again" if reused else f"{statistics.seconds:.1f} s of work")
    return "; ".join((f"{label}: {', '.join(parts)}", *statistics.notes))


def _cost(statistics: StageStatistics) -> str:
    """What a stage's calls cost, and how much of that is an estimate."""
    if statistics.usd is None:
        return "price unknown"
    lost = sum(usage.lost for usage in statistics.models.values())
    parts = [f"${statistics.usd:,.2f}"]
    if statistics.estimated_usd:
        parts.append(f"${statistics.estimated_usd:,.2f} of it estimated, at most")
    if lost:
        parts.append(f"with {lost:,} tries that brought no answer")
    return ", ".join(parts)
