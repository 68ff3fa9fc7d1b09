"""By what a folder or a file is known as one that stvqa made: only such a thing is ever replaced or removed.

    runs/demo/.stvqa.json            {"made_by": "stvqa", "what": "run"}
    runs/demo/dataset/.stvqa.json    {"made_by": "stvqa", "what": "set", "id": "25390fa8...", "files": [...]}

    refuse_foreign_folder(Path("runs/demo"), what="run", remedy="choose another folder with --out")
    refuse_foreign_page(Path("report.html"))

What is replaced as a whole says in its mark which files it was made of, so that a file that somebody put beside them is
not lost with it. Folders of the versions before have no mark; their makers know them by other things (`is_older`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from stvqa.errors import StorageError
from stvqa.logs import current_log
from stvqa.plain_files import refuse_special, special_below
from stvqa.store.atomic import is_temporary, storage_errors, write_json

__all__ = [
    "MARK_FILE",
    "Mark",
    "files_below",
    "mark_folder",
    "read_mark",
    "refuse_foreign_file",
    "refuse_foreign_folder",
    "refuse_foreign_page",
    "strange_below",
]

MARK_FILE = ".stvqa.json"
_HEAD_BYTES = 65536
_PAGE = re.compile(
    rb'<meta name="generator" content="stvqa">|<title>[^<]*: stvqa report</title>|<title>Training [^<]*<'
)
_OF_DESKTOPS = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})


class Mark(BaseModel):
    """What the mark of a folder says.

    Attributes:
        id: what tells it from others of its kind; of a set, the hash of the stage that made it.
        files: of what is replaced as a whole: paths below the folder of all that was written there.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    made_by: Literal["stvqa"] = "stvqa"
    what: Literal["run", "set", "training", "checkpoint", "model"]
    id: str = ""
    files: tuple[str, ...] = ()


def read_mark(folder: Path) -> Mark | None:
    """The mark of a folder; None where there is none, or something else under its name."""
    path = folder / MARK_FILE
    try:
        if path.is_symlink() or not path.is_file():
            return None
        return Mark.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


def mark_folder(folder: Path, mark: Mark) -> None:
    """Marks a folder as one of ours.

    Raises:
        StorageError: it cannot be written.
    """
    write_json(folder / MARK_FILE, mark)


def refuse_foreign_folder(
    folder: Path,
    *,
    what: Literal["run", "training", "model"],
    remedy: str,
    is_older: Callable[[Path], bool] = lambda _: False,
) -> None:
    """Refuses a folder that holds anything and carries no mark of ours. Nothing is written.

    Files that a killed process of ours left under hidden names do not count, nor does the log of this command. Other
    hidden files are nobody's business: they are never touched.

    Args:
        folder: missing, empty, or one of ours.
        what: the kind that it has to be.
        remedy: what to do about it.
        is_older: whether it is one of the versions before, which left no mark.

    Raises:
        StorageError: it is none of ours.
    """
    with storage_errors(folder):
        if not folder.exists():
            return
        mark = read_mark(folder)
        if (mark is not None and mark.what == what) or is_older(folder):
            return
        strange = next((path for path in sorted(folder.iterdir()) if not _is_nothing(path)), None)
    if strange is not None:
        raise StorageError(f"{folder} is no {what} of stvqa, as it holds {strange.name}: {remedy}")


def _is_nothing(path: Path) -> bool:
    log = current_log()
    if log is not None and log.file is not None and Path(log.file) == path.absolute():
        return True
    return path.name.startswith(".") and path.name != MARK_FILE


def refuse_foreign_file(
    path: Path, *, is_ours: Callable[[bytes], bool], what: str, remedy: str = "move it away, or name another file"
) -> None:
    """Refuses to replace a file that does not begin as ours do; one that is missing or empty may be written.

    Args:
        is_ours: given the beginning of the file, at most 64 KiB.
        what: the kind of file, for the message.

    Raises:
        StorageError: something else stands there, or it cannot be read.
    """
    with storage_errors(path):
        refuse_special(path)
        if not path.is_file():
            return
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    if head and not is_ours(head):
        raise StorageError(f"{path} is there and is not {what}: {remedy}")


def refuse_foreign_page(path: Path) -> None:
    """Refuses to replace what is no report of a run or of a training, of this version or one before.

    Raises:
        StorageError: as `refuse_foreign_file`.
    """
    refuse_foreign_file(path, is_ours=lambda head: _PAGE.search(head) is not None, what="a page of stvqa")


def files_below(folder: Path) -> tuple[str, ...]:
    """Paths of all files below a folder, in order, but for its mark."""
    found = [
        Path(parent, name).relative_to(folder).as_posix() for parent, _, files in os.walk(folder) for name in files
    ]
    return tuple(sorted(set(found) - {MARK_FILE}))


def strange_below(folder: Path, is_known: Callable[[str], bool] | Iterable[str]) -> Path | None:
    """The first thing below a folder that is not known by its path below it, or is no regular file; None: all is.

    Args:
        is_known: the known paths, or what knows them.
    """
    special = next(iter(special_below(folder)), None)
    if special is not None:
        return special
    known = is_known if callable(is_known) else frozenset(is_known).__contains__
    strange = (name for name in files_below(folder) if not known(name) and not _is_of_nobody((folder / name).name))
    found = next(strange, None)
    return folder / found if found is not None else None


def _is_of_nobody(name: str) -> bool:
    """Whether a file is a temporary one of ours, or what a desktop leaves in every folder that it shows."""
    return is_temporary(name) or name in _OF_DESKTOPS or name.startswith("._")
