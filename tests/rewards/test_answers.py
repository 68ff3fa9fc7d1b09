from __future__ import annotations

import time

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
        ("**Answer:** B", "B"),
        ("The answer is option **B**.", "B"),
        ("Final answer: (B)", "B"),
        ("(B) **The red dog**", "B"),
        ("Option A and B", ""),
        ("The answer is A. The answer is B", ""),
        ("A **B**", ""),
        ("**A**B", ""),
        ("`A``B`", ""),
        ("Option A: The answer is B", ""),
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
        ("(A) or**B**or**C**", ""),
        ("(A) left`B`", ""),
        ("(A) cup's`B`", ""),
        ("(B)**A**", ""),
        ("**B.** or **A.**", ""),
        ("**A__B__", ""),
        ("(A) also 'B'", ""),
        ("(B) also 'A'", ""),
        ("(B) also \u201cA\u201d", ""),
        ("(A) also \uff22", ""),
        ("(B) \uff08\uff21\uff09", ""),
        ("(B) rock 'n' roll", "B"),
        ("(B) a cow's 'bell'", "B"),
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
        ("The answer is left", "(B) Left", (), True),
        ("(B) **Left**", "(B) Left", (), True),
        ("(B) my__name", "(B) my__name", (), True),
        ("(B) myname", "(B) my__name", (), False),
        ("Option B", "Option B", (), True),
        ("B", "Option B", (), False),
        ("left" + " " * 1000 + "right", "left", (), False),
        ("left" + " " * 1000 + "right", "(B) left", (), False),
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


NAMES = ("my__cup", "mycup", "__init__", "Answer")


@pytest.mark.parametrize(
    ("answer", "letter"),
    [
        ("my__cup", "A"),
        ("(A) my__cup", "A"),
        ("**my__cup**", "A"),
        ("(B) mycup", "B"),
        ("(A) mycup", ""),
        ("(B) my__cup", ""),
        ("(C) __init__", "C"),
        ("`__init__`", "C"),
        ("Answer", "D"),
        ("(D) Answer", "D"),
    ],
)
def test_names_with_marks_and_announcing_words_stay_names(answer, letter):
    assert letter_of(answer, NAMES) == letter


def test_a_text_that_begins_like_an_announcement_is_that_text():
    assert letter_of("Option A", ("Option B", "Option A")) == "B"
    assert letter_of("**Option A**", ("Option B", "Option A")) == "B"


@pytest.mark.parametrize("piece", ["*", "`", "_", "the ", "answer ", " ", "\n", "**a", "`a", "B "])
def test_long_answers_are_no_answers_and_take_no_time(piece):
    answer = piece * (1_000_000 // len(piece)) + "x"
    begin = time.perf_counter()
    for gold, options in (("B", ()), ("(B) left", ()), ("left", ()), ("B", OPTIONS)):
        assert not names_right_option(answer, gold=gold, options=options)
    assert time.perf_counter() - begin < 0.5


def test_a_fifth_option_has_no_letter():
    options = ("one", "two", "three", "four", "five")
    assert [letter_of(text, options) for text in ("four", "five", "E", "(E) five")] == ["D", "", "", ""]


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
