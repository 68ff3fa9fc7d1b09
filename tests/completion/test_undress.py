"""What a reply says once its thoughts and wrappings are off."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stvqa.completion.undress import undress

NAMES = ("think", "thinking", "thought", "reasoning", "THINK", "analysis", "seed:think")
PAIRS = [
    *((f"<{name}>", f"</{name}>") for name in NAMES),
    ("[THINK]", "[/THINK]"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("\u25c1think\u25b7", "\u25c1/think\u25b7"),
]
HARMONY = "<|channel|>analysis<|message|>{thought}<|end|><|start|>assistant<|channel|>final<|message|>{said}<|return|>"
DRESSES = (
    "{said}",
    "\ufeff{said}",
    "\u200b {said}\n\n",
    "<|begin_of_box|>{said}<|end_of_box|>",
    "{said}<|im_end|>",
    "<|im_start|>assistant\n{said}<|endoftext|>",
    "<s>{said}</s>",
    "{said}<end_of_turn>",
    "{said}<\uff5cend\u2581of\u2581sentence\uff5c>",
    "```\n{said}\n```",
    "```json\n{said}\n```",
    "```json {said} ```",
)
PLAIN = st.text(
    st.characters(exclude_characters="<>[]`|\u25c1\ufeff\u200b\u2060", exclude_categories=("C", "Z")), min_size=1
)


@given(st.sampled_from(PAIRS), st.sampled_from(DRESSES), PLAIN, PLAIN, st.booleans())
def test_what_stands_after_thoughts_is_all_that_is_said(pair, dress, thought, said, opened):
    opening, closing = pair
    text = dress.replace("{said}", said)
    assert undress(f"{opening * opened}{thought}{closing}\n{text}") == said
    assert undress(HARMONY.replace("{thought}", thought).replace("{said}", said)) == said


@given(st.sampled_from(PAIRS), PLAIN, PLAIN)
def test_thoughts_that_do_not_end_or_have_nothing_behind_them_say_nothing(pair, thought, said):
    opening, closing = pair
    assert undress(f"{opening}{thought}") == ""
    assert undress(f"{thought}{closing}") == ""
    assert undress(f"{opening}{thought}{closing}\n") == ""
    assert undress(f"{opening}{thought}{closing}{said}{opening}{thought}") == ""
    assert undress(f"<|channel|>analysis<|message|>{thought}") == ""


def test_thoughts_within_and_after_thoughts():
    assert undress("<think>a <think> b</think> B") == "B"
    assert undress("<think>a <think>b</think> c</think> B") == "B"
    assert undress("<think>a</think><think>b</think>B") == "B"
    assert undress("Sure. <think>hm</think> B") == "Sure.  B"
    assert undress("analysisThe cup is left, A.assistantfinalB") == "B"
    assert undress("analysis of the image: B") == "analysis of the image: B"


def test_the_last_final_channel_counts():
    first = HARMONY.format(thought="hm", said="A")
    assert undress(f"{first}<|start|>assistant<|channel|>final <|constrain|>json<|message|>B") == "B"
    assert undress("<|channel|>commentary<|message|>I call a tool<|call|>") == ""


@pytest.mark.parametrize("text", ["B", "```\nA\n```\nand\n```\nB\n```", "a < b", "[B]", "x</b>", "<answer>B</answer>"])
def test_what_is_no_dress_stays(text):
    assert undress(text) == text


def test_json_in_thoughts_is_left_out_and_json_after_them_is_whole():
    value = {"questions": [{"item": 1, "question": "Is the cup <left>?"}]}
    assert json.loads(undress(f'<think>{{"questions": []}}</think>{json.dumps(value)}')) == value


PIECES = st.sampled_from(
    [*(tag for pair in PAIRS for tag in pair), "A", " ", "B is right", "{", "\n", "<|im_end|>", "<s>"]
)


@given(st.lists(PIECES, max_size=12))
def test_no_tag_and_no_token_is_left_however_they_stand(pieces):
    said = undress("".join(pieces))
    assert not any(tag in said for pair in PAIRS for tag in pair)
    assert "<" not in said


@given(st.text())
def test_no_reply_is_too_odd(text):
    assert isinstance(undress(text), str)


@pytest.mark.parametrize(
    "piece", ["<think>", "</think>", "<|channel|>", "```", "```\n ", "<|", "[THINK]", " \n", "analysis"]
)
def test_a_long_reply_comes_to_an_end(piece):
    assert len(undress(piece * (1_000_000 // len(piece)) + "x")) <= 1_000_001
