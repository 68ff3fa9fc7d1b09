"""The figures, counted by hand."""

from __future__ import annotations

import pytest
from questions import question

from stvqa.estimates import label_error
from stvqa.records import Vote
from stvqa.teachers.calls import CallFailure
from stvqa.teachers.verifier import Case, Hearing, Ruling, tally
from stvqa.teachers.verifier.hearing import BlindRun


def vote(choice, rotation=0, **changes):
    return Vote(verifier="m", rotation=rotation, choice=choice, reply="x", **changes)


def ruling(number, verdict, *votes, reason="", planted=False, blind=None, category="relation", others=()):
    item = question(question_id=f"q{number}", category=category)
    hearing = Hearing(verdict, reason, votes, CallFailure("k", "gave-up", "") if verdict == "undecided" else None)
    return Ruling(
        Case(item, 1 if planted else 0, planted, None, (0, 1, 0, 1)), verdict, reason, (hearing, *others), blind
    )


RIGHT = (vote(0), vote(0, 1))
WRONG = (vote(1), vote(1, 1))
RULINGS = [
    *(ruling(number, "accepted", *RIGHT, blind=BlindRun(number < 2, (vote(0, blind=True),))) for number in range(8)),
    ruling(8, "refused", *WRONG, reason="verifier-disagrees"),
    ruling(9, "refused", vote(0), vote(0, 1), vote(None, mirrored=True), reason="mirror-disagrees", category="depth"),
    ruling(10, "undecided", vote(0), reason="call-gave-up"),
    ruling(0, "refused", *RIGHT, planted=True),
    ruling(1, "accepted", *WRONG, planted=True),
]


def test_a_table_by_hand():
    figures = tally(RULINGS, verifiers=["m"], policy="two_of")
    assert (figures["judged"], figures["accepted"], figures["undecided"]) == (11, 8, ["q10"])
    assert figures["refused"] == {"mirror-disagrees": 1, "verifier-disagrees": 1}
    canaries = figures["canaries"]
    assert (canaries["planted"], canaries["accepted"], canaries["rate"]) == (2, 1, 0.5)
    assert canaries["by_options"] == {"2": {"planted": 2, "accepted": 1}}
    # f = 1/2, a = 8/10: 1 * 0.2 / 0.8
    assert figures["label_error"] == {"estimate": 0.25, "upper": 1.0, "confidence": 0.95}
    assert figures["votes"] == {"image": 21, "mirrored": 1, "blind": 8, "canary": 4, "unparsed": 1}
    relation = figures["categories"]["relation"]
    assert (relation["judged"], relation["accepted"], relation["rate"]) == (10, 8, pytest.approx(8 / 9, abs=1e-4))
    assert (relation["blind_correct"], relation["blind_by_chance"]) == (2, 0.5)
    assert figures["categories"]["depth"]["mirrored"] == 1
    assert "kappa" not in figures


def test_letters_are_those_that_were_shown():
    """Option 0 stands at A without rotation, at B with a rotation of one."""
    letters = tally(RULINGS, verifiers=["m"], policy="two_of")["letters"]["2"]
    assert letters["A"] == {"right": 11, "chosen": 11}
    assert letters["B"] == {"right": 10, "chosen": 10}


def test_no_canaries_no_bound():
    figures = tally([ruling(1, "accepted", *RIGHT)], verifiers=["m"], policy="two_of")
    assert (figures["canaries"]["rate"], figures["canaries"]["low"], figures["canaries"]["high"]) == (None, 0.0, 1.0)
    assert figures["label_error"]["upper"] == 1.0
    assert tally([], verifiers=["m"], policy="two_of")["judged"] == 0


def test_a_category_is_bounded_by_its_own_planted_answers():
    accepted = [ruling(n, "accepted", *RIGHT, category=("relation", "depth", "size")[n % 3]) for n in range(120)]
    canaries = [
        *(ruling(n, "refused", *RIGHT, planted=True, category="relation") for n in range(40)),
        *(ruling(n, "accepted", *WRONG, planted=True, category="depth") for n in range(4)),
    ]
    found = tally([*accepted, *canaries], verifiers=["m"], policy="two_of")
    of = found["categories"]
    assert [(of[name]["planted"], of[name]["planted_accepted"]) for name in ("relation", "depth", "size")] == [
        (40, 0),
        (4, 4),
        (0, 0),
    ]
    own = label_error(accepted_wrong=0, planted=40, accepted=40, decided=40)
    assert of["relation"]["label_error"] == {"estimate": 0.0, "upper": round(own.upper, 4)}
    assert 0 < own.upper < 0.1
    assert of["depth"]["label_error"] == {"estimate": 1.0, "upper": 1.0}
    assert of["size"]["label_error"] == {"estimate": None, "upper": 1.0}
    all_together = label_error(accepted_wrong=4, planted=44, accepted=120, decided=120)
    assert found["label_error"]["upper"] == round(all_together.upper, 4)


def test_kappa_leaves_out_what_is_undecided():
    yes, no = Hearing("accepted", "", RIGHT), Hearing("refused", "verifier-disagrees", WRONG)
    pairs = [
        ruling(0, "accepted", *RIGHT, others=(yes,)),
        ruling(1, "refused", *WRONG, others=(no,)),
        ruling(2, "refused")._replace(hearings=(yes, no)),
        ruling(3, "undecided", others=(yes,)),
    ]
    kappa = tally(pairs, verifiers=["a", "b"], policy="two_of")["kappa"]
    # verdicts: 2 of 3 agree; by chance 2/3 * 1/3 + 1/3 * 2/3 = 4/9
    assert kappa["verdicts"] == pytest.approx((2 / 3 - 4 / 9) / (5 / 9), abs=1e-3)
