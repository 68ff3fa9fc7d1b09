"""The page's index: of every row what lists, filters, search and charts need, column by column.

    index = Index()
    index.add(entry, teacher="rules")
    index.as_json()["facets"]["category"]    # {"values": ["relation", "size"], "codes": [0, 0, 1, ...]}

It is the one thing of the page that is held in memory whole, a few hundred bytes a row.
"""

from __future__ import annotations

import hashlib
from typing import Any

from stvqa.records import CATEGORIES, LEVELS
from stvqa.report.page.entries import Entry

__all__ = ["FACETS", "Index"]

FACETS = ("category", "level", "evidence", "verdict", "verifier", "blind", "source", "split", "teacher")

_ORDERS: dict[str, tuple[str, ...]] = {
    "category": CATEGORIES,
    "level": LEVELS,
    "evidence": ("geometric", "annotated", "simulated", "estimated", "teacher"),
    "verdict": ("proved", "teacher's word", "does not hold"),
    "verifier": ("all right", "not all right", "not asked"),
    "blind": ("right without the image", "wrong without the image", "not asked"),
    "split": ("train", "val"),
}
"""How the values of a facet are listed; others follow in the alphabet."""


class Index:
    """Columns that grow by a row at a time."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self._columns: dict[str, list[Any]] = {
            name: [] for name in ("image", "question", "words", "options", "answer", "margin", "rating")
        }
        self._facets: dict[str, list[str]] = {name: [] for name in FACETS}

    def add(self, entry: Entry) -> None:
        """Takes down one row."""
        facts = entry.facts
        values: dict[str, object] = {
            "image": entry.image,
            "question": entry.question,
            "words": _searched(entry),
            "options": len(entry.options),
            "answer": entry.answer,
            "margin": facts["margin"],
            "rating": facts["rating"],
        }
        facets = {
            **{name: str(facts[name]) for name in ("category", "level", "evidence", "source", "split", "teacher")},
            "verdict": entry.verdict,
            "verifier": _agreement(entry),
            "blind": _blind(facts["blind_correct"]),
        }
        self.ids.append(entry.id)
        for name, column in self._columns.items():
            column.append(values[name])
        for name, column in self._facets.items():
            column.append(facets[name])

    def digest(self) -> str:
        """The set's name for marks and errata, see `stvqa.records.Errata`."""
        return hashlib.sha256("\n".join(sorted(self.ids)).encode()).hexdigest()[:16]

    def as_json(self) -> dict[str, Any]:
        """The index as the page reads it."""
        facets = {}
        for name, column in self._facets.items():
            order = {value: place for place, value in enumerate(_ORDERS.get(name, ()))}
            values = sorted(set(column), key=lambda value: (order.get(value, len(order)), value))
            codes = {value: code for code, value in enumerate(values)}
            facets[name] = {"values": values, "codes": [codes[value] for value in column]}
        return {"ids": self.ids, **self._columns, "facets": facets}


def _searched(entry: Entry) -> str:
    """What search looks through beside the question: options, names of objects, predicates, the image's id."""
    names = dict.fromkeys(item.name for item in entry.objects)
    return " | ".join([*(item.text for item in entry.options), *names, *entry.relationships, entry.image_id])


def _agreement(entry: Entry) -> str:
    """What verifiers who saw the image said."""
    seeing = [vote for vote in entry.votes if not vote.blind]
    if not seeing:
        return "not asked"
    right = (vote.choice == (entry.in_mirror if vote.mirrored else entry.answer) for vote in seeing)
    return "all right" if all(right) else "not all right"


def _blind(correct: object) -> str:
    if correct is None:
        return "not asked"
    return "right without the image" if correct else "wrong without the image"
