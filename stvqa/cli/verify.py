"""`stvqa verify`: runs every proof of a finished set again, from its rows alone.

stvqa verify runs/demo
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stvqa.cli.runs import find_dataset, find_run
from stvqa.errors import InputError

if TYPE_CHECKING:
    from stvqa.report import VerifyReport

__all__ = ["verify"]

_FAILURES_SHOWN = 20
_RULES = "rules"


def verify(
    run: Annotated[
        Path | None, typer.Argument(help="A run or a dataset folder [default: the newest in ./runs].")
    ] = None,
    *,
    verifier: Annotated[str, typer.Option(help="Who proves the rows: rules, from their programs alone.")] = _RULES,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Prove every row of a finished set again; exit 1 if one fails."""
    if verifier != _RULES:
        raise InputError(
            f"--verifier {verifier}: this version of stvqa has no other verifier than {_RULES}: "
            f"write --verifier {_RULES}, or leave it out"
        )
    from tqdm import tqdm  # noqa: PLC0415 (slow to import; see stvqa.cli)

    from stvqa.report import verify_dataset  # noqa: PLC0415 (same)
    from stvqa.store.dataset import count_dataset  # noqa: PLC0415 (same)

    folder = find_run(run)
    dataset = find_dataset(folder)
    total = count_dataset(dataset)
    with tqdm(total=total, desc="verify", unit="row", file=sys.stderr, leave=False, disable=None) as bar:
        report = verify_dataset(dataset, on_row=bar.update)
    typer.echo(report.model_dump_json(indent=2) if as_json else _in_words(report, dataset))
    if report.failures:
        raise typer.Exit(1)


def _in_words(report: VerifyReport, dataset: Path) -> str:
    lines = [f"{dataset}: {report.rows:,} rows"]
    lines += [f"  {category:<18}{count:>8,}" for category, count in report.by_category.items()]
    lines += [f"  proved again      {report.proved:>8,}"]
    if report.unproved:
        lines.append(f"  without a program {report.unproved:>8,}")
    lines += [f"  {item.row_id}  {item.reason}: {item.detail}" for item in report.failures[:_FAILURES_SHOWN]]
    if len(report.failures) > _FAILURES_SHOWN:
        lines.append(f"  ... and {len(report.failures) - _FAILURES_SHOWN:,} more (--json shows all)")
    return "\n".join([*lines, f"{len(report.failures):,} failures"])
