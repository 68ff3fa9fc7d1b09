"""Reads a published set from its Parquet files: `dataset/data/{train,val}-*.parquet`.

for item in read_dataset(Path("runs/demo/dataset")):
item.split, item.row.question_only, len(item.image)
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from stvqa.errors import InputError
from stvqa.store.checksums import sha256_of_file
from stvqa.store.dataset_rows import PublishedRow, UnreadableRow, batches_of, rows_of
from stvqa.store.parts import DAMAGE, open_parquet

__all__ = [
    "PublishedImage",
    "PublishedRow",
    "UnreadableRow",
    "count_dataset",
    "dataset_files",
    "fingerprint_line",
    "fingerprint_of",
    "is_as_told",
    "read_dataset",
    "read_images",
    "read_rows",
]

_FINGERPRINT = "Fingerprint of the data files: "


class PublishedImage(NamedTuple):
    """An image file of a published set; `data` is empty where the set lacks it. Width and height as its row states
    them, pixels; None where it does not.
    """

    image_id: str
    data: bytes
    width: int | None
    height: int | None


def dataset_files(folder: Path) -> list[Path]:
    """The set's Parquet files in order.

    Args:
        folder: the folder that holds `data/`.

    Raises:
        InputError: there are none, or one is no regular file, such as a pipe that would be waited for without end.
    """
    files = sorted((folder / "data").glob("*-*.parquet"))
    if not files:
        raise InputError(f"{folder} holds no data/*.parquet: give a run or a dataset folder made by `stvqa build`")
    if special := [path for path in files if not path.is_file()]:
        raise InputError(f"{special[0]} is no regular file: put the set's own file there")
    return files


def fingerprint_of(folder: Path, files: Iterable[Path]) -> str:
    """What tells these data files from any others: a sha256 over paths and contents, 64 hex digits.

    Args:
        folder: the set's folder, below which the paths count.

    Raises:
        InputError: a file cannot be read.
    """
    try:
        return _fingerprint({path.relative_to(folder).as_posix(): sha256_of_file(path) for path in files})
    except OSError as error:
        raise InputError(f"cannot read a file of {folder}: {error}") from error


def fingerprint_line(hashes: Mapping[str, str]) -> str:
    """What a card's `dataset_info` says of the data itself, as its `description`.

    `datasets` keeps what it has unpacked of a local folder under a hash of the card's `configs` and `dataset_info`
    alone. Without this line, another set of as many rows and bytes in a folder of the same name would be given back as
    the rows of an earlier one.

    Args:
        hashes: path below the set's folder to sha256, of all data files.
    """
    return f"{_FINGERPRINT}{_fingerprint(hashes)}"


def is_as_told(card: str, hashes: Mapping[str, str]) -> bool:
    """Whether the data files are those that a card tells of by their fingerprint; true where it tells of none.

    Args:
        card: the text of the set's README.md.
        hashes: path below the set's folder to sha256, of all data files.
    """
    told = re.search(rf"{_FINGERPRINT}(\w*)", card)
    return told is None or told[1] == _fingerprint(hashes)


def _fingerprint(hashes: Mapping[str, str]) -> str:
    lines = "".join(f"{path} {found}\n" for path, found in sorted(hashes.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def count_dataset(folder: Path) -> int:
    """How many rows the set has, by the footers of its files.

    Raises:
        InputError: there are no files, or one of them is damaged.
    """
    return sum(_rows_of(path) for path in dataset_files(folder))


def _rows_of(path: Path) -> int:
    try:
        with open_parquet(path) as file:
            return int(file.metadata.num_rows)
    except DAMAGE as error:
        first = str(error).splitlines()[0]
        raise InputError(f"cannot read {path} ({first}): run the `stvqa build` that made it again") from error


def read_dataset(folder: Path, *, images: bool = True) -> Iterator[PublishedRow]:
    """All rows, file by file, in bounded memory, of a set in which every row can be read.

    Args:
        folder: the folder that holds `data/`.
        images: read the images too; without, `image` is empty.

    Raises:
        InputError: a file is damaged, has other columns, or holds a row that cannot be read.
    """
    for item in read_rows(folder, images=images):
        if isinstance(item, UnreadableRow):
            raise InputError(f"{item}: `stvqa verify` shows all such rows; leave them out, or make the set again")
        yield item


def read_rows(folder: Path, *, images: bool = True) -> Iterator[PublishedRow | UnreadableRow]:
    """All rows, file by file, in bounded memory; those that are no rows are given with their reason.

    Args:
        folder: the folder that holds `data/`.
        images: read the images too; without, `image` is empty.

    Raises:
        InputError: a file is damaged or has other columns.
    """
    for path in dataset_files(folder):
        yield from rows_of(path, images=images)


def read_images(folder: Path) -> Iterator[PublishedImage]:
    """Each image once, in the order of the first row that shows it, in bounded memory.

    Args:
        folder: the folder that holds `data/`.

    Raises:
        InputError: a file is damaged or has other columns.
    """
    seen: set[str] = set()
    for path in dataset_files(folder):
        for batch in batches_of(path, ["image_id", "images", "image_width", "image_height"]):
            for values in batch:
                name = values["image_id"]
                if name is None or name in seen:
                    continue
                seen.add(name)
                data = (values.get("images") or {}).get("bytes") or b""
                yield PublishedImage(name, data, values["image_width"], values["image_height"])
