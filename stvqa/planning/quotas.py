"""How many questions of which category and level a set should hold.

    quotas = cell_targets(7000, supply={("relation", "easy"): 90_000, ...})
    quotas.cells["relation", "easy"]     # 1400

Shares by default: half relations as in the paper's selection, the rest even; levels 40/40/20.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, Field

from stvqa.records import CATEGORIES, LEVELS, Category, Level

__all__ = [
    "DEFAULT_SHARES",
    "LEVEL_SHARES",
    "Cell",
    "LevelShares",
    "Quotas",
    "Shares",
    "cell_targets",
    "normalised",
    "quota_table",
]

DEFAULT_SHARES: dict[Category, float] = {
    category: 0.5 if category == "relation" else 0.5 / (len(CATEGORIES) - 1) for category in CATEGORIES
}
LEVEL_SHARES: dict[Level, float] = {"easy": 0.4, "medium": 0.4, "hard": 0.2}

Cell = tuple[Category, Level]
T = TypeVar("T")


def _some_share(shares: dict[T, float]) -> dict[T, float]:
    if not sum(shares.values()) > 0:
        raise ValueError("every share is 0: give at least one a positive number")
    return shares


_Share = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Shares = Annotated[dict[Category, _Share], AfterValidator(_some_share)]
"""Shares by category: numbers of 0 or more, any scale, not all 0."""
LevelShares = Annotated[dict[Level, _Share], AfterValidator(_some_share)]
"""The same by level."""

Array = NDArray[np.float64]
_ROUNDS = 200


def normalised(shares: Mapping[T, float]) -> dict[T, float]:
    """The same shares on the scale on which they add up to 1, whatever scale they were told on.

    Args:
        shares: numbers of 0 or more, not all 0.
    """
    largest = max(shares.values())  # so that no sum of them is too large or too small for a float
    whole = sum(share / largest for share in shares.values())
    return {name: share / largest / whole for name, share in shares.items()}


class Quotas(NamedTuple):
    """Targets and where they came from.

    Attributes:
        cells: questions by category and level.
        wanted: questions by category as the shares alone would have it.
        no_evidence: categories of which the source holds nothing; their share went to the others.
        short: categories of which the source holds too little, and by how much they fall short of `wanted`.
    """

    cells: dict[Cell, int]
    wanted: dict[Category, int]
    no_evidence: tuple[Category, ...]
    short: dict[Category, int]


def cell_targets(
    count: int,
    supply: Mapping[Cell, int],
    *,
    shares: Mapping[Category, float] = DEFAULT_SHARES,
    levels: Mapping[Level, float] = LEVEL_SHARES,
) -> Quotas:
    """Targets that the supply can meet, as near to the shares as it allows.

    Categories first: what one lacks goes to the others in proportion to their shares. Levels inside them by
    iterative proportional fitting, cut at the supply of each cell.

    Args:
        count: size of the set.
        supply: how many questions there are of each cell.
        shares: by category, any positive scale; 0 leaves a category out.
        levels: by level, any positive scale.
    """
    available = np.array([[supply.get((category, level), 0) for level in LEVELS] for category in CATEGORIES])
    shares, levels = normalised(shares), normalised(levels)
    weights = np.array([shares.get(category, 0.0) for category in CATEGORIES])
    wanted = _whole(weights * count, count)
    rows = _fill(weights, available.sum(axis=1), count)
    columns = np.array([levels.get(level, 0.0) for level in LEVELS])
    cells = _fit(rows, columns, available)
    named = {
        (category, level): int(cells[row, column])
        for row, category in enumerate(CATEGORIES)
        for column, level in enumerate(LEVELS)
    }
    empty = tuple(name for row, name in enumerate(CATEGORIES) if weights[row] > 0 and not available[row].sum())
    short = {
        name: int(wanted[row] - rows[row])
        for row, name in enumerate(CATEGORIES)
        if rows[row] < wanted[row] and name not in empty
    }
    by_name = {name: int(wanted[row]) for row, name in enumerate(CATEGORIES)}
    return Quotas(named, by_name, empty, short)


def quota_table(wanted: Mapping[Category, int], found: Mapping[Category, int], why: Mapping[Category, str]) -> str:
    """A table for people: category, wanted, found, missing, why."""
    lines = [f"{'category':<18}{'wanted':>8}{'found':>8}{'missing':>9}  why"]
    for category in CATEGORIES:
        missing = max(0, wanted.get(category, 0) - found.get(category, 0))
        lines.append(
            f"{category:<18}{wanted.get(category, 0):>8}{found.get(category, 0):>8}{missing:>9}"
            f"  {why.get(category, '') if missing else ''}".rstrip()
        )
    return "\n".join(lines)


def _fill(weights: Array, available: Array, count: int) -> Array:
    """Shares of `count` cut at what is available; what is cut off goes to the rest."""
    given = np.zeros(len(weights))
    open_rows = (weights > 0) & (available > 0)
    while open_rows.any() and given.sum() < count:
        rest = count - given.sum()
        wish = given + np.where(open_rows, weights, 0) / weights[open_rows].sum() * rest
        given = np.minimum(wish, available)
        if (given >= wish - 1e-9).all():
            break
        open_rows &= given < available
    return _whole(given, min(count, int(available[weights > 0].sum())), most=available)


def _fit(rows: Array, levels: Array, available: Array) -> Array:
    """Cells with these row sums and, as far as the supply allows, these level shares."""
    total = rows.sum()
    cells = np.where(available > 0, rows[:, None] * levels[None, :], 0.0)
    for _ in range(_ROUNDS):
        cells = np.minimum(cells * _ratio(levels * total, cells.sum(axis=0))[None, :], available)
        cells = _raise_rows(cells, rows, available)
    whole = np.zeros_like(cells)
    for row in range(len(rows)):
        whole[row] = _whole(cells[row], int(rows[row]), most=available[row])
    return whole


def _raise_rows(cells: Array, rows: Array, available: Array) -> Array:
    """Scales each row to its sum; what a full cell cannot take goes to the row's other cells."""
    scaled = np.minimum(cells * _ratio(rows, cells.sum(axis=1))[:, None], available)
    lack = rows - scaled.sum(axis=1)
    room = available - scaled
    return np.asarray(scaled + room * np.clip(_ratio(lack, room.sum(axis=1)), 0, 1)[:, None])


def _ratio(wanted: Array, found: Array) -> Array:
    return np.divide(wanted, found, out=np.zeros_like(found, dtype=np.float64), where=found > 0)


def _whole(values: Array, total: int, *, most: Array | None = None) -> Array:
    """Whole numbers that add up to `total`, by largest remainder, none above `most`."""
    whole = np.floor(values + 1e-9)
    order = np.argsort(whole - values, kind="stable")
    limit = np.full(len(values), np.inf) if most is None else most
    while whole.sum() < total:
        raised = False
        for row in order:
            if whole.sum() < total and whole[row] < limit[row] and (values[row] > 0 or most is not None):
                whole[row] += 1
                raised = True
        if not raised:
            break
    return whole
