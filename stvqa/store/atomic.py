"""Files that are there whole or not at all: written under a temporary name, synced, renamed.

with atomic_file(Path("run.json")) as file:
    file.write(b"{}")
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from pydantic import BaseModel

from stvqa.errors import StorageError
from stvqa.plain_files import refuse_special

__all__ = [
    "SAME_COMMAND",
    "WORK_SUFFIX",
    "atomic_file",
    "is_running",
    "is_temporary",
    "leftover_folders",
    "remove_folder",
    "storage_errors",
    "sweep_leftovers",
    "sync_folder",
    "temporary_path",
    "write_json",
]

WORK_SUFFIX = ".work"
"""Ends the name of a folder that is never made by the way: when it is gone, nobody wants what is written there."""

_TEMPORARY = re.compile(r"\.(?P<name>.+)\.(?P<process>\d{1,10})-[0-9a-f]{8}\.tmp")
"""Names of `temporary_path`."""

SAME_COMMAND = "run the same command again"
_ADVICE = {
    errno.ENOSPC: f"the disk is full (of bytes, or of files): free some space, then {SAME_COMMAND}, "
    "which goes on where it stopped",
    errno.EDQUOT: f"the disk quota is used up: free some space, then {SAME_COMMAND}, which goes on",
    errno.EFBIG: f"the limit on file sizes is reached: raise it (`ulimit -f`), then {SAME_COMMAND}",
    errno.ENOENT: "no folder can be made there, or somebody took it away: choose another folder with --out",
    errno.ELOOP: "links lead in a circle there: choose another folder with --out",
    errno.EACCES: "no permission to write there: choose another folder with --out, or change its owner",
    errno.EPERM: "no permission to write there: choose another folder with --out, or change its owner",
    errno.EROFS: "the file system is read-only: choose another folder with --out",
    errno.ENOTDIR: "a file stands where a folder is needed: move it away, or choose another folder with --out",
    errno.EEXIST: "a file stands in the way: move it away, or choose another folder with --out",
    errno.EISDIR: "a folder stands where a file is needed: move it away, or choose another folder with --out",
    errno.ENAMETOOLONG: "the path is too long: choose a shorter folder with --out",
    errno.EMFILE: "too many files are open: raise the limit (`ulimit -n`), or use fewer --workers",
    errno.EIO: "the device reports an error: check the disk",
}


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turns an OSError of writing `path` into a StorageError that names it and a remedy.

    Raises:
        StorageError: for the errors of the table above. Others propagate: they are not the user's to mend.
    """
    try:
        yield
    except OSError as error:
        advice = _ADVICE.get(error.errno or 0)
        if advice is None or not _concerns(error, path):
            raise
        raise StorageError(f"cannot write {path}: {advice}") from error


def _concerns(error: OSError, path: Path) -> bool:
    """Whether an error is about writing `path`, not about something read on the way (an image, say)."""
    names = [Path(os.fsdecode(name)) for name in (error.filename, error.filename2) if isinstance(name, str | bytes)]
    return not names or any(_is_part_of_writing(named, path) for named in names)


def _is_part_of_writing(named: Path, path: Path) -> bool:
    """Whether `named` is beside, above or below `path`, or below a temporary folder beside it."""
    if named.parent == path.parent or path.is_relative_to(named) or named.is_relative_to(path):
        return True
    if not named.is_relative_to(path.parent):
        return False
    first = named.relative_to(path.parent).parts[0]
    return first.startswith(".") and first.endswith(".tmp")


def temporary_path(path: Path) -> Path:
    """A name beside `path` that no reader looks at: hidden, and unique to this process and thread of work."""
    return path.with_name(f".{path.name}.{os.getpid()}-{os.urandom(4).hex()}.tmp")


def is_temporary(name: str) -> bool:
    """Whether a name is one of `temporary_path`."""
    return _TEMPORARY.fullmatch(name) is not None


def sweep_leftovers(folder: Path, is_ours: Callable[[str], bool]) -> None:
    """Removes the temporary files of `atomic_file` in a folder whose processes are gone.

    A process that still writes one holds a lock on it, also from another container or machine, where its number means
    nothing here.

    Args:
        is_ours: whether a file is one of ours, by the name that it would have had in the end.
    """
    for found in list(folder.iterdir()) if folder.is_dir() else []:
        match = _TEMPORARY.fullmatch(found.name)
        if match and is_ours(match["name"]) and not is_running(int(match["process"])):
            with suppress(OSError):  # it is hidden, and no reader looks at it
                _remove_unlocked(found)


def leftover_folders(folder: Path) -> list[Path]:
    """Real folders beside a folder that a process of this machine which is gone made under a temporary name of it."""
    parent = folder.parent
    return [
        path
        for path in (parent.iterdir() if parent.is_dir() else ())
        if (match := _TEMPORARY.fullmatch(path.name))
        and match["name"] == folder.name
        and not is_running(int(match["process"]))
        and path.is_dir()
        and not path.is_symlink()
    ]


def _remove_unlocked(path: Path) -> None:
    """Removes a regular file that nobody holds a lock on.

    Raises:
        OSError: somebody does, or it is something else.
    """
    if path.is_symlink() or not path.is_file():
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink()
    finally:
        os.close(descriptor)


def is_running(process: int) -> bool:
    """Whether a process of this number is there."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


@contextmanager
def atomic_file(path: Path) -> Iterator[BinaryIO]:
    """A binary file that appears under `path` when the block ends well, and leaves nothing when it does not.

    Args:
        path: the final name; parents are made (unless the folder ends in `WORK_SUFFIX`), an older file is replaced.

    Yields:
        The open temporary file.

    Raises:
        StorageError: the disk is full, read-only, or the like; or a link or something special stands there, which is
            neither followed nor replaced.
    """
    temporary = temporary_path(path)
    with storage_errors(path):
        refuse_special(path)
        if path.parent.suffix != WORK_SUFFIX:
            path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("xb") as file:
                with suppress(OSError):  # not every file system has locks; then nobody takes it for a leftover
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                yield file
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
            sync_folder(path.parent)
        except BaseException:
            with suppress(OSError):  # the first error is the one to tell; a leftover is hidden and never read
                temporary.unlink(missing_ok=True)
            raise


def remove_folder(folder: Path) -> None:
    """Takes a folder of temporary files away at once, also from those who are still writing into it.

    It is renamed first: what they open after that is not found. What cannot be deleted stays under a temporary name.

    Raises:
        StorageError: it cannot be renamed.
    """
    gone = temporary_path(folder.with_name("gone"))
    with storage_errors(folder):
        try:
            folder.rename(gone)
        except FileNotFoundError:
            return
    shutil.rmtree(gone, ignore_errors=True)


def sync_folder(folder: Path) -> None:
    """Makes renames inside `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_json(path: Path, model: BaseModel) -> None:
    """Writes a model as indented JSON, atomically.

    Raises:
        StorageError: the file cannot be written.
    """
    with atomic_file(path) as file:
        file.write(model.model_dump_json(indent=2).encode() + b"\n")
