"""One image's objects from files that disagree: missing from one, boxed differently, merged under another id.

    objects.json         1058498 clock 421,91 79x339
    relationships.json   1058498 clock 421,91 79x339  ->  the same object
                         40131   man   238,249 60x262 ->  not in objects.json: taken from the end, which has it all
                         5046    street 0,0 9x9       ->  id known, box elsewhere: a second object under that id

In v1.0 most ends of relationships are missing from objects.json, in v1.4 more than a quarter; but an end
carries a name and a box, so it is an annotation like any other. Where several boxes stand under one id,
boxes that overlap by half or more are one place (the box of objects.json stands), others are kept apart:
either could be the id's, and two objects too many only make questions rarer, a wrong box makes them false.
Near-duplicates are merged later, by `stvqa.sources.assembly`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from stvqa.sources.assembly import Findings, RawObject, RawTriple
from stvqa.sources.assembly.boxes import overlap
from stvqa.sources.assembly.limits import (
    MOST_ATTRIBUTES,
    MOST_NAMES,
    MOST_OBJECTS,
    MOST_PLACES,
    Oversize,
    OversizeError,
)
from stvqa.sources.visual_genome.shapes import Link, Place, Relation

__all__ = ["Reconciler"]

SAME_PLACE_IOU = 0.5
"""Boxes under one id that overlap at least so much are one place; the usual threshold of detection."""


@dataclass(slots=True)
class _Draft:
    """An object in the making; `variant` counts the places of one id."""

    object_id: int
    variant: int
    box: tuple[float, float, float, float]
    names: list[str]
    attributes: list[str] = field(default_factory=list)

    @property
    def key(self) -> str:
        return str(self.object_id) if self.variant == 0 else f"{self.object_id}#{self.variant + 1}"


@dataclass(slots=True)
class Reconciler:
    """Gathers the places of one image; feed objects first, then attributes, then relationships.

    Mends: `object-repeated` (same id and place twice in objects.json), `object-id-split` (one id, several
    places), `object-from-relationship`, `object-from-attributes`, `box-disagrees` (boxes of two files
    differ; that of objects.json stands), `id-of-merged-object` (an id that lives on under another),
    `name-from-other-file`, `synsets-empty` (an object of objects.json without a meaning of its name).

    Raises:
        OversizeError: more objects, or places of one object, than an image may have.
    """

    findings: Findings
    drafts: dict[int, list[_Draft]] = field(default_factory=dict)
    merged_into: dict[int, int] = field(default_factory=dict)
    split_ids: set[int] = field(default_factory=set)
    count: int = 0

    def add_objects(self, places: Iterable[Place]) -> None:
        """Takes the objects of objects.json or scene_graphs.json."""
        for place in places:
            if place.synsets == []:
                self.findings.mend("synsets-empty")
            known = self.drafts.get(place.object_id)
            if known is None:
                self._start(place)
            elif (draft := _at(known, place)) is not None:
                self.findings.mend("object-repeated")
                _add_words(draft, place)
            else:
                self.findings.mend("object-id-split")
                self._start(place)
            for merged_id in place.merged_object_ids or ():
                self.merged_into.setdefault(merged_id, place.object_id)

    def add_attributes(self, places: Iterable[Place]) -> None:
        """Takes the entries of attributes.json."""
        for place in places:
            self._find_or_start(place, missing="object-from-attributes")

    def relate(self, relations: Iterable[Relation]) -> list[RawTriple]:
        """Triples of relationships.json; ends that no file holds become objects."""
        return [
            RawTriple(
                key=str(relation.relationship_id),
                subject=self._find_or_start(relation.subject, missing="object-from-relationship").key,
                predicate=relation.predicate,
                object=self._find_or_start(relation.object, missing="object-from-relationship").key,
            )
            for relation in relations
        ]

    def link(self, links: Iterable[Link]) -> list[RawTriple]:
        """Triples of scene_graphs.json. An end under whose id several places stand is refused:
        `relationship-end-ambiguous`.
        """
        found = []
        for link in links:
            subject, object_ = self._live_id(link.subject_id), self._live_id(link.object_id)
            doubtful = {subject, object_} & self.split_ids
            if doubtful:
                detail = f"object {' and '.join(map(str, sorted(doubtful)))} has boxes in several places"
                self.findings.refuse("relationship-end-ambiguous", part=str(link.relationship_id), detail=detail)
                continue
            found.append(RawTriple(str(link.relationship_id), str(subject), link.predicate, str(object_)))
        return found

    def objects(self) -> list[RawObject]:
        """All objects, by source id, which is the order that numbers them."""
        return [
            RawObject(draft.key, tuple(draft.names), *draft.box, attributes=tuple(draft.attributes))
            for object_id in sorted(self.drafts)
            for draft in self.drafts[object_id]
        ]

    def _live_id(self, object_id: int) -> int:
        """The id under which a merged object lives on, or the id itself."""
        if object_id in self.drafts or object_id not in self.merged_into:
            return object_id
        self.findings.mend("id-of-merged-object")
        return self.merged_into[object_id]

    def _find_or_start(self, place: Place, *, missing: str) -> _Draft:
        known = self.drafts.get(place.object_id)
        if known is not None and known[0].box == place.box:
            if _add_words(known[0], place):
                self.findings.mend("name-from-other-file")
            return known[0]
        object_id = self._live_id(place.object_id)
        known = self.drafts.get(object_id)
        if known is None:
            self.findings.mend(missing)
            return self._start(place)
        draft = _at(known, place)
        if draft is None:
            self.findings.mend("object-id-split")
            return self._start(place, object_id=object_id)
        if draft.box != place.box:
            self.findings.mend("box-disagrees")
        if _add_words(draft, place):
            self.findings.mend("name-from-other-file")
        return draft

    def _start(self, place: Place, *, object_id: int | None = None) -> _Draft:
        object_id = place.object_id if object_id is None else object_id
        drafts = self.drafts.setdefault(object_id, [])
        if drafts:
            self.split_ids.add(object_id)
        self.count += 1
        if self.count > MOST_OBJECTS or len(drafts) == MOST_PLACES:
            told = f"more than {MOST_OBJECTS:,} objects in an image, or {MOST_PLACES} places of one: take some out"
            raise OversizeError(Oversize("too-many-objects", told))
        draft = _Draft(object_id, len(drafts), place.box, list(place.all_names), list(place.attributes or ()))
        drafts.append(draft)
        return draft


def _at(drafts: list[_Draft], place: Place) -> _Draft | None:
    """The draft that lies where the place does, the best one of several; None where none does."""
    first = drafts[0]
    if len(drafts) == 1:
        return first if overlap(first.box, place.box) >= SAME_PLACE_IOU else None
    best = max(drafts, key=lambda draft: overlap(draft.box, place.box))
    return best if overlap(best.box, place.box) >= SAME_PLACE_IOU else None


def _add_words(draft: _Draft, place: Place) -> bool:
    """Adds names and attributes that are new; tells whether a name was. Of too many there stays one too many."""
    if place.attributes and len(draft.attributes) <= MOST_ATTRIBUTES:
        draft.attributes.extend(word for word in place.attributes if word not in draft.attributes)
    if (place.name in draft.names and not place.names) or len(draft.names) > MOST_NAMES:
        return False
    new = [name for name in place.all_names if name not in draft.names]
    draft.names.extend(new)
    return bool(new)
