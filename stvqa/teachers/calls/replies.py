r"""From the text of a reply to the record that was asked for.

read_reply('Sure:\n```json\n{"letter": "B"}\n```', Vote)     # Vote(letter='B')
without_thoughts("<think>Hm.</think>\nB")                    # "B"
"""

from __future__ import annotations

import re
from typing import TypeVar

from pydantic import BaseModel, ValidationError

__all__ = ["ReplyUnreadable", "read_reply", "without_thoughts"]

_THOUGHTS = re.compile(r"\A\s*(?:<think>)?.*?</think>", re.DOTALL)
_UNFINISHED = re.compile(r"\A\s*<think>.*\Z", re.DOTALL)
_REASON_LETTERS = 200

Model = TypeVar("Model", bound=BaseModel)


class ReplyUnreadable(Exception):  # noqa: N818 (an outcome of reading, not a fault)
    """The text is not what was asked for; `str()` says why, in words that a model can act on."""


def without_thoughts(text: str) -> str:
    """The text after what some models think aloud before it; nothing where they did not come to an end."""
    return _UNFINISHED.sub("", _THOUGHTS.sub("", text, count=1)).strip()


def read_reply(text: str, schema: type[Model]) -> Model:
    """The record in a reply: the whole text, or the one JSON object that stands in it.

    Args:
        text: as it came; a code fence and words around the object are let pass.
        schema: what it should be.

    Raises:
        ReplyUnreadable: no JSON object, or one that does not fit.
    """
    plain = without_thoughts(text)
    start, end = plain.find("{"), plain.rfind("}")
    if start < 0 or end < start:
        raise ReplyUnreadable("it holds no JSON object" if plain else "it is empty")
    try:
        return schema.model_validate_json(plain[start : end + 1])
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        reason = f"{where}: {first['msg']}" if where else first["msg"]
        raise ReplyUnreadable(reason[:_REASON_LETTERS]) from error
