"""The ledger's key of a call: a hash of all that its answer depends on.

    call_key(request, digest=pictures.digest)    # "3fa9c1d2..."

Where the model is served, how the schema is asked for and which parameters a server does not know are not in it:
the same question to the same model is the same call.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import NamedTuple

from stvqa.teachers.calls.contract import CallRequest, Picture
from stvqa.teachers.calls.schemas import schema_of

__all__ = ["KeyedRequest", "call_key"]

_FORMAT = 1


class KeyedRequest(NamedTuple):
    """A request and its key."""

    key: str
    request: CallRequest


def call_key(request: CallRequest, *, digest: Callable[[Picture], str]) -> str:
    """sha256 in hex of stage, messages, model, parameters and image bytes.

    Args:
        request: the call; its purpose does not count.
        digest: of an image's bytes and of what is done to them.

    Raises:
        PictureUnavailable: an image cannot be read.
    """
    messages = [
        {"role": message.role, "text": message.text, "images": [digest(picture) for picture in message.images]}
        for message in request.messages
    ]
    value = {
        "format": _FORMAT,
        "stage": request.stage,
        "model": request.model,
        "messages": messages,
        "max_output_tokens": request.max_output_tokens,
        "temperature": request.temperature,
        "seed": request.seed,
        "schema": None if request.schema is None else schema_of(request.schema),
        "sample": request.sample,
    }
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
