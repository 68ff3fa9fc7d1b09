"""The published rewards against a plain second version of their rules, with every assignment tried."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plain_rewards import kept_back, plain_reward
from truths import completion, scene_text, truth, truths

from stvqa.rewards import find_reward, render_truth

PAPER, RELEASE = find_reward("paper"), find_reward("paper-release")
TWO = {"cup.1": (100, 100, 200, 200), "dog.1": (300, 100, 400, 300)}
BOTH = pytest.mark.parametrize("reward", [PAPER, RELEASE], ids=["paper", "paper-release"])


@st.composite
def written(draw):
    """A truth and a well-formed completion of other objects."""
    true = draw(truths(least=0, most=4))
    other = draw(truths(least=0, most=4))
    answer = draw(st.sampled_from([true.answer_text, true.answer_text.upper(), "A", "(B) Right", "A or B"]))
    scene = other.scene
    scaled = scene.boxes / (other.size * 2) * (true.size * 2)
    boxes = dict(zip(scene.ids, scaled.tolist(), strict=True))
    return true, boxes, scene.triples, answer


@BOTH
@given(written())
def test_the_rules_of_the_table(reward, case):
    true, boxes, triples, answer = case
    width, height = true.size
    shares = [(name, (b[0] / width, b[1] / height, b[2] / width, b[3] / height)) for name, b in boxes.items()]
    gold_boxes = (true.scene.boxes / (true.size * 2)).tolist()
    gold = {
        "objects": list(zip(true.scene.ids, gold_boxes, strict=True)),
        "triples": true.scene.triples,
        "answer": true.answer_text,
    }
    score = reward.score(completion(scene_text(boxes, triples), answer), true)
    rules = "release" if reward is RELEASE else "paper"
    found = plain_reward(shares, triples, answer, gold, rules=rules, near=score.spatial)
    count, accuracy, spatial, total = found
    assert score.format == 1
    assert score.count == pytest.approx(count)
    assert score.accuracy == accuracy
    assert score.spatial == pytest.approx(spatial, abs=1e-9)
    assert score.total == pytest.approx(total, abs=1e-9)


def _noisy_box(draw, width, height):
    """Any box: in the image or over its edge, of reversed sides, or flat in one or both directions."""
    left, right = (draw.uniform(-0.2, 1.2) * width for _ in range(2))
    top, bottom = (draw.uniform(-0.2, 1.2) * height for _ in range(2))
    kind = draw.random()
    if kind < 0.5:
        return [min(left, right), min(top, bottom), max(left, right), max(top, bottom)]
    flat = draw.choice([(left, top, right, top), (left, top, left, bottom), (left, top, left, top)])
    return list(flat) if kind > 0.7 else [left, top, right, bottom]


def test_the_release_is_met_to_the_last_digits_on_noisy_completions():
    draw, names = random.Random(7), ("cup", "dog", "traffic_light", "Cup")
    reward = find_reward("paper-release", similarity="exact")
    for _ in range(4096):
        width, height = draw.randint(60, 3000), draw.randint(60, 3000)
        gold = {}
        for number in range(draw.randint(0, 4)):
            left, top = draw.randint(0, width - 2), draw.randint(0, height - 2)
            box = (left, top, draw.randint(left + 1, width), draw.randint(top + 1, height))
            gold[f"{draw.choice(names)}.{number}"] = box
        kept = {name: [side + draw.gauss(0, 9) for side in box] for name, box in gold.items() if draw.random() < 0.6}
        more = {f"{draw.choice(names)}.{8 + n}": _noisy_box(draw, width, height) for n in range(draw.randint(0, 2))}
        triples = [("cup.0", "on", "dog.1")] * draw.randint(0, 2)
        true = truth(gold, triples, size=(width, height))
        said = {**kept, **more}
        score = reward.score(completion(scene_text(said, triples[:1]), true.answer_text), true)
        scale = (1 / width, 1 / height) * 2
        shares, gold_shares = (
            [(name, [side * part for side, part in zip(box, scale, strict=True)]) for name, box in boxes.items()]
            for boxes in (said, gold)
        )
        known = {"objects": gold_shares, "triples": triples, "answer": true.answer_text}
        found = plain_reward(
            shares, triples[:1], true.answer_text, known, rules="release", near=score.spatial, alike=str.__eq__
        )
        assert (score.count, score.spatial, score.total) == pytest.approx((found[0], found[2], found[3]), abs=1e-12)


def test_a_flat_box_of_reversed_sides_leans_the_other_way():
    true = truth({"cup.1": (300, 200, 400, 300)})
    forth, back = (
        RELEASE.score(completion({"cup.1": box}, true.answer_text), true).spatial
        for box in ((300, 250, 400, 250), (400, 250, 300, 250))
    )
    assert back < forth - 0.3


def test_the_constant_of_the_release_costs_the_truth_of_small_boxes_a_little():
    true = truth({"cup.1": (10, 10, 14, 14)})
    lost = 1 - RELEASE.score(render_truth(true), true).total
    assert lost == pytest.approx(0.2 * 0.5 * 1e-7 * 640 * 480 / 16, rel=0.01)
    assert PAPER.score(render_truth(true), true).total == pytest.approx(1, abs=1e-12)


@BOTH
@given(truths())
def test_the_truth_is_paid_in_full(reward, true):
    lost = kept_back(true) if reward is RELEASE else 0.0
    assert reward.score(render_truth(true), true).total == pytest.approx(1, abs=1e-9 + lost)


def test_extra_boxes_are_free_in_the_release_but_for_the_count():
    true = truth(TWO)
    flood = {**TWO, **{f"cup.{number}": (number, 1, number + 5, 9) for number in range(10, 60)}}
    score = RELEASE.score(completion(flood, true.answer_text), true)
    assert (score.spatial, score.count) == (pytest.approx(1, abs=1e-5), 0)


def test_missing_boxes_cost_their_share_in_the_release_and_nothing_in_the_paper():
    true = truth(TWO)
    one = completion({"cup.1": TWO["cup.1"]}, true.answer_text)
    assert RELEASE.score(one, true).spatial == pytest.approx(0.5, abs=1e-5)
    assert PAPER.score(one, true).spatial == pytest.approx(1)


def test_relations_count_in_the_release_only_where_the_truth_has_some():
    text = completion(scene_text(TWO, [("cup.1", "on", "dog.1")]), "(B) To the left")
    assert RELEASE.score(text, truth(TWO)).count == 1
    assert PAPER.score(text, truth(TWO)).count == pytest.approx(0.7)
    related = truth(TWO, [("cup.1", "near", "dog.1")] * 2)
    assert RELEASE.score(text, related).count == pytest.approx(0.85)


def test_no_objects_in_the_truth():
    related = truth({}, [("cup.1", "on", "dog.1")])
    assert RELEASE.score(completion(TWO, related.answer_text), related).spatial == 1
    assert PAPER.score(completion(TWO, related.answer_text), related).spatial == 0
    true = truth({})
    assert RELEASE.score(completion({}, true.answer_text), true).spatial == 1
    assert RELEASE.score(completion(TWO, true.answer_text), true).spatial == 0


def test_a_scene_without_the_key_objects_counts_nothing_in_the_release():
    true = truth({})
    score = RELEASE.score(completion('{"relationships": []}', true.answer_text), true)
    assert (score.format, score.count, score.spatial) == (1, 0, 1)


def test_answers_are_compared_with_the_option_text():
    true = truth(TWO, answer="B")
    accuracies = [
        [reward.score(completion(TWO, answer), true).accuracy for reward in (PAPER, RELEASE)]
        for answer in ("(B) To the left", "(b) to the left ", "B", "To the left", "(A) To the right")
    ]
    assert accuracies == [[1, 1], [0, 1], [0, 0], [0, 0], [0, 0]]
    bare = truth(TWO, answer="B", options=())
    assert RELEASE.score(completion(TWO, "b"), bare).accuracy == 1
    assert RELEASE.score(completion(TWO, "(B) To the left"), bare).accuracy == 0


@BOTH
def test_gates(reward):
    true = truth(TWO)
    wrong = reward.score(completion(TWO, "(A) To the right"), true)
    assert (wrong.format, wrong.count, wrong.accuracy, wrong.spatial) == (1, 1, 0, 0)
    assert wrong.total == pytest.approx(0.3)
    assert wrong.details.mean_iou == pytest.approx(1)
    malformed = reward.score(completion("{", true.answer_text), true)
    assert (malformed.format, malformed.count, malformed.accuracy, malformed.spatial, malformed.total) == (0,) * 5


@BOTH
@pytest.mark.parametrize("side", [float("nan"), float("inf"), -float("inf"), 1e308, 10**400, -1e200])
def test_numbers_that_crash_the_original_are_a_pair_without_a_match(reward, side):
    true = truth(TWO)
    objects = [{"id": "cup.1", "bbox": [side, 100, 200, 200]}, {"id": "dog.1", "bbox": [300, 100, 400, 300]}]
    text = json.dumps({"objects": objects, "relationships": []})
    score = reward.score(completion(text, true.answer_text), true)
    assert score.format == 1
    assert score.spatial == pytest.approx(0.5 if reward is RELEASE else 0)


def test_a_truth_that_nobody_could_write_is_of_no_use_to_the_release():
    true = truth({"t-shirt.1": (100, 100, 200, 200)})
    score = RELEASE.score(render_truth(true), true)
    assert (score.total, score.count, score.spatial) == (None, None, None)
    assert "the id t-shirt.1 of the gold scene is malformed" in score.fault
    assert PAPER.score(render_truth(true), true).total == 1
    dangling = truth(TWO, [("cup.1", "on", "the table")])
    assert RELEASE.score("", dangling).total is None


def test_reversed_boxes_have_a_score():
    true = truth(TWO)
    score = RELEASE.score(
        completion({"cup.1": (200, 200, 100, 100), "dog.1": (400, 100, 300, 300)}, true.answer_text), true
    )
    assert 0 <= score.spatial < 0.6


@BOTH
def test_a_truth_of_many_objects_is_paid_in_full(reward):
    true = truth({f"{name}.{place}": (place, 10, place + 20, 40) for place, name in enumerate(["cup", "dog"] * 90)})
    assert reward.score(render_truth(true), true).total == pytest.approx(1, abs=1e-5)


@BOTH
@pytest.mark.parametrize("names", [["cup"], [f"thing{chr(97 + place)}" for place in range(26)]], ids=["one", "many"])
def test_a_flood_beyond_what_is_compared_does_not_gain_by_it(reward, names):
    true = truth({f"cup.{place}": (place % 600, place, place % 600 + 20, place + 30) for place in range(400)})
    first = dict(list(zip(true.scene.ids, true.scene.boxes.tolist(), strict=True))[:50])
    flood = {f"{names[place % len(names)]}.{place + 1000}": (600, 400, 620, 430) for place in range(900)}
    alone = reward.score(completion(first, true.answer_text), true)
    flooded = reward.score(completion({**first, **flood}, true.answer_text), true)
    assert flooded.spatial < alone.spatial + (0.06 if reward is RELEASE else 0)
    assert flooded.details.matched == 32768 // 400
