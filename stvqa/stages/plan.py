"""plan: which prospects become questions, so that the quotas of the whole set hold.

    Plan(n=7000, reserve=1.5, questions_per_image=12)

Decided from the seed before any call, so that what follows is parallel and repeatable. It reads columns,
keeps a bounded pool of each category and level, and hands on the chosen prospects in their order.
"""

from __future__ import annotations

import hashlib
import heapq
import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

from stvqa.planning import (
    CANDIDATE_COLUMNS,
    DEFAULT_SHARES,
    LEVEL_SHARES,
    Candidate,
    Cell,
    LevelShares,
    Quotas,
    Shares,
    cell_targets,
    choose,
    enough_images,
    normalised,
)
from stvqa.records import CATEGORIES, Prospect
from stvqa.stages.contract import GatherStage, StageContext, random_for
from stvqa.store import read_columns, read_part

__all__ = ["Plan"]

_COLUMNS = ("prospect_id", *CANDIDATE_COLUMNS)
_POOL_FACTOR = 12
_POOL_LEAST = 2000
_SPARE_IMAGES = (1.0, 1.15, 2.0)
"""Tried in turn: times as many images as would do if each gave a full call."""


class Plan(GatherStage[Prospect]):
    """Chooses prospects.

    Attributes:
        n: rows the finished set shall have.
        reserve: how many times `n` questions are written, to replace what later stages refuse.
        shares: of the set, by category, any positive scale; a category that is left out gets none.
        levels: of the set, by level.
        questions_per_image: at most; images are used as evenly as the quotas allow.
        questions_per_call: where a model is asked for several questions of one image at a time, so many: then as few
            images are used as give full calls and all categories. None, or 1: as many images as there are.
        rows_per_part: size of the parts handed on, one task each.
    """

    name = "plan"
    reads: ClassVar[type[Prospect]] = Prospect
    writes: ClassVar[type[Prospect]] = Prospect
    version: ClassVar[int] = 3

    agreed: ClassVar[frozenset[str]] = frozenset({"n", "shares", "levels", "questions_per_image", "questions_per_call"})

    n: int = Field(ge=1)
    reserve: float = Field(default=2.0, ge=1, le=100)
    shares: Shares = DEFAULT_SHARES
    levels: LevelShares = LEVEL_SHARES
    questions_per_image: int = Field(default=12, ge=1)
    questions_per_call: int | None = Field(default=None, ge=1, le=12)
    rows_per_part: int = Field(default=100, ge=1)

    def run(self, parts: Sequence[Path], context: StageContext) -> Iterator[Sequence[Prospect]]:
        """The chosen prospects, in the order of their parts."""
        wanted = round(self.n * self.reserve)
        supply = _supply(parts)
        quotas = cell_targets(wanted, supply, shares=self.shares, levels=self.levels)
        pools = self._pools(parts, self._rooms(wanted, quotas), context.seed)
        candidates = [item for cell in sorted(pools) for item in pools[cell]]
        seed = random_for(context.seed, self.name, "choose").getrandbits(64)
        if (self.questions_per_call or 1) > 1:
            chosen = self._together(candidates, quotas, wanted=wanted, seed=seed)
        else:
            rows = choose(candidates, quotas.cells, per_image=self.questions_per_image, seed=seed, total=wanted)
            chosen = [candidates[row] for row in rows]
        context.figures.update(self._figures(quotas, supply, chosen))
        yield from self._batches(parts, {item.name for item in chosen})

    def _together(self, candidates: Sequence[Candidate], quotas: Quotas, *, wanted: int, seed: int) -> list[Candidate]:
        """Chosen from few images: no more of one than fill its calls, and more calls of one only where need be."""
        per_call, rows = self.questions_per_call or 1, list[int]()
        for calls in range(1, 1 + max(1, math.ceil(self.questions_per_image / per_call))):
            most = min(calls * per_call, self.questions_per_image)
            for spare in _SPARE_IMAGES:
                images = enough_images(candidates, quotas.cells, per_image=most, seed=seed, spare=spare)
                pool = [item for item in candidates if item.image_id in images]
                rows = choose(pool, quotas.cells, per_image=most, seed=seed, total=wanted, together=per_call)
                if len(rows) >= wanted:
                    return [pool[row] for row in rows]
        return [pool[row] for row in rows]

    def _rooms(self, wanted: int, quotas: Quotas) -> dict[Cell, int]:
        """How many candidates of each cell are kept: many times what the shares ask for, or what the quotas give it."""
        shares, levels = normalised(self.shares), normalised(self.levels)
        return {
            cell: max(
                _POOL_LEAST,
                round(_POOL_FACTOR * max(target, wanted * shares.get(cell[0], 0.0) * levels.get(cell[1], 0.0))),
            )
            for cell, target in quotas.cells.items()
        }

    def _pools(self, parts: Sequence[Path], rooms: Mapping[Cell, int], seed: int) -> dict[Cell, list[Candidate]]:
        """Of each cell a bounded random sample (smallest hashes win)."""
        heaps: dict[Cell, list[tuple[int, Candidate]]] = defaultdict(list)
        for part in parts:
            for values in zip(*(column.to_pylist() for column in read_columns([part], _COLUMNS).columns), strict=True):
                item = Candidate(*values)
                cell = (item.category, item.level)
                entry = (-self._place(item, seed), item)
                if len(heaps[cell]) < rooms[cell]:
                    heapq.heappush(heaps[cell], entry)
                elif entry > heaps[cell][0]:
                    heapq.heapreplace(heaps[cell], entry)
        return {cell: [item for _, item in sorted(heap)] for cell, heap in heaps.items()}

    def _place(self, item: Candidate, seed: int) -> int:
        """A place in a random order; where images are asked about in full calls, by image, so that cells share them."""
        name = f"{item.image_id}\n{item.name}" if (self.questions_per_call or 1) > 1 else item.name
        places = [hashlib.sha256(f"{seed}/{part}".encode()).digest()[:8] for part in name.split("\n")]
        return int.from_bytes(b"".join(places), "big")

    def _batches(self, parts: Sequence[Path], chosen: set[str]) -> Iterator[list[Prospect]]:
        batch: list[Prospect] = []
        for part in parts:
            for prospect in read_part(part, model=Prospect):
                if prospect.prospect_id in chosen:
                    batch.append(prospect)
                if len(batch) == self.rows_per_part:
                    yield batch
                    batch = []
        if batch:
            yield batch

    def _figures(self, quotas: Quotas, supply: Counter[Cell], chosen: Sequence[Candidate]) -> dict[str, Any]:
        given = Counter(item.category for item in chosen)
        return {
            "prospects": {
                category: sum(count for cell, count in supply.items() if cell[0] == category) for category in CATEGORIES
            },
            "wanted": quotas.wanted,
            "planned": {category: given[category] for category in CATEGORIES},
            "no_evidence": list(quotas.no_evidence),
            "short": quotas.short,
            "images": len({item.image_id for item in chosen}),
        }


def _supply(parts: Sequence[Path]) -> Counter[Cell]:
    """How many candidates there are of each cell."""
    supply: Counter[Cell] = Counter()
    for part in parts:
        columns = read_columns([part], ("category", "level")).columns
        supply.update(zip(*(column.to_pylist() for column in columns), strict=True))
    return supply
