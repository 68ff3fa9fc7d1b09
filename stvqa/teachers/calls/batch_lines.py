"""Lines of the Batch API: one call a line goes out, one answer a line comes back, in any order.

    write_line(key, body)
    {"custom_id": "3fa9...", "method": "POST", "url": "/v1/chat/completions", "body": {...}}

    read_line(text)       # BatchLine(key="3fa9...", answer=Answer(...), refusal=None)
    {"custom_id": "3fa9...", "response": {"status_code": 200, "body": {...}}, "error": null}

vLLM's `run-batch` reads and writes the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, Final, NamedTuple

from stvqa.store.ledger_rows import Answer
from stvqa.store.storable import storable
from stvqa.teachers.calls.error_words import error_in
from stvqa.teachers.calls.refusals import Refusal
from stvqa.teachers.calls.secret import Secret
from stvqa.teachers.calls.wire import NotACompletion, read_completion

__all__ = ["CHAT_PATH", "BatchLine", "lines_of", "read_line", "write_line"]

CHAT_PATH: Final = "/v1/chat/completions"
_LINE_BYTES: Final = 2 * 1024 * 1024
"""Of one answer: as many as 100,000 tokens of thoughts have, each letter written as an escape."""


class BatchLine(NamedTuple):
    """One line of answers.

    Attributes:
        key: of the call.
        answer / refusal: one of them is None; a request that was never come to has a refusal with status 503.
    """

    key: str
    answer: Answer | None
    refusal: Refusal | None


def lines_of(file: BinaryIO) -> Iterator[bytes | None]:
    """The lines of a file that are not empty, one at a time; None for one that is longer than any answer is."""
    while line := file.readline(_LINE_BYTES):
        is_whole = line.endswith(b"\n") or len(line) < _LINE_BYTES
        if not is_whole:
            while (rest := file.readline(_LINE_BYTES)) and not rest.endswith(b"\n"):
                pass
            yield None
        elif line.strip():
            yield line


def write_line(key: str, body: Mapping[str, Any]) -> bytes:
    """A line of calls, its newline included."""
    line = {"custom_id": key, "method": "POST", "url": CHAT_PATH, "body": body}
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def read_line(text: bytes | None, *, secret: Secret) -> BatchLine:
    """A line of answers.

    Args:
        text: the line; None for one that is too long.
        secret: taken out of what it says.

    Raises:
        ValueError: it is none; the message says why.
    """
    if text is None:
        raise ValueError(f"it is longer than {_LINE_BYTES:,} bytes")
    try:
        return _read(json.loads(text), secret=secret)
    except RecursionError as problem:
        raise ValueError("it is nested too deeply") from problem


def _read(value: object, *, secret: Secret) -> BatchLine:
    if not isinstance(value, Mapping) or not isinstance(key := value.get("custom_id"), str):
        raise ValueError("it has no custom_id")
    key = storable(key)
    response, error = value.get("response"), value.get("error")
    if isinstance(response, Mapping) and isinstance(response.get("status_code"), int):
        status, body = response["status_code"], response.get("body")
        if status != 200 or error_in(body):
            return BatchLine(key, None, Refusal.of(status, body, {}, secret=secret))
        try:
            return BatchLine(key, secret.out_of(read_completion(body, batched=True)), None)
        except NotACompletion as problem:
            return BatchLine(key, None, Refusal(502, str(problem)))
    if error is not None:
        return BatchLine(key, None, Refusal.of(503, error, {}, secret=secret))
    raise ValueError("it has neither a response nor an error")
