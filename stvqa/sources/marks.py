"""Marks of files and folders: what a source's fingerprint knows of content that is too much to be read.

    mark_of_file(Path("objects.json"))    # bytes: size, time of change, first and last 64 KB
    mark_of_folder(Path("VG_100K"))       # bytes: sha256 over name, size and time of change of every entry

Replacing, mending, adding or removing a single file changes the mark of its folder; the 108,077 images of
Visual Genome take under a second.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

__all__ = ["mark_of_file", "mark_of_folder"]

_SAMPLE_BYTES = 1 << 16


def mark_of_file(path: Path) -> bytes:
    """Size in bytes, time of change in nanoseconds, and both ends of one file."""
    status = path.stat()
    with path.open("rb") as file:
        head = file.read(_SAMPLE_BYTES)
        file.seek(max(0, status.st_size - _SAMPLE_BYTES))
        return f"{status.st_size}|{status.st_mtime_ns}|".encode() + head + file.read()


def mark_of_folder(folder: Path, *, nested: bool = False) -> bytes:
    """Digest over names, sizes and times of change of a folder's files, in order of names.

    Args:
        folder: has to exist.
        nested: look into folders within it too, hidden ones left out.
    """
    digest = hashlib.sha256()
    for line in sorted(_lines(folder, "", nested=nested, above=frozenset({os.path.realpath(folder)}))):
        digest.update(os.fsencode(line))
    return digest.digest()


def _lines(folder: Path, prefix: str, *, nested: bool, above: frozenset[str]) -> Iterator[str]:
    """A line a file; `above` are the real paths of the folders that lead here, so that no link leads in circles."""
    with os.scandir(folder) as entries:
        for entry in entries:
            # A link whose file is gone, or that leads to itself, has no size of its own; it is told by the link's.
            dangling = entry.is_symlink() and not Path(entry.path).exists()
            if not dangling and entry.is_dir():
                real = os.path.realpath(entry.path)
                if nested and not entry.name.startswith(".") and real not in above:
                    inside = above | {real}
                    yield from _lines(folder / entry.name, f"{prefix}{entry.name}/", nested=nested, above=inside)
                continue
            status = entry.stat(follow_symlinks=not dangling)
            yield f"{prefix}{entry.name}|{status.st_size}|{status.st_mtime_ns}\n"
