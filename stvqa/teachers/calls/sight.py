"""Does a server look at the images that it is sent? Some take them without a word and drop them.

    twin = without_images(request)        # the same call, no images, one token of output
    sees_images(answer, twin_answer, count=1)

A verifier that never saw the images would be a blind run under another name. The first call with images to a server
and model is therefore made once more without them; if it counts as many input tokens both times, it saw none.
(`transformers serve` with a text-only model does so.)
"""

from __future__ import annotations

from stvqa.store.ledger_rows import Answer
from stvqa.teachers.calls.contract import CallRequest

__all__ = ["PROBE_STAGE", "are_twins", "sees_images", "without_images"]

PROBE_STAGE = "server"
"""Stage of such calls in the ledger; they belong to none of the run's."""

_TOKENS_AN_IMAGE = 4
"""Fewer than any model gives to an image; what chat templates put in the place of a dropped one may be two."""


def without_images(request: CallRequest) -> CallRequest:
    """The same call without its images and without a word of answer worth paying for."""
    messages = tuple(message._replace(images=()) for message in request.messages)
    return request._replace(stage=PROBE_STAGE, purpose="sight", messages=messages, max_output_tokens=1)


def are_twins(seen: Answer, blind: Answer) -> bool:
    """Whether the two calls can have had the same words.

    Not where more was counted without the images: a reply that broke its schema is learnt from between the two, and the
    schema then stands in the prompt of the second.
    """
    return seen.input_tokens is None or blind.input_tokens is None or blind.input_tokens <= seen.input_tokens


def sees_images(seen: Answer, blind: Answer, *, count: int) -> bool:
    """Whether the images made a difference to what the server read; True where it does not say.

    Args:
        seen: to the call with `count` images.
        blind: to the same call without them.
        count: images.
    """
    if seen.input_tokens is None or blind.input_tokens is None:
        return True
    return seen.input_tokens - blind.input_tokens >= _TOKENS_AN_IMAGE * count
