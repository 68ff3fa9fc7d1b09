"""One question before a verifier: votes, mirror, blind run, failures."""

from __future__ import annotations

from questions import question
from verifier_brain import FakeCalls, always_a, first_by_text, honest, letter

from stvqa.stages.contract import random_for
from stvqa.teachers.verifier import Judge, Presenter

LEFT = question()
ABOVE = question(
    question_id="test:1/relation/2",
    text="Is the cup above or below the table?",
    options=("Above", "Below"),
    program=None,
    evidence="teacher",
)


def judge(*models, **changes):
    presenters = tuple(Presenter(model) for model in models or ("m",))
    return Judge(presenters, "two_of", lambda name: random_for(1, "verify", name))._replace(**changes)


def rule(mind, *, questions=(LEFT,), planted=(), fail=lambda request: None, **changes):
    calls = FakeCalls(mind, questions, fail=fail)
    return judge(**changes).rule(questions, planted=planted, calls=calls), calls


def test_an_honest_verifier_accepts_after_two_votes_and_the_mirror():
    (ruling,), calls = rule(honest([LEFT]))
    assert (ruling.verdict, ruling.reason) == ("accepted", "")
    plain = [vote for vote in ruling.votes if not vote.blind]
    assert [(vote.mirrored, vote.choice) for vote in plain] == [(False, 0), (False, 0), (True, 1)]
    assert {vote.rotation for vote in plain[:2]} == {0, 1}
    assert ruling.blind_correct is False  # always A is right in one order alone
    assert [request.purpose for request in calls.asked] == [
        "vote",
        "vote",
        "vote",
        "blind",
        *["blind"] * (len(calls.asked) - 4),
    ]


def test_whoever_answers_from_memory_fails_in_the_mirror():
    (ruling,), _ = rule(lambda seen: letter(seen, "To the left"))
    assert (ruling.verdict, ruling.reason) == ("refused", "mirror-disagrees")
    (ruling,), _ = rule(lambda seen: letter(seen, "To the left"), mirror=False)
    assert ruling.verdict == "accepted"
    assert ruling.blind_correct is True


def test_a_question_without_sides_is_not_mirrored():
    (ruling,), calls = rule(honest([ABOVE]), questions=(ABOVE,), blind=False)
    assert ruling.verdict == "accepted"
    assert ruling.blind_correct is None
    assert len(calls.asked) == 2


def test_a_split_is_heard_again_under_both_orders():
    (ruling,), calls = rule(always_a)
    assert (ruling.verdict, ruling.reason) == ("refused", "verifier-disagrees")
    assert [vote.rotation for vote in ruling.votes] == [vote.rotation for vote in ruling.votes]
    assert {vote.rotation for vote in ruling.votes[:2]} == {vote.rotation for vote in ruling.votes[2:]} == {0, 1}
    assert [request.temperature for request in calls.asked] == [0, 0, 0.7, 0.7]
    assert calls.waves == [2, 2]


def test_unclear_replies_are_no_votes_for_anything():
    (ruling,), _ = rule(lambda seen: "A or B")
    assert (ruling.verdict, ruling.reason) == ("refused", "verifier-unclear")
    assert [vote.choice for vote in ruling.votes] == [None, None]
    assert ruling.votes[0].reply == "A or B"


def test_a_call_that_failed_is_no_verdict():
    (ruling,), calls = rule(honest([LEFT]), fail=lambda request: "gave-up")
    assert (ruling.verdict, ruling.reason, ruling.votes) == ("undecided", "call-gave-up", ())
    assert calls.waves == [2, 2]  # asked once more, then left
    (ruling,), calls = rule(honest([LEFT]), fail=lambda request: "content-filter")
    assert (ruling.verdict, ruling.reason) == ("unaskable", "call-content-filter")
    assert calls.waves == [2]
    assert ruling.detail == "the server said content-filter"


def test_a_call_that_failed_once_is_made_again():
    seen = set()

    def once(request):
        fresh = request not in seen
        seen.add(request)
        return "gave-up" if fresh else None

    (ruling,), _ = rule(honest([LEFT]), fail=once)
    assert ruling.verdict == "accepted"


def test_a_blind_run_that_failed_leaves_the_question_undecided():
    (ruling,), _ = rule(honest([LEFT]), fail=lambda request: "gave-up" if request.purpose == "blind" else None)
    assert (ruling.verdict, ruling.reason) == ("undecided", "call-gave-up")
    assert ruling.blind_correct is None


def test_the_blind_run_goes_through_all_rotations_and_stops_at_the_first_wrong():
    (ruling,), _ = rule(honest([LEFT], blind=first_by_text))
    assert [(vote.rotation, vote.choice) for vote in ruling.votes if vote.blind] in ([(0, 0), (1, 0)], [(1, 0), (0, 0)])
    assert ruling.blind_correct is True
    (ruling,), _ = rule(honest([LEFT], blind=lambda seen: letter(seen, "To the right")))
    assert len([vote for vote in ruling.votes if vote.blind]) == 1
    assert ruling.blind_correct is False


def test_both_verifiers_must_accept():
    minds = {"good": honest([LEFT]), "biased": always_a}
    calls = FakeCalls(lambda seen: minds[seen.model](seen), [LEFT])
    (ruling,) = judge("good", "biased").rule([LEFT], planted=(), calls=calls)
    assert [hearing.verdict for hearing in ruling.hearings] == ["accepted", "refused"]
    assert ruling.verdict == "refused"
    assert {vote.verifier for vote in ruling.votes} == {"good", "biased"}


def test_a_planted_answer_is_heard_on_its_own_and_refused_by_an_honest_one():
    (real, planted), calls = rule(honest([LEFT]), planted={LEFT.question_id})
    assert (real.verdict, planted.verdict) == ("accepted", "refused")
    assert (planted.case.planted, planted.case.answer) == (True, 1)
    assert planted.blind is None
    assert sum(request.purpose == "canary" for request in calls.asked) == 2
    assert len(set(calls.asked)) == len(calls.asked)


def test_a_planted_answer_is_judged_in_the_mirror_too():
    """Who believes the wrong side to be right, and flips it in the mirror, is fooled all the way."""
    (_, planted), _ = rule(honest([LEFT], wrong_about=[LEFT.question_id]), planted={LEFT.question_id})
    assert planted.case.in_mirror == 0
    assert planted.votes[-1].mirrored


def test_the_detail_says_what_was_answered():
    (ruling,), _ = rule(lambda seen: letter(seen, "To the right"))
    assert ruling.detail == "the answer is “To the left”, answers given: “To the right”, “To the right”"


def test_an_unclear_reply_about_the_mirrored_image_is_unclear_too():
    (ruling,), _ = rule(lambda seen: "I cannot see that" if seen.mirrored else letter(seen, "To the left"))
    assert (ruling.verdict, ruling.reason) == ("refused", "verifier-unclear")
    assert [vote.choice for vote in ruling.votes if vote.mirrored] == [None]
