"""The targets by name; each module owns the cases of one kind of input and what has to hold of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from fuzz.sandbox import Sandbox
from fuzz.targets import recipes, replies, rows, run_folders, sources
from fuzz.targets.contract import Target

__all__ = ["TARGETS", "Target"]

TARGETS: Final[Mapping[str, Callable[[Sandbox], Target]]] = {
    "sources": sources.open_target,
    "replies": replies.open_target,
    "rows": rows.open_target,
    "recipes": recipes.open_target,
    "run-folders": run_folders.open_target,
}
