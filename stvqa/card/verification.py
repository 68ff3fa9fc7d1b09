"""What models said of a set: the figures that the stage `verify` left in run.json, as lines of a table."""

from __future__ import annotations

from typing import NamedTuple

from stvqa.errors import InputError
from stvqa.store import RunFile

__all__ = ["CategoryLine", "Line", "Verification", "verification_of"]


class Line(NamedTuple):
    """A figure and its value, ready to show."""

    name: str
    value: str


class CategoryLine(NamedTuple):
    """One category's figures."""

    name: str
    cells: tuple[str, ...]


class Verification(NamedTuple):
    """All of them."""

    lines: tuple[Line, ...]
    columns: tuple[str, ...]
    by_category: tuple[CategoryLine, ...]


def verification_of(run_file: RunFile | None) -> Verification | None:
    """What the stage `verify` found; None where no model has verified the set."""
    try:
        entry = run_file.stage("verify") if run_file else None
    except InputError:
        return None
    if entry is None or entry.statistics is None or not entry.statistics.figures:
        return None
    return None
