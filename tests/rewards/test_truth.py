from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from questions import question
from truths import scene_text, truth, truths

from stvqa.completion import THOUSANDTHS, BoxFrame, build_row, parse_completion
from stvqa.errors import InputError
from stvqa.rewards import find_reward, read_truth, render_truth, truth_of_row
from stvqa.rewards.scenes import MOST_OBJECTS

TWO = {"cup.1": (100, 100, 200, 200), "dog.1": (300, 100, 400, 300)}


def test_a_row_of_ours():
    row = build_row(question(), place=1)
    true = truth_of_row(row.model_dump())
    assert (true.letter, true.answer_text) == ("B", "(B) To the left")
    assert true.scene.ids == ("cup.1", "table.1")
    assert (true.width, true.height) == (1000, 1000)
    assert find_reward("dense").score(render_truth(true), true).total == 1


def test_a_row_of_the_papers_set():
    row = {
        "image_id": "2345",
        "problem": "...",
        "options": ["(A) To the right", "(B) To the left"],
        "answer": f"<scene>{scene_text(TWO)}</scene>\n<answer>B</answer>",
        "answer_only": "B",
        "category": "relation",
    }
    true = truth_of_row(row, image_size=(640, 480))
    assert true.options == ("To the right", "To the left")
    assert true.answer_text == "(B) To the left"
    for name in ("dense", "paper", "paper-release", "sparse"):
        assert find_reward(name).score(render_truth(true), true).total == pytest.approx(1, abs=1e-6)
    with pytest.raises(InputError, match="give the size of its image"):
        truth_of_row(row)
    with pytest.raises(InputError, match="column `answer`"):
        truth_of_row({"options": []})


@pytest.mark.parametrize(
    ("scene", "fault"),
    [
        (None, "missing"),
        ("{", "not-json"),
        ("[1]", "not-an-object"),
        ("{}", "not of the known shape"),
        ('{"objects": [{"id": "a.1"}]}', "not of the known shape"),
        ('{"objects": [{"id": "a.1", "bbox": [1, 2, 3]}]}', "not of the known shape"),
        ('{"objects": [{"id": "a.1", "bbox": [1, 2, "x", 4]}]}', "not of the known shape"),
        ('{"objects": [], "relationships": [{"subject": "a.1"}]}', "not of the known shape"),
        ('{"objects": [{"id": 7, "bbox": [1, 2, 3, 4]}]}', "no texts"),
        (scene_text({"cup": (1, 2, 3, 4)}), "not name.number: 'cup'"),
        (scene_text({"a.1": (5, 2, 3, 4)}), "the box of a.1"),
        (scene_text({"a.1": (1, 2, 3, 4), "b.1": (700, 2, 800, 4)}), "the box of b.1"),
        (scene_text({"a.1": (1, 2, 3, float("nan"))}), "the box of a.1"),
        (scene_text({f"a.{number}": (1, 2, 3, 4) for number in range(MOST_OBJECTS + 1)}), "more than 1,024"),
        (
            '{"objects": [{"id": "a.1", "bbox": [1, 2, 3, 4]}, {"id": "a.1", "bbox": [1, 2, 3, 4]}]}',
            "names an id twice",
        ),
    ],
)
def test_a_scene_that_cannot_serve_is_none_for_every_reward_that_needs_it(scene, fault):
    gold = ("" if scene is None else f"<scene>{scene}</scene>") + "<answer>(B) Left</answer>"
    true = read_truth(gold, image_width=640, image_height=480)
    assert true.scene is None
    assert fault in true.scene_fault
    for name in ("dense", "paper", "paper-release"):
        score = find_reward(name).score("", true)
        assert (score.count, score.spatial, score.total) == (None, None, None)
        assert score.fault == true.scene_fault
    assert find_reward("sparse").score(render_truth(true), true).total == 1


def test_a_gold_without_answer_is_none_for_every_reward():
    true = read_truth(f"<scene>{scene_text(TWO)}</scene>", image_width=640, image_height=480)
    for name in ("dense", "paper", "paper-release", "sparse"):
        score = find_reward(name).score("<think></think><answer>A</answer>", true)
        assert (score.accuracy, score.total, score.fault) == (None, None, "the gold has no <answer>")


@pytest.mark.parametrize("answer", ["E", "Above", "A or B", "(A) To the left"])
def test_a_gold_answer_that_names_no_option_is_none_for_every_reward(answer):
    true = truth(TWO, answer=answer)
    assert true.answer_fault.startswith("the gold answer")
    for name in ("dense", "paper", "paper-release", "sparse"):
        assert find_reward(name).score(render_truth(true), true).total is None


def test_boxes_that_reach_over_the_edge_are_kept():
    true = truth({"cup.1": (-5, -5, 700, 500)})
    assert true.scene.boxes.tolist() == [[-5, -5, 700, 500]]
    assert find_reward("dense").score(render_truth(true), true).total == 1


def test_the_truth_is_told_in_the_frame():
    true = truth({"cup.1": (64, 48, 128, 240)}, frame=THOUSANDTHS)
    scene = parse_completion(render_truth(true)).scene
    assert scene["objects"] == [{"id": "cup.1", "bbox": [100, 100, 200, 500]}]
    resized = truth({"cup.1": (64, 48, 128, 240)}, frame=BoxFrame("resized-pixels"))
    assert resized.size == (644, 476)
    assert parse_completion(render_truth(resized)).scene["objects"][0]["bbox"] == [64, 48, 129, 238]


def test_boxes_in_a_wrong_frame_earn_next_to_nothing():
    pixels, parts = truth(TWO), truth(TWO, frame=THOUSANDTHS)
    assert find_reward("dense").score(render_truth(pixels), parts).spatial < 0.3


@given(truths(frames=st.sampled_from([THOUSANDTHS, BoxFrame("resized-pixels"), BoxFrame()])))
def test_what_is_rendered_is_read_again(true):
    data = parse_completion(render_truth(true, observe="o", think="t")).scene
    assert [item["id"] for item in data["objects"]] == list(true.scene.ids)
    assert [item["bbox"] for item in data["objects"]] == true.scene.boxes.tolist()
    assert json.loads(json.dumps(data["relationships"])) == [triple._asdict() for triple in true.scene.triples]


@pytest.mark.parametrize("size", [(0, 480), (640, -1)])
def test_images_without_extent_are_refused(size):
    with pytest.raises(InputError, match="both sides have to be 1 or more"):
        truth(TWO, size=size)
