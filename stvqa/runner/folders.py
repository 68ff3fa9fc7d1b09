"""The folder of one stage: what its files are called, and when it, or one of its partitions, is complete.

01-load-3fa9c1d2/
  part-00000.parquet        the records of partition 0
  rejected-00000.parquet    what it refused, if anything   } only while the stage
  stats-00000.json          written last: it is complete   } is running
  rejected.parquet          what the whole stage refused
  stats.json                written last of all: the stage is complete
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from stvqa.errors import StorageError
from stvqa.records import Rejection
from stvqa.store import StageStatistics, read_part, read_statistics, write_json, write_part
from stvqa.store.atomic import storage_errors
from stvqa.store.run_file import STATISTICS_FILE

__all__ = ["REJECTED_FILE", "StageFolder", "add_statistics"]

REJECTED_FILE = "rejected.parquet"


class StageFolder(NamedTuple):
    """One stage's folder, by its path."""

    path: Path

    @classmethod
    def of(cls, out: Path, *, number: int, stage: str, digest: str) -> StageFolder:
        """The folder of stage `number` (from 1) with this hash, below the run's folder `out`."""
        return cls(out / f"{number:02d}-{stage}-{digest[:8]}")

    @property
    def rejected(self) -> Path:
        """File of all rejections of the stage."""
        return self.path / REJECTED_FILE

    def part(self, number: int) -> Path:
        """File of the records of one partition."""
        return self.path / f"part-{number:05d}.parquet"

    def part_rejected(self, number: int) -> Path:
        """File of what one partition refused, until the stage is complete."""
        return self.path / f"rejected-{number:05d}.parquet"

    def part_statistics(self, number: int) -> Path:
        """File whose being there says that the partition is complete."""
        return self.path / f"stats-{number:05d}.json"

    def parts(self) -> list[Path]:
        """Record files in their order."""
        return sorted(self.path.glob("part-*.parquet"))

    def is_complete(self) -> bool:
        """Whether the stage ended: its last file is there, and as many parts as it counts."""
        return (self.path / STATISTICS_FILE).is_file() and not self.has_lost_parts()

    def has_lost_parts(self) -> bool:
        """Whether the stage was complete once and somebody took parts away since."""
        if not (self.path / STATISTICS_FILE).is_file():
            return False
        return len(self.parts()) != self.statistics().parts

    def is_part_complete(self, number: int) -> bool:
        """Whether one partition of an unfinished stage is done."""
        return self.part_statistics(number).is_file() and self.part(number).is_file()

    def statistics(self) -> StageStatistics:
        """stats.json of the complete stage."""
        return read_statistics(self.path)

    def finish(self, statistics: StageStatistics, *, rejections: Iterable[Rejection], partitions: int) -> None:
        """Writes rejected.parquet, then stats.json, then removes what only a resume needs.

        Args:
            statistics: of the whole stage.
            rejections: of the whole stage, in their order.
            partitions: how many partitions there were; those left by nobody are not touched.

        Raises:
            StorageError: a part is missing, or the disk cannot be written.
        """
        statistics = statistics.model_copy(update={"parts": partitions})
        missing = [number for number in range(partitions) if not self.part(number).is_file()]
        if missing:
            raise StorageError(f"{self.part(missing[0])} is gone although it was written: run the same command again")
        write_part(self.rejected, rejections, model=Rejection)
        write_json(self.path / STATISTICS_FILE, statistics)
        for number in range(partitions):
            self.part_statistics(number).unlink(missing_ok=True)
            self.part_rejected(number).unlink(missing_ok=True)

    def part_statistics_of(self, number: int) -> StageStatistics:
        """What one complete partition of an unfinished stage did.

        Raises:
            StorageError: the file is gone or damaged.
        """
        path = self.part_statistics(number)
        try:
            return StageStatistics.model_validate_json(path.read_bytes())
        except (FileNotFoundError, ValidationError) as error:
            raise StorageError(f"{path} is gone or damaged: delete it and run the same command again") from error

    def part_rejections(self, partitions: int) -> Iterator[Rejection]:
        """What all partitions refused, in the order of the partitions."""
        for number in range(partitions):
            path = self.part_rejected(number)
            if path.is_file():
                yield from read_part(path, model=Rejection)

    def clear(self) -> None:
        """Removes every file of an unfinished stage that can only start over.

        Raises:
            StorageError: no permission.
        """
        if not self.path.is_dir():
            return
        with storage_errors(self.path):
            for file in self.path.iterdir():
                file.unlink()


def add_statistics(pieces: Iterable[StageStatistics]) -> StageStatistics:
    """The sum over partitions; reasons and counts are sorted by name."""
    totals = StageStatistics(parts=0).model_dump()
    for piece in pieces:
        for key, value in piece.model_dump().items():
            if not isinstance(value, dict):
                totals[key] += value
                continue
            for name, amount in value.items():
                totals[key][name] = totals[key].get(name, 0) + amount
    for key in ("rejected", "rejected_parts", "counts"):
        totals[key] = dict(sorted(totals[key].items()))
    return StageStatistics.model_validate(totals)
