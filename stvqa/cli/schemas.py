"""`stvqa schemas`: the JSON Schemas of what files hold, made from the records.

stvqa schemas --check
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["schemas"]


def schemas(
    *,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 if a file is not current.")] = False,
    folder: Annotated[Path | None, typer.Option(help="Where to [default: schemas/ of this checkout].")] = None,
) -> None:
    """Write or check the JSON Schemas of what files hold."""
    from stvqa.resources import resource_folder  # noqa: PLC0415 (see stvqa.cli)

    target = folder or resource_folder("schemas")
    wanted = _texts()
    present = {path.name: path.read_text(encoding="utf-8") for path in target.glob("*.schema.json")}
    stale = sorted(name for name in wanted.keys() | present.keys() if wanted.get(name) != present.get(name))
    if not check:
        _write(target, wanted)
    for name in stale:
        told = "of no record: remove it" if name not in wanted else "not current" if check else "written"
        typer.echo(f"{target / name}: {told}")
    if check and stale:
        typer.echo("stvqa: run `stvqa schemas` and commit what it writes", err=True)
        raise typer.Exit(1)
    if not stale:
        typer.echo(f"{target}: {len(wanted)} schemas, all current")


def _texts() -> dict[str, str]:
    """File name to text: each record that a file of a run holds, and what a teacher model has to reply."""
    from stvqa.records import Errata, Prospect, Question, Record, Rejection, Row, SceneGraph, SelectedRow  # noqa: PLC0415
    from stvqa.store import RunFile, StageStatistics  # noqa: PLC0415
    from stvqa.teachers.llm import WrittenQuestions  # noqa: PLC0415

    records: tuple[type[Record], ...] = (
        SceneGraph,
        Prospect,
        Question,
        SelectedRow,
        Row,
        Rejection,
        Errata,
        WrittenQuestions,
    )
    models = {_file_name(model.__name__): model.model_json_schema() for model in records}
    models |= {_file_name(model.__name__): model.model_json_schema() for model in (RunFile, StageStatistics)}
    return {name: json.dumps(schema, indent=2, sort_keys=True) + "\n" for name, schema in models.items()}


def _file_name(class_name: str) -> str:
    """`SceneGraph` to `scene_graph.schema.json`."""
    words = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in class_name)
    return f"{words.removeprefix('_')}.schema.json"


def _write(target: Path, texts: dict[str, str]) -> None:
    from stvqa.store import atomic_file  # noqa: PLC0415
    from stvqa.store.ownership import refuse_foreign_file  # noqa: PLC0415

    for name, text in texts.items():
        title = f'"title": {json.dumps(json.loads(text)["title"])}'.encode()
        refuse_foreign_file(target / name, is_ours=partial(_holds, title), what="a schema of stvqa")
    for name, text in texts.items():
        with atomic_file(target / name) as file:
            file.write(text.encode())


def _holds(title: bytes, head: bytes) -> bool:
    return title in head
