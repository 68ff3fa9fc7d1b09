"""The scene graph of one image from its raw annotation.

assemble_scene(frame, [RawObject("7", ("Man",), 0, 0, 50, 90)], [], findings=Findings("vg:1"))
-> SceneGraph(..., objects=(SceneObject(id="man.1", name="man", box=(0, 0, 50, 90)),), mends={"name-normalised": 1})
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from stvqa.geometry import as_boxes
from stvqa.pictures import ImageSize
from stvqa.records import Box, Rejection, Relationship, SceneGraph, SceneObject
from stvqa.sources.assembly.boxes import fit_box
from stvqa.sources.assembly.duplicates import disputed, duplicate_of
from stvqa.sources.assembly.findings import Findings
from stvqa.sources.assembly.limits import long_part, oversized
from stvqa.sources.assembly.names import agree_on_names, is_unfit
from stvqa.sources.assembly.raw import RawObject, RawTriple, SceneFrame
from stvqa.sources.assembly.strays import do_not_fit, fitting_frames, named_frame, strays
from stvqa.sources.assembly.triples import resolve_triples
from stvqa.vocabulary import clean_name

__all__ = ["assemble_scene", "object_ids"]

_TELLING_SHARE = 1 / 3
"""Of an image's boxes; so many strays are no slips, and say something of the frame."""
_NOT_LETTERS = re.compile(r"[^a-z]+")


class _Thing(NamedTuple):
    """An object that passed on its own."""

    key: str
    names: tuple[str, ...]
    box: Box
    attributes: tuple[str, ...]


def assemble_scene(
    frame: SceneFrame,
    objects: Sequence[RawObject],
    *,
    triples: Iterable[RawTriple],
    findings: Findings,
    cornered: bool = False,
) -> SceneGraph | Rejection:
    """Mends what can be mended and builds the graph.

    Refused as parts: objects as in `names` and `boxes`, relationships as in `triples`; what is too long
    (`object-too-long`, `relationship-too-long`, see `limits`); and two people or animals in one place under names of
    different things (a cat, a dog), `names-disagree`. The image as a whole: `too-many-objects` and
    `too-many-relationships`, then without its parts; `no-objects`, where none is left, and `boxes-do-not-fit`, where
    more than a tenth of the boxes do not (`strays`). A graph without any relationship is counted, `no-relationships`.

    A refused object is no longer in the graph, so that another object of one of its names may look like the
    only one: beside a box that is "apple" or "milk" and therefore refused, or beside an apple whose box is empty, one
    more apple counts as the only apple. A graph has no way to hold what has no name or no box for certain and is never
    spoken of; how often the case can arise is told by the counts of `names-disagree` and of the refusals in `boxes`.

    Args:
        frame: the image; boxes are clipped to its size.
        objects: in a stable order, which numbers them (`man.1`, `man.2`).
        triples: between keys of `objects`.
        findings: takes mends and refused parts.
        cornered: the source writes boxes as corners, not as x, y, width and height.
    """
    triples = list(triples)
    if (too_much := oversized(len(objects), len(triples))) is not None:
        return findings.refuse_too_large(too_much)
    if do_not_fit(objects, ImageSize(frame.width, frame.height)):
        return _refuse_frame(frame, objects, findings, cornered=cornered)
    things = _undisputed([thing for raw in objects if (thing := _examine(raw, frame, findings))], findings)
    if not things:
        return findings.refuse_image("no-objects", detail=f"none of {len(objects)} annotated objects can be used")
    first = duplicate_of(as_boxes(thing.box for thing in things), [thing.names for thing in things])
    kept = sorted(set(first))
    if len(kept) < len(things):
        findings.mend("duplicate-merged", len(things) - len(kept))
    numbers = {index: number for number, index in enumerate(kept)}
    places: dict[str, int | None] = dict.fromkeys(raw.key for raw in objects)
    places.update({thing.key: numbers[index] for thing, index in zip(things, first, strict=True)})
    scene_objects = _scene_objects(things, first, kept)
    relationships = tuple(
        Relationship(
            subject=scene_objects[triple.subject].id,
            predicate=triple.predicate,
            object=scene_objects[triple.object].id,
        )
        for triple in resolve_triples(triples, places, findings=findings)
    )
    if not relationships:
        findings.mend("no-relationships")
    return SceneGraph(
        **frame._asdict(),
        objects=scene_objects,
        relationships=relationships,
        mends=dict(sorted(findings.mends.items())),
    )


def object_ids(names: Iterable[str]) -> list[str]:
    """Ids `name.N`, numbered from 1 within a name; letters and underscores before the dot.

    >>> object_ids(["traffic light", "t-shirt", "traffic light"])
    ['traffic_light.1', 't_shirt.1', 'traffic_light.2']
    """
    seen: Counter[str] = Counter()
    found = []
    for name in names:
        stem = _stem(name)
        seen[stem] += 1
        found.append(f"{stem}.{seen[stem]}")
    return found


def _refuse_frame(frame: SceneFrame, objects: Sequence[RawObject], findings: Findings, *, cornered: bool) -> Rejection:
    """The rejection of an image whose boxes are not in its pixels; its payload counts the frames that they fit."""
    size = ImageSize(frame.width, frame.height)
    counts = fitting_frames(objects, size, cornered=cornered)
    astray = strays(objects, size)
    detail = f"{astray} of {len(objects)} boxes do not fit the image of {size.width} x {size.height}"
    if astray >= len(objects) * _TELLING_SHARE and (words := named_frame(counts)):
        detail += f": they look like {words}"
    return findings.refuse_image("boxes-do-not-fit", detail=detail, payload=json.dumps(counts))


@lru_cache(maxsize=1 << 14)
def _stem(name: str) -> str:
    return _NOT_LETTERS.sub("_", name.lower()).strip("_") or "object"


def _examine(raw: RawObject, frame: SceneFrame, findings: Findings) -> _Thing | None:
    """One object on its own: names and box."""
    if too_long := long_part(raw):
        findings.refuse("object-too-long", part=raw.key, detail=too_long)
        return None
    agreed = agree_on_names(raw.names)
    if agreed.refusal:
        detail = f"names {', '.join(map(repr, raw.names)) or 'missing'}"
        findings.refuse(agreed.refusal, part=raw.key, detail=detail)
        return None
    fitted = fit_box(raw.x, raw.y, raw.width, raw.height, width=frame.width, height=frame.height)
    if fitted.box is None:
        detail = (
            f"{agreed.names[0]}: x {raw.x:g}, y {raw.y:g}, {raw.width:g} x {raw.height:g} "
            f"in an image of {frame.width} x {frame.height}"
        )
        findings.refuse(fitted.refusal, part=raw.key, detail=detail)
        return None
    for slug in agreed.mends + fitted.mends:
        findings.mend(slug)
    words = [word for word in raw.attributes if not is_unfit(word)]
    if len(words) < len(raw.attributes):
        findings.mend("attribute-unfit", len(raw.attributes) - len(words))
    attributes = tuple(dict.fromkeys(cleaned for word in words if (cleaned := clean_name(word))))
    return _Thing(raw.key, agreed.names, fitted.box, attributes)


def _undisputed(things: list[_Thing], findings: Findings) -> list[_Thing]:
    """Refuses people and animals that stand where one of another name does, with all that is merged with them."""
    boxes, names = as_boxes(thing.box for thing in things), [thing.names for thing in things]
    pairs = disputed(boxes, names) if things else []
    if not pairs:
        return things
    first = duplicate_of(boxes, names)
    others = {first[one]: things[other].names[0] for pair in pairs for one, other in (pair, pair[::-1])}
    for index, thing in zip(first, things, strict=True):
        if index in others:
            detail = f"names {', '.join(map(repr, thing.names))}, and {others[index]!r} in the same place"
            findings.refuse("names-disagree", part=thing.key, detail=detail)
    return [thing for index, thing in zip(first, things, strict=True) if index not in others]


def _scene_objects(things: Sequence[_Thing], first: Sequence[int], kept: Sequence[int]) -> tuple[SceneObject, ...]:
    """Things with their duplicates' names and attributes; the box is that of the first."""
    members: dict[int, list[_Thing]] = {index: [] for index in kept}
    for index, thing in zip(first, things, strict=True):
        members[index].append(thing)
    found = []
    for object_id, index in zip(object_ids(things[index].names[0] for index in kept), kept, strict=True):
        names, attributes = things[index].names, things[index].attributes
        if len(members[index]) > 1:
            names = tuple(dict.fromkeys(name for thing in members[index] for name in thing.names))
            attributes = tuple(dict.fromkeys(word for thing in members[index] for word in thing.attributes))
        found.append(
            SceneObject(
                id=object_id,
                name=names[0],
                box=things[index].box,
                names=names if len(names) > 1 else (),
                attributes=attributes,
            )
        )
    return tuple(found)
