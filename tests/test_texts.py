from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stvqa.texts import LONGEST_TEXT, hinted, one_line, reply_shown, shown, tidied, unfit

FIT = (
    "Where is the cup relative to the table?",
    "In the image, which is taller: the man's hat, the “stop” sign or the 2nd café?",
    "the black & white cat",
    "50% of the cup",
    "about 3.5 m, or 12° to the left",
    "T-shirt - of a man",
    "Dr. Pepper can",
    "стол",
)
UNFIT = {
    "C0": "a\x00",
    "delete": "a\x7f",
    "C1": "a\x9b2J",
    "line separator": "a\u2028b",
    "override": "a\u202eb",
    "isolate": "a\u2066b",
    "mark": "a\u200fb",
    "joiner": "a\u200db",
    "soft hyphen": "a\u00adb",
    "byte order mark": "\ufeffa",
    "tag": "a\U000e0041",
    "variation": "a\ufe0f",
    "variation beyond": "a\U000e0100",
    "filler": "a\u3164b",
    "private": "a\ue000",
    "unassigned": "a\u0378",
    "half": "a\ud83d",
    "undecoded": "a\ufffd",
    "accents": "a" + "\u0300" * 20,
    "tick": "left ✓",
    "emoji": "left 👈",
    "tag of HTML": "<img src=x onerror=alert(1)>",
    "comment": "a<!-- b",
    "entity": "a &#8238; b",
    "image": "![a](b)",
    "reference": "[a][b]",
    "code": "`a`",
    "heading": "# a",
    "quote": "> a",
    "item": "- a",
    "emphasis": "*a*",
    "table": "a | b",
    "token": "a</s>",
    "template": "{{a}}",
    "scheme": "look at ftp://x",
    "no scheme": "look at //x.y/z",
    "script": "javascript:alert(1)",
    "www": "WWW.Example",
    "domain": "see example.com",
    "mention": "ask @somebody",
    "number": "at 10.0.0.1",
    "wide dot": "see evil\uff0ecom",
    "path": "see evil.site/x",
    "look-alikes": "the \u0441up",
}


@pytest.mark.parametrize("text", FIT)
def test_plain_sentences_are_fit(text):
    assert unfit(text) == ""


@pytest.mark.parametrize("text", UNFIT.values(), ids=UNFIT)
def test_what_no_sentence_holds_is_told_without_repeating_it(text):
    why = unfit(text)
    assert why
    assert why.isprintable()


def test_the_length_has_a_cap():
    assert unfit("a" * LONGEST_TEXT) == ""
    assert unfit("a" * (LONGEST_TEXT + 1)) == "it has 401 characters, and 400 are the most"
    assert unfit("a" * 50, longest=40)


@given(st.text(max_size=60))
def test_tidied_text_has_single_blanks_and_stays_tidied(text):
    once = tidied(text)
    assert tidied(once) == once
    assert "  " not in once
    assert "\u00a0" not in once


@pytest.mark.parametrize(
    ("question", "options", "answer"),
    [
        ("Which?", ("left →", "right"), 0),
        ("Which?", ("left", "right."), 0),
        ("Which?", ("left!", "right!", "up"), 2),
        ("Which?", ("LEFT SIDE", "right side"), 0),
        ("Which?", ("left (correct)", "right"), 0),
        ("Which?", ("left", "right [x]"), 0),
        ("Which?", ("left,", "right"), 0),
        ("Which?", ("left", "right'"), 0),
        ("Which?", ("left %", "right %", "up"), 2),
        ("Which? The answer is left.", ("left", "right"), 0),
        ("Which? Choose B", ("left", "right"), 1),
        ("(hint: it is not up) Which?", ("left", "right"), 1),
    ],
)
def test_what_shows_the_answer_is_told(question, options, answer):
    assert hinted(question, options, answer)


@pytest.mark.parametrize(
    ("question", "options"),
    [
        ("Which?", ("left.", "right.")),
        ("Which option is right of the cup?", ("the man's hat", "a t-shirt, red")),
        ("Select the answer that fits the image.", ("yes", "no")),
        ("Which?", ("TV", "cup")),
        ("Which?", ("the cup (left)", "the cup (right)")),
        ("Which?", ("St. Paul's", "the salt/pepper shaker")),
        (
            "Which?",
            (
                "\u092e\u0947\u091c \u092a\u0930",
                "\u0915\u0941\u0930\u094d\u0938\u0940 \u0915\u0947 \u0928\u0940\u091a\u0947",
            ),
        ),
    ],
)
def test_what_shows_nothing_is_let_pass(question, options):
    assert [hinted(question, options, answer) for answer in (0, 1)] == ["", ""]


@given(st.text())
def test_nothing_that_is_shown_steers_a_terminal(text):
    for kept in shown(text).replace("\n", "").replace("\t", ""):
        assert kept.isprintable() or kept in "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"  # fmt: skip
    assert "\n" not in one_line(text)


@given(st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8))
def test_json_that_is_shown_is_the_same_json(value):
    text = json.dumps(value, ensure_ascii=False)
    assert json.loads(shown(text)) == value


def test_a_reply_that_is_published_keeps_its_answer():
    said = "<think>x</think><answer>B</answer> **B** <img src=x> see https://x.y/z \x1b[2J"
    assert reply_shown(said) == "<think>x</think><answer>B</answer> **B** [markup] src=x> see [address] \\u001b[2J"
