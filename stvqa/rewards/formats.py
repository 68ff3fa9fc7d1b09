"""When a completion has the form it was asked for, under each reward's rules.

    read_strictly(parse_completion(text))      # FormattedScene(fault="", scene=Scene(...))
    read_strictly(parse_completion("hello"))   # FormattedScene(fault="tag-missing", scene=None)

A fault is one slug, the first that was found. What each rule asks for:

    strict    `dense`: each tag opens and closes once, in the order of the grammar; JSON of the standard (no NaN) with
              the lists `objects` and `relationships`; ids `name.N`, each once; boxes of four numbers; triples of three
              texts. Further keys are allowed. Boxes out of the image or with reversed sides are no matter of form:
              they match nothing.
    paper     the text: four tags, JSON that parses, every object with id and box, relations with their three parts.
    release   the authors' code: each tag opens once, in any order; ids of letters and underscores, a dot and digits,
              also in the relations; an object has no other keys; no id twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from stvqa.completion import ParsedCompletion
from stvqa.rewards.scenes import Scene, Triple, read_boxes

__all__ = [
    "TAG_FAULTS",
    "FormattedScene",
    "is_object_id",
    "read_as_paper",
    "read_as_release",
    "read_strictly",
    "refused_by_release",
]

_NAME_AND_NUMBER = re.compile(r"(?=[^.]*[^\W\d_])[^.]+\.\d+")
_RELEASE_ID = re.compile(r"[a-zA-Z_]+\.\d+")
_OBJECT_KEYS = {"id", "bbox"}
_NUMBERS = frozenset({int, float})
TAG_FAULTS = {"missing": "tag-missing", "repeated": "tag-repeated", "out-of-order": "tag-order"}
"""The slug for tags that stand wrongly (`stvqa.completion.reading.TagState`)."""


class FormattedScene(NamedTuple):
    """The scene of a well-formed completion, or why it is not well-formed."""

    fault: str
    scene: Scene | None


def read_strictly(parsed: ParsedCompletion) -> FormattedScene:
    """The form that `dense` asks for."""
    if parsed.tags != "in-order":
        return FormattedScene(TAG_FAULTS[parsed.tags], None)
    if parsed.has_constants:
        return FormattedScene("scene-not-json", None)
    return _read(parsed, _is_object, _is_triple, both_lists=True, unique=True)


def read_as_paper(parsed: ParsedCompletion) -> FormattedScene:
    """The form that the paper's text describes."""
    if parsed.tags == "missing":
        return FormattedScene("tag-missing", None)
    return _read(parsed, _is_object, _is_triple, both_lists=False, unique=False)


def read_as_release(parsed: ParsedCompletion) -> FormattedScene:
    """The form that the authors' code asks for: opening tags are counted, their order is not looked at."""
    if parsed.tags in {"missing", "repeated"}:
        return FormattedScene(TAG_FAULTS[parsed.tags], None)
    if parsed.scene is not None and not parsed.scene:
        return FormattedScene("scene-shape", None)
    return _read(parsed, _is_release_object, _is_release_triple, both_lists=False, unique=True)


def refused_by_release(scene: Scene) -> str:
    """The first id of a truth that the authors' code lets nobody write; "" where there is none."""
    ends = (end for triple in scene.triples for end in (triple.subject, triple.object))
    return next((name for name in (*scene.ids, *ends) if _RELEASE_ID.fullmatch(name) is None), "")


def is_object_id(name: str) -> bool:
    """Whether an id is `name.N`: something with a letter but no dot, a dot, digits."""
    return _NAME_AND_NUMBER.fullmatch(name) is not None


def _read(
    parsed: ParsedCompletion,
    is_object: Callable[[Any], bool],
    is_triple: Callable[[Any], bool],
    *,
    both_lists: bool,
    unique: bool,
) -> FormattedScene:
    if parsed.scene is None:
        return FormattedScene(f"scene-{parsed.scene_fault}", None)
    data = parsed.scene
    if both_lists and not ("objects" in data and "relationships" in data):
        return FormattedScene("scene-shape", None)
    objects, triples = data.get("objects", []), data.get("relationships", [])
    if not isinstance(objects, list) or not isinstance(triples, list):
        return FormattedScene("scene-shape", None)
    if not all(map(is_object, objects)):
        return FormattedScene("object-shape", None)
    if not all(map(is_triple, triples)):
        return FormattedScene("relation-shape", None)
    ids = tuple([item["id"] for item in objects])
    if unique and len(set(ids)) < len(ids):
        return FormattedScene("id-repeated", None)
    boxes = read_boxes([item["bbox"] for item in objects])
    found = tuple([Triple(item["subject"], item["predicate"], item["object"]) for item in triples])
    return FormattedScene("", Scene(ids, boxes, found))


def _is_object(item: object) -> bool:
    if not isinstance(item, dict):
        return False
    name = item.get("id")
    return isinstance(name, str) and is_object_id(name) and _is_box(item.get("bbox"))


def _is_box(box: object) -> bool:
    if not isinstance(box, list) or len(box) != 4:
        return False
    left, top, right, bottom = map(type, box)  # one by one: this is done for every box of every completion
    return left in _NUMBERS and top in _NUMBERS and right in _NUMBERS and bottom in _NUMBERS


def _is_triple(item: object) -> bool:
    if not isinstance(item, dict):
        return False
    subject, predicate, target = item.get("subject"), item.get("predicate"), item.get("object")
    return isinstance(subject, str) and isinstance(predicate, str) and isinstance(target, str)


def _is_release_object(item: object) -> bool:
    if not isinstance(item, dict) or item.keys() != _OBJECT_KEYS:
        return False
    name, box = item["id"], item["bbox"]
    if not isinstance(name, str) or _RELEASE_ID.fullmatch(name) is None:
        return False
    return isinstance(box, list) and len(box) == 4 and all(isinstance(side, int | float) for side in box)


def _is_release_triple(item: object) -> bool:
    if not isinstance(item, dict) or not _is_triple(item):
        return False
    return all(_RELEASE_ID.fullmatch(item[end]) is not None for end in ("subject", "object"))
