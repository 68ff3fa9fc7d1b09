"""Answers as the ledger keeps them, and the sums of what was paid.

Answer(text="B", model="gpt-4o-2024-08-06", finish_reason="stop", input_tokens=412, output_tokens=1)
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Answer", "Spent", "Total"]


class Answer(NamedTuple):
    """An answer as it came.

    Attributes:
        text: of the message, "" where it had none.
        model: as the server names it.
        refusal: the server's words where it refused, else "".
        reasoning: what the model thought aloud, where the server gives that apart from the text.
        input_tokens / output_tokens / cached_tokens: as the server counted; None where it did not, or not credibly.
        batched: it came from a batch, at the batch's price.
        raw: the whole response as JSON, where a text of it cannot be stored as it came (see `storable`); else None.
    """

    text: str
    model: str
    finish_reason: str
    input_tokens: int | None
    output_tokens: int | None
    cached_tokens: int | None = None
    refusal: str = ""
    reasoning: str = ""
    batched: bool = False
    raw: bytes | None = None


class Spent(NamedTuple):
    """A sum of what was paid, or may have been.

    Attributes:
        calls: answers that were given and paid, those that could not be used included.
        uncounted: of these, answers without credible counts of tokens.
        input_tokens / output_tokens / cached_tokens: as servers counted them.
        lost: tries that brought no answer and may be billed all the same.
        most_input / most_output: tokens of what nobody counted (`uncounted` and `lost`), at most.
    """

    stage: str
    model: str
    purpose: str
    batched: bool
    calls: int
    uncounted: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    lost: int = 0
    most_input: int = 0
    most_output: int = 0


class Total(NamedTuple):
    """All that a ledger paid to one model, and what is set aside for calls that are under way.

    Attributes:
        answers / uncounted / lost / input_tokens / output_tokens / cached_tokens / most_input / most_output: as in
            `Spent`, `calls` being `answers`.
        held: calls under way, or about to be sent, in all processes, batches and files.
        held_input / held_output: their tokens, at most.
    """

    model: str
    batched: bool
    answers: int = 0
    uncounted: int = 0
    lost: int = 0
    held: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    most_input: int = 0
    most_output: int = 0
    held_input: int = 0
    held_output: int = 0
