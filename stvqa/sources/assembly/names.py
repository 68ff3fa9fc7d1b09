"""Names of one object: cleaned, and either agreed on or refused.

    >>> agree_on_names(('Traffic  Light', 'stoplight'))
    AgreedNames(names=('traffic light', 'stoplight'), mends=('name-normalised',), refusal='')
    >>> agree_on_names(('apple', 'milk')).refusal
    'names-disagree'

Names agree when every two of them mean one concept or may be said of one thing. An object whose names are of
different things is refused: nothing about it can be proved. What that means for the others of its names is told
in `scene.assemble_scene`.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations
from typing import NamedTuple

from stvqa.texts import LONGEST_TEXT, tidied, unfit, unsafe
from stvqa.vocabulary import clean_name, concept, confusable

__all__ = ["AgreedNames", "agree_on_names", "is_unfit", "same_thing"]

_QUOTES = frozenset("\"'`\u2018\u2019\u201c\u201d\u00ab\u00bb")
_TYPESETTING = {ord(one): None for one in "\u00ad\ufeff"} | dict.fromkeys(map(ord, "\t\n\r`_"), " ")
"""Soft hyphens, byte order marks, line breaks, and the signs that annotators write for blanks and quotes."""


class AgreedNames(NamedTuple):
    """Clean names of one object.

    Attributes:
        names: each once, in the annotators' order.
        mends: slugs: `name-unquoted`, `name-normalised` (case and spaces), `name-respelled`,
            `name-empty`, `names-several`.
        refusal: `name-missing`, `name-unfit` (`stvqa.texts`), `names-disagree`, or empty.
    """

    names: tuple[str, ...]
    mends: tuple[str, ...] = ()
    refusal: str = ""


class _CleanName(NamedTuple):
    name: str
    mend: str


@lru_cache(maxsize=1 << 14)
def agree_on_names(raw_names: tuple[str, ...]) -> AgreedNames:
    """Cleans the names of one object and tells whether they can be of one thing."""
    if any(map(is_unfit, raw_names)):
        return AgreedNames((), refusal="name-unfit")
    cleaned = [_clean(raw) for raw in raw_names]
    mends = tuple(entry.mend for entry in cleaned if entry.mend)
    names = tuple(dict.fromkeys(entry.name for entry in cleaned if entry.name))
    if not names:
        return AgreedNames((), refusal="name-missing")
    if len(names) == 1:
        return AgreedNames(names, mends)
    if not all(same_thing(first, second) for first, second in combinations(names, 2)):
        return AgreedNames(names, mends, refusal="names-disagree")
    return AgreedNames(names, (*mends, "names-several"))


def is_unfit(raw: str) -> bool:
    """Whether a word of a source holds what no name holds; quotes, and what typesetting leaves behind, are mended."""
    return len(raw) > LONGEST_TEXT or _is_unfit(raw)


@lru_cache(maxsize=1 << 14)
def _is_unfit(raw: str) -> bool:
    text = tidied(raw.translate(_TYPESETTING))
    return bool(unsafe(text) or unfit(clean_name(text)))


@lru_cache(maxsize=1 << 14)
def same_thing(first: str, second: str) -> bool:
    """Whether two clean names may be said of one thing: one concept, or confusable ones."""
    return concept(first) == concept(second) or confusable(first, second)


def _clean(raw: str) -> _CleanName:
    name = clean_name(raw)
    if not name:
        return _CleanName("", "name-empty")
    if name == raw:
        return _CleanName(name, "")
    if name == " ".join(raw.lower().split()):
        return _CleanName(name, "name-normalised")
    return _CleanName(name, "name-unquoted" if _QUOTES & set(raw) else "name-respelled")
