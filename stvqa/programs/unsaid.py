"""What all claims of a question have in common, and whether the question says it.

    unsaid("In the image, which is wider: the cup or the bowl?", "the cup the bowl", claims)
    # "it does not ask which is tallest"

Options tell the claims of a question apart; what they share (a measure and which end of it, a direction, a predicate,
a way to divide the image, that all of a name are counted) only the question can say.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from stvqa import vocabulary
from stvqa.programs.inspect import plain, says
from stvqa.records import (
    AllOf,
    Claim,
    Count,
    Direction,
    Exists,
    Heading,
    Inside,
    Located,
    Mainly,
    Not,
    Ranks,
    Relates,
)

__all__ = ["PICTURE", "unsaid"]

PICTURE = re.compile(r"\b(?:image|picture|photo|photograph|frame|shot|camera|viewer|photographer)\b")
"""Says that places are those in the image."""

_SAID: dict[str, tuple[str, ...]] = {
    "left": ("left", "leftmost", "leftward", "leftwards"),
    "right": ("right", "rightmost", "rightward", "rightwards"),
    "above": ("above", "over", "higher", "upward", "upwards"),
    "below": ("below", "under", "beneath", "underneath", "lower", "downward", "downwards"),
    "on": ("on", "atop"),
    "on top of": ("on", "atop"),
    "under": ("under", "below", "beneath", "underneath"),
    "over": ("over", "above"),
    "in": ("in", "inside", "within"),
    "inside": ("in", "inside", "within"),
    "in front of": ("in front",),
}
_FACING = re.compile(
    r"\b(?:fac(?:e|es|ed|ing)|front|heading|headed|point(?:s|ing|ed)?|turned|oriented|looks?|looking)\b"
)
_PLAIN_WAYS = frozenset({"left", "right", "above", "below"})

_MAINLY = ("mainly", "mostly", "primarily", "predominantly", "chiefly", "more")
_CHOICE = re.compile(r"\bor\b(?! not\b)")

_FAMILIES = {"image_height": "height", "image_width": "width", "image_area": "size", "volume": "size"}
_EXTREMES: dict[str, dict[str, tuple[str, ...]]] = {
    "height": {
        "most": ("taller", "tallest", "greater height", "greatest height"),
        "least": ("shorter", "shortest", "less tall", "least tall", "smallest height", "least height"),
    },
    "width": {
        "most": ("wider", "widest", "broader", "broadest", "greater width", "greatest width"),
        "least": ("narrower", "narrowest", "less wide", "least wide", "smallest width", "least width"),
    },
    "size": {
        "most": ("larger", "largest", "bigger", "biggest", "more space", "most space", "more area", "most area"),
        "least": ("smaller", "smallest", "tiniest", "less space", "least space", "less area", "least area"),
    },
    "distance": {
        "most": ("farther", "farthest", "further", "furthest", "more distant", "most distant"),
        "least": ("closer", "closest", "nearer", "nearest", "least distant"),
    },
}
_UNITS = {"columns": "third", "rows": "third", "halves": "half", "quadrants": "quarter"}
_UNIT_WORDS = {"third": ("third", "thirds"), "half": ("half", "halves"), "quarter": ("quarter", "quadrant", "quarters")}

_COUNTING = frozenset(
    (
        *("a", "all", "altogether", "an", "any", "appear", "appears", "are", "at", "be", "can", "contain"),
        *("count", "counted", "depicted", "displayed", "do", "does", "exactly", "find", "found"),
        *("here", "how", "image", "in", "is", "it", "many", "number", "of", "one", "overall", "photo"),
        *("photograph", "picture", "present", "scene", "see", "seen", "show", "shown", "shows", "the"),
        *("there", "this", "to", "total", "visible", "what", "within", "you"),
    )
)
"""All that a question that counts everything of a name needs to say."""


def unsaid(question: str, options: str, claims: Sequence[Claim], asked: Sequence[Claim]) -> str | None:
    """What claims have in common and the question does not say, or says otherwise; None for a question that says it.

    Args:
        question: plain words between blanks, objects masked.
        options: of all options, likewise.
        claims: of the program.
        asked: the same without `not` and `all`, at least one.
    """
    yes_or_no = any(isinstance(claim, Not) for claim in claims)
    if yes_or_no and _CHOICE.search(question):
        return "it offers a choice, its options are yes and no"
    return _unlike(asked, yes_or_no=yes_or_no) or _left_out(
        question, options, asked, yes_or_no=yes_or_no, together=isinstance(claims[0], AllOf)
    )


def _left_out(question: str, options: str, asked: Sequence[Claim], *, yes_or_no: bool, together: bool) -> str | None:  # noqa: C901 (one case a claim)
    """What all claims share, by the first of them, and the question does not say."""
    first = asked[0]
    match first:
        case Ranks():
            return _unsaid_measure(question, first)
        case Direction():
            ways = {claim.direction for claim in asked if isinstance(claim, Direction)}
            return _unsaid_way(question, ways, strict=not together)
        case Mainly():
            ways = {claim.direction for claim in asked if isinstance(claim, Mainly)}
            return _unsaid_mainly(f"{question} {options}") or _unsaid_way(question, ways, strict=False)
        case Relates() if yes_or_no or len({claim.predicate for claim in asked if isinstance(claim, Relates)}) == 1:
            return _unsaid_relation(question if yes_or_no else f"{question} {options}", first.predicate)
        case Exists():
            if first.relation in _PLAIN_WAYS:
                return _unsaid_way(question, {first.relation}, strict=True) or (
                    None if PICTURE.search(question) else "it does not say “in the image”"
                )
            return _unsaid_relation(question, first.relation)
        case Inside():
            return _unsaid_relation(f"{question} {options}", "inside")
        case Located():
            return _other_unit(f"{question} {options}", _UNITS[first.grid])
        case Count():
            return _counts_some(question, first.name)
        case Heading():
            return None if _FACING.search(question) else "it does not ask which way something faces"
        case _:
            return None


def _unlike(asked: Sequence[Claim], *, yes_or_no: bool) -> str | None:
    """In what the claims differ that one question can ask about in one way only."""
    operations = sorted({claim.op for claim in asked})
    if len(operations) > 1:
        return f"its claims are of different kinds ({', '.join(operations)}): one question asks about one thing"
    for part in _COMMON.get(operations[0], ()):
        values = sorted({str(getattr(claim, part)) for claim in asked})
        if len(values) > 1:
            return f"its claims differ in {part} ({', '.join(values)}): one question asks about one thing"
    ranks = [claim for claim in asked if isinstance(claim, Ranks)]
    rivals = {frozenset(claim.among) for claim in ranks}
    if len(rivals) > 1 or (ranks and not yes_or_no and {claim.subject for claim in ranks} not in rivals):
        return "its claims do not compare the things that its options name, all of them and no other"
    return None


_COMMON: dict[str, tuple[str, ...]] = {
    "ranks": ("extreme", "measure", "reference"),
    "located": ("subject", "grid"),
    "side": ("observer",),
    "heading": ("subject",),
    "count": ("name",),
}


def _unsaid_measure(question: str, claim: Ranks) -> str | None:
    family = "distance" if "distance" in claim.measure else _FAMILIES.get(claim.measure, claim.measure)
    wanted = _EXTREMES[family][claim.extreme]
    if not says(question, wanted):
        return f"it does not ask which is {wanted[1]}"
    return None


def _unsaid_mainly(words: str) -> str | None:
    return None if says(words, _MAINLY) else "it does not say “mainly”, and two directions may hold"


def _unsaid_way(question: str, ways: Collection[str], *, strict: bool) -> str | None:
    if len(ways) == 1 and not says(question, _SAID[next(iter(ways))]):
        return f"it does not say {next(iter(ways))}"
    others = sorted(way for way in _PLAIN_WAYS.difference(ways) if strict and f" {way} " in question)
    return f"it asks about {others[0]}, its claims do not" if others else None


def _unsaid_relation(words: str, relation: str) -> str | None:
    if relation in _SAID:
        return None if says(words, _SAID[relation]) else f"it does not say {relation}"
    said = words.split()
    for phrase in (relation, vocabulary.predicate_phrase(relation)):
        if all(any(word.startswith(_stem(part)) for word in said) for part in plain(phrase).split()):
            return None
    return f"it does not say {relation}"


def _stem(word: str) -> str:
    """What the forms of a verb share: "sit" of "sitting" and "sits", "rid" of "riding" and "rides"."""
    short = re.sub(r"(?<=\w{2})(?:ing|ed|es|s)$", "", word)
    return short[:-1] if short != word and re.search(r"([b-df-hj-np-tv-z])\1$", short) and len(short) > 3 else short


def _other_unit(words: str, unit: str) -> str | None:
    for other, forms in _UNIT_WORDS.items():
        if other != unit and says(words, forms):
            return f"it speaks of a {other} of the image, its claims of a {unit}"
    return None


def _counts_some(question: str, name: str) -> str | None:
    called = {*plain(name).split(), *plain(vocabulary.plural(name)).split()}
    besides = [word for word in question.split() if word not in _COUNTING and word not in called]
    return f"“{besides[0]}” counts only some, the claims count all that are visible" if besides else None
