"""The folder of one stage: what its files are called, and when it, or one of its partitions, is complete.

01-load-3fa9c1d2/
  part-00000.parquet        the records of partition 0
  rejected-00000.parquet    what it refused, if anything   } only while the stage
  stats-00000.json          written last: it is complete   } is running
  rejected.parquet          what the whole stage refused
  stats.json                written last of all: the stage is complete
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from stvqa.errors import InputError, StorageError
from stvqa.records import Rejection
from stvqa.store import StageStatistics, count_rows, read_part, read_statistics, write_json, write_part
from stvqa.store.atomic import storage_errors, sync_folder
from stvqa.store.run_file import STATISTICS_FILE

__all__ = ["REJECTED_FILE", "STAGE_FOLDER", "StageFolder", "add_statistics", "is_stage_file"]

REJECTED_FILE = "rejected.parquet"
STAGE_FOLDER = re.compile(r"\d{2,}-[a-z_]+-[0-9a-f]{8}")
"""Names of `StageFolder.of`."""
_STAGE_FILE = re.compile(r"(part-\d{5,}|rejected(-\d{5,})?)\.parquet|stats(-\d{5,})?\.json")


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

    def has_ended(self) -> bool:
        """Whether the stage's last file is there."""
        return (self.path / STATISTICS_FILE).is_file()

    def is_complete(self, *, share: float = 1.0) -> bool:
        """Whether the stage ended, all its parts can be read, and it refused no larger a share than it may now.

        Args:
            share: the largest share of refused records, 0 to 1.
        """
        if not self.has_ended():
            return False
        try:
            statistics = self.statistics()
        except InputError:
            return False
        parts = self.parts()
        if len(parts) != statistics.parts or statistics.rejected_share > share:
            return False
        return _rows(parts) == statistics.records_out

    def is_part_complete(self, number: int) -> bool:
        """Whether one partition of an unfinished stage is done and can be read."""
        if not self.part_statistics(number).is_file():
            return False
        try:
            return _rows([self.part(number)]) == self.part_statistics_of(number).records_out
        except StorageError:
            return False

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

    def refuse(self, *, rejections: Iterable[Rejection], partitions: int) -> None:
        """Writes rejected.parquet of a stage that refused too much, and takes back the partitions that refused.

        The stage stays unfinished, so that the same command runs these again once the input is mended.

        Raises:
            StorageError: the disk cannot be written.
        """
        write_part(self.rejected, rejections, model=Rejection)
        with storage_errors(self.path):
            for number in range(partitions):
                if self.part_rejected(number).is_file():
                    self.part_statistics(number).unlink(missing_ok=True)
                    self.part(number).unlink(missing_ok=True)
                    self.part_rejected(number).unlink()

    def take(self, work: StageFolder, number: int) -> None:
        """Moves the files of one complete partition here from the folder that they were written in.

        The statistics come last, since they say that the rest is here.

        Raises:
            StorageError: a file is gone, or the disk cannot be written.
        """
        with storage_errors(self.path):
            work.part(number).replace(self.part(number))
            if work.part_rejected(number).is_file():
                work.part_rejected(number).replace(self.part_rejected(number))
            sync_folder(self.path)
            work.part_statistics(number).replace(self.part_statistics(number))
            sync_folder(self.path)

    def forget_part(self, number: int) -> None:
        """Removes what an earlier try says of one partition; its records are written over.

        The statistics go first, lest they vouch for a partition whose refusals are gone.

        Raises:
            StorageError: no permission.
        """
        with storage_errors(self.path):
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
        """Removes every file that stvqa made of a stage that can only start over; anything else there stays.

        Raises:
            StorageError: no permission.
        """
        if not self.path.is_dir():
            return
        with storage_errors(self.path):
            for file in list(self.path.iterdir()):
                if is_stage_file(file.name):
                    file.unlink()


def is_stage_file(name: str) -> bool:
    """Whether a file of this name in a stage's folder is one of ours."""
    return _STAGE_FILE.fullmatch(name) is not None


def _rows(parts: Iterable[Path]) -> int | None:
    """How many records the parts hold by their footers; None where one is gone or damaged."""
    try:
        return sum(count_rows(part) for part in parts)
    except StorageError:
        return None


def add_statistics(pieces: Iterable[StageStatistics]) -> StageStatistics:
    """The sum over partitions; reasons and counts are sorted by name."""
    totals = StageStatistics(parts=0).model_dump()
    for piece in pieces:
        for key, value in piece.model_dump().items():
            if not isinstance(value, dict):
                totals[key] = None if None in (totals[key], value) else totals[key] + value
                continue
            for name, amount in value.items():
                totals[key][name] = totals[key].get(name, 0) + amount
    for key in ("rejected", "rejected_parts", "counts"):
        totals[key] = dict(sorted(totals[key].items()))
    return StageStatistics.model_validate(totals)
