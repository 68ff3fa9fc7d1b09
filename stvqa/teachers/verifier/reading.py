"""Reads which option a reply chooses, or finds that it does not say.

    read_choice("(B) To the right", ("To the left", "To the right"))      # 1
    read_choice("A or B", ("To the left", "To the right"))                # None: unparsed, never a guess

A reply may be a letter, "(B)", "B. text", the option's text, any of these after "The answer is" or inside
JSON, tags, quotes or emphasis. Every reading that is possible is made; where they do not all name one option,
or anything else is said beside them, the reply is unclear.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

from stvqa.completion import LETTERS
from stvqa.programs.inspect import plain

__all__ = ["read_choice"]

_THOUGHTS = re.compile(r"<(think|thinking)>.*?</\1>", re.DOTALL | re.IGNORECASE)
_OPEN_THOUGHT = re.compile(r"</?think(?:ing)?>", re.IGNORECASE)
_TAGGED = re.compile(r"<answer>(.*?)</answer>", re.DOTALL | re.IGNORECASE)
_FENCE = re.compile(r"^```[a-z]*\s*\n(.*?)\n?```$", re.DOTALL | re.IGNORECASE)
_BOXED = re.compile(r"^\$*\\boxed\{(?:\\text\{)?([^{}]*)\}?\}\$*\.?$")
_ANNOUNCED = re.compile(
    r"^(?:so,? |therefore,? )?(?:the |my )?(?:correct |right |best |final )*(?:answer|option|choice)\b"
    r"(?: is)?\s*[:=]?\s*(?:option\s+)?(.+)$",
    re.DOTALL | re.IGNORECASE,
)
_DASHES = "-\u2013\u2014"
_LETTERED = re.compile(rf"^[(\[]?\s*([A-Za-z])\s*(?:[)\].:,]|\s[{_DASHES}])+\s*(.*)$", re.DOTALL)
_WRAPPING = " \t\r\n\"'`*_\u2018\u2019\u201c\u201d"
_KEYS = frozenset({"answer", "choice", "letter", "option", "selected"})
_DEPTH = 4
"""How many wrappings may be put round an answer: JSON with an announcement inside it, say."""


def read_choice(reply: str, options: Sequence[str]) -> int | None:
    """The option that a reply chooses.

    Args:
        reply: as it came.
        options: 2 to 4 texts in the order in which they were shown, `(A)` first.

    Returns:
        The place among `options`; None for a reply that is empty, names several, names none, or is cut short
        while the model was still thinking. Never raises.
    """
    text = _THOUGHTS.sub("", unicodedata.normalize("NFKC", reply))
    if _OPEN_THOUGHT.search(text):
        return None
    tagged = _TAGGED.findall(text)
    if len(tagged) > 1:
        return None
    return _read(tagged[0] if tagged else text, options, depth=_DEPTH)


def _read(text: str, options: Sequence[str], *, depth: int) -> int | None:
    fenced = _FENCE.match(text.strip())
    text = (fenced[1] if fenced else text).strip(_WRAPPING)
    if not text or not depth:
        return None
    named = _as_options(text, options)
    if len(named) == 1:
        return named.pop()
    if named:
        return None
    inner = set(_unwrapped(text))
    found = {_read(one, options, depth=depth - 1) for one in inner}
    return found.pop() if len(found) == 1 else None


def _as_options(text: str, options: Sequence[str]) -> set[int]:
    """Every option that the whole of `text` can be read as."""
    found = {index for index, option in enumerate(options) if plain(option) == plain(text) and plain(text)}
    place = _letter(text.strip("()[]{}.:,; \t\n"), options)
    if place is not None:
        found.add(place)
    lettered = _LETTERED.match(text)
    if lettered is not None:
        place, rest = _letter(lettered[1], options), plain(lettered[2].strip(_WRAPPING))
        # "(B)" alone, or with the words of that very option behind it: other words may take it back.
        if place is not None and rest in ("", plain(options[place])):
            found.add(place)
    return found


def _letter(text: str, options: Sequence[str]) -> int | None:
    place = LETTERS.find(text.upper())
    return place if len(text) == 1 and 0 <= place < len(options) else None


def _unwrapped(text: str) -> Iterator[str]:
    """What stands inside JSON, a box, or behind "The answer is"."""
    if (boxed := _BOXED.match(text)) is not None:
        yield boxed[1]
    elif text[0] in "{[":
        yield from _from_json(text)
    elif (announced := _ANNOUNCED.match(text)) is not None:
        yield announced[1]


def _from_json(text: str) -> Iterator[str]:
    """Values of the keys that may hold the answer; what else the object tells is the model's own business."""
    try:
        value: Any = json.loads(text)
    except (ValueError, RecursionError):
        return
    if not isinstance(value, dict):
        return
    for key, said in value.items():
        if key.lower() in _KEYS:
            # Another type, a list of two letters say, is no answer; "" reads as none.
            yield str(said) if isinstance(said, str | int) and not isinstance(said, bool) else ""
