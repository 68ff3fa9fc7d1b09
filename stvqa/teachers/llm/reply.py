"""What a teacher model sends back, and how it is read.

    read_questions('{"questions": [{"item": 1, "question": "...", "options": [...], "answer": "B", ...}]}')
    # ReplyRead(written={1: WrittenQuestion(...)}, faults={}, fault="")

One bad entry spoils no other: each is read by itself, also those before the place where a reply breaks off. What is
clear is read, however it is written (a number as text, a level with a capital); nothing is guessed: what is not clear
and is needed is a fault with its reason.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import AfterValidator, ValidationError, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from stvqa.completion import LETTERS
from stvqa.completion.choices import bare_options, read_choice
from stvqa.completion.undress import undress
from stvqa.records import LEVELS, Level, Record
from stvqa.store.storable import storable
from stvqa.teachers.calls import ReadsReplies, ReplyUnreadable
from stvqa.texts import tidied, unfit

__all__ = ["EntryFault", "ReplyRead", "WrittenQuestion", "WrittenQuestions", "read_questions"]

_LISTS = re.compile(r'"questions"\s*:\s*\[')
_BARE_LIST = re.compile(r"\[(?=\s*\{)")
_OBJECT = re.compile(r'\{(?=\s*")')
_ENTRY = re.compile(r'\{\s*"item"\s*:')
_MOST_STARTS = 100
"""Places of a reply where a list or an entry may begin; more are not tried."""
_NUMBER = re.compile(r"\s*(?:item\s*)?#?(\d{1,4})[.):]?\s*", re.IGNORECASE)
_RATING = re.compile(r"\s*(\d{1,3}(?:\.\d{1,9})?)\s*(?:/\s*10)?\s*")
_NO_QUESTIONS = "the list of questions is empty"
_UNFIT = "text_unfit"


def _fit(text: str) -> str:
    """The text, if it may be published."""
    text = tidied(text)
    if why := unfit(text):
        raise PydanticCustomError(_UNFIT, "{why}", {"why": why})
    return text


_PublishedText = Annotated[str, AfterValidator(_fit)]


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

    # The text above goes to the model and into the keys of calls. `why` is empty where it held what no text may hold.

    item: int
    question: _PublishedText
    options: tuple[_PublishedText, ...]
    answer: Literal["A", "B", "C", "D"]
    program: tuple[str, ...] | None
    level: Annotated[Level | None, WithJsonSchema({"enum": list(LEVELS), "type": "string"})]
    rating: Annotated[int | None, WithJsonSchema({"type": "integer"})]
    why: str

    @model_validator(mode="before")
    @classmethod
    def _as_meant(cls, values: Any) -> Any:  # noqa: ANN401 (whatever the model sent)
        """What is clear is read, however it is written; what is not used where a program decides may be missing."""
        if not isinstance(values, Mapping):
            return values
        known = {key: value for key, value in values.items() if key in cls.model_fields}
        options = _options(known.get("options"))
        return {
            **known,
            "item": _item(known.get("item")),
            "options": options,
            "answer": _answer(known.get("answer"), options),
            "program": _program(known.get("program")),
            "level": _level(known.get("level")),
            "rating": _rating(known.get("rating")),
            "why": tidied(why) if isinstance(why := known.get("why"), str) and not unfit(why) else "",
        }

    @property
    def right(self) -> int:
        """Index of the option that the teacher says is right."""
        return LETTERS.index(self.answer)


class WrittenQuestions(Record, ReadsReplies):
    """The whole reply: one entry for each item that a question was found for."""

    questions: tuple[WrittenQuestion, ...]

    @classmethod
    def of_reply(cls, text: str) -> Self:
        """The entries that `read_questions` can read.

        Raises:
            ReplyUnreadable: there are none, and the list is not empty of purpose.
        """
        read = read_questions(text)
        if not read.written and (read.faults or read.fault != _NO_QUESTIONS):
            raise ReplyUnreadable(next((fault.detail for fault in read.faults.values()), read.fault))
        return cls(questions=tuple(read.written.values()))


class EntryFault(NamedTuple):
    """Why an entry could not be read: `malformed-entry`, or `text-unfit` for words that cannot be published."""

    reason: str
    detail: str


class ReplyRead(NamedTuple):
    """What could be read of a reply.

    Attributes:
        written: by item.
        faults: why an entry could not be read, by item.
        fault: why nothing could be read, or why the reply ends early; "" for a whole reply.
    """

    written: dict[int, WrittenQuestion]
    faults: dict[int, EntryFault]
    fault: str


def read_questions(text: str) -> ReplyRead:
    """Reads a reply: plain JSON, JSON in a code fence or among other words, and JSON that breaks off.

    Drafts in thoughts are no reply; of several lists the last one counts.
    """
    written: dict[int, WrittenQuestion] = {}
    faults: dict[int, EntryFault] = {}
    entries, fault = _entries(undress(text))
    for entry in entries:
        if not isinstance(entry, dict):
            fault = fault or "an entry that cannot be read"
            continue
        item = _item(entry.get("item"))
        if not isinstance(item, int) or isinstance(item, bool):
            fault = fault or "an entry without the number of its item"
            continue
        if item in written:
            continue  # a second question for the same item is one too many
        try:
            written[item] = WrittenQuestion.model_validate(entry)
        except ValidationError as error:
            faults.setdefault(item, _entry_fault(error))
    return ReplyRead(written, {item: why for item, why in faults.items() if item not in written}, fault)


def _entry_fault(error: ValidationError) -> EntryFault:
    first = error.errors()[0]
    place = ".".join(str(key) for key in first["loc"]) or "entry"
    return EntryFault("text-unfit" if first["type"] == _UNFIT else "malformed-entry", f"{place}: {first['msg']}")


def _item(value: object) -> object:
    """The number of an item where it is clear, else what was sent."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    match = _NUMBER.fullmatch(value) if isinstance(value, str) else None
    return int(match[1]) if match else value


def _options(value: object) -> object:
    """Texts without letters of their own; numbers are texts."""
    if isinstance(value, Mapping) and list(value) == list(LETTERS[: len(value)]):
        value = list(value.values())
    if not isinstance(value, list | tuple):
        return value
    texts = [str(text) if isinstance(text, int | float) and not isinstance(text, bool) else text for text in value]
    return _evened(bare_options(texts)) if all(isinstance(text, str) for text in texts) else texts


def _evened(options: tuple[str, ...]) -> tuple[str, ...]:
    """Options that all end in a full stop, or none: one that alone has it would be known by it."""
    some, every = (quantifier(text.endswith(".") for text in options) for quantifier in (any, all))
    return tuple(text.removesuffix(".") for text in options) if some and not every else options


def _answer(value: object, options: object) -> object:
    if not isinstance(value, str) or not isinstance(options, tuple):
        return value
    place = read_choice(value, options)
    return value if place is None else LETTERS[place : place + 1]


def _program(value: object) -> object:
    """None where it is no list of texts: an open item needs none, and any other is refused for want of it."""
    return value if isinstance(value, list | tuple) and all(isinstance(claim, str) for claim in value) else None


def _level(value: object) -> object:
    level = value.strip().lower() if isinstance(value, str) else ""
    return level if level in LEVELS else None


def _rating(value: object) -> int | None:
    """A whole number from 1 to 10, halves rounded up; None where it is none."""
    if isinstance(value, str) and (match := _RATING.fullmatch(value)):
        value = float(match[1])
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= 10:
        return None
    return int(value + 0.5)


def _entries(text: str) -> tuple[list[Any], str]:
    """The entries that can be had, and what is wrong with the reply around them."""
    for pattern in (_LISTS, _BARE_LIST):
        lists = [_listed(text, found.end()) for found in islice(pattern.finditer(text), _MOST_STARTS)]
        told = [one for one in lists if any(_is_entry(value) for value in one[0])]
        if told:
            return told[-1]
        if lists and pattern is _LISTS:
            return lists[-1]
    alone = _alone(text)
    return (alone, "") if alone else ([], "the reply holds no list of questions")


def _is_entry(value: object) -> bool:
    return isinstance(value, dict) and ("item" in value or "question" in value)


def _alone(text: str) -> list[Any]:
    """Entries that stand one by one, without a list; the last one of each item."""
    found: dict[str, Any] = {}
    end = 0
    for start in islice(_OBJECT.finditer(text), _MOST_STARTS):
        if start.start() < end:
            continue
        for value, after in islice(_decoded(text[: _next_entry(text, start.end())], start.start()), 1):
            end = after
            if isinstance(value, dict) and "question" in value:
                found[str(value.get("item"))] = value
    return list(found.values())


def _next_entry(text: str, start: int) -> int:
    """Where the next entry begins; the end of the text where none does."""
    found = _ENTRY.search(text, start)
    return found.start() if found else len(text)


def _listed(text: str, start: int) -> tuple[list[Any], str]:
    entries = list(_decoded(text, start))
    end = entries[-1][1] if entries else start
    if not text[end:].lstrip().startswith("]"):
        return [entry for entry, _ in entries], "the reply breaks off, or is no JSON from there on"
    return [entry for entry, _ in entries], "" if entries else _NO_QUESTIONS


def _decoded(text: str, start: int) -> Iterator[tuple[Any, int]]:
    """JSON values of a list and where each ends; None for one that cannot be read, where another entry follows it."""
    decoder = json.JSONDecoder()
    while True:
        while start < len(text) and text[start] in " \t\r\n,":
            start += 1
        try:
            found, end = decoder.raw_decode(text, start)
            value, start = _storable(found), end
        except (ValueError, RecursionError):  # numbers of thousands of digits and values in thousands of others
            following = _next_entry(text, start + 1)
            if text[start : start + 1] != "{" or following == len(text):
                return
            value, start = None, following
        yield value, start


def _storable(value: Any) -> Any:  # noqa: ANN401 (any JSON)
    """The same with texts that can be written down: JSON's escapes may hold half a surrogate pair."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {storable(key): _storable(item) for key, item in value.items()}
    return value
