"""Which planned questions are asked of a teacher next: as many of each category and level as are missing, grouped by
image so that calls are full.

    demand = Demand(planned, total=8050, per_call=4, seed=7)
    demand.next_groups()        # [Group("vg:12", ("vg:12/relation/3f...", ...)), ...], marked as asked
    demand.accept(("relation", "easy"))

Everything depends on the plan, the seed and on what was accepted, never on the order in which answers came.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from stvqa.planning.packing import pack
from stvqa.planning.quotas import DEFAULT_SHARES, LEVEL_SHARES, cell_targets
from stvqa.records import Category, Level

__all__ = ["Demand", "Group", "Planned"]

Cell = tuple[Category, Level]


class Planned(NamedTuple):
    """A planned question: its id, its image, and the cell of the quotas that it counts for."""

    name: str
    image_id: str
    category: Category
    level: Level

    @property
    def cell(self) -> Cell:
        """Category and level."""
        return self.category, self.level


class Group(NamedTuple):
    """Planned questions of one image that one call asks for, in the order of the plan."""

    image_id: str
    names: tuple[str, ...]


class Demand:
    """What is still needed, and what is left to ask for it.

    Attributes:
        total: how many questions shall be accepted in the end.
        accepted: by cell, less those that were lost later.
    """

    def __init__(
        self,
        planned: Sequence[Planned],
        *,
        total: int,
        per_call: int,
        seed: int,
        shares: Mapping[Category, float] = DEFAULT_SHARES,
        levels: Mapping[Level, float] = LEVEL_SHARES,
    ) -> None:
        self.total = total
        self.accepted: Counter[Cell] = Counter()
        self._lost: Counter[Cell] = Counter()
        self._per_call = per_call
        self._shares, self._levels = shares, levels
        self._unasked: dict[str, list[Planned]] = defaultdict(list)
        for item in planned:
            self._unasked[item.image_id].append(item)
        self._order = sorted(self._unasked, key=lambda image: _drawn(seed, image))
        self._chance = random.Random(seed)

    @property
    def unasked(self) -> int:
        """Planned questions that nobody was asked for yet."""
        return sum(len(items) for items in self._unasked.values())

    @property
    def is_met(self) -> bool:
        """Whether as many were accepted, and not lost, as shall be."""
        return self._kept().total() >= self.total

    def accept(self, cell: Cell) -> None:
        """One more question of a cell."""
        self.accepted[cell] += 1

    def lose(self, lost: Mapping[Cell, int]) -> None:
        """Says how many of the accepted did not pass what came later; replaces what was said before."""
        self._lost = Counter(lost)

    def next_groups(self) -> list[Group]:
        """Groups for what is missing, the fullest first; none where nothing is missing or nothing is left."""
        missing = self._missing()
        groups = self._packed(missing)
        for fullness in range(self._per_call, 0, -1):
            for image in self._order:
                while missing and len(chosen := self._fitting(image, missing)) >= fullness:
                    groups.append(Group(image, tuple(item.name for item in chosen)))
                    self._take(image, chosen, missing)
        return groups

    def _packed(self, missing: Counter[Cell]) -> list[Group]:
        """Full calls that together come close to what is missing; what goes beyond it is left out of them."""
        whole = [
            items[start : start + self._per_call]
            for image in self._order
            for items in [self._unasked[image]]
            for start in range(0, len(items) - self._per_call + 1, self._per_call)
        ]
        cells = [[item.cell for item in group] for group in whole]
        groups = []
        for place in pack(cells, missing, count=round(missing.total() / self._per_call), chance=self._chance):
            needed = self._needed(whole[place], missing)
            if len(needed) > self._per_call // 2:
                groups.append(Group(needed[0].image_id, tuple(item.name for item in needed)))
                self._take(needed[0].image_id, needed, missing)
        return groups

    def _kept(self) -> Counter[Cell]:
        return Counter({cell: max(0, count - self._lost[cell]) for cell, count in self.accepted.items()})

    def _missing(self) -> Counter[Cell]:
        """By cell, as the quotas have it for what is there and what can still be asked."""
        if self.is_met:
            return Counter()
        kept = self._kept()
        left = Counter(item.cell for items in self._unasked.values() for item in items)
        quotas = cell_targets(self.total, kept + left, shares=self._shares, levels=self._levels)
        return Counter({cell: count - kept[cell] for cell, count in quotas.cells.items() if count > kept[cell]})

    def _fitting(self, image: str, missing: Counter[Cell]) -> list[Planned]:
        """Up to a call's worth of questions of one image whose cells are short."""
        return self._needed(self._unasked[image], missing)[: self._per_call]

    def _needed(self, items: Sequence[Planned], missing: Counter[Cell]) -> list[Planned]:
        left, needed = missing.copy(), []
        for item in items:
            if left[item.cell] > 0:
                left[item.cell] -= 1
                needed.append(item)
        return needed

    def _take(self, image: str, chosen: Sequence[Planned], missing: Counter[Cell]) -> None:
        for item in chosen:
            self._unasked[image].remove(item)
            missing[item.cell] -= 1
        for cell in [cell for cell, count in missing.items() if count <= 0]:
            del missing[cell]


def _drawn(seed: int, image_id: str) -> bytes:
    """A place in a random order that depends on seed and image alone."""
    return hashlib.sha256(f"{seed}/{image_id}".encode()).digest()
