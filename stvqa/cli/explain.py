"""`stvqa explain`: one row, its scene, its program, and why the other options are wrong.

stvqa explain 4f0c2d9a runs/demo
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stvqa.cli.runs import find_dataset, find_run
from stvqa.errors import InputError

__all__ = ["explain"]


def explain(
    row_id: Annotated[str, typer.Argument(help="Column `row_id`; its first digits do where they are unique.")],
    run: Annotated[
        Path | None, typer.Argument(help="A run or a dataset folder [default: the newest in ./runs].")
    ] = None,
) -> None:
    """Show a row's scene, program and why each option is right or wrong."""
    from stvqa.report import explain_row  # noqa: PLC0415 (slow to import; see stvqa.cli)

    folder = find_run(run)
    dataset = find_dataset(folder)
    typer.echo(explain_row(row_id, dataset, scenes=_scenes(folder) if dataset != folder else ()))


def _scenes(run: Path) -> list[Path]:
    """Parts of the run's load stage; none where the run was copied without them."""
    from stvqa.runner import StageFolder  # noqa: PLC0415 (slow to import; see stvqa.cli)
    from stvqa.store import read_run_file  # noqa: PLC0415 (same)

    try:
        run_file = read_run_file(run)
        entry = run_file.stage("load")
    except InputError:
        return []
    if run_file.dataset_is_older:  # these scenes are of another recipe than the row
        return []
    return StageFolder(run / entry.folder).parts()
