"""Errata: rows of a published set that a person found wrong; what report.html exports and later releases take.

{"format": "stvqa-errata/1", "set": "stvqa-7k", "set_digest": "9f2c...",
 "errata": [{"row_id": "4f0c2d9a1b7e3c55", "reason": "answer-wrong", "comment": "the cup is behind the lamp"}]}
"""

from __future__ import annotations

from typing import Literal

from stvqa.records.base import Record

__all__ = ["Errata", "Erratum", "ErratumReason"]

ErratumReason = Literal["answer-wrong", "two-right", "question-unclear", "box-wrong", "image-unfit", "other"]
"""The published answer is not right; so is another option; the question can be read two ways; a box or a name of the
graph is wrong; the image cannot show it; what the comment says."""


class Erratum(Record):
    """One row that is wrong.

    Attributes:
        row_id: column `row_id` of the set.
        comment: in the reader's own words; may be empty.
    """

    row_id: str
    reason: ErratumReason = "answer-wrong"
    comment: str = ""


class Errata(Record):
    """All rows of one set that were found wrong.

    Attributes:
        set: the run's name, for people.
        set_digest: sha256 of the set's row ids in alphabetical order, one a line, first 16 hex digits; row ids are
            stable, so errata of one release can be looked up in the next all the same.
        errata: in the order of the set, each row once.
    """

    format: Literal["stvqa-errata/1"] = "stvqa-errata/1"
    set: str
    set_digest: str
    errata: tuple[Erratum, ...]
