"""What a program says of a claim.

Verdict(True, 3.2, "geometric", "offset: +3.20 of the margin")
"""

from __future__ import annotations

from typing import NamedTuple

from stvqa.records import Evidence

__all__ = ["UNKNOWN", "Verdict"]


class Verdict(NamedTuple):
    """True, false, or too close to call.

    Attributes:
        value: True, False, or None for too close to call (or not known).
        margin: signed clearance in units of the margin asked for: >= 1 true, <= -1 false, between
            too close; None where the verdict rests on a triple or a count, which have no scale.
        evidence: what it rests on; of several, the weakest.
        why: one clause with the measured values, for people.
    """

    value: bool | None
    margin: float | None
    evidence: Evidence
    why: str


UNKNOWN = Verdict(None, 0.0, "geometric", "nothing in the graph decides it")
