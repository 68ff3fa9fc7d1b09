"""Grades answers: which one option does a text name?

    letter_of("(B) To the left", ("To the right", "To the left"))     # "B"
    letter_of("A or B or C or D", options)                            # ""

One answer is one option. A text that names several, or a letter with the text of another option, names none. Read
are `B`, `(B)`, `B.`, `B)`, `B:`, each alone or with that option's text, and the text alone; case, spaces at the ends,
a full stop at the end, bold type or code, and a word that only announces it ("Option B", "Answer: B") do not matter.
Where a question has no letters, its answer is its text alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from stvqa.completion import LETTERS

__all__ = ["equal_answers", "letter_of", "names_right_option"]

_LONGEST = 1000
"""Characters of an answer that are read; no option is as long."""

_LETTERED = re.compile(r"\(\s*([A-Za-z])\s*\)[.:]?|([A-Za-z])(?=[.):]|\s|$)[.):]?")
_MARKED = re.compile(r"\A\s*(\*\*|__|`)(.*?)\1", re.DOTALL)
"""Bold type or code that a text begins with. Marks within it stay: they may part two letters, or belong to a name."""
_ANNOUNCED = re.compile(
    r"\A(?:the\s+)?(?:correct\s+|final\s+)?(?:option|answer|choice)\b(?:\s+is\b)?\s*:?", re.IGNORECASE
)
_ANOTHER = re.compile(
    r"\([A-Za-z]\)|(?:\bor\b|\band\b|[,/|;&+])\s*\(?[A-Z]\b|^[A-Za-z](?:[.):,/]|$)|(?<!['\u2019\w])[B-HJ-Zb-hj-z]\b"
    r"|(?<!\w)['\"\u2018-\u201d]\s*[A-Da-d]\s*['\"\u2018-\u201d]"
)
"""A second letter in what follows the first, where the options are not known; "a" and "I" may be words, but not as
'A'."""
_HALF_WIDTH = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}
"""Letters and marks as wide as a Chinese character, to their usual forms."""
_MARKS = re.compile(r"[*`]+")


def letter_of(answer: str, options: Sequence[str]) -> str:
    """The letter that an answer names.

    Args:
        answer: the text of an answer block.
        options: the option texts without letters; where there are none, a text after the letter is taken as it is
            unless it names another letter.

    Returns:
        `A` to `D`, or "" where the answer names no option, or more than one.
    """
    text = answer.strip()
    if not text or len(text) > _LONGEST:
        return ""
    return _letter_of(text, tuple(options))


@lru_cache(maxsize=65536)
def _letter_of(text: str, options: tuple[str, ...]) -> str:
    return next(filter(None, (_letter_in(reading, options) for reading in _readings(text))), "")


def _readings(text: str) -> list[str]:
    """The text as it stands, then without what only dresses it, layer by layer: an option may be called `__init__`."""
    readings = [text]
    for undress in (_unmarked, _unannounced, _unmarked, _unannounced, _unmarked):
        text = undress(text).strip()
        if text != readings[-1]:
            readings.append(text)
    return readings


def _unannounced(text: str) -> str:
    return _ANNOUNCED.sub("", text)


def _unmarked(text: str) -> str:
    return _MARKED.sub(r"\2", text)


def _letter_in(text: str, options: tuple[str, ...]) -> str:
    """The letter that one reading of an answer names."""
    known = [_plain(option) for option in options]
    plain = _plain(text)
    if known.count(plain) == 1:
        place = known.index(plain)
        return LETTERS[place : place + 1]  # a fifth option has no letter
    match = _LETTERED.match(text)
    if match is None:
        return ""
    letter = (match[1] or match[2]).upper()
    place = LETTERS.find(letter)
    rest = text[match.end() :].strip()
    if place < 0 or (options and place >= len(options)):
        return ""
    if options:
        return letter if not rest.strip(".") or _is_text(rest, known[place]) else ""
    bare = match[1] is None and text[match.end() - 1 : match.end()] not in {".", ")", ":"}
    rest = rest.translate(_HALF_WIDTH)
    if rest.strip(".") and (bare or _ANOTHER.search(rest) or _ANOTHER.search(_MARKS.sub(" ", rest).strip())):
        return ""  # "A cup" without a mark is a text, not a letter
    return letter


def names_right_option(answer: str | None, *, gold: str, options: Sequence[str]) -> bool:
    """Whether an answer names the right option and no other.

    Args:
        answer: the text of the answer block; None where it is missing.
        gold: the gold answer: a letter, `(B) text`, or the text.
        options: the option texts, where they are known. Where they are not, a gold with letter and text is met by
            the letter, by the text, and by both together; a gold letter by that letter, whatever text follows.
    """
    if answer is None:
        return False
    if options:
        right = letter_of(gold, options)
        return bool(right) and letter_of(answer, options) == right
    answer, gold = answer.strip(), gold.strip()
    if len(answer) > _LONGEST:
        return False
    right = _letter_in(gold, ())
    if not right:
        return _plain(answer) == _plain(gold)
    gold_text = _plain(_without_letter(gold))
    if not gold_text:
        return letter_of(answer, ()) == right
    readings = _readings(answer)
    if any(_plain(reading) == gold_text for reading in readings):
        return True
    rests = [_without_letter(reading) for reading in readings]
    return letter_of(answer, ()) == right and any(not _plain(rest) or _is_text(rest, gold_text) for rest in rests)


def _without_letter(text: str) -> str:
    match = _LETTERED.match(text)
    return text[match.end() :] if match else text


def _is_text(said: str, plain: str) -> bool:
    """Whether what stands after a letter is an option's text, in bold type or not."""
    return plain in {_plain(said), _plain(_unmarked(said))}


def equal_answers(answer: str | None, *, gold: str, fold_case: bool) -> bool:
    """Whether an answer is, letter by letter, the gold answer; spaces at the ends do not matter."""
    if answer is None:
        return False
    first, second = answer.strip(), gold.strip()
    return first.lower() == second.lower() if fold_case else first == second


def _plain(text: str) -> str:
    """Lower case, single spaces, no full stop at the end."""
    return " ".join(text.casefold().split()).rstrip(".").rstrip()
