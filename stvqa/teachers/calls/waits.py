"""When a server asks to be asked again: by its headers, by fields of its error, or in words.

asked_wait({"retry-after": "20"}, {}, "")                                          # 20.0
asked_wait({}, {}, "Rate limit reached. Please try again in 7m12.5s.")             # 432.5
asked_wait({}, {"details": [{"@type": "...RetryInfo", "retryDelay": "2s"}]}, "")   # 2.0
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

__all__ = ["asked_wait", "reset_wait"]

_FIELDS: Final = frozenset(
    {"retrydelay", "retry_after", "retryafter", "retry_after_seconds", "retry-after", "estimated_time"}
)
_DURATION = (
    r"\d+(?:\.\d+)?\s*"
    r"(?:milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d)(?![a-z])[\s,]*(?:and\s+)?"
)
_IN_WORDS = re.compile(
    rf"(?:try(?:ing)? again|retry(?:ing)?|wait(?:ing)?|come back|resets?)"
    rf"(?:\s+(?:your request|the request|this request|at least|about|for|in|after|another))*[\s:]+((?:{_DURATION})+)",
    re.IGNORECASE,
)
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]+)", re.IGNORECASE)
_UNITS = {"ms": 0.001, "milli": 0.001, "m": 60.0, "s": 1.0, "h": 3600.0, "d": 86400.0}
"""By what their names begin with, in this order."""

_EPOCH_SECONDS = 1e9
_EPOCH_MILLISECONDS = 1e12
_DEEPEST = 6
_LONGEST_LETTERS = 80
"""Of a text that says a time."""


def asked_wait(headers: Mapping[str, str], body: object, message: str) -> float | None:
    """Seconds to wait by `Retry-After`, else by a field of the error, else by its words.

    Args:
        headers: of the response, by names in any case where the mapping allows for it, else in lower case.
        body: of the response, decoded.
        message: what it says, as words.

    Returns:
        0 or more, never infinite; None where it does not say when, or names a time that has passed.
    """
    named = [_seconds(headers.get("retry-after-ms"), unit=0.001), _seconds(headers.get("retry-after"))]
    found = next((wait for wait in (*named, *_field_waits(body)) if wait is not None), None)
    return found if found is not None else _wait_in_words(message)


def reset_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds until the limits that are used up start anew, by `x-ratelimit-reset-...`; None where none is told.

    Servers send these headers with every response: that one is there does not say that its limit was the reason.
    """
    waits = []
    for name, text in headers.items():
        lower = name.lower()
        if "ratelimit-" in lower and "reset" in lower:
            left = headers.get(lower.replace("reset", "remaining"), "0")
            waits.append(_seconds(text) if left.strip() == "0" else None)
    return max((wait for wait in waits if wait is not None), default=None)


def _seconds(text: str | None, *, unit: float = 1.0) -> float | None:
    """Seconds from now, of a number, a duration, a date, or a moment since 1970; None for what has passed already."""
    text = (text or "").strip()
    if not text or len(text) > _LONGEST_LETTERS:
        return None
    found = _from_now(text, unit=unit)
    return found if found is not None and 0 <= found < math.inf else None


def _from_now(text: str, *, unit: float) -> float | None:
    """The same, whatever number comes out, or is not one."""
    now = datetime.now(UTC)
    try:
        number = float(text) * unit
    except ValueError:
        pass
    else:
        if number >= _EPOCH_SECONDS:
            return number / (1000 if number >= _EPOCH_MILLISECONDS else 1) - now.timestamp()
        return number
    if (wait := _duration(text)) is not None:
        return wait
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = read(text)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now.timestamp()
        except (ValueError, TypeError, OverflowError):
            continue
    return None


def _duration(text: str) -> float | None:
    """Seconds of "7m12.5s", "2 minutes and 3 seconds", "250ms"; None for anything else."""
    parts = _PART.findall(text)
    if not parts or _PART.sub("", text).replace("and", "").strip(" ,"):
        return None
    units = [next((size for name, size in _UNITS.items() if unit.lower().startswith(name)), None) for _, unit in parts]
    if None in units:
        return None
    return sum(float(number) * (unit or 0.0) for (number, _), unit in zip(parts, units, strict=True))


def _wait_in_words(message: str) -> float | None:
    waits = (_seconds(found.strip(" ,.")) for found in _IN_WORDS.findall(message))
    return next((wait for wait in waits if wait is not None), None)


def _field_waits(body: object, *, depth: int = 0) -> Iterator[float | None]:
    """What fields of an error say, however deep they stand."""
    if depth > _DEEPEST:
        return
    children: Iterable[object] = ()
    if isinstance(body, Mapping):
        for name, value in body.items():
            if str(name).lower() in _FIELDS and isinstance(value, str | int | float) and not isinstance(value, bool):
                yield _seconds(str(value))
            elif str(name).lower() == "headers" and isinstance(value, Mapping):
                told = {str(key).lower(): str(item) for key, item in value.items()}
                yield _seconds(told.get("retry-after"))
        children = body.values()
    elif isinstance(body, list):
        children = body
    for child in children:
        yield from _field_waits(child, depth=depth + 1)
