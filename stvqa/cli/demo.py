"""`stvqa demo`: scenes of the demo source as official Visual Genome files, with anomalies on request.

stvqa demo --n 1000 --out /tmp/vg-demo --anomalies 0.1
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from stvqa.sources.demo import ExportReport

__all__ = ["demo"]


def demo(
    *,
    n: Annotated[int, typer.Option("--n", min=1, help="Scenes.")],
    out: Annotated[Path, typer.Option(help="The folder, made if need be.")],
    seed: Annotated[int, typer.Option(help="Root of all randomness.")] = 7,
    anomalies: Annotated[
        float, typer.Option(min=0, max=1, help="Probability of each known anomaly in each image.")
    ] = 0.0,
    images: Annotated[bool, typer.Option("--images/--no-images", help="Draw the pictures too.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Write scenes made here as official Visual Genome files."""
    from tqdm import tqdm  # noqa: PLC0415 (slow to import; see stvqa.cli)

    from stvqa.sources.demo import export_visual_genome  # noqa: PLC0415 (same)

    with tqdm(total=n, desc="demo", unit="scene", file=sys.stderr, leave=False, disable=None) as bar:

        def advance(done: int) -> None:
            bar.update(done)

        report = export_visual_genome(
            count=n, seed=seed, out=out, anomaly_rate=anomalies, images=images, on_image=advance
        )
    typer.echo(report.model_dump_json(indent=2) if as_json else _in_words(report))


def _in_words(report: ExportReport) -> str:
    pictures = f"{report.images:,} images, {report.pictures:,} pictures"
    annotations = f"{report.objects:,} objects, {report.relationships:,} relationships"
    lines = [
        f"  {slug:<40}{count:>7,} in {report.affected.get(slug, 0):,} images" for slug, count in report.planted.items()
    ]
    return "\n".join(
        [
            f"{report.out}: {pictures}, {annotations}",
            *lines,
            f"read it with: stvqa build --source vg --root {shlex.quote(str(report.out))} --n 100",
        ]
    )
