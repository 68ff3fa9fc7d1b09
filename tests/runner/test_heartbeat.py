"""A word while nothing happens; none while something does."""

from __future__ import annotations

import io
import threading

import pytest

from stvqa.runner import BarProgress, LineProgress, heartbeat
from stvqa.runner.heartbeat import Heartbeat


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(heartbeat, "SILENCE_SECONDS", 0.0)
    monkeypatch.setattr(heartbeat, "_LOOK_SECONDS", 0.01)


class Waiting(io.StringIO):
    """Says when a line with these words came."""

    def __init__(self, words):
        super().__init__()
        self.words = words
        self.came = threading.Event()

    def write(self, text):
        written = super().write(text)
        if self.words in self.getvalue():
            self.came.set()
        return written


@pytest.mark.parametrize("kind", [LineProgress, BarProgress])
def test_a_stage_that_waits_says_so(quick, kind):
    stream = Waiting("[1/2] load: still at work; nothing was finished for 0 s")
    progress = kind(stream)
    progress.begin("[1/2] load", total=4, done=0)
    assert stream.came.wait(30)
    progress.close()
    said = len(stream.getvalue())
    assert not [thread for thread in threading.enumerate() if thread.name == "stvqa-heartbeat"]
    assert len(stream.getvalue()) == said


def test_what_is_heard_is_no_silence():
    told = []
    counting = Heartbeat(told.append)
    counting.begin()
    counting.hear()
    counting.stop()
    assert told == []
