"""The VG150 part of Visual Genome as a `datasets` set, from the Hub or a local folder: `Vg150Source`.

    {"image_id": "2331234", "image": <bytes>, "objects": '[{"id": "person.1", "bbox": [120, 200, 350, 700]}]',
     "relationships": '[{"subject": "person.1", "predicate": "riding", "object": "bike.2"}]'}

The set the paper used: 56,224 images with their pixels, boxes x1, y1, x2, y2 in original pixels. `objects` and
`relationships` are JSON strings, in some copies lists. Object ids are unique within an image, but their
numbers mean nothing; the name stands before the dot.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict
from pydantic_core import from_json

from stvqa.pictures import ImageUnreadable, picture_header
from stvqa.records import ImageReference, Rejection, SceneGraph
from stvqa.sources.assembly import Findings, RawObject, RawTriple, SceneFrame, agree_on_frame, assemble_scene
from stvqa.sources.assembly.limits import ID_UNUSABLE, OversizeError, id_fault, oversized, too_large
from stvqa.sources.assembly.salvage import Parts, salvage
from stvqa.sources.contract import Partition
from stvqa.sources.images import dataset_location
from stvqa.sources.marks import mark_of_folder
from stvqa.sources.vg150_rows import content_mark, first_line, open_rows, repeated_rows

__all__ = ["VG150_HUB_ID", "Vg150Source"]

VG150_HUB_ID = "JosephZ/vg150_train_sgg_prompt"
PARTITION_SIZE = 200


class _Object(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    bbox: tuple[float, float, float, float]


class _Relation(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    subject: str
    predicate: str
    object: str


class _Locator(NamedTuple):
    """A partition: rows from `start` to before `stop`; `repeated` are those to be refused."""

    start: int
    stop: int
    repeated: list[int]


_OBJECTS = Parts("objects", "object-malformed")
_RELATIONS = Parts("relationships", "relationship-malformed")


class Vg150Source:
    """Scene graphs of a set of VG150 shape.

    Record rejections: `annotation-malformed` (also where no object can be read), `annotation-too-large`,
    `image-id-unusable` (no plain name), `image-missing`, `image-repeated` (an earlier row has the image id: what
    is said of one id is said of one picture), those of `stvqa.pictures` (`image-unreadable`, `image-too-large`), and of
    `stvqa.sources.assembly` (`too-many-objects`, `too-many-relationships`, `image-orientation-ambiguous`,
    `boxes-do-not-fit`, `no-objects`). Part
    rejections of its own: `object-malformed`, `relationship-malformed`, `relationship-end-ambiguous`.

    Args:
        path_or_hub_id: a Hub id, or a folder of parquet files or of `save_to_disk`; a folder is kept as an
            absolute path, so that its images are found from any working directory.
        split: which split of it.
    """

    name = "vg150"

    def __init__(self, path_or_hub_id: str = VG150_HUB_ID, *, split: str = "train") -> None:
        folder = Path(path_or_hub_id)
        self.path_or_hub_id = str(folder.resolve()) if folder.exists() else path_or_hub_id
        self.split = split

    def fingerprint(self) -> str:
        """Path or id, split, number of rows, the annotation of the first and last of them; of a folder also
        names, sizes and times of change of its files.
        """
        rows = open_rows(self.path_or_hub_id, split=self.split)
        described = f"{self.path_or_hub_id}|{self.split}|{len(rows)}|{PARTITION_SIZE}|{content_mark(rows)}"
        digest = hashlib.sha256(described.encode())
        folder = Path(self.path_or_hub_id)
        if folder.is_dir():
            digest.update(mark_of_folder(folder, nested=True))
        return digest.hexdigest()

    def partitions(self, *, limit: int | None) -> list[Partition]:
        """Ranges of `PARTITION_SIZE` rows, in the set's order. See the contract.

        Raises:
            InputError: no such set, no network, or a set of another shape.
        """
        rows = open_rows(self.path_or_hub_id, split=self.split)
        total = len(rows) if limit is None else min(limit, len(rows))
        repeated = repeated_rows(rows, total)
        pieces = [range(start, min(start + PARTITION_SIZE, total)) for start in range(0, total, PARTITION_SIZE)]
        locators = [_Locator(piece.start, piece.stop, sorted(repeated.intersection(piece))) for piece in pieces]
        return [Partition(number=number, locator=json.dumps(locator)) for number, locator in enumerate(locators)]

    def read(self, partition: Partition) -> Iterator[SceneGraph | Rejection]:
        """One image at a time: refused parts first, then the graph or the rejection of the image."""
        locator = _Locator(*json.loads(partition.locator))
        rows = open_rows(self.path_or_hub_id, split=self.split)
        for row in range(locator.start, locator.stop):
            values = rows[row]
            image_id = str(values["image_id"])
            if fault := id_fault(image_id):
                findings = Findings(f"{self.name}:row-{row}")
                yield findings.refuse_image(ID_UNUSABLE, detail=f"the image id {fault}")
                continue
            if row in locator.repeated:
                # Named apart from the row that counts, whose record has the plain id.
                findings = Findings(f"{self.name}:{image_id}/row-{row}")
                yield findings.refuse_image("image-repeated", detail=f"an earlier row has the image id {image_id} too")
                continue
            findings = Findings(f"{self.name}:{image_id}")
            outcome = self._scene(values, row, findings=findings)
            yield from findings.rejections
            yield outcome

    def _scene(self, values: dict[str, Any], row: int, *, findings: Findings) -> SceneGraph | Rejection:
        encoded = (values["image"] or {}).get("bytes")
        if not encoded:
            return findings.refuse_image("image-missing", detail=f"row {row} holds no image bytes")
        try:
            header = picture_header(encoded)
        except ImageUnreadable as error:
            return findings.refuse_image(error.reason, detail=str(error))
        try:
            entries, links = _listed(values["objects"], _OBJECTS), _listed(values["relationships"], _RELATIONS)
            if (oversize := oversized(len(entries), len(links))) is not None:
                return findings.refuse_too_large(oversize)
        except OversizeError as error:
            return findings.refuse_too_large(error.oversize)
        except ValueError as error:
            return findings.refuse_image("annotation-malformed", detail=f"row {row}: {first_line(error)}")
        objects = salvage(entries, _OBJECTS, model=_Object, findings=findings)
        if entries and not objects:
            return findings.refuse_unreadable("annotation-malformed")
        relations = salvage(links, _RELATIONS, model=_Relation, findings=findings)
        if header.grayscale:
            findings.mend("image-grayscale")
        raw = _raw_objects(tuple(objects.values()))
        framed = agree_on_frame(header, raw, stated=None, findings=findings)
        if isinstance(framed, Rejection):
            return framed
        size = framed or header.size
        location = dataset_location(self.path_or_hub_id, split=self.split, row=row)
        frame = SceneFrame(
            findings.image_id,
            self.name,
            str(values["image_id"]),
            coco_id=None,
            width=size.width,
            height=size.height,
            image=ImageReference(kind="dataset", location=location),
        )
        triples = _raw_triples(relations, tuple(objects.values()), findings)
        return assemble_scene(frame, raw, triples=triples, findings=findings, cornered=True)


def _listed(value: object, parts: Parts) -> list[tuple[int, Any]]:
    """A column's value, JSON string or list, as numbered entries; None is an empty list.

    Raises:
        OversizeError: too much JSON to be read.
        ValueError: neither JSON nor a list.
    """
    if isinstance(value, str | bytes) and (oversize := too_large(len(value))) is not None:
        raise OversizeError(oversize)
    entries = from_json(value) if isinstance(value, str | bytes) else value
    if entries is not None and not isinstance(entries, list):
        raise ValueError(f"{parts.member}: a {type(entries).__name__} where a list was expected")
    return list(enumerate(entries or ()))


def _raw_objects(objects: tuple[_Object, ...]) -> list[RawObject]:
    """In the row's order, which numbers them: the numbers in the ids are not to be relied on."""
    return [
        RawObject(
            key=f"{entry.id}#{number}",
            names=(entry.id.rpartition(".")[0].replace("_", " ") or entry.id,),
            x=entry.bbox[0],
            y=entry.bbox[1],
            width=entry.bbox[2] - entry.bbox[0],
            height=entry.bbox[3] - entry.bbox[1],
        )
        for number, entry in enumerate(objects)
    ]


def _raw_triples(
    relations: Mapping[int, _Relation], objects: tuple[_Object, ...], findings: Findings
) -> list[RawTriple]:
    """Triples between keys of `_raw_objects`. One whose end is an id that several objects of the row have is
    refused, `relationship-end-ambiguous`.
    """
    counts = Counter(entry.id for entry in objects)
    keys = {entry.id: f"{entry.id}#{number}" for number, entry in enumerate(objects)}
    found = []
    for number, relation in relations.items():
        part = f"relationships[{number}]"
        repeated = [end for end in (relation.subject, relation.object) if counts[end] > 1]
        if repeated:
            findings.refuse("relationship-end-ambiguous", part=part, detail=f"several objects are {repeated[0]}")
            continue
        subject, object_ = (keys.get(end, end) for end in (relation.subject, relation.object))
        found.append(RawTriple(part, subject, relation.predicate, object_))
    return found
