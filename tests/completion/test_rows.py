from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from questions import question

from stvqa.completion import build_row, option_order, parse, row_id
from stvqa.records import Proof


@given(st.integers(2, 4), st.data(), st.integers(0, 2**32))
def test_an_order_is_a_permutation_with_the_answer_in_its_place(count, data, chance):
    answer, place = data.draw(st.integers(0, count - 1)), data.draw(st.integers(0, count - 1))
    order = option_order(count, answer=answer, place=place, chance=chance)
    assert sorted(order) == list(range(count))
    assert order[place] == answer


def test_columns_agree():
    row = build_row(question(), 1)
    assert row.options == ("To the right", "To the left")
    assert row.answer_only == "B"
    assert row.answer_option_text == "<answer>(B) To the left</answer>"
    assert row.answer_text == "<answer>To the left</answer>"
    assert row.question_with_options.endswith("\n(A) To the right\n(B) To the left")
    assert row.question_with_options in row.problem
    assert "1000 pixels wide" in row.problem
    assert parse(row.answer).answer == "B"
    assert row.coordinates == "pixel"


def test_claims_follow_the_options():
    proof = Proof.model_validate_json(build_row(question(), 1).program)
    assert [claim.direction for claim in proof.claims] == ["right", "left"]


def test_a_row_id_does_not_depend_on_the_order_of_options():
    assert row_id("vg", "vg:1", "Where?", ("a", "b")) == row_id("vg", "vg:1", "Where?", ("b", "a"))
    assert row_id("vg", "vg:1", "Where?", ("a", "b")) != row_id("vg", "vg:2", "Where?", ("a", "b"))
