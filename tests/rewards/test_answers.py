from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stvqa.rewards.answers import equal_answers, letter_of, names_right_option

OPTIONS = ("A cup", "The red dog.", "No", "Vitamin C")


@pytest.mark.parametrize(
    ("answer", "letter"),
    [
        ("B", "B"),
        (" b ", "B"),
        ("(B)", "B"),
        ("B.", "B"),
        ("B)", "B"),
        ("(B) The red dog.", "B"),
        ("(b) the red  dog", "B"),
        ("B. The red dog", "B"),
        ("B: The red dog", "B"),
        ("B The red dog", "B"),
        ("the red dog", "B"),
        ("A cup", "A"),
        ("(A) A cup", "A"),
        ("no", "C"),
        ("Vitamin C", "D"),
        ("A or B or C", ""),
        ("A or B or C or D", ""),
        ("(A) A cup (B) The red dog", ""),
        ("A, B", ""),
        ("(B) A cup", ""),
        ("(B) or (C)", ""),
        ("The answer is B", "B"),
        ("Option B", "B"),
        ("option (b): the red dog", "B"),
        ("Answer: B", "B"),
        ("**B**", "B"),
        ("**(B) The red dog**", "B"),
        ("**(B)** The red dog", "B"),
        ("`B`", "B"),
        ("The correct answer is **the red dog**.", "B"),
        ("Option B or C", ""),
        ("**A** **B**", ""),
        ("Answer", ""),
        ("Answers: A, B", ""),
        ("not B", ""),
        ("E", ""),
        ("(E) Nothing", ""),
        ("", ""),
        ("A" * 5000, ""),
        ("(A) (B) (C) (D)", ""),
        ("ABCD", ""),
    ],
)
def test_one_answer_is_one_option(answer, letter):
    assert letter_of(answer, OPTIONS) == letter


@pytest.mark.parametrize(
    ("answer", "letter"),
    [
        ("B", "B"),
        ("(B) The red dog", "B"),
        ("B. The red dog", "B"),
        ("(A) A cup", "A"),
        ("(B) a man's hat", "B"),
        ("The red dog", ""),
        ("A cup", ""),
        ("B or C", ""),
        ("(B) or (C)", ""),
        ("A. B. C. D", ""),
        ("(A) B C D", ""),
        ("(A), (B)", ""),
        ("(B) left, C right", ""),
        ("**B**", "B"),
        ("Option B", "B"),
    ],
)
def test_letters_where_the_options_are_not_known(answer, letter):
    assert letter_of(answer, ()) == letter


@pytest.mark.parametrize(
    ("answer", "gold", "options", "right"),
    [
        ("(B) The red dog", "B", OPTIONS, True),
        ("B", "(B) The red dog.", OPTIONS, True),
        ("The red dog", "B", OPTIONS, True),
        ("(A) A cup", "B", OPTIONS, False),
        ("A or B", "B", OPTIONS, False),
        (None, "B", OPTIONS, False),
        ("B", "(B) Left", (), True),
        ("left", "(B) Left", (), True),
        ("(B) Left.", "(B) Left", (), True),
        ("(B) Right", "(B) Left", (), False),
        ("**B**", "(B) Left", (), True),
        ("Option B: left", "(B) Left", (), True),
        ("Option B: right", "(B) Left", (), False),
        ("(A) Left", "(B) Left", (), False),
        ("(B) anything", "B", (), True),
        ("(B) left or (C) right", "B", (), False),
        ("to the left", "To the left.", (), True),
        ("to the right", "To the left.", (), False),
        ("B", "E", OPTIONS, False),
        ("E", "E", OPTIONS, False),
    ],
)
def test_right_answers(answer, gold, options, right):
    assert names_right_option(answer, gold=gold, options=options) is right


def test_two_options_of_one_text_are_told_apart_by_letter_only():
    assert letter_of("left", ("Left", "left")) == ""
    assert letter_of("(B) left", ("Left", "left")) == "B"


def test_equality_is_equality():
    assert equal_answers(" (B) Left\n", gold="(B) Left", fold_case=False)
    assert not equal_answers("(B) left", gold="(B) Left", fold_case=False)
    assert equal_answers("(B) left", gold="(B) Left", fold_case=True)
    assert not equal_answers("B", gold="(B) Left", fold_case=True)
    assert not equal_answers(None, gold="", fold_case=True)


@given(st.text(max_size=60), st.lists(st.text(min_size=1, max_size=12), max_size=4))
def test_any_text_names_one_option_or_none(answer, options):
    letter = letter_of(answer, options)
    assert letter == "" or letter in "ABCD"[: len(options) or 4]


@given(
    st.lists(st.sampled_from("ABCD"), min_size=2, max_size=4, unique=True),
    st.sampled_from([" ", ", ", " or ", "/", ". ", ") "]),
)
def test_several_letters_are_none(letters, between):
    assert letter_of(between.join(letters), ("Left", "Right", "Up", "Down")) == ""
    assert letter_of(between.join(letters), ()) == ""
