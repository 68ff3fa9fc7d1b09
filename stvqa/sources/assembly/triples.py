"""Relationships of one image: ends found, predicates in canonical form, each triple once.

ON (5045, 5046) twice   ->   ("shade", "on", "street") once, mends triple-repeated and predicate-case
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from stvqa.sources.assembly.findings import Findings
from stvqa.sources.assembly.limits import long_text
from stvqa.sources.assembly.names import is_unfit
from stvqa.sources.assembly.raw import RawTriple
from stvqa.texts import one_line, unfit
from stvqa.vocabulary import canonical_predicate

__all__ = ["ResolvedTriple", "resolve_triples"]

_SHOWN = 80


class ResolvedTriple(NamedTuple):
    """A triple of object positions round a canonical predicate."""

    subject: int
    predicate: str
    object: int


class _Predicate(NamedTuple):
    canonical: str | None
    mend: str


def resolve_triples(
    triples: Iterable[RawTriple], places: Mapping[str, int | None], *, findings: Findings
) -> list[ResolvedTriple]:
    """Triples whose ends are there, each once, in the order in which they came.

    Refused as parts: `relationship-too-long`, `predicate-empty`, `predicate-unfit` (`stvqa.texts`), `predicate-junk`,
    `relationship-end-missing`, `relationship-end-refused` (its object was), `relationship-self`.

    Args:
        triples: as annotated.
        places: key of each raw object to its position among the objects that are left, after merging;
            None where the object was refused.
        findings: takes mends and refusals.
    """
    found: dict[ResolvedTriple, None] = {}
    for triple in triples:
        resolved = _resolve(triple, places, findings)
        if resolved is None:
            continue
        if resolved in found:
            findings.mend("triple-repeated")
        found[resolved] = None
    return list(found)


def _resolve(triple: RawTriple, places: Mapping[str, int | None], findings: Findings) -> ResolvedTriple | None:
    if too_long := long_text(triple.predicate):
        findings.refuse("relationship-too-long", part=triple.key, detail=too_long)
        return None
    if is_unfit(triple.predicate):
        detail = f"{one_line(triple.predicate[:_SHOWN])}: {unfit(triple.predicate)}"
        findings.refuse("predicate-unfit", part=triple.key, detail=detail)
        return None
    predicate = _canonical(triple.predicate)
    if predicate.canonical is None:
        empty = not triple.predicate.strip()
        detail = "the predicate is empty" if empty else f"{triple.predicate!r} says no relation"
        findings.refuse("predicate-empty" if empty else "predicate-junk", part=triple.key, detail=detail)
        return None
    ends: list[int] = []
    for key in (triple.subject, triple.object):
        if key not in places:
            findings.refuse("relationship-end-missing", part=triple.key, detail=f"object {key} is not annotated")
            return None
        place = places[key]
        if place is None:
            findings.refuse("relationship-end-refused", part=triple.key, detail=f"object {key} was refused")
            return None
        ends.append(place)
    subject, object_ = ends
    if subject == object_:
        merged = "" if triple.subject == triple.object else ", two boxes of one thing"
        detail = f"{triple.subject} {predicate.canonical} {triple.object}{merged}"
        findings.refuse("relationship-self", part=triple.key, detail=detail)
        return None
    if predicate.mend:
        findings.mend(predicate.mend)
    return ResolvedTriple(subject, predicate.canonical, object_)


@lru_cache(maxsize=1 << 13)
def _canonical(raw: str) -> _Predicate:
    canonical = canonical_predicate(raw)
    if canonical is None or canonical == raw:
        return _Predicate(canonical, "")
    return _Predicate(canonical, "predicate-case" if canonical == raw.lower().strip() else "predicate-canonical-form")
