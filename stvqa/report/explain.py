"""Explains one row: the scene it comes from, its focus graph, its program, and why the other options are wrong.

print(explain_row("4f0c2d9a1b7e3c55", Path("runs/demo")))
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from stvqa.completion import LETTERS, CellUnreadable, read_proof
from stvqa.errors import InputError
from stvqa.programs.claims import in_words
from stvqa.programs.decide import Decider
from stvqa.programs.references import references
from stvqa.programs.view import SceneView, UnknownObjectError
from stvqa.records import Proof, Row, SceneGraph
from stvqa.store import read_columns, read_part
from stvqa.store.dataset import UnreadableRow, read_rows

__all__ = ["explain_row"]

_SHOWN = 40


def explain_row(row_id: str, dataset: Path, *, scenes: Sequence[Path] = ()) -> str:
    """A page of plain text about one row.

    Args:
        row_id: as in the column `row_id`; the first few digits do where they are unique.
        dataset: the folder that holds `data/`.
        scenes: parts of the run's load stage, to show the whole graph; without them only the focus graph is shown.

    Raises:
        InputError: no such row, or several.
    """
    row = _find(row_id, dataset)
    if not row.program:
        return "\n".join([*_head(row), "", "No program: the answer is the teacher's word alone."])
    try:
        proof = read_proof(row.program)
    except CellUnreadable as error:
        return "\n".join([*_head(row), "", f"Its program cannot be read, so that nothing proves the answer: {error}"])
    lines = [*_head(row), ""]
    whole = _scene(row.image_id, scenes)
    if whole is not None:
        lines += [*_graph("Scene graph", whole), ""]
    lines += [*_graph("Focus graph", proof.graph), "", *_decisions(row, proof)]
    return "\n".join(lines)


def _find(row_id: str, dataset: Path) -> Row:
    found: list[Row] = []
    unreadable: list[UnreadableRow] = []
    for item in read_rows(dataset, images=False):
        if isinstance(item, UnreadableRow):
            unreadable += [item] if item.row_id.startswith(row_id) else []
        elif item.row.row_id.startswith(row_id):
            found.append(item.row)
    if row_id and unreadable and not found:
        raise InputError(f"{unreadable[0]}: `stvqa verify` shows all such rows")
    if not row_id or not found:
        raise InputError(f"no row {row_id!r} in {dataset}: row ids stand in the column row_id")
    if len(found) > 1:
        several = len({row.row_id for row in found}) == 1
        remedy = "it stands there more than once, as `stvqa verify` tells" if several else "give more digits"
        raise InputError(f"{len(found)} rows of {dataset} begin with {row_id!r}: {remedy}")
    return found[0]


def _head(row: Row) -> Iterator[str]:
    yield f"Row {row.row_id} · image {row.image_id} ({row.image_width} x {row.image_height})"
    yield f"{row.category} · {row.level} · rating {row.rating} · evidence {row.evidence} · teacher {row.teacher}"
    yield ""
    yield row.question_with_options
    yield f"Answer: {row.answer_option_text_only}"


def _scene(image_id: str, parts: Sequence[Path]) -> SceneGraph | None:
    for part in parts:
        if image_id in read_columns([part], ["image_id"]).column(0).to_pylist():
            return next(scene for scene in read_part(part, model=SceneGraph) if scene.image_id == image_id)
    return None


def _graph(title: str, graph: SceneGraph) -> Iterator[str]:
    yield f"{title}: {len(graph.objects)} objects, {len(graph.relationships)} relationships"
    for item in graph.objects[:_SHOWN]:
        box = ", ".join(f"{side:g}" for side in item.box)
        space = item.space.model_dump(exclude_none=True) if item.space else {}
        facts = [*item.attributes, *(f"{key} {_short(value)}" for key, value in space.items())]
        yield f"  {item.id:<20} [{box}]{'  ' if facts else ''}{', '.join(facts)}"
    for triple in graph.relationships[:_SHOWN]:
        yield f"  {triple.subject} -- {triple.predicate} -- {triple.object}"
    hidden = max(0, len(graph.objects) - _SHOWN) + max(0, len(graph.relationships) - _SHOWN)
    if hidden:
        yield f"  ... and {hidden} more"


def _decisions(row: Row, proof: Proof) -> Iterator[str]:
    decider = Decider(proof.graph, proof.margins)
    names = references(SceneView(proof.graph))
    yield "Program: one claim an option; exactly one is true"
    for letter, option, claim in zip(LETTERS, row.options, proof.claims, strict=False):
        yield f"  ({letter}) {option}"
        try:
            verdict = decider.decide(claim)
        except UnknownObjectError as error:
            yield f"      verdict   none: the graph has no object {error}"
            continue
        value = {True: "true", False: "false", None: "too close to call"}[verdict.value]
        yield f"      claim     {in_words(claim, names)}"
        yield f"      verdict   {value}, {verdict.evidence}: {verdict.why}"
    margin = (
        "none: a triple or a count has no scale" if row.margin is None else f"{row.margin:g} times what is asked for"
    )
    yield f"Margin of the question: {margin}"


def _short(value: object) -> str:
    if isinstance(value, tuple | list):
        return "(" + ", ".join(_short(part) for part in value) + ")"
    return f"{value:.2f}" if isinstance(value, float) else str(value)
