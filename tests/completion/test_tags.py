from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scenes import scene, scenes

from stvqa.completion import Completion, parse, render, render_answer, render_options, render_scene

text = st.text(max_size=60).filter(
    lambda value: not any(f"{tag}>" in value for tag in ("observe", "scene", "think", "answer"))
)
block = st.none() | text


@given(st.builds(Completion, block, block, block, block))
def test_what_is_rendered_is_parsed_again(completion):
    assert parse(render(completion)) == completion


@given(st.text(max_size=300))
def test_any_text_parses(anything):
    assert isinstance(parse(anything), Completion)


def test_the_first_block_of_a_kind_counts():
    assert parse("<answer>A</answer> so <answer>B</answer>").answer == "A"
    assert parse("<answer>A").answer is None


@given(scenes())
def test_a_scene_is_json_with_whole_pixels(graph):
    data = json.loads(render_scene(graph))
    assert [item["id"] for item in data["objects"]] == [item.id for item in graph.objects]
    assert all(isinstance(side, int) for item in data["objects"] for side in item["bbox"])
    assert len(data["relationships"]) == len(graph.relationships)


def test_scene_and_options_look_as_documented():
    graph = scene({"cup.1": (10.4, 20, 60, 90), "dog.1": (1, 2, 3, 4)}, [("cup.1", "near", "dog.1")])
    assert render_scene(graph) == (
        '{"objects": [{"id": "cup.1", "bbox": [10, 20, 60, 90]}, {"id": "dog.1", "bbox": [1, 2, 3, 4]}], '
        '"relationships": [{"subject": "cup.1", "predicate": "near", "object": "dog.1"}]}'
    )
    assert render_options(("Left", "Right")) == "(A) Left\n(B) Right"
    assert render_answer(3, "The cup") == "(D) The cup"


@pytest.mark.parametrize(
    ("box", "told"),
    [
        ((1.5, 10, 2.5, 20), [1, 10, 3, 20]),
        ((10, 7.0, 20, 7.4), [10, 7, 20, 8]),
        ((1.5, 2.5, 3.5, 4.5), [2, 2, 4, 4]),
        ((0.5, 10.49, 1.51, 11.5), [0, 10, 2, 12]),
    ],
)
def test_a_box_keeps_an_area_and_is_else_rounded(box, told):
    assert json.loads(render_scene(scene({"cup.1": box})))["objects"][0]["bbox"] == told
