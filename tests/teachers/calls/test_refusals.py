"""Errors as servers really write them: what each means, and what is told of it."""

from __future__ import annotations

import base64
import json

import pytest

from stvqa.teachers.calls.error_words import error_in, read_error
from stvqa.teachers.calls.refusals import Refusal, judge
from stvqa.teachers.calls.secret import Secret

QUOTA = (
    "You exceeded your current quota, please check your plan and billing details. For more information on this error, "
    "read the docs."
)
LIMIT = (
    "Rate limit reached for gpt-4o in organization org-x on tokens per min (TPM): Limit 30000, Used 29000, Requested "
    "2000. Please try again in 2s."
)


def openai(message, code=None, kind="invalid_request_error", param=None):
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def google(status, message, name, *details):
    return [{"error": {"code": status, "message": message, "status": name, "details": list(details)}}]


def openrouter(status, message, **metadata):
    return {"error": {"message": message, "code": status, "metadata": metadata}, "user_id": "u"}


RETRY_INFO = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "2s"}
RAW = json.dumps({"error": {"message": "Rate limit reached for x. Please try again in 7m12s.", "code": "rate_limit"}})
UNSUPPORTED = "No endpoints found that support image input"
PAGE = (
    "<!DOCTYPE html><html><head><title>Blocked</title><style>p {}</style></head><body><p>Sorry &amp; bye</p>"
    "<script>if (a < b) {}</script></body></html>"
)

CASES = {
    # OpenAI
    "openai quota": (429, openai(QUOTA, "insufficient_quota", "insufficient_quota"), {}, "stop quota"),
    "openai limit": (429, openai(LIMIT, "rate_limit_exceeded", "tokens"), {}, "limited rate-limited 2"),
    "openai hard limit": (400, openai("Billing hard limit has been reached", "billing_hard_limit_reached"), {}, "stop quota"),
    "openai key": (401, openai("Incorrect API key provided: sk-a.", "invalid_api_key"), {}, "stop wrong-key"),
    "openai region": (
        403,
        openai("Country, region, or territory not supported", "unsupported_country_region_territory", "request_forbidden"),
        {},
        "stop forbidden",
    ),
    "openai project": (
        403,
        openai("Project `proj_x` does not have access to model `gpt-4o`", "model_not_found"),
        {},
        "stop forbidden",
    ),
    "openai model": (404, openai("The model `m-1` does not exist", "model_not_found"), {}, "stop unknown-model"),
    "openai policy": (400, openai("Invalid prompt: your prompt was flagged", "invalid_prompt"), {}, "fail content-filter"),
    "openai context": (400, openai("This model's maximum context length is 8192 tokens.", "context_length_exceeded"), {}, "fail context-too-long"),
    "openai too large": (
        429,
        openai("Request too large for m-1: Limit 10000, Requested 12000. The input must be reduced in order to run successfully.", "rate_limit_exceeded", "tokens"),
        {},
        "fail context-too-long",
    ),
    "openai picture": (400, openai("You uploaded an unsupported image.", "invalid_image_format"), {}, "fail image-refused"),
    "openai no pictures": (400, openai("Invalid content type. image_url is only supported by certain models.", param="messages.[0].content"), {}, "stop text-only"),
    "openai parameter": (400, openai("Unsupported parameter: 'seed'", "unsupported_parameter", param="seed"), {}, "learn not-accepted"),
    "openai trouble": (500, openai("The server had an error", None, "server_error"), {}, "retry server-error"),
    # Azure
    "azure limit": (429, {"error": {"code": "429", "message": "Requests have exceeded the call rate limit of your current quota. Please retry after 26 seconds."}}, {}, "limited rate-limited 26"),
    "azure filter": (
        400,
        {"error": {"message": "The response was filtered", "code": "content_filter", "param": "prompt", "status": 400, "innererror": {"code": "ResponsibleAIPolicyViolation"}}},
        {},
        "fail content-filter",
    ),
    "azure filter inside": (400, {"error": {"message": "Refused", "code": "400", "innererror": {"code": "ResponsibleAIPolicyViolation"}}}, {}, "fail content-filter"),
    "azure key": (401, {"statusCode": 401, "message": "Access denied due to invalid subscription key."}, {}, "stop wrong-key"),
    "azure deployment": (404, {"error": {"code": "DeploymentNotFound", "message": "The API deployment for this resource does not exist."}}, {}, "stop unknown-model"),
    # Gemini
    "gemini minute": (429, google(429, f"{QUOTA} Please retry in 2.3s.", "RESOURCE_EXHAUSTED", RETRY_INFO), {}, "limited rate-limited 2"),
    "gemini quota": (429, google(429, QUOTA, "RESOURCE_EXHAUSTED"), {}, "stop quota"),
    "gemini key": (400, google(400, "API key not valid. Please pass a valid API key.", "INVALID_ARGUMENT", {"reason": "API_KEY_INVALID"}), {}, "stop wrong-key"),
    "gemini busy": (503, google(503, "The model is overloaded. Please try again later.", "UNAVAILABLE"), {}, "retry server-error"),
    "gemini permission": (403, google(403, "Generative Language API has not been used in project 1 before", "PERMISSION_DENIED"), {}, "stop forbidden"),
    # Groq
    "groq limit": (429, openai("Rate limit reached for model x on requests per day. Please try again in 7m12s.", "rate_limit_exceeded", "requests"), {}, "limited rate-limited 432"),
    "groq long": (429, openai("Rate limit reached. Please try again in 1h5m.", "rate_limit_exceeded"), {}, "stop rate-limited"),
    "groq capacity": (498, openai("Flex tier capacity exceeded", "capacity_exceeded"), {}, "limited rate-limited"),
    "groq pictures": (400, openai("'messages.1' : for 'role:user' the following must be satisfied[('messages.1.content' : value must be a string)], content must be a string"), {}, "stop text-only"),
    # Anthropic-compatible
    "anthropic overloaded": (529, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, {}, "retry server-error"),
    "anthropic overloaded with a time": (529, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, {"retry-after": "7"}, "limited rate-limited 7"),
    "anthropic money": (400, {"type": "error", "error": {"type": "invalid_request_error", "message": "Your credit balance is too low to access the Anthropic API."}}, {}, "stop quota"),
    "anthropic permission": (403, {"type": "error", "error": {"type": "permission_error", "message": "No."}}, {}, "stop forbidden"),
    "anthropic picture": (400, {"type": "error", "error": {"type": "invalid_request_error", "message": "messages.0.content.0.image.source.base64: image exceeds 5 MB maximum"}}, {}, "fail image-refused"),
    # OpenRouter
    "openrouter money": (402, openrouter(402, "This request requires more credits, or fewer max_tokens."), {}, "stop quota"),
    "openrouter moderation": (403, openrouter(403, "x requires moderation. Your input was flagged", reasons=["violence"], flagged_input="..."), {}, "fail content-filter"),
    "openrouter passed on": (429, openrouter(429, "Provider returned error", raw=RAW, provider_name="Groq"), {}, "limited rate-limited 432"),
    "openrouter pictures": (404, openrouter(404, UNSUPPORTED), {}, "stop text-only"),
    # as an answer
    "answer: no money": (200, {"id": None, "choices": None, "usage": None, "error": {"message": "Insufficient credits", "code": 402}}, {}, "stop quota"),
    "answer: no code": (200, {"error": {"message": "Upstream overloaded"}}, {}, "retry server-error"),
    "answer: a word": (200, {"error": {"message": "Slow down", "type": "rate_limit_error"}}, {}, "limited rate-limited"),
    "answer: number as text": (200, {"error": {"message": "No", "code": "401"}}, {}, "stop wrong-key"),
    "answer: a list": (200, google(429, "Please retry in 2.3s.", "RESOURCE_EXHAUSTED"), {}, "limited rate-limited 2.3"),
    "answer: old vllm": (200, {"object": "error", "message": "This model's maximum context length is 9", "type": "BadRequestError", "code": 400}, {}, "fail context-too-long"),
    # servers of one's own
    "vllm text model": (400, {"object": "error", "message": "m-1 is not a multimodal model", "type": "BadRequestError", "param": None, "code": 400}, {}, "stop text-only"),
    "vllm no images": (400, openai("At most 0 image(s) may be provided in one request."), {}, "stop text-only"),
    "llama.cpp images": (500, {"error": {"code": 500, "message": "image input is not supported - hint: if this is unexpected, you may need to provide the mmproj", "type": "server_error"}}, {}, "stop text-only"),
    "llama.cpp context": (500, {"error": {"code": 500, "message": "the request exceeds the available context size", "type": "server_error"}}, {}, "fail context-too-long"),
    "llama.cpp loading": (503, {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}}, {}, "retry server-error"),
    "not built in": (501, {"error": {"message": "image input is not supported", "type": "not_supported_error"}}, {}, "stop text-only"),
    "ollama model": (404, {"error": {"message": "model 'm-1' not found", "type": "api_error"}}, {}, "stop unknown-model"),
    "ollama images": (500, {"error": "this model is missing data required for image input"}, {}, "stop text-only"),
    "tgi busy": (429, {"error": "Model is overloaded", "error_type": "overloaded"}, {}, "limited rate-limited"),
    "tgi failed": (424, {"error": "Request failed during generation", "error_type": "generation"}, {}, "retry server-error"),
    "tgi context": (422, {"error": "Input validation error: `inputs` must have less than 4095 tokens. Given: 5000", "error_type": "validation"}, {}, "fail context-too-long"),
    "hub loading": (503, {"error": "Model x is currently loading", "estimated_time": 20.0}, {}, "limited rate-limited 20"),
    "fastapi strings": (422, {"detail": [{"type": "string_type", "loc": ["body", "messages", 0, "content"], "msg": "Input should be a valid string", "input": [{"type": "text"}]}]}, {}, "stop text-only"),
    "deepseek": (400, openai("Failed to deserialize the JSON body into the target type: messages[1]: unknown variant `image_url`, expected `text`"), {}, "stop text-only"),
    "alibaba filter": (400, openai("Input data may contain inappropriate content.", "data_inspection_failed", "data_inspection_failed"), {}, "fail content-filter"),
    "one item's 403": (403, openai("This image is not permitted by policy."), {}, "fail forbidden"),
    "openrouter key limit": (403, openai("Key limit exceeded (total limit)"), {}, "stop quota"),
    "xai credits": (403, openai("Your newly created team doesn't have any credits yet."), {}, "stop quota"),
    "litellm budget": (400, openai("Budget has been exceeded! Current cost: 10.2", "budget_exceeded"), {}, "stop quota"),
    "openai picture that is none": (400, openai("The image data you provided does not represent a valid image.", "invalid_image"), {}, "fail image-refused"),
    "gemini picture": (400, openai("Unable to process input image. Please retry"), {}, "fail image-refused"),
    "vllm picture": (400, openai("cannot identify image file <_io.BytesIO object>"), {}, "fail image-refused"),
    "ollama picture": (500, openai("image: unknown format"), {}, "fail image-refused"),
    "qwen picture": (400, openai("absolute aspect ratio must be smaller than 200, got 250.0"), {}, "fail image-refused"),
    "vllm pictures": (400, openai("At most 1 image(s) may be provided in one request."), {}, "fail image-refused"),
    "403 of an item, account": (403, openai("The account of events in this image is too violent."), {}, "fail forbidden"),
    "403 of an item, region": (403, openai("A region of this image is not allowed."), {}, "fail forbidden"),
    "403 of a key": (403, openai("Your account has been suspended"), {}, "stop forbidden"),
    "gemini location": (400, google(400, "User location is not supported for the API use.", "FAILED_PRECONDITION"), {}, "stop forbidden"),
    "picture's url": (400, openai("Bad request", "invalid_image_url"), {}, "fail image-refused"),
    "picture at 500": (500, openai("cannot identify image file"), {}, "fail image-refused"),
    "no memory": (500, openai("failed to load mmproj: CUDA out of memory"), {}, "retry server-error"),
    # gateways
    "page of a firewall": (403, PAGE, {}, "fail forbidden"),
    "page of a gateway": (502, "<html><h1>502 Bad Gateway</h1></html>", {}, "retry server-error"),
    "limit with quota's code": (429, openai(QUOTA, "insufficient_quota"), {"retry-after": "3"}, "limited rate-limited 3"),
    "reset headers do not hide an empty account": (429, openai(QUOTA, "insufficient_quota"), {"x-ratelimit-reset-requests": "9s"}, "stop quota"),
    "reset headers": (429, openai("Slow down"), {"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "9s"}, "limited rate-limited 9"),
    "not allowed": (405, "", {}, "stop wrong-url"),
    "a time beyond all, of one call": (500, "", {"retry-after": "9999"}, "fail server-error"),
    "a time beyond all": (429, "", {"retry-after": "9999"}, "stop rate-limited"),
    "years": (503, "", {"retry-after": "Wed, 01 Jan 3030 00:00:00 GMT"}, "stop rate-limited"),
    "a time that has passed": (429, "", {"retry-after": "Thu, 01 Jan 1970 00:00:00 GMT"}, "limited rate-limited"),
    "a time that is none": (429, "", {"retry-after": "nan"}, "limited rate-limited"),
}  # fmt: skip


def verdict(status, body, headers=None, *, model="m-1", images=True):
    refusal = Refusal.of(status, body, headers or {}, secret=Secret("sk-a"))
    return judge(refusal, model=model, url="http://host/v1", images=images)


@pytest.mark.parametrize(("status", "body", "headers", "expected"), CASES.values(), ids=CASES.keys())
def test_what_an_error_means(status, body, headers, expected):
    found = verdict(status, body, headers)
    kind, reason, *wait = expected.split()
    assert (found.kind, found.reason) == (kind, reason), found.detail
    assert found.wait_seconds == (float(wait[0]) if wait else None)


@pytest.mark.parametrize(("status", "body", "headers", "expected"), CASES.values(), ids=CASES.keys())
def test_it_is_told_in_words(status, body, headers, expected):
    told = verdict(status, body, headers).detail
    assert not [part for part in ("{'", "': ", '":', "</", "<!", "<p") if part in told]
    assert "\n" not in told
    assert len(told) < 600


@pytest.mark.parametrize("name", ["m", "vision-7b", "content-filter-8b", "quota-exceeded-1", "x" * 400 + "-1", "a(b"])
@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (429, openai("{model}: " + QUOTA, "insufficient_quota"), "quota"),
        (429, openai("{model} is asked too often, slow down"), "rate-limited"),
        (400, openai("The call of {model} was not understood"), "not-accepted"),
        (400, openai("{model}: maximum context length is 4096 tokens"), "context-too-long"),
        (400, openai("{model} rejects the call: " + "word " * 100 + "content policy"), "content-filter"),
    ],
)
def test_the_name_of_a_model_changes_nothing(status, body, expected, name):
    named = json.loads(json.dumps(body).replace("{model}", name))
    assert verdict(status, named, model=name).reason == expected


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("vision", "does not support parameters: ['seed'], for model=vision"),
        ("acme/acme-vision-7b", "'seed' is not supported with acme-vision-7b"),
        ("qwen/qwen2.5-vision", "'seed' is not supported with qwen2.5-vision"),
        ("gpt-4-vision-preview", "'seed' is not supported with gpt-4-vision-preview-0125"),
        ("moderation", "Unsupported parameter 'seed' for model 'moderation'"),
    ],
)
def test_a_name_is_no_word_in_any_of_its_forms(name, said):
    assert verdict(400, openai(said), model=name).kind == "learn"


def test_a_name_of_letters_is_a_word_elsewhere():
    assert verdict(400, openai("this does not support vision"), model="vision").reason == "text-only"


@pytest.mark.parametrize("levels", [930, 950, 975, 10_000])
@pytest.mark.parametrize(
    "wrap", [lambda x: [x], lambda x: {"error": x}, lambda x: {"message": x}, lambda x: {"loc": [x], "msg": "m"}]
)
def test_no_body_is_too_deep(levels, wrap):
    body = "x"
    for _ in range(levels):
        body = wrap(body)
    assert isinstance(read_error(body).message, str)
    assert isinstance(error_in(body), bool)
    assert verdict(500, body).kind == "retry"


@pytest.mark.parametrize("hidden", ["key-one", "pass word", "Zm9v+/bar", "abcd"])
def test_no_secret_is_shown(hidden):
    encoded = base64.b64encode(hidden.encode()).decode()
    for secret in (Secret(hidden), Secret("", also=("", hidden))):
        told = secret.clean(f"a {hidden} b {encoded} c {encoded.rstrip('=')} d")
        assert hidden not in told
        assert encoded.rstrip("=") not in told
        assert told.startswith("a [key]")


def test_what_is_learnt_from_is_not_shortened():
    said = "The call cannot be served. " * 40 + "Unsupported parameter: 'seed'"
    found = verdict(400, openai(said))
    assert found.kind == "learn"
    assert "seed" in found.words
    assert "seed" not in found.detail


def test_images_are_no_reason_where_none_were_sent():
    assert verdict(400, openai("image_url is not understood"), images=False).kind == "learn"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("", ""),
        (None, ""),
        ({}, ""),
        ([], ""),
        ("plain words", "plain words"),
        ({"error": "plain words"}, "plain words"),
        ({"error": ["one", "two", "one"]}, "one; two"),
        ({"error": {"message": None, "code": 5}}, "code 5"),
        ({"message": {"text": "odd"}}, "text odd"),
        ({"detail": "Not Found"}, "Not Found"),
        ({"detail": [{"loc": ["body", "n"], "msg": "too large", "type": "x"}]}, "body.n: too large"),
        ({"error": {"message": '{"error": {"message": "inside"}}'}}, "inside"),
        ({"error": {"message": "{not JSON"}}, "{not JSON"),
        (openrouter(500, "Provider returned error", raw=RAW), "Provider returned error: Rate limit reached for x. Please try again in 7m12s."),
        (openrouter(500, "Provider returned error", raw="upstream is down"), "Provider returned error: upstream is down"),
        (PAGE, "Blocked Sorry & bye"),
    ],
)  # fmt: skip
def test_words(body, words):
    assert read_error(body).message == words


def test_words_of_a_deep_and_of_a_huge_body():
    deep = {"error": "x"}
    for _ in range(5):
        deep = {"error": deep}
    assert read_error(deep).message == "x"
    assert len(read_error("y" * 10**6).message) <= 100_000
    assert len(read_error("<html>" + "<" * 10**5).message) <= 100_000


@pytest.mark.parametrize(
    ("value", "is_error"),
    [
        ({"choices": [{"message": {}}], "error": None}, False),
        ({"choices": [{"message": {}}]}, False),
        ({"choices": None, "error": {"code": 402}}, True),
        ({"choices": [], "error": "x"}, True),
        ({"error": "x"}, True),
        ({"choices": None, "error": None}, False),
        ({"object": "error", "message": "x"}, True),
        ([{"error": {"code": 1}}], True),
        ({}, False),
        ("text", False),
    ],
)
def test_errors_that_come_as_answers(value, is_error):
    assert error_in(value) is is_error
