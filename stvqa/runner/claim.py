"""Whether a folder may be that of a run: new, empty, or of a run before, with nothing foreign in a run's places.

    refuse_foreign_run(Path("runs/demo"))      # StorageError, before anything is written
    claim_run(Path("runs/demo"))               # the same with the lock held; the folder bears the mark of a run then

A run replaces `run.json` and `dataset/`, and removes files of stages that start over and what a killed run left. Each
of these things has to be known as one of ours before any work begins.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from stvqa.errors import StorageError
from stvqa.plain_files import refuse_special, refuse_special_folder, special_below
from stvqa.runner.folders import STAGE_FOLDER, is_stage_file
from stvqa.store.atomic import remove_folder, storage_errors, sweep_leftovers
from stvqa.store.ownership import Mark, files_below, mark_folder, read_mark, refuse_foreign_folder, strange_below
from stvqa.store.run_file import RUN_FILE

__all__ = [
    "DATASET_FOLDER",
    "DATASET_OLD",
    "claim_run",
    "mark_set",
    "refuse_foreign_run",
    "refuse_foreign_set",
    "sweep_run",
]

DATASET_FOLDER = "dataset"
DATASET_OLD = f".{DATASET_FOLDER}-old.tmp"
_PARTS_OF_A_RUN = re.compile(rf"{DATASET_FOLDER}|ledger|push|{STAGE_FOLDER.pattern}")
_REMEDY = "choose a new or empty folder with --out, or the folder of an earlier run"
_RUN_KEYS = {"stvqa", "recipe", "stages"}
_SET_FILE = re.compile(
    r"README\.md|LICENSE(\.\w+)?|croissant\.json|provenance/\w+\.\w+|figures/[\w.-]+|"
    r"data/(train|val)-\d{5}-of-\d{5}\.parquet|data/part-\d{5}\.parquet"
)
"""Files of a set of the versions before, which bore no mark."""
_SET_CARD = re.compile(rb"stvqa|proved answers")
_LEFT_FILES = re.compile(rf"{re.escape(RUN_FILE)}|report\.html|\.stvqa\.json")
_LEFT_FOLDERS = re.compile(
    rf"\.(work|gone|{DATASET_FOLDER})\.\d{{1,10}}-[0-9a-f]{{8}}\.tmp|\.{DATASET_FOLDER}-[0-9a-f]{{8}}\.tmp"
)


def refuse_foreign_run(out: Path) -> None:
    """Refuses a folder in which a run would replace or remove something of somebody else. Nothing is written.

    Args:
        out: may be missing.

    Raises:
        StorageError: the folder is none of ours and not empty, lies within a part of another run, or something foreign
            stands in a place that a run writes to.
    """
    _refuse_within_a_run(out)
    refuse_foreign_folder(out, what="run", remedy=_REMEDY, is_older=_is_older_run)
    if not out.is_dir():
        return
    with storage_errors(out):
        _refuse_foreign_run_file(out / RUN_FILE)
        for folder in (path for path in out.iterdir() if STAGE_FOLDER.fullmatch(path.name)):
            refuse_special_folder(folder)
            for path in special_below(folder):
                if path.parent == folder and is_stage_file(path.name):
                    refuse_special(path)
        for folder in (out / DATASET_FOLDER, out / DATASET_OLD):
            refuse_foreign_set(folder, out)


def claim_run(out: Path) -> None:
    """Refuses as `refuse_foreign_run`, then marks the folder, and the set of a version that left no mark.

    Raises:
        StorageError: as there, or it cannot be written.
    """
    refuse_foreign_run(out)
    if read_mark(out) is not None:
        return
    known = _read_run_file(out / RUN_FILE) or {}
    for folder in (out / DATASET_FOLDER, out / DATASET_OLD):
        if folder.is_dir() and read_mark(folder) is None:
            mark_set(folder, str(known.get("dataset") or ""))
    mark_folder(out, Mark(what="run"))


def mark_set(folder: Path, digest: str) -> None:
    """Marks a set's folder as made, with all files that it holds, by the stage of this hash.

    Raises:
        StorageError: it cannot be written.
    """
    mark_folder(folder, Mark(what="set", id=digest, files=files_below(folder)))


def sweep_run(out: Path) -> None:
    """Removes what a killed run left under temporary names. The run's lock is held, so no other run writes there.

    Raises:
        StorageError: no permission.
    """
    sweep_leftovers(out, lambda name: _LEFT_FILES.fullmatch(name) is not None)
    for path in list(out.iterdir()):
        if path.is_symlink() or not path.is_dir():
            continue
        if STAGE_FOLDER.fullmatch(path.name):
            sweep_leftovers(path, is_stage_file)
        elif _is_leftover(path, out):
            remove_folder(path)


def _is_leftover(path: Path, out: Path) -> bool:
    """Whether a folder is one that a killed run left, with nothing foreign in it."""
    if path.name == DATASET_OLD:  # known to be ours, see `refuse_foreign_run`
        return (out / DATASET_FOLDER).exists()
    return _LEFT_FOLDERS.fullmatch(path.name) is not None and strange_below(path, _is_left) is None


def _is_left(name: str) -> bool:
    """Whether a path below a temporary folder is one that a run writes there: of a set, or of a worker."""
    base = name.rpartition("/")[2]
    return _SET_FILE.fullmatch(name) is not None or is_stage_file(base) or base.startswith("probe")


def _is_older_run(out: Path) -> bool:
    """Whether a folder without a mark is that of a run: by its run.json, or by a stage that was begun."""
    if _read_run_file(out / RUN_FILE) is not None:
        return True
    stages = [path for path in out.iterdir() if STAGE_FOLDER.fullmatch(path.name) and not path.is_symlink()]
    return any(any(is_stage_file(file.name) for file in stage.iterdir()) for stage in stages if stage.is_dir())


def _read_run_file(path: Path) -> dict[str, Any] | None:
    """The content of a run.json that stvqa wrote, of whatever version; None where it is something else."""
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) and content.keys() >= _RUN_KEYS else None


def _refuse_foreign_run_file(path: Path) -> None:
    refuse_special(path)
    if path.is_file() and _read_run_file(path) is None:
        raise StorageError(f"{path} is damaged, or not one of stvqa: move it away, then run the same command again")


def refuse_foreign_set(folder: Path, out: Path) -> None:
    """Refuses a set's folder that this run has not made, or in which somebody has put a file.

    It is known by the hash of the stage that made it, which this run has to know too.
    """
    refuse_special_folder(folder)
    if not folder.is_dir():
        return
    mark = read_mark(folder)
    ours = _is_known_set(mark, out) if mark else read_mark(out) is None and _is_older_set(folder)
    if not ours:
        raise StorageError(f"{folder} is no set of this run, which would replace it: move it away, or {_REMEDY}")
    known = frozenset(mark.files).__contains__ if mark else _SET_FILE.fullmatch
    strange = strange_below(folder, lambda name: bool(known(name)))
    if strange is not None:
        raise StorageError(
            f"{strange} was not made by stvqa, and {folder} is replaced as a whole: move that out of the folder"
        )


def _is_known_set(mark: Mark, out: Path) -> bool:
    run_file = _read_run_file(out / RUN_FILE) or {}
    return mark.what == "set" and (
        mark.id == (run_file.get("dataset") or "") or any(out.glob(f"[0-9][0-9]-*-{mark.id[:8]}"))
    )


def _is_older_set(folder: Path) -> bool:
    try:
        return _SET_CARD.search((folder / "README.md").read_bytes()) is not None
    except OSError:
        return False


def _refuse_within_a_run(out: Path) -> None:
    """A folder within the set or a stage of another run would go with these."""
    place = Path(os.path.realpath(out))
    for parent in place.parents:
        below = place.relative_to(parent).parts[0]
        if _PARTS_OF_A_RUN.fullmatch(below) and (read_mark(parent) or _read_run_file(parent / RUN_FILE)):
            raise StorageError(f"{out} lies in {parent / below}, which the run there may replace: {_REMEDY}")
