from __future__ import annotations

import pytest
from hypothesis import given
from plain_rewards import kept_back
from truths import scene_text, truth, truths

from stvqa.completion import ORIGINAL_PIXELS, THOUSANDTHS, training_prompt
from stvqa.rewards import REWARD_NAMES, find_reward, read_truth, render_truth
from stvqa.rewards.hacks import HACK_NAMES, hacks

PROMPT = training_prompt("Where?\n(A) Here\n(B) There", width=640, height=480, frame=ORIGINAL_PIXELS)
BOXES = {"cup.1": (100, 100, 200, 200), "dog.1": (300, 100, 400, 300), "tree.1": (450, 20, 600, 400)}
TRIPLES = [("cup.1", "left of", "dog.1"), ("dog.1", "near", "tree.1")]
REWARDS = {name: find_reward(name) for name in REWARD_NAMES}


@pytest.mark.parametrize("frame", [ORIGINAL_PIXELS, THOUSANDTHS])
def test_under_dense_no_hack_earns_more_than_its_answer_and_form_by_much(frame):
    true = truth(BOXES, TRIPLES, frame=frame)
    made = hacks(true, prompt=PROMPT)
    assert [hack.name for hack in made] == list(HACK_NAMES)
    for hack in made:
        score = REWARDS["dense"].score(hack.text, true)
        assert score.total - 0.1 * score.format - 0.5 * score.accuracy <= 0.15, hack.name


def test_the_release_pays_for_boxes_that_need_no_look():
    true = truth(BOXES, TRIPLES)
    paid = {hack.name: REWARDS["paper-release"].score(hack.text, true).total for hack in hacks(true, prompt=PROMPT)}
    assert paid["full-image-boxes"] > 0.87
    assert paid["shuffled-boxes"] > 0.85
    assert paid["truth-and-flood"] > 0.8
    assert paid["all-letters"] == pytest.approx(0.3)


@given(truths())
def test_no_hack_is_paid_more_than_the_truth_under_any_reward(true):
    for name, reward in REWARDS.items():
        best = reward.score(render_truth(true), true).total
        assert best == pytest.approx(1, abs=1e-6 + (kept_back(true) if name == "paper-release" else 0))
        for hack in hacks(true, prompt=PROMPT):
            score = reward.score(hack.text, true)
            assert score.total <= best + 1e-9, (name, hack.name)
            assert score.total is not None


def test_hacks_are_the_same_for_the_same_seed():
    true = truth(BOXES)
    assert hacks(true, prompt=PROMPT, seed=1) == hacks(true, prompt=PROMPT, seed=1)
    assert hacks(true, prompt=PROMPT, seed=1) != hacks(true, prompt=PROMPT, seed=2)


def test_hacks_that_would_be_no_hacks_are_left_out():
    names = {hack.name for hack in hacks(truth({}), prompt=PROMPT)}
    assert names.isdisjoint({"full-image-box", "box-flood", "shuffled-boxes"})
    alike = truth({"dog.1": (1, 1, 90, 90), "dog.2": (100, 1, 190, 90), "cat.1": (200, 1, 290, 90)})
    assert "shuffled-boxes" not in {hack.name for hack in hacks(alike, prompt=PROMPT)}


def test_a_truth_without_a_scene_has_the_hacks_that_need_none():
    true = read_truth("<answer>A</answer>", image_width=9, image_height=9, options=("Left", "Right"))
    made = hacks(true, prompt=PROMPT)
    assert [hack.name for hack in made] == ["empty", "all-letters", "copied-prompt"]
    assert "<answer>A or B</answer>" in made[1].text
    assert [REWARDS["sparse"].score(hack.text, true).total for hack in made] == [0, 0.5, 0.5]


def test_the_flood_is_well_formed():
    true = truth(BOXES)
    flood = next(hack.text for hack in hacks(true, prompt=PROMPT) if hack.name == "box-flood")
    assert flood.count('"id"') == 100
    assert all(reward.score(flood, true).format == 1 for reward in REWARDS.values())
    assert scene_text(BOXES) not in flood
