"""What a reply chooses; whatever is unclear is nobody's choice."""

from __future__ import annotations

import json
import string
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stvqa.completion.choices import bare_options, read_choice
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
        ("\uff08B\uff09", 1),
        ("\uff08\uff22\uff09To the right", 1),
        ("B\uff1aTo the right", 1),
        ("B\uff0eTo the right", 1),
        ("B, to the right", 1),
        ("To the right!", 1),
        ("B!", 1),
        ("B-To the right", 1),
        ("B \u2014 To the right", 1),
        ("*B*", 1),
        ("***B***", 1),
        ("_B_", 1),
        ("**B**.", 1),
        ("**B**: To the right", 1),
        ("\u201cB\u201d.", 1),
        ("'(B)'", 1),
        ("\u00abB\u00bb", 1),
        ("# B", 1),
        ("- B", 1),
        ("> To the right", 1),
        ("My choice: B", 1),
        ("My final answer is **(B) To the right**.", 1),
        ("The answer to the question is: B", 1),
        ("So the correct option would be B.", 1),
        ("Sure! B", 1),
        ("I would choose B", 1),
        ("I'd go with option B.", 1),
        ("It is to the right.", 1),
        ("B is correct.", 1),
        ("Option B is the correct answer", 1),
        ("$B$", 1),
        ("\\(\\boxed{B}\\)", 1),
        ("\\[\\boxed{\\textbf{(B)}}\\]", 1),
        ("The final answer is $\\boxed{\\text{To the right}}$.", 1),
        ("<|begin_of_box|>B<|end_of_box|>", 1),
        ("The answer is <|begin_of_box|>B<|end_of_box|>.", 1),
        ("I see both. It could be A.\n</think>\n\nB", 1),
        ("[THINK]A?[/THINK]B", 1),
        ("<reasoning>A?</reasoning><answer>B</answer>", 1),
        ("<|channel|>analysis<|message|>A?<|end|><|start|>assistant<|channel|>final<|message|>B", 1),
        ('{"final_answer": "B"}', 1),
        ('{"Answer": {"letter": "B", "text": "To the right"}}', 1),
        ('{"letter": "B", "answer": "To the right"}', 1),
        ('<think>{"answer": "A"}</think>{"answer": "B"}', 1),
        ('{"answer": "B", "why": "' + "x" * 2000 + '"}', 1),
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
        "B?",
        "B \u274c",
        "A \\boxed{B}",
        "\\boxed{A} \\boxed{B}",
        "<|begin_of_box|>A<|end_of_box|> <|begin_of_box|>B<|end_of_box|>",
        "A is wrong, B is correct",
        "'A' or 'B'",
        "**A** **B**",
        "(A) (B) is correct",
        "to the left or to the right",
        "To the right is not correct",
        "It is not to the right",
        "<|channel|>analysis<|message|>B",
        '{"letter": "A", "answer": "To the right"}',
        "B" + " " * 2000 + "To the right",
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


@pytest.mark.parametrize(
    "options",
    [
        ("(A) To the left", "(B) To the right"),
        ("A. To the left", "B. To the right"),
        ("A) To the left", "B) To the right"),
        ("a: To the left", "b: To the right"),
        ("[A] To the left", "[B] To the right"),
        ("A - To the left", "B - To the right"),
        ("\uff08A\uff09To the left", "\uff08B\uff09To the right"),
        ("A\uff1aTo the left", "B\uff1aTo the right"),
    ],
)
def test_options_that_carry_their_letters_are_their_texts(options):
    assert bare_options(options) == ("To the left", "To the right")
    for reply in (
        "B",
        "To the right",
        "(B) To the right",
        "B. to the right",
        options[1],
        f"The answer is {options[1]}",
    ):
        assert read_choice(reply, options) == 1


@pytest.mark.parametrize(
    "options",
    [
        ("(B) To the left", "(A) To the right"),
        ("(A) To the left", "To the right"),
        ("A.M.", "B.C."),
        ("A", "B"),
        ("(A)", "(B)"),
        ("A cup", "B side"),
        (),
    ],
)
def test_what_only_looks_like_letters_of_their_own_stays(options):
    assert bare_options(options) == options


@pytest.mark.parametrize(
    ("reply", "options", "choice"),
    [
        ("-1", ("1", "-1"), 1),
        ("1", ("1", "-1"), 0),
        ("3.5", ("35", "3.5"), 1),
        ("> 5 m", ("5 m", "> 5 m"), 1),
        ("C++", ("C", "C++"), 1),
        ("-2", ("2", "3"), None),
        ("init", ("__init__", "init"), 1),
        ("**init**", ("__init__", "other"), 0),
    ],
)
def test_signs_that_tell_options_apart_count(reply, options, choice):
    assert read_choice(reply, options) == choice


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


INNER = (
    "**{}**",
    "*{}*",
    "`{}`",
    "({})",
    "\u201c{}\u201d",
    "{}.",
    "\ufeff{}",
    "<|begin_of_box|>{}<|end_of_box|>",
    "The answer is {}",
    "My choice: {}",
    "I choose {}",
    "Option {} is correct.",
)
OUTER = (
    "{}",
    '"{}"',
    "\\boxed{{{}}}",
    "$\\boxed{{\\text{{{}}}}}$",
    "```\n{}\n```",
    "<think>A, B?</think>{}",
    "Is it A?</think>{}",
    "<answer>{}</answer>",
    '{{"answer": "{}"}}',
)
DRESSES = (*INNER, *OUTER)


@given(
    st.integers(0, 3), st.lists(st.sampled_from(INNER), max_size=2, unique=True), st.sampled_from(OUTER), st.booleans()
)
def test_a_letter_is_read_through_every_dress(place, inner, outer, known):
    said = "ABCD"[place]
    for dress in (*inner, outer):
        said = dress.format(said)
    assert read_choice(said, SIDES if known else (None,) * 4) == place


@given(st.permutations(range(4)), st.sampled_from(DRESSES), st.sampled_from((" or ", ", ", " and ", " / ", "\n", " ")))
def test_two_options_are_never_an_answer_however_they_are_dressed(order, dress, joint):
    first, second = order[:2]
    for names, options in (("ABCD", SIDES), (SIDES, SIDES), ("ABCD", (None,) * 4)):
        assert read_choice(dress.format(names[first] + joint + names[second]), options) is None
        if dress.startswith("{}") or ">" not in dress:  # what stands before thoughts, or beside tags, is no answer
            assert read_choice(names[first] + joint + dress.format(names[second]), options) is None


@given(st.text(max_size=60), OPTIONS)
def test_a_choice_is_always_something_that_was_said(reply, options):
    choice = read_choice(reply, options)
    if choice is not None:
        words = plain(unicodedata.normalize("NFKC", reply))
        assert "abcd"[choice] in words.split() or plain(options[choice]) in words


@given(st.text(), st.lists(st.text(min_size=1), min_size=2, max_size=4))
def test_no_reply_is_too_odd_to_read(reply, options):
    assert read_choice(reply, options) in (None, *range(len(options)))


@pytest.mark.parametrize("repeated", ["<answer>", "</answer>", "<ANSWER>A", " ", "(", "**", "`", "$", "the correct "])
def test_a_reply_of_very_many_marks_is_read_at_once(repeated):
    assert read_choice(repeated * 100_000, ("Left", "Right")) is None


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("<answer>A <answer>B</answer>", None),
        ("</answer><answer>B</answer></answer>", 1),
        ("<Answer>B</ANSWER>", 1),
        ("<answer>A</answer> <answer>B</answer>", None),
    ],
)
def test_an_answer_stands_between_its_first_tags(text, place):
    assert read_choice(text, ("Left", "Right")) == place
