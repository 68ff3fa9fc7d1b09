"""Names of objects as annotators typed them, made into names as people say them.

    clean_name('The "Traffic-Lights"_2 ')   # "traffic lights"

What the names mean is for `stvqa.vocabulary.taxonomy`.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from stvqa.vocabulary.lexicon import packaged_lines
from stvqa.vocabulary.word_forms import word_set

__all__ = ["LONGEST_NAME", "clean_name", "mended_words"]

_CACHE = 65536

LONGEST_NAME = 200
"""Letters of a name or a predicate that is read; a longer text names nothing. Real names have up to sixty."""

_NUMBERING = re.compile(r"(?:\d+[\s_.#-]+)+|\d+(?=[a-z]{2})")
"""Numbering of annotators and of scene graph ids, read from the end: "cup.1", "cup_2", "cup 3", "cup4"."""

_LEADING_NUMBER = re.compile(r"^\d+(?:\s+|$)")
_APOSTROPHE = re.compile(r"(?<=[a-z0-9])'(?=[a-z])|(?<=s)'(?=\s+[a-z])")
_NOT_IN_WORDS = re.compile(r"[^a-z0-9'&%+ ]+")
_ARTICLES = word_set("a an the this that these those some his her their its my our")

_COUNTS = word_set("two three four five six seven eight nine ten several many")
_COUNTED_PARTS = word_set("way story piece tier level wheeler wheeled lane door person seater layer legged")
"""What a number in front belongs to the name with: "four way stop sign", "two story house"."""

_EMPTY = word_set(
    """a an the this that these those it he she they we you i is are was were be of on in at to by with and or not no
    none nothing null nan na unknown other another there here his her their its my our some any all each"""
)
"""Words that alone name nothing."""


@lru_cache(maxsize=1)
def mended_words() -> dict[str, str]:
    """Returns misspelt or oddly split words and phrases to their usual form, from `misspellings.txt`."""
    mended = {}
    for line in packaged_lines("misspellings.txt"):
        right, _, wrong = line.partition(":")
        for word in wrong.split(","):
            mended[word.strip()] = right.strip()
    return mended


def clean_name(raw: str) -> str:
    """Returns the name as people say it, or "" where nothing usable is left.

    Lower case; quotes, punctuation, underscores, numbering and extra spaces removed; hyphens become
    spaces; misspellings mended; leading articles and counts dropped. `clean_name` of its own result
    is the result. Attributes stay ("red car"). A text of more than `LONGEST_NAME` letters names nothing.
    """
    return _cleaned(raw) if len(raw) <= LONGEST_NAME else ""


@lru_cache(maxsize=_CACHE)
def _cleaned(raw: str) -> str:
    before, after = raw, _cleaned_once(raw)
    while after != before:
        before, after = after, _cleaned_once(after)
    return after


def _cleaned_once(raw: str) -> str:
    text = unicodedata.normalize("NFKD", raw).encode("ascii", "ignore").decode("ascii").lower().strip()
    numbering = _NUMBERING.match(text[::-1])
    text = text[: len(text) - numbering.end()] if numbering else text
    text = _APOSTROPHE.sub("\0", text).replace("'", " ").replace("\0", "'")
    text = _NOT_IN_WORDS.sub(" ", text)
    words = text.split()
    while len(words) > 1 and (words[0] in _ARTICLES or words[0].isdigit() or _counts(words)):
        del words[0]
    words = _mended(words)
    if words and words[-1].endswith("'s"):
        words[-1] = words[-1][:-2]
    if not any(word not in _EMPTY and len(word) > 1 and any(map(str.isalpha, word)) for word in words):
        return ""
    return " ".join(words)


def _counts(words: list[str]) -> bool:
    return words[0] in _COUNTS and words[1] not in _COUNTED_PARTS


def _mended(words: list[str]) -> list[str]:
    """Mends single words and pairs; drops a word that repeats the one before it."""
    table = mended_words()
    mended: list[str] = []
    for word in words:
        right = table.get(word, word)
        if mended and mended[-1] == right:
            continue
        joined = table.get(f"{mended[-1]} {right}") if mended else None
        if joined is not None:
            mended[-1] = joined
        else:
            mended.append(right)
    return mended
