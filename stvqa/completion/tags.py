"""Four blocks make a completion: observe, scene, think, answer.

    <scene>{"objects": [{"id": "cup.1", "bbox": [10, 20, 60, 90]}], "relationships": []}</scene>
    <answer>(B) To the left</answer>

`parse(render(completion)) == completion` for every completion whose texts hold no tag of the grammar. What the
scene block holds is for `stvqa.completion.reading`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import NamedTuple

from stvqa.records import Box, SceneGraph

__all__ = ["BLOCKS", "LETTERS", "Completion", "parse", "render", "render_answer", "render_options", "render_scene"]

LETTERS = "ABCD"
BLOCKS = ("observe", "scene", "think", "answer")
"""The tags in the order of the grammar."""


class Completion(NamedTuple):
    """The four blocks as plain text; None for one that is missing."""

    observe: str | None = None
    scene: str | None = None
    think: str | None = None
    answer: str | None = None


def render(completion: Completion) -> str:
    """The blocks that are there, one a line, in the order of the grammar."""
    found = ((name, getattr(completion, name)) for name in BLOCKS)
    return "\n".join(f"<{name}>{text}</{name}>" for name, text in found if text is not None)


def parse(text: str) -> Completion:
    """The first block of each kind; None for those that are missing. Never raises; time linear in the text.

    A block runs from the first opening tag of its kind to the first closing tag after it, whatever stands between.
    """
    return Completion(*(_block(text, name) for name in BLOCKS))


def _block(text: str, name: str) -> str | None:
    opening = text.find(f"<{name}>")
    if opening < 0:
        return None
    start = opening + len(name) + 2
    end = text.find(f"</{name}>", start)
    return None if end < 0 else text[start:end]


def render_scene(graph: SceneGraph) -> str:
    """A graph as the JSON of the scene block: ids, boxes in whole pixels of the original image, triples."""
    objects = [{"id": item.id, "bbox": _whole_pixels(item.box)} for item in graph.objects]
    relationships = [
        {"subject": item.subject, "predicate": item.predicate, "object": item.object} for item in graph.relationships
    ]
    return json.dumps({"objects": objects, "relationships": relationships}, ensure_ascii=False)


def _whole_pixels(box: Box) -> list[int]:
    """The sides rounded; on an axis where they would fall together, the pixels that the box touches."""
    left, right = _pair(box.x1, box.x2)
    top, bottom = _pair(box.y1, box.y2)
    return [left, top, right, bottom]


def _pair(low: float, high: float) -> tuple[int, int]:
    rounded = round(low), round(high)
    return rounded if rounded[0] < rounded[1] else (math.floor(low), math.ceil(high))


def render_options(options: Sequence[str]) -> str:
    """One line `(A) text` an option."""
    return "\n".join(render_answer(index, text) for index, text in enumerate(options))


def render_answer(index: int, text: str) -> str:
    """`(B) text`."""
    return f"({LETTERS[index]}) {text}"
