from __future__ import annotations

import pytest
from prospects import kitchen

from stvqa.programs.inspect import Fault, Posed, inspect
from stvqa.records import Direction, Question
from stvqa.stages.contract import random_for
from stvqa.teachers.llm import OPEN_CATEGORIES, WrittenQuestion, judge, open_item

TEXT = "In the image, is the dog to the left or to the right of the cup?"
OPTIONS = ("To the right of the cup", "To the left of the cup")
PROGRAM = ("right(dog.1, cup.1)", "left(dog.1, cup.1)")


@pytest.fixture(scope="module")
def axis():
    """The planned question: is the dog left or right of the cup (left)?"""
    claims = [Direction(subject="dog.1", direction=way, object="cup.1") for way in ("left", "right")]
    base = next(item for item in kitchen() if item.form == "axis" and item.category == "relation")
    focus = base.focus.model_copy(
        update={"objects": tuple(item for item in whole().objects if item.id in ("dog.1", "cup.1"))}
    )
    return base.model_copy(update={"program": base.program.model_copy(update={"claims": tuple(claims)}), "answer": 0, "focus": focus, "option_count": 2})  # fmt: skip


def whole():
    from prospects import KITCHEN, KITCHEN_TRIPLES
    from scenes import scene

    return scene(KITCHEN, KITCHEN_TRIPLES)


def written(**changes):
    values = {
        "item": 1,
        "question": TEXT,
        "options": OPTIONS,
        "answer": "B",
        "program": PROGRAM,
        "level": "hard",
        "rating": 2,
        "why": "",
    }
    return WrittenQuestion(**{**values, **changes})


def test_a_proved_question_is_kept_with_the_figures_of_the_plan(axis):
    question = judge(written(), axis, teacher="m")
    assert isinstance(question, Question)
    assert (question.question_id, question.teacher, question.evidence) == (axis.prospect_id, "m", "geometric")
    assert question.answer == 1
    assert [claim.direction for claim in question.program.claims] == ["right", "left"]
    assert (question.level, question.rating, question.margin) == (axis.level, axis.rating, axis.margin)
    posed = Posed(question.text, question.options, question.answer, question.program.claims)
    assert inspect(posed, question.focus, question.margins) is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"answer": "A"}, "answer-contradicts-program"),
        ({"program": None}, "no-program"),
        ({"program": ("left of it", "right of it")}, "malformed-program"),
        ({"program": PROGRAM[:1]}, "claims-do-not-fit"),
        ({"program": ("right(dog.1, cat.1)", "left(dog.1, cat.1)")}, "unknown-object"),
        ({"program": ("right(dog.1, man.1)", "left(dog.1, man.1)")}, "unknown-object"),
        ({"program": ("located(dog.1, halves, left)", "located(dog.1, halves, right)")}, "not-as-planned"),
        ({"program": ("right(dog.1, cup.1)", "right(dog.1, cup.1)")}, "program-not-proved"),
        ({"program": ("left(dog.1, cup.1)", "left(dog.1, cup.1)")}, "program-not-proved"),
        ({"answer": "C"}, "answer-out-of-range"),
        ({"options": OPTIONS[::-1]}, "options-contradict-program"),
        (
            {
                "question": "In the image, is the cup to the left or to the right of the dog?",
                "options": ("Right", "Left"),
            },
            "question-contradicts-program",
        ),
        ({"question": TEXT.replace("is the dog", "is the dog not")}, "question-contradicts-program"),
        ({"options": ("To the left of the cup",) * 2}, "options-repeat"),
        ({"options": (*OPTIONS, "Above the cup"), "program": (*PROGRAM, "above(dog.1, cup.1)")}, "not-as-planned"),
        ({"question": "Is it to the left of the cup?"}, "object-not-named"),
        ({"question": ""}, "empty-text"),
        ({"question": "The dog is to the left of the cup in the image, is it not?"}, "answer-leaks"),
        ({"question": f"{TEXT} (dog.1)"}, "speaks-of-notes"),
        ({"question": f"By the bounding boxes: {TEXT}"}, "speaks-of-notes"),
    ],
)
def test_what_is_refused_and_why(axis, changes, reason):
    fault = judge(written(**changes), axis, teacher="m")
    assert isinstance(fault, Fault), fault
    assert fault.reason == reason, fault
    assert fault.detail


def test_what_is_too_close_to_call_is_refused(axis):
    strict = axis.model_copy(update={"margins": axis.margins.model_copy(update={"offset": 0.5})})
    fault = judge(written(), strict, teacher="m")
    assert fault.reason == "too-close"
    assert "of the margin" in fault.detail


def test_another_program_of_the_kind_is_measured_anew(axis):
    closer = axis.model_copy(update={"rating": 1, "level": "easy", "margin": 99.0})
    program = ("right(cup.1, dog.1)", "left(cup.1, dog.1)")
    options = ("To the right of the dog", "To the left of the dog")
    text = "In the image, is the cup to the left or to the right of the dog?"
    question = judge(written(program=program, options=options, question=text, answer="A"), closer, teacher="m")
    assert isinstance(question, Question), question
    assert question.margin != 99.0
    assert question.rating > 1
    assert question.program.claims[0] == Direction(subject="cup.1", direction="right", object="dog.1")


@pytest.mark.parametrize("category", OPEN_CATEGORIES)
def test_an_open_question_rests_on_the_teachers_word(category):
    item = open_item(category, kitchen(), chance=random_for(1, "generate", "x"))
    assert item is not None
    assert item.item_id.startswith(f"test:1/{category}/open-")
    names = {part.id: part.name for part in item.focus.objects}
    text = f"Looking at {' and '.join(f'the {names[name]}' for name in item.objects)}, what do you say?"
    options = ("Yes, so", "Not so", "Neither", "Both")[: item.options]
    question = judge(written(question=text, options=options, answer="A", program=None), item, teacher="m")
    assert isinstance(question, Question), question
    assert (question.evidence, question.program, question.margin) == ("teacher", None, None)
    assert (question.level, question.rating, question.category) == ("hard", 2, category)
    assert {part.id for part in question.focus.objects} >= set(item.objects)
    assert len(question.focus.objects) < len(whole().objects)
    for changes, reason in [
        ({"options": ("One",) * item.options}, "options-repeat"),
        ({"options": (*options, "More")}, "not-as-planned"),
        ({"question": f"{text} cup.1"}, "speaks-of-notes"),
        ({"question": f"{text} Yes, so!"}, "answer-leaks"),
    ]:
        fault = judge(
            written(**{"question": text, "options": options, "answer": "A", "program": None, **changes}),
            item,
            teacher="m",
        )
        assert isinstance(fault, Fault)
        assert fault.reason == reason


def test_an_open_item_needs_objects_of_its_kind():
    things = [item for item in kitchen() if item.category == "size"][:1]
    assert open_item("depth", things, chance=random_for(1, "generate", "x")) is not None
    lonely = [item for item in kitchen() if item.form == "halves"][:1]
    assert open_item("depth", lonely, chance=random_for(1, "generate", "x")) is None
