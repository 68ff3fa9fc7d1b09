"""What a Visual Genome annotator would have written about a scene: shaky boxes, gaps, other names.

annotation = annotate(scene, Noise())
annotation.objects[0]     # {"object_id": 1000640, "x": 203, "y": 98, "w": 61, "h": 140, "names": ["guy"], ...}
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from pydantic import Field

from stvqa.records import Record
from stvqa.sources.demo.relations import Triple, casual_triples, exact_triples
from stvqa.sources.demo.scenes import Scene
from stvqa.sources.demo.seeded import seeded
from stvqa.sources.demo.source import attributes_of

__all__ = ["SYNONYMS", "Annotation", "Noise", "annotate"]

_OBJECTS_AN_IMAGE = 64
_RELATIONSHIPS_AN_IMAGE = 512

SYNONYMS: dict[str, tuple[str, ...]] = {
    "airplane": ("plane",),
    "bicycle": ("bike",),
    "boy": ("kid", "child"),
    "couch": ("sofa",),
    "cup": ("mug",),
    "fire hydrant": ("hydrant",),
    "girl": ("kid", "child"),
    "handbag": ("purse",),
    "man": ("guy", "person"),
    "motorcycle": ("motorbike",),
    "phone": ("cell phone",),
    "picture": ("painting",),
    "refrigerator": ("fridge",),
    "television": ("tv",),
    "trash can": ("garbage can",),
    "woman": ("lady", "person"),
}
"""Other names that annotators give the same thing."""

_WORDINGS: dict[str, tuple[str, ...]] = {
    "on": ("on", "on", "on top of"),
    "in": ("in", "in", "inside"),
    "holding": ("holding", "holding", "holds"),
    "wearing": ("wearing", "wears"),
    "riding": ("riding", "on"),
    "sitting on": ("sitting on", "sitting on", "on"),
    "next to": ("next to", "beside"),
}


class Noise(Record):
    """How an annotator falls short of the truth. The defaults are of the order met in Visual Genome.

    Attributes:
        box_jitter: standard deviation of each box edge, as a share of the box's side (at least half a pixel).
        left_out: share of objects without a box. unsaid: share of true triples not written.
        synonym: share of objects, of those that have one, under another name.
        upper_case: share of predicates in capitals.
        duplicate: share of objects boxed twice.
    """

    box_jitter: float = Field(default=0.012, ge=0, le=0.2)
    left_out: float = Field(default=0.08, ge=0, lt=1)
    unsaid: float = Field(default=0.2, ge=0, lt=1)
    synonym: float = Field(default=0.15, ge=0, le=1)
    upper_case: float = Field(default=0.03, ge=0, le=1)
    duplicate: float = Field(default=0.04, ge=0, le=1)


@dataclass(slots=True)
class Annotation:
    """One image's official annotation before it is written, open to be spoilt by `anomalies`.

    Attributes:
        image: the entry of image_data.json.
        objects: entries of attributes.json (v1.2): with object_id, x, y, w, h, names, synsets, attributes.
        relationships: entries of scene_graphs.json: with subject_id and object_id.
        ends: for relationships.json, what is written of an object there; by object_id. Only where it differs
            from, or is missing in, `objects`.
        vg_ids: official id of each thing, by its number in the scene; None where left out.
        duplicates: further ids of a thing, by its number.
        planted: what was spoilt, slug to how many items.
        picture: how the picture is written: "", "grayscale" or "unreadable".
    """

    image: dict[str, Any]
    objects: list[dict[str, Any]]
    relationships: list[dict[str, Any]]
    next_object: int
    next_relationship: int
    ends: dict[int, dict[str, Any]] = field(default_factory=dict)
    vg_ids: list[int | None] = field(default_factory=list)
    duplicates: dict[int, list[int]] = field(default_factory=dict)
    planted: dict[str, int] = field(default_factory=dict)
    picture: str = ""

    def new_object_id(self) -> int:
        """An id that nothing has yet."""
        self.next_object += 1
        return self.next_object - 1

    def relate(self, subject: int, predicate: str, target: int) -> None:
        """Adds a relationship between two object ids."""
        synset = {"on": ["along.r.01"], "in": ["in.r.01"], "holding": ["hold.v.02"]}.get(predicate, [])
        self.relationships.append(
            {
                "relationship_id": self.next_relationship,
                "predicate": predicate,
                "synsets": synset,
                "subject_id": subject,
                "object_id": target,
            }
        )
        self.next_relationship += 1

    def count(self, slug: str, items: int = 1) -> None:
        """Notes that something was spoilt."""
        self.planted[slug] = self.planted.get(slug, 0) + items


def annotate(scene: Scene, noise: Noise) -> Annotation:
    """Annotates a scene as a person would; image_id is the scene's index + 1."""
    choice = seeded(scene.seed, "annotate", str(scene.index))
    camera = scene.setting.camera
    number = scene.index + 1
    folder = "VG_100K" if number % 2 else "VG_100K_2"
    image = {
        "image_id": number,
        "url": f"https://example.org/demo/{folder}/{number}.jpg",
        "width": camera.width,
        "height": camera.height_px,
        "coco_id": None,
        "flickr_id": None,
    }
    annotation = Annotation(
        image, [], [], 1_000_000 + number * _OBJECTS_AN_IMAGE, 10_000_000 + number * _RELATIONSHIPS_AN_IMAGE
    )
    for thing in range(len(scene.things)):
        if choice.random() < noise.left_out:
            annotation.vg_ids.append(None)
            continue
        entry = _entry(scene, thing, annotation, noise, choice)
        annotation.vg_ids.append(entry["object_id"])
        if choice.random() < noise.duplicate:
            twin = _entry(scene, thing, annotation, noise, choice)
            annotation.duplicates.setdefault(thing, []).append(twin["object_id"])
    _relate(scene, annotation, noise, choice)
    return annotation


def _entry(scene: Scene, thing: int, annotation: Annotation, noise: Noise, choice: random.Random) -> dict[str, Any]:
    """Adds one box for a thing."""
    kind = scene.things[thing].kind.name
    name = kind
    if kind in SYNONYMS and choice.random() < noise.synonym:
        name = choice.choice(SYNONYMS[kind])
    x, y, w, h = _shaken(scene, thing, noise, choice)
    synset = f"{name.replace(' ', '_')}.n.01"
    entry: dict[str, Any] = {
        "object_id": annotation.new_object_id(),
        "x": x,
        "y": y,
        "w": w,
        "h": h,
        "names": [name],
        "synsets": [synset],
    }
    attributes = list(attributes_of(scene.things[thing]))
    if attributes and choice.random() < 0.85:
        entry["attributes"] = attributes
    annotation.objects.append(entry)
    return entry


def _shaken(scene: Scene, thing: int, noise: Noise, choice: random.Random) -> tuple[int, int, int, int]:
    """x, y, w, h in whole pixels within the image, as a hand draws them."""
    camera = scene.setting.camera
    x1, y1, x2, y2 = scene.sights[thing].box
    across, down = max(0.5, noise.box_jitter * (x2 - x1)), max(0.5, noise.box_jitter * (y2 - y1))
    scale = 1.0 if noise.box_jitter > 0 else 0.0
    left = round(min(max(0.0, x1 + scale * choice.gauss(0, across)), x2 - 2))
    top = round(min(max(0.0, y1 + scale * choice.gauss(0, down)), y2 - 2))
    right = round(max(min(float(camera.width), x2 + scale * choice.gauss(0, across)), left + 2))
    bottom = round(max(min(float(camera.height_px), y2 + scale * choice.gauss(0, down)), top + 2))
    return left, top, right - left, bottom - top


def _relate(scene: Scene, annotation: Annotation, noise: Noise, choice: random.Random) -> None:
    """Adds the triples that a person would write: no contact of things with things, nothing said twice."""
    triples = [triple for triple in exact_triples(scene) if _worth_saying(scene, triple)]
    triples += casual_triples(scene, seeded(scene.seed, "casual", str(scene.index)))
    for subject, predicate, target in triples:
        ends = annotation.vg_ids[subject], annotation.vg_ids[target]
        if ends[0] is None or ends[1] is None or choice.random() < noise.unsaid:
            continue
        word = choice.choice(_WORDINGS.get(predicate, (predicate,)))
        if choice.random() < noise.upper_case:
            word = word.upper()
            annotation.count("predicate-upper-case")
        annotation.relate(ends[0], word, ends[1])


def _worth_saying(scene: Scene, triple: Triple) -> bool:
    """Of what goes without saying (a held cup is carried, a ridden horse is stood on) only the plainest is written."""
    first, second = scene.things[triple.subject].bond, scene.things[triple.object].bond
    if triple.predicate == "touching":
        return first is not None and first.manner == "touching" and first.host is scene.things[triple.object]
    manner = second.manner if second is not None and second.host is scene.things[triple.subject] else ""
    if manner in ("holding", "carrying", "wearing"):
        return triple.predicate == manner
    if triple.predicate == "on":
        return first is not None and first.manner == "on" and first.host is scene.things[triple.object]
    return True
