"""`--log-level` and `--log-file` of every command: what it tells of its work, and of its end.

app.command()(logged(build))

They may stand before the command as well.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from stvqa import __version__
from stvqa.errors import PendingCalls, StvqaError
from stvqa.logs import LogSettings, logger_of, open_log

__all__ = ["LogFile", "LogLevel", "LogLevelOption", "logged"]

_logger = logger_of(__name__)
_PANEL = "Log"


class LogLevelOption(StrEnum):
    """The least that is told."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


LogLevel = Annotated[
    LogLevelOption | None,
    typer.Option(
        "--log-level",
        help="Log what is done, from this level on [default: info with --log-file, else no log].",
        rich_help_panel=_PANEL,
    ),
]
LogFile = Annotated[
    Path | None,
    typer.Option(
        "--log-file", metavar="FILE", help="Append the log to FILE [default: stderr].", rich_help_panel=_PANEL
    ),
]


def logged(command: Callable[..., None]) -> Callable[..., None]:
    """The command with the options of the log."""

    @functools.wraps(command)
    def run(
        *arguments: Any,
        context: typer.Context,
        log_level: LogLevelOption | None,
        log_file: Path | None,
        **options: Any,
    ) -> None:
        above = context.find_root().params
        level, file = log_level or above.get("log_level"), log_file or above.get("log_file")
        with open_log(_settings(level, file)), _end_told(str(context.info_name)):
            command(*arguments, **options)

    signature = inspect.signature(command, eval_str=True)
    extra = {"context": typer.Context, "log_level": LogLevel, "log_file": LogFile}
    defaults = {"context": inspect.Parameter.empty, "log_level": None, "log_file": None}
    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=defaults[name])
        for name, kind in extra.items()
    ]
    run.__signature__ = signature.replace(parameters=[*signature.parameters.values(), *added])  # type: ignore[attr-defined]
    run.__annotations__ = {**{name: item.annotation for name, item in signature.parameters.items()}, **extra}
    return run


def _settings(level: LogLevelOption | None, file: Path | None) -> LogSettings | None:
    if level is None and file is None:
        return None
    return LogSettings(level.value if level else "info", None if file is None else str(file.absolute()))


class _end_told:  # noqa: N801 (used as a function)
    """Logs how a command ends; errors pass through."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        _logger.info("stvqa %s %s begins", __version__, self._name)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: object) -> None:
        if error is None:
            _logger.info("%s is done", self._name)
        elif isinstance(error, typer.Exit | typer.Abort) or hasattr(error, "exit_code"):
            _logger.info("%s ends with exit code %s", self._name, getattr(error, "exit_code", 1))
        elif isinstance(error, PendingCalls):
            _logger.info("%s ends: %s", self._name, error)
        elif isinstance(error, StvqaError):
            _logger.error("%s ends: %s", self._name, error)
            _logger.debug("where it happened", exc_info=error)
        elif isinstance(error, KeyboardInterrupt):
            _logger.warning("%s is interrupted", self._name)
        else:
            _logger.critical("%s ends of a fault of stvqa", self._name, exc_info=error)
