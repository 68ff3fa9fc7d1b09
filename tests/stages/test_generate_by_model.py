from __future__ import annotations

import json
from collections import Counter

import pytest
from fake_calls import FakeCalls
from prospects import demo_scenes, planned_parts, prospects_of
from teacher_brain import ITEM_FAULTS, teacher

from stvqa.errors import RecipeError
from stvqa.programs.inspect import Posed, inspect
from stvqa.records import Question
from stvqa.stages.check import Check
from stvqa.stages.contract import StageContext
from stvqa.stages.generate import Generate, GenerateByModel

N = 60


@pytest.fixture(scope="module")
def pool():
    return prospects_of(*demo_scenes(40))


@pytest.fixture(scope="module")
def parts(pool, tmp_path_factory):
    return planned_parts(tmp_path_factory.mktemp("plan"), pool, n=N)


@pytest.fixture(scope="module")
def plain_parts(pool, tmp_path_factory):
    """A plan of a source that proves no depth, orientation and counts."""
    proved = [item for item in pool if item.category not in ("depth", "orientation", "count")]
    return planned_parts(tmp_path_factory.mktemp("plain"), proved, n=N)


def run(parts, brain=None, *, calls=None, seed=7, **parameters):
    calls = calls or FakeCalls(brain or teacher())
    context = StageContext(seed=seed, calls=calls)
    stage = GenerateByModel(**{"teacher": "m", "n": N, **parameters})
    questions = [item for batch in stage.run(parts, context) for item in batch]
    return questions, calls, context


def texts(questions):
    return [item.model_dump_json() for item in questions]


def test_as_many_are_written_as_the_set_needs_and_a_surplus(parts):
    questions, calls, context = run(parts)
    assert len(questions) == 69
    assert Counter(item.category for item in questions)["relation"] in range(32, 38)
    assert context.rejections == []
    assert context.figures["items"] == {"at-once": 69}
    assert sum(context.figures["written"].values()) == 69
    assert context.figures["unasked"] == N * 2 - 69
    assert len(calls.waves) == 1
    assert len(calls.requests) < 69 / 2.5
    for question in questions:
        posed = Posed(question.text, question.options, question.answer, question.program.claims)
        assert inspect(posed, question.focus, question.margins) is None
        assert question.teacher == "m"
    checked = list(Check(images=False).run(iter(questions), StageContext(seed=1)))
    assert all(isinstance(item, Question) for item in checked)


def test_the_order_is_that_of_the_plan(parts):
    questions, _, _ = run(parts)
    images = [item.image_id for item in questions]
    assert len({image for image, before in zip(images, ["", *images], strict=False) if image != before}) == len(
        [image for image, before in zip(images, ["", *images], strict=False) if image != before]
    )


def test_what_is_sent(parts):
    _, calls, _ = run(parts)
    request = calls.requests[0]
    system, user = request.messages
    assert (system.role, user.role) == ("system", "user")
    assert {item.messages[0] for item in calls.requests} == {system}
    [picture] = user.images
    assert picture.reference.kind == "demo"
    assert picture.max_pixels == 384 * 384
    assert request.schema.__name__ == "WrittenQuestions"
    assert request.stage == "generate"
    assert request.max_output_tokens >= 100 + 400 * 3
    assert len({item.seed for item in calls.requests}) == len(calls.requests)
    _, blind, _ = run(parts, images=False, temperature=None)
    assert all(not item.messages[1].images and item.temperature is None for item in blind.requests)


def test_no_request_tells_of_a_whole_scene(pool, parts):
    import re

    objects = {item.focus.image.location: item.scene_objects for item in pool}
    _, calls, _ = run(parts, teacher({"wrong-answer": 0.3}))
    for request in calls.requests:
        user = request.messages[1]
        told = set(re.findall(r"^(\S+\.\d+)(?: \"[^\"]+\")?: ", user.text, re.MULTILINE))
        assert 0 < len(told) < objects[user.images[0].reference.location]


ALL_FAULTS = {**dict.fromkeys(ITEM_FAULTS, 0.07), "not-json": 0.05, "cut-off": 0.05, "fenced": 0.2}


def test_whatever_the_teacher_gets_wrong_the_rows_come_and_every_refusal_is_kept(parts):
    questions, calls, context = run(parts, teacher(ALL_FAULTS))
    assert len(questions) == 69
    assert [item.purpose for item in calls.waves[1]] == ["repair"] * len(calls.waves[1])
    assert context.figures["items"]["mended"] > 10
    reasons = {item.reason for item in context.rejections}
    assert {
        "answer-contradicts-program",
        "no-program",
        "malformed-program",
        "malformed-reply",
        "malformed-entry",
        "unknown-object",
        "not-answered",
        "speaks-of-notes",
    } <= reasons
    assert {item.scope for item in context.rejections} == {"part"}
    for item in context.rejections:
        assert item.detail
        if item.reason == "answer-contradicts-program":
            written = json.loads(item.payload)
            assert {"question", "options", "answer", "program", "level", "rating", "why"} <= set(written)
    checked = list(Check(images=False).run(iter(questions), StageContext(seed=1)))
    assert all(isinstance(item, Question) for item in checked)


def test_a_repair_asks_for_the_refused_items_alone_and_says_why(parts):
    _, calls, context = run(parts, teacher({"wrong-answer": 0.2}))
    refused = {item.record_id for item in context.rejections}
    repairs = [request for request in calls.requests if request.purpose == "repair"]
    asked = sum(len([line for line in r.messages[1].text.partition("Items:\n")[2].splitlines() if " options: " in line]) for r in repairs)  # fmt: skip
    assert asked == len(refused) == len(context.rejections)
    for request in repairs:
        assert "is false by the program" in request.messages[1].text


def test_a_second_failure_is_final_and_others_take_the_place(parts):
    questions, calls, context = run(parts, teacher({"wrong-answer": 0.3}, stubborn=True))
    assert 69 <= len(questions) < 75
    assert len(calls.waves) > 2
    final = [item for item in context.rejections if item.scope == "record"]
    assert {item.reason for item in final} == {"answer-contradicts-program"}
    assert context.figures["items"]["refused"] == len(final)
    assert not {item.record_id for item in final} & {item.question_id for item in questions}


def test_a_hopeless_teacher_is_not_paid_to_the_end(parts, tmp_path, pool):
    questions, calls, _ = run(parts, teacher({"not-json": 1.0}, stubborn=True))
    assert questions == []
    assert len(calls.waves) == 2
    long_plan = planned_parts(tmp_path, pool, n=200)
    _, calls, _ = run(long_plan, teacher({"not-json": 1.0}, stubborn=True), n=200, trial_calls=5)
    assert len(calls.waves) == 2
    assert all(5 <= len(wave) <= 10 for wave in calls.waves)


def test_replies_that_nobody_can_read_are_told_with_an_example_and_the_remedy(parts):
    _, _, context = run(parts, lambda call: "I look at the picture. A dog!")
    remedy = context.figures["remedy"]
    assert "the replies of m hold no questions, for example: the reply holds no list of questions: “I look" in remedy
    assert "--set generate.tokens_per_question=2000" in remedy
    assert {item.reason for item in context.rejections} == {"malformed-reply"}
    for brain in (teacher(), teacher({"no-program": 1.0}, stubborn=True)):
        assert "remedy" not in run(parts, brain)[2].figures


def test_a_trial_changes_nothing_but_the_waves(parts):
    whole, one, _ = run(parts, teacher(ALL_FAULTS), trial_calls=0)
    other, tried, _ = run(parts, teacher(ALL_FAULTS), trial_calls=3)
    assert texts(whole) == texts(other)
    assert Counter(map(repr, one.requests)) == Counter(map(repr, tried.requests))
    assert GenerateByModel.not_hashed >= {"trial_calls"}


def test_the_same_answers_make_the_same_set(parts):
    assert texts(run(parts, teacher(ALL_FAULTS))[0]) == texts(run(parts, teacher(ALL_FAULTS))[0])
    assert texts(run(parts)[0]) != texts(run(parts, seed=8)[0])


@pytest.mark.parametrize("reason", ["content-filter", "image-unreadable", "gave-up"])
def test_calls_that_fail_are_refusals_of_their_items_and_are_not_repaired(parts, reason):
    def failing(request):
        return reason if request.seed % 4 == 0 else None

    questions, calls, context = run(parts, calls=FakeCalls(teacher(), failing=failing))
    assert len(questions) == 69
    assert {item.reason for item in context.rejections} == {reason}
    assert {item.purpose for item in calls.requests} == {"question"}
    assert context.figures["try_again"] is False


def test_where_calls_got_no_answer_and_rows_are_missing_another_run_tries_again(parts):
    _, _, context = run(parts, calls=FakeCalls(teacher(), failing=lambda _: "gave-up"), max_rejected_share=1.0)
    assert context.figures["try_again"] is True
    assert context.figures["unasked"] == 0


def test_what_the_source_cannot_prove_is_asked_openly_within_the_teachers_share(plain_parts):
    questions, _, context = run(plain_parts, teacher_share=0.1)
    opened = [item for item in questions if item.evidence == "teacher"]
    assert len(opened) == context.figures["open"] == 6
    assert {item.category for item in opened} == {"depth", "orientation", "count"}
    assert all(item.program is None and item.margin is None for item in opened)
    assert len(questions) - len(opened) == 69
    assert all(item.program is not None for item in questions if item.evidence != "teacher")
    checked = list(Check(images=False).run(iter(questions), StageContext(seed=1)))
    assert all(isinstance(item, Question) for item in checked), [item for item in checked if not isinstance(item, Question)]  # fmt: skip


@pytest.mark.parametrize("options", [{"teacher_share": 0.0}, {"open_categories": ()}])
def test_nothing_need_rest_on_the_teachers_word(plain_parts, options):
    questions, _, _ = run(plain_parts, **options)
    assert {item.evidence for item in questions} & {"teacher"} == set()


def test_what_is_planned_in_full_is_never_asked_openly(parts):
    questions, _, context = run(parts, teacher_share=0.5)
    assert context.figures["open"] == 0
    assert all(item.evidence != "teacher" for item in questions)


def test_a_further_round_asks_for_more_and_again_for_nothing(parts):
    questions, first, context = run(parts, teacher(ALL_FAULTS))
    stage = GenerateByModel(teacher="m", n=N)
    passed = {cell: count // 2 for cell, count in context.figures["written"].items()}
    further = stage.further(context.figures, passed)
    assert further.lost == ({cell: context.figures["written"][cell] - count for cell, count in passed.items()},)
    more, second, context = run(parts, teacher(ALL_FAULTS), lost=further.lost)
    assert len(more) > len(questions)
    assert set(texts(questions)) <= set(texts(more))
    assert set(map(repr, first.requests)) <= set(map(repr, second.requests))
    assert context.figures["rounds"] == 2
    assert further.further(context.figures, context.figures["written"]) is None
    assert stage.further({**context.figures, "unasked": 0}, passed) is None


def test_a_forecast_is_a_sample_of_what_is_asked_first(plain_parts):
    stage = GenerateByModel(teacher="m", n=N, trial_calls=3)
    question, repair = stage.forecast(plain_parts, StageContext(seed=7))
    _, calls, _ = run(plain_parts, trial_calls=3)
    asked = {repr(request) for request in calls.requests if request.purpose == "question"}
    assert {repr(request) for request in question.sample} <= asked
    assert 1 <= len(question.sample) <= 32
    assert question.calls.low <= len(asked) <= question.calls.high
    assert (question.purpose, repair.purpose, repair.sample) == ("question", "repair", ())
    assert stage.forecast([], StageContext(seed=7)) == []


def test_parameters():
    assert Generate.variant({"teacher": "rules"}) is Generate
    assert Generate.variant({}) is Generate
    assert Generate.variant({"teacher": "gpt-4.1-mini"}) is GenerateByModel
    stage = GenerateByModel(teacher="gpt-4.1-mini", n=10)
    assert stage.models() == ("gpt-4.1-mini",)
    assert set(stage.prompts()) == {"teacher/system", "teacher/user", "teacher-repair/user"}
    assert stage.writes is Question
    with pytest.raises(ValueError, match="boxes alone prove questions of size"):
        GenerateByModel(teacher="m", open_categories=("size",))


def test_without_calls_or_a_number_of_rows_it_says_what_to_do(parts):
    with pytest.raises(RecipeError, match="makes no calls"):
        list(GenerateByModel(teacher="m", n=3).run(parts, StageContext(seed=1)))
    with pytest.raises(RecipeError, match=r"generate\.n"):
        list(GenerateByModel(teacher="m").run(parts, StageContext(seed=1, calls=FakeCalls(teacher()))))
