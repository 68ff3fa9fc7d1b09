"""What a call costs in tokens: as the server counted where that can be believed, else the most that it can be.

    most = Most(input_tokens=560, output_tokens=60)
    costed(Answer("B", ..., input_tokens=412, output_tokens=1), most)       # the answer as it is, nothing estimated
    costed(Answer("B", ..., input_tokens=-5, output_tokens=None), most)     # without counts, Most(560, 60)

A server may give no counts, one of two, or such as cannot be. Then the call is taken for the most that it can have
cost: money that was perhaps spent is never taken for unspent.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from stvqa.store.ledger_answers import Answer

__all__ = ["UNKNOWN_MOST", "Costed", "Most", "costed", "text_tokens"]

_LETTERS_A_TOKEN: Final = 2.5
"""Of ASCII text, at least: English has 4 to 5, JSON full of numbers 2 to 3. Other letters count with each byte."""

_FACTOR: Final = 50
_ROOM_TOKENS: Final = 20_000
"""Counts up to so many times the estimate and so many tokens more are believed: rules for images differ widely between
providers, and some put a prompt of their own before each call. More is an error of the server, or a lie."""


class Most(NamedTuple):
    """The most tokens that one try of a call can cost."""

    input_tokens: int
    output_tokens: int


UNKNOWN_MOST: Final = Most(4_000, 4_000)
"""Of calls that nobody estimated, from ledgers of earlier versions: an image and a long prompt, a page of text."""


class Costed(NamedTuple):
    """An answer, without counts where they are of no use; then with an estimate in their place."""

    answer: Answer
    estimated: Most | None


def costed(answer: Answer, most: Most | None) -> Costed:
    """What an answer costs.

    Args:
        answer: with the counts that the server gave.
        most: that the call could cost before it was sent; None where nobody knows.
    """
    written = text_tokens(answer.text) + text_tokens(answer.reasoning) + text_tokens(answer.refusal)
    read, wrote = answer.input_tokens, answer.output_tokens
    bound = most or UNKNOWN_MOST
    known = None if bound == UNKNOWN_MOST else bound
    if read is not None and wrote is not None and _are_credible(read, wrote, written=written, most=known):
        return Costed(answer, None)
    estimated = Most(bound.input_tokens, max(bound.output_tokens, written))
    return Costed(answer._replace(input_tokens=None, output_tokens=None, cached_tokens=None), estimated)


def text_tokens(text: str) -> int:
    """Tokens of a text at most, as far as that can be said without the model's tokenizer."""
    if text.isascii():
        return math.ceil(len(text) / _LETTERS_A_TOKEN)
    size = len(text.encode(errors="surrogatepass"))
    ascii_letters = sum(map(str.isascii, text))
    return math.ceil(ascii_letters / _LETTERS_A_TOKEN) + size - ascii_letters


def _are_credible(read: int, wrote: int, *, written: int, most: Most | None) -> bool:
    """Whether counts can be: every prompt has tokens, and every text.

    Args:
        read / wrote: tokens as the server counted.
        written: tokens of the text that came, at most.
        most: tokens of the call, at most; None where nobody estimated them.
    """
    if read < 1 or wrote * _FACTOR < written:
        return False
    if most is None:
        return True
    if read * _FACTOR < most.input_tokens:
        return False
    return (
        read <= most.input_tokens * _FACTOR + _ROOM_TOKENS
        and wrote <= max(most.output_tokens, written) * _FACTOR + _ROOM_TOKENS
    )
