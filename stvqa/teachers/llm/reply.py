"""What a teacher model sends back, and how it is read.

    read_questions('{"questions": [{"item": 1, "question": "...", "options": [...], "answer": "B", ...}]}')
    # ReplyRead(written={1: WrittenQuestion(...)}, faults={}, fault="")

One bad entry spoils no other: each is read by itself, also those before the place where a reply breaks off. Nothing is
guessed: what does not fit the model is a fault with its reason.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from pydantic import ValidationError, field_validator, model_validator

from stvqa.records import Level, Record

__all__ = ["ReplyRead", "WrittenQuestion", "WrittenQuestions", "read_questions"]

_LETTERS = "ABCD"
_LETTER = re.compile(r"\s*\(?([A-Da-d])(?:[).:]|\b)\s*")


class WrittenQuestion(Record):
    """One question as the teacher wrote it.

    Attributes:
        item: number of the item in the prompt, from 1.
        options: two to four, in the teacher's order.
        answer: letter of the right option; a letter in brackets and the option's text are read as the letter.
        program: one claim an option, in their order (`stvqa.programs.notation`); null where the item is open.
        level / rating: the teacher's own opinion; where there is a program, the formula of
            `stvqa.programs.difficulty` decides.
        why: a few words on why the answer is right.
    """

    item: int
    question: str
    options: tuple[str, ...]
    answer: Literal["A", "B", "C", "D"]
    program: tuple[str, ...] | None
    level: Level
    rating: int
    why: str

    @model_validator(mode="before")
    @classmethod
    def _answer_as_letter(cls, values: Any) -> Any:  # noqa: ANN401 (whatever the model sent)
        if not isinstance(values, dict) or not isinstance(values.get("answer"), str):
            return values
        answer, options = values["answer"], values.get("options")
        if isinstance(options, list | tuple) and answer in options[: len(_LETTERS)]:
            return {**values, "answer": _LETTERS[list(options).index(answer)]}
        letter = _LETTER.fullmatch(answer)
        return {**values, "answer": letter[1].upper()} if letter else values

    @field_validator("rating")
    @classmethod
    def _rating_in_range(cls, rating: int) -> int:
        if not 1 <= rating <= 10:
            raise ValueError("a rating is 1 to 10")
        return rating

    @property
    def right(self) -> int:
        """Index of the option that the teacher says is right."""
        return _LETTERS.index(self.answer)


class WrittenQuestions(Record):
    """The whole reply: one entry for each item that a question was found for."""

    questions: tuple[WrittenQuestion, ...]


class ReplyRead(NamedTuple):
    """What could be read of a reply.

    Attributes:
        written: by item.
        faults: why an entry could not be read, by item.
        fault: why nothing could be read, or why the reply ends early; "" for a whole reply.
    """

    written: dict[int, WrittenQuestion]
    faults: dict[int, str]
    fault: str


def read_questions(text: str) -> ReplyRead:
    """Reads a reply: plain JSON, JSON in a code fence or after other words, and JSON that breaks off."""
    written: dict[int, WrittenQuestion] = {}
    faults: dict[int, str] = {}
    entries, fault = _entries(text)
    for entry in entries:
        item = entry.get("item") if isinstance(entry, dict) else None
        if not isinstance(item, int) or isinstance(item, bool):
            fault = fault or "an entry without the number of its item"
            continue
        if item in written:
            continue  # a second question for the same item is one too many
        known = {key: value for key, value in entry.items() if key in WrittenQuestion.model_fields}
        try:
            written[item] = WrittenQuestion.model_validate(known)
        except ValidationError as error:
            first = error.errors()[0]
            faults.setdefault(item, f"{'.'.join(str(key) for key in first['loc']) or 'entry'}: {first['msg']}")
    return ReplyRead(written, {item: why for item, why in faults.items() if item not in written}, fault)


def _entries(text: str) -> tuple[list[Any], str]:
    """The entries that can be had, and what is wrong with the reply around them."""
    found = re.search(r'"questions"\s*:\s*\[', text)
    if found is None:
        start = text.find("[")
        if start < 0:
            return [], "the reply holds no list of questions"
        return _listed(text, start + 1)
    return _listed(text, found.end())


def _listed(text: str, start: int) -> tuple[list[Any], str]:
    entries = list(_decoded(text, start))
    end = entries[-1][1] if entries else start
    if not text[end:].lstrip().startswith("]"):
        return [entry for entry, _ in entries], "the reply breaks off, or is no JSON from there on"
    return [entry for entry, _ in entries], "" if entries else "the list of questions is empty"


def _decoded(text: str, start: int) -> Iterator[tuple[Any, int]]:
    """JSON values of a list and where each ends, up to the first that cannot be read."""
    decoder = json.JSONDecoder()
    while True:
        while start < len(text) and text[start] in " \t\r\n,":
            start += 1
        try:
            value, start = decoder.raw_decode(text, start)
        except (json.JSONDecodeError, RecursionError):
            return
        yield value, start
