"""Options of all commands that call models, and what they come to.

    def build(*, base_url: BaseUrl = None, max_usd: MaxUsd = None, ...): ...
    call_options(base_url=base_url, max_usd=max_usd, ...)     # CallOptions(...)

The key is no option: it would stand in the shell's history and in the list of processes.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from stvqa.teachers.calls import CallOptions

__all__ = [
    "BaseUrl",
    "Batch",
    "BatchIn",
    "BatchOut",
    "Concurrency",
    "MaxCalls",
    "MaxUsd",
    "PayAgain",
    "PriceList",
    "Timeout",
    "call_options",
]

_PANEL = "Calls of models"

BaseUrl = Annotated[
    str | None,
    typer.Option(
        "--base-url",
        metavar="URL",
        help="Server with an OpenAI-compatible API [default: OPENAI_BASE_URL, else OpenAI's].",
        rich_help_panel=_PANEL,
    ),
]
MaxUsd = Annotated[
    float | None,
    typer.Option(min=0, help="Stop before all calls of this run folder cost more dollars.", rich_help_panel=_PANEL),
]
MaxCalls = Annotated[
    int | None,
    typer.Option(min=0, help="Stop before there are more calls in this run folder.", rich_help_panel=_PANEL),
]
PriceList = Annotated[
    Path | None,
    typer.Option(
        "--prices", metavar="FILE", help="Prices of models [default: stvqa's own list].", rich_help_panel=_PANEL
    ),
]
Concurrency = Annotated[
    int,
    typer.Option(
        min=1, max=4096, help="Calls at once, at most; fewer where the server says so.", rich_help_panel=_PANEL
    ),
]
Timeout = Annotated[
    float,
    typer.Option("--timeout", min=0.1, metavar="SECONDS", help="For one try of one call.", rich_help_panel=_PANEL),
]
Batch = Annotated[
    bool, typer.Option("--batch", help="Use the server's Batch API: cheaper, within a day.", rich_help_panel=_PANEL)
]
BatchOut = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Write the calls that are needed next to FILE, and stop.", rich_help_panel=_PANEL
    ),
]
BatchIn = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Read the answers to such calls from FILE, and go on.", rich_help_panel=_PANEL),
]

PayAgain = Annotated[
    bool,
    typer.Option(
        "--pay-again",
        help="Go on though the ledger lacks paid answers (lost, damaged, an old copy): they are paid again.",
        rich_help_panel=_PANEL,
    ),
]

CONCURRENCY = 32
TIMEOUT_SECONDS = 120.0


def call_options(  # noqa: PLR0913 (each is an option of the command)
    *,
    base_url: str | None,
    max_usd: float | None,
    max_calls: int | None,
    prices: Path | None,
    concurrency: int,
    timeout: float,
    batch: bool,
    batch_out: Path | None,
    batch_in: Path | None,
    pay_again: bool,
) -> CallOptions:
    """The options of a command as the calls take them.

    Raises:
        BadParameter: two of them contradict each other, or one is no number.
    """
    from stvqa.teachers.calls import CallOptions  # noqa: PLC0415 (slow to import; see stvqa.cli)

    if max_usd is not None and not math.isfinite(max_usd):
        raise typer.BadParameter(f"--max-usd {max_usd}: give a number of dollars, or leave it out for no limit")
    if batch and batch_out is not None:
        raise typer.BadParameter("--batch sends the calls and --batch-out writes them to a file: give one of them")
    if batch_in is not None and batch_in == batch_out:
        raise typer.BadParameter("--batch-in and --batch-out name the same file: the answers would be lost")
    return CallOptions(
        base_url=base_url,
        max_usd=max_usd,
        max_calls=max_calls,
        prices=prices,
        concurrency=concurrency,
        timeout_seconds=timeout,
        batch=batch,
        batch_out=batch_out,
        batch_in=batch_in,
        pay_again=pay_again,
    )
