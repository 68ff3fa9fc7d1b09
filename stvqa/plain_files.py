"""Files that are written under their own name alone: no link is followed, and nothing special is opened or replaced.

refuse_special(Path("runs/demo/run.json"))         # StorageError where it is a link, a pipe or a device
descriptor = open_plain(Path("runs/demo/.lock"), os.O_RDWR | os.O_CREAT)

A link below a folder that stvqa writes in leads to a place that nobody named. Writing through it would change a file
of somebody else, and removing what lies behind it would delete it. Links *to* such a folder, as the user names it, are
followed as everywhere.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from stvqa.errors import StorageError

__all__ = ["open_plain", "refuse_shared", "refuse_special", "refuse_special_folder", "special_below"]

_KINDS = {
    stat.S_IFLNK: "a link",
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFREG: "a file",
}


def refuse_special(path: Path) -> None:
    """Refuses to replace anything but a regular file.

    Raises:
        StorageError: a link, a folder, a pipe, a socket or a device stands there.
        OSError: it cannot be looked at.
    """
    mode = _mode(path)
    if mode is not None and not stat.S_ISREG(mode):
        raise _refused(path, mode, wanted="a file")


def refuse_special_folder(path: Path) -> None:
    """Refuses to work in anything but a real folder.

    Raises:
        StorageError: a link or a file of any kind stands there.
        OSError: it cannot be looked at.
    """
    mode = _mode(path)
    if mode is not None and not stat.S_ISDIR(mode):
        raise _refused(path, mode, wanted="a folder")


def refuse_shared(path: Path) -> None:
    """Refuses to change a file in place that is no regular one, or that has a second name; see `open_plain`.

    Raises:
        StorageError: it is.
        OSError: it cannot be looked at.
    """
    with suppress(FileNotFoundError):
        _refuse_open(path, path.lstat(), devices=False)


def special_below(folder: Path) -> Iterable[Path]:
    """All that is neither a regular file nor a real folder, at any depth. Links are not followed."""
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(parent, name)
            mode = _mode(path)
            if mode is not None and not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
                yield path


def open_plain(path: Path, flags: int, *, devices: bool = False) -> int:
    """Opens a regular file to be changed in place; made if the flags say so.

    Args:
        flags: as of `os.open`.
        devices: take a character device too, such as `/dev/null`.

    Returns:
        The descriptor.

    Raises:
        StorageError: a link, a pipe or a socket stands there, or a file that has a second name (a hard link)
            and would be changed under that one too.
        OSError: it cannot be opened, as a folder cannot.
    """
    mode = _mode(path)
    if mode is not None and not stat.S_ISDIR(mode) and not _is_taken(mode, devices=devices):
        raise _refused(path, mode, wanted="a file")
    # A pipe that takes the place after the look above does not hold the process up.
    descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o666)
    try:
        _refuse_open(path, os.fstat(descriptor), devices=devices)
    except StorageError:
        os.close(descriptor)
        raise
    return descriptor


def _refuse_open(path: Path, status: os.stat_result, *, devices: bool) -> None:
    if not _is_taken(status.st_mode, devices=devices):
        raise _refused(path, status.st_mode, wanted="a file")
    if stat.S_ISREG(status.st_mode) and status.st_nlink > 1:
        raise StorageError(
            f"{path} has {status.st_nlink} names (hard links), and all would be written to: put a copy in its place"
        )


def _is_taken(mode: int, *, devices: bool) -> bool:
    return stat.S_ISREG(mode) or (devices and stat.S_ISCHR(mode))


def _mode(path: Path) -> int | None:
    """The mode of what stands there, links not followed; None where nothing does."""
    try:
        return path.lstat().st_mode
    except FileNotFoundError:
        return None


def _refused(path: Path, mode: int, *, wanted: str) -> StorageError:
    found = _KINDS.get(stat.S_IFMT(mode), "something special")
    why = ", and links are not followed" if stat.S_ISLNK(mode) else ""
    return StorageError(
        f"cannot write {path}: {found} stands where {wanted} is needed{why}: move it away, or choose another place"
    )
