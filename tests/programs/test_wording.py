from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scenes import scenes

from stvqa.programs.notation import parse_claim
from stvqa.programs.references import references
from stvqa.programs.view import SceneView
from stvqa.programs.wording import contradiction
from stvqa.records import Prospect
from stvqa.stages.contract import StageContext
from stvqa.stages.prune import Prune
from stvqa.teachers.rules import RulesTeacher


def said(text, options, claims, **spoken):
    return contradiction(text, options, [parse_claim(claim) for claim in claims], spoken=spoken)


@given(scenes(), st.integers(0, 9))
@settings(max_examples=60)
def test_the_built_in_teacher_never_contradicts_its_programs_and_always_does_with_its_options_turned(graph, seed):
    stage = Prune(min_area_share=0, max_area_share=1, min_visible_share=0)
    for prospect in stage.run(iter([graph]), StageContext(seed=3)):
        if not isinstance(prospect, Prospect):
            continue
        worded = RulesTeacher().word(prospect, chance=random.Random(seed))
        spoken = references(SceneView(prospect.focus))
        claims = prospect.program.claims
        assert contradiction(worded.text, worded.options, claims, spoken=spoken) is None, worded
        turned = worded.options[1:] + worded.options[:1]
        assert contradiction(worded.text, turned, claims, spoken=spoken) is not None, worded


LEFT_RIGHT = ("left(cup.1, dog.1)", "right(cup.1, dog.1)")
TALLER = ("most(image_height, man.1, dog.1)", "most(image_height, dog.1, man.1)")


@pytest.mark.parametrize(
    ("text", "options", "claims"),
    [
        ("Where is the cup?", ("To the dog's left", "On the dog's right side"), LEFT_RIGHT),
        ("Where is the cup?", ("It is left of the dog.", "It is right of the dog."), LEFT_RIGHT),
        ("Which looks taller in the image?", ("The man", "The dog"), TALLER),
        ("Which takes up more height?", ("The man", "The dog"), TALLER),
        ("Where is the lamp?", ("In the upper left", "At the bottom right"), ("located(a.1, quadrants, top left)", "located(a.1, quadrants, bottom right)")),
        ("How many cups?", ("Two", "3"), ("count(cup, 2)", "count(cup, 3)")),
        ("Is the cup left of the dog?", ("Yes", "No"), ("left(cup.1, dog.1)", "not(left(cup.1, dog.1))")),
        ("Where is the cup?", ("Under the table", "On the table"), ("relates(cup.1, under, table.1)", "relates(cup.1, on, table.1)")),
        ("What is he eating?", ("A hot dog", "A dog"), ("relates(man.1, eating, hot_dog.1)", "relates(man.1, eating, dog.1)")),
        ("Which way does it face?", ("Away from the camera", "Towards the camera"), ("heading(car.1, away)", "heading(car.1, towards)")),
    ],
)  # fmt: skip
def test_words_that_say_what_is_claimed(text, options, claims):
    assert said(text, options, claims) is None


@pytest.mark.parametrize(
    ("text", "options", "claims", "expected"),
    [
        ("Where is the cup?", ("To the right", "To the left"), LEFT_RIGHT, "does not say what its claim says (left)"),
        ("Where is the cup?", ("Left, not right", "To the right"), LEFT_RIGHT, "another option's claim says (right)"),
        ("Where is the cup?", ("Somewhere", "To the right"), LEFT_RIGHT, "(left)"),
        ("Which looks shorter in the image?", ("The man", "The dog"), TALLER, "the opposite of most"),
        ("Which looks taller?", ("The dog", "The man"), TALLER, "(man)"),
        ("How many cups?", ("3", "2"), ("count(cup, 2)", "count(cup, 3)"), "2 of cup"),
        ("Is the cup right of the dog?", ("Yes", "No"), ("left(cup.1, dog.1)", "not(left(cup.1, dog.1))"), "opposite of left"),
        ("Is the cup left of the dog?", ("No", "Yes"), ("left(cup.1, dog.1)", "not(left(cup.1, dog.1))"), "(yes)"),
        ("What is below the dog?", ("The cup", "The hat"), ("above(cup.1, dog.1)", "above(hat.1, dog.1)"), "opposite of above"),
    ],
)  # fmt: skip
def test_words_that_say_something_else(text, options, claims, expected):
    fault = said(text, options, claims)
    assert fault is not None
    assert expected in fault


def test_twins_are_known_by_their_colour():
    claims = ("left(cup.1, dog.1)", "left(cup.2, dog.1)")
    colours = {"cup.1": "red cup", "cup.2": "blue cup"}
    assert said("Which is left of the dog?", ("The red cup", "The blue cup"), claims, **colours) is None
    assert said("Which is left of the dog?", ("The blue cup", "The red cup"), claims, **colours) is not None
