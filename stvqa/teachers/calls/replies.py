r"""From the text of a reply to the record that was asked for.

read_reply('Sure:\n```json\n{"letter": "B"}\n```', Vote)     # Vote(letter='B')
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Self, TypeVar

from pydantic import BaseModel, ValidationError

from stvqa.completion.undress import undress

__all__ = ["ReadsReplies", "ReplyUnreadable", "read_reply"]

_REASON_LETTERS = 200

Model = TypeVar("Model", bound=BaseModel)


class ReplyUnreadable(Exception):  # noqa: N818 (an outcome of reading, not a fault)
    """The text is not what was asked for; `str()` says why, in words that a model can act on."""


class ReadsReplies(BaseModel):
    """A schema whose replies are read by a rule of its own: what fits it is what that rule can use."""

    @classmethod
    @abstractmethod
    def of_reply(cls, text: str) -> Self:
        """The record in a reply.

        Raises:
            ReplyUnreadable: the reply is of no use.
        """


def read_reply(text: str, schema: type[Model]) -> Model:
    """The record in a reply: the whole text, or the one JSON object that stands in it.

    Args:
        text: as it came; thoughts, a code fence and words around the object are let pass.
        schema: what it should be.

    Raises:
        ReplyUnreadable: no JSON object, or one that does not fit.
    """
    if issubclass(schema, ReadsReplies):
        return schema.of_reply(text)
    plain = undress(text)
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
