"""Words of a source that no published text may hold: the part is refused and counted, the image goes on."""

from __future__ import annotations

import pytest

from stvqa.records import ImageReference
from stvqa.sources.assembly import Findings, RawObject, RawTriple, SceneFrame, assemble_scene

FRAME = SceneFrame("vg:1", "vg", "1", None, 800, 600, ImageReference(kind="placeholder"))
UNFIT = ["cup\x1b[2J", "cup\u202e", "c\u200bup", "<b>cup</b>", "cup &amp; mug", "www.cup.org", "[cup](x)"]
FIT = {
    "the “cup”": "cup",
    "cup\u00a0of tea": "cup of tea",
    "mug\u00ad": "mug",
    "black & white cat": "black & white cat",
}


def assembled(*, name="cup", attribute="red", predicate="on"):
    findings = Findings("vg:1")
    objects = [
        RawObject("1", (name,), 10, 10, 100, 100, (attribute,)),
        RawObject("2", ("table",), 0, 100, 500, 300),
        RawObject("3", ("dog",), 600, 100, 100, 300),
    ]
    triples = [RawTriple("7", "1", predicate, "2"), RawTriple("8", "3", "near", "2")]
    return assemble_scene(FRAME, objects, triples=triples, findings=findings), findings


@pytest.mark.parametrize("said", UNFIT)
def test_an_object_of_such_a_name_is_refused(said):
    scene, findings = assembled(name=said)
    assert [item.name for item in scene.objects] == ["table", "dog"]
    assert [item.reason for item in findings.rejections] == ["name-unfit", "relationship-end-refused"]


@pytest.mark.parametrize("said", UNFIT)
def test_an_attribute_is_left_out_and_counted(said):
    scene, _ = assembled(attribute=said)
    assert scene.objects[0].attributes == ()
    assert scene.mends["attribute-unfit"] == 1


@pytest.mark.parametrize("said", UNFIT)
def test_a_relationship_of_such_a_predicate_is_refused(said):
    scene, findings = assembled(predicate=said)
    assert [triple.predicate for triple in scene.relationships] == ["near"]
    assert [item.reason for item in findings.rejections] == ["predicate-unfit"]
    assert "\x1b" not in findings.rejections[0].detail


@pytest.mark.parametrize(("said", "name"), FIT.items())
def test_what_typesetting_leaves_behind_is_mended(said, name):
    scene, findings = assembled(name=said)
    assert scene.objects[0].name == name
    assert findings.rejections == []
