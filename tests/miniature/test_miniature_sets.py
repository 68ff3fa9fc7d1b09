"""Scenes, questions, order, graphs and labels."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from miniature.labels import make_wrong, read_verified
from miniature.rows import load_set, with_boxes_exchanged
from miniature.scenes import SETS

from stvqa.completion import parse
from stvqa.report import verify_dataset
from stvqa.store.dataset import read_dataset


@pytest.fixture(scope="module")
def sets(small_sets, tmp_path_factory):
    cache = tmp_path_factory.mktemp("cache")
    return {name: load_set(small_sets / name, cache=cache) for name in (*SETS, "pool-wrong")}


def boxes(example):
    return {item["id"]: item["bbox"] for item in json.loads(parse(example.gold).scene)["objects"]}


def test_every_question_is_proved(small_sets):
    for name in SETS:
        report = verify_dataset(small_sets / name)
        assert report.failures == ()
        assert report.proved == report.rows > 0


def test_sets_have_what_was_asked_for(sets, small):
    data = small.data
    assert [len(sets[name].data.train) for name in ("watch", "unseen", "harder")] == [
        data.watch,
        data.unseen,
        data.harder,
    ]
    counts = Counter(item.category for item in sets["unseen"].data.train)
    assert set(counts) == set(data.categories)
    assert max(counts.values()) - min(counts.values()) <= 3


def test_no_scene_stands_in_two_sets(sets, small_sets):
    pictures = {name: {item.image for item in read_dataset(small_sets / name)} for name in SETS}
    assert sum(map(len, pictures.values())) == len(set().union(*pictures.values()))


def test_harder_scenes_hold_more_things(sets, small):
    def things(name):
        return {len(json.loads(scene)["objects"]) for scene in sets[name].whole.values()}

    assert max(things("warm") | things("pool") | things("unseen")) <= small.data.things[1]
    assert min(things("harder")) >= small.data.harder_things[0]


def test_order_depends_on_the_seed_alone(sets):
    pool = sets["pool"]
    order = [item.row_id for item in pool.drawn(10, seed=1)]
    assert order == [item.row_id for item in sets["pool-wrong"].drawn(10, seed=1)]
    assert order != [item.row_id for item in pool.drawn(10, seed=2)]
    without = [item.row_id for item in pool.drawn(9, seed=1, without=frozenset(order[:1]))]
    assert without == order[1:10]
    again = pool.drawn(len(pool.data.train) + 1, seed=1)
    assert again[-1] == again[0]


def test_whole_graphs_hold_the_focus_and_more(sets):
    focus = sets["pool"].data.train
    whole = sets["pool"].with_whole(focus)
    assert all(boxes(one).items() <= boxes(other).items() for one, other in zip(focus, whole, strict=True))
    assert any(len(boxes(one)) < len(boxes(other)) for one, other in zip(focus, whole, strict=True))
    assert [parse(item.gold).answer for item in whole] == [parse(item.gold).answer for item in focus]


def test_a_wrong_graph_has_the_same_things_elsewhere(sets):
    for example in sets["unseen"].data.train:
        right, wrong = boxes(example), boxes(with_boxes_exchanged(example))
        assert right.keys() == wrong.keys()
        assert all(right[name] != wrong[name] for name in right)
        assert all(
            0 <= x1 < x2 <= example.width and 0 <= y1 < y2 <= example.height for x1, y1, x2, y2 in wrong.values()
        )
        if len(right) > 1:
            assert sorted(right.values()) == sorted(wrong.values())


def test_wrong_labels_differ_in_the_answer_alone_and_are_found(sets, small_sets, small):
    verified = read_verified(small_sets / "pool-wrong")
    right = {item.row_id: item for item in sets["pool"].data.train}
    wrong = [item for item in sets["pool-wrong"].data.train if item.letter != right[item.row_id].letter]
    assert len(wrong) == verified.wrong == verified.found == round(small.data.wrong_labels * len(right))
    assert verified.refused_right == 0
    assert {item.row_id for item in wrong} == set(verified.refused)
    for item in wrong:
        assert parse(item.gold).answer != parse(right[item.row_id].gold).answer
        assert item.question == right[item.row_id].question
        assert boxes(item) == boxes(right[item.row_id])
    again = make_wrong(small_sets / "pool", small_sets / "pool-wrong", share=0.9, seed=1)
    assert again == verified


def test_figures_of_a_set_are_those_of_its_rows(sets):
    for name in ("test", "harder"):
        figures, rows = sets[name].figures, sets[name].data.train
        assert figures.rows == len(rows) == sum(figures.rows_by_category.values())
        assert figures.rows_by_category == Counter(item.category for item in rows)
        whole = sum(figures.chance_by_category[item.category] for item in rows) / len(rows)
        assert figures.chance == pytest.approx(whole, abs=1e-4)
        assert figures.chance_by_category["relation"] == 0.25
        objects = [len(json.loads(parse(item.gold).scene)["objects"]) for item in rows]
        assert figures.boxes == pytest.approx(sum(objects) / len(rows), abs=1e-4)
