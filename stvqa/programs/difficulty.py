"""How hard and how good a question is, from what can be measured.

Difficulty is a weighted mean of five parts, each in [0, 1]:

    0.30 closeness   (4 - m) / 3 for the margin m, cut to [0, 1]; 0.5 where a triple is the evidence
    0.25 smallness   1 for an asked object of 0.3 % of the image, 0 for 15 % or more, linear in the log
    0.15 occlusion   largest share of an asked object that is hidden (or covered by other boxes)
    0.15 neighbours  objects that an asked one could be taken for, 3 or more count as 1
    0.15 hops        (objects asked about - 1) / 4, plus 1/4 for another frame than the viewer's

Level: easy below `EASY_BELOW`, hard from `HARD_FROM`; the two cut demo scenes about 40/40/20.

Rating (1 to 10): 1 + 9 x (0.45 clearness + 0.35 visible size + 0.2 unhidden), the complements of the first
three parts. It ranks rows of equal standing; it is no verdict on their truth.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from stvqa.programs.view import SceneView
from stvqa.records import Claim, Level

__all__ = ["EASY_BELOW", "HARD_FROM", "Measured", "measure"]

EASY_BELOW = 0.37
HARD_FROM = 0.54

_SMALL, _LARGE = 0.003, 0.15
_OWN_FRAME = frozenset({"side", "exists", "heading"})


class Measured(NamedTuple):
    """Difficulty in [0, 1], the level it falls into, and the rating from 1 to 10."""

    difficulty: float
    level: Level
    rating: int


def measure(
    view: SceneView,
    claims: Sequence[Claim],
    *,
    asked: Sequence[int],
    rivals: Sequence[Sequence[int]],
    margin: float | None,
) -> Measured:
    """The three figures of the module's formula.

    Args:
        view: the whole scene, so that everything which hides an object counts.
        claims: the question's claims.
        asked: rows of the objects the claims speak of (for a count: the counted ones).
        rivals: for each row those it could be taken for.
        margin: smallest absolute margin over the claims; None without one.
    """
    closeness = 0.5 if margin is None else _cut((4 - margin) / 3)
    areas, hidden = view.area_shares, view.hidden_shares
    smallest = min([areas[row] for row in asked], default=_SMALL)
    smallness = _cut(math.log(_LARGE / max(smallest, 1e-9)) / math.log(_LARGE / _SMALL))
    occlusion = max([hidden[row] for row in asked], default=0.0)
    neighbours = min(1.0, max([len(rivals[row]) for row in asked], default=0) / 3)
    hops = min(1.0, (len(asked) - 1) / 4 + (0.25 if any(claim.op in _OWN_FRAME for claim in claims) else 0))
    difficulty = 0.3 * closeness + 0.25 * smallness + 0.15 * (occlusion + neighbours + max(hops, 0.0))
    quality = 0.45 * (1 - closeness) + 0.35 * (1 - smallness) + 0.2 * (1 - occlusion)
    level: Level = "easy" if difficulty < EASY_BELOW else "hard" if difficulty >= HARD_FROM else "medium"
    return Measured(round(difficulty, 4), level, 1 + round(9 * quality))


def _cut(value: float) -> float:
    return min(1.0, max(0.0, value))
