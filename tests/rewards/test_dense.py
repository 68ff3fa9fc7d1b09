from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from truths import completion, scene_text, truth, truths

from stvqa.completion import ORIGINAL_PIXELS, THOUSANDTHS, BoxFrame
from stvqa.errors import InputError
from stvqa.rewards import DenseSettings, find_reward, matching, render_truth
from stvqa.rewards.scenes import label_of

DENSE = find_reward("dense")
TWO = {"cup.1": (100, 100, 200, 200), "dog.1": (300, 100, 400, 300)}
ON = [("cup.1", "on", "dog.1")]
FRAMES = (ORIGINAL_PIXELS, THOUSANDTHS, BoxFrame("resized-pixels", max_pixels=200_000))


def spatial(boxes, true, triples=(), *, reward=DENSE):
    return reward.score(completion(scene_text(boxes, triples), true.answer_text), true).spatial


def shifted(boxes, by):
    return {name: (x1 + by, y1, x2 + by, y2) for name, (x1, y1, x2, y2) in boxes.items()}


@given(truths(frames=st.sampled_from(FRAMES)))
def test_the_truth_is_paid_in_full_in_every_frame(true):
    score = DENSE.score(render_truth(true), true)
    assert score.total == pytest.approx(1)
    assert score.count == pytest.approx(1)
    assert not true.scene.ids or score.details.mean_iou == pytest.approx(1)


@given(truths(), truths())
def test_nothing_is_paid_more_than_the_truth(true, other):
    score = DENSE.score(render_truth(other._replace(answer=true.answer, options=true.options)), true)
    assert 0 <= score.total <= 1
    assert all(0 <= part <= 1 for part in (score.format, score.count, score.accuracy, score.spatial))


@given(st.lists(truths(), min_size=1, max_size=5), st.lists(truths(), min_size=1, max_size=5))
def test_many_are_scored_as_one_by_one(first, second):
    pairs = list(zip(first, second, strict=False))
    texts, against = [render_truth(a) for a, _ in pairs] + ["", "x"], [b for _, b in pairs] + [first[0]] * 2
    together = DENSE.score_many(texts, against)
    assert together == [DENSE.score(text, true) for text, true in zip(texts, against, strict=True)]


def test_boxes_that_come_nearer_are_paid_more_all_the_way():
    true = truth({"cup.1": (10, 10, 60, 60)})
    values = [
        spatial(shifted({"cup.1": (10, 10, 60, 60)}, by), true) for by in (560, 400, 200, 100, 60, 40, 20, 10, 5, 0)
    ]
    assert values == sorted(values)
    assert len(set(values)) == len(values)
    assert values[0] < 0.01
    assert values[4] < 0.1
    assert values[-1] == 1


def test_extra_missing_and_doubled_boxes_cost():
    true = truth(TWO)
    extra = {**TWO, "tree.1": (500, 100, 600, 200)}
    assert spatial(extra, true) == pytest.approx(4 / 5)
    assert spatial({"cup.1": TWO["cup.1"]}, true) == pytest.approx(2 / 3)
    doubled = {**TWO, "cup.2": TWO["cup.1"], "dog.2": TWO["dog.1"]}
    assert spatial(doubled, true) == pytest.approx(2 / 3)
    flood = {**TWO, **{f"cup.{number}": (number, 1, number + 50, 90) for number in range(10, 210)}}
    assert spatial(flood, true) < 0.03


def test_boxes_that_need_no_look_are_worth_next_to_nothing():
    true = truth({"dog.1": (10, 10, 420, 330)})
    cut = find_reward("dense", settings={"blind_limit": 0})
    for box in ((0, 0, 640, 480), (80, 60, 560, 420), (160, 120, 480, 360)):
        assert spatial({"dog.1": box}, true) < 0.12
        assert spatial({"dog.1": box}, true, reward=cut) > 0.3
    small = truth(TWO)
    assert spatial(dict.fromkeys(TWO, (0, 0, 640, 480)), small) < 0.03


def test_names_are_compared_by_meaning():
    true = truth({"man.1": (100, 100, 200, 200), "couch.1": (300, 100, 400, 300)})
    boxes = list(true.scene.boxes.tolist())
    values = {}
    for first, second in (("guy.1", "sofa.4"), ("woman.1", "couch.1"), ("dog.1", "couch.1"), ("couch.1", "man.1")):
        score = DENSE.score(completion({first: boxes[0], second: boxes[1]}, true.answer_text), true)
        values[first] = (score.count, score.spatial)
    assert values["guy.1"] == (1, 1)
    assert values["woman.1"] == pytest.approx((0.875, 0.875))
    assert values["dog.1"] == pytest.approx((0.5, 0.5))
    assert values["couch.1"][0] == 1
    assert values["couch.1"][1] < 0.1


def test_a_name_stands_for_what_it_is_nearest_to():
    true = truth({"stool.1": (10, 10, 100, 100), "chair.1": (300, 10, 400, 200)})
    swapped = {"chair.1": (10, 10, 100, 100), "stool.1": (300, 10, 400, 200)}
    assert spatial(swapped, true) < 0.05
    alone = truth({"stool.1": (10, 10, 100, 100)})
    assert spatial({"chair.1": (10, 10, 100, 100)}, alone) >= 0.7


def test_objects_of_one_name_are_told_apart_by_their_boxes():
    true = truth({"cup.1": (10, 10, 60, 60), "cup.2": (300, 10, 360, 60), "cup.3": (10, 300, 60, 360)})
    turned = {"cup.7": (10, 300, 60, 360), "cup.8": (10, 10, 60, 60), "cup.9": (300, 10, 360, 60)}
    assert spatial(turned, true) == pytest.approx(1)


def test_relations_count_as_much_as_their_ends_are_right():
    true = truth(TWO, ON)
    assert spatial(TWO, true, ON) == 1
    assert spatial(TWO, true) == pytest.approx(0.7)
    assert spatial(TWO, true, [("dog.1", "on", "cup.1")]) == pytest.approx(0.7)
    assert spatial(TWO, true, [*ON, ("cup.1", "behind", "dog.1")]) == pytest.approx(0.7 + 0.3 * 2 / 3)
    assert spatial(TWO, true, [("cup.1", "sitting on", "dog.1")]) == pytest.approx(0.7 + 0.3 * 0.5)
    assert spatial(TWO, true, [*ON, ("cup.1", "on", "table.9")]) == pytest.approx(0.7 + 0.3 * 2 / 3)
    assert spatial(TWO, true, [*ON, *[("ghost.1", "on", f"ghost.{n}") for n in range(2, 100)]]) < 0.71
    loose = [*ON, ("cup.1", "on", "table.9")]
    assert spatial(TWO, truth(TWO, loose), loose) == 1
    assert spatial(TWO, truth(TWO, loose), ON) == 1
    full = dict.fromkeys(TWO, (0, 0, 640, 480))
    assert spatial(full, true, ON) < 0.03


def test_the_inverse_of_a_relation_is_the_relation():
    true = truth(TWO, [("cup.1", "left of", "dog.1"), ("cup.1", "near", "dog.1")])
    said = [("dog.1", "to the right of", "cup.1"), ("cup.1", "close to", "dog.1")]
    assert spatial(TWO, true, said) == pytest.approx(1)


@pytest.mark.parametrize(
    "both",
    [
        [("cup.1", "left of", "dog.1"), ("dog.1", "right of", "cup.1")],
        [("cup.1", "next to", "dog.1"), ("dog.1", "next to", "cup.1")],
        [("cup.1", "touching", "dog.1"), ("dog.1", "touching", "cup.1"), ("cup.1", "near", "dog.1")],
    ],
)
def test_what_the_truth_says_in_both_directions_has_to_be_said_in_both(both):
    true = truth(TWO, both)
    assert spatial(TWO, true, both) == pytest.approx(1)
    assert spatial(TWO, true, both[::-1]) == pytest.approx(1)
    for left_out in range(len(both)):
        fewer = both[:left_out] + both[left_out + 1 :]
        agreed = 2 * len(fewer) / (len(fewer) + len(both))
        assert spatial(TWO, true, fewer) == pytest.approx(0.7 + 0.3 * agreed)


PREDICATES = ["left of", "right of", "on", "under", "next to", "near", "touching", "sitting on", "unheard of"]
THREE = {**TWO, "tree.1": (400, 200, 520, 460)}
TRIPLES = st.lists(
    st.tuples(st.sampled_from(sorted(THREE)), st.sampled_from(PREDICATES), st.sampled_from(sorted(THREE))), max_size=6
)


@given(TRIPLES.filter(bool), TRIPLES, st.data())
def test_no_choice_of_relations_earns_more_than_those_of_the_truth(wanted, others, data):
    true = truth(THREE, wanted)
    assert spatial(THREE, true, wanted) == pytest.approx(1)
    kept = data.draw(st.lists(st.sampled_from(wanted), max_size=6))
    for said in (others, kept, kept + others):
        assert 0.7 - 1e-9 <= spatial(THREE, true, said) <= 1 + 1e-9


def test_gates_and_weights():
    true = truth(TWO)
    wrong = DENSE.score(completion(TWO, "(A) To the right"), true)
    assert (wrong.count, wrong.accuracy, wrong.spatial) == (1, 0, 0)
    assert wrong.total == pytest.approx(0.15)
    assert wrong.details.mean_iou == pytest.approx(1)
    open_gate = find_reward("dense", settings={"gate": "none"})
    assert open_gate.score(completion(TWO, "A"), true).total == pytest.approx(0.5)
    malformed = DENSE.score(completion("{", true.answer_text), true)
    assert (malformed.format, malformed.count, malformed.accuracy, malformed.spatial, malformed.total) == (0,) * 5
    assert malformed.details.format_fault == "scene-not-json"


def test_several_answers_are_no_answer():
    assert DENSE.score(completion(TWO, "A or B"), truth(TWO)).total == pytest.approx(0.15)


def test_a_truth_without_scene_or_answer_gives_none():
    no_scene = truth(TWO)._replace(scene=None, scene_fault="the gold scene cannot be used: missing")
    score = DENSE.score(completion(TWO, "B"), no_scene)
    assert (score.format, score.accuracy, score.count, score.spatial, score.total) == (1, 1, None, None, None)
    assert score.fault == "the gold scene cannot be used: missing"
    no_answer = truth(TWO, answer=" ")
    score = DENSE.score(completion(TWO, "B"), no_answer)
    assert (score.format, score.accuracy, score.total) == (1, None, None)
    assert DENSE.score("", no_answer).total is None


def test_a_truth_without_objects_asks_for_none():
    true = truth({})
    assert DENSE.score(completion({}, "B"), true).total == 1
    assert DENSE.score(completion(TWO, "B"), true).total == pytest.approx(0.6)


@pytest.mark.parametrize(
    "box",
    [
        [float("inf"), 0, 1, 1],
        [-1e308, -1e308, 1e308, 1e308],
        [10**400, 0, 1, 1],
        [200, 200, 100, 100],
        [5, 5, 5, 5],
        [-50, -50, -10, -10],
        [1e-320, 1e-320, 2e-320, 2e-320],
        [700, 500, 900, 900],
    ],
)
def test_hard_boxes_have_a_score(box):
    true = truth(TWO)
    text = json.dumps({"objects": [{"id": "cup.1", "bbox": box}], "relationships": []}).replace("Infinity", "1e999")
    score = DENSE.score(completion(text, true.answer_text), true)
    assert score.format == 1
    assert score.spatial < 0.02


def test_a_flood_of_one_name_is_matched_as_far_as_time_allows():
    boxes = {f"cup.{n}": (n * 6, 100, n * 6 + 50, 200) for n in range(1, 101)}
    true = truth(boxes)
    assert spatial(boxes, true) == pytest.approx(1)
    flood = {f"cup.{n}": (5, 5, 6, 6) for n in range(101, 1001)}
    before, after = spatial({**boxes, **flood}, true), spatial({**flood, **boxes}, true)
    assert before == pytest.approx(2 * 100 / 1100, abs=1e-6)
    assert 0 <= after < 0.02


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["objects", "relationships", "id", "bbox", "subject"]), inner, max_size=4)
    ),
    max_leaves=20,
)


@pytest.mark.parametrize("name", ["dense", "paper", "paper-release", "sparse"])
@given(st.one_of(st.text(max_size=200), json_values.map(json.dumps)), st.text(max_size=20))
def test_anything_has_a_score(name, scene, answer):
    score = find_reward(name).score(completion(scene, answer), truth(TWO, ON))
    assert 0 <= score.total <= 1


def test_variants_are_named_by_settings():
    true = truth({"cup.1": (100, 100, 200, 200)})
    far = {"cup.1": (400, 100, 500, 200)}
    none = find_reward("dense", settings={"tail": "none"})
    giou = find_reward("dense", settings={"tail": "giou"})
    mapped = find_reward("dense", settings={"overlap": "mapped-ciou", "tail": "none", "blind_limit": 0})
    assert spatial(far, true, reward=none) == 0
    assert 0 < spatial(far, true) < spatial(far, true, reward=giou) < spatial(far, true, reward=mapped)
    for reward in (none, giou, mapped):
        assert reward.score(render_truth(true), true).total == pytest.approx(1)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"format_weight": 0.5}, "sum to"),
        ({"tail": "long"}, "tail"),
        ({"wieght": 1}, "wieght"),
        ({"tail_share": 2}, "tail_share"),
    ],
)
def test_settings_that_do_not_fit_are_refused(settings, message):
    with pytest.raises(InputError, match=message):
        find_reward("dense", settings=settings)


def test_the_default_weights_sum_to_one():
    settings = DenseSettings()
    assert (
        settings.format_weight + settings.count_weight + settings.accuracy_weight + settings.spatial_weight
        == pytest.approx(1)
    )


def test_made_up_relations_cost_where_the_truth_has_none():
    true = truth(TWO)
    spatials = [
        DENSE.score(completion(scene_text(TWO, [("cup.1", f"p{n}", "dog.1") for n in range(count)]), "B"), true).spatial
        for count in (0, 1, 2, 98)
    ]
    assert spatials == pytest.approx([1, 1 - 0.3 / 3, 1 - 0.3 / 2, 1 - 0.3 * 0.98])
    assert DENSE.score(completion(scene_text({}, [("a", "on", "b")]), "B"), truth({})).spatial == pytest.approx(0.7)


def test_repeating_a_relation_of_the_truth_that_cannot_be_met_is_not_making_one_up():
    triple = ("cup.1", "on", "the table")
    true = truth(TWO, [triple])
    assert DENSE.score(completion(scene_text(TWO, [triple]), "B"), true).spatial == pytest.approx(1)


def test_many_scores_are_those_of_one_by_one_however_many_pairs_there_are():
    crowd = truth({f"cup.{place}": (place, 10, place + 20, 40) for place in range(100)})
    text = render_truth(crowd)
    scores = DENSE.score_many([text, "", text] * 4, [crowd] * 12)
    assert scores == [DENSE.score(text, crowd), DENSE.score("", crowd), DENSE.score(text, crowd)] * 4


def test_floods_and_long_ids_are_not_remembered():
    crowd = truth({f"cup.{place}": (place, 10, place + 20, 40) for place in range(100)})
    kept = matching._kept_candidates.cache_info()
    DENSE.score(render_truth(crowd), crowd)
    assert matching._kept_candidates.cache_info() == kept
    long = "a" * 200_000
    DENSE.score(completion({f"{long}.1": (1, 2, 3, 4)}, "B"), crowd)
    assert matching._kept_candidates.cache_info().currsize == min(kept.currsize + 1, kept.maxsize)
    remembered = label_of(f"{long}.1")
    assert remembered == label_of(f"{long}b.1") == "a" * 64
