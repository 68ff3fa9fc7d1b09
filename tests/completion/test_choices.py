"""What a reply chooses; whatever is unclear is nobody's choice."""

from __future__ import annotations

import json
import string
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stvqa.completion.choices import read_choice
from stvqa.programs.inspect import plain

SIDES = ("To the left", "To the right", "Above", "Below")
PEOPLE = ("The man", "Bob", "The red cup")


@pytest.mark.parametrize(
    ("reply", "choice"),
    [
        ("B", 1),
        ("b", 1),
        (" (B) ", 1),
        ("[B]", 1),
        ("B.", 1),
        ("B)", 1),
        ("**B**", 1),
        ("`B`", 1),
        ("B. To the right", 1),
        ("(B) To the right.", 1),
        ("B: to the right", 1),
        ("B) To The Right", 1),
        ("B - To the right", 1),
        ("B \u2013 To the right", 1),
        ("To the right", 1),
        ("to the right.", 1),
        ("The answer is B", 1),
        ("The answer is B.", 1),
        ("The correct answer is (B) To the right.", 1),
        ("Answer: B", 1),
        ("**Answer:** B", 1),
        ("The answer is to the right", 1),
        ("Option B", 1),
        ("The correct option is B", 1),
        ('{"answer": "B"}', 1),
        ('{"answer": "(B) To the right", "why": "it is not A"}', 1),
        ('```json\n{"choice": "B"}\n```', 1),
        ('"B"', 1),
        ("<answer>B</answer>", 1),
        ("<think>A? No, the cup is on the right.</think>\nB", 1),
        ("\\boxed{B}", 1),
        ("$\\boxed{\\text{B}}$", 1),
        ("\uff22", 1),  # full width
        ("D", 3),
    ],
)
def test_replies_that_choose(reply, choice):
    assert read_choice(reply, SIDES) == choice


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "   ",
        "A or B",
        "A/B",
        "A, B",
        "AB",
        "(A) (B)",
        "Both A and B",
        "A and B",
        "Not A",
        "not B",
        "E",
        "5",
        "?",
        "The answer is Bob",
        "The answer is A or B",
        "The answer is not B",
        "The answer is",
        "B. To the left",
        "B? I am not sure",
        "B, but it could be A",
        "B. Because the cup is to the left",
        "Either",
        "I cannot see the image.",
        "I cannot tell, B maybe",
        "left or right",
        "A cup is to the right of the table",
        "<think>the cup is",
        "B</think>",
        "<answer>A</answer><answer>B</answer>",
        '{"answer": "A", "choice": "B"}',
        '{"answer": ["A", "B"]}',
        '{"answer": ["B"]}',
        '{"answer": true}',
        '{"answer": ""}',
        '{"answer": null}',
        '{"reason": "B"}',
        '{"answer": "B"',
        "[" * 5000,
        "null",
        "A\nB",
        "A. To the left\nB. To the right",
    ],
)
def test_replies_that_choose_nothing(reply):
    assert read_choice(reply, SIDES) is None


def test_a_letter_beyond_the_options_is_nobodys():
    assert read_choice("C", SIDES[:2]) is None
    assert read_choice("(D) Below", SIDES[:2]) is None


def test_an_option_that_is_called_so_is_chosen_by_its_name():
    assert read_choice("The answer is Bob", PEOPLE) == 1
    assert read_choice("3", ("1", "2", "3")) == 2
    assert read_choice('{"answer": 3}', ("1", "2", "3")) == 2


def test_an_option_that_is_called_like_another_ones_letter_is_unclear():
    assert read_choice("B", ("B", "A")) is None
    assert read_choice("(A) B", ("B", "A")) == 0


SAID_ANYWAY = frozenset("abcd") | {
    "so",
    "therefore",
    "the",
    "my",
    "correct",
    "right",
    "best",
    "final",
    "answer",
    "option",
    "choice",
}
OPTIONS = st.lists(
    st.text(string.ascii_letters + string.digits + " -'é", min_size=2, max_size=20).filter(
        lambda text: plain(text) and plain(text).split()[0] not in SAID_ANYWAY
    ),
    min_size=2,
    max_size=4,
    unique_by=plain,
)
"""Texts that do not begin like an announcement or a letter."""
SHAPES = (
    "{letter}",
    "({letter})",
    "{letter}.",
    "{letter}. {text}",
    "({letter}) {text}",
    "{letter}) {text}",
    "{text}",
    "The answer is {letter}.",
    "Answer: ({letter}) {text}",
    "<answer>({letter}) {text}</answer>",
    "**({letter}) {text}**",
    "<think>A, B, C?</think>{letter}",
)


@given(OPTIONS, st.data())
def test_every_way_to_say_an_option_is_read_as_that_option(options, data):
    place = data.draw(st.integers(0, len(options) - 1))
    shape = data.draw(st.sampled_from(SHAPES))
    letter = "ABCD"[place]
    said = shape.format(letter=letter, text=options[place])
    assert read_choice(said, options) == place
    assert read_choice(json.dumps({"why": "not A", "answer": said}), options) == place or "<" in said


@given(OPTIONS, st.lists(st.sampled_from("ABCD"), min_size=2, max_size=4, unique=True), st.data())
def test_several_letters_are_never_a_choice(options, letters, data):
    joint = data.draw(st.sampled_from((" or ", ", ", "/", " and ", " ", "\n", ") (", "; ", " | ", " maybe ")))
    reply = joint.join(letters)
    if plain(reply) in {plain(option) for option in options}:
        return
    assert read_choice(reply, options) is None


@given(st.text(max_size=60), OPTIONS)
def test_a_choice_is_always_something_that_was_said(reply, options):
    choice = read_choice(reply, options)
    if choice is not None:
        words = plain(unicodedata.normalize("NFKC", reply))
        assert "abcd"[choice] in words.split() or plain(options[choice]) in words


@given(st.text(), st.lists(st.text(min_size=1), min_size=2, max_size=4))
def test_no_reply_is_too_odd_to_read(reply, options):
    assert read_choice(reply, options) in (None, *range(len(options)))
