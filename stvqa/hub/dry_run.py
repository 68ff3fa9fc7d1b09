"""A dry run: the bytes that a push would send, in a folder that `load_dataset` reads.

refuse_foreign_dry_run(Path("runs/demo/push"))
write_content(planned.content, Path("runs/demo/push"))
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

from stvqa.errors import InputError
from stvqa.hub.content import MANIFEST_FILE, Content, read_manifest
from stvqa.store.atomic import leftover_folders, storage_errors, sync_folder, temporary_path
from stvqa.store.ownership import strange_below

__all__ = ["refuse_foreign_dry_run", "write_content"]


def write_content(content: Content, folder: Path) -> None:
    """Writes all files; the folder is there whole or not at all, and takes the place of an earlier dry run.

    Raises:
        InputError: the folder holds something else than a dry run.
        StorageError: it cannot be written.
    """
    refuse_foreign_dry_run(folder)
    _sweep(folder, content)
    fresh, old = temporary_path(folder), temporary_path(folder)
    with storage_errors(folder):
        try:
            for path, item in content.items():
                target = fresh / path
                target.parent.mkdir(parents=True, exist_ok=True)
                if isinstance(item, bytes):
                    target.write_bytes(item)
                else:
                    shutil.copyfile(item, target)
            refuse_foreign_dry_run(folder)  # again: copying takes its time
            if folder.exists():
                folder.rename(old)
            fresh.rename(folder)
            sync_folder(folder.parent)
        finally:
            for leftover in (fresh, old):
                if leftover.exists():
                    shutil.rmtree(leftover)


def refuse_foreign_dry_run(folder: Path) -> None:
    """Refuses to replace a folder that is no dry run, or in which somebody has put a file of their own.

    The manifest that every dry run brings along is its mark, and names its files.

    Raises:
        InputError: it is such a folder.
        StorageError: it cannot be read.
    """
    remedy = "choose another folder with --out"
    with storage_errors(folder):
        if folder.is_symlink():
            raise InputError(f"{folder} is a link, and links are not followed: {remedy}")
        if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
            return
        path = folder / MANIFEST_FILE
        if not folder.is_dir() or path.is_symlink() or not path.is_file():
            raise InputError(f"{folder} is there and holds no dry run: {remedy}")
        strange = strange_below(folder, _files_of(folder))
    if strange is not None:
        raise InputError(f"{strange} is of no dry run, and {folder} is replaced as a whole: move that out, or {remedy}")


def _files_of(folder: Path) -> set[str]:
    """Paths of a dry run's files, by its manifest; of none where it has none."""
    path = folder / MANIFEST_FILE
    if path.is_symlink() or not path.is_file():
        return set()
    return {*read_manifest(path.read_bytes(), where=str(folder)).files, MANIFEST_FILE}


def _sweep(folder: Path, content: Content) -> None:
    """Removes what killed dry runs left beside this one."""
    for leftover in leftover_folders(folder):
        with suppress(InputError, OSError):  # it is hidden, and no reader looks at it
            if strange_below(leftover, {*content, *_files_of(leftover)}) is None:
                shutil.rmtree(leftover)
