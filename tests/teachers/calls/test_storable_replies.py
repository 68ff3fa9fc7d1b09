"""Replies whose texts have no encoding: JSON lets half a surrogate pair through, and nothing that stores text does."""

from __future__ import annotations

import json

import pytest
from calling import Vote, opened, question, questions
from model_http import json_response
from model_server import ModelServer

from stvqa.errors import PendingCalls
from stvqa.teachers.calls import CallFailure, Reply
from stvqa.teachers.calls.batch_lines import read_line
from stvqa.teachers.calls.refusals import Refusal
from stvqa.teachers.calls.secret import Secret
from stvqa.teachers.calls.wire import read_completion

HALVES = {
    "\ud83d": "\ufffd",
    "A \ude00": "A \ufffd",
    "\ud83d\ude00": "😀",
    "\0 A": "\0 A",
}


def completion(message, **changes):
    return {"model": "m", "choices": [{"message": message, "finish_reason": "stop"}]} | changes


def is_whole(value: object) -> bool:
    return str(value).encode() is not None


@pytest.mark.parametrize(("text", "stored"), HALVES.items())
def test_every_text_of_a_completion_can_be_stored(text, stored):
    message = {"content": f"B{text}", "refusal": text, "reasoning_content": text}
    sent = completion(message, model=text, choices=[{"message": message, "finish_reason": text}])
    answer = read_completion(json.loads(json.dumps(sent)))
    assert answer[:3] == (f"B{stored}", stored, stored.lower())  # finish reasons are brought to one set
    assert (answer.refusal, answer.reasoning) == (stored, stored)
    if text == "\0 A" or stored == "😀":
        assert answer.raw is None, "JSON joins two halves itself, and nought can be stored"
    else:
        assert json.loads(answer.raw) == sent, "the response as it came"
        assert answer.raw.isascii()


def test_halves_that_come_in_two_parts_are_joined():
    parts = [{"type": "text", "text": "\ud83d"}, {"type": "text", "text": "\ude00"}]
    assert read_completion(completion({"content": parts})).text == "😀"


@pytest.mark.parametrize("count", [2**63, 2**62, 10**9 + 1, 10**30, -1, 1.5, True])
def test_figures_that_the_ledger_cannot_add_up_are_unknown(count):
    usage = {"prompt_tokens": count, "completion_tokens": count, "prompt_tokens_details": {"cached_tokens": count}}
    answer = read_completion(completion({"content": "B"}, usage=usage))
    assert (answer.input_tokens, answer.output_tokens, answer.cached_tokens) == (None, None, None)


@pytest.mark.parametrize("text", HALVES)
def test_what_a_server_says_of_an_error_can_be_stored(text):
    body = {"error": {"message": f"no {text}", "code": text, "param": text}}
    assert all(map(is_whole, Refusal.of(400, body, {}, secret=Secret("key"))))
    assert is_whole(Refusal.of(400, text, {}, secret=Secret("")).message)


@pytest.mark.parametrize("text", HALVES)
def test_a_line_of_answers_with_halves_in_every_place(text):
    body = completion({"content": text}, model=text)
    for value in (
        {"custom_id": text, "response": {"status_code": 200, "body": body}},
        {"custom_id": text, "response": {"status_code": 400, "body": {"error": {"message": text}}}},
        {"custom_id": text, "error": {"message": text}},
    ):
        line = read_line(json.dumps(value).encode(), secret=Secret(""))
        assert is_whole(line.key)
        assert all(map(is_whole, line.answer or line.refusal))


@pytest.mark.parametrize("batch", [False, True])
@pytest.mark.parametrize(("text", "stored"), HALVES.items())
def test_such_replies_are_answers_like_others_and_paid_once(tmp_path, batch, text, stored):
    with ModelServer(brain=lambda call: f"B {text}" if "Question 3" in call.user else "B") as server:
        for _ in range(2):
            with opened(tmp_path, server.url, batch=batch) as calls:
                outcomes = calls.answer(questions(8))
                assert [outcome.text for outcome in outcomes if isinstance(outcome, Reply)] == [
                    f"B {stored}" if number == 3 else "B" for number in range(8)
                ]
                raw = {answer.raw for answer in calls.ledger.answers(outcome.key for outcome in outcomes).values()}
                assert len(raw) == (1 if stored in ("😀", "\0 A") else 2)
        assert set(server.counts.answered.values()) == {1}


def test_a_reply_that_is_asked_again_with_halves_in_it(tmp_path):
    with ModelServer(brain=lambda call: '{"letter": "B"}' if "assistant" in str(call.body) else "\ud83d {") as server:
        with opened(tmp_path, server.url) as calls:
            (reply,) = calls.answer([question(0, schema=Vote)])
        assert reply.text == '{"letter": "B"}'


def test_a_refusal_with_halves_is_a_failure_that_can_be_stored(tmp_path):
    with ModelServer() as server, opened(tmp_path, server.url) as calls:
        calls.answer([question(100)])
        server.api._refused = lambda body, call: json_response(
            {"error": {"message": "filtered \ud83d", "code": "content_filter"}}, 400
        )
        (failure,) = calls.answer([question(0)])
        assert isinstance(failure, CallFailure)
        assert "filtered \ufffd" in failure.detail
        assert calls.ledger.closed([failure.key])[failure.key] == (failure.reason, failure.detail)


def test_a_file_of_answers_with_halves(tmp_path):
    asked, answers = tmp_path / "calls.jsonl", tmp_path / "answers.jsonl"
    with opened(tmp_path, batch_out=asked) as calls, pytest.raises(PendingCalls):
        calls.answer(questions(3))
    lines = [json.loads(line) for line in asked.read_text(encoding="utf-8").splitlines()]
    lines.append({"custom_id": "\ud83d"})
    bodies = [completion({"content": f"B{number}\ud83d"}) for number in range(4)]
    answers.write_text(
        "\n".join(
            json.dumps({"custom_id": line["custom_id"], "response": {"status_code": 200, "body": body}})
            for line, body in zip(lines, bodies, strict=True)
        ),
        encoding="utf-8",
    )
    with opened(tmp_path, batch_out=asked, batch_in=answers) as calls:
        assert (calls.imported.answers, calls.imported.foreign) == (3, 1)
        assert [outcome.text for outcome in calls.answer(questions(3))] == ["B0\ufffd", "B1\ufffd", "B2\ufffd"]
