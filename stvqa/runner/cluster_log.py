"""Log lines of a cluster's workers, sent as Dask events to the process that began the run.

listener = Listener(client, topic="stvqa-log-77aa01c3")      # there
with sent(listener.log, number=3):                            # on the worker
...
listener.close(tasks=8)                                       # there, when all is done
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from logging.handlers import QueueHandler
from typing import NamedTuple

from distributed import Client, get_worker

from stvqa.logs import current_log

__all__ = ["Listener", "SentLog", "sent"]

_ENDED = "stvqa_task_ended"
_LAST_LINES_SECONDS = 2.0


class SentLog(NamedTuple):
    """Where a worker's log lines go: to those who listen to a topic of Dask's events.

    Attributes:
        level: the least that is told, as a number of `logging`.
    """

    topic: str
    level: int


class Listener:
    """Takes what workers log into this program's log.

    Attributes:
        log: for the tasks; None where this program has no log.
    """

    def __init__(self, client: Client, *, topic: str) -> None:
        self._client = client
        self._ended: set[object] = set()
        self._changed = threading.Condition()
        settings = current_log()
        self.log: SentLog | None = None
        if settings is not None:
            self.log = SentLog(topic, logging.getLevelNamesMapping()[settings.level.upper()])
            client.subscribe_topic(topic, self._take)

    def close(self, *, tasks: int) -> None:
        """Waits for the last lines of so many tasks, which may come after their results, and hears no more."""
        if self.log is None:
            return
        with self._changed:
            self._changed.wait_for(lambda: len(self._ended) >= tasks, timeout=_LAST_LINES_SECONDS)
        self._client.unsubscribe_topic(self.log.topic)

    def _take(self, event: tuple[object, Mapping[str, object]]) -> None:
        content = dict(event[1])
        if _ENDED in content:
            with self._changed:
                self._ended.add(content[_ENDED])
                self._changed.notify_all()
            return
        record = logging.makeLogRecord(content)
        logging.getLogger(record.name).handle(record)


@contextmanager
def sent(log: SentLog | None, *, number: int) -> Iterator[None]:
    """Runs on a worker: sends what this thread logs within the block, which does the partition of this number."""
    if log is None:
        yield
        return
    logger = logging.getLogger("stvqa")
    if logger.getEffectiveLevel() > log.level:
        logger.setLevel(log.level)  # and left so, as the handler is: other threads of this worker may be logging
    logger.addHandler(_sender)
    _thread.log = log
    try:
        yield
    finally:
        _thread.log = None
        get_worker().log_event(log.topic, {_ENDED: number})


class _OfThread(threading.local):
    """Where the lines of the task go that this thread is working on."""

    log: SentLog | None = None


_thread = _OfThread()


class _Sender(QueueHandler):
    """Sends records of threads that work on a task, as text and numbers."""

    def emit(self, record: logging.LogRecord) -> None:
        if _thread.log is not None and record.levelno >= _thread.log.level:
            super().emit(record)

    def enqueue(self, record: logging.LogRecord) -> None:
        assert _thread.log is not None, "records of other threads are not sent"
        worker = get_worker()
        worker.log_event(_thread.log.topic, {**vars(record), "worker": worker.address})


_sender = _Sender(queue=None)  # type: ignore[arg-type]  # its place is taken by the worker's connection
