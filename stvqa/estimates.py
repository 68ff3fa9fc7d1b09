"""What counts allow one to say: intervals of a share, agreement of two judges, and the bound on the label error.

    wilson(3, 210)                       # Interval(low=0.005, high=0.041)
    label_error(accepted_wrong=3, planted=210, accepted=6900, decided=7600).upper    # 0.0055

All confidences are shares, 0.95 for 95 %.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from statistics import NormalDist
from typing import NamedTuple

__all__ = ["Interval", "LabelError", "cohen_kappa", "label_error", "wilson"]


class Interval(NamedTuple):
    """A share lies between these, 0 to 1."""

    low: float
    high: float


class LabelError(NamedTuple):
    """How many of the accepted labels may be wrong.

    Attributes:
        estimate: from the shares as counted; None where a count is missing.
        upper: bound from the unfavourable ends of both intervals; 1 where nothing is known.
    """

    estimate: float | None
    upper: float


def wilson(hits: int, tries: int, *, confidence: float = 0.95) -> Interval:
    """Wilson's score interval of a share (E. B. Wilson, JASA 1927), two-sided.

    Unlike the plain normal interval it stays inside 0 to 1 and says something sensible for 0 hits of 5 tries.

    Args:
        hits: how often it happened, 0 to `tries`.
        tries: how often it could have; 0 gives the whole range.
        confidence: share of all such intervals that hold the true share, about.

    Raises:
        ValueError: hits that were not among the tries.
    """
    if not 0 <= hits <= tries:
        raise ValueError(f"{hits} hits of {tries} tries")
    if not tries:
        return Interval(0.0, 1.0)
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share, weight = hits / tries, z * z / tries
    centre = (share + weight / 2) / (1 + weight)
    reach = z / (1 + weight) * math.sqrt(share * (1 - share) / tries + weight / (4 * tries))
    low = 0.0 if hits == 0 else max(0.0, centre - reach)  # exact at the ends, where rounding would leave 1e-18
    return Interval(low, 1.0 if hits == tries else min(1.0, centre + reach))


def label_error(
    *, accepted_wrong: int, planted: int, accepted: int, decided: int, confidence: float = 0.95
) -> LabelError:
    r"""Bounds the share of wrong labels among the accepted rows.

    Let e be the share of wrong labels among the rows that were judged, f the chance that a wrong label is
    accepted, t the chance that a right one is, and a the share accepted. Then

        a = (1 - e) t + e f            and            P(wrong | accepted) = e f / a.

    e is not known, but since t <= 1, the share refused is 1 - a >= e (1 - f): if every row that was refused
    deserved it, e = (1 - a) / (1 - f), and e cannot be more. So

        P(wrong | accepted) <= f / (1 - f) * (1 - a) / a.

    It grows with f and falls with a. f is measured on planted wrong answers, a on the rows; with the upper
    Wilson bound of f and the lower one of a, each holding with (1 + confidence) / 2, both hold together with
    at least `confidence` (Bonferroni). Where f is not below a, the verifier tells nothing and the bound is 1.

    What is assumed: wrong labels pass as easily as planted ones, which claim one of the question's own
    distractors; and whether a label is wrong has nothing to do with how easily a wrong one would pass there.

    Args:
        accepted_wrong / planted: planted wrong answers that were accepted, and all that were judged.
        accepted / decided: rows accepted, and all that were accepted or refused.
        confidence: of `upper`, one-sided.
    """
    # A two-sided interval leaves (1 - confidence) / 2 on the one side that is used.
    most_wrong = wilson(accepted_wrong, planted, confidence=confidence).high
    least_accepted = wilson(accepted, decided, confidence=confidence).low
    upper = _odds_product(most_wrong, least_accepted)
    if not planted or not decided:
        return LabelError(None, upper)
    return LabelError(_odds_product(accepted_wrong / planted, accepted / decided), upper)


def _odds_product(wrong: float, accepted: float) -> float:
    """The bound f / (1 - f) * (1 - a) / a, at most 1."""
    if wrong >= accepted:
        return 1.0
    return min(1.0, wrong / (1 - wrong) * (1 - accepted) / accepted)


def cohen_kappa(first: Sequence[Hashable], second: Sequence[Hashable]) -> float | None:
    """Cohen's kappa: how far two judges agree beyond chance, 1 for always, 0 as by chance (Cohen 1960).

    Args:
        first: what one judge said of each item.
        second: what the other said of the same items.

    Returns:
        -1 to 1; None where it is not defined: no items, or both always said the same one thing.

    Raises:
        ValueError: lists of different lengths.
    """
    pairs = list(zip(first, second, strict=True))
    if not pairs:
        return None
    count = len(pairs)
    agreed = sum(one == other for one, other in pairs) / count
    ones, others = Counter(first), Counter(second)
    chance = sum(ones[name] * others[name] for name in ones) / count**2
    return None if chance == 1 else (agreed - chance) / (1 - chance)
