r"""Reads which one option an answer names, or finds that it names none.

    read_choice("(B) To the left", ("To the right", "To the left"))      # 1
    read_choice(r"The answer is $\boxed{B}$", options)                   # 1
    read_choice("A or B", options)                                       # None: several options are none
    read_choice("(B) anything", (None, None, None, None))                # 1: the texts of the options are not known

One reader for verifiers, teachers and rewards. It reads strictly first: the whole text is a letter, an option's text,
or a letter with the text of that option. Where it is none of these, one layer of what only dresses an answer comes off
(thoughts, JSON, LaTeX, bold type, quotes, brackets, "The answer is"), and it is read strictly again. So an option that
is called `__init__` or "Answer" is found by its name. Words beside the answer may take it back: it is then unclear.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from stvqa.completion.tags import LETTERS
from stvqa.completion.undress import undress

__all__ = ["LONGEST_ANSWER", "Lettered", "bare_options", "fold", "read_choice", "split_letter"]

LONGEST_ANSWER = 1000
"""Characters of an answer that are read; no option is as long."""

_DEPTH = 10
"""How many layers may lie round an answer."""

_UNSEEN = dict.fromkeys(map(ord, "\ufeff\u200b\u2060"))
_ANSWER_TAG = re.compile(r"<(/?)answer>", re.IGNORECASE)
_WORDS = re.compile(r"[^\W_]+|(?<![^\W_])[-+](?=[\d.])|[<>=%\u00b0+]|(?<=\d)[.,:/](?=\d)")
"""Words and numbers, and the signs that tell numbers and comparisons apart."""

_OWN_LETTER = re.compile(
    r"\s*(?:[(\uff08\[]\s*([A-Za-z])\s*[)\uff09\]][.:]?\s*|([A-Za-z])(?:[).:]\s|[\uff1a\uff0e]|\s[-\u2013\u2014]\s)\s*)(?=\S)"
)
_LETTER_FIRST = re.compile(r"[\"'\u2018\u201c*_`]*[(\[{]?\s*[*_`]*([A-Za-z])(?![^\W_])", re.DOTALL)
_SEPARATOR = re.compile(r"[*_`\s]*(?:[)\]}.:,;]|[-\u2013\u2014](?=\s))")
_HARMLESS = " \t\r\n()[]{}.,:;!*_`\"'\u2018\u2019\u201c\u201d$"
"""What may stand round a letter and says nothing."""

_ANOTHER = re.compile(
    r"\([A-Za-z]\)|(?:\bor\b|\band\b|[,/|;&+])\s*\(?[A-Z]\b|^[A-Za-z](?:[.):,/]|$)|(?<!['\u2019\w])[B-HJ-Zb-hj-z]\b"
    r"|(?<!\w)['\"\u2018-\u201d]\s*[A-Da-d]\s*['\"\u2018-\u201d]|\bA\b(?!\s+(?!is\b)[a-z])"
    r"|\b(?i:is|answer|option|choice|choose|not|or|and|but|then|vs|maybe)\W+A\b"
)
"""A second letter in what follows the first, where the options are not known; "a" and "I" may be words, but not as
'A'."""
_MARKS = re.compile(r"[*`_]+")

_LATEX = re.compile(r"\\(?:boxed|fbox|mbox|text(?:bf|it|rm|sf|tt)?|math(?:bf|it|rm|sf|tt)|bm)\s*\{([^{}]*)\}")
_MATHS = re.compile(r"(?:\${1,2}([^$]*)\${1,2}|\\\((.*)\\\)|\\\[(.*)\\\])[.!]*\Z", re.DOTALL)
_MARKED = re.compile(r"(\*{1,3}|_{1,3}|`{1,3})(.*?)\1", re.DOTALL)
"""Bold type or code that a text begins with. Marks within it stay: they may part two letters, or belong to a name."""
_BRACKETED = re.compile(r"[(\[{<]([^()\[\]{}<>]*)[)\]}>][.!]*\Z")
_BULLET = re.compile(r"(?:[-*\u2022>]|#{1,6})\s+")
_LEAD = re.compile(r"(?:so|thus|hence|therefore|sure|okay|ok|well|here is|here's)\b[,:.!]*\s+", re.IGNORECASE)
_ANNOUNCED = re.compile(
    r"(?:(?:the|my|our)\s+)?(?:(?:correct|right|best|final|most likely)\s+)*"
    r"(?:answer|option|choice|letter|response|selection)\b"
    r"(?:\s+(?:to|for)\s+(?:this|the)\s+question)?(?:\s+(?:is|would be|should be|must be)\b)?\s*[:=]?\s*"
    r"|I(?:\s+would|'d|\u2019d)?\s+(?:choose|pick|select|say|answer|go\s+with)\b\s*:?\s*"
    r"|(?:it|this|that)(?:\s+is|'s|\u2019s)\s+",
    re.IGNORECASE,
)
_CONFIRMED = re.compile(
    r"\s+is\s+(?:(?:the\s+)?(?:correct|right|best)\s+(?:answer|option|choice|one)|(?:the|my)\s+(?:answer|choice)|correct)"
    r"[.!\s]*\Z",
    re.IGNORECASE,
)
_QUOTES_OPEN, _QUOTES_CLOSE = "\u2018\u201c\u201e\u00ab\u300c\u300e", "\u2019\u201d\u201c\u00bb\u300d\u300f"
_QUOTED = re.compile(rf"[\"'`*_{_QUOTES_OPEN}]+(.*?)[\"'`*_{_QUOTES_CLOSE}]+[.!,]*\Z", re.DOTALL)
_KEYS = frozenset(
    (
        *("answer", "finalanswer", "correctanswer", "answerletter", "choice", "letter", "response"),
        *("option", "correctoption", "selectedoption", "selected"),
    )
)
"""Keys of JSON that may hold the answer, in small letters alone."""


class Lettered(NamedTuple):
    """A text that begins with the letter of an option.

    Attributes:
        place: of the letter, from 0; -1 for one that no option has.
        rest: what follows it and its separator.
        is_parted: brackets or a separator show that it is a letter and no word ("A cup").
    """

    place: int
    rest: str
    is_parted: bool


class _Told(NamedTuple):
    """Options as answers are held against them, None where a text is not known."""

    folded: tuple[str | None, ...]
    words: tuple[str | None, ...]


def read_choice(reply: str, options: Sequence[str | None]) -> int | None:
    """The option that an answer names.

    Args:
        reply: as it came.
        options: texts in the order in which they were shown, `(A)` first, with or without their letters; None for one
            whose text is not known: after its letter any text passes that names no other letter.

    Returns:
        The place among `options`; None where several are named, or none, or where a model was cut short while it was
        still thinking. Never raises.
    """
    text = unicodedata.normalize("NFKC", undress(reply)).translate(_UNSEEN)
    tagged = _tagged(text)
    if len(tagged) > 1:
        return None
    return _read(tagged[0] if tagged else text, _told(tuple(options)), depth=_DEPTH)


def _tagged(text: str) -> list[str]:
    """What stands between each opening tag and the first closing one after it; in time linear in the text."""
    found: list[str] = []
    start: int | None = None
    for tag in _ANSWER_TAG.finditer(text):
        if not tag[1]:
            start = tag.end() if start is None else start
        elif start is not None:
            found.append(text[start : tag.start()])
            start = None
    return found


def bare_options(options: Sequence[str]) -> tuple[str, ...]:
    """Option texts without letters of their own; as they are where not each begins with its letter."""
    found = [_OWN_LETTER.match(text) for text in options]
    letters = [(match[1] or match[2]).upper() if match else "" for match in found]
    if not letters or letters != list(LETTERS[: len(letters)]):
        return tuple(text.strip() for text in options)
    return tuple(text[match.end() :].strip() for text, match in zip(options, found, strict=True) if match)


def split_letter(text: str) -> Lettered | None:
    """The letter that a text begins with, and the rest; None for a text that begins with a longer word."""
    match = _LETTER_FIRST.match(text)
    if match is None:
        return None
    rest = text[match.end() :]
    separator = _SEPARATOR.match(rest)
    place = LETTERS.find(match[1].upper())
    return Lettered(place, rest[separator.end() :] if separator else rest, separator is not None)


def fold(text: str) -> str:
    """Lower case, single spaces, no full stop at the end."""
    return " ".join(text.casefold().split()).rstrip(".").rstrip()


def _words(text: str) -> str:
    return " ".join(_WORDS.findall(text.casefold()))


@lru_cache(maxsize=4096)
def _told(options: tuple[str | None, ...]) -> _Told:
    texts = [text for text in options if text is not None]
    bare = bare_options(texts) if len(texts) == len(options) else options
    known = [None if text is None else unicodedata.normalize("NFKC", text) for text in bare]
    return _Told(
        tuple(None if text is None else fold(text) for text in known),
        tuple(None if text is None else _words(text) for text in known),
    )


def _read(text: str, told: _Told, *, depth: int) -> int | None:
    text = text.strip()
    if not text or not depth or (len(text) > LONGEST_ANSWER and text[0] != "{"):
        return None
    named = _named(text, told)
    if named:
        return named.pop() if len(named) == 1 else None
    found = {_read(inner, told, depth=depth - 1) for inner in _inner(text)}
    return found.pop() if len(found) == 1 else None


def _named(text: str, told: _Told) -> set[int]:
    """Every option that the whole of a text can be read as."""
    named = _called(text, told)
    lettered = split_letter(text)
    if lettered is None or not 0 <= lettered.place < len(told.words):
        return named
    if _follows(lettered, told) and (lettered.is_parted or not named or not lettered.rest.strip(_HARMLESS)):
        named.add(lettered.place)
    return named


def _called(text: str, told: _Told) -> set[int]:
    """The options with this text: letter by letter if there is one, else word by word."""
    folded = fold(text)
    exact = {place for place, option in enumerate(told.folded) if option and option == folded}
    words = _words(text)
    return exact or {place for place, option in enumerate(told.words) if option and option == words}


def _follows(lettered: Lettered, told: _Told) -> bool:
    """Whether what stands behind a letter leaves it as it is: nothing, or the words of that very option."""
    rest = lettered.rest.strip(_HARMLESS)
    if not rest:
        return True
    option = told.words[lettered.place]
    if option is not None:
        return _words(rest) == option and (bool(option) or fold(rest) == told.folded[lettered.place])
    if not lettered.is_parted:
        return False  # "A cup" without a mark is a text, not a letter
    rest = lettered.rest.strip()
    return not (_ANOTHER.search(rest) or _ANOTHER.search(_MARKS.sub(" ", rest).strip()))


def _inner(text: str) -> Iterator[str]:
    """What stands one layer further in; nothing where no layer is left."""
    if text[0] == "{" and (values := list(_from_json(text))):
        yield from values
        return
    if len(text) > LONGEST_ANSWER:
        return
    for undo in _LAYERS:
        inner = undo(text).strip()
        if inner != text:
            yield inner
            return


def _from_json(text: str) -> Iterator[str]:
    """Values of the keys that may hold the answer; what else the object tells is the model's own business."""
    try:
        value: Any = json.loads(text, object_pairs_hook=_once_each)
    except (ValueError, RecursionError):
        return
    yield from _answers_in(value)


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON; one that says a thing twice says nothing."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _answers_in(value: Any) -> Iterator[str]:  # noqa: ANN401 (any JSON)
    for key, said in value.items():
        if re.sub(r"[^a-z]", "", key.lower()) not in _KEYS:
            continue
        if isinstance(said, dict):
            yield from _answers_in(said)
        else:
            # Another type, a list of two letters say, is no answer; "" reads as none.
            yield str(said) if isinstance(said, str | int) and not isinstance(said, bool) else ""


def _out_of(pattern: re.Pattern[str]) -> Callable[[str], str]:
    """Takes what a pattern's last matching group holds out of a text that begins with it."""

    def undo(text: str) -> str:
        match = pattern.match(text)
        return text if match is None else (match[match.lastindex or 0] + text[match.end() :])

    return undo


def _without(pattern: re.Pattern[str]) -> Callable[[str], str]:
    """Takes away what a text begins with."""

    def undo(text: str) -> str:
        match = pattern.match(text)
        return text if match is None else text[match.end() :]

    return undo


_LAYERS: tuple[Callable[[str], str], ...] = (
    lambda text: _LATEX.sub(r"\1", text),
    _out_of(_MATHS),
    _out_of(_MARKED),
    _out_of(_BRACKETED),
    _without(_BULLET),
    _without(_LEAD),
    _without(_ANNOUNCED),
    lambda text: _CONFIRMED.sub("", text),
    _out_of(_QUOTED),
)
"""What is taken off, in this order; each leaves a text without its layer as it is."""
