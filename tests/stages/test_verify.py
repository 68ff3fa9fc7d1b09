"""The stage as a whole, over demo scenes and over many small questions, with fake verifiers."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from questions import question
from scenes import scene
from verifier_brain import FakeCalls, always_a, first_by_text, honest, leaning, uniform

from stvqa.errors import CallError, RecipeError
from stvqa.planning import cell_targets
from stvqa.recipe import load_recipe, parse_setting
from stvqa.records import ImageReference, Question
from stvqa.runner import run_recipe
from stvqa.stages.contract import StageContext
from stvqa.stages.select import Select
from stvqa.stages.verify import Verify
from stvqa.store import read_part, write_part

N = 60


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """Checked questions of demo scenes, twice as many as are asked for: parts and records."""
    out = tmp_path_factory.mktemp("demo")
    words = (f"plan.n={N}", f"select.n={N}", "plan.reserve=2.5", "load.limit=60", "check.images=false")
    recipe = load_recipe("demo", [parse_setting(text) for text in words])
    run_recipe(recipe.model_copy(update={"stages": recipe.stages[:5]}), out=out, scheduler="sync")
    parts = sorted(next(out.glob("05-check*")).glob("part-*.parquet"))
    return parts, [item for part in parts for item in read_part(part, model=Question)]


def verify(parts, calls, *, seed=7, **parameters):
    context = StageContext(seed=seed, calls=calls)
    stage = Verify(**{"verifiers": ("m",), "n": N, **parameters})
    kept = [item for batch in stage.run(parts, context) for item in batch]
    return kept, context


def part_of(tmp_path, made):
    path = tmp_path / "part-00000.parquet"
    write_part(path, made, model=Question)
    return [path]


def many(count, *, category="relation", options=2):
    """Questions with an answer on the left, one an image, each image known by its place."""
    made = []
    for number in range(count):
        graph = scene({"cup.1": (100, 500, 150, 550), "table.1": (400, 450, 600, 600)}, image_id=f"test:{number}")
        graph = graph.model_copy(update={"image": ImageReference(kind="placeholder", location=f"place {number}")})
        item = question(
            question_id=f"test:{number}/{category}/{number}",
            category=category,
            level=("easy", "medium", "hard")[number % 3],
            text=f"Number {number}: where is the cup, seen from the table?",
            focus=graph,
        )
        made.append(item)
    return made


def select(tmp_path, kept, n=N):
    path = tmp_path / "verified.parquet"
    write_part(path, kept, model=Question)
    context = StageContext(seed=7)
    return [item for batch in Select(n=n).run([path], context) for item in batch], context.figures


def test_an_honest_verifier_confirms_what_select_would_have_chosen_and_nothing_else_is_paid_for(demo, tmp_path):
    parts, questions = demo
    calls = FakeCalls(honest(questions), questions)
    kept, context = verify(parts, calls)
    plain = StageContext(seed=7)
    chosen = [item.row for batch in Select(n=N).run(parts, plain) for item in batch]
    assert sorted(item.text for item in kept) == sorted(row.question_only for row in chosen)
    assert len(kept) == N
    figures = context.figures
    assert (figures["judged"], figures["accepted"], figures["reserve"]) == (N, N, len(questions) - N)
    assert figures["waves"] == 1
    assert "shortfall" not in figures
    assert len({request.messages[1].text.split("\n")[0] for request in calls.asked}) <= N


def test_accepted_questions_carry_verifier_votes_and_blind_run(demo):
    parts, questions = demo
    kept, _ = verify(parts, FakeCalls(honest(questions), questions))
    originals = {item.question_id: item for item in questions}
    for item in kept:
        assert item.verifier == "m"
        assert item.blind_correct is False
        image = [vote for vote in item.votes if not vote.blind and not vote.mirrored]
        assert [vote.choice for vote in image] == [item.answer, item.answer]
        assert len({vote.rotation for vote in image}) == 2
        assert any(vote.blind for vote in item.votes)
        bare = item.model_copy(update={"verifier": "", "votes": (), "blind_correct": None})
        assert bare == originals[item.question_id]


def test_what_is_refused_is_replaced_from_its_own_cell(demo, tmp_path):
    parts, questions = demo
    wrong = {item.question_id for number, item in enumerate(questions) if number % 5 == 0}
    calls = FakeCalls(honest(questions, wrong_about=wrong), questions)
    kept, context = verify(parts, calls)
    assert len(kept) == N
    assert wrong.isdisjoint({item.question_id for item in kept})
    supply = Counter((item.category, item.level) for item in questions if item.question_id not in wrong)
    targets = cell_targets(N, supply).cells
    by_category = Counter(item.category for item in kept)
    for category in by_category:
        assert by_category[category] == sum(count for cell, count in targets.items() if cell[0] == category)
    refused = [item.record_id for item in context.rejections if item.reason == "verifier-disagrees"]
    assert set(refused) <= wrong
    assert context.figures["judged"] == N + len(refused)
    rows, figures = select(tmp_path, kept)
    assert len(rows) == N
    assert figures["reserve"] == 0
    assert figures["categories"] == {**dict.fromkeys(figures["categories"], 0), **by_category}


def test_select_takes_exactly_what_came(tmp_path):
    """Quotas, splits and the limit by image have nothing left to choose."""
    made = many(900)
    parts = part_of(tmp_path, made)
    kept, _ = verify(parts, FakeCalls(honest(made, wrong_about={item.question_id for item in made[::4]}), made), n=300)
    rows, figures = select(tmp_path, kept, n=300)
    assert sorted(item.row.question_only for item in rows) == sorted(item.text for item in kept)
    assert all(json.loads(item.row.votes) for item in rows)
    assert {item.row.verifier for item in rows} == {"m"}
    assert "shortfall" not in figures or len(rows) == 300


def test_an_empty_reserve_keeps_what_was_accepted_and_says_what_is_missing(tmp_path):
    made = many(40)
    wrong = {item.question_id for item in made[:10]}
    kept, context = verify(part_of(tmp_path, made), FakeCalls(honest(made, wrong_about=wrong), made), n=36)
    assert len(kept) == 30
    assert context.figures["reserve"] == 0
    assert "no more that the verifiers accept" in context.figures["shortfall"]
    assert (
        context.figures["passed"]
        == {f"relation/{level}": count for level, count in Counter(item.level for item in kept).items()}
        or sum(context.figures["passed"].values()) == 30
    )


def test_planted_answers_are_judged_and_never_published(demo):
    parts, questions = demo
    calls = FakeCalls(honest(questions), questions)
    kept, context = verify(parts, calls, canary_share=0.2)
    canaries = context.figures["canaries"]
    assert (canaries["planted"], canaries["accepted"]) == (12, 0)
    assert len(kept) == len({item.question_id for item in kept}) == N
    answers = {item.question_id: item.answer for item in questions}
    assert all(item.answer == answers[item.question_id] for item in kept)
    assert sum(request.purpose == "canary" for request in calls.asked) == 24
    for item in kept:  # nor do their votes get into anything
        assert len(item.votes) <= 3 + 4
    _, fewer = verify(parts, FakeCalls(honest(questions), questions))
    assert fewer.figures["canaries"]["planted"] == 2
    assert fewer.figures["label_error"]["upper"] > context.figures["label_error"]["upper"]


def test_a_guesser_accepts_planted_answers_and_is_found_out(tmp_path):
    made = many(200)
    kept, context = verify(part_of(tmp_path, made), FakeCalls(uniform(), made), n=50, canary_share=0.5, mirror=False)
    assert kept
    canaries = context.figures["canaries"]
    assert canaries["accepted"] > 0.2 * canaries["planted"]
    assert context.figures["label_error"]["upper"] == 1.0


def test_a_failed_call_is_never_a_verdict(tmp_path):
    made = many(30)
    parts = part_of(tmp_path, made)
    down = {made[3].text, made[8].text}

    def fail(request):
        return "gave-up" if request.messages[1].text.split("\n")[0] in down else None

    calls = FakeCalls(honest(made), made, fail=fail)
    kept, context = verify(parts, calls, n=30)
    named = context.figures["undecided"]
    assert named == sorted((made[3].question_id, made[8].question_id))
    assert len(kept) == 28
    assert context.rejections == []
    assert context.figures["try_again"] is True
    again = FakeCalls(honest(made), made, answered=calls.answered)
    kept, context = verify(parts, again, n=30)
    assert len(kept) == 30
    assert context.figures["undecided"] == []
    assert {request.messages[1].text.split("\n")[0] for request in again.asked if request.purpose == "vote"} == down


def test_a_failed_call_makes_way_for_the_reserve(tmp_path):
    made = many(60)
    first = made[0].text

    def fail(request):
        return "gave-up" if first in request.messages[1].text else None

    kept, context = verify(part_of(tmp_path, made), FakeCalls(honest(made), made, fail=fail), n=60 - 1)
    assert len(kept) == 59
    assert context.figures["try_again"] is False


def test_what_can_never_be_asked_is_refused_by_name(tmp_path):
    made = many(20)

    def fail(request):
        return "content-filter" if made[0].text in request.messages[1].text else None

    kept, context = verify(part_of(tmp_path, made), FakeCalls(honest(made), made, fail=fail), n=20)
    assert len(kept) == 19
    assert [(item.record_id, item.reason) for item in context.rejections] == [
        (made[0].question_id, "call-content-filter")
    ]
    assert context.figures["refused"] == {"call-content-filter": 1}


def test_what_cannot_be_asked_is_noticed_before_the_whole_reserve_is_tried(tmp_path):
    made = many(120)
    calls = FakeCalls(honest(made), made, fail=lambda request: "content-filter")
    _, context = verify(part_of(tmp_path, made), calls, n=40)
    assert context.figures["reserve"] == 80


@pytest.mark.parametrize("limit", [0.0, 0.2, 0.5, {"relation": 0.1}])
def test_blind_solvable_rows_stay_within_the_limit(demo, limit):
    parts, questions = demo
    calls = FakeCalls(honest(questions, blind=first_by_text), questions)
    kept, context = verify(parts, calls, max_blind_share=limit)
    by_category = Counter(item.category for item in kept)
    blind = Counter(item.category for item in kept if item.blind_correct)
    for category, rows in by_category.items():
        share = limit.get(category, 1.0) if isinstance(limit, dict) else limit
        assert blind[category] <= share * rows + 1e-9
    if limit == 0.5:
        assert len(kept) == N
    held = [item for item in context.rejections if item.reason == "blind-solvable"]
    assert len(kept) + len(held) == context.figures["accepted"]


def test_without_a_blind_run_nothing_is_said_of_it(demo):
    parts, questions = demo
    calls = FakeCalls(honest(questions), questions)
    kept, _ = verify(parts, calls, blind=False)
    assert {item.blind_correct for item in kept} == {None}
    assert not any(request.purpose == "blind" for request in calls.asked)


def test_a_liar_is_noticed_before_much_is_spent(tmp_path):
    made = many(300)
    _, context = verify(part_of(tmp_path, made), FakeCalls(always_a, made), n=60)
    assert (context.figures["judged"], context.figures["reserve"]) == (60, 240)
    assert len(context.rejections) == 60
    _, context = verify(part_of(tmp_path, made), FakeCalls(always_a, made), n=200)
    assert (context.figures["judged"], context.figures["reserve"]) == (24, 276)


def test_a_trial_changes_nothing_but_the_order_of_calls(tmp_path):
    made = many(300)
    mind = honest(made, wrong_about={item.question_id for item in made[::7]})
    tried, _ = verify(part_of(tmp_path, made), FakeCalls(mind, made), n=200)
    plain, _ = verify(part_of(tmp_path, made), FakeCalls(mind, made), n=200, trial_rows=0)
    assert tried == plain


def test_replies_that_nobody_can_read_end_the_run_and_say_nothing_of_the_questions(tmp_path):
    made = many(200)
    calls = FakeCalls(lambda seen: "As a language model I see no image.", made)
    with pytest.raises(CallError, match=r"verifier m: 50 of its 50 replies name no option.*max_output_tokens=4000"):
        verify(part_of(tmp_path, made), calls, n=150)


def test_a_few_questions_are_enough_to_see_that_nobody_can_read_the_replies(tmp_path):
    made = many(3)
    calls = FakeCalls(lambda seen: "I see a dog and\na cup sk-abcdefghijkl" + " x" * 90, made)
    with pytest.raises(CallError, match=r"replies name no option, for example “I see a dog and a cup \[key\] x .* …”"):
        verify(part_of(tmp_path, made), calls, n=3)


@pytest.mark.parametrize("die_after", [1, 37, 150, 290])
def test_killed_and_gone_on_is_as_if_nothing_had_been(demo, die_after):
    parts, questions = demo
    mind = leaning((3, 1, 1, 1), seed=4)
    whole = FakeCalls(mind, questions)
    expected, there = verify(parts, whole, max_rejected_share=1)
    ledger = {}
    calls = FakeCalls(mind, questions, answered=ledger, die_after=die_after)
    with pytest.raises(KeyboardInterrupt):
        verify(parts, calls, max_rejected_share=1)
    further = FakeCalls(mind, questions, answered=ledger)
    kept, context = verify(parts, further, max_rejected_share=1)
    assert kept == expected
    assert context.figures == there.figures
    assert len(calls.asked) + len(further.asked) == len(whole.asked)


def test_another_seed_is_another_choice(demo):
    parts, questions = demo
    kept, _ = verify(parts, FakeCalls(honest(questions), questions))
    other, _ = verify(parts, FakeCalls(honest(questions), questions), seed=8)
    assert kept != other


def test_two_verifiers_agree_by_kappa(demo):
    parts, questions = demo
    ids = [item.question_id for item in questions]
    minds = {"a": honest(questions, wrong_about=ids[::4]), "b": honest(questions, wrong_about=ids[::6])}
    calls = FakeCalls(lambda seen: minds[seen.model](seen), questions)
    kept, context = verify(parts, calls, verifiers=("a", "b"))
    assert not {item.question_id for item in kept} & {*ids[::4], *ids[::6]}
    assert {item.verifier for item in kept} == {"a, b"}
    kappa = context.figures["kappa"]
    assert 0 < kappa["verdicts"] < 1
    assert 0 < kappa["choices"] < 1
    assert {vote.verifier for item in kept for vote in item.votes if vote.blind} == {"a"}


def test_each_wording_of_an_image_once(tmp_path):
    made = many(10)
    twin = made[0].model_copy(update={"question_id": "twin"})
    kept, context = verify(part_of(tmp_path, [*made, twin]), FakeCalls(honest(made), made), n=10)
    assert len(kept) == 10
    assert [(item.record_id, item.reason) for item in context.rejections] == [("twin", "repeats-question")]


def test_the_forecast_names_the_calls_that_are_made(demo):
    parts, questions = demo
    stage = Verify(verifiers=("m",), n=N)
    forecasts = {item.purpose: item for item in stage.forecast(parts, StageContext(seed=7))}
    calls = FakeCalls(honest(questions), questions)
    verify(parts, calls)
    made = Counter(request.purpose for request in calls.asked)
    assert set(forecasts) == {"vote", "canary", "blind"} == set(made)
    for purpose, count in made.items():
        assert forecasts[purpose].calls.low <= count <= forecasts[purpose].calls.high
        assert set(forecasts[purpose].sample) <= set(calls.asked)
    assert len(forecasts["vote"].sample) == 32


def test_a_forecast_from_prospects_asks_nothing_real(demo):
    parts, _ = demo
    planned = sorted(next(parts[0].parent.parent.glob("03-plan*")).glob("part-*.parquet"))
    context = StageContext(seed=7, figures={"forecast_reads": "Prospect"})
    forecasts = Verify(verifiers=("m",), n=N).forecast(planned, context)
    assert {request.sample for item in forecasts for request in item.sample} == {-1}
    assert forecasts[0].calls.low >= 2 * N


def test_verifiers_are_one_or_two_different_ones():
    for names in ((), ("a", "b", "c"), ("a", "a"), ("",)):
        with pytest.raises(ValueError):
            Verify(verifiers=names, n=1)
    with pytest.raises(RecipeError, match="knows no n"):
        list(Verify(verifiers=("a",)).run([], StageContext(seed=1, calls=FakeCalls(always_a))))


def test_what_it_is_told_is_part_of_its_hash():
    assert set(Verify(verifiers=("a",)).prompts()) == {
        "verifier/system",
        "verifier/user",
        "blind/system",
        "blind/user",
    }
    assert Verify(verifiers=("a", "b")).models() == ("a", "b")
