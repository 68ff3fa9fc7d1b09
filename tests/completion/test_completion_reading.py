from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stvqa.completion import parse, parse_completion, render
from stvqa.completion.reading import LONGEST_SCENE, MOST_CONTAINERS, decode_scene
from stvqa.completion.tags import BLOCKS, Completion

WHOLE = "<observe>o</observe><scene>{}</scene><think>t</think><answer>a</answer>"


@pytest.mark.parametrize(
    ("text", "state"),
    [
        (WHOLE, "in-order"),
        (f"Well: {WHOLE} That is all.", "in-order"),
        ("", "missing"),
        (WHOLE.replace("</think>", ""), "missing"),
        (WHOLE.replace("<think>t</think>", ""), "missing"),
        (WHOLE + "<answer>b</answer>", "repeated"),
        (WHOLE.replace("<think>t", "<think>the <scene>"), "repeated"),
        (WHOLE + "</answer>", "out-of-order"),
        (f"</scene>{WHOLE}", "out-of-order"),
        ("<answer>a</answer><observe>o</observe><scene>{}</scene><think>t</think>", "out-of-order"),
        ("<observe><scene>{}</scene></observe><think>t</think><answer>a</answer>", "out-of-order"),
        ("<observe>o<scene></observe>{}</scene><think>t</think><answer>a</answer>", "out-of-order"),
    ],
)
def test_how_tags_stand(text, state):
    assert parse_completion(text).tags == state


def test_think_and_answer_alone_are_judged_for_themselves():
    parsed = parse_completion("<think>t</think><answer>a</answer>")
    assert (parsed.tags, parsed.pair_tags) == ("missing", "in-order")
    assert parse_completion("<answer>a</answer><think>t</think>").pair_tags == "out-of-order"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (None, "missing"),
        ("", "not-json"),
        ("{'objects': []}", "not-json"),
        ('{"objects": [9' + "9" * 5000 + "]}", "not-json"),
        ("[]", "not-an-object"),
        ("3", "not-an-object"),
        ("[" * 5000, "too-deep"),
        ('{"a":' * 5000, "too-deep"),
        ('{"a": "' + "x" * LONGEST_SCENE + '"}', "too-long"),
        ('{"a": [' + ",".join(["[]"] * MOST_CONTAINERS) + "]}", "too-long"),
    ],
)
def test_why_a_scene_is_not_read(text, fault):
    assert decode_scene(text) == (None, fault, False)


def test_constants_that_are_no_json_are_noted():
    assert decode_scene('{"a": [1, -Infinity, NaN]}').has_constants
    assert not decode_scene('{"a": "NaN Infinity"}').has_constants
    assert not decode_scene('{"a": 1e999}').has_constants


def test_a_scene_of_a_thousand_objects_and_relations_is_read():
    objects = [{"id": f"thing.{number}", "bbox": [100, 200, 300, 400]} for number in range(1000)]
    triples = [{"subject": "thing.1", "predicate": "next to", "object": "thing.2"}] * 1000
    assert decode_scene(json.dumps({"objects": objects, "relationships": triples})).fault is None


pieces = st.sampled_from(
    [f"<{name}>" for name in BLOCKS] + [f"</{name}>" for name in BLOCKS] + ["{", "}", "[]", '"a":', "1"]
)


@given(st.lists(pieces | st.text(max_size=5), max_size=40).map("".join))
def test_any_text_is_read_and_has_the_blocks_of_parse(text):
    parsed = parse_completion(text)
    assert parsed.blocks == parse(text)
    assert (parsed.tags == "missing") == (None in parsed.blocks)
    assert (parsed.scene is None) == (parsed.scene_fault is not None)


safe = st.text(max_size=30).filter(lambda value: "<" not in value)


@given(st.builds(Completion, safe, safe, safe, safe))
def test_what_is_rendered_is_in_order(whole):
    assert parse_completion(render(whole)).tags == "in-order"
    assert parse_completion(render(whole)).blocks == whole
