"""Which full groups together come closest to what is missing of each kind.

    pack([["a", "a", "b"], ["b", "c", "c"]], {"a": 2, "b": 1}, count=1, chance=random_for(...))     # [0]

A random choice first, then exchanges: each chosen group gives way to the best of a few others wherever that brings
the sums nearer to what is wanted. Linear in the number of groups.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

__all__ = ["pack"]

Kind = TypeVar("Kind", bound=Hashable)

_OTHERS = 24
_SWEEPS = 6


def pack(
    groups: Sequence[Sequence[Kind]], missing: Mapping[Kind, int], *, count: int, chance: random.Random
) -> list[int]:
    """Indices of `count` groups, ascending; all where there are no more.

    Args:
        groups: the kinds of each group's members.
        missing: how many of each kind are wanted.
    """
    if count >= len(groups):
        return list(range(len(groups)))
    order = chance.sample(range(len(groups)), len(groups))
    chosen, others = order[:count], order[count:]
    have = Counter({kind: -wanted for kind, wanted in missing.items()})
    for index in chosen:
        have.update(groups[index])
    for _ in range(_SWEEPS):
        if not _sweep(groups, chosen, others, have, chance):
            break
    return sorted(chosen)


def _sweep(
    groups: Sequence[Sequence[Kind]],
    chosen: list[int],
    others: list[int],
    have: Counter[Kind],
    chance: random.Random,
) -> bool:
    """Exchanges where it helps; False where nothing did. `have` holds what is there less what is wanted."""
    changed = False
    for place, index in enumerate(chosen):
        have.subtract(groups[index])
        best, cost = -1, _cost(groups[index], have)
        for other in chance.sample(range(len(others)), min(_OTHERS, len(others))):
            found = _cost(groups[others[other]], have)
            if found < cost:
                best, cost = other, found
        if best >= 0:
            chosen[place], others[best] = others[best], index
            changed = True
        have.update(groups[chosen[place]])
    return changed


def _cost(group: Sequence[Kind], have: Counter[Kind]) -> int:
    """By how much the group would drive the sums from zero; members of one kind count one after the other."""
    cost, added = 0, Counter[Kind]()
    for kind in group:
        now = have[kind] + added[kind]
        cost += 1 if now >= 0 else -1
        added[kind] += 1
    return cost
