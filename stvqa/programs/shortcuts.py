"""What a reader without the image could go by, and how to take it away.

If lamps are always "above", a text-only model answers without looking (MMStar, arXiv 2403.20330). So every
option is described by what its text gives away (`keys`), and `Balance` picks questions such that, for each
key, the option is right as often as chance has it.

    Balance().cost(shortcuts)       # > 0: this question would deepen a shortcut
"""

from __future__ import annotations

import math
import zlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any, NamedTuple

from stvqa.programs.claims import objects_of
from stvqa.records import Claim, Count, Exists, Heading, Located, Not, Ranks

__all__ = ["Balance", "Shortcut", "read_shortcuts", "shortcuts", "write_shortcuts"]


_FREE = 1.25


class Shortcut(NamedTuple):
    """One cue: a 32-bit key, and (1 if the option is right else 0) minus the chance of being right."""

    key: int
    weight: float


class _Cue(NamedTuple):
    """What an option says (`token`) and what stands round it in the question (`contexts`)."""

    token: str
    contexts: tuple[str, ...]


def shortcuts(form: str, claims: Sequence[Claim], answer: int, names: Mapping[str, str]) -> list[Shortcut]:
    """The cues of one question.

    Args:
        form: the question's form; cues of different forms do not mix.
        claims: one an option.
        answer: index of the true claim.
        names: object names by id.
    """
    chance = 1 / len(claims)
    found: dict[int, float] = defaultdict(float)
    numbers = [claim.equals for claim in claims if isinstance(claim, Count)]
    for index, claim in enumerate(claims):
        weight = (1.0 if index == answer else 0.0) - chance
        cue = _cue(claim, names, numbers)
        for key in _keys(form, cue):
            found[key] += weight
    return [Shortcut(key, weight) for key, weight in found.items() if abs(weight) > 1e-9]


@lru_cache(maxsize=1 << 15)
def _keys(form: str, cue: _Cue) -> tuple[int, ...]:
    return tuple(zlib.crc32(f"{form}|{cue.token}|{context}".encode()) for context in ("", *cue.contexts))


def write_shortcuts(cues: Sequence[Shortcut]) -> str:
    """Cues as one compact string, `KEY:WEIGHT` in hex and hundredths, for a Parquet column."""
    return " ".join([f"{key:x}:{round(weight * 100)}" for key, weight in cues])


def read_shortcuts(text: str) -> list[Shortcut]:
    """The inverse of `write_shortcuts`, weights rounded to hundredths."""
    return [Shortcut(int(key, 16), int(weight) / 100) for key, weight in (pair.split(":") for pair in text.split())]


class Balance:
    """Running sums of cues, and what they would be by chance.

    A cue's sum is pushed back only once it leaves what chance would give it: `_FREE` standard deviations of
    the sum of independent guesses. Pushing all sums to zero would be a shortcut of its own: whoever has seen
    "lamp: above" in one half of the set could bet on "lamp: below" in the other.
    """

    def __init__(self) -> None:
        self._sums: dict[int, float] = defaultdict(float)
        self._variances: dict[int, float] = defaultdict(float)

    def cost(self, cues: Sequence[Shortcut]) -> float:
        """By how much the excess of all sums would grow; negative where the question evens things out."""
        growth = 0.0
        for key, weight in cues:
            total, variance = self._sums.get(key, 0.0), self._variances.get(key, 0.0)
            growth += _excess(total + weight, variance + weight * weight) - _excess(total, variance)
        return growth

    def add(self, cues: Sequence[Shortcut], *, sign: int = 1) -> None:
        """Takes a question in (`sign` 1) or out (-1)."""
        for key, weight in cues:
            self._sums[key] += sign * weight
            self._variances[key] += sign * weight * weight


def _excess(total: float, variance: float) -> float:
    beyond = abs(total) - _FREE * math.sqrt(max(variance, 0.0))
    return beyond * beyond if beyond > 0 else 0.0


_PAIRS: dict[str, Callable[[Any], tuple[str, str, str]]] = {
    **dict.fromkeys(("direction", "mainly"), attrgetter("direction", "subject", "object")),
    "relates": attrgetter("predicate", "subject", "object"),
    "side": attrgetter("side", "observer", "object"),
}
"""Claims of two objects, by `op`: what is said, and of whom."""


def _cue(claim: Claim, names: Mapping[str, str], numbers: Sequence[int]) -> _Cue:
    if claim.op in _PAIRS:
        token, subject, target = _PAIRS[claim.op](claim)
        return _pair_cue(token, names.get(subject, subject), names.get(target, target))
    match claim:
        case Located():
            return _Cue(claim.cell, (names.get(claim.subject, claim.subject),))
        case Heading():
            return _Cue(claim.facing, (names.get(claim.subject, claim.subject),))
        case Ranks():
            own = names.get(claim.subject, claim.subject)
            rivals = tuple(
                f"{claim.extreme} over {names.get(item, item)}" for item in claim.among if item != claim.subject
            )
            return _Cue(own, (claim.extreme, *rivals))
        case Count():
            rank = sorted(numbers).index(claim.equals)
            return _Cue(str(claim.equals), (f"rank {rank} of {len(numbers)}", claim.name))
        case Exists():
            target = names.get(claim.object, claim.object)
            return _Cue(claim.relation, (claim.name, f"to {target}", f"{claim.name} to {target}"))
        case Not():
            inner = _cue(claim.claim, names, numbers)
            return _Cue("no", tuple(f"{inner.token} {context}" for context in ("", *inner.contexts)))
    called = [names.get(item, item) for item in objects_of(claim)]
    words = "|".join(part.model_dump_json(exclude={"subject", "object"}) for part in getattr(claim, "claims", (claim,)))
    return _Cue(words, (*called, " ".join(called)))


@lru_cache(maxsize=1 << 15)
def _pair_cue(token: str, subject: str, target: str) -> _Cue:
    return _Cue(token, (subject, f"to {target}", f"{subject} to {target}"))
