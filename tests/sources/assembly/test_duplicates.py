"""What is merged, what is left apart, and what is refused for filling the place of another."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from stvqa.records import ImageReference, SceneGraph
from stvqa.sources.assembly import Findings, RawObject, RawTriple, SceneFrame, assemble_scene
from stvqa.sources.assembly.duplicates import disputed, duplicate_of

FRAME = SceneFrame("vg:1", "vg", "1", None, 800, 600, ImageReference(kind="placeholder"))


def shifted(*lefts: float) -> NDArray[np.float64]:
    """Boxes of 100 x 300 pixels that begin so far from the left."""
    return np.array([(left, 100, left + 100, 400) for left in lefts], dtype=float)


def assembled(*raw: tuple[str, float]) -> tuple[SceneGraph, Findings]:
    """A scene of things 100 pixels wide, each told by its name and its left side."""
    findings = Findings("vg:1")
    objects = [RawObject(str(number), (name,), left, 100, 100, 300) for number, (name, left) in enumerate(raw)]
    scene = assemble_scene(FRAME, objects, triples=[RawTriple("0", "0", "near", str(len(raw) - 1))], findings=findings)
    assert isinstance(scene, SceneGraph)
    return scene, findings


@pytest.mark.parametrize(
    ("names", "merged"),
    [
        (["man", "guy", "person"], [0, 0, 0]),
        (["taxi", "car", "vehicle"], [0, 0, 0]),
        (["woman", "person", "man"], [0, 1, 2]),
        (["man", "person", "woman", "guy", "people"], [0, 1, 2, 0, 1]),
        (["cat", "animal", "dog"], [0, 1, 2]),
        (["oak", "tree", "bush"], [0, 0, 2]),
    ],
)
def test_a_chain_is_merged_where_all_its_names_agree(names: list[str], merged: list[int]) -> None:
    boxes = shifted(*range(0, 3 * len(names), 3))
    assert duplicate_of(boxes, [(name,) for name in names]) == merged


def test_further_names_must_agree_too() -> None:
    assert duplicate_of(shifted(0, 3), [("person", "man"), ("person", "woman")]) == [0, 1]
    assert duplicate_of(shifted(0, 3), [("person", "man"), ("person",)]) == [0, 0]


def test_two_animals_in_one_place_are_disputed_and_other_things_are_not() -> None:
    names = [("cat",), ("dog",), ("cup",), ("lamp",), ("man",), ("person",), ("horse",)]
    assert disputed(shifted(0, 4, 0, 0, 300, 300, 600), names) == [(0, 1)]
    assert disputed(shifted(0, 20), [("cat",), ("dog",)]) == []


def test_disputed_animals_are_refused_with_what_is_merged_with_them() -> None:
    scene, findings = assembled(("cat", 0), ("tabby", 8), ("dog", 0), ("lamp", 500))
    assert [item.id for item in scene.objects] == ["lamp.1"]
    assert [(item.reason, item.record_id) for item in findings.rejections] == [
        ("names-disagree", "vg:1/0"),
        ("names-disagree", "vg:1/1"),
        ("names-disagree", "vg:1/2"),
        ("relationship-end-refused", "vg:1/0"),
    ]
    assert "'cat', and 'dog' in the same place" in findings.rejections[0].detail


def test_a_chain_that_disagrees_keeps_its_relationships() -> None:
    scene, findings = assembled(("woman", 100), ("person", 106), ("man", 112), ("dog", 500))
    assert [item.id for item in scene.objects] == ["woman.1", "person.1", "man.1", "dog.1"]
    assert [(item.subject, item.object) for item in scene.relationships] == [("woman.1", "dog.1")]
    assert findings.rejections == []
