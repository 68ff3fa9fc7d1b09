"""`stvqa report`: a page to look at a whole run, one file that a browser opens without a server.

stvqa report runs/demo --out /tmp/demo.html
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stvqa.cli.runs import find_run

if TYPE_CHECKING:
    from stvqa.records import Errata
    from stvqa.report.page import ReportSummary

__all__ = ["REPORT_FILE", "report", "report_of_build"]

REPORT_FILE = "report.html"


def report(
    run: Annotated[
        Path | None, typer.Argument(help="A run or a dataset folder [default: the newest in ./runs].")
    ] = None,
    *,
    out: Annotated[
        Path | None, typer.Option(help="The page [default: report.html in the run, NAME.report.html beside a set].")
    ] = None,
    no_images: Annotated[bool, typer.Option("--no-images", help="Leave the images out: a small page.")] = False,
    errata: Annotated[
        list[Path] | None,
        typer.Option("--errata", help="Marks that somebody exported, shown from the start; repeatable."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Write a page to look at a run: questions with boxes, refusals, charts."""
    from stvqa.store.errata import read_errata  # noqa: PLC0415 (slow to import; see stvqa.cli)
    from stvqa.store.run_file import RUN_FILE  # noqa: PLC0415 (same)

    folder = find_run(run)
    is_set = (folder / "data").is_dir() and not (folder / RUN_FILE).is_file()
    place = out or (folder.with_name(f"{folder.resolve().name}.{REPORT_FILE}") if is_set else folder / REPORT_FILE)
    summary = _write(folder, out=place, images=not no_images, errata=[read_errata(path) for path in errata or ()])
    typer.echo(json.dumps({**summary._asdict(), "out": str(place)}, indent=2) if as_json else _in_words(summary))


def report_of_build(run: Path) -> Path:
    """The page that `stvqa build` leaves in its run.

    Raises:
        StorageError: it cannot be written.
    """
    return _write(run, out=run / REPORT_FILE, images=True, errata=[]).out


def _write(run: Path, *, out: Path, images: bool, errata: list[Errata]) -> ReportSummary:
    from tqdm import tqdm  # noqa: PLC0415 (slow to import; see stvqa.cli)

    from stvqa.report.page import write_report  # noqa: PLC0415 (same)

    with tqdm(desc="report", unit="row", file=sys.stderr, leave=False, disable=None) as bar:
        return write_report(run, out=out, images=images, errata=errata, on_row=bar.update)


def _in_words(summary: ReportSummary) -> str:
    pictures = f"{summary.images:,} images at {summary.image_pixels} pixels" if summary.image_pixels else "no images"
    refused = f"{summary.refused:,} refused records"
    lines = [f"{summary.rows:,} rows, {pictures}, {refused}: {summary.megabytes:.1f} MB in {summary.seconds:.1f} s"]
    if summary.unreadable:
        lines.append(f"  {summary.unreadable:,} rows cannot be read: the page names them, as `stvqa verify` does")
    if summary.missing:
        lines.append(
            f"  {summary.missing:,} images are missing or cannot be decoded: their boxes stand on an empty frame"
        )
    return "\n".join([*lines, f"  open {summary.out.resolve().as_uri()}"])
