"""Lines of the Batch API: one call a line goes out, one answer a line comes back, in any order.

    write_line(key, body)
    {"custom_id": "3fa9...", "method": "POST", "url": "/v1/chat/completions", "body": {...}}

    read_line(text)       # BatchLine(key="3fa9...", answer=Answer(...), refusal=None)
    {"custom_id": "3fa9...", "response": {"status_code": 200, "body": {...}}, "error": null}

vLLM's `run-batch` reads and writes the same.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from stvqa.store.ledger_rows import Answer
from stvqa.store.storable import storable
from stvqa.teachers.calls.error_words import error_in
from stvqa.teachers.calls.refusals import Refusal
from stvqa.teachers.calls.secret import Secret
from stvqa.teachers.calls.wire import NotACompletion, read_completion

__all__ = ["CHAT_PATH", "BatchLine", "read_line", "write_line"]

CHAT_PATH: Final = "/v1/chat/completions"


class BatchLine(NamedTuple):
    """One line of answers.

    Attributes:
        key: of the call.
        answer / refusal: one of them is None; a request that was never come to has a refusal with status 503.
    """

    key: str
    answer: Answer | None
    refusal: Refusal | None


def write_line(key: str, body: Mapping[str, Any]) -> bytes:
    """A line of calls, its newline included."""
    line = {"custom_id": key, "method": "POST", "url": CHAT_PATH, "body": body}
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def read_line(text: bytes, *, secret: Secret) -> BatchLine:
    """A line of answers.

    Raises:
        ValueError: it is none; the message says why.
    """
    try:
        value = json.loads(text)
    except RecursionError as problem:
        raise ValueError("it is nested too deeply") from problem
    if not isinstance(value, Mapping) or not isinstance(key := value.get("custom_id"), str):
        raise ValueError("it has no custom_id")
    key = storable(key)
    response, error = value.get("response"), value.get("error")
    if isinstance(response, Mapping) and isinstance(response.get("status_code"), int):
        status, body = response["status_code"], response.get("body")
        if status != 200 or error_in(body):
            return BatchLine(key, None, Refusal.of(status, body, {}, secret=secret))
        try:
            return BatchLine(key, read_completion(body, batched=True), None)
        except NotACompletion as problem:
            return BatchLine(key, None, Refusal(502, str(problem)))
    if error is not None:
        return BatchLine(key, None, Refusal.of(503, error, {}, secret=secret))
    raise ValueError("it has neither a response nor an error")
