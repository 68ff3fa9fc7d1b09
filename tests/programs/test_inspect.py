from __future__ import annotations

import pytest
from scenes import scene

from stvqa.programs.inspect import Posed, inspect, inspect_wording, plain
from stvqa.records import Direction, Margins, Relationship

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
        ("text-unfit", {"text": "Where is the cup\u200b relative to the table?"}),
        ("text-unfit", {"options": ("To the left", "To the <i>right</i>")}),
        ("text-unfit", {"text": "Where is the cup relative to the table? See https://example.org/a"}),
        ("answer-marked", {"options": ("To the left +++!", "To the right")}),
        ("answer-marked", {"options": ("To the left (correct)", "To the right")}),
        ("answer-marked", {"options": ("To the left", "To the right!")}),
        ("answer-marked", {"text": "Where is the cup relative to the table? (Hint: not right)"}),
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


@pytest.mark.parametrize(
    "change",
    [
        {"name": "cup\x1b[1m"},
        {"attributes": ("red", "<b>")},
        {"names": ("cup", "www.example.org")},
        {"id": "cup.1\u202e"},
    ],
)
def test_a_scene_that_says_what_no_text_may_say_proves_nothing(change):
    first, *others = GRAPH.objects
    graph = GRAPH.model_copy(update={"objects": (first.model_copy(update=change), *others)})
    fault = inspect(posed(), graph, Margins())
    assert fault.reason == "name-unfit"
    assert "\x1b" not in fault.detail


def test_a_predicate_is_a_text_too():
    triple = Relationship(subject="cup.1", predicate="on <script>", object="table.1")
    graph = GRAPH.model_copy(update={"relationships": (triple,)})
    assert inspect(posed(), graph, Margins()).reason == "name-unfit"


@pytest.mark.parametrize(
    ("text", "options", "answer", "leaks"),
    [
        ("Is it to the left or to the right of the car?", ("To the left of the car", "To the right of the car"), 1, False),
        ("Which is taller, the red cup or the cup?", ("The red cup", "The cup"), 0, False),
        ("What stands beside the red cup?", ("The red cup", "The cup"), 0, True),
        ("Is it on the table or under it?", ("On the table", "Under the table"), 0, False),
        ("Is it on the table?", ("On the table", "On the red table"), 0, True),
    ],
)  # fmt: skip
def test_an_option_is_named_by_what_tells_it_from_the_answer(text, options, answer, leaks):
    fault = inspect_wording(text, options, answer)
    assert (fault.reason if fault else None) == ("answer-leaks" if leaks else None)


def test_a_question_that_holds_every_option_does_not_leak():
    assert reason(text="Is the cup to the left or to the right of the table?") is None


def test_plain_keeps_words_only():
    assert plain("  The Red-Cup, (A)! ") == "the red cup a"
