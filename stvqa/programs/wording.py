"""Whether words say what a program says: a right program under wrong words is a wrong answer.

    contradiction("Is the cup left or right of the table?", ("To the right", "To the left"), claims)
    # "“To the right” does not say what its claim says (left)"

What tells the claims of one question apart (a direction, a cell, a name, a number, yes or no) has to stand in the
option of that claim, and in no other. What all claims share (most or least, one direction) must not stand in the
question the other way round. It is a check of words, not of grammar: it finds options in the wrong order and
"smaller" for "larger", not a question that swaps its two objects.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

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
    Side,
)

__all__ = ["contradiction"]

_SAID: dict[str, tuple[str, ...]] = {
    "left": ("left", "leftmost", "leftward", "leftwards"),
    "right": ("right", "rightmost", "rightward", "rightwards"),
    "above": ("above", "over", "higher", "up", "upward", "upwards"),
    "below": ("below", "under", "beneath", "underneath", "lower", "down", "downward", "downwards"),
    "top": ("top", "upper"),
    "bottom": ("bottom", "lower"),
    "middle": ("middle", "center", "centre", "central"),
    "front": ("front", "ahead"),
    "behind": ("behind", "back", "rear"),
    "away": ("away from the camera", "away from the viewer", "away from the photographer", "away from us", "away"),
    "towards": ("camera", "viewer", "photographer", "us"),
    "on": ("on", "atop", "on top of"),
    "on top of": ("on top", "atop", "on"),
    "under": ("under", "below", "beneath", "underneath"),
    "over": ("over", "above"),
    "in": ("in", "inside", "within"),
    "inside": ("in", "inside", "within"),
    "in front of": ("in front", "before"),
}
"""Ways to say what an option states."""

_OPPOSITES = {"left": "right", "right": "left", "above": "below", "below": "above", "most": "least", "least": "most"}
_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")

_EXTREMES: dict[str, dict[str, tuple[str, ...]]] = {
    "size": {
        "most": (
            *("taller", "tallest", "larger", "largest", "bigger", "biggest"),
            *("wider", "widest", "greater", "greatest"),
        ),
        "least": (
            *("shorter", "shortest", "smaller", "smallest", "narrower", "narrowest", "tiniest"),
            *("less tall", "least tall", "less wide", "least wide", "less space", "least space"),
        ),
    },
    "distance": {
        "most": ("farther", "farthest", "further", "furthest", "more distant", "most distant"),
        "least": ("closer", "closest", "nearer", "nearest", "less distant", "least distant"),
    },
}
"""Words of the two ends of a measure."""


class _Cue(NamedTuple):
    """What a claim says (`key`), and the ways to say it, in plain words."""

    key: str
    said: tuple[str, ...]


def contradiction(
    text: str, options: Sequence[str], claims: Sequence[Claim], *, spoken: Mapping[str, str] | None = None
) -> str | None:
    """What the words get wrong, None where nothing does.

    Args:
        text: the question.
        options: in the order of the claims.
        claims: of the program.
        spoken: reference without article by object id; ids that are missing are called by the name in them.
    """
    yes_or_no = any(isinstance(claim, Not) for claim in claims)
    cues = [_answer(claim) if yes_or_no else _cues(claim, spoken or {}) for claim in claims]
    keys = [{cue.key for cue in found} for found in cues]
    shared = set.intersection(*keys)
    for place, option in enumerate(options):
        own = [cue for cue in cues[place] if cue.key not in shared]
        foreign = [cue for found in cues for cue in found if cue.key not in keys[place]]
        fault = _option_fault(option, own, foreign)
        if fault:
            return fault
    return _swapped(options, claims, spoken or {}) or _question_fault(text, claims)


def _option_fault(option: str, own: Sequence[_Cue], foreign: Sequence[_Cue]) -> str | None:
    words = f" {plain(option)} "
    for cue in own:
        if not says(words, cue.said):
            return f"“{option}” does not say what its claim says ({cue.key})"
    for cue in sorted(own, key=lambda item: -len(item.key)):
        for phrase in cue.said:
            words = words.replace(f" {phrase} ", " - ")
    for cue in foreign:
        if says(words, cue.said):
            return f"“{option}” says what another option's claim says ({cue.key})"
    return None


def _swapped(options: Sequence[str], claims: Sequence[Claim], spoken: Mapping[str, str]) -> str | None:
    """Where options say which object it is, each has to name its claim's subject, and before the other end."""
    ends = [(item.subject, item.object) for item in claims if isinstance(item, Direction | Mainly | Inside | Relates)]
    if len(ends) < len(claims) or len({subject for subject, _ in ends}) < 2:
        return None
    for option, (first, second) in zip(options, ends, strict=True):
        words = f" {plain(option)} "
        subject, target = (cue.said[0] for cue in _named(spoken, first, second))
        place, other = words.find(f" {subject} "), words.find(f" {target} ")
        if subject != target and other >= 0 and not 0 <= place <= other:
            return f"“{option}” speaks of the {target}, its claim of the {subject}"
    return None


def _question_fault(text: str, claims: Sequence[Claim]) -> str | None:
    """One way is meant throughout, and the question speaks of the other alone."""
    words = f" {plain(text)} "
    plain_claims = [claim.claim if isinstance(claim, Not) else claim for claim in claims]
    first = plain_claims[0]
    if isinstance(first, Ranks) and all(isinstance(item, Ranks) and item.extreme == first.extreme for item in claims):
        table = _EXTREMES["distance" if "distance" in first.measure else "size"]
        said, other = table[first.extreme], table[_OPPOSITES[first.extreme]]
        if says(words, other) and not says(words, said):
            return f"the question asks for the opposite of {first.extreme}"
    ways = {getattr(item, "direction", None) for item in plain_claims}
    way = ways.pop() if len(ways) == 1 else None
    if way is not None and says(words, _SAID[_OPPOSITES[way]]) and not says(words, _SAID[way]):
        return f"the question asks for the opposite of {way}"
    return None


def _answer(claim: Claim) -> list[_Cue]:
    return [_Cue("no", ("no",))] if isinstance(claim, Not) else [_Cue("yes", ("yes",))]


def _cues(claim: Claim, spoken: Mapping[str, str]) -> list[_Cue]:  # noqa: C901 (one case a claim)
    """What a claim says, piece by piece."""
    match claim:
        case Direction() | Mainly():
            return [_way(claim.direction), *_named(spoken, claim.subject, claim.object)]
        case Located():
            return [_way(part) for part in claim.cell.split()]
        case Ranks():
            return _named(spoken, claim.subject)
        case Count():
            written = _NUMBERS[claim.equals : claim.equals + 1]
            return [_Cue(f"{claim.equals} of {claim.name}", (str(claim.equals), *written))]
        case Relates():
            phrase = plain(vocabulary.predicate_phrase(claim.predicate))
            said = _SAID.get(claim.predicate, (plain(claim.predicate), phrase))
            return [_Cue(claim.predicate, said), *_named(spoken, claim.subject, claim.object)]
        case Side():
            return [_way(claim.side), *_named(spoken, claim.object)]
        case Heading():
            return [_way(claim.facing), *_named(spoken, claim.subject)]
        case AllOf():
            return [cue for part in claim.claims for cue in _cues(part, spoken)]
        case Inside():
            return _named(spoken, claim.subject, claim.object)
        case Exists():
            return [_Cue(claim.name, (plain(claim.name),)), *_named(spoken, claim.object)]
        case Not():
            return _cues(claim.claim, spoken)


def _way(word: str) -> _Cue:
    return _Cue(word, _SAID[word])


def _named(spoken: Mapping[str, str], *ids: str) -> list[_Cue]:
    """The objects by what they are called; two of one name and no colour cannot be told apart by words."""
    names = [plain(spoken.get(item, re.sub(r"\.\d+$", "", item).replace("_", " "))) for item in ids]
    return [_Cue(name, (name,)) for name in names]
