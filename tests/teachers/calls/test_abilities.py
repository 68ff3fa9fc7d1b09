from __future__ import annotations

import pytest

from stvqa.teachers.calls.abilities import Abilities
from stvqa.teachers.calls.refusals import Refusal, judge
from stvqa.teachers.calls.secret import Secret

EVERYTHING = frozenset({"limit", "schema", "seed", "temperature"})


def refusal(status: int, message: str, **more: str) -> Refusal:
    return Refusal.of(status, {"error": {"message": message, **more}}, {}, secret=Secret(""))


def verdict(status: int, message: str, *, images: bool = False, **more: str):
    return judge(refusal(status, message, **more), model="m", url="http://h/v1", images=images)


def test_openai_is_asked_by_the_new_name_of_the_limit_and_others_by_the_old():
    assert Abilities.at_first("https://api.openai.com/v1").limit_name == "max_completion_tokens"
    assert Abilities.at_first("http://127.0.0.1:8000/v1").limit_name == "max_tokens"


@pytest.mark.parametrize(
    ("said", "changed"),
    [
        (
            "Unsupported parameter: 'max_tokens' is not supported with this model.",
            {"limit_name": "max_completion_tokens"},
        ),
        ("Unsupported value: 'temperature' does not support 0 with this model.", {"temperature": False}),
        ("Unexpected keys in the request: {'seed'}", {"seed": False}),
        ("Invalid parameter: 'response_format' of type 'json_schema' is not supported", {"schema_form": "json_object"}),
        ("guided decoding failed to compile the grammar", {"schema_form": "json_object"}),
    ],
)
def test_what_a_server_names_is_given_up(said, changed):
    learnt = Abilities().learn(said, used=EVERYTHING)
    given_up = {name: getattr(learnt, name) for name in changed}
    assert given_up == changed
    same = {"limit_name", "schema_form", "seed", "temperature"} - set(changed)
    assert all(getattr(learnt, name) == getattr(Abilities(), name) for name in same)


def test_learning_comes_to_an_end_whatever_the_server_says():
    abilities, steps = Abilities(), 0
    while (learnt := abilities.learn("Bad Request", used=EVERYTHING)) is not None:
        abilities, steps = learnt, steps + 1
    assert steps == 5
    assert (abilities.schema_form, abilities.seed, abilities.temperature) == ("prompt", False, False)
    abilities, steps = Abilities(), 0
    while (learnt := abilities.learn("max_tokens? response_format? seed?", used=EVERYTHING)) is not None:
        abilities, steps = learnt, steps + 1
    assert steps < 10


def test_a_feature_that_worked_is_not_given_up_for_a_vague_refusal():
    known = Abilities().settle(EVERYTHING)
    assert known.is_settled(frozenset({"limit", "seed"}))
    assert known.learn("Bad Request", used=EVERYTHING) is None
    assert known.learn("seed is not supported any more", used=EVERYTHING).seed is False


def test_a_server_that_ignores_the_schema_is_noticed_and_a_slip_is_not():
    assert Abilities().saw_reply(fits=False).schema_told
    known = Abilities()
    for fits in (True, True, False, True, False, True):
        known = known.saw_reply(fits=fits)
    assert not known.schema_told
    for _ in range(3):
        known = known.saw_reply(fits=False)
    assert known.schema_told


@pytest.mark.parametrize(
    ("status", "message", "kind", "reason"),
    [
        (400, "This model's maximum context length is 4096 tokens", "fail", "context-too-long"),
        (400, "'max_tokens' is too large: 500. This model's maximum context length is 512", "fail", "context-too-long"),
        (400, "Input is too long for requested model.", "fail", "context-too-long"),
        (413, "Payload too large", "fail", "context-too-long"),
        (400, "The response was filtered due to Azure OpenAI's content management policy", "fail", "content-filter"),
        (400, "temperature must be positive", "learn", "not-accepted"),
        (422, "Unexpected keys in the request: {'seed'}", "learn", "not-accepted"),
        (501, "response_format is not implemented", "learn", "not-accepted"),
        (401, "Incorrect API key", "stop", "wrong-key"),
        (402, "Insufficient balance", "stop", "quota"),
        (403, "Country not supported", "stop", "forbidden"),
        (404, "model not found", "stop", "unknown-model"),
        (405, "Method not allowed", "stop", "wrong-url"),
        (302, "", "stop", "wrong-url"),
        (429, "Rate limit reached", "limited", "rate-limited"),
        (429, "You exceeded your current quota, please check your plan and billing details", "stop", "quota"),
        (408, "timeout", "retry", "server-error"),
        (500, "", "retry", "server-error"),
        (503, "overloaded", "retry", "server-error"),
        (529, "overloaded", "retry", "server-error"),
    ],
)
def test_what_an_error_means(status, message, kind, reason):
    judged = verdict(status, message)
    assert (judged.kind, judged.reason) == (kind, reason)
    assert judged.detail
    assert "\n" not in judged.detail


@pytest.mark.parametrize(
    "message",
    [
        "m is not a multimodal model",
        "Invalid content type. image_url is only supported by certain models.",
        "This model does not support image input",
        "content must be a string",
    ],
)
def test_a_text_only_model_given_images(message):
    assert verdict(400, message, images=True).reason == "text-only"
    assert verdict(400, message).kind == "learn"


@pytest.mark.parametrize("body", [None, "plain text", {"detail": "x"}, {"error": "x"}, {"error": {"code": 7}}, [1]])
def test_errors_of_any_shape_are_read(body):
    judged = Refusal.of(400, body, {}, secret=Secret(""))
    assert judged.status == 400
    assert isinstance(judged.message, str)
