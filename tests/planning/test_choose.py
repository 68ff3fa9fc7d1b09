from __future__ import annotations

import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from stvqa.planning import Candidate, choose
from stvqa.programs.shortcuts import shortcuts, write_shortcuts
from stvqa.records import Direction

EASY = ("relation", "easy")
HARD = ("relation", "hard")


def cues(subject, answer):
    claims = [Direction(subject="a.1", direction=way, object="b.1") for way in ("above", "below")]
    return write_shortcuts(shortcuts("axis", claims, answer, {"a.1": subject, "b.1": "table"}))


def item(cell, image, packed="", *, topic="", rating=5):
    return Candidate("q", image, *cell, rating, "axis", 2, topic, packed)


def pool(rows):
    return [item(*row) for row in rows]


def test_targets_are_met_and_images_used_evenly():
    rows = [(EASY, f"image {number % 20}", "") for number in range(400)]
    choice = choose(pool(rows), {EASY: 60}, per_image=12, seed=1)
    assert len(choice) == len(set(choice)) == 60
    assert max(Counter(rows[row][1] for row in choice).values()) <= 5


def test_a_shortcut_is_evened_out():
    chance = random.Random(3)
    answers = [0 if chance.random() < 0.8 else 1 for _ in range(2000)]
    rows = [(EASY, f"image {number}", cues("lamp", answer)) for number, answer in enumerate(answers)]
    choice = choose(pool(rows), {EASY: 400}, per_image=1, seed=1)
    share = sum(answers[row] == 0 for row in choice) / 400
    assert abs(share - 0.5) < 0.06  # the pool has 0.8; chance alone may give 0.55


def test_the_same_is_not_asked_twice_of_an_image_while_there_is_other():
    topics = ["cup.1|dog.1"] * 6 + ["cup.1|car.1", "car.1|dog.1", "man.1|car.1"]
    made = [item(EASY, "one image", topic=topic, rating=9 if number < 6 else 1) for number, topic in enumerate(topics)]
    choice = choose(made, {EASY: 4}, per_image=9, seed=1)
    assert len({topics[row] for row in choice}) == 4


def test_per_image_is_a_hard_limit_and_lacks_are_told():
    rows = [(EASY, "one image", "")] * 10 + [(HARD, "other", "")] * 2
    choice = choose(pool(rows), {EASY: 5, HARD: 2}, per_image=3, seed=1)
    assert len(choice) == 5


def test_other_levels_fill_up_a_category():
    rows = [(EASY, f"a{n}", "") for n in range(3)] + [(HARD, f"b{n}", "") for n in range(9)]
    choice = choose(pool(rows), {EASY: 5, HARD: 2}, per_image=1, seed=1)
    assert len(choice) == 7


@given(st.integers(0, 9), st.lists(st.integers(0, 6), min_size=1, max_size=40), st.integers(1, 3), st.integers(0, 60))
def test_same_seed_same_choice_within_all_limits(seed, images, per_image, wanted):
    rows = [(EASY if number % 2 else HARD, f"image {image}", "") for number, image in enumerate(images)]
    one, other = (choose(pool(rows), {EASY: wanted, HARD: 1}, per_image=per_image, seed=seed) for _ in range(2))
    assert one == other
    used = Counter(rows[row][1] for row in one)
    assert all(count <= per_image for count in used.values())
    assert len(one) <= wanted + 1


def test_what_is_rare_among_rows_of_full_images_is_found():
    rows = [(EASY, f"image {number // 400}", "") for number in range(2400)]
    rows += [(EASY, f"other {number}", "") for number in range(20)]
    assert len(choose(pool(rows), {EASY: 6 * 12 + 20}, per_image=12, seed=1)) == 6 * 12 + 20


def test_what_is_rare_among_kept_rows_is_found():
    rows = [(EASY, f"image {number}", "") for number in range(1500)]
    for seed in range(3):
        assert len(choose(pool(rows), {EASY: 1491}, per_image=1, seed=seed, kept=range(1490))) == 1491


def test_the_choice_is_that_of_earlier_versions():
    """Finished sets are made again from their recipes."""
    made = [item(HARD if n % 3 == 0 else EASY, f"image {n % 9}", topic=f"t{n % 5}", rating=n % 7) for n in range(60)]
    chosen = choose(made, {EASY: 8, HARD: 4}, per_image=2, seed=7, kept=[3, 17])
    assert chosen == [3, 5, 6, 12, 13, 17, 19, 20, 27, 34, 41, 55]
