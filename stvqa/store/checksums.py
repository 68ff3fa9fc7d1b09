"""Whether a file still is what was written: sha256 of files, and of a JSON file's own content.

checksum_of(Path("runs/demo/01-load-3fa9c1d2/part-00000.parquet"))      # 64 hex digits
is_as_written(Path("part-00000.parquet"), checksum)                      # False where one byte is another
"""

from __future__ import annotations

import errno
import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from stvqa.errors import StorageError
from stvqa.store.atomic import SAME_COMMAND

__all__ = ["check_as_written", "checksum_of", "checksum_of_table", "is_as_written", "sha256_of_file"]

_REMEMBERED = 65_536
"""Files whose checksums one process keeps in mind; each takes about 300 bytes."""

_GONE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EIO)
"""Errors by which a file counts as damaged: it can be made again. Others are the user's to mend first."""


def sha256_of_file(path: Path) -> str:
    """The file's sha256, 64 hex digits.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def checksum_of(path: Path) -> str:
    """The file's sha256, as `sha256_of_file`; a file that nobody has touched since is not read twice.

    Raises:
        OSError: it cannot be read.
    """
    found = path.stat()
    return _remembered(path.absolute(), found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


@lru_cache(maxsize=_REMEMBERED)
def _remembered(path: Path, *_identity: int) -> str:
    return sha256_of_file(path)


def is_as_written(path: Path, checksum: str) -> bool:
    """Whether this is a regular file with that sha256; a pipe is not waited for.

    Raises:
        StorageError: it is there and may not be read (no permission, too many open files).
    """
    try:
        return path.is_file() and checksum_of(path) == checksum
    except OSError as error:
        if error.errno in _GONE:
            return False
        raise StorageError(f"cannot read {path}: {error.strerror}: mend that and {SAME_COMMAND}") from error


def check_as_written(path: Path, checksum: str) -> None:
    """Refuses a file that has changed.

    Args:
        checksum: sha256 of what was written; empty where nobody knows.

    Raises:
        StorageError: it is not as it was written.
    """
    if checksum and not is_as_written(path, checksum):
        raise StorageError(f"{path} is not as it was written, or gone: {SAME_COMMAND}, which makes it again")


def checksum_of_table(table: Mapping[str, Any], *, without: str) -> str:
    """sha256 of a JSON object, however it is laid out.

    Args:
        without: a key that is left out, since the checksum itself stands there.
    """
    kept = {key: value for key, value in table.items() if key != without}
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()
