"""What the body of an error says, in words, whatever shape it has.

    read_error({"error": {"message": "You exceeded ...", "code": "insufficient_quota"}})
    # ErrorWords(message="You exceeded ...", codes={"insufficient_quota"}, parameter="", status=None)

Objects, lists of them, plain strings, JSON inside of strings (what OpenRouter passes on), FastAPI's `detail`, pages of
HTML: all become sentences, never Python's or HTML's way of writing.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

__all__ = ["ErrorWords", "error_in", "read_error"]

_MESSAGES: Final = ("message", "detail", "details", "msg", "error_description", "errors", "reason", "title", "raw")
_CODES: Final = ("code", "type", "status", "error_type", "error_code", "reason", "error")
_INNER: Final = ("error", "innererror", "inner_error", "metadata", "details", "errors", "raw")
"""Where more about an error stands inside of it."""

_PAGE = re.compile(r"^\s*(?:<!doctype|<html|<head|<\?xml|<[a-z]+[\s>])", re.IGNORECASE)
_UNSEEN = re.compile(r"<(script|style)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^<>]*>")
_DEEPEST = 6
_MOST_LETTERS = 10_000
"""Longer than anything that a server says of itself; of what is longer, both ends are read."""
_LONGEST_WORD = 200
"""Letters; what is longer is no word but a picture, say, that a server sends back."""
_MOST_CODES = 100
_LARGEST_CODE = 10**9


class ErrorWords(NamedTuple):
    """What an error says.

    Attributes:
        message: as words on one line, not shortened.
        codes: the words for machines: codes, types, reasons; in lower case.
        parameter: of the call, that it is about; "" where it names none.
        status: HTTP status in the body, the outermost; None where there is none.
    """

    message: str
    codes: frozenset[str]
    parameter: str
    status: int | None


def read_error(body: object) -> ErrorWords:
    """What the body of an error response says."""
    opened = _opened(body)
    inner = list(_mappings(opened))
    found = [str(item[name]).lower() for item in inner for name in _CODES if _is_code(item.get(name))]
    status = next((int(code) for code in found if re.fullmatch(r"[45]\d\d", code)), None)
    named = (item.get("param") for item in inner)
    parameter = next((value for value in named if isinstance(value, str) and value), "")
    return ErrorWords(_of_a_length(_words(opened)), frozenset(found[:_MOST_CODES]), parameter[:_LONGEST_WORD], status)


def error_in(value: object) -> bool:
    """Whether a body that came with a good status is an error all the same, as some proxies send theirs."""
    if isinstance(value, list):
        return any(isinstance(item, Mapping) and error_in(item) for item in value)
    if not isinstance(value, Mapping) or value.get("choices"):
        return False
    named = "error" in (value.get("object"), value.get("type"))
    return named or bool(value.get("error") or value.get("detail") or value.get("errors"))


def _opened(value: object, *, depth: int = 0) -> object:
    """The same with the JSON that stands in its strings read as such."""
    if depth > _DEEPEST:
        return None if isinstance(value, Mapping | list) else value
    if isinstance(value, Mapping):
        return {str(name): _opened(item, depth=depth + 1) for name, item in value.items()}
    if isinstance(value, list):
        return [_opened(item, depth=depth + 1) for item in value]
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return _opened(json.loads(value), depth=depth + 1)
        except (ValueError, RecursionError):
            return value
    return value


def _mappings(value: object) -> Iterator[Mapping[str, object]]:
    """All objects that tell of the error, outermost first."""
    if isinstance(value, list):
        for item in value:
            yield from _mappings(item)
    if isinstance(value, Mapping):
        yield value
        for name in (*_INNER, "message"):
            yield from _mappings(value.get(name))


def _words(value: object) -> str:
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, list):
        return "; ".join(dict.fromkeys(filter(None, map(_words, value))))
    if not isinstance(value, Mapping):
        return _text(str(value))
    if value.get("error"):
        inner = _words(value["error"])
        outer = _first(value, ("message", "detail", "error_description"))
        return inner if not outer or outer in inner else f"{inner}: {outer}"
    if "loc" in value and "msg" in value:
        where = value["loc"]
        place = ".".join(map(str, where)) if isinstance(where, Sequence) and not isinstance(where, str) else str(where)
        return f"{place}: {_words(value['msg'])}"
    said = _first(value, _MESSAGES) or _scalars(value)
    metadata = value.get("metadata")
    passed_on = _words(metadata.get("raw")) if isinstance(metadata, Mapping) else ""
    return said if not passed_on or passed_on in said else f"{said}: {passed_on}"


def _of_a_length(text: str) -> str:
    """A text on one line, of a length that patterns can be looked for in."""
    words = (word if len(word) <= _LONGEST_WORD else f"{word[:_LONGEST_WORD]}\u2026" for word in text.split())
    line = " ".join(words)
    half = _MOST_LETTERS // 2
    return line if len(line) <= _MOST_LETTERS else f"{line[:half]} \u2026 {line[-half:]}"


def _first(value: Mapping[str, object], names: Sequence[str]) -> str:
    return next((words for name in names if (words := _words(value.get(name)))), "")


def _scalars(value: Mapping[str, object]) -> str:
    """An object without a message: its plain fields."""
    plain = (f"{name} {item}" for name, item in value.items() if isinstance(item, str | int | float) and item != "")
    return _text(", ".join(plain))


def _text(text: str) -> str:
    """Words of a text; of a page of HTML without its tags."""
    if not _PAGE.match(text):
        return text.strip()
    seen = _UNSEEN.sub(" ", text)
    return html.unescape(_TAG.sub(" ", seen)).strip()


def _is_code(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= _LONGEST_WORD and len(value.split()) == 1
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _LARGEST_CODE
