"""A dry run: the bytes that a push would send, in a folder that `load_dataset` reads.

write_content(planned.content, Path("runs/demo/push"))
"""

from __future__ import annotations

import shutil
from pathlib import Path

from stvqa.errors import InputError
from stvqa.hub.content import MANIFEST_FILE, Content
from stvqa.store.atomic import storage_errors, sync_folder, temporary_path

__all__ = ["write_content"]


def write_content(content: Content, folder: Path) -> None:
    """Writes all files; the folder is there whole or not at all, and takes the place of an earlier dry run.

    Raises:
        InputError: the folder holds something else than a dry run.
        StorageError: it cannot be written.
    """
    if folder.exists() and not (folder / MANIFEST_FILE).is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder} is there and holds no dry run: choose another folder with --out")
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
            if folder.exists():
                folder.rename(old)
            fresh.rename(folder)
            sync_folder(folder.parent)
        finally:
            for leftover in (fresh, old):
                if leftover.exists():
                    shutil.rmtree(leftover)
