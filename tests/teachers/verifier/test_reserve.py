"""What to judge next: whatever the verdicts are, nothing is asked that is not needed, and no limit is passed."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stvqa.planning import LEVEL_SHARES, Candidate, choose
from stvqa.records import LEVELS
from stvqa.teachers.verifier import Goal, Reserve

CATEGORIES = ("relation", "size", "count")
SHARES = {"relation": 0.5, "size": 0.25, "count": 0.25}


def candidate(number, category, level, image):
    return Candidate(
        name=f"q{number}",
        image_id=f"image {image}",
        category=category,
        level=level,
        rating=5,
        form="form",
        option_count=2,
        topic="",
        shortcuts="",
    )


POOLS = st.lists(st.tuples(st.sampled_from(CATEGORIES), st.sampled_from(LEVELS), st.integers(0, 20)), max_size=50).map(
    lambda items: [candidate(number, *item) for number, item in enumerate(items)]
)


def reserve_of(pool, *, n, share=0.5, per_image=50):
    goal = Goal(n, SHARES, dict(LEVEL_SHARES), per_image, share)
    return Reserve(pool, goal=goal, chance=random.Random)


@given(
    POOLS, st.integers(1, 40), st.sampled_from((0.0, 0.3, 1.0)), st.integers(1, 4), st.randoms(use_true_random=False)
)
def test_nothing_is_asked_that_is_not_needed(pool, n, share, per_image, chance):
    reserve = reserve_of(pool, n=n, share=share, per_image=per_image)
    asked = []
    while wave := reserve.next_wave():
        assert len(wave) <= n - len(reserve.kept())
        assert set(wave).isdisjoint(asked)
        asked += wave
        for place in wave:
            verdict = chance.choice(("accepted", "accepted", "refused", "undecided", "unaskable"))
            reserve.settle(place, verdict, blind=chance.random() < 0.4)
    kept = reserve.kept()
    assert len(kept) <= n
    assert set(kept) <= set(asked)
    assert len(asked) + reserve.left == len(pool)
    images = Counter(pool[place].image_id for place in kept)
    assert all(count <= per_image for count in images.values())


@settings(max_examples=30)
@given(POOLS, st.integers(1, 40), st.sampled_from((0.0, 0.3, 0.5, 0.9)), st.randoms(use_true_random=False))
def test_the_limit_on_blind_rows_holds_in_every_category(pool, n, share, chance):
    reserve = reserve_of(pool, n=n, share=share)
    blind = {}
    while wave := reserve.next_wave():
        for place in wave:
            blind[place] = chance.random() < 0.6
            reserve.settle(place, "accepted", blind=blind[place])
    kept = reserve.kept()
    rows = Counter(pool[place].category for place in kept)
    solvable = Counter(pool[place].category for place in kept if blind[place])
    assert all(solvable[category] <= share * rows[category] + 1e-9 for category in rows)
    if len(kept) < n:  # then nobody was left to ask
        assert reserve.left == 0


@settings(max_examples=30)
@given(POOLS, st.integers(1, 40))
def test_where_all_are_accepted_one_wave_is_enough(pool, n):
    reserve = reserve_of(pool, n=n, share=1.0)
    wave = reserve.next_wave()
    for place in wave:
        reserve.settle(place, "accepted", blind=False)
    assert reserve.next_wave() == []
    assert reserve.kept() == wave
    assert len(wave) == min(n, len(pool))


def test_a_refused_question_is_replaced_in_its_own_cell():
    pool = [candidate(number, "relation", LEVELS[number % 3], number) for number in range(60)]
    reserve = reserve_of(pool, n=30)
    first = reserve.next_wave()
    refused = first[:5]
    for place in first:
        reserve.settle(place, "refused" if place in refused else "accepted", blind=False)
    second = reserve.next_wave()
    assert Counter(pool[place].level for place in second) == Counter(pool[place].level for place in refused)


def test_an_undecided_question_is_still_at_hand_for_a_further_round():
    pool = [candidate(number, "relation", "easy", number) for number in range(10)]
    reserve = reserve_of(pool, n=4)
    for place, verdict in zip(reserve.next_wave(), ("accepted", "undecided", "refused", "unaskable"), strict=True):
        reserve.settle(place, verdict, blind=False)
    assert reserve.at_hand() == {"relation/easy": 1 + 1 + 6}


@pytest.mark.parametrize("seed", range(3))
def test_kept_rows_stay_and_count(seed):
    pool = [candidate(number, "size", "easy", number % 7) for number in range(40)]
    kept = [3, 17, 22]
    chosen = choose(pool, {("size", "easy"): 10}, per_image=2, seed=seed, kept=kept)
    assert set(kept) <= set(chosen)
    assert len(chosen) == 10
    assert max(Counter(pool[row].image_id for row in chosen).values()) <= 2


def test_the_last_of_a_large_reserve_is_found_among_what_is_kept():
    pool = [candidate(number, "relation", "easy", number) for number in range(1500)]
    reserve = Reserve(pool, goal=Goal(1491, {"relation": 1.0}, {"easy": 1.0}, 12, 1.0), chance=random.Random)
    for place in range(1497):
        reserve.settle(place, "accepted" if place < 1490 else "refused", blind=False)
    assert len(reserve.next_wave()) == 1
