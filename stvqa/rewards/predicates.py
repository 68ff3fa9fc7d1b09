"""Whether a predicted predicate says what the true one says.

predicate_agreement("is sitting on", "sitting on")                # "same"
predicate_agreement("beneath", "under")                           # "same"
predicate_agreement("under", "below")                             # "kin"
predicate_agreement("right of", "left of", swapped=True)          # "same": b right of a is a left of b

The words are those of `stvqa.vocabulary`; nothing here looks at boxes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, TypeAlias

from stvqa.vocabulary import PredicateKind, canonical_predicate, excludes, inverse, predicate_kind

__all__ = ["Agreement", "predicate_agreement"]

Agreement: TypeAlias = Literal["same", "kin", "other"]

_LONGEST = 64
_KIN: frozenset[PredicateKind] = frozenset(
    {"hold", "wear", "contact", "support", "contain", "gaze", "part", "proximity"}
)
"""Kinds whose predicates say nearly the same of the place. Directions do not: of these only such with one sense are
kin, which is to say that they rule out the same (over and above, not left and above)."""


@lru_cache(maxsize=65536)
def predicate_agreement(predicted: str, true: str, *, swapped: bool = False) -> Agreement:
    """Compares two predicates of the same pair of objects.

    Args:
        predicted: as the model wrote it; more than 64 characters say nothing.
        true: as it stands in the truth.
        swapped: the predicted triple names the pair in the other order, so its inverse is compared.

    Returns:
        `same` for the same predicate, synonyms included; `kin` for another one that says nearly the same of the place
        (on, sitting on; over, above); else `other`.
    """
    if not swapped and predicted == true:
        return "same"
    if len(predicted) > _LONGEST:
        return "other"
    one, other = canonical_predicate(predicted), canonical_predicate(true)
    if one is not None and swapped:
        one = inverse(one)
    if one is None or other is None:
        return "other"
    if one == other:
        return "same"
    return "kin" if _are_kin(one, other) else "other"


def _are_kin(one: str, other: str) -> bool:
    ruled_out = excludes(other)
    if one in ruled_out:
        return False
    kind = predicate_kind(one)
    if kind in _KIN and kind == predicate_kind(other):
        return True
    return bool(ruled_out) and excludes(one) == ruled_out
