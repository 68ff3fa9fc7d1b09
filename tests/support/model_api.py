"""The routes of the loopback model server: chat completions, models, files, batches, and its own counts.

api = ModelApi(brain=always_a, faults=Faults(), traits=Traits())
await api.handle(Request("POST", "/v1/chat/completions", headers, body))
api.counts.answered     # {"3fa9...": 1}: answers given, by call
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from model_batches import Batches
from model_brains import Brain, ChatCall
from model_faults import BILLED, Fault, Faults, Traits, silence
from model_http import Request, Response, json_response

__all__ = ["Counts", "ModelApi", "count_tokens"]

_TOKENS_AN_IMAGE = 85
_LETTERS_A_TOKEN = 4
_FOREVER_SECONDS = 3600.0


@dataclass(slots=True)
class Counts:
    """What the server saw.

    Attributes:
        received: chat calls that came, whatever came of them.
        answered: answers that a bill would be sent for, by call: how often each was given.
        faults: by kind.
        in_flight / most_in_flight: calls being worked on, now and at most.
        input_tokens / output_tokens: of the answers given.
        refused: calls that it answered with an error about the call itself (400, 401, 404).
    """

    received: int = 0
    answered: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    in_flight: int = 0
    most_in_flight: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    refused: int = 0

    def as_json(self) -> dict[str, Any]:
        """With the sums that are asked for most."""
        return {
            "received": self.received,
            "billed": self.answered.total(),
            "billed_twice": sum(count - 1 for count in self.answered.values()),
            "faults": dict(self.faults),
            "in_flight": self.in_flight,
            "most_in_flight": self.most_in_flight,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "refused": self.refused,
        }


def count_tokens(text: str) -> int:
    """As this server counts: four letters a token."""
    return -(-len(text) // _LETTERS_A_TOKEN)


class ModelApi:
    """One server's state and its answers."""

    def __init__(self, *, brain: Brain, faults: Faults, traits: Traits) -> None:
        self.brain = brain
        self.faults = faults
        self.traits = traits
        self.counts = Counts()
        self.calls: list[dict[str, Any]] = []
        """Bodies of the calls, in the order they came; kept where `keep_calls` is set."""
        self.keep_calls = False
        self.batches = Batches(self)
        self._tries: Counter[str] = Counter()

    async def handle(self, request: Request) -> Response:
        """Any request."""
        path = request.path.split("?", 1)[0]
        if path == "/control":
            return self._control(request)
        if not path.startswith("/v1/"):
            return error_response(404, f"no such path: {path}", kind="not_found")
        if (wrong := self._unauthorized(request)) is not None:
            self.counts.refused += 1
            return wrong
        if path == "/v1/chat/completions":
            return await self._chat(request)
        if path == "/v1/models":
            names = self.traits.models or ("any",)
            return json_response({"object": "list", "data": [{"id": name, "object": "model"} for name in names]})
        return await self.batches.handle(request, path)

    async def _chat(self, request: Request) -> Response:
        try:
            body = json.loads(request.body)
        except ValueError:
            return error_response(400, "the body is not JSON")
        self.counts.received += 1
        self.counts.in_flight += 1
        self.counts.most_in_flight = max(self.counts.most_in_flight, self.counts.in_flight)
        try:
            return await self.answer(body, name=request.headers.get("x-client-request-id"))
        finally:
            self.counts.in_flight -= 1

    async def answer(self, body: dict[str, Any], *, name: str | None, hurried: bool = False) -> Response:
        """One chat completion.

        Args:
            body: of the request.
            name: what the client calls it; None: the hash of the body.
            hurried: from a batch: no latency.
        """
        if self.keep_calls:
            self.calls.append(body)
        call = self._call_of(body, name)
        if (refused := self._refused(body, call)) is not None:
            self.counts.refused += 1
            return refused
        fault = self.faults.of(call.key, self._tries[call.key])
        self._tries[call.key] += 1
        if fault is not None:
            self.counts.faults[fault] += 1
            if fault not in BILLED:
                return await self._faulty(fault, hurried=hurried)
        if not hurried and self.traits.latency_seconds:
            await asyncio.sleep(self.traits.latency_seconds)
        return self._completion(body, call, fault)

    def _call_of(self, body: dict[str, Any], name: str | None) -> ChatCall:
        texts: dict[str, list[str]] = {}
        images: list[bytes] = []
        last = ""
        for message in body.get("messages", []):
            content = message.get("content") or ""
            parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
            last = "\n".join(part["text"] for part in parts if part["type"] == "text")
            texts.setdefault(message["role"], []).append(last)
            urls = (part["image_url"]["url"] for part in parts if part["type"] == "image_url")
            images += [base64.b64decode(url.split(",", 1)[1]) for url in urls]
        form = body.get("response_format") or {}
        heeded = self.traits.schema == "json_schema" and form.get("type") == "json_schema"
        return ChatCall(
            key=name or hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest(),
            model=str(body.get("model")),
            system="\n\n".join(texts.get("system", [])),
            user="\n\n".join(texts.get("user", [])),
            last=last,
            images=() if self.traits.drops_images else tuple(images),
            schema=form["json_schema"]["schema"] if heeded else None,
            wants_json=form.get("type") == "json_object" and self.traits.schema != "ignored",
            body=body,
        )

    def _unauthorized(self, request: Request) -> Response | None:
        sent = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self.traits.api_key in (None, sent):
            return None
        shown = sent if self.traits.echoes_key else f"{sent[:4]}***"
        return error_response(401, f"Incorrect API key provided: {shown}.", code="invalid_api_key")

    def _refused(self, body: dict[str, Any], call: ChatCall) -> Response | None:
        """The error about a call that this server cannot answer, None where it can."""
        traits = self.traits
        if traits.models and call.model not in traits.models:
            return error_response(404, f"The model `{call.model}` does not exist", code="model_not_found")
        for name in ("max_tokens", "max_completion_tokens"):
            if name in body and traits.limit_name not in ("both", name):
                advice = f"Use '{traits.limit_name}' instead."
                return unsupported(name, f"Unsupported parameter: '{name}' is not supported with this model. {advice}")
        for name, taken in (("seed", traits.seed), ("temperature", traits.temperature)):
            if name in body and not taken:
                return unsupported(name, f"Unsupported value: '{name}' is not supported with this model.")
        form = (body.get("response_format") or {}).get("type")
        known = {"json_schema": ("json_schema", "json_object"), "json_object": ("json_object",), "none": ()}
        if form and traits.schema != "ignored" and form not in known[traits.schema]:
            return unsupported("response_format", f"response_format of type '{form}' is not supported")
        if call.images and not traits.images:
            return error_response(400, f"{call.model} is not a multimodal model: image_url is not supported")
        tokens = self._prompt_tokens(call)
        if traits.context_tokens is not None and tokens > traits.context_tokens:
            return context_error(traits.context_tokens, tokens)
        return None

    async def _faulty(self, fault: Fault, *, hurried: bool) -> Response:
        """The response to a call that brings no answer."""
        if fault == "rate-limited":
            return error_response(429, "Rate limit reached for requests", code="rate_limit_exceeded")
        if fault == "rate-limited-wait":
            limited = error_response(429, "Rate limit reached for tokens", code="rate_limit_exceeded")
            return replace(limited, headers={"Retry-After": f"{self.faults.retry_after:g}"})
        if fault == "timeout" and not hurried:
            await asyncio.sleep(_FOREVER_SECONDS)
        if fault in ("dropped", "timeout"):
            return Response(dropped=True)
        if fault == "not-json":
            return Response(body=b"<html><body>Bad gateway</body></html>", content_type="text/html")
        return {
            "quota": error_response(429, "You exceeded your current quota", code="insufficient_quota"),
            "server-error": error_response(500, "The server had an error", kind="server_error"),
            "overloaded": error_response(503, "The engine is overloaded", kind="server_error"),
            "content-filter-400": error_response(400, "The prompt was filtered by policy", code="content_filter"),
            "context-too-long": context_error(1000, 2000),
            "unauthorized": error_response(401, "Incorrect API key provided", code="invalid_api_key"),
            "no-model": error_response(404, "The model does not exist", code="model_not_found"),
        }[fault]

    def _completion(self, body: dict[str, Any], call: ChatCall, fault: Fault | None) -> Response:
        limit = int(body.get("max_completion_tokens") or body.get("max_tokens") or 10**9)
        thinking = self.traits.thinking_tokens if self.traits.reasons else 0
        text, reason = self.brain(call), "stop"
        if count_tokens(text) > limit:
            text, reason = text[: limit * _LETTERS_A_TOKEN], "length"
        message: dict[str, Any] = {"role": "assistant", "content": text}
        if thinking:
            message["reasoning_content"] = "Let me think."
            if thinking >= limit:
                message["content"], reason = None, "length"
        if fault == "malformed":
            message["content"] = f'Sure! Here you go: {{"answer: {text[: len(text) // 2]}'
        elif fault == "length":
            message["content"], reason = text[: len(text) // 2], "length"
        elif fault == "empty":
            message["content"] = ""
        elif fault == "refusal":
            message |= {"content": None, "refusal": "I cannot help with that."}
        elif fault == "content-filter":
            message["content"], reason = None, "content_filter"
        spent = min(limit, thinking + count_tokens(message["content"] or ""))
        self.counts.answered[call.key] += 1
        prompt = self._prompt_tokens(call)
        self.counts.input_tokens += prompt
        self.counts.output_tokens += spent
        value: dict[str, Any] = {
            "id": f"chatcmpl-{call.key[:12]}",
            "object": "chat.completion",
            "created": int(time.time()),
            "model": f"{call.model}-served",
            "choices": [{"index": 0, "message": message, "finish_reason": reason}],
            "usage": _usage(prompt, spent, thinking, fault),
        }
        silence(fault, value)
        if fault == "no-usage":
            del value["usage"]
        response = json_response(value)
        return replace(response, cut_at=len(response.body) // 2) if fault == "cut" else response

    def _prompt_tokens(self, call: ChatCall) -> int:
        return count_tokens(call.system) + count_tokens(call.user) + _TOKENS_AN_IMAGE * len(call.images)

    def _control(self, request: Request) -> Response:
        """GET: the counts. POST: new faults and traits, by name."""
        if request.method == "POST":
            wanted = json.loads(request.body)
            self.faults = Faults(**wanted["faults"]) if "faults" in wanted else self.faults
            self.traits = replace(self.traits, **wanted.get("traits", {}))
        return json_response(self.counts.as_json())


def _usage(prompt: int, spent: int, thinking: int, fault: Fault | None) -> dict[str, Any]:
    if fault == "wrong-usage":
        return {"prompt_tokens": -5, "completion_tokens": "many", "total_tokens": None}
    return {
        "prompt_tokens": prompt,
        "completion_tokens": spent,
        "total_tokens": prompt + spent,
        "prompt_tokens_details": {"cached_tokens": prompt // 2},
        "completion_tokens_details": {"reasoning_tokens": min(thinking, spent)},
    }


def error_response(
    status: int, message: str, *, code: str | None = None, kind: str = "invalid_request_error"
) -> Response:
    """An error in the shape of the OpenAI API."""
    return json_response({"error": {"message": message, "type": kind, "param": None, "code": code}}, status)


def unsupported(name: str, message: str) -> Response:
    """The error about a parameter."""
    error = {"message": message, "type": "invalid_request_error", "param": name, "code": "unsupported_parameter"}
    return json_response({"error": error}, 400)


def context_error(limit: int, tokens: int) -> Response:
    """The error about a prompt that is too long."""
    message = f"This model's maximum context length is {limit} tokens, however your messages came to {tokens} tokens."
    return error_response(400, message, code="context_length_exceeded")
