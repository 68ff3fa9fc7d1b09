"""The folder of one stage: what its files are called, and when it, or one of its partitions, is complete.

01-load-3fa9c1d2/
  part-00000.parquet        the records of partition 0
  rejected-00000.parquet    what it refused, if anything   } only while the stage
  stats-00000.json          written last: it is complete   } is running
  rejected.parquet          what the whole stage refused
  stats.json                written last of all: the stage is complete

Both kinds of statistics hold the sha256 of the files that they speak of, and of themselves. A run that was made before
there were checksums is taken as it is, as long as its parts can be read and hold as many records as they should.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from stvqa.errors import InputError, StorageError
from stvqa.recipe import StageHash
from stvqa.records import Rejection
from stvqa.store import StageStatistics, count_rows, read_part, read_statistics, write_part
from stvqa.store.atomic import storage_errors, sync_folder
from stvqa.store.checksums import check_as_written, is_as_written, sha256_of_file
from stvqa.store.run_file import STATISTICS_FILE, read_statistics_file, write_statistics_file

__all__ = ["REJECTED_FILE", "STAGE_FOLDER", "Damage", "StageFolder", "is_stage_file", "stage_folders"]

REJECTED_FILE = "rejected.parquet"
STAGE_FOLDER = re.compile(r"\d{2,}-[a-z_]+-[0-9a-f]{8}")
"""Names of `StageFolder.of`."""
_STAGE_FILE = re.compile(r"(part-\d{5,}|rejected(-\d{5,})?)\.parquet|stats(-\d{5,})?\.json")


class Damage(NamedTuple):
    """What of a complete stage is not as it was written; false where all of it is.

    Attributes:
        parts: numbers of the parts that have changed or are gone.
        other: the file, or what else, for which the whole stage has to be made again; empty where there is none.
    """

    parts: tuple[int, ...] = ()
    other: str = ""

    def __bool__(self) -> bool:
        return bool(self.parts or self.other)


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
        """Record files in their order: those of the complete stage, and nothing that somebody put beside them."""
        try:
            checksums = self.statistics().checksums
        except InputError:
            checksums = {}
        found = sorted(self.path.glob("part-*.parquet"))
        return [path for path in found if path.name in checksums] if checksums else found

    def checksums(self) -> Mapping[str, str]:
        """Names of the complete stage's files to sha256; empty where nobody wrote them down."""
        return self.statistics().checksums

    def check_parts(self) -> None:
        """Looks at every part of the complete stage, where checksums are known, before anybody reads them.

        Raises:
            StorageError: one is not as it was written.
        """
        checksums = self.statistics().checksums
        for number in range(self.statistics().parts if checksums else 0):
            check_as_written(self.part(number), checksums.get(self.part(number).name, ""))

    def checksum_of_parts(self) -> str:
        """One sha256 that stands for all parts, as they were written; empty where nobody knows."""
        try:
            statistics = self.statistics()
        except InputError:
            return ""
        if not statistics.checksums:
            return ""
        names = [self.part(number).name for number in range(statistics.parts)]
        text = "".join(f"{name} {statistics.checksums.get(name, '')}\n" for name in names)
        return hashlib.sha256(text.encode()).hexdigest()

    def has_ended(self) -> bool:
        """Whether the stage's last file is there."""
        return (self.path / STATISTICS_FILE).is_file()

    def is_complete(self, *, share: float = 1.0) -> bool:
        """Whether the stage ended, all its files are as they were written, and it refused no larger a share than it may
        now.

        Args:
            share: the largest share of refused records, 0 to 1.
        """
        return self.has_ended() and not self.damage() and self.statistics().rejected_share <= share

    def damage(self) -> Damage:
        """What of a stage that ended is not as it was written.

        Raises:
            StorageError: a file may not be read.
        """
        if not self.has_ended():
            return Damage()
        try:
            statistics = self.statistics()
        except InputError:
            return Damage(other=STATISTICS_FILE)
        if not statistics.checksums:  # of a run that was made before there were any
            parts = self.parts()
            is_whole = len(parts) == statistics.parts and _rows(parts) == statistics.records_out
            return Damage() if is_whole else Damage(other="a part")
        damaged = [
            number for number in range(statistics.parts) if not self._is_as_written(self.part(number), statistics)
        ]
        is_whole = self._is_as_written(self.rejected, statistics)
        return Damage(tuple(damaged), "" if is_whole else self.rejected.name)

    def is_part_complete(self, number: int) -> bool:
        """Whether one partition of an unfinished stage is done, and its files are as they were written."""
        if not self.part_statistics(number).is_file():
            return False
        try:
            statistics = self.part_statistics_of(number)
            if not statistics.checksums:
                return _rows([self.part(number)]) == statistics.records_out
        except StorageError:
            return False
        files = [self.part(number)]
        if self.part_rejected(number).exists() or self.part_rejected(number).name in statistics.checksums:
            files.append(self.part_rejected(number))
        return all(self._is_as_written(file, statistics) for file in files)

    def _is_as_written(self, file: Path, statistics: StageStatistics) -> bool:
        return is_as_written(file, statistics.checksums.get(file.name, ""))

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
        parts = [self.part(number) for number in range(partitions)]
        missing = [part for part in parts if not part.is_file()]
        if missing:
            raise StorageError(f"{missing[0]} is gone although it was written: run the same command again")
        write_part(self.rejected, rejections, model=Rejection)
        with storage_errors(self.path):
            known = statistics.checksums  # those of the workers that wrote the parts
            checksums = {part.name: known.get(part.name) or sha256_of_file(part) for part in parts}
            checksums[self.rejected.name] = sha256_of_file(self.rejected)
        statistics = statistics.model_copy(update={"parts": partitions, "checksums": checksums})
        write_statistics_file(self.path / STATISTICS_FILE, statistics)
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

    def put_back(self, work: StageFolder, number: int) -> None:
        """Moves a part that was made again into the complete stage, where it is the same as the one that was lost.

        Raises:
            StorageError: the disk cannot be written.
        """
        if self._is_as_written(work.part(number), self.statistics()):
            with storage_errors(self.path):
                work.part(number).replace(self.part(number))
                sync_folder(self.path)

    def write_part_statistics(self, number: int, statistics: StageStatistics) -> None:
        """Writes the statistics of one partition, with the checksums of its files, which are there already.

        Raises:
            StorageError: a file is gone, or the disk cannot be written.
        """
        files = (self.part(number), self.part_rejected(number))
        with storage_errors(self.path):
            checksums = {file.name: sha256_of_file(file) for file in files if file.is_file()}
        sealed = statistics.model_copy(update={"checksums": checksums})
        write_statistics_file(self.part_statistics(number), sealed)

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
            return read_statistics_file(path)
        except InputError as error:
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


def stage_folders(out: Path, hashes: Iterable[StageHash]) -> list[StageFolder]:
    """The folders of all stages below the run's folder `out`, in order."""
    return [
        StageFolder.of(out, number=number, stage=stage, digest=digest)
        for number, (stage, digest) in enumerate(hashes, start=1)
    ]


def _rows(parts: Iterable[Path]) -> int | None:
    """How many records the parts hold by their footers; None where one is gone or damaged."""
    try:
        return sum(count_rows(part) for part in parts)
    except StorageError:
        return None
