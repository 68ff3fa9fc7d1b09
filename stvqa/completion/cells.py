"""The columns of a row that hold JSON, `program` and `votes`: what anyone may have written there, read within bounds.

    read_proof(row.program).claims
    read_votes('[{"verifier": "gpt-4o", "choice": 1}]')[0].verifier     # "gpt-4o"

What cannot be read is told as `CellUnreadable`, whatever it is: no JSON, another shape, a graph that is none.
"""

from __future__ import annotations

from pydantic import TypeAdapter, ValidationError

from stvqa.records import Proof, SceneGraph, Vote

__all__ = ["CellUnreadable", "read_proof", "read_votes"]

_MOST_CHARACTERS = 1_000_000
"""Of one cell; a program of ours has some thousands."""
_MOST_OBJECTS = 300
"""Of the graph of one question; how things lie to each other is worked out for every two of them."""
_MOST_RELATIONSHIPS = 3_000
_LARGEST_SIDE = 1_000_000
"""Of an image, pixels."""
_FARTHEST = 1e6
"""Of a place in space, metres."""
_VOTES = TypeAdapter(tuple[Vote, ...])


class CellUnreadable(ValueError):  # noqa: N818 (what is wrong with a cell, not with the program)
    """A column of a row that holds something else than it should; `str()` says what."""


def read_proof(text: str) -> Proof:
    """The proof in the column `program`.

    Raises:
        CellUnreadable: there is none, or its graph is none: too large, an id twice, a box that is no box.
    """
    _check_length(text)
    try:
        proof = Proof.model_validate_json(text)
    except ValidationError as error:
        raise CellUnreadable(_first(error)) from error
    if fault := _graph_fault(proof.graph):
        raise CellUnreadable(fault)
    return proof


def read_votes(text: str) -> tuple[Vote, ...]:
    """The votes in the column `votes`; none for an empty one.

    Raises:
        CellUnreadable: it holds no list of votes.
    """
    _check_length(text)
    try:
        return _VOTES.validate_json(text or "[]")
    except ValidationError as error:
        raise CellUnreadable(_first(error)) from error


def _check_length(text: str) -> None:
    if len(text) > _MOST_CHARACTERS:
        raise CellUnreadable(f"it has {len(text):,} characters, and {_MOST_CHARACTERS:,} are the most")


def _first(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(str(part) for part in first["loc"])[:120]
    return f"{place}: {first['msg']}" if place else first["msg"]


def _graph_fault(graph: SceneGraph) -> str:
    """Why a graph is none; "" for one that claims can be decided over."""
    if len(graph.objects) > _MOST_OBJECTS:
        return f"its graph has {len(graph.objects):,} objects, and {_MOST_OBJECTS:,} are the most"
    if len(graph.relationships) > _MOST_RELATIONSHIPS:
        return f"its graph has {len(graph.relationships):,} relationships, and {_MOST_RELATIONSHIPS:,} are the most"
    ids = {item.id for item in graph.objects}
    if len(ids) < len(graph.objects):
        return "two objects of its graph have one id"
    if any(end not in ids for triple in graph.relationships for end in (triple.subject, triple.object)):
        return "a relationship of its graph has an end that is no object of it"
    if max(graph.width, graph.height) > _LARGEST_SIDE:
        return f"its image has {graph.width} x {graph.height} pixels"
    for item in graph.objects:
        box = item.box
        if not (0 <= box.x1 < box.x2 <= graph.width and 0 <= box.y1 < box.y2 <= graph.height):
            return f"the box {tuple(box)} of an object is none"
        space = item.space
        numbers = () if space is None else (space.depth_m or 0, *(space.position_m or ()), *(space.size_m or ()))
        if not all(abs(number) <= _FARTHEST for number in numbers):
            return "the place of an object in space is no number"
    return ""
