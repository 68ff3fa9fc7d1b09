"""Intervals over seeds, and what they say of claims."""

from __future__ import annotations

import numpy as np
import pytest
from miniature.claims import CLAIMS, answer, beside, verdict
from miniature.intervals import Interval, difference, mean_of
from scipy.stats import ttest_1samp


def test_a_mean_has_students_interval():
    values = {1: 0.70, 2: 0.72, 3: 0.75, 4: 0.69, 5: 0.71}
    found = mean_of(values)
    low, high = ttest_1samp(list(values.values()), 0).confidence_interval(0.95)
    assert found == pytest.approx((0.714, low, high, 5))
    assert found.half == pytest.approx(high - 0.714)


def test_a_difference_is_paired_by_seed_and_question():
    first = {1: "1100", 2: "1110", 9: "0000"}
    second = {1: "1000", 2: "1010", 8: "1111"}
    found = difference(first, second)
    assert found.seeds == 2
    assert found.mean == pytest.approx(0.25)
    # Seeds agree in every question, so all there is to doubt is which questions were asked.
    low, high = ttest_1samp([0, 1, 0, 0], 0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((low, high))
    assert difference({1: "11", 2: "00"}, {1: "11", 2: "00"}) == Interval(0.0, 0.0, 0.0, 2)
    with pytest.raises(ValueError, match="shorter"):
        difference({1: "11", 2: "11"}, {1: "1", 2: "1"})


@pytest.mark.parametrize("spread", [(0.5, 0.0), (0.0, 1.5), (0.3, 1.0)])
def test_nineteen_of_twenty_intervals_hold_the_difference(spread):
    """Seeds and questions each shift the chance of a right answer, of both arms apart; the true difference is 0."""
    source, held, means, halves = np.random.default_rng(5), 0, [], []
    for _ in range(400):
        by_seed, by_question = (
            source.normal(0, size, shape) for size, shape in zip(spread, ((2, 5, 1), (2, 1, 200)), strict=True)
        )
        chance = 1 / (1 + np.exp(-(by_seed + by_question)))
        right = source.random((2, 5, 200)) < chance
        first, second = (
            {n: "".join("01"[item] for item in row) for n, row in enumerate(arm.astype(int))} for arm in right
        )
        found = difference(first, second)
        held += found.low <= 0 <= found.high
        means.append(found.mean)
        halves.append(found.half)
    assert held / 400 >= 0.92
    # No wider than need be: the t of five seeds is 2.8 standard errors, of many questions 2.
    assert 1.5 < np.mean(halves) / np.std(means) < 3.5


def test_one_seed_has_no_interval_and_none_no_mean():
    assert mean_of({4: 0.5}) == Interval(0.5, None, None, 1)
    assert mean_of({4: 0.5}).half is None
    assert mean_of({}) is None
    assert difference({1: "10"}, {2: "10"}) is None
    assert difference({1: "11"}, {1: "10"}) == Interval(0.5, None, None, 1)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (None, "not run"),
        (Interval(0.1, None, None, 1), "one seed"),
        (Interval(0.1, 0.02, 0.18, 5), "holds here"),
        (Interval(-0.1, -0.18, -0.02, 5), "the opposite holds here"),
        (Interval(0.1, -0.02, 0.22, 5), "cannot be told"),
        (Interval(0.0, 0.0, 0.0, 5), "cannot be told"),
    ],
)
def test_a_verdict_is_the_intervals_alone(found, words):
    assert verdict(found).startswith(words)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (None, ""),
        (Interval(0.1, None, None, 1), ""),
        (Interval(0.1, 0.02, 0.18, 5), "Yes, here"),
        (Interval(-0.1, -0.18, -0.02, 5), "No, here the sparse one beats it"),
        (Interval(0.1, -0.02, 0.22, 5), "No: no difference can be told here"),
    ],
)
def test_the_title_is_answered_by_the_first_claim(found, words):
    assert (CLAIMS[0].first, CLAIMS[0].second) == ("dense", "sparse")
    assert answer(found) == words


def test_every_claim_compares_arms_that_are_run(checkout, small):
    from miniature.settings import read_settings

    for settings in (small, read_settings(checkout / "benchmarks" / "miniature" / "settings.yaml")):
        named = {name for claim in CLAIMS for name in (claim.first, claim.second)}
        assert named <= set(settings.main.arms)
        assert set(settings.main.arms) == set(small.main.arms)


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (-0.01, 0.02, "lies below that"),
        (0.04, 0.08, "lies above that"),
        (-0.01, 0.05, "neither is excluded"),
        (0.01, 0.05, "the interval holds that"),
        (-0.05, -0.01, "lies below that"),
    ],
)
def test_an_interval_is_held_against_a_published_gain(low, high, words):
    assert words in beside(Interval((low + high) / 2, low, high, 5), 0.033)
