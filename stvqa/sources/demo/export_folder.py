"""A folder that holds one whole export: the earlier one until the new one is complete, then the new one.

with replacing(Path("demo-vg"), entries=entries) as folder:     # demo-vg/.unfinished.4711-0a1b2c3d.tmp/
    (folder / "objects.json").write_text("[]")

The new export is written into a hidden folder inside; at the end the earlier export's entries move aside, the
new ones move in, which are a few renames, and only then the earlier ones are deleted. Whatever goes wrong
before leaves the earlier export as it was. A folder that holds anything else is refused, for nothing that
`stvqa` did not write may be deleted. What a killed export left is taken away by the next one; if it was killed between
the renames, what it had moved aside comes back first.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from stvqa.errors import InputError
from stvqa.store.atomic import leftover_folders, storage_errors, temporary_path

__all__ = ["ExportEntries", "replacing"]

_UNFINISHED, _EARLIER = "unfinished", "earlier"


class ExportEntries(NamedTuple):
    """By what an export is known.

    Attributes:
        files, folders: all names that it may hold; folders hold numbered images, `12.jpg`.
        telling: files without which a folder is none of ours (official Visual Genome files have the others' names).
    """

    files: tuple[str, ...]
    folders: tuple[str, ...]
    telling: tuple[str, ...]


@contextmanager
def replacing(out: Path, *, entries: ExportEntries) -> Iterator[Path]:
    """Gives an empty folder, whose content replaces that of `out` when the block ends well.

    Args:
        out: missing, empty, or of an earlier export.
        entries: what an export consists of.

    Raises:
        InputError: `out` holds something that is no export.
        StorageError: it cannot be written.
    """
    with storage_errors(out):
        made = not out.exists()
        out.mkdir(parents=True, exist_ok=True)
        _bring_back(out, entries)
        _refuse_others(out, entries)
        try:
            with _temporary(out / _UNFINISHED) as folder:
                with storage_errors(folder):
                    yield folder
                _swap(folder, out)
            _sweep(out, entries)
        except BaseException:
            if made:
                with suppress(OSError):  # the first error is the one to tell
                    out.rmdir()
            raise


@contextmanager
def _temporary(name: Path) -> Iterator[Path]:
    """A hidden folder for the length of the block."""
    folder = temporary_path(name)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _bring_back(out: Path, entries: ExportEntries) -> None:
    """Moves back what exports that were killed between two renames had moved aside."""
    for aside in leftover_folders(out / _EARLIER):
        moved = [path for path in aside.iterdir() if _is_ours(path, entries)]
        if not {path.name for path in (*moved, *out.iterdir())}.issuperset(entries.telling):
            continue
        for path in moved:
            target = out / path.name
            if not target.exists() and not target.is_symlink():
                path.rename(target)


def _sweep(out: Path, entries: ExportEntries) -> None:
    """Takes away what killed exports left; a folder with anything else in it stays."""
    for leftover in [*leftover_folders(out / _UNFINISHED), *leftover_folders(out / _EARLIER)]:
        if all(_is_ours(path, entries) for path in leftover.iterdir()):
            shutil.rmtree(leftover, ignore_errors=True)


def _swap(new: Path, out: Path) -> None:
    """Moves the entries of `new` to where those of `out` are, or leaves all as it was."""
    with _temporary(out / _EARLIER) as aside:
        moves = [(path, aside / path.name) for path in sorted(out.iterdir()) if _is_visible(path)]
        moves += [(path, out / path.name) for path in sorted(new.iterdir())]
        done: list[tuple[Path, Path]] = []
        try:
            for source, target in moves:
                done.append((source, target))
                source.rename(target)
        except BaseException:
            for source, target in reversed(done):
                with suppress(OSError):  # the last one may not have been moved
                    target.rename(source)
            raise


def _refuse_others(out: Path, entries: ExportEntries) -> None:
    present = [path for path in sorted(out.iterdir()) if _is_visible(path)]
    if not present:
        return
    names = {path.name for path in present}
    strange = next((path for path in present if not _is_ours(path, entries)), None)
    if strange is None and names.issuperset(entries.telling):
        return
    held = f"{strange.relative_to(out)}, which no export writes" if strange else f"files without {entries.telling[0]}"
    raise InputError(f"{out} is no folder of an earlier export, as it holds {held}: choose a new or empty folder")


def _is_visible(path: Path) -> bool:
    """Not what an export that was killed left behind, or another one is writing."""
    return not path.name.startswith((f".{_UNFINISHED}", f".{_EARLIER}"))


def _is_ours(path: Path, entries: ExportEntries) -> bool:
    if path.is_symlink():
        return False
    if path.name in entries.files:
        return path.is_file()
    if path.name not in entries.folders or not path.is_dir():
        return False
    return all(_is_picture(image) for image in path.iterdir())


def _is_picture(path: Path) -> bool:
    return path.suffix == ".jpg" and path.stem.isdecimal() and path.is_file() and not path.is_symlink()
