"""What a whole stage did, from what its partitions did.

add_statistics([folder.part_statistics_of(number) for number in range(8)]).records_out
"""

from __future__ import annotations

from collections.abc import Iterable

from stvqa.store import StageStatistics

__all__ = ["add_statistics"]


def add_statistics(pieces: Iterable[StageStatistics]) -> StageStatistics:
    """The sum over partitions; reasons and counts are sorted by name."""
    totals = StageStatistics(parts=0).model_dump()
    for piece in pieces:
        totals["checksums"] |= piece.checksums
        for key, value in piece.model_dump(exclude={"checksums"}).items():
            if not isinstance(value, dict):
                totals[key] = None if None in (totals[key], value) else totals[key] + value
                continue
            for name, amount in value.items():
                totals[key][name] = totals[key].get(name, 0) + amount
    for key in ("rejected", "rejected_parts", "counts"):
        totals[key] = dict(sorted(totals[key].items()))
    return StageStatistics.model_validate(totals)
