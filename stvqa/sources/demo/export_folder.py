"""A folder that holds one whole export: the earlier one until the new one is complete, then the new one.

with replacing(Path("demo-vg"), entries=entries) as folder:     # demo-vg/.unfinished-x1y2/
    (folder / "objects.json").write_text("[]")

The new export is written into a hidden folder inside; at the end the earlier export's entries move aside, the
new ones move in, which are a few renames, and only then the earlier ones are deleted. Whatever goes wrong
before leaves the earlier export as it was. A folder that holds anything else is refused, for nothing that
`stvqa` did not write may be deleted.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from stvqa.errors import InputError
from stvqa.store.atomic import storage_errors

__all__ = ["ExportEntries", "replacing"]

_UNFINISHED, _EARLIER = ".unfinished-", ".earlier-"


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
        _refuse_others(out, entries)
        try:
            with tempfile.TemporaryDirectory(prefix=_UNFINISHED, dir=out, ignore_cleanup_errors=True) as folder:
                with storage_errors(Path(folder)):
                    yield Path(folder)
                _swap(Path(folder), out)
        except BaseException:
            if made:
                with suppress(OSError):  # the first error is the one to tell
                    out.rmdir()
            raise


def _swap(new: Path, out: Path) -> None:
    """Moves the entries of `new` to where those of `out` are, or leaves all as it was."""
    with tempfile.TemporaryDirectory(prefix=_EARLIER, dir=out, ignore_cleanup_errors=True) as aside:
        moves = [(path, Path(aside) / path.name) for path in sorted(out.iterdir()) if _is_visible(path)]
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
    return not path.name.startswith((_UNFINISHED, _EARLIER))


def _is_ours(path: Path, entries: ExportEntries) -> bool:
    if path.name in entries.files:
        return path.is_file()
    if path.name not in entries.folders or not path.is_dir():
        return False
    return all(image.suffix == ".jpg" and image.stem.isdecimal() for image in path.iterdir())
