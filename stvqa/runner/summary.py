"""What a run came to.

summary.rows, summary.dataset     # 200, PosixPath('runs/demo/dataset')
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from stvqa.errors import ShortfallError
from stvqa.store import RunFile

__all__ = ["RunSummary", "ShortRunError"]


class RunSummary(NamedTuple):
    """What a run came to.

    Attributes:
        rows: records of the last stage; 0 where the run did not come so far.
        reused: stages that were complete before.
        dataset: the folder with the published layout, None where no stage publishes.
        seconds: from start to end on the clock.
    """

    out: Path
    run_file: RunFile
    rows: int
    reused: tuple[str, ...]
    dataset: Path | None
    seconds: float


class ShortRunError(ShortfallError):
    """A run that ended with fewer rows than asked for; `summary` says what there is."""

    def __init__(self, error: ShortfallError, *, summary: RunSummary) -> None:
        super().__init__(str(error), table=error.table)
        self.summary = summary
