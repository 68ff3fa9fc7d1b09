from __future__ import annotations

from scenes import scene

from stvqa.programs.claims import mentioned
from stvqa.programs.focus import focus_graph, focus_rows
from stvqa.programs.references import confusables
from stvqa.programs.view import SceneView
from stvqa.records import Count, Direction


def test_it_holds_what_is_asked_about_what_could_be_meant_and_their_triples():
    graph = scene(
        {"cup.1": (0, 0, 9, 9), "mug.1": (20, 0, 29, 9), "dog.1": (40, 0, 49, 9), "car.1": (60, 0, 69, 9)},
        [("cup.1", "near", "dog.1"), ("dog.1", "in", "car.1")],
    )
    view = SceneView(graph)
    claim = Direction(subject="cup.1", direction="left", object="dog.1")
    focus = focus_graph(graph, focus_rows(view, mentioned([claim]), confusables(view)))
    assert [item.id for item in focus.objects] == ["cup.1", "mug.1", "dog.1"]
    assert [item.predicate for item in focus.relationships] == ["near"]


def test_a_count_brings_all_that_may_be_counted():
    graph = scene(
        {"man.1": (0, 0, 9, 9), "woman.1": (20, 0, 29, 9), "people.1": (40, 0, 90, 9), "car.1": (60, 0, 69, 9)}
    )
    rows = focus_rows(SceneView(graph), mentioned([Count(name="person", equals=2)]), confusables(SceneView(graph)))
    assert rows == (0, 1, 2)
