"""The shapes of GQA's objects, read entry by entry, so that a broken one costs nothing but itself.

objects = read_objects(scene["objects"], findings)
raw_objects(objects, findings), raw_triples(objects, findings)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, RootModel

from stvqa.sources.assembly import Findings, RawObject, RawTriple
from stvqa.sources.assembly.salvage import Parts, salvage

__all__ = ["GqaObject", "count_relations", "raw_objects", "raw_triples", "read_objects"]

_OBJECTS = Parts("objects", "object-malformed")
_FROM_BOXES = frozenset({"to the left of", "to the right of"})


class _Relation(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    object: str
    name: str


class _Attribute(RootModel[str]):
    """An adjective."""


class GqaObject(BaseModel):
    """An object; what is in its lists is looked at one by one, so that a broken entry costs nothing else."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str
    x: float
    y: float
    w: float
    h: float
    attributes: Any = ()
    relations: Any = ()


Entry = TypeVar("Entry", _Relation, _Attribute)


def read_objects(objects: Mapping[str, Any], findings: Findings) -> dict[str, GqaObject]:
    """The objects of a scene that fit, by id; each other one is refused, `object-malformed`.

    Ids are whole numbers in text; by length, then by letters is their order as numbers.
    """
    ordered = sorted(objects.items(), key=lambda item: (len(item[0]), item[0]))
    return salvage(ordered, _OBJECTS, model=GqaObject, findings=findings)


def count_relations(objects: Mapping[str, Any]) -> int:
    """How many relations the objects of a scene list, whatever these look like."""
    lists = (entry.get("relations") for entry in objects.values() if isinstance(entry, dict))
    return sum(len(entries) for entries in lists if isinstance(entries, list))


def raw_objects(objects: Mapping[str, GqaObject], findings: Findings) -> list[RawObject]:
    """Objects with the attributes that can be read; each other one is refused, `attributes-malformed`."""
    found = []
    for key, entry in objects.items():
        parts = Parts(f"{key}/attributes", "attributes-malformed")
        words = _entries(entry.attributes, parts, model=_Attribute, findings=findings).values()
        found.append(
            RawObject(
                key,
                (entry.name,),
                entry.x,
                entry.y,
                width=entry.w,
                height=entry.h,
                attributes=tuple(word.root for word in words),
            )
        )
    return found


def raw_triples(objects: Mapping[str, GqaObject], findings: Findings) -> list[RawTriple]:
    """All relations that can be read but those that were worked out from boxes; each other one is refused,
    `relationship-malformed`.
    """
    found = []
    for key, entry in objects.items():
        parts = Parts(f"{key}/relations", "relationship-malformed")
        for number, relation in _entries(entry.relations, parts, model=_Relation, findings=findings).items():
            if relation.name in _FROM_BOXES:
                findings.mend("relationship-from-boxes")
                continue
            found.append(RawTriple(f"{parts.member}[{number}]", key, relation.name, relation.object))
    return found


def _entries(value: object, parts: Parts, *, model: type[Entry], findings: Findings) -> dict[int, Entry]:
    """The entries of an object's list that fit, by place. Null is an empty list; anything else costs the list."""
    if value is None:
        findings.mend("list-null")
        return {}
    if not isinstance(value, list | tuple):
        findings.refuse(parts.reason, part=parts.member, detail=f"a {type(value).__name__} where a list was expected")
        return {}
    return salvage(enumerate(value), parts, model=model, findings=findings)
