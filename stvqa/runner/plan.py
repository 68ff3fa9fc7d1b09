"""What a run would do, before it does it.

plan_run(recipe, out=Path("runs/demo"))[0]  # PlannedStage(number=1, stage="load", ..., complete=True, ...)
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from stvqa.recipe import Recipe, stage_hashes
from stvqa.runner.folders import stage_folders
from stvqa.runner.refusals import is_reusable

__all__ = ["PlannedStage", "plan_run"]


class PlannedStage(NamedTuple):
    """One stage of a run that may not have begun.

    Attributes:
        folder: its folder's name below the run's.
        hash: sha256 of all it depends on, in hex.
        complete: nothing is left to do.
        partitions_done: partitions that an interrupted run left complete.
    """

    number: int
    stage: str
    folder: str
    hash: str
    complete: bool
    partitions_done: int


def plan_run(recipe: Recipe, *, out: Path) -> list[PlannedStage]:
    """Each stage of the recipe with its hash and how much of it is there already; nothing is written.

    Raises:
        InputError: the source is not there.
    """
    planned = []
    hashes = stage_hashes(recipe)
    folders = stage_folders(out, hashes)
    for number, (folder, (stage, digest)) in enumerate(zip(folders, hashes, strict=True), start=1):
        planned.append(
            PlannedStage(
                number=number,
                stage=stage,
                folder=folder.path.name,
                hash=digest,
                complete=is_reusable(recipe, number - 1, folders=folders),
                partitions_done=sum(1 for _ in folder.path.glob("stats-*.json")),
            )
        )
    return planned
