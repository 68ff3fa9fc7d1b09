"""Intervals, the bound on the label error, agreement: held against other code and against simulation."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn.metrics import cohen_kappa_score

from stvqa.estimates import cohen_kappa, label_error, wilson


@given(st.integers(0, 500), st.integers(1, 500), st.sampled_from((0.8, 0.95, 0.99)))
def test_wilson_is_scipys(hits, tries, confidence):
    hits = min(hits, tries)
    ours = wilson(hits, tries, confidence=confidence)
    theirs = binomtest(hits, tries).proportion_ci(confidence, method="wilson")
    assert ours.low == pytest.approx(theirs.low, abs=1e-9)
    assert ours.high == pytest.approx(theirs.high, abs=1e-9)
    assert ours.low <= hits / tries <= ours.high


def test_nothing_counted_nothing_known():
    assert wilson(0, 0) == (0.0, 1.0)
    assert label_error(accepted_wrong=0, planted=0, accepted=100, decided=100) == (None, 1.0)
    assert label_error(accepted_wrong=0, planted=50, accepted=0, decided=0) == (None, 1.0)
    with pytest.raises(ValueError, match="5 hits of 4"):
        wilson(5, 4)


def test_few_canaries_leave_a_wide_bound_and_many_a_narrow_one():
    bounds = [label_error(accepted_wrong=0, planted=count, accepted=930, decided=1000).upper for count in (6, 30, 210)]
    assert bounds == sorted(bounds, reverse=True)
    assert bounds[0] > 0.05 > bounds[1] > 0.01 > bounds[2]


def test_a_verifier_that_accepts_the_wrong_as_often_as_all_tells_nothing():
    assert label_error(accepted_wrong=50, planted=100, accepted=500, decided=1000).upper == 1.0
    assert label_error(accepted_wrong=50, planted=100, accepted=500, decided=1000).estimate == 1.0


@given(st.integers(0, 200), st.integers(1, 200), st.integers(0, 1000), st.integers(1, 1000))
def test_the_bound_is_a_share_and_moves_the_right_way(wrong, planted, accepted, decided):
    wrong, accepted = min(wrong, planted), min(accepted, decided)
    bound = label_error(accepted_wrong=wrong, planted=planted, accepted=accepted, decided=decided)
    assert 0 <= bound.estimate <= bound.upper <= 1
    if wrong < planted:
        more = label_error(accepted_wrong=wrong + 1, planted=planted, accepted=accepted, decided=decided)
        assert more.upper >= bound.upper
    if accepted < decided:
        better = label_error(accepted_wrong=wrong, planted=planted, accepted=accepted + 1, decided=decided)
        assert better.upper <= bound.upper


@pytest.mark.parametrize(
    ("error", "false_accept", "true_accept", "until_full"),
    [
        (0.10, 0.05, 1.00, False),  # the case in which the bound is sharp: every refusal was deserved
        (0.10, 0.05, 1.00, True),  # and as the stage stops: once so many are accepted
        (0.25, 0.09, 0.97, True),
        (0.02, 0.30, 0.90, False),
    ],
)
def test_the_bound_holds_as_often_as_it_says(error, false_accept, true_accept, until_full):
    """Of 1,500 simulated runs at least 95 % have a bound above the true share of wrong labels among the accepted."""
    chance = random.Random(20_26)
    held, widths = 0, []
    runs = 1500
    for _ in range(runs):
        wrong_in = accepted = decided = 0
        while accepted < 300 if until_full else decided < 350:
            decided += 1
            wrong = chance.random() < error
            if chance.random() < (false_accept if wrong else true_accept):
                accepted += 1
                wrong_in += wrong
        planted = 60
        passed = sum(chance.random() < false_accept for _ in range(planted))
        bound = label_error(accepted_wrong=passed, planted=planted, accepted=accepted, decided=decided)
        truth = error * false_accept / (error * false_accept + (1 - error) * true_accept)
        held += bound.upper >= truth
        widths.append(bound.upper)
    assert held / runs >= 0.95
    assert sorted(widths)[runs // 2] < 0.2  # and says something


def test_a_larger_confidence_is_a_wider_bound():
    counts = {"accepted_wrong": 2, "planted": 100, "accepted": 900, "decided": 1000}
    assert label_error(**counts, confidence=0.99).upper > label_error(**counts, confidence=0.9).upper


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=60))
def test_kappa_is_scikit_learns(pairs):
    first, second = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    ours = cohen_kappa(first, second)
    if ours is None:
        assert len({*first, *second}) == 1
        return
    assert ours == pytest.approx(cohen_kappa_score(first, second), abs=1e-12)


def test_kappa_without_anything_to_agree_on():
    assert cohen_kappa([], []) is None
    assert cohen_kappa(["accepted"] * 5, ["accepted"] * 5) is None
    with pytest.raises(ValueError, match="argument"):
        cohen_kappa([1], [1, 2])
