from __future__ import annotations

import pytest
from scenes import scene

from stvqa.programs.inspect import Posed, inspect, plain
from stvqa.records import Direction, Margins

GRAPH = scene({"cup.1": (100, 500, 150, 550), "table.1": (400, 450, 600, 600), "dog.1": (405, 450, 610, 600)})


def claim(way, target="table.1"):
    return Direction(subject="cup.1", direction=way, object=target)


def posed(**changes):
    whole = {
        "text": "Where is the cup relative to the table?",
        "options": ("To the left", "To the right"),
        "answer": 0,
        "claims": (claim("left"), claim("right")),
    }
    return Posed(**{**whole, **changes})


def reason(**changes):
    fault = inspect(posed(**changes), GRAPH, Margins())
    return fault and fault.reason


def test_a_sound_question_has_no_fault():
    assert inspect(posed(), GRAPH, Margins()) is None


@pytest.mark.parametrize(
    ("expected", "changes"),
    [
        ("empty-text", {"text": " ?! "}),
        ("options-count", {"options": ("Left",)}),
        ("options-repeat", {"options": ("To the left", "to the  LEFT.")}),
        ("options-repeat", {"options": ("To the left", "…")}),
        ("answer-out-of-range", {"answer": 2}),
        ("claims-do-not-fit", {"claims": (claim("left"),)}),
        ("unknown-object", {"claims": (claim("left"), claim("right", "sofa.1"))}),
        ("object-not-named", {"text": "Where is the cup?"}),
        ("answer-leaks", {"text": "Is the cup to the left of the table?"}),
        ("distractor-not-refuted", {"answer": 1}),
        ("answer-not-proved", {"claims": (claim("above"), claim("right"))}),
        ("distractor-not-refuted", {"claims": (claim("left"), claim("below"))}),
    ],
)
def test_each_fault_has_its_name(expected, changes):
    assert reason(**changes) == expected


def test_a_question_that_holds_every_option_does_not_leak():
    assert reason(text="Is the cup to the left or to the right of the table?") is None


def test_plain_keeps_words_only():
    assert plain("  The Red-Cup, (A)! ") == "the red cup a"
