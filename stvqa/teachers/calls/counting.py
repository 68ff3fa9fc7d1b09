"""Tokens of a call before it is sent: an estimate, as a range, without any model's own tokenizer.

    count_input(request, price)    # Range(low=410.0, high=560.0)

Text: 2.5 to 4.8 characters a token, and up to a token for each byte of letters beyond ASCII. That is assumed, wide
enough for English and for JSON with many numbers, and was measured with no tokenizer. Images: by the formula of the
model's price entry where there is one; else from what patches of 32 x 32 pixels give to what tiles of 512 x 512 give.
Real calls, once there are some, take its place.
"""

from __future__ import annotations

import math

from stvqa.store.ledger_counts import text_tokens
from stvqa.teachers.calls.contract import CallRequest, Picture, Range
from stvqa.teachers.calls.pictures import sent_size
from stvqa.teachers.calls.prices import ImageCount, Price
from stvqa.teachers.calls.schemas import schema_text

__all__ = ["count_image", "count_input", "count_most", "count_text"]

_LETTERS_A_TOKEN = 4.8
"""At most."""
_TOKENS_A_MESSAGE = 5
_TILE = 512
_UNKNOWN = (ImageCount(kind="patches", side=32), ImageCount(kind="tiles", base=85, each=170))


def count_input(request: CallRequest, price: Price | None) -> Range:
    """Input tokens of a call, from the least to the most."""
    low, high = 0.0, 0.0
    texts = [message.text for message in request.messages]
    if request.schema is not None:
        texts.append(schema_text(request.schema))
    for text in texts:
        counted = count_text(text)
        low, high = low + counted.low + _TOKENS_A_MESSAGE, high + counted.high + _TOKENS_A_MESSAGE
    for message in request.messages:
        for picture in message.images:
            counted = count_image(picture, None if price is None else price.image)
            low, high = low + counted.low, high + counted.high
    return Range(low, high)


def count_most(request: CallRequest, price: Price | None) -> int:
    """Input tokens of a call at most."""
    return math.ceil(count_input(request, price).high)


def count_text(text: str) -> Range:
    """Tokens of a text."""
    return Range(len(text) / _LETTERS_A_TOKEN, text_tokens(text))


def count_image(picture: Picture, rule: ImageCount | None) -> Range:
    """Tokens of an image as it is sent; one figure where the rule is known."""
    if rule is not None:
        tokens = _tokens(picture, rule)
        return Range(tokens, tokens)
    figures = [_tokens(picture, unknown) for unknown in _UNKNOWN]
    return Range(min(figures), max(figures))


def _tokens(picture: Picture, rule: ImageCount) -> float:
    width, height = sent_size(picture)
    if rule.kind == "patches":
        patches = math.ceil(width / rule.side) * math.ceil(height / rule.side)
        return math.ceil(min(patches, rule.most) * rule.factor)
    # Providers first scale the shorter side down to 768 pixels; nothing is scaled up.
    scale = min(1.0, 2048 / max(width, height))
    scale = min(scale, 768 / min(width, height)) if min(width, height) > 768 else scale
    tiles = math.ceil(width * scale / _TILE) * math.ceil(height * scale / _TILE)
    return rule.base + rule.each * tiles
