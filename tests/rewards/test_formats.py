from __future__ import annotations

import json

import pytest
from truths import completion, scene_text

from stvqa.completion import parse_completion
from stvqa.rewards.formats import read_as_paper, read_as_release, read_strictly

GOOD = {"cup.1": (1, 2, 3, 4), "dog.2": (5, 6, 7, 8)}


def faults(text):
    parsed = parse_completion(text)
    return tuple(read(parsed).fault for read in (read_strictly, read_as_release, read_as_paper))


def scene(objects=(), triples=(), **more):
    return completion(json.dumps({"objects": list(objects), "relationships": list(triples), **more}), "A")


def thing(name="cup.1", box=(1, 2, 3, 4), **more):
    return {"id": name, "bbox": list(box) if isinstance(box, tuple) else box, **more}


def triple(subject="cup.1", predicate="on", target="dog.2", **more):
    return {"subject": subject, "predicate": predicate, "object": target, **more}


@pytest.mark.parametrize(
    ("text", "strict", "release", "paper"),
    [
        (completion(GOOD, "A"), "", "", ""),
        (scene(), "", "", ""),
        (completion(GOOD, "A") + "<answer>B</answer>", "tag-repeated", "tag-repeated", ""),
        (completion(GOOD, "A") + "</answer>", "tag-order", "", ""),
        (
            '<answer>A</answer><scene>{"objects": [], "relationships": []}</scene><think></think><observe></observe>',
            "tag-order",
            "",
            "",
        ),
        ("<think></think><answer>A</answer>", "tag-missing", "tag-missing", "tag-missing"),
        (completion("{", "A"), "scene-not-json", "scene-not-json", "scene-not-json"),
        (completion("[]", "A"), "scene-not-an-object", "scene-not-an-object", "scene-not-an-object"),
        (completion("{}", "A"), "scene-shape", "scene-shape", ""),
        (completion('{"objects": []}', "A"), "scene-shape", "", ""),
        (completion('{"objects": {}, "relationships": []}', "A"), "scene-shape", "scene-shape", "scene-shape"),
        (scene([thing(box=(1, 2, float("nan"), 4))]), "scene-not-json", "", ""),
        (scene([thing("t-shirt.1")]), "", "object-shape", ""),
        (scene([thing("cup")]), "object-shape", "object-shape", "object-shape"),
        (scene([thing("7.1")]), "object-shape", "object-shape", "object-shape"),
        (scene([thing(colour="red")]), "", "object-shape", ""),
        (scene([thing(box=(1, 2, 3))]), "object-shape", "object-shape", "object-shape"),
        (scene([thing(box=(1, 2, 3, "4"))]), "object-shape", "object-shape", "object-shape"),
        (scene([thing(box=(1, 2, 3, True))]), "object-shape", "", "object-shape"),
        (scene([thing(box={"x": 1})]), "object-shape", "object-shape", "object-shape"),
        (scene([{"id": "cup.1"}]), "object-shape", "object-shape", "object-shape"),
        (scene([{"id": 1, "bbox": [1, 2, 3, 4]}]), "object-shape", "object-shape", "object-shape"),
        (scene([3]), "object-shape", "object-shape", "object-shape"),
        (scene([thing(), thing()]), "id-repeated", "id-repeated", ""),
        (scene([thing()], [triple(more=1)]), "", "", ""),
        (scene([thing()], [triple("the cup")]), "", "relation-shape", ""),
        (scene([thing()], [triple(predicate=3)]), "relation-shape", "relation-shape", "relation-shape"),
        (
            scene([thing()], [{"subject": "cup.1", "object": "dog.2"}]),
            "relation-shape",
            "relation-shape",
            "relation-shape",
        ),
        (scene([thing()], ["cup on dog"]), "relation-shape", "relation-shape", "relation-shape"),
        (scene([thing(box=(9, 8, 7, 6)), thing("dog.2", (-5, 0, 1e9, 1e308))]), "", "", ""),
    ],
)
def test_forms(text, strict, release, paper):
    assert faults(text) == (strict, release, paper)


def test_what_is_read():
    text = completion(scene_text({"traffic_light.12": (1, 2, 3.5, 4)}, [("traffic_light.12", "near", "cup.1")]), "A")
    read = read_strictly(parse_completion(text)).scene
    assert read.ids == ("traffic_light.12",)
    assert read.labels == ("traffic light",)
    assert read.boxes.tolist() == [[1, 2, 3.5, 4]]
    assert read.triples == (("traffic_light.12", "near", "cup.1"),)


def test_whole_numbers_beyond_a_float_are_infinite():
    read = read_strictly(parse_completion(scene([thing(box=(-(10**400), 0, 10**400, 4))]))).scene
    assert read.boxes.tolist() == [[float("-inf"), 0, float("inf"), 4]]
