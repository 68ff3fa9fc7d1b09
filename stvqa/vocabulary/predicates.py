"""Predicates: one spelling each, what they claim, and what they rule out.

    canonical_predicate("is sitting on a")   # "sitting on"
    predicate_kind("sitting on")             # "support"
    excludes("above")                        # frozenset({"below", "under", ...})

A predicate outside the table is read by its parts: "sleeping under" is the verb sleep, which says nothing
about the place, and the preposition under, which does.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal, NamedTuple, cast

from stvqa.vocabulary.lexicon import packaged_lines
from stvqa.vocabulary.names import LONGEST_NAME
from stvqa.vocabulary.verb_forms import verbs
from stvqa.vocabulary.word_forms import word_set

__all__ = [
    "PredicateKind",
    "canonical_predicate",
    "excludes",
    "inverse",
    "needs_contact",
    "predicate_kind",
    "predicate_phrase",
]

_CACHE = 65536

PredicateKind = Literal[
    "hold",
    "wear",
    "contact",
    "support",
    "contain",
    "gaze",
    "depth",
    "direction",
    "part",
    "proximity",
    "action",
    "other",
]
"""What a triple claims; see `predicates.txt`."""

_TOUCHING_KINDS = frozenset({"hold", "wear", "contact", "support", "contain"})

_OPPOSITES: dict[str, frozenset[str]] = {
    "up": frozenset({"down"}),
    "down": frozenset({"up"}),
    "front": frozenset({"back"}),
    "back": frozenset({"front"}),
    "left": frozenset({"right"}),
    "right": frozenset({"left"}),
    "within": frozenset({"without", "around"}),
    "without": frozenset({"within"}),
    "around": frozenset({"within"}),
    "near": frozenset({"far"}),
    "far": frozenset({"near"}),
}

_FORMS_OF_BE = word_set("is are was were be been being am that which who also s re")
_ARTICLES = word_set("a an the his her their its some it this these one")
_ADVERBS = word_set(
    """directly just right partially partly fully slightly very closely mostly completely all almost nearly currently
    still together quietly carefully straight alone"""
)
_AT_A_PART = re.compile(r"\b(?:in|at) (?:the|a|its|his|her|their) (front|back|rear)(?= of\b|$)")
"""With an article it is a part of the thing: "in the front of the bus" is no "in front of the bus"."""
_PARTICLES = word_set("up down out back forward halfway high low")
"""Said after a posture they add nothing to where ("sitting down on"); other verbs mean something else with them."""

_PREPOSITIONS = frozenset(
    {"on", "on top of", "in", "inside", "outside", "above", "over", "below", "under", "in front of", "behind"}
    | {"left of", "right of", "near", "next to", "by", "far from", "away from", "between", "among", "around", "along"}
    | {"across", "out of", "against", "at", "through", "past", "toward", "from", "for", "to", "off", "with", "of"}
    | {"at front of", "at back of"}
)
_PLACES = frozenset({"support", "contain", "direction", "depth", "proximity", "contact"})
"""Kinds of prepositions that say where: after a verb that does not, they decide the kind."""

_ONTO = frozenset({"on", "in", "against", "inside", "on top of"})
_AT = frozenset({"at", "toward"})
"""After a verb of looking, what stands after these is what is looked at."""

_PLACED = word_set("parked placed seated located positioned situated docked anchored planted stacked set left")
"""Past forms after which "by" means near; after others it names who does it."""

_TOLD_IN_THE_PRESENT = word_set(
    "sat stood lay laid lain lied ran flew rode swam drove slept knelt hung grew leant walked rested waited"
)
"""Past forms that annotators use for what goes on in the image; other past forms are states ("parked on")."""

_NO_VERBS = word_set("thing something anything nothing string building ceiling clothing railing ceiling weed speed")
_LONGEST_ENDING = 12
"""Words; those that the table knows have fewer."""
_LIKE_A_VERB = re.compile(r"[a-z]{3,}(?:ing|ed)")
_NOT_LETTERS = re.compile(r"[^a-z ]+")


class _Predicate(NamedTuple):
    kind: PredicateKind
    touches: bool
    sense: str
    phrase: str
    inverse: str | None


class _Table(NamedTuple):
    rows: dict[str, _Predicate]
    canonical: dict[str, str]


@lru_cache(maxsize=1)
def _table() -> _Table:
    rows: dict[str, _Predicate] = {}
    canonical: dict[str, str] = {}
    for line in packaged_lines("predicates.txt"):
        fields, _, variants = line.partition(":")
        name, marks, phrase, inverted = (field.strip() for field in fields.split("|"))
        kind, *rest = marks.split()
        touches = ("touch" in rest) or (kind in _TOUCHING_KINDS and "apart" not in rest)
        sense = next((mark for mark in rest if mark not in {"touch", "apart"}), "")
        rows[name] = _Predicate(cast("PredicateKind", kind), touches, sense, phrase or name, inverted or None)
        canonical[name] = name
        for variant in filter(None, (variant.strip() for variant in variants.split(","))):
            canonical.setdefault(variant, name)
    return _Table(rows, canonical)


class _Parts(NamedTuple):
    """A predicate taken apart: "parked right on" -> verb "parked", a past form of a posture, preposition "on"."""

    verb: str
    verb_kind: str
    is_past: bool
    preposition: str


def canonical_predicate(raw: str) -> str | None:
    """Returns the predicate in the spelling that all of stvqa uses, or None where it says nothing.

    Lower case, present participles ("holds" -> "holding"), no forms of be, no articles; synonyms of the
    table become one ("beside" -> "next to"). What the table lacks is kept where it begins with a verb or a
    preposition. Its own results are fixed points. A text of more than `LONGEST_NAME` letters says nothing.
    """
    return _canonical(raw) if len(raw) <= LONGEST_NAME else None


@lru_cache(maxsize=_CACHE)
def _canonical(raw: str) -> str | None:
    before, after = raw, _canonical_once(raw)
    while after is not None and after != before:
        before, after = after, _canonical_once(after)
    return after


def _canonical_once(raw: str) -> str | None:
    words = _NOT_LETTERS.sub(" ", raw.lower().replace("'", "")).split()
    unsaid = _FORMS_OF_BE | {"has", "have", "had"} if "been" in words else _FORMS_OF_BE
    words = [word for word in words if word not in unsaid]
    words = [word for index, word in enumerate(words) if index == 0 or words[index - 1] != word]
    text = _AT_A_PART.sub(r"at \1", " ".join(words))
    words = text.split()
    known = _table().canonical
    if text in known:
        return known[text]
    while words and words[-1] in _ARTICLES:
        del words[-1]
    without_articles = [word for word in words if word not in _ARTICLES]
    for candidate in (words, without_articles, [word for word in without_articles if word not in _ADVERBS]):
        if " ".join(candidate) in known:
            return known[" ".join(candidate)]
    return _composed(without_articles)


def _composed(words: list[str]) -> str | None:
    while len(words) > 1 and words[0] in _ADVERBS:
        words = words[1:]
    if not words:
        return None
    rest, preposition = _ending(words)
    if not rest:
        return preposition or None
    verb = _participle(rest[0])
    if verb is None:
        return " ".join(words) if rest[0] in _PREPOSITIONS else None
    middle = rest[1:]
    if preposition:
        known = verbs().get(rest[0])
        unsaid = _ADVERBS | _PARTICLES if known is not None and known.kind == "posture" else _ADVERBS
        middle = [word for word in middle if word not in unsaid]
    composed = " ".join(filter(None, (verb, *middle, preposition)))
    return _table().canonical.get(composed, composed)


def _ending(words: list[str]) -> tuple[list[str], str]:
    """Splits off the longest ending that the table knows as a preposition."""
    known = _table().canonical
    for start in range(max(0, len(words) - _LONGEST_ENDING), len(words)):
        ending = known.get(" ".join(words[start:]), "")
        if ending in _PREPOSITIONS:
            return words[:start], ending
    return words, ""


def _participle(word: str) -> str | None:
    verb = verbs().get(word)
    if verb is not None:
        spoken = word if verb.is_past and word not in _TOLD_IN_THE_PRESENT else verb.present
        return "lying" if spoken == "laying" else spoken
    return word if _LIKE_A_VERB.fullmatch(word) and word not in _NO_VERBS else None


@lru_cache(maxsize=_CACHE)
def _parts(predicate: str) -> _Parts:
    rest, preposition = _ending(predicate.split())
    if not rest:
        return _Parts("", "", is_past=False, preposition=preposition)
    verb = verbs().get(rest[0])
    if verb is not None:
        return _Parts(rest[0], verb.kind, verb.is_past, preposition)
    is_past = rest[0].endswith("ed")
    kind = "action" if _participle(rest[0]) else ""
    return _Parts(rest[0], kind, is_past, preposition)


@lru_cache(maxsize=_CACHE)
def _predicate(predicate: str) -> _Predicate:
    """Returns what is known of a canonical predicate, from the table or from its parts."""
    rows = _table().rows
    row = rows.get(predicate)
    if row is not None:
        return row
    parts = _parts(predicate)
    place = rows.get(parts.preposition)
    own = rows.get(parts.verb)
    if place is None:
        return _of_verb(parts, own, phrase=predicate)
    phrase = predicate
    if predicate.endswith(parts.preposition):
        phrase = f"{predicate.removesuffix(parts.preposition)}{place.phrase}"
    if parts.is_past and parts.preposition == "by" and parts.verb not in _PLACED:
        return _Predicate("other", touches=False, sense="", phrase=phrase, inverse=None)
    if parts.verb_kind in {"posture", ""} or parts.is_past:
        if place.kind not in _PLACES:
            return _Predicate("other", touches=False, sense="", phrase=phrase, inverse=None)
        return _Predicate(place.kind, place.touches, place.sense, phrase, None)
    if parts.verb_kind == "gaze":
        kind: PredicateKind = "gaze" if parts.preposition in _AT else "other"
        return _Predicate(kind, touches=False, sense="", phrase=phrase, inverse=None)
    if parts.verb_kind == "contact" and parts.preposition in _ONTO:
        return _of_verb(parts, own, phrase=phrase)
    return _Predicate("action", touches=False, sense="", phrase=phrase, inverse=None)


def _of_verb(parts: _Parts, own: _Predicate | None, *, phrase: str) -> _Predicate:
    """Reads a predicate whose verb alone says what it claims: "riding down" is riding."""
    # A verb of looking with more after it may look elsewhere ("facing down").
    if parts.verb_kind == "gaze" and phrase != parts.verb:
        return _Predicate("other", touches=False, sense="", phrase=phrase, inverse=None)
    if own is not None:
        return _Predicate(own.kind, own.touches, "", phrase, None)
    if parts.verb_kind == "posture":
        return _Predicate("action", touches=False, sense="", phrase=phrase, inverse=None)
    kind = cast("PredicateKind", parts.verb_kind or "other")
    return _Predicate(kind, kind in _TOUCHING_KINDS, "", phrase, None)


@lru_cache(maxsize=_CACHE)
def predicate_kind(predicate: str) -> PredicateKind:
    """Returns what a canonical predicate claims; "other" where nothing is known of it."""
    return _predicate(predicate).kind


@lru_cache(maxsize=_CACHE)
def needs_contact(predicate: str) -> bool:
    """Says whether the two must touch in the image, so that clearly separated boxes refute the triple."""
    return _predicate(predicate).touches


@lru_cache(maxsize=_CACHE)
def excludes(predicate: str) -> frozenset[str]:
    """Returns the predicates of the table that cannot hold for the same ordered pair. Symmetric.

    "on" is taken in its usual sense: what is on a ceiling is under it as well, so ask geometry there.
    """
    opposite = _OPPOSITES.get(_predicate(predicate).sense, frozenset())
    return frozenset(name for name, row in _table().rows.items() if row.sense in opposite)


@lru_cache(maxsize=_CACHE)
def inverse(predicate: str) -> str | None:
    """Returns the predicate from object to subject: "above" -> "below", "near" -> "near"; None where there is none."""
    return _predicate(predicate).inverse


@lru_cache(maxsize=_CACHE)
def predicate_phrase(predicate: str) -> str:
    """Returns the predicate as it is spoken after "is": "left of" -> "to the left of"."""
    return _predicate(predicate).phrase
