"""Run folders: a finished run whose files were damaged, exchanged, removed, or made links and pipes.

A case is such a folder and a command. Whatever is called good, a resumed build or a set ready to be pushed, holds the
rows of the undamaged run and no others.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import strategies as st

from fuzz.found import Found
from fuzz.mutation import Draw
from fuzz.pipes import PipeGuard
from fuzz.sandbox import Sandbox
from fuzz.targets.contract import Target
from fuzz.targets.published import check_texts, read_rows
from fuzz.trees import EditedTree, Tree, edited_tree

__all__ = ["open_target"]

_ROWS = 3
_BUILD = ("build", "--source", "demo", "--n", _ROWS, "--set", "load.limit=4", "--scheduler", "sync", "--no-report")
_COMMANDS = ("build", "build", "build", "verify", "report", "push", "explain")


class _Case(NamedTuple):
    """A run's folder and a command."""

    command: str
    edited: EditedTree

    def __repr__(self) -> str:
        return f"{self.command}\n{self.edited!r}"


def open_target(sandbox: Sandbox) -> Target:
    """Makes the run once."""
    run = sandbox.base / "keep" / "run"
    ran = sandbox.command(*_BUILD, "--out", run)
    if not (run / "dataset").is_dir():
        raise RuntimeError(ran.err)
    tree, rows = Tree.of(run), read_rows(run / "dataset")
    return Target(_case(tree), _holder(rows, ran.code))


@st.composite
def _case(draw: Draw, tree: Tree) -> _Case:
    return _Case(draw(st.sampled_from(_COMMANDS)), draw(edited_tree(tree)))


def _holder(rows: list[dict[str, Any]], code: int) -> Any:  # noqa: ANN401 (a function of the contract's)
    def hold(case: _Case, sandbox: Sandbox) -> str:
        with sandbox.example(may_read=case.edited.tree.has_links) as folder:
            run = folder / "run"
            case.edited.tree.write(run, private=sandbox.private)
            with PipeGuard(folder):
                return f"{case.command}: {_outcome(case.command, run, sandbox, rows, code)}"

    return hold


def _outcome(command: str, run: Path, sandbox: Sandbox, rows: list[dict[str, Any]], code: int) -> str:
    if command == "build":
        ran = sandbox.command(*_BUILD, "--out", run)
        if ran.code == code:
            _check_same(read_rows(run / "dataset"), rows, by="build")
        return ran.label
    if command == "push":
        ran = sandbox.command("push", run, "--dry-run", "--out", run.parent / "pushed")
        if not ran.code:
            _check_same(read_rows(run.parent / "pushed"), rows, by="push")
        return ran.label
    if command == "report":
        return sandbox.command("report", run, "--out", run.parent / "page.html").label
    words = ("explain", rows[0]["row_id"], run) if command == "explain" else ("verify", run)
    return sandbox.command(*words).label


def _check_same(found: list[dict[str, Any]], rows: list[dict[str, Any]], *, by: str) -> None:
    check_texts(found, by=by)
    if found == rows:
        return
    changed = [name for name in rows[0] if [row.get(name) for row in found] != [row[name] for row in rows]]
    raise Found(f"{by} publishes other rows than were made", ",".join(changed[:3]), f"{len(found)} rows; {changed}")
