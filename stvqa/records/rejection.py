"""Rejections: what a stage refused, kept so that nothing is dropped silently.

Rejection(stage="load", reason="relationship-end-missing", record_id="vg:1/15927",
          detail="object 5046 is not in objects.json", scope="part")
"""

from __future__ import annotations

from typing import Literal

from stvqa.records.base import Record

__all__ = ["Rejection"]


class Rejection(Record):
    """A record, or a part of one, that a stage refused.

    Attributes:
        reason: a slug, lower case with hyphens; what run.json counts by.
        detail: one sentence with the values that led to it.
        scope: `record` where a whole image, question or row went; `part` where the record went on
            without it (an object or a relationship of an image). The limit on the share of
            rejections holds for `record`.
        payload: the refused thing as JSON, where it helps; empty otherwise.
    """

    stage: str
    reason: str
    record_id: str
    detail: str = ""
    scope: Literal["record", "part"] = "record"
    payload: str = ""
