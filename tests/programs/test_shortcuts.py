from __future__ import annotations

from collections import Counter
from fractions import Fraction

import pytest

from stvqa.programs.shortcuts import Balance, read_shortcuts, shortcuts, write_shortcuts
from stvqa.records import Direction, Ranks

NAMES = {"lamp.1": "lamp", "table.1": "table"}


def question(answer):
    claims = [Direction(subject="lamp.1", direction=way, object="table.1") for way in ("above", "below")]
    return shortcuts("axis", claims, answer, NAMES)


def test_the_same_question_with_the_other_answer_evens_it_out():
    above, below = dict(question(0)), dict(question(1))
    assert above.keys() == below.keys()
    assert all(above[key] == pytest.approx(-below[key]) for key in above)


def test_packed_cues_come_back():
    cues = question(0)
    assert read_shortcuts(write_shortcuts(cues)) == [(key, round(weight, 2)) for key, weight in cues]
    assert read_shortcuts("") == []


def test_balance_prefers_what_was_rarer():
    balance = Balance()
    for _ in range(20):
        balance.add(question(0))
    assert balance.cost(question(1)) < 0 < balance.cost(question(0))
    for _ in range(20):
        balance.add(question(0), sign=-1)
    assert balance.cost(question(1)) == pytest.approx(balance.cost(question(0)))
    assert balance.cost([]) == 0


def test_what_chance_would_give_is_left_alone():
    balance = Balance()
    for answer in (0, 1, 0, 1, 1):
        assert balance.cost(question(answer)) == 0
        balance.add(question(answer))


def test_options_of_one_question_weigh_nothing_together():
    claims = [
        Ranks(subject=name, extreme="most", measure="image_height", among=("cup.1", "man.1", "dog.1"))
        for name in ("man.1", "cup.1", "dog.1")
    ]
    cues = shortcuts("image_height", claims, 0, {"man.1": "man", "cup.1": "cup", "dog.1": "dog"})
    weights = Counter(Fraction(round(cue.weight * 3), 3) for cue in cues)
    assert set(weights) == {Fraction(2, 3), Fraction(-1, 3)}
    assert weights[Fraction(-1, 3)] == 2 * weights[Fraction(2, 3)]
