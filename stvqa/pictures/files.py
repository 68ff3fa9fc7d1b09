"""Files of pictures that data name: plain names, regular files, inside the folders that the user gave, of bounded size.

    is_plain_name("2407890.jpg")                                    # True; "../secret.jpg" is none
    with open_file(Path("/vg/VG_100K/2.jpg"), within=folders) as file: ...
    read_file(Path("/vg/VG_100K/2.jpg"), within=folders)            # its bytes

A set from elsewhere can name any path, and hold links to any place. So a name from data is one part of a path and no
more, and what it leads to, links followed, has to lie in one of the *real folders*: the places to which the folders
lead that the user named or set up. VG_100K may therefore be a link to another disk; a link from within it to a file
that lies elsewhere is refused. Pipes and devices are never opened to be read.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from stvqa.pictures.unreadable import ImageUnreadable

__all__ = [
    "LONGEST_NAME",
    "MOST_FILE_BYTES",
    "TOO_LARGE",
    "check_bytes",
    "is_plain_name",
    "open_file",
    "read_file",
    "real_folders",
]

MOST_FILE_BYTES = 32 * 2**20
"""Of a picture's file. A JPEG of 25 megapixels has some 10 MB."""

LONGEST_NAME = 128
"""Letters of a file's name that data give; file systems end at 255 bytes."""

TOO_LARGE = "image-too-large"
"""Reason: more bytes or pixels than are read."""

_REMEDY_OUTSIDE = "put the file itself there, or link the whole folder"
_SNAPSHOTS, _BLOBS = "snapshots", "blobs"
"""Folders of the Hub's cache: files of a snapshot are links to its blobs."""


def is_plain_name(name: str) -> bool:
    """Whether a name from data is one plain part of a path: no separator, drive, dots alone, control letter, or so
    many letters that no file system takes it.
    """
    if not name or len(name) > LONGEST_NAME or name.strip(". ") == "":
        return False
    return name.isprintable() and not any(letter in '/\\:*?"<>|' for letter in name)


def real_folders(*folders: Path | None) -> tuple[Path, ...]:
    """Where folders lead, links followed; those that are not there are left out.

    Of a snapshot in the Hub's cache its blobs are a part, since its files are links to them.
    """
    found: dict[Path, None] = {}
    for folder in folders:
        if folder is None or not folder.is_dir():
            continue
        real = folder.resolve()
        found[real] = None
        blobs = real.parent.parent / _BLOBS
        if real.parent.name == _SNAPSHOTS and blobs.is_dir():
            found[blobs.resolve()] = None
    return tuple(found)


def open_file(path: Path, *, within: Sequence[Path] | None = None) -> BinaryIO:
    """A picture's file, opened.

    Args:
        path: of the file.
        within: real folders in one of which it has to lie, links followed; None where the user named the file.

    Raises:
        ImageUnreadable: there is none; it is no regular file (`image-not-a-file`), lies elsewhere (`image-outside`),
            or is too large (`image-too-large`).
    """
    try:
        real = path.resolve(strict=True)
        if within is not None and not any(real.is_relative_to(folder) for folder in within):
            raise ImageUnreadable(f"it lies outside of the pictures' folder: {_REMEDY_OUTSIDE}", reason="image-outside")
        _check(real.stat())  # before it is opened: the mere opening of a pipe or a device can do something
        descriptor = os.open(real, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError as error:
        raise ImageUnreadable("no such file") from error
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: links that lead in a circle
        raise ImageUnreadable(getattr(error, "strerror", None) or str(error)) from error
    file = os.fdopen(descriptor, "rb")
    try:
        _check(os.fstat(descriptor))
    except ImageUnreadable:
        file.close()
        raise
    return file


def read_file(path: Path, *, within: Sequence[Path] | None = None) -> bytes:
    """The whole of a picture's file; see `open_file`."""
    with open_file(path, within=within) as file:
        try:
            data = file.read(MOST_FILE_BYTES + 1)
        except OSError as error:
            raise ImageUnreadable(error.strerror or str(error)) from error
    check_bytes(len(data))
    return data


def check_bytes(size: int) -> None:
    """Refuses a picture of too many bytes, wherever they stand.

    Raises:
        ImageUnreadable: `image-too-large`.
    """
    if size > MOST_FILE_BYTES:
        raise ImageUnreadable(
            f"{size:,} bytes, and a picture may have {MOST_FILE_BYTES:,}: store it smaller", reason=TOO_LARGE
        )


def _check(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise ImageUnreadable("it is no regular file", reason="image-not-a-file")
    check_bytes(status.st_size)
