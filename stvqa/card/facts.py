"""What the Parquet files of a set say about it: counts, letters, who wrote and who verified, files and their hashes.

    facts = read_facts(Path("runs/demo/dataset"))
    facts.rows, facts.splits["train"].rows, facts.evidence    # 200, 182, {"annotated": 9, "geometric": 112, ...}

The card's tables come from here, never from run.json, so that they cannot disagree with the data.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from stvqa.completion import LETTERS
from stvqa.errors import InputError
from stvqa.records import CATEGORIES, LEVELS, Record, Row
from stvqa.store.checksums import sha256_of_file
from stvqa.store.dataset import dataset_files, read_dataset

__all__ = ["DataFile", "SetFacts", "Share", "SplitFacts", "Standing", "read_facts"]

_SPLITS = ("train", "val")
_BATCH = 64


class DataFile(Record):
    """One Parquet file: its path below the set's folder, rows, size in bytes, sha256 in hex."""

    path: str
    rows: int
    size: int
    sha256: str


class SplitFacts(Record):
    """One split.

    Attributes:
        memory: bytes of its columns before compression.
    """

    rows: int
    images: int
    memory: int
    files: tuple[DataFile, ...]


class Share(Record):
    """How many of how many."""

    count: int
    of: int


class Standing(Record):
    """What proving a set again said of it (`stvqa.report.verify_dataset`), for a card that tells of it.

    Attributes:
        proved: rows whose program gives the published answer and refutes every other option.
        failed: rows that do not hold.
        imageless: those among them whose image is missing or cannot be read.
    """

    rows: int
    proved: int
    failed: int = 0
    imageless: int = 0


class SetFacts(Record):
    """The whole set.

    Attributes:
        categories: rows by category and level, both in their usual order.
        evidence: rows by evidence and category.
        letters: rows by number of options and answer letter, 0 for a letter that no answer has.
        with_program: rows whose answer anyone can prove again.
        unverified: rows that have neither a program nor a verifier that accepted them.
        blind: by category, how many questions a model without the image got right, of those that were tried.
        placeholders: rows whose picture is a plain stand-in.
        imageless: rows without the bytes of an image.
        columns: names of the files' columns, in order.
    """

    rows: int
    images: int
    splits: dict[str, SplitFacts]
    categories: dict[str, dict[str, int]]
    evidence: dict[str, dict[str, int]]
    letters: dict[str, dict[str, int]]
    sources: dict[str, int]
    teachers: dict[str, int]
    verifiers: dict[str, int]
    blind: dict[str, Share]
    with_program: int
    unverified: int
    placeholders: int
    imageless: int
    columns: tuple[str, ...]

    @property
    def levels(self) -> dict[str, int]:
        """Rows by level."""
        return {level: sum(row[level] for row in self.categories.values()) for level in LEVELS}

    @property
    def files(self) -> tuple[DataFile, ...]:
        """All Parquet files, split by split."""
        return tuple(file for split in self.splits.values() for file in split.files)


def read_facts(dataset: Path) -> SetFacts:
    """Reads every row of a set, without its pixels.

    Args:
        dataset: the folder that holds `data/`.

    Raises:
        InputError: there is no set, it has no rows, or a file of it is damaged.
    """
    rows: list[Row] = []
    images: dict[str, set[str]] = defaultdict(set)
    for item in read_dataset(dataset, images=False):
        if item.split not in _SPLITS:
            raise InputError(
                f"{dataset} has a split {item.split!r}: a set has {' and '.join(_SPLITS)}, remove its files"
            )
        rows.append(item.row)
        images[item.split].add(item.row.image_id)
    if not rows:
        raise InputError(f"{dataset} holds no rows: build a set with `stvqa build` first")
    files = dataset_files(dataset)
    splits = {
        split: _split(dataset, [path for path in files if path.name.startswith(f"{split}-")], images=len(images[split]))
        for split in _SPLITS
        if images[split]
    }
    return SetFacts(
        rows=len(rows),
        images=len(set().union(*images.values())),
        splits=splits,
        categories=_crossed(((row.category, row.level) for row in rows), CATEGORIES, LEVELS),
        evidence=_crossed(
            ((row.evidence, row.category) for row in rows), sorted({row.evidence for row in rows}), CATEGORIES
        ),
        letters=_letters(rows),
        sources=_counted(row.source for row in rows),
        teachers=_counted(row.teacher for row in rows),
        verifiers=_counted(row.verifier for row in rows if row.verifier),
        blind=_blind(rows),
        with_program=sum(bool(row.program) for row in rows),
        unverified=sum(not row.program and not row.verifier for row in rows),
        placeholders=sum(not row.image_hash for row in rows),
        imageless=sum(_imageless(path) for path in files),
        columns=tuple(pq.read_schema(files[0]).names),
    )


def _imageless(path: Path) -> int:
    """Rows of one file whose image is null or empty; told by lengths, without decoding."""
    count = 0
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(_BATCH, columns=["images"], use_threads=False):
            lengths = pc.binary_length(pc.struct_field(batch.column(0), "bytes"))
            count += len(lengths) - int(pc.sum(pc.greater(lengths, 0)).as_py() or 0)
    return count


def _split(dataset: Path, files: list[Path], *, images: int) -> SplitFacts:
    found, rows, memory = [], 0, 0
    for path in files:
        metadata = pq.read_metadata(path)
        rows += metadata.num_rows
        memory += sum(metadata.row_group(group).total_byte_size for group in range(metadata.num_row_groups))
        name, digest = path.relative_to(dataset).as_posix(), sha256_of_file(path)
        found.append(DataFile(path=name, rows=metadata.num_rows, size=path.stat().st_size, sha256=digest))
    return SplitFacts(rows=rows, images=images, memory=memory, files=tuple(found))


def _crossed(
    pairs: Iterable[tuple[str, str]], rows: Iterable[str], columns: Iterable[str]
) -> dict[str, dict[str, int]]:
    """Counts of pairs as a table; rows without any are left out, columns are not."""
    counts, heads = Counter(pairs), list(columns)
    table = {row: {column: counts[row, column] for column in heads} for row in rows}
    return {row: cells for row, cells in table.items() if any(cells.values())}


def _counted(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items(), key=lambda entry: (-entry[1], entry[0])))


def _letters(rows: Iterable[Row]) -> dict[str, dict[str, int]]:
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    for row in rows:
        counts[len(row.options)][row.answer_only] += 1
    return {
        str(options): {letter: found[letter] for letter in sorted({*LETTERS[:options], *found})}
        for options, found in sorted(counts.items())
    }


def _blind(rows: Iterable[Row]) -> dict[str, Share]:
    tried: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for row in rows:
        if row.blind_correct is not None:
            tried[row.category] += 1
            right[row.category] += row.blind_correct
    return _shares(right, tried)


def _shares(right: Mapping[str, int], tried: Mapping[str, int]) -> dict[str, Share]:
    return {name: Share(count=right.get(name, 0), of=tried[name]) for name in CATEGORIES if name in tried}
