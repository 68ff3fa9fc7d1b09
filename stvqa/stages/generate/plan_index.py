"""The plan as a stage needs it that asks for its questions in an order of its own.

    index = PlanIndex(parts)
    index.planned[0]                          # Planned("vg:1/size/0d...", "vg:1", "size", "easy")
    for image_id, prospects in index.images({"vg:1"}): ...

Columns stay in memory; whole prospects are read again where they are needed, one image at a time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from stvqa.planning import Planned
from stvqa.records import Prospect
from stvqa.store import read_columns
from stvqa.store.parts import RECORD_COLUMN

__all__ = ["PlanIndex"]

_COLUMNS = ("prospect_id", "image_id", "category", "level")


class PlanIndex:
    """A plan by its columns.

    Attributes:
        planned: in the order of the plan; questions of one image stand together.
    """

    def __init__(self, parts: Sequence[Path]) -> None:
        self._parts = parts
        self.planned = [Planned(*row) for part in parts for row in _rows(part, _COLUMNS)]

    def by_category(self) -> Counter[str]:
        """How many questions of each category are planned."""
        return Counter(item.category for item in self.planned)

    def images(self, wanted: set[str]) -> Iterator[tuple[str, list[Prospect]]]:
        """All planned prospects of each wanted image, in the order of the plan."""
        current, found = "", list[Prospect]()
        for part in self._parts:
            for image_id, text in _rows(part, ("image_id", RECORD_COLUMN)):
                if image_id not in wanted:
                    continue
                if image_id != current:
                    if found:
                        yield current, found
                    current, found = image_id, []
                found.append(Prospect.model_validate_json(text))
        if found:
            yield current, found


def _rows(part: Path, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    return zip(*(column.to_pylist() for column in read_columns([part], columns).columns), strict=True)
