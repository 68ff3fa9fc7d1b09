"""Calls and answers in the words of the chat completions API.

body = chat_body(request, abilities, urls=("data:image/jpeg;base64,...",))
{"model": "gpt-4o", "messages": [...], "max_completion_tokens": 60, "temperature": 0.0}

read_completion(response_json)    # Answer(text="B", finish_reason="stop", ...)
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from stvqa.prompts import fill, load_prompt
from stvqa.store.ledger_rows import Answer
from stvqa.store.storable import storable
from stvqa.teachers.calls.abilities import Abilities, Feature
from stvqa.teachers.calls.contract import CallRequest, Message
from stvqa.teachers.calls.error_words import read_error
from stvqa.teachers.calls.schemas import schema_of, schema_text

__all__ = ["NotACompletion", "chat_body", "features_of", "output_limit", "read_completion", "repair_request"]

_THINKING_TOKENS = 8192
"""Room for thoughts that a model has before its answer, beside the tokens that the answer needs."""

_MOST_TOKENS = 10**9
"""Beyond what any model reads or writes at a time; sums of such counts stay within what the ledger can add up."""


_LONGEST_NAME = 300
"""Letters of a model's name or of a word that says why a reply ended."""

_FINISH_REASONS = {
    "length": ("max_tokens", "max_output_tokens", "model_length"),
    "content_filter": (
        *("safety", "recitation", "blocklist", "prohibited_content", "spii", "image_safety", "sensitive"),
        *("content-filter", "contentfilter", "moderation", "guardrail_intervened"),
    ),
    "stop": ("end_turn", "stop_sequence", "eos", "eos_token"),
    "error": ("abort", "aborted", "cancelled", "canceled", "failed", "insufficient_system_resource"),
}
"""How servers say why a reply ended, by the word of the chat completions API; case does not matter."""

_TEXT_PARTS = ("text", "output_text")

_FINISH_REASON_OF = {name: reason for reason, names in _FINISH_REASONS.items() for name in names}


class NotACompletion(Exception):  # noqa: N818 (an outcome of reading, not a fault)
    """A body that is no chat completion."""


def features_of(request: CallRequest) -> frozenset[Feature]:
    """What the call needs of a server."""
    needed: set[Feature] = {"limit"}
    if request.schema is not None:
        needed.add("schema")
    if any(message.images for message in request.messages):
        needed.add("images")
    if request.seed is not None:
        needed.add("seed")
    if request.temperature is not None:
        needed.add("temperature")
    return frozenset(needed)


def chat_body(request: CallRequest, abilities: Abilities, *, urls: Sequence[str]) -> dict[str, Any]:
    """The body of the request.

    Args:
        request: the call.
        abilities: of the server with this model.
        urls: data URLs of all images, in the order of the messages.
    """
    left = iter(urls)
    body: dict[str, Any] = {
        "model": request.model,
        "messages": [_message(message, left) for message in _told(request, abilities)],
        abilities.limit_name: output_limit(request, abilities),
    }
    if request.temperature is not None and abilities.temperature:
        body["temperature"] = request.temperature
    if request.seed is not None and abilities.seed:
        body["seed"] = request.seed
    if request.schema is not None and abilities.schema_form != "prompt":
        body["response_format"] = {"type": abilities.schema_form}
        if abilities.schema_form == "json_schema":
            schema = {"name": request.schema.__name__, "schema": schema_of(request.schema), "strict": True}
            body["response_format"]["json_schema"] = schema
    return body


def output_limit(request: CallRequest, abilities: Abilities) -> int:
    """Tokens that a reply may have, thoughts included."""
    return request.max_output_tokens + (_THINKING_TOKENS if abilities.reasons else 0)


def _told(request: CallRequest, abilities: Abilities) -> tuple[Message, ...]:
    """The messages, with the schema in words where the server would not know it otherwise.

    It goes to the end of the system message: the same for all calls of a kind, so that providers can cache it.
    """
    if request.schema is None or (abilities.schema_form == "json_schema" and not abilities.schema_told):
        return request.messages
    words = fill(load_prompt("json", "system"), schema=schema_text(request.schema))
    first, *others = request.messages
    if first.role != "system":
        return (Message("system", words), *request.messages)
    return (first._replace(text=f"{first.text}\n\n{words}"), *others)


def _message(message: Message, urls: Iterator[str]) -> dict[str, Any]:
    if not message.images:
        return {"role": message.role, "content": message.text}
    parts: list[dict[str, Any]] = [{"type": "image_url", "image_url": {"url": next(urls)}} for _ in message.images]
    return {"role": message.role, "content": [*parts, {"type": "text", "text": message.text}]}


def repair_request(request: CallRequest, text: str, *, reason: str) -> CallRequest:
    """The call that asks again after a reply that does not fit the schema.

    Args:
        request: the first call; it has a schema.
        text: of the reply.
        reason: why it does not fit.
    """
    assert request.schema is not None, "only replies to calls with a schema are repaired"
    asked = fill(load_prompt("json", "user"), reason=reason, schema=schema_text(request.schema))
    messages = (*request.messages, Message("assistant", text), Message("user", asked))
    return request._replace(messages=messages, purpose=f"{request.purpose}-repair")


def read_completion(value: object, *, batched: bool = False) -> Answer:
    """The answer in the body of a response; `stvqa.teachers.calls.silence` tells whether it says anything.

    Where an error stands in the choice or beside it, the finish reason is `error`, and `refusal` has its words.

    Raises:
        NotACompletion: it is something else.
    """
    if not isinstance(value, Mapping) or not isinstance(choices := value.get("choices"), list) or not choices:
        raise NotACompletion("the reply holds no choices")
    choice = choices[0]
    message = choice.get("message") if isinstance(choice, Mapping) else None
    if not isinstance(message, Mapping):
        raise NotACompletion("the reply holds no message")
    usage = value.get("usage")
    counted = usage if isinstance(usage, Mapping) else {}
    details = counted.get("prompt_tokens_details")
    reasoning = message.get("reasoning_content") or message.get("reasoning")
    error = choice.get("error") or message.get("error") or value.get("error")
    prompt, output = _count(counted.get("prompt_tokens")), _count(counted.get("completion_tokens"))
    cached = _count(details.get("cached_tokens")) if isinstance(details, Mapping) else None
    answer = Answer(
        text=_text(message.get("content")),
        model=_word(value.get("model")),
        finish_reason="error" if error else _finish_reason(choice.get("finish_reason")),
        input_tokens=prompt,
        output_tokens=output,
        cached_tokens=None if cached is None or prompt is None else min(cached, prompt),
        refusal=_words_of(error) if error else _text(message.get("refusal")),
        reasoning=reasoning if isinstance(reasoning, str) else "",
        batched=batched,
    )
    return _as_stored(answer, value)


def _as_stored(answer: Answer, value: object) -> Answer:
    """The answer in texts that can be stored, with the whole response beside them where that changes one."""
    stored = answer._replace(
        text=storable(answer.text),
        model=storable(answer.model),
        finish_reason=storable(answer.finish_reason),
        refusal=storable(answer.refusal),
        reasoning=storable(answer.reasoning),
    )
    if stored == answer:
        return stored
    try:
        return stored._replace(raw=json.dumps(value).encode())
    except RecursionError:  # nested too deeply to be written out
        return stored


def _finish_reason(value: object) -> str:
    """Why a reply ended, in the words of the chat completions API where they are known."""
    said = _word(value)
    return _FINISH_REASON_OF.get(said.lower(), said.lower())


def _words_of(error: object) -> str:
    """What an error says."""
    return read_error(error).message or "an error without words"


def _word(value: object) -> str:
    """A name: a string or a number, of a length that names have; "" for anything else."""
    return str(value)[:_LONGEST_NAME] if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _text(content: object) -> str:
    """Content as text; some servers give a list of parts, of which thoughts are no answer."""
    if isinstance(content, list):
        parts = [part for part in content if isinstance(part, Mapping) and part.get("type", "text") in _TEXT_PARTS]
        return "".join(text for part in parts if isinstance(text := part.get("text"), str))
    return content if isinstance(content, str) else ""


def _count(value: object) -> int | None:
    """A credible number of tokens."""
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value <= _MOST_TOKENS else None
