"""The yardstick, the ungated reward and the chart."""

from __future__ import annotations

import json
from itertools import pairwise
from types import SimpleNamespace
from xml.dom import minidom

import pytest
from miniature.chart import XY, lines_chart, mean_curve
from miniature.measuring import MeasuringBook, Yardstick, beginning_of, is_right
from miniature.rows import load_set, with_boxes_exchanged
from miniature.ungated import reward_named

from stvqa.completion import ORIGINAL_PIXELS, parse
from stvqa.rewards import find_reward
from stvqa.train.scoring import ScoreBook
from stvqa.train.tiny import make_tokenizer
from stvqa.train.wording import Wording

WORDING = Wording("question", ORIGINAL_PIXELS)


@pytest.fixture(scope="module")
def examples(small_sets, tmp_path_factory):
    return load_set(small_sets / "unseen", cache=tmp_path_factory.mktemp("cache")).data.train


def answered(example, answer):
    """The row with another gold answer."""
    return example._replace(gold=example.gold.replace(f"<answer>{parse(example.gold).answer}<", f"<answer>{answer}<"))


def wrongly(example):
    """The truth of a row, with another answer."""
    return WORDING.completion(answered(example, "Nowhere"))


def test_truths_measure_as_right_and_exchanged_boxes_as_wrong_graphs(examples):
    yardstick = Yardstick.of(examples, WORDING)
    places = range(len(examples))
    told = yardstick.figures([WORDING.completion(item) for item in examples], places)
    assert told["accuracy"] == told["format"] == told["mean_iou"] == told["right_graph"] == 1
    assert told["accuracy_right_graph"] == 1
    assert "accuracy_wrong_graph" not in told
    moved = yardstick.figures([WORDING.completion(with_boxes_exchanged(item)) for item in examples], places)
    assert moved["accuracy"] == 1
    assert moved["mean_iou"] < 0.5
    assert moved["right_graph"] < 0.5


def test_what_is_put_into_the_mouth_ends_where_a_token_does(examples):
    texts = [WORDING.completion(item) for item in examples]
    speaker = SimpleNamespace(wording=WORDING, tokenizer=make_tokenizer(texts, size=600, numbers=640))
    for item, text in zip(examples, texts, strict=True):
        beginning = beginning_of(speaker, item)
        assert text.startswith(beginning)
        assert parse(beginning).scene == parse(text).scene
        assert parse(text).answer not in beginning.partition("</scene>")[2]
        whole, part = (speaker.tokenizer(said)["input_ids"] for said in (text, beginning))
        assert whole[: len(part)] == part


def test_an_answer_counts_with_and_without_tags(examples):
    example = examples[0]
    answer = parse(example.gold).answer
    assert len(answer) > 1
    assert is_right(answer.lower(), example)
    assert is_right(f"<think>.</think>\n<answer>{answer}</answer>", example)
    assert not is_right("<think>.</think>", example)
    assert not is_right(f"{answer} or nowhere", example)
    assert not is_right(wrongly(example), example)
    figures = Yardstick.of(examples, WORDING).figures([answer], [0])
    assert figures == {
        "accuracy": 1,
        "format": 0,
        "mean_iou": 0,
        "right_graph": 0,
        "accuracy_wrong_graph": 1,
    }


def test_training_measures_against_the_true_label_and_pays_for_the_told_one(examples):
    right = examples[0]
    told = answered(right, "Nowhere")
    book = MeasuringBook(ScoreBook(find_reward("dense"), [told], WORDING, keep=0), Yardstick.of([right], WORDING))
    logged = {}
    rewards = book(
        completions=[WORDING.completion(told), WORDING.completion(right)], place=[0, 0], log_metric=logged.__setitem__
    )
    assert rewards[0] == pytest.approx(1)
    assert rewards[1] < 0.5
    assert logged["measured/accuracy"] == 0.5
    assert logged["parts/accuracy"] == 0.5


def test_ungated_pays_for_boxes_whatever_the_answer_and_not_for_their_number(examples):
    example = next(item for item in examples if item.category == "relation")
    truth = WORDING.truth(example)
    paper, ungated = find_reward("paper"), reward_named("paper-ungated", {})
    right, wrong = WORDING.completion(example), wrongly(example)
    assert paper.score(wrong, truth).spatial == 0
    assert ungated.score(wrong, truth).spatial == 1
    assert ungated.score(wrong, truth).total == pytest.approx(0.1 + 0.2)
    assert ungated.score(right, truth).total == pytest.approx(0.8)
    assert ungated.score("no tags", truth).total == 0
    assert ungated.score("no tags", truth).count is None
    scene = json.loads(right.split("<scene>")[1].split("</scene>")[0])
    flood = [{"id": f"cloud.{number}", "bbox": [0, 0, 9, 9]} for number in range(1, 40)]
    flooded = right.replace(json.dumps(scene), json.dumps({**scene, "objects": scene["objects"] + flood}))
    assert flooded != right
    assert ungated.score_many([flooded, right], [truth, truth])[0].total == pytest.approx(0.8)
    assert paper.score(flooded, truth).total < paper.score(right, truth).total


def test_a_chart_is_xml_with_a_line_and_a_name_for_each_arm():
    lines = {f"arm-{number}": [XY(1, 0.5), XY(30, 0.5 + number / 1000)] for number in range(9)}
    chart = minidom.parseString(lines_chart(lines, title="a < b", percent=True))  # noqa: S318 (our own text)
    assert len(chart.getElementsByTagName("polyline")) == 9
    names = [item for item in chart.getElementsByTagName("text") if item.firstChild.data.startswith("arm-")]
    places = sorted(float(item.getAttribute("y")) for item in names)
    assert len(places) == 9
    assert min(after - before for before, after in pairwise(places)) >= 14
    assert 0 < places[0] < places[-1] < 340


def test_a_mean_curve_is_over_trainings_and_neighbours_and_skips_what_was_not_measured():
    one = {"step": [10, 20, 30], "right": [0.1, 0.2, 0.3]}
    other = {"step": [10, 20, 30], "right": [0.3, None, 0.5]}
    without = {"step": [10, 20, 30]}
    assert mean_curve([one, other, without], "right", points=3) == [XY(10, 0.2), XY(20, 0.2), XY(30, 0.4)]
    assert mean_curve([one, other], "right", points=2) == [XY(20, pytest.approx(0.2)), XY(30, 0.4)]
    assert mean_curve([without], "right") == mean_curve([], "right") == []
