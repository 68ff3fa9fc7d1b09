from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field

from stvqa.teachers.calls import ReplyUnreadable, read_reply
from stvqa.teachers.calls.wire import NotACompletion, read_completion


class Vote(BaseModel):
    model_config = ConfigDict(extra="forbid")

    letter: str = Field(max_length=1)
    sure: bool = True


@pytest.mark.parametrize(
    "text",
    [
        '{"letter": "B"}',
        '```json\n{"letter": "B"}\n```',
        'Sure, here it is: {"letter": "B", "sure": true}. Anything else?',
        '<think>Perhaps {"letter": "A"}?</think>\n{"letter": "B"}',
        'It could be {A}... no.</think>{"letter": "B"}',
    ],
)
def test_the_object_is_found(text):
    assert read_reply(text, Vote) == Vote(letter="B")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it is empty"),
        ("<think>I was cut off {", "it is empty"),
        ("B", "it holds no JSON object"),
        ('{"letter": "B"', "it holds no JSON object"),
        ('{"letter": }', "Invalid JSON"),
        ('{"letter": "BC"}', "letter: String should have at most 1 character"),
        ('{"letter": "B", "more": 1}', "more: Extra inputs are not permitted"),
        ('{"letter": "B"} or {"letter": "C"}', "Invalid JSON"),
    ],
)
def test_what_does_not_fit_says_why(text, reason):
    with pytest.raises(ReplyUnreadable) as caught:
        read_reply(text, Vote)
    assert reason in str(caught.value)
    assert len(str(caught.value)) <= 200


@given(st.text())
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(ReplyUnreadable):
        assert isinstance(read_reply(text, Vote), Vote)


def completion(**changes):
    message = {"role": "assistant", "content": "B", **changes.pop("message", {})}
    usage = {"prompt_tokens": 7, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 4}}
    return {"model": "m", "choices": [{"message": message, "finish_reason": "stop"}], "usage": usage, **changes}


def test_a_completion_is_read():
    answer = read_completion(completion(message={"reasoning_content": "hm"}))
    assert (answer.text, answer.model, answer.finish_reason, answer.reasoning) == ("B", "m", "stop", "hm")
    assert (answer.input_tokens, answer.output_tokens, answer.cached_tokens) == (7, 2, 4)


@pytest.mark.parametrize(
    "usage",
    [
        None,
        {},
        "many",
        {"prompt_tokens": -1, "completion_tokens": "2"},
        {"prompt_tokens": True, "completion_tokens": 1.5, "prompt_tokens_details": 3},
    ],
)
def test_figures_that_cannot_be_are_unknown_and_not_nought(usage):
    answer = read_completion(completion(usage=usage))
    assert (answer.input_tokens, answer.output_tokens, answer.cached_tokens) == (None, None, None)


def test_more_cached_tokens_than_tokens_cannot_be():
    usage = {"prompt_tokens": 3, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 99}}
    assert read_completion(completion(usage=usage)).cached_tokens == 3


def test_content_in_parts_and_without_content():
    parts = [{"type": "text", "text": "A"}, {"type": "text", "text": "B"}]
    assert read_completion(completion(message={"content": parts})).text == "AB"
    refused = read_completion(completion(message={"content": None, "refusal": "no"}))
    assert (refused.text, refused.refusal) == ("", "no")


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("stop", "stop"),
        ("STOP", "stop"),
        ("MAX_TOKENS", "length"),
        ("max_tokens", "length"),
        ("SAFETY", "content_filter"),
        ("content-filter", "content_filter"),
        (None, ""),
        ("tool_calls", "tool_calls"),
    ],
)
def test_why_a_reply_ended_is_told_in_one_set_of_words(said, reason):
    choice = {"message": {"content": "B"}, "finish_reason": said}
    assert read_completion(completion(choices=[choice])).finish_reason == reason


@pytest.mark.parametrize(
    "changes",
    [
        {"error": {"message": "Upstream overloaded", "code": 502}},
        {"choices": [{"message": {"content": "The"}, "error": {"message": "Upstream overloaded"}}]},
        {"choices": [{"message": {"content": "The", "error": "Upstream overloaded"}, "finish_reason": "stop"}]},
    ],
)
def test_an_error_beside_a_text_is_a_failed_answer(changes):
    answer = read_completion(completion(**changes))
    assert (answer.finish_reason, answer.refusal) == ("error", "Upstream overloaded")


def test_no_error_is_no_error():
    assert read_completion(completion(error=None)).finish_reason == "stop"


@pytest.mark.parametrize("value", [None, [], {}, {"choices": []}, {"choices": [3]}, {"choices": [{"text": "old"}]}])
def test_what_is_no_completion(value):
    with pytest.raises(NotACompletion):
        read_completion(value)
