from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from scenes import scene, scenes, space, thing

from stvqa.programs.decide import Decider
from stvqa.records import Margins, Prospect, Rejection
from stvqa.stages.contract import StageContext
from stvqa.stages.prune import Prune


def run(*graphs, **parameters):
    return list(Prune(**parameters).run(iter(graphs), StageContext(seed=1)))


@given(scenes())
@settings(max_examples=60)
def test_every_prospect_is_proved_on_its_focus_graph_alone(graph):
    for item in run(graph, min_area_share=0, max_area_share=1, min_visible_share=0):
        if isinstance(item, Rejection):
            assert item.reason == "nothing-provable"
            continue
        decider = Decider(item.focus, Margins())
        values = [decider.decide(claim).value for claim in item.program.claims]
        assert values == [index == item.answer for index in range(len(values))]
        assert item.margin is None or item.margin >= 1
        assert {thing.id for thing in item.focus.objects} <= {thing.id for thing in graph.objects}


@given(scenes())
@settings(max_examples=20)
def test_same_seed_same_prospects(graph):
    assert run(graph) == run(graph)


def test_small_huge_and_hidden_objects_are_not_spoken_of():
    def visible(share):
        return space(visible=share)

    objects = [
        thing("cup.1", (10, 10, 20, 20), space=visible(1)),
        thing("house.1", (0, 0, 1000, 900), space=visible(1)),
        thing("dog.1", (100, 700, 200, 800), space=visible(0.2)),
        thing("lamp.1", (600, 600, 700, 800), space=visible(1)),
        thing("car.1", (300, 300, 500, 400), space=visible(1)),
    ]
    asked = {
        name
        for item in run(scene(objects, simulated=True))
        if isinstance(item, Prospect)
        for claim in item.program.claims
        for name in ("cup.1", "house.1", "dog.1", "lamp.1", "car.1")
        if f'"{name}"' in claim.model_dump_json()
    }
    assert asked == {"lamp.1", "car.1"}


def test_limits_hold_and_answers_fall_everywhere():
    boxes = {
        f"{name}.1": (100 * n, 90 * n, 100 * n + 60, 90 * n + 50)
        for n, name in enumerate(("cup", "dog", "car", "tree", "lamp", "boat"))
    }
    found = run(scene(boxes), per_form=3, options=(4,))
    forms = Counter(item.form for item in found)
    assert forms["axis"] <= 6
    assert forms["diagonal"] <= 3
    assert all(len(item.program.claims) == 4 for item in found if item.form == "diagonal")
    places = Counter(
        item.answer
        for graph in range(40)
        for item in run(scene(boxes, image_id=f"test:{graph}"))
        if len(item.program.claims) == 2
    )
    assert 0.4 < places[0] / sum(places.values()) < 0.6


def test_only_categories_that_are_asked_for():
    boxes = {"cup.1": (100, 100, 200, 200), "dog.1": (700, 700, 900, 900)}
    assert {item.category for item in run(scene(boxes), categories=("size",))} == {"size"}


def test_contradictory_triples_are_counted_not_asked():
    boxes = {"cup.1": (0, 0, 100, 100), "table.1": (600, 600, 900, 900), "desk.1": (300, 300, 500, 500)}
    context = StageContext(seed=1)
    graph = scene(boxes, [("cup.1", "on", "table.1"), ("cup.1", "under", "table.1")])
    found = list(Prune().run(iter([graph]), context))
    assert all(item.form not in {"whereabouts", "predicate"} for item in found)
