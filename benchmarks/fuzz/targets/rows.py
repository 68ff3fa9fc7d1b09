"""Rows from elsewhere: a published set whose rows somebody else made.

A case is a set's folder with edited cells, columns, files or bytes, and the commands that read such sets. What
`stvqa verify` and `stvqa push` call good are the rows that were made.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st

from fuzz.found import Found
from fuzz.hostile import json_text
from fuzz.mutation import Draw, Edited, edited_json
from fuzz.pipes import PipeGuard
from fuzz.sandbox import Sandbox, told_well
from fuzz.targets.contract import Target
from fuzz.targets.published import check_same_questions, check_texts, parquet_bytes, read_rows
from fuzz.trees import EditedTree, Tree, edited_tree
from fuzz.watch import watched
from stvqa.errors import StvqaError
from stvqa.train.data import load_training_data, open_picture
from stvqa.train.recipe import DataSettings

__all__ = ["open_target"]

_FILE = "data/train-00000-of-00001.parquet"
_ROWS = 4
_JSON_COLUMNS = ("program", "votes")
_COMMANDS = ("verify", "report", "explain", "push", "train")


class _Case(NamedTuple):
    """A set's folder, and what reads it."""

    command: str
    edited: EditedTree

    def __repr__(self) -> str:
        return f"{self.command}\n{self.edited!r}"


class _Original(NamedTuple):
    """The set as it was made."""

    tree: Tree
    rows: list[dict[str, Any]]
    schema: pa.Schema


def open_target(sandbox: Sandbox) -> Target:
    """Builds the valid set once."""
    run = sandbox.base / "keep" / "run"
    folder = run / "dataset"
    words = ("--n", _ROWS, "--set", "load.limit=6", "--scheduler", "sync", "--no-report")
    ran = sandbox.command("build", "--source", "demo", *words, "--out", run)
    if ran.code:
        raise RuntimeError(ran.err)
    original = _Original(Tree.of(folder), read_rows(folder), pq.read_schema(folder / _FILE))
    _warm(original, sandbox)
    return Target(st.one_of(_rows_case(original), _rows_case(original), _files_case(original)), _holder(original))


def _warm(original: _Original, sandbox: Sandbox) -> None:
    """Runs every command once on the set as it was made: they hold, and what they import is there."""
    hold = _holder(original)
    for command in _COMMANDS:
        outcome = hold(_Case(command, EditedTree(original.tree, ())), sandbox)
        if "done" not in outcome:
            raise RuntimeError(outcome)


@st.composite
def _rows_case(draw: Draw, original: _Original) -> _Case:
    """Edited cells; programs and votes are edited in their JSON."""
    command = draw(st.sampled_from(_COMMANDS))
    opened = [_opened(row) for row in original.rows]
    edited: Edited = draw(edited_json(opened))
    rows = edited.value if isinstance(edited.value, list) else [edited.value]
    schema = original.schema if draw(st.booleans()) else original.schema.remove_metadata()
    data = _parquet([_closed(row) for row in rows if isinstance(row, dict)], schema)
    return _Case(command, EditedTree(Tree({**original.tree, _FILE: data}), edited.edits))


@st.composite
def _files_case(draw: Draw, original: _Original) -> _Case:
    """Edited files."""
    return _Case(draw(st.sampled_from(_COMMANDS)), draw(edited_tree(original.tree)))


def _opened(row: dict[str, Any]) -> dict[str, Any]:
    """A row with its JSON columns as values, and its picture as a text, as edits take them."""
    opened = {name: json.loads(row[name]) if name in _JSON_COLUMNS and row[name] else row[name] for name in row}
    return {**opened, "images": {"bytes": row["images"]["bytes"].hex(), "path": row["images"]["path"]}}


def _closed(row: dict[str, Any]) -> dict[str, Any]:
    closed = dict(row)
    for name in _JSON_COLUMNS:
        if name in closed and not isinstance(closed[name], str):
            closed[name] = json_text(closed[name])
    image = closed.get("images")
    if isinstance(image, dict) and isinstance(image.get("bytes"), str):
        try:
            closed["images"] = {**image, "bytes": bytes.fromhex(image["bytes"])}
        except ValueError:
            closed["images"] = {**image, "bytes": image["bytes"].encode(errors="replace")}
    return closed


def _parquet(rows: list[dict[str, Any]], schema: pa.Schema) -> bytes:
    """The rows in the set's own types where they fit, else in those that they have, else as texts; what `datasets`
    notes of them (the schema's metadata) comes along where it is there.
    """
    names = dict.fromkeys([*schema.names, *(name for row in rows for name in row)])
    present = [name for name in names if any(name in row for row in rows)]
    columns = {_storable(name): _column([row.get(name) for row in rows], name, schema) for name in present}
    return parquet_bytes(columns, schema.metadata)


def _column(values: list[Any], name: str, schema: pa.Schema) -> pa.Array:
    wanted = [schema.field(name).type] if name in schema.names else []
    for kind in (*wanted, None):
        try:
            return pa.array(values, type=kind)
        except (pa.ArrowException, ValueError, TypeError, OverflowError):
            continue
    return pa.array([None if value is None else _storable(str(value)) for value in values])


def _storable(text: str) -> str:
    return text.encode(errors="replace").decode()


def _holder(original: _Original) -> Any:  # noqa: ANN401 (a function of the contract's)
    def hold(case: _Case, sandbox: Sandbox) -> str:
        with sandbox.example(may_read=case.edited.tree.has_links) as folder:
            case.edited.tree.write(folder / "set", private=sandbox.private)
            with PipeGuard(folder):
                return f"{case.command}: {_outcome(case.command, folder, sandbox, original)}"

    return hold


def _outcome(command: str, folder: Path, sandbox: Sandbox, original: _Original) -> str:
    data = folder / "set"
    if command == "train":
        return _trained(data)
    if command == "report":
        page = folder / "page.html"
        return sandbox.command("report", data, "--out", page).label
    if command == "explain":
        return sandbox.command("explain", original.rows[0]["row_id"], data).label
    if command == "verify":
        ran = sandbox.command("verify", data)
        if not ran.code:
            check_same_questions(read_rows(data), original.rows, by="verify")
        return ran.label
    ran = sandbox.command("push", data, "--dry-run", "--out", folder / "pushed")
    if ran.code:
        if (folder / "pushed").exists():
            raise Found("a push that failed left files", "", ran.err)
        return ran.label
    pushed = read_rows(folder / "pushed")
    check_same_questions(pushed, original.rows, by="push")
    check_texts(pushed, by="push")
    return ran.label


def _trained(data: Path) -> str:
    """Reads the set as `stvqa train` does, with the pixels of each row that it would use."""
    try:
        with watched():
            read = load_training_data(str(data), DataSettings(), needs_scene=True, seed=1)
            for example in read.train:
                open_picture(read.tables[example.split][example.row]["images"])
                if example.letter not in "ABCD"[: len(example.options)]:
                    raise Found("an answer that is no option is trained on", "", repr(example))
    except StvqaError as error:
        return told_well(error)
    return "done, rows left out" if read.dropped else "done"
