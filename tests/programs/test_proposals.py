from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st
from scenes import scene, scenes, space, thing

from stvqa.programs.decide import Decider
from stvqa.programs.proposals import PROPOSERS, Field
from stvqa.records import CATEGORIES, Exhaustive, Margins


def field(graph, *, limit=3, seed=1):
    decider = Decider(graph, Margins())
    return Field(decider, tuple(range(len(graph.objects))), random.Random(seed), limit)


@given(scenes(), st.integers(0, 5))
@settings(max_examples=60)
def test_every_proposal_has_one_true_claim_and_it_is_the_first(graph, seed):
    for category in CATEGORIES:
        sight = field(graph, seed=seed)
        for proposal in PROPOSERS[category](sight):
            values = [sight.decider.decide(claim).value for claim in proposal.claims]
            assert proposal.category == category
            assert 2 <= len(values) <= 4
            # A triple that the boxes contradict is proposed as it stands; prune drops it.
            assert values[0] is not False
            assert all(value is not True for value in values[1:])


def test_a_rich_scene_gives_all_nine_categories():
    man = thing("man.1", (100, 300, 250, 800), space=space(at=(-2, 0, 6), size=(0.6, 1.8, 0.4), heading=90))
    cup = thing("cup.1", (230, 500, 280, 560), space=space(at=(-1.6, 0, 6), size=(0.1, 0.1, 0.1)))
    dog = thing("dog.1", (600, 700, 750, 850), space=space(at=(1, 0.5, 4), size=(0.4, 0.6, 1), heading=180))
    car = thing("car.1", (700, 200, 950, 400), space=space(at=(6, 0, 20), size=(1.8, 1.5, 4), heading=0))
    book = thing("book.1", (450, 50, 500, 110), space=space(at=(-1, -2, 9), size=(0.2, 0.1, 0.2)))
    graph = scene(
        [man, cup, dog, car, book],
        [("man.1", "holding", "cup.1")],
        exhaustive=Exhaustive(objects=True, predicates=("holding",)),
        simulated=True,
    )
    for category in CATEGORIES:
        assert list(PROPOSERS[category](field(graph))), category


def test_nothing_is_asked_without_evidence():
    graph = scene({"man.1": (100, 300, 250, 800), "dog.1": (600, 700, 750, 850)})
    asked = {category: list(PROPOSERS[category](field(graph))) for category in CATEGORIES}
    assert not asked["depth"]
    assert not asked["count"]
    assert not asked["orientation"]
    assert not asked["reach"]
    assert {proposal.form for proposal in asked["size"]} <= {"image_height", "image_width", "image_area"}


def test_depth_from_a_triple_only_where_in_front_of_is_the_cameras():
    boxes = {"lamp.1": (100, 300, 250, 800), "tree.1": (600, 700, 750, 850)}
    [proposal] = PROPOSERS["depth"](field(scene(boxes, [("lamp.1", "behind", "tree.1")])))
    assert proposal.form == "behind"
    of_a_car = {"lamp.1": (100, 300, 250, 800), "car.1": (600, 700, 750, 850)}
    assert not list(PROPOSERS["depth"](field(scene(of_a_car, [("lamp.1", "behind", "car.1")]))))
