from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scenes import scenes

from stvqa.programs.asking import called_otherwise, misasked
from stvqa.programs.notation import parse_claim
from stvqa.programs.references import references
from stvqa.programs.view import SceneView
from stvqa.records import Claim, Direction, Mainly, Not, Prospect
from stvqa.stages.contract import StageContext
from stvqa.stages.prune import Prune
from stvqa.teachers.contract import Worded
from stvqa.teachers.rules import RulesTeacher

AXIS = ("left(cup.1, dog.1)", "right(cup.1, dog.1)")
SIDES = ("To the left", "To the right")
YES_NO = ("Yes", "No")
LEFT = ("left(cup.1, dog.1)", "not(left(cup.1, dog.1))")
ON = ("relates(cup.1, on, table.1)", "not(relates(cup.1, on, table.1))")
HOLDS = ("relates(man.1, holding, cup.1)", "not(relates(man.1, holding, cup.1))")
TALLER = ("most(image_height, man.1, dog.1)", "most(image_height, dog.1, man.1)")
REALLY = ("most(height, man.1, dog.1)", "most(height, dog.1, man.1)")
NEAR = ("least(distance to cup.1, man.1, dog.1)", "least(distance to cup.1, dog.1, man.1)")
PAIR = ("The man", "The dog")
THREE = ("The man", "The dog", "The lamp")
MAINLY = ("mainly_left(cup.1, dog.1)", "mainly_above(cup.1, dog.1)")
LEFT_OR_ABOVE = ("To the left", "Above it")
THIRD = ("located(cup.1, columns, left)", "located(cup.1, columns, right)")
COUNT = ("count(cup, 2)", "count(cup, 3)")
HALF = ("located(cup.1, halves, left)", "located(cup.1, halves, right)")
SIDE = ("side(man.1, left, dog.1)", "side(man.1, right, dog.1)")


def asked(text, options, claims, **spoken):
    return misasked(text, options, [parse_claim(claim) for claim in claims], spoken=spoken)


def worded_prospects(graph, seed):
    stage = Prune(min_area_share=0, max_area_share=1, min_visible_share=0)
    for prospect in stage.run(iter([graph]), StageContext(seed=3)):
        if isinstance(prospect, Prospect):
            spoken = references(SceneView(prospect.focus))
            yield prospect, RulesTeacher().word(prospect, chance=random.Random(seed)), spoken


def turned(worded: Worded, claim: Claim, spoken: dict[str, str]) -> tuple[str, list[str]]:
    """The same words with the two ends of a claim swapped throughout."""
    first, second = spoken[claim.subject], spoken[claim.object]
    texts = [
        text.replace(f"the {first}", "\0").replace(f"the {second}", f"the {first}").replace("\0", f"the {second}")
        for text in (worded.text, *worded.options)
    ]
    return texts[0], texts[1:]


@given(scenes(), st.integers(0, 9))
@settings(max_examples=40, deadline=None)
def test_the_built_in_teacher_asks_what_its_claims_answer_and_never_does_with_its_objects_swapped(graph, seed):
    for prospect, worded, spoken in worded_prospects(graph, seed):
        claims = prospect.program.claims
        assert misasked(worded.text, worded.options, claims, spoken=spoken) is None, worded
        claim = claims[0].claim if isinstance(claims[0], Not) else claims[0]
        ends = {(part.subject, part.object) for part in claims if isinstance(part, Direction | Mainly)}
        if not isinstance(claim, Direction | Mainly) or len(ends) > 1:
            continue
        assert spoken[claim.subject] not in spoken[claim.object].split()
        text, options = turned(worded, claim, spoken)
        assert misasked(text, options, claims, spoken=spoken) is not None, text


@pytest.mark.parametrize(
    ("text", "options", "claims"),
    [
        ("In the image, is the cup left or right of the dog?", SIDES, AXIS),
        ("Which side of the dog is the cup on in this picture?", ("The left side", "The right side"), AXIS),
        ("Compared to the dog, where does the cup appear in the image?", ("Left of the dog", "Right of it"), AXIS),
        ("From the viewer's perspective, is the cup to the left of the dog?", YES_NO, LEFT),
        ("Is the cup resting on the table or not?", YES_NO, ON),
        ("Does the man hold the cup in his hand?", YES_NO, HOLDS),
        ("Which appears taller in the photo, the man or the dog?", PAIR, TALLER),
        ("Which of the two is actually taller, not just in the image?", PAIR, REALLY),
        ("In the real scene, who is nearer to the cup?", PAIR, NEAR),
        ("How many cups can you count in the image?", ("2", "3"), COUNT),
        ("In which half of the image is the cup?", ("The left half", "The right half"), HALF),
        ("From the man's own point of view, is the dog on his left or right?", ("On his left", "On his right"), SIDE),
        ("What is the position of the dog from the man's perspective?", ("His left", "His right"), SIDE),
        ("Imagine the image split down the middle: which half holds the cup?", ("The left one", "The right one"), HALF),
        ("What is the position of the cup in relation to the dog in this image?", SIDES, AXIS),
        ("Where in the image is the cup with respect to the dog?", SIDES, AXIS),
        ("In the image, is the cup mainly to the left of the dog or above it?", LEFT_OR_ABOVE, MAINLY),
        ("In the image, where is the cup relative to the dog?", ("Mainly to the left", "Mainly above it"), MAINLY),
        ("In which direction of the image would you mainly go from the dog to the cup?", LEFT_OR_ABOVE, MAINLY),
        ("If you split the image into thirds side by side, which one holds the cup?", ("Left", "Right"), THIRD),
        ("For the viewer, is the cup left or right of the dog?", SIDES, AXIS),
        ("Which of the two takes up a greater height in the image?", PAIR, TALLER),
    ],
)
def test_questions_that_ask_what_is_claimed(text, options, claims):
    assert asked(text, options, claims) is None


@pytest.mark.parametrize(
    ("text", "options", "claims", "expected"),
    [
        ("In the image, is the dog left or right of the cup?", SIDES, AXIS, "takes the cup for what"),
        ("Where is the dog in the image?", ("Left of the cup", "Right of the cup"), AXIS, "takes the cup for what"),
        ("Is the table on the cup?", YES_NO, ON, "takes the cup for what"),
        ("In reality, which is closer to the man: the cup or the dog?", PAIR, NEAR, "takes the man for what"),
        ("From the dog's eyes or point of view of the dog, where is the man?", SIDES, SIDE, "takes the dog for what"),
        ("In the image, isn't the cup left of the dog?", YES_NO, LEFT, "“not” turns"),
        ("Is it false that the cup is on the table?", YES_NO, ON, "“false” turns"),
        (
            "In the image, where is the cup relative to the dog?",
            ("Not to the right", "Right"),
            AXIS,
            "denies something",
        ),
        ("Is the cup to the left or to the right of the dog?", SIDES, AXIS, "in the image"),
        ("In the image, is the cup to the dog's left?", YES_NO, LEFT, "its own left"),
        ("In the image, from the dog's point of view, is the cup left of the dog?", YES_NO, LEFT, "point of view"),
        ("In the image, is the cup above the dog?", YES_NO, LEFT, "does not say left"),
        ("In the image, is the cup left or below the dog?", SIDES, AXIS, "asks about below"),
        ("Is the cup behind the table?", YES_NO, ON, "does not say on"),
        ("Is the man looking at the cup?", YES_NO, HOLDS, "does not say holding"),
        ("Which looks wider in the image?", PAIR, TALLER, "does not ask which is tallest"),
        ("In reality, which is taller?", PAIR, TALLER, "“reality” speaks of"),
        ("Which looks taller in the image?", PAIR, REALLY, "reality is meant"),
        ("How many cups are on the table in the image?", ("2", "3"), COUNT, "“on” counts only some"),
        ("How many red cups are in the image?", ("2", "3"), COUNT, "“red” counts only some"),
        ("In which third of the image is the cup?", ("The left one", "The right one"), HALF, "speaks of a third"),
        ("In the image, where is the dog relative to the man?", SIDES, SIDE, "own point of view is meant"),
        ("In the image, where is the cup relative to the dog?", LEFT_OR_ABOVE, MAINLY, "does not say “mainly”"),
        ("In the image, as the man sees it, is the cup left or right of the dog?", SIDES, AXIS, "“sees” speaks of"),
        ("In the image, from where the man sits, is the cup left of the dog?", YES_NO, LEFT, "“from where” speaks"),
        ("In the photo, for the man, is the cup left or right of the dog?", SIDES, AXIS, "“for the” speaks of"),
        ("In the image, for somebody behind the table, is the cup left of the dog?", YES_NO, LEFT, "another view"),
        ("In a mirror image, is the cup to the left or right of the dog?", SIDES, AXIS, "“mirror” speaks of"),
        ("If the image were flipped, would the cup be left or right of the dog?", SIDES, AXIS, "another view"),
        ("With the image upside down, which half holds the cup?", ("Left", "Right"), HALF, "“upside” speaks of"),
        ("Is the cup under or on the table?", YES_NO, ON, "offers a choice"),
        ("In the photo, which is taller: the man or the dog?", PAIR, TALLER, "the look is meant"),
        (
            "Which looks tallest in the image: the man, the dog or the lamp?",
            THREE,
            (
                "most(image_height, man.1, dog.1)",
                "most(image_height, dog.1, man.1)",
                "most(image_width, lamp.1, man.1)",
            ),
            "differ in measure (image_height, image_width)",
        ),
        (
            "Which looks tallest in the image: the man, the dog or the lamp?",
            THREE,
            (*TALLER, "most(image_height, lamp.1, man.1)"),
            "do not compare the things that its options name",
        ),
        ("Which looks tallest in the image?", PAIR, (TALLER[0], TALLER[0].replace("most", "least")), "in extreme"),
        (
            "In the image, is the cup in the left third or in the bottom third?",
            ("The left third", "The bottom third"),
            ("located(cup.1, columns, left)", "located(cup.1, rows, bottom)"),
            "differ in grid",
        ),
        (
            "In the image, where is the cup?",
            ("Left of the dog", "In the right half"),
            (AXIS[0], HALF[1]),
            "different kinds (direction, located)",
        ),
    ],
)
def test_questions_that_ask_something_else(text, options, claims, expected):
    assert expected in asked(text, options, claims)


def test_an_object_with_its_like_is_called_by_what_tells_it_from_them():
    text, spoken = "In the image, is the cup left or right of the dog?", {"cup.1": "red cup", "dog.1": "dog"}
    assert "“red cup”" in asked(text, SIDES, AXIS, **spoken)
    assert asked(text.replace("cup", "red cup"), SIDES, AXIS, **spoken) is None
    assert called_otherwise(text, SIDES, {"dog.1": "dog"}) is None


def test_words_of_a_name_are_no_directions_and_a_name_within_a_name_is_none():
    claims = ("relates(lamp.1, on, right_shoe.1)", "not(relates(lamp.1, on, right_shoe.1))")
    assert asked("Is the lamp on the right shoe?", YES_NO, claims) is None
    left = ("left(table.1, table_lamp.1)", "right(table.1, table_lamp.1)")
    assert asked("In the image, is the table left or right of the table lamp?", SIDES, left) is None
