"""`dataset/` of a run: what the last stage publishes, there as a whole or not at all.

publish(package, parts=folder.parts(), out=Path("runs/demo"), digest="5b1e...")  # runs/demo/dataset
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from stvqa.runner.claim import DATASET_FOLDER, DATASET_OLD, mark_set, refuse_foreign_set
from stvqa.stages.contract import Stage
from stvqa.store.atomic import storage_errors, sync_folder, temporary_path

__all__ = ["publish", "restore_dataset"]


def publish(
    stage: Stage,
    *,
    parts: Sequence[Path],
    out: Path,
    digest: str,
    finish: Callable[[Path], object] | None = None,
) -> Path | None:
    """Lets a stage fill a new folder, which then takes the place of `dataset/`.

    It is made anew each time: its files are copies of the parts, and whatever was changed by hand is mended.

    Args:
        stage: its `publish` fills the folder.
        parts: the stage's record files.
        out: the run's folder.
        digest: the stage's hash.
        finish: given the filled folder before anybody sees it; adds what only the run knows (the card).

    Returns:
        The dataset folder, None where the stage publishes nothing.

    Raises:
        StorageError: the disk is full or read-only, or what stands in its place is not ours.
    """
    final, old = out / DATASET_FOLDER, out / DATASET_OLD
    fresh = temporary_path(final)
    with storage_errors(final):
        fresh.mkdir()
        try:
            if not stage.publish(parts, fresh):
                return None
            if finish is not None:
                finish(fresh)
            mark_set(fresh, digest)
            refuse_foreign_set(final, out)  # again: a run may take hours
            if final.exists():
                final.rename(old)
            fresh.rename(final)
            sync_folder(out)
            if old.exists():
                shutil.rmtree(old)
        finally:
            if fresh.exists():
                shutil.rmtree(fresh)
    return final


def restore_dataset(out: Path) -> None:
    """Puts the older `dataset/` back where a run was killed between taking it away and setting up the new one.

    Raises:
        StorageError: no permission.
    """
    final, old = out / DATASET_FOLDER, out / DATASET_OLD
    if old.is_dir() and not final.exists():
        with storage_errors(final):
            old.rename(final)
