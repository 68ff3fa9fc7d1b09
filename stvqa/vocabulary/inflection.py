"""Singular and plural of names, and the indefinite article; the grammar of names, no meaning.

    singular("traffic lights")   # "traffic light"
    plural("man with hats")      # "men with hats"
    article("umbrella")          # "an"

Own rules instead of a library: see the measurement in `dev/LOG.md`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from stvqa.vocabulary.lexicon import modifiers
from stvqa.vocabulary.word_forms import (
    ALWAYS_PLURAL,
    DRINKS,
    INVARIANT,
    IRREGULAR_PLURAL,
    IRREGULAR_SINGULAR,
    KEEPS_E,
    KEEPS_IE,
    MAN_IS_NO_MAN,
    MASS,
    PLURAL_ONLY,
    SINGULAR_IN_S,
    TAKES_OES,
)

__all__ = ["article", "head_span", "is_plural", "plural", "singular"]

_CACHE = 65536

_PREPOSITION = (
    "of|in|on|with|without|at|from|for|to|by|under|behind|near|above|below|inside|against|over|beside|around|along|"
    "through|across|between|beneath|towards|like|that|who|which|next|is|are|has"
)
_PARTICIPLE = (
    "wearing|holding|riding|sitting|standing|walking|playing|looking|carrying|hanging|lying|laying|eating|skiing|"
    "surfing|skateboarding|snowboarding|flying|swimming|watching|talking|driving|running|jumping|swinging|leaning|"
    "grazing|showing|reading|using|growing|parked|attached|covered|filled|made"
)
_CUT = re.compile(rf"\s(?:(?P<preposition>{_PREPOSITION})|(?:{_PARTICIPLE}))(?=\s|$)")
"""Where a name's head ends: "man | with hat", "legs | of table", "dog | running"."""

_SOUNDS_LIKE_CONSONANT = re.compile(r"uni(?!n|m)|us[aeiu]|ut[ei]|ur[aeiou]|uk|ub[ie]|eu|ew|one\b|once|ouija")
"""Words that begin with a vowel letter and a consonant's sound."""

_SILENT_H = re.compile(r"hour|honest|honou?r|heir|herb\b")

_SPELLED_OUT = re.compile(r"(?:tv|atm|suv|rv|mp3|led|lcd|hdtv|cd|dvd|vcr|pc|x|xray|atv|usb|gps|dj|mri|fm|ufo|dvr|lp)\b")
"""Abbreviations that are read letter by letter."""

_SINGULAR_IN_MEN = frozenset({"specimen", "ramen", "abdomen", "semen", "omen", "stamen", "regimen", "acumen", "amen"})
_ENDS_IN_U = frozenset({"menu", "emu", "gnu", "tutu", "guru", "flu", "tofu", "cpu", "bayou", "tzu", "kudu"})


@lru_cache(maxsize=_CACHE)
def head_span(name: str) -> tuple[str, str]:
    """Splits a name after its head: ("bottles", " of water"), ("street sign", "").

    A participle ends the head only after a noun: "dog running", but "red hanging lamp" is whole.
    """
    for found in _CUT.finditer(name):
        before = name[: found.start()]
        if found["preposition"] or before.rpartition(" ")[2] not in modifiers():
            return before, name[found.start() :]
    return name, ""


@lru_cache(maxsize=_CACHE)
def singular(name: str) -> str:
    """Returns the name in the singular; plural-only and unknown words as they are.

    "people" -> "person", "glasses" -> "glasses", "bottles of water" -> "bottle of water".
    """
    head, rest = head_span(name)
    before, _, last = head.rpartition(" ")
    if last == "glasses" and (rest.startswith(" of ") or before.rpartition(" ")[2] in DRINKS):
        return _inflected(name, lambda _: "glass")
    return _inflected(name, _singular_word)


@lru_cache(maxsize=_CACHE)
def plural(name: str) -> str:
    """Returns the name in the plural: "box" -> "boxes", "pants" -> "pants", "men" -> "men"."""
    return _inflected(name, _plural_word)


@lru_cache(maxsize=_CACHE)
def is_plural(name: str) -> bool:
    """Says whether a sentence about `name` needs a plural verb ("the scissors are").

    False for words with one form for both ("sheep"). "salt and pepper" is plural, "black and white cow" is not.
    """
    head, _ = head_span(name)
    words = head.split(" ")
    if words[1:-1] == ["and"]:
        return True
    last = words[-1]
    return last in ALWAYS_PLURAL or _singular_word(last) != last


@lru_cache(maxsize=_CACHE)
def article(name: str) -> str:
    """Returns "a" or "an" by the sound that `name` begins with: "an hour", "a unicorn", "an x ray"."""
    word = name.split(" ", 1)[0].lower()
    if len(word) == 1 or _SPELLED_OUT.match(word):
        return "an" if word[:1] in "aefhilmnorsx" else "a"
    if _SOUNDS_LIKE_CONSONANT.match(word):
        return "a"
    return "an" if word[:1] in "aeiou" or _SILENT_H.match(word) else "a"


def _inflected(name: str, rule: Callable[[str], str]) -> str:
    head, rest = head_span(name)
    before, space, last = head.rpartition(" ")
    return f"{before}{space}{rule(last)}{rest}"


@lru_cache(maxsize=_CACHE)
def _singular_word(word: str) -> str:
    if word in PLURAL_ONLY or word in INVARIANT or word in SINGULAR_IN_S:
        return word
    irregular = IRREGULAR_SINGULAR.get(word)
    if irregular is not None:
        return irregular
    if word.endswith("men") and word not in _SINGULAR_IN_MEN:
        return word[:-2] + "an"
    if word.endswith("children"):
        return word[:-3]
    if not word.endswith("s") or word.endswith(("ss", "'s")):
        return word
    if word.endswith("es"):
        return _singular_in_es(word)
    if word.endswith("us") and not word.endswith(("eus", "ous", "aus")) and word[:-1] not in _ENDS_IN_U:
        return word
    return word[:-1] or word


def _singular_in_es(word: str) -> str:
    without_s, without_es = word[:-1], word[:-2]
    if word.endswith("ies"):
        if without_s in KEEPS_IE:
            return without_s
        return without_es[:-1] + "y"
    if without_s in KEEPS_E:
        return without_s
    if word.endswith(("ches", "shes", "sses", "xes", "zzes")) or without_es in SINGULAR_IN_S:
        return without_es
    if word.endswith("oes"):
        return without_es
    if word.endswith("uses") and not word.endswith(("ouses", "auses")):
        return without_es
    return without_s


@lru_cache(maxsize=_CACHE)
def _plural_word(word: str) -> str:
    if not word or word in ALWAYS_PLURAL or word in INVARIANT or word in MASS:
        return word
    if _singular_word(word) != word:
        return word
    irregular = IRREGULAR_PLURAL.get(word)
    if irregular is not None:
        return irregular
    if word.endswith("man") and word not in MAN_IS_NO_MAN:
        return word[:-2] + "en"
    if word.endswith("child"):
        return word + "ren"
    if word.endswith("y") and len(word) > 1 and word[-2] not in "aeiou":
        return word[:-1] + "ies"
    if word in TAKES_OES or word.endswith(("s", "x", "z", "ch", "sh")):
        return word + "es"
    return word + "s"
