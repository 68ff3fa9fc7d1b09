"""Chooses a set out of many questions: quotas met, images used evenly, shortcuts evened out.

    choose(candidates, quotas.cells, per_image=12, seed=7)     # [3, 17, 18, ...], indices into the candidates

Greedy with a random shortlist, then swaps: each pick is the best of a few random candidates of its cell, by
how much it would deepen the shortcuts (`stvqa.programs.shortcuts`), how often its image, its topic, its form and
its number of options were used, and its rating. One pass over the quotas, so the time is linear in the size of the set.
"""

from __future__ import annotations

import hashlib
import math
import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from stvqa.programs.shortcuts import Balance, Shortcut, read_shortcuts
from stvqa.records import Category, Level

__all__ = ["CANDIDATE_COLUMNS", "Candidate", "choose", "enough_images"]

Cell = tuple[Category, Level]

_SHORTLIST = 24
_IMAGE_WEIGHT = 0.15
_FILL_WEIGHT = 1.5
_TOPIC_WEIGHT = 1.5
_FORM_WEIGHT = 2.0
_RATING_WEIGHT = 0.02
_SWAP_PASSES = 2
_SPARE_SUPPLY = 1.5
"""Questions of a cell to choose from, for each that is wanted."""
_SAME_CELL = 2
"""At most so many questions of one cell are counted on from one image."""


class Candidate(NamedTuple):
    """What the choice needs to know of a question; fields as in the records of the same names.

    Attributes:
        name: id of the prospect or question.
    """

    name: str
    image_id: str
    category: Category
    level: Level
    rating: int
    form: str
    option_count: int
    topic: str
    shortcuts: str


CANDIDATE_COLUMNS = Candidate._fields[1:]
"""Columns to read beside the id, in the order of `Candidate`."""


def choose(
    pool: Sequence[Candidate],
    targets: Mapping[Cell, int],
    *,
    per_image: int,
    seed: int,
    total: int | None = None,
    kept: Sequence[int] = (),
    together: int = 1,
) -> list[int]:
    """Chooses `targets[cell]` candidates of each cell.

    Args:
        pool: the candidates.
        targets: questions by category and level.
        per_image: at most so many questions of one image.
        seed: for the order of picks and the shortlists.
        total: fill up to so many from any cell where some cell runs dry; the sum of targets by default.
        kept: indices that are chosen already, whatever comes; targets and `total` count them too.
        together: so many questions of one image go out in one call, so an image that was begun is filled up first.

    Returns:
        Indices of the chosen, ascending; fewer than asked for where the pool has no more.
    """
    picker = _Picker(pool, per_image=per_image, seed=seed, together=together)
    picker.keep(kept)
    picker.fill(targets)
    picker.fill_from_anywhere((sum(targets.values()) if total is None else total) - len(picker.chosen), targets)
    for _ in range(_SWAP_PASSES):
        picker.swap()
    return sorted(picker.chosen)


def enough_images(
    pool: Sequence[Candidate], targets: Mapping[Cell, int], *, per_image: int, seed: int, spare: float = 1.0
) -> frozenset[str]:
    """As few images as can give `targets` with at most `per_image` questions each.

    Images in random order: the first ones as they come, then only those that hold what the ones before lack.

    Args:
        pool: the candidates.
        targets: questions by category and level.
        per_image: at most so many questions of one image.
        seed: for the order of the images.
        spare: times as many images as would do if each gave all it may.
    """
    cells: dict[str, Counter[Cell]] = defaultdict(Counter)
    for item in pool:
        cells[item.image_id][item.category, item.level] += 1
    least = math.ceil(spare * sum(targets.values()) / per_image)
    lacking = Counter({cell: math.ceil(_SPARE_SUPPLY * count) for cell, count in targets.items() if count})
    found: set[str] = set()
    for image in sorted(cells, key=lambda name: hashlib.sha256(f"{seed}/{name}".encode()).digest()):
        if len(found) < least or any(lacking[cell] > 0 for cell in cells[image]):
            found.add(image)
            # An image gives few questions in all, so what it holds of one cell is not counted in full.
            lacking.subtract({cell: min(count, _SAME_CELL) for cell, count in cells[image].items()})
    return frozenset(found)


class _Picker:
    """The state of one choice."""

    def __init__(self, pool: Sequence[Candidate], *, per_image: int, seed: int, together: int) -> None:
        self.pool = pool
        self.cells: list[Cell] = [(item.category, item.level) for item in pool]
        self.per_image = per_image
        self.together = together
        self.random = random.Random(seed)
        self.balance = Balance()
        self.used: Counter[str] = Counter()
        self.topics: Counter[tuple[str, ...]] = Counter()
        self.forms: Counter[tuple[str, int]] = Counter()
        self.categories: Counter[Category] = Counter()
        self.chosen: dict[int, None] = {}
        self.kept: frozenset[int] = frozenset()
        self.open: dict[Cell, list[int]] = defaultdict(list)
        for row, cell in enumerate(self.cells):
            self.open[cell].append(row)

    def keep(self, rows: Sequence[int]) -> None:
        """Takes rows for good."""
        self.kept = frozenset(rows)
        for row in rows:
            self._take(row)

    def fill(self, targets: Mapping[Cell, int]) -> None:
        """Picks all targets in one shuffled order, so that no cell has first call on the images."""
        have = Counter(self.cells[row] for row in self.chosen)
        order = [cell for cell, target in sorted(targets.items()) for _ in range(target - have[cell])]
        self.random.shuffle(order)
        for cell in order:
            self._pick(cell)

    def fill_from_anywhere(self, missing: int, targets: Mapping[Cell, int]) -> None:
        """Fills up from other levels of the category that lacks most, then from any category that is asked for."""
        deficits: Counter[Category] = Counter()
        for (category, _level), target in targets.items():
            deficits[category] += target
        for row in self.chosen:
            deficits[self.cells[row][0]] -= 1
        open_cells = {cell for cell in self.open if deficits[cell[0]] or targets.get(cell, 0)}
        while missing > 0 and open_cells:
            largest = max(deficits[category] for category, _level in open_cells)
            cell = self.random.choice(sorted(cell for cell in open_cells if deficits[cell[0]] == largest))
            if not self._pick(cell):
                open_cells.discard(cell)
                continue
            deficits[cell[0]] -= 1
            missing -= 1

    def swap(self) -> None:
        """Exchanges each chosen row for a candidate of its cell where that lowers the cost."""
        for row in [row for row in self.chosen if row not in self.kept]:
            cell = self.cells[row]
            self._drop(row)
            best = min([row, *self._shortlist(cell)], key=self._cost)
            if best != row:
                self.open[cell].append(row)
            self._take(best)

    def _pick(self, cell: Cell) -> bool:
        """Takes the best of a shortlist; False where the cell has nothing left."""
        candidates = self._shortlist(cell)
        while not candidates and self.open[cell]:  # a draw that finds nothing takes a row out, so this ends
            candidates = self._shortlist(cell)
        if candidates:
            self._take(min(candidates, key=self._cost))
        return bool(candidates)

    def _shortlist(self, cell: Cell) -> list[int]:
        """Random candidates of a cell; taken ones, and those whose image is full, leave the pool on the way.

        Empty where so many draws hit these alone, which does not say that the cell holds no other.
        """
        rows = self.open[cell]
        found: dict[int, None] = {}
        for _ in range(_SHORTLIST * 4):
            if len(found) >= min(_SHORTLIST, len(rows)):
                break
            place = self.random.randrange(len(rows))
            row = rows[place]
            if row in self.chosen or self.used[self.pool[row].image_id] >= self.per_image:
                rows[place] = rows[-1]
                rows.pop()
                continue
            found[row] = None
        return list(found)

    def _cost(self, row: int) -> float:
        item = self.pool[row]
        return (
            self.balance.cost(self._cues(row))
            + self._image_cost(self.used[item.image_id])
            + _TOPIC_WEIGHT * sum(self.topics[topic] for topic in _topics(item))
            + _FORM_WEIGHT * self.forms[item.form, item.option_count] / (1 + self.categories[item.category])
            - _RATING_WEIGHT * item.rating
        )

    def _image_cost(self, used: int) -> float:
        """Images are used evenly, call by call; an open call costs nothing more."""
        calls, begun = divmod(used, self.together)
        return _IMAGE_WEIGHT * calls - (_FILL_WEIGHT if begun else 0.0)

    def _cues(self, row: int) -> list[Shortcut]:
        return read_shortcuts(self.pool[row].shortcuts)

    def _take(self, row: int) -> None:
        self.chosen[row] = None
        self._note(row, sign=1)

    def _drop(self, row: int) -> None:
        del self.chosen[row]
        self._note(row, sign=-1)

    def _note(self, row: int, *, sign: int) -> None:
        item = self.pool[row]
        self.used[item.image_id] += sign
        for topic in _topics(item):
            self.topics[topic] += sign
        self.forms[item.form, item.option_count] += sign
        self.categories[item.category] += sign
        self.balance.add(self._cues(row), sign=sign)


def _topics(item: Candidate) -> tuple[tuple[str, ...], ...]:
    """The topic within its image, and the same within its category: asked twice there, it is a twin."""
    topic = (item.image_id, item.topic)
    return (topic, (*topic, item.category)) if item.topic else ()
