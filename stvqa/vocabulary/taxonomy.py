"""What names mean: one representative a concept, what lies above it, and what people mix up.

    concept("guys")                        # "man"
    ancestors("taxi")                      # frozenset({"car", "vehicle"})
    confusable("mug", "cup")               # True
    may_be_called("street sign", "sign")   # True
    similarity("man", "woman")             # 0.75

A name that the tree does not hold is read by its head: "delivery scooter" is a scooter; colours, sizes
and the like in front say nothing about what a thing is ("small red car" is the concept "car").
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from stvqa.vocabulary.inflection import head_span, singular
from stvqa.vocabulary.lexicon import Entry, lexicon, modifiers
from stvqa.vocabulary.names import clean_name
from stvqa.vocabulary.word_forms import word_set

__all__ = ["Meaning", "ancestors", "concept", "confusable", "may_be_called", "meaning", "similarity"]

_CACHE = 65536
_MIXED_FLOOR = 0.7
"""Least similarity of two names that people mix up."""

_TRANSPARENT = frozenset({"pair", "kind", "type", "variety", "piece", "slice", "bit", "chunk", "part", "half"})
_COLLECTIVES = word_set(
    "group bunch pile stack row set herd flock crowd line cluster bundle collection series number lot team pack"
)


class Meaning(NamedTuple):
    """What one name means.

    Attributes:
        concept: the representative; for a name outside the tree the name itself, singular, without attributes.
        entry: the tree's entry for the concept, or else for its head; None where even the head is unknown.
        above: all names that certainly fit as well (head nouns and hypernyms), without groups.
        line: `above` and the groups, for distances.
        depth: length of the way to the root, 1 for an unknown name.
        collective: true for "herd of cows", "row of chairs".
    """

    concept: str
    entry: Entry | None
    above: frozenset[str]
    line: frozenset[str]
    depth: int
    collective: bool


@lru_cache(maxsize=_CACHE)
def meaning(name: str) -> Meaning:
    """Returns what `name` means; any spelling that `clean_name` mends will do."""
    cleaned = clean_name(name)
    text = singular(cleaned)
    if not clean_name(text):
        text = cleaned
    names = lexicon().entries
    entry = names.get(text)
    if entry is None:
        text, collective = _head(text)
        entry = names.get(text)
    else:
        collective = False
    if entry is None:
        text = _without_modifiers(text)
        entry = names.get(text)
    if entry is not None:
        return _known(entry, collective=collective)
    return _unknown(text, collective=collective)


def _head(text: str) -> tuple[str, bool]:
    """Returns the noun that a phrase is about, and whether it is one of many."""
    head, rest = head_span(text)
    last = head.rsplit(" ", 1)[-1]
    if not rest.startswith(" of "):
        return head, False
    whole = singular(rest[4:])
    if last in _COLLECTIVES:
        return _head(whole)[0], True
    if last in _TRANSPARENT:
        return _head(whole)
    return head, False


def _without_modifiers(text: str) -> str:
    words = text.split(" ")
    names = lexicon().entries
    for start in range(len(words) - 1):
        if " ".join(words[start:]) in names:
            return " ".join(words[start:])
        if not _only_describes(words[start]):
            return " ".join(words[start:])
    return words[-1]


def _only_describes(word: str) -> bool:
    return word in modifiers() or word == "and" or word.endswith("'s")


def _known(entry: Entry, *, collective: bool) -> Meaning:
    line = lexicon().lines[entry.name]
    above = frozenset(name for name in line if not name.startswith("*"))
    return Meaning(entry.name, entry, above, frozenset(line), lexicon().depths[entry.name], collective)


def _unknown(text: str, *, collective: bool) -> Meaning:
    """Reads a compound by its longest known ending, or else by its last word."""
    words = text.split(" ")
    names = lexicon().entries
    endings = [" ".join(words[start:]) for start in range(1, len(words))]
    head = next((ending for ending in endings if ending in names), None)
    if head is None:
        above = frozenset(word for word in endings[-1:] if clean_name(word))
        return Meaning(text, None, above, above, 1 + len(above), collective)
    known = _known(names[head], collective=collective)
    own = {known.concept}
    return Meaning(text, known.entry, known.above | own, known.line | own, known.depth + 1, collective)


@lru_cache(maxsize=_CACHE)
def concept(name: str) -> str:
    """Returns the one singular name that stands for all names of the same thing: "guys" -> "man"."""
    return meaning(name).concept


@lru_cache(maxsize=_CACHE)
def ancestors(name: str) -> frozenset[str]:
    """Returns the concepts that certainly fit `name` as well: "taxi" -> {"car", "vehicle"}."""
    return meaning(name).above


@lru_cache(maxsize=_CACHE)
def may_be_called(name: str, asked: str) -> bool:
    """Says whether a thing annotated `name` is certainly meant when a question asks for `asked`."""
    one = meaning(name)
    other = meaning(asked).concept
    return one.concept == other or other in one.above


@lru_cache(maxsize=_CACHE)
def confusable(a: str, b: str) -> bool:
    """Says whether a reader could use one name for a thing annotated with the other.

    Reflexive and symmetric, not transitive: true for the same concept, for a concept and what lies
    above it, and for the pairs of `confusable.txt` and all below them.
    """
    one, other = meaning(a), meaning(b)
    if one.concept == other.concept or one.concept in other.above or other.concept in one.above:
        return True
    mixed = lexicon().mixed
    others = {other.concept, f"{other.concept}!", *other.line}
    return any(not others.isdisjoint(mixed[key]) for key in (one.concept, f"{one.concept}!", *one.line) if key in mixed)


@lru_cache(maxsize=_CACHE)
def similarity(a: str, b: str) -> float:
    """Returns how near two names are in meaning, 0 to 1; 1 only for the same concept. Symmetric.

    For different concepts it is Wu and Palmer's measure on the noun tree (ACL 1994): twice the depth of
    the deepest node above both (a concept counts as above itself), over the sum of their depths; but at
    least 0.7 where people mix the two up, and 0 where the tree joins them nowhere.
    """
    one, other = meaning(a), meaning(b)
    if one.concept == other.concept:
        return 1.0
    shared = (one.line | {one.concept}) & (other.line | {other.concept})
    depths = lexicon().depths
    deepest = max((_depth(name, depths, one=one, other=other) for name in shared), default=0)
    measure = 2 * deepest / (one.depth + other.depth)
    return max(measure, _MIXED_FLOOR) if confusable(a, b) else measure


def _depth(name: str, depths: dict[str, int], *, one: Meaning, other: Meaning) -> int:
    known = depths.get(name)
    if known is not None:
        return known
    if name == one.concept:
        return one.depth
    return other.depth if name == other.concept else 1
