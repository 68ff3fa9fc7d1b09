"""Intervals over seeds, and what they say of claims."""

from __future__ import annotations

import pytest
from miniature.claims import CLAIMS, verdict
from miniature.intervals import Interval, difference, mean_of
from scipy.stats import ttest_1samp


def test_a_mean_has_students_interval():
    values = {1: 0.70, 2: 0.72, 3: 0.75, 4: 0.69, 5: 0.71}
    found = mean_of(values)
    low, high = ttest_1samp(list(values.values()), 0).confidence_interval(0.95)
    assert found == pytest.approx((0.714, low, high, 5))
    assert found.half == pytest.approx(high - 0.714)


def test_a_difference_is_paired_by_seed():
    first = {1: 0.50, 2: 0.60, 3: 0.70, 9: 0.99}
    second = {1: 0.45, 2: 0.55, 3: 0.65, 8: 0.01}
    found = difference(first, second)
    assert found.seeds == 3
    assert found.mean == pytest.approx(0.05)
    assert found.low == pytest.approx(0.05)  # the seeds vary by far more than the difference does
    assert mean_of({seed: first[seed] for seed in (1, 2, 3)}).half > 0.2


def test_one_seed_has_no_interval_and_none_no_mean():
    assert mean_of({4: 0.5}) == Interval(0.5, None, None, 1)
    assert mean_of({4: 0.5}).half is None
    assert mean_of({}) is None
    assert difference({1: 0.5}, {2: 0.5}) is None


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


def test_every_claim_compares_arms_that_are_run(checkout, small):
    from miniature.settings import read_settings

    for settings in (small, read_settings(checkout / "benchmarks" / "miniature" / "settings.yaml")):
        named = {name for claim in CLAIMS for name in (claim.first, claim.second)}
        assert named <= set(settings.main.arms)
        assert set(settings.main.arms) == set(small.main.arms)
