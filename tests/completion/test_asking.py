from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stvqa.completion import ORIGINAL_PIXELS, THOUSANDTHS, parse_completion, training_prompt

QUESTION = "Where is the cup?\n(A) Left\n(B) Right"


@pytest.mark.parametrize("frame", [ORIGINAL_PIXELS, THOUSANDTHS])
def test_the_prompt_asks_for_four_blocks_in_the_frame(frame):
    text = training_prompt(QUESTION, width=640, height=480, frame=frame)
    assert text.endswith(QUESTION)
    assert frame.in_words(640, 480) in text
    assert all(f"<{tag}>" in text for tag in ("observe", "scene", "think", "answer"))


def test_the_sparse_prompt_asks_for_no_scene():
    text = training_prompt(QUESTION, width=640, height=480, frame=THOUSANDTHS, style="sparse")
    assert text.endswith(QUESTION)
    assert "scene" not in text
    assert "thousandths" not in text


def test_a_copied_prompt_has_no_readable_scene():
    parsed = parse_completion(training_prompt(QUESTION, width=640, height=480, frame=THOUSANDTHS))
    assert parsed.scene is None


@given(st.text(max_size=80))
def test_any_question_goes_in_as_it_is(question):
    assert training_prompt(question, width=9, height=9, frame=THOUSANDTHS).endswith(f"Question: {question}")
