"""Annotation read part by part, so that a broken part is lost and the image is not.

objects = salvage(enumerate(entries), Parts("objects", "object-malformed"), model=Place, findings=findings)
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from stvqa.sources.assembly.findings import Findings

__all__ = ["Parts", "salvage"]

_PAYLOAD_LENGTH = 500

Part = TypeVar("Part", bound=BaseModel)


class Parts(NamedTuple):
    """Names of an element's member and of what a broken part of it is called."""

    member: str
    reason: str


def salvage(
    entries: Iterable[tuple[object, Any]], parts: Parts, *, model: type[Part], findings: Findings
) -> dict[Any, Part]:
    """The parts that fit, by key, in order; each other one is refused with what is wrong with it.

    Args:
        entries: keys, unique, and what stands under them; from an `enumerate` or a dict.
        parts: what they are.
        model: what each has to be.
        findings: takes the refusals.
    """
    found: dict[Any, Part] = {}
    for key, entry in entries:
        try:
            found[key] = model.model_validate(entry)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(map(str, first["loc"]))
            detail = f"{where}: {first['msg']}" if where else first["msg"]
            payload = json.dumps(entry)[:_PAYLOAD_LENGTH]
            findings.refuse(parts.reason, part=f"{parts.member}[{key}]", detail=detail, payload=payload)
    return found
