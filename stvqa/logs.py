"""What stvqa tells of its work to those who ask: the loggers `stvqa.*`, on stderr or in a file, without keys.

    _logger = logger_of(__name__)
    _logger.info("stage %s begins: %d partitions", name, count)
    with open_log(LogSettings("debug", "/tmp/build.log")):
        ...

    2026-11-30T04:35:43.123Z INFO stvqa.runner.run [4711] stage load begins: 8 partitions

A program that imports stvqa sees nothing unless it sets up `logging` itself. Worker processes of this machine append
whole lines to the same file; workers of a cluster send theirs to the process that began the run.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, NamedTuple

from stvqa.errors import StorageError
from stvqa.plain_files import open_plain
from stvqa.secrecy import without_keys
from stvqa.texts import shown

__all__ = ["Level", "LogSettings", "begin_log", "current_log", "logger_of", "open_log"]

Level = Literal["debug", "info", "warning", "error"]

_ROOT = "stvqa"
_LINE = "%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s [%(where)s] %(message)s"
_CONTINUED = "\n    "


logging.getLogger(_ROOT).addHandler(logging.NullHandler())  # else warnings would reach stderr where nobody asked


def logger_of(module: str) -> logging.Logger:
    """The logger of a module of stvqa, by its `__name__`; silent unless `logging` is set up.

    `import stvqa` alone sets nothing up: `logging` takes long enough to import for a Ctrl-C to meet it.
    """
    return logging.getLogger(module)


class LogSettings(NamedTuple):
    """What to tell, and where.

    Attributes:
        level: the least level that is told.
        file: absolute path; lines are appended. None: stderr.
    """

    level: Level
    file: str | None = None


_current: LogSettings | None = None


def current_log() -> LogSettings | None:
    """The settings of the log that is open in this process, for workers that are started; None where none is."""
    return _current


@contextmanager
def open_log(settings: LogSettings | None) -> Iterator[None]:
    """Tells of all work within the block; None tells nothing.

    Raises:
        StorageError: the file cannot be written.
    """
    if settings is None:
        yield
        return
    global _current  # noqa: PLW0603 (a process has one log, as it has one stderr)
    logger, before = logging.getLogger(_ROOT), _current
    level, propagate = logger.level, logger.propagate
    handler = begin_log(settings)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        handler.close()
        logger.setLevel(level)
        logger.propagate = propagate
        _current = before


def begin_log(settings: LogSettings) -> logging.Handler:
    """Tells of all work from now on, as a worker process does until its end.

    Raises:
        StorageError: the file cannot be written.
    """
    global _current  # noqa: PLW0603 (see open_log)
    handler = _open_handler(settings)
    handler.setFormatter(_Formatter(_LINE))
    logger = logging.getLogger(_ROOT)
    logger.addHandler(handler)
    logger.setLevel(settings.level.upper())
    logger.propagate = False
    _current = settings
    return handler


class _Formatter(logging.Formatter):
    """One record as text: times in UTC, the process or the cluster's worker, no keys, tracebacks included.

    Lines after the first are indented, so that no text that is logged looks like a record.
    """

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802 (logging's name)
        return time.strftime(datefmt or "%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))

    def format(self, record: logging.LogRecord) -> str:
        record.where = getattr(record, "worker", None) or record.process
        return shown(without_keys(super().format(record))).replace("\n", _CONTINUED)


class _LineFile(logging.Handler):
    """Appends to a file that several processes share: each record is one write, so lines do not mix."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path
        self._descriptor: int | None = None
        try:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            self._descriptor = open_plain(Path(path), os.O_WRONLY | os.O_APPEND | os.O_CREAT, devices=True)
        except StorageError as error:
            raise StorageError(f"--log-file: {error}") from error
        except OSError as error:
            raise StorageError(f"--log-file {path}: {error.strerror}: name another file") from error
        self._works = True

    def emit(self, record: logging.LogRecord) -> None:
        """Writes the record; a log that cannot be written says so once, and the work goes on."""
        if not self._works or self._descriptor is None:
            return
        try:
            os.write(self._descriptor, f"{self.format(record)}\n".encode(errors="backslashreplace"))
        except OSError as error:
            self._works = False
            sys.stderr.write(f"stvqa: --log-file {self._path}: {error.strerror}; nothing more is logged\n")

    def close(self) -> None:
        """Closes the file."""
        self._works = False
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
        super().close()


def _open_handler(settings: LogSettings) -> logging.Handler:
    return logging.StreamHandler(sys.stderr) if settings.file is None else _LineFile(settings.file)
