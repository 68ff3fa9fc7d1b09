"""A full disk, as the compiled code of torch and safetensors tells of it.

with full_disk_told(folder):
    model.save_pretrained(folder)      # StorageError with a remedy, whoever noticed
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stvqa.store.atomic import storage_errors

__all__ = ["full_disk_told", "is_full_disk"]

_NO_SPACE = ("no space left", "disk quota", "os error 28", "file too large", "unexpected pos", "file write failed")


@contextmanager
def full_disk_told(path: Path) -> Iterator[None]:
    """`storage_errors`, for what writes from compiled code too.

    Raises:
        StorageError: `path` cannot be written.
    """
    with storage_errors(path):
        try:
            yield
        except OSError:
            raise
        except Exception as error:
            if not is_full_disk(error):
                raise
            raise OSError(errno.ENOSPC, str(error)) from error


def is_full_disk(error: BaseException | None) -> bool:
    """Whether an error, or one that it came from, says that nothing more can be written."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            return True
        if any(words in str(error).lower() for words in _NO_SPACE):
            return True
        error = error.__cause__ or error.__context__
    return False
