"""The demo source: scenes without end, made from a seed, with exact truth.

source = DemoSource(seed=7)
for partition in source.partitions(limit=250):
    for graph in source.read(partition):     # image_id "demo:7-0", "demo:7-1", ...
        ...
render_image("7/12/640x480")                 # the picture of scene 12
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from PIL import Image

from stvqa.errors import InputError
from stvqa.records import (
    Box,
    Exhaustive,
    ImageReference,
    ObjectSpace,
    Rejection,
    Relationship,
    SceneGraph,
    SceneObject,
)
from stvqa.sources.contract import Partition
from stvqa.sources.demo.camera import Camera
from stvqa.sources.demo.relations import EXHAUSTIVE_PREDICATES, casual_triples, exact_triples
from stvqa.sources.demo.render import render_scene
from stvqa.sources.demo.scenes import Scene, make_scene
from stvqa.sources.demo.seeded import seeded
from stvqa.sources.demo.thing import Thing
from stvqa.sources.demo.visibility import Sight

__all__ = ["PARTITION_SIZE", "DemoSource", "attributes_of", "graph_of", "object_ids", "render_image", "space_of"]

PARTITION_SIZE = 100
_REVISION = 5
"""Raised whenever the same seed gives other scenes than before."""

_LOCATION = re.compile(r"(-?\d+)/(\d+)/(\d+)x(\d+)")


class DemoSource:
    """Scenes laid out in 3D, annotated as Visual Genome is but exhaustively; see `stvqa.sources.contract.Source`.

    Args:
        seed: another seed, other scenes.
        space: whether objects carry their exact 3D measures. Without, and without exhaustiveness, only what an
            annotator of pictures could give is left.
        exhaustive: whether the graphs claim to be complete (they are).
    """

    name = "demo"

    def __init__(self, *, seed: int = 0, space: bool = True, exhaustive: bool = True) -> None:
        self.seed = seed
        self.space = space
        self.exhaustive = exhaustive

    def fingerprint(self) -> str:
        """Revision of the scene maker, seed and settings."""
        return f"demo revision={_REVISION} seed={self.seed} space={self.space} exhaustive={self.exhaustive}"

    def partitions(self, *, limit: int | None) -> list[Partition]:
        """Pieces of 100 scenes.

        Args:
            limit: how many scenes in all.

        Raises:
            InputError: no limit was given, or one below 1.
        """
        if limit is None or limit < 1:
            raise InputError(
                f"the demo source makes scenes without end and was asked for {limit}: give a limit of 1 or more"
            )
        starts = range(0, limit, PARTITION_SIZE)
        return [
            Partition(number=number, locator=json.dumps({"start": start, "stop": min(limit, start + PARTITION_SIZE)}))
            for number, start in enumerate(starts)
        ]

    def read(self, partition: Partition) -> Iterator[SceneGraph | Rejection]:
        """The scene graphs of one piece; never a rejection."""
        bounds = json.loads(partition.locator)
        for index in range(int(bounds["start"]), int(bounds["stop"])):
            yield graph_of(make_scene(self.seed, index), space=self.space, exhaustive=self.exhaustive)


def graph_of(scene: Scene, *, space: bool = True, exhaustive: bool = True) -> SceneGraph:
    """The scene as a graph: boxes of the visible parts, all triples of the exhaustive predicates and some others."""
    camera = scene.setting.camera
    ids = object_ids(scene)
    triples = [*exact_triples(scene), *casual_triples(scene, seeded(scene.seed, "casual", str(scene.index)))]
    objects = tuple(
        SceneObject(
            id=name,
            name=thing.kind.name,
            box=Box(*map(float, sight.box)),
            attributes=attributes_of(thing),
            space=space_of(thing, sight, camera) if space else None,
        )
        for name, thing, sight in zip(ids, scene.things, scene.sights, strict=True)
    )
    relationships = tuple(
        Relationship(subject=ids[subject], predicate=predicate, object=ids[target])
        for subject, predicate, target in triples
    )
    return SceneGraph(
        image_id=f"demo:{scene.seed}-{scene.index}",
        source="demo",
        source_image_id=f"{scene.seed}-{scene.index}",
        width=camera.width,
        height=camera.height_px,
        image=ImageReference(kind="demo", location=f"{scene.seed}/{scene.index}/{camera.width}x{camera.height_px}"),
        objects=objects,
        relationships=relationships,
        exhaustive=Exhaustive(objects=True, predicates=EXHAUSTIVE_PREDICATES) if exhaustive else Exhaustive(),
        space_evidence="simulated" if space else None,
    )


def object_ids(scene: Scene) -> list[str]:
    """`name.N` for each thing, N from 1 within the class."""
    seen: dict[str, int] = {}
    ids = []
    for thing in scene.things:
        name = thing.kind.name
        seen[name] = seen.get(name, 0) + 1
        ids.append(f"{name.replace(' ', '_')}.{seen[name]}")
    return ids


def attributes_of(thing: Thing) -> tuple[str, ...]:
    """Colour, where the class has one of note, and state (`sitting`, `flying`)."""
    return (*((thing.colour,) if thing.colour else ()), *thing.state)


def space_of(thing: Thing, sight: Sight, camera: Camera) -> ObjectSpace:
    """Exact measures as `ObjectSpace` wants them, rounded to millimetres, tenths of a degree and thousandths."""
    position = camera.to_level_point(thing.centre)
    width, height, length = thing.size
    return ObjectSpace(
        depth_m=round(sight.depth, 3),
        position_m=(round(position[0], 3), round(position[1], 3), round(position[2], 3)),
        size_m=(round(width, 3), round(height, 3), round(length, 3)),
        heading_degrees=round(camera.heading(thing.heading), 1) % 360 if thing.kind.front else None,
        visible_share=round(sight.share, 3),
    )


def render_image(location: str) -> Image.Image:
    """The picture of an `ImageReference` of kind `demo`.

    Args:
        location: "SEED/INDEX/WIDTHxHEIGHT", as the source wrote it.

    Returns:
        RGB, of the stated size.

    Raises:
        InputError: the location is of another form, or names a size that the scene does not have.
    """
    match = _LOCATION.fullmatch(location)
    if match is None:
        raise InputError(
            f"demo image location {location!r} is not of the form SEED/INDEX/WIDTHxHEIGHT, as in 7/12/640x480"
        )
    seed, index, width, height = (int(group) for group in match.groups())
    scene = make_scene(seed, index)
    camera = scene.setting.camera
    if (camera.width, camera.height_px) != (width, height):
        raise InputError(
            f"demo image {location!r}: scene {seed}/{index} is {camera.width}x{camera.height_px} pixels; "
            "build the data again with this version"
        )
    return render_scene(scene)
