"""The exact truth of a scene, as records: one line of truth.jsonl an image.

    truth_of(make_scene(7, 12)).model_dump_json()
    # {"image_id": 13, "scene": "7/12", ..., "objects": [{"id": "cup.1", "name": "cup", "pixels": 812, ...}], ...}

All of it comes from the id image and the 3D layout, nothing from boxes, so that what is computed from boxes can be
measured against it.
"""

from __future__ import annotations

from collections import Counter

from stvqa.records import Box, ObjectSpace, Record, Relationship
from stvqa.sources.demo.relations import EXHAUSTIVE_PREDICATES, exact_triples
from stvqa.sources.demo.scenes import Scene
from stvqa.sources.demo.source import attributes_of, object_ids, space_of

__all__ = ["ImageTruth", "ObjectTruth", "truth_of"]


class ObjectTruth(Record):
    """One object; pixels of the image, x right and y down; space as in `stvqa.records.ObjectSpace`.

    Attributes:
        id: as in the demo source's own graphs (`cup.1`).
        vg_object_id: in the official files; None where the annotator left the object out.
        duplicate_ids: further boxes that the annotator gave the same object.
        box: of the visible pixels. whole_box: of all of it, hidden or not, perhaps beyond the image.
        pixels: visible ones. centroid: their middle.
        projected_centre: where the middle of the thing itself comes to lie.
    """

    id: str
    name: str
    attributes: tuple[str, ...]
    vg_object_id: int | None = None
    duplicate_ids: tuple[int, ...] = ()
    box: Box
    whole_box: Box
    pixels: int
    centroid: tuple[float, float]
    projected_centre: tuple[float, float]
    space: ObjectSpace


class ImageTruth(Record):
    """One image.

    Attributes:
        image_id: in the official files; scene index + 1.
        scene: "SEED/INDEX".
        counts: how many of each class there are.
        triples: every true one of `exhaustive_predicates`; `touching` among them are the contacts.
        anomalies: slugs of what was planted in this image's annotation.
    """

    image_id: int
    scene: str
    width: int
    height: int
    objects: tuple[ObjectTruth, ...]
    counts: dict[str, int]
    exhaustive_predicates: tuple[str, ...] = EXHAUSTIVE_PREDICATES
    triples: tuple[Relationship, ...]
    anomalies: tuple[str, ...] = ()


def truth_of(scene: Scene) -> ImageTruth:
    """Writes down what is so."""
    camera = scene.setting.camera
    ids = object_ids(scene)
    objects = []
    for name, thing, sight in zip(ids, scene.things, scene.sights, strict=True):
        space = space_of(thing, sight, camera)
        x, y, z = camera.to_camera_point(thing.centre)
        centre = (x / z * camera.focal + camera.width / 2, y / z * camera.focal + camera.height_px / 2)
        whole = thing.frame.box if thing.frame is not None else sight.box
        objects.append(
            ObjectTruth(
                id=name,
                name=thing.kind.name,
                attributes=attributes_of(thing),
                box=Box(*map(float, sight.box)),
                whole_box=Box(*(round(value, 2) for value in whole)),
                pixels=sight.pixels,
                centroid=(round(sight.centroid[0], 2), round(sight.centroid[1], 2)),
                projected_centre=(round(centre[0], 2), round(centre[1], 2)),
                space=space,
            )
        )
    triples = tuple(
        Relationship(subject=ids[subject], predicate=predicate, object=ids[target])
        for subject, predicate, target in exact_triples(scene)
        if predicate in EXHAUSTIVE_PREDICATES
    )
    return ImageTruth(
        image_id=scene.index + 1,
        scene=f"{scene.seed}/{scene.index}",
        width=camera.width,
        height=camera.height_px,
        objects=tuple(objects),
        counts=dict(sorted(Counter(thing.kind.name for thing in scene.things).items())),
        triples=triples,
    )
