"""Which questions to verify next: those that `select` would choose, less what is settled.

    reserve = Reserve(candidates, goal=Goal(n=7000, ...), seed=7)
    while wave := reserve.next_wave():         # [12, 31, ...], places among the candidates
        ...
        reserve.settle(place, "accepted", blind_correct=False)
    reserve.kept()                             # what goes on to `select`

A refused question gives its place to another one of its cell (category and level) and, where the cell is
empty, to the cells that `select` would take from. Only what is needed is asked for, and so paid for.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from stvqa.planning import Candidate, LevelShares, Shares, cell_targets, choose
from stvqa.records import CATEGORIES, Category, Level
from stvqa.teachers.verifier.hearing import Verdict

__all__ = ["BlindShare", "Goal", "Reserve"]

Cell = tuple[Category, Level]
BlindShare = float | dict[Category, float]
"""Largest share of blind-solvable rows of each category, 0 to 1: one for all, or by category (others: 1)."""


class Goal(NamedTuple):
    """What the set shall be; fields as in `select`."""

    n: int
    shares: Shares
    levels: LevelShares
    questions_per_image: int
    max_blind_share: BlindShare

    def blind_share(self, category: Category) -> float:
        """The limit of one category."""
        limit = self.max_blind_share
        return limit.get(category, 1.0) if isinstance(limit, dict) else limit


class _Accepted(NamedTuple):
    """Accepted places of one category, in the order in which they were accepted."""

    seen: list[int]
    blind: list[int]


class Reserve:
    """All candidates, and what has become of each.

    Args:
        pool: questions that passed `check`, each wording of an image once.
        goal: quotas and limits.
        chance: randomness of each wave, by its number.
    """

    def __init__(self, pool: Sequence[Candidate], *, goal: Goal, chance: Callable[[int], random.Random]) -> None:
        self.pool = pool
        self.goal = goal
        self._chance = chance
        self._open = dict.fromkeys(range(len(pool)))
        self._undecided: list[int] = []
        self._accepted: dict[Category, _Accepted] = {name: _Accepted([], []) for name in CATEGORIES}
        self.waves = 0

    def next_wave(self) -> list[int]:
        """Places of the questions that are needed next, ascending; empty where the set is full or the reserve is."""
        targets = self._targets()
        kept = self._kept(targets)
        missing = self.goal.n - len(kept)
        if missing <= 0:
            return []
        have = Counter(self._cell(place) for place in kept)
        places = [*kept, *self._open]
        picked = choose(
            [self.pool[place] for place in places],
            _raised(targets, have, total=self.goal.n),
            per_image=self.goal.questions_per_image,
            seed=self._chance(self.waves).getrandbits(64),
            total=self.goal.n,
            kept=range(len(kept)),
        )
        wave = sorted(places[row] for row in picked if row >= len(kept))
        self.waves += bool(wave)
        return wave

    def settle(self, place: int, verdict: Verdict, *, blind: bool) -> None:
        """Notes what became of a question.

        Args:
            place: among the candidates; it is no longer in the reserve.
            verdict: what was ruled.
            blind: it can be answered without its image.
        """
        del self._open[place]
        if verdict == "undecided":
            self._undecided.append(place)
        if verdict == "accepted":
            accepted = self._accepted[self.pool[place].category]
            (accepted.blind if blind else accepted.seen).append(place)

    def kept(self) -> list[int]:
        """Places of the accepted questions within the limit on blind-solvable ones, ascending."""
        return sorted(self._kept(self._targets(), final=True))

    def at_hand(self) -> dict[str, int]:
        """Questions that are kept, or not decided on, by `CATEGORY/LEVEL`: those that no further round need bring."""
        cells = Counter(self._cell(place) for place in [*self.kept(), *self._undecided, *self._open])
        return {"/".join(cell): count for cell, count in sorted(cells.items())}

    @property
    def left(self) -> int:
        """Questions that nobody was asked about."""
        return len(self._open)

    def _cell(self, place: int) -> Cell:
        return self.pool[place].category, self.pool[place].level

    def _targets(self) -> Mapping[Cell, int]:
        """Questions by cell, as `select` would have them of what is accepted or open."""
        open_rows = Counter(self.pool[place].category for place in self._open)
        supply = Counter(self._cell(place) for place in self._open)
        for category, accepted in self._accepted.items():
            room = self._beside(len(accepted.seen) + open_rows[category], category)
            supply.update(self._cell(place) for place in [*accepted.seen, *accepted.blind[:room]])
        return cell_targets(self.goal.n, supply, shares=self.goal.shares, levels=self.goal.levels).cells

    def _kept(self, targets: Mapping[Cell, int], *, final: bool = False) -> list[int]:
        """Accepted places without the blind-solvable ones that are too many, first come, first kept.

        Args:
            targets: by cell; while there is a reserve the limit is a share of these.
            final: nothing more comes, so it is a share of what there is.
        """
        wanted: Counter[Category] = Counter()
        for (category, _level), count in targets.items():
            wanted[category] += count
        kept: list[int] = []
        for category, accepted in self._accepted.items():
            room = math.floor(self.goal.blind_share(category) * wanted[category] + 1e-9)
            if final:
                room = min(room, self._beside(len(accepted.seen), category))
            kept += [*accepted.seen, *accepted.blind[:room]]
        return kept

    def _beside(self, seen: int, category: Category) -> int:
        """How many blind-solvable rows may stand beside so many others: b <= s (b + seen)."""
        share = self.goal.blind_share(category)
        return len(self.pool) if share >= 1 else math.floor(share / (1 - share) * seen + 1e-9)


def _raised(targets: Mapping[Cell, int], have: Mapping[Cell, int], *, total: int) -> dict[Cell, int]:
    """Targets no lower than what is there, without asking for more: first of the category, then of the set."""
    raised = {cell: max(target, have.get(cell, 0)) for cell, target in targets.items()}
    for category in CATEGORIES:
        cells = sorted(cell for cell in raised if cell[0] == category)
        _lower(raised, cells, have, total=sum(targets[cell] for cell in cells))
    _lower(raised, sorted(raised), have, total=total)
    return raised


def _lower(raised: dict[Cell, int], cells: Sequence[Cell], have: Mapping[Cell, int], *, total: int) -> None:
    """Lowers the cells that need most until their sum is at most `total`, none below what is there."""
    while sum(raised[cell] for cell in cells) > total:
        cell = max(cells, key=lambda name: raised[name] - have.get(name, 0))
        if raised[cell] <= have.get(cell, 0):
            return
        raised[cell] -= 1
