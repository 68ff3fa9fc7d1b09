"""What guessers get past each policy, exactly: every course of votes is gone through with its chance."""

from __future__ import annotations

import random
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stvqa.teachers.verifier.policies import MOST_VOTES, rotations, settle


def accepted(policy, chances, right=()):
    """Chance of acceptance, where the answers are right with these chances, one after the other."""
    step = settle(policy, right)
    if isinstance(step, str):
        return 1.0 if step == "accepted" else 0.0
    total = 0.0
    for more in product((True, False), repeat=step):
        weight = 1.0
        for hit, chance in zip(more, chances[len(right) :], strict=False):
            weight *= chance if hit else 1 - chance
        total += weight * accepted(policy, chances, (*right, *more))
    return total


def by_letters(policy, options, weights, samples=400):
    """Chance of acceptance for who answers by letters alone: the mean over drawn rotations and right options."""
    total = sum(weights[:options])
    shares = [weight / total for weight in weights[:options]]
    found = 0.0
    for seed in range(samples):
        chance = random.Random(seed)
        turns = rotations(policy, options, chance)
        for answer in range(options):
            found += accepted(policy, [shares[(answer - turn) % options] for turn in turns])
    return found / samples / options


@pytest.mark.parametrize(
    ("policy", "options", "expected"),
    [
        ("two_of", 2, 0.375),
        ("two_of", 3, 0.1605),
        ("two_of", 4, 0.0859),
        ("paper", 2, 0.9375),
        ("paper", 3, 0.8025),
        ("paper", 4, 0.6836),
    ],
)
def test_a_uniform_guesser_gets_what_the_docs_say(policy, options, expected):
    assert accepted(policy, [1 / options] * MOST_VOTES) == pytest.approx(expected, abs=5e-5)


@pytest.mark.parametrize("options", [2, 3, 4])
@pytest.mark.parametrize("letter", range(4))
def test_who_always_says_one_letter_gets_nothing(options, letter):
    weights = [float(place == letter) for place in range(4)]
    assert by_letters("two_of", options, weights if letter < options else [1, 0, 0, 0]) == 0


@given(
    st.sampled_from((2, 3, 4)), st.lists(st.floats(0, 1), min_size=4, max_size=4).filter(lambda w: w[0] + w[1] > 0.01)
)
def test_no_liking_for_letters_beats_an_even_guess(options, weights):
    assert by_letters("two_of", options, weights, samples=24) <= accepted("two_of", [1 / options] * 4) + 1e-9


def test_who_sees_passes():
    assert accepted("two_of", [1.0] * 4) == 1
    assert accepted("two_of", [0.9] * 4) > 0.95
    assert accepted("two_of", [0.0] * 4) == 0


@pytest.mark.parametrize(
    ("right", "step"),
    [
        ((), 2),
        ((True, True), "accepted"),
        ((False, False), "refused"),
        ((True, False), 2),
        ((False, True), 2),
        ((True, False, True, True), "accepted"),
        ((False, True, True, True), "accepted"),
        ((True, False, True, False), "refused"),
        ((True, False, False, False), "refused"),
    ],
)
def test_two_of(right, step):
    assert settle("two_of", right) == step


@pytest.mark.parametrize(
    ("right", "step"),
    [
        ((), 2),
        ((False, True), "accepted"),
        ((False, False), 2),
        ((False, False, False, True), "accepted"),
        ((False,) * 4, "refused"),
    ],
)
def test_paper(right, step):
    assert settle("paper", right) == step


@given(st.sampled_from((2, 3, 4)), st.integers(0, 1000))
def test_the_right_option_stands_at_as_many_letters_as_there_are(options, seed):
    turns = rotations("two_of", options, random.Random(seed))
    assert len(turns) == MOST_VOTES
    assert len(set(turns[:options])) == min(options, MOST_VOTES)
    assert set(turns) <= set(range(options))
    assert len(set(rotations("paper", options, random.Random(seed)))) == 1
