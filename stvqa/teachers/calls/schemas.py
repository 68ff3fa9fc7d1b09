"""The JSON schema of a reply, as strict servers want it.

    schema_of(Vote)    # {"type": "object", "properties": {...}, "required": [...], "additionalProperties": False}

Strict servers compile the schema to a grammar: every property is required, no other is allowed, and keywords that
they do not know are an error. What the schema cannot say is checked on the reply by the pydantic model itself.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from pydantic import BaseModel

__all__ = ["schema_of", "schema_text"]

_LEFT_OUT = frozenset(
    {"default", "title", "minLength", "maxLength", "pattern", "format", "uniqueItems", "discriminator"}
)
"""Keywords that change no shape and that some servers refuse."""


@lru_cache(maxsize=64)
def _schema_json(model: type[BaseModel]) -> str:
    return json.dumps(_strict(model.model_json_schema()), separators=(",", ":"))


def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """The strict schema of a model; the caller may change it."""
    value: dict[str, Any] = json.loads(_schema_json(model))
    return value


def schema_text(model: type[BaseModel]) -> str:
    """The strict schema as a model is told it, on one line."""
    return _schema_json(model)


def _strict(node: Any) -> Any:  # noqa: ANN401 (any JSON)
    if isinstance(node, list):
        return [_strict(item) for item in node]
    if not isinstance(node, dict):
        return node
    result: dict[str, Any] = {}
    for key, value in node.items():
        if key in ("properties", "$defs"):  # names here are fields and models, not keywords
            result[key] = {name: _strict(inner) for name, inner in value.items()}
        elif key == "oneOf":
            result["anyOf"] = _strict(value)
        elif key not in _LEFT_OUT:
            result[key] = _strict(value)
    if result.get("type") == "object" and "properties" in result:
        result["required"] = list(result["properties"])
        result["additionalProperties"] = False
    return result
