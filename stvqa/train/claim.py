"""Whether a folder may be that of a training: new, empty, or of a training before, with no links in its places.

claim_training(Path("runs/demo/train/grpo-tiny"), write=True)
"""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path

from stvqa.plain_files import refuse_special, refuse_special_folder, special_below
from stvqa.store.atomic import storage_errors, sweep_leftovers
from stvqa.store.ownership import Mark, mark_folder, read_mark, refuse_foreign_folder, refuse_foreign_page

__all__ = ["claim_training"]

_FILES = ("train.json", "curves.jsonl", "difficulty.parquet")
_REPORT = "report.html"
_FOLDERS = {
    "completions": re.compile(r"[\w-]+-\d{6,}\.parquet"),
    "difficulty": re.compile(r"\d{7,}\.json"),
    "tiny": re.compile(r"made-of\.json"),
    "model": re.compile(r"README\.md|complete\.json"),
    "warm-start": re.compile(r"complete\.json"),
    "grpo": None,
    "sft": None,
}
"""Folders of a training, with the files that are written there whole or not at all."""
_TRAIN_KEYS = {"stvqa", "recipe", "recipe_hash"}


def claim_training(out: Path, *, write: bool) -> None:
    """Refuses a folder of somebody else before anything is made in it; else marks it, and sweeps it.

    Args:
        out: there, maybe empty.
        write: whether this process of several does what is done once.

    Raises:
        StorageError: the folder is none of ours and not empty; or a link, or something special, stands where a training
            writes; or it cannot be written.
    """
    remedy = "choose a new or empty folder with --out, or the folder of a training with --resume"
    refuse_foreign_folder(out, what="training", remedy=remedy, is_older=_is_older)
    with storage_errors(out):
        for name in _FILES:
            refuse_special(out / name)
        refuse_foreign_page(out / _REPORT)
        for name in _FOLDERS:
            refuse_special_folder(out / name)
            for special in special_below(out / name):
                refuse_special(special)
    if not write:
        return
    if read_mark(out) is None:
        mark_folder(out, Mark(what="training"))
    sweep_leftovers(out, {*_FILES, _REPORT}.__contains__)
    for name, files in _FOLDERS.items():
        if files is not None:
            sweep_leftovers(out / name, partial(_is_named, files))


def _is_named(names: re.Pattern[str], name: str) -> bool:
    return names.fullmatch(name) is not None


def _is_older(out: Path) -> bool:
    """Whether a folder without a mark is that of a training: by its train.json, or the tiny model made for it."""
    if (out / "tiny" / "made-of.json").is_file():
        return True
    try:
        content = json.loads((out / "train.json").read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(content, dict) and content.keys() >= _TRAIN_KEYS
