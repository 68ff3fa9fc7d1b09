"""The application: its commands, and how their errors become one message and an exit code.

run(["schemas", "--check"])
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Sequence
from typing import Annotated, Any

import typer
import typer.core

from stvqa import __version__
from stvqa.cli.build import build
from stvqa.cli.demo import demo
from stvqa.cli.doctor import doctor
from stvqa.cli.exhausted import want_of_resources
from stvqa.cli.explain import explain
from stvqa.cli.logged import LogFile, LogLevel, logged
from stvqa.cli.push import push
from stvqa.cli.report import report
from stvqa.cli.schemas import schemas
from stvqa.cli.score import score
from stvqa.cli.train import train
from stvqa.cli.verify import verify
from stvqa.errors import PendingCalls, ShortfallError, StvqaError
from stvqa.secrecy import without_known_keys

__all__ = ["app", "run"]

_DEBUG = "--debug"
_INTERRUPTED = 130
_WAY_ON = {
    **dict.fromkeys(("build", "verify"), "; the same command goes on where it stopped"),
    "train": "; the same command with --resume goes on from the last checkpoint",
}
_BROKEN_PIPE = 141


class _Commands(typer.core.TyperGroup):
    """The group of all commands, and the one place where errors end."""

    def invoke(self, ctx: Any) -> object:  # noqa: ANN401 (typer brings its own class of contexts)
        try:
            return super().invoke(ctx)
        except (KeyboardInterrupt, Exception) as error:
            if ctx.params.get("debug") or _is_typers_own(error):
                raise
            if _was_interrupted(error):
                _ignore_interrupts()
            raise typer.Exit(_exit_code(error, command=ctx.invoked_subcommand)) from error


def _is_typers_own(error: BaseException) -> bool:
    """Wrong usage and ordinary ends, which typer turns into messages and exit codes itself."""
    return isinstance(error, typer.Exit | typer.Abort) or hasattr(error, "exit_code")


def _was_interrupted(error: BaseException) -> bool:
    """Ctrl-C, also where a compiled module that was being imported made another error of it."""
    while not isinstance(error, KeyboardInterrupt):
        if isinstance(error, ImportError) and KeyboardInterrupt.__name__ in str(error):
            return True
        if error.__cause__ is None:
            return False
        error = error.__cause__
    return True


def _exit_code(error: BaseException, *, command: str | None) -> int:
    """Tells of an error in one message, and says with what the program ends."""
    if _was_interrupted(error):
        _tell("interrupted" + _WAY_ON.get(command or "", ""))
        return _INTERRUPTED
    if isinstance(error, BrokenPipeError):
        _close_stdout()
        return _BROKEN_PIPE
    if isinstance(error, StvqaError):
        if isinstance(error, ShortfallError) and error.table:
            typer.echo(error.table, err=True)
        _tell(str(error))
        return 0 if isinstance(error, PendingCalls) else 1  # calls in a file are what --batch-out asked for
    if wanting := want_of_resources(error):
        _tell(wanting)
        return 1
    what = f"{type(error).__name__}: {error}"
    _tell(f"this is a fault of stvqa, please report it: {what} (run again with {_DEBUG} to see where)")
    return 1


def _ignore_interrupts() -> None:
    """Takes no further Ctrl-C: the end has been asked for, and has come."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _tell(message: str) -> None:
    typer.echo(f"stvqa: {without_known_keys(message)}", err=True)


def _close_stdout() -> None:
    """Sends what is still buffered nowhere, so that Python's own flush at exit has nothing to complain of."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


app = typer.Typer(
    cls=_Commands,
    name="stvqa",
    help="Scene graphs to spatial questions with proved answers.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"stvqa {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    version: Annotated[
        bool, typer.Option("--version", help="Say the version and end.", callback=_show_version, is_eager=True)
    ] = False,
    debug: Annotated[bool, typer.Option(_DEBUG, help="Show tracebacks; may stand anywhere.")] = False,
    log_level: LogLevel = None,
    log_file: LogFile = None,
) -> None:
    del version, debug, log_level, log_file


for _command in (build, verify, push, train, explain, report, demo, score, schemas, doctor):
    app.command()(logged(_command))


def run(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line and ends the program with its exit code.

    Args:
        arguments: without the program's name; None for those of the process.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if _DEBUG in words:  # typer takes it before the command only; people put it last
        words = [_DEBUG, *(word for word in words if word != _DEBUG)]
    try:
        app(words, prog_name="stvqa")
    finally:
        _flush()


def _flush() -> None:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _close_stdout()
