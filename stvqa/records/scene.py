"""Scene graphs: what stands where in one image.

    SceneGraph(image_id="vg:1", source="vg", source_image_id="1", width=800, height=600,
               image=ImageReference(kind="file", location="/vg/VG_100K/1.jpg"),
               objects=(SceneObject(id="clock.1", name="clock", box=(421, 91, 500, 430)),),
               relationships=(Relationship(subject="clock.1", predicate="on", object="wall.1"),))

Coordinates are pixels of the original image: x to the right, y down, origin at the top left corner,
boxes x1, y1, x2, y2 with x1 < x2 <= width and y1 < y2 <= height.

Space coordinates (`ObjectSpace`) are metres in the frame of the camera held level: x to the right, y down
along gravity, z ahead over the ground. Depth alone is measured along the viewing axis. Headings are degrees
in the ground plane seen from above: 0 looks away from the camera (+z), 90 to the image's right (+x), 180
towards the camera, 270 to the image's left.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from pydantic import Field

from stvqa.records.base import Record

__all__ = [
    "Box",
    "Exhaustive",
    "ImageReference",
    "ObjectSpace",
    "Relationship",
    "SceneGraph",
    "SceneObject",
]


class Box(NamedTuple):
    """x1, y1, x2, y2 in pixels of the original image, x1 < x2 and y1 < y2."""

    x1: float
    y1: float
    x2: float
    y2: float


class ImageReference(Record):
    """Where the pixels are; `stvqa.sources.images.open_image` reads them.

    kind / location:
        file         path of an image file
        demo         "SEED/INDEX/WIDTHxHEIGHT", rendered on demand by the demo source
        dataset      "PATH_OR_HUB_ID|SPLIT|ROW", the image column of a `datasets` set
        placeholder  "", a plain image of the stated size, on the user's request alone
    """

    kind: Literal["file", "demo", "dataset", "placeholder"]
    location: str = ""


class ObjectSpace(Record):
    """Where an object stands in space. What the evidence does not give is None.

    Attributes:
        depth_m: distance of the object's nearest visible surface to the camera along the viewing
            axis, in metres; for an estimating model in that model's own unit.
        position_m: centre of the object in the level camera's frame, metres (x right, y down, z ahead).
        size_m: width, height, length in metres, of the object itself, not of its picture.
        heading_degrees: where its front points, see the module; None for things without a front.
        visible_share: share of the object's own pixels that is neither hidden nor cut off, 0 to 1.
    """

    depth_m: float | None = None
    position_m: tuple[float, float, float] | None = None
    size_m: tuple[float, float, float] | None = None
    heading_degrees: float | None = Field(default=None, ge=0, lt=360)
    visible_share: float | None = Field(default=None, ge=0, le=1)


class SceneObject(Record):
    """One object: `id` is `name.N` with spaces of the name as underscores (`traffic_light.2`).

    `name` is the name as people say it (lower case, spaces kept, singular or plural as annotated);
    `names` all names that annotators gave, `name` first when there are several.
    """

    id: str
    name: str
    box: Box
    names: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    space: ObjectSpace | None = None


class Relationship(Record):
    """A triple of object ids around a predicate in canonical form (lower case, `stvqa.vocabulary`)."""

    subject: str
    predicate: str
    object: str


class Exhaustive(Record):
    """For what an absence is a proof.

    Visual Genome is exhaustive for nothing (the default): what is not annotated may still be there.

    Attributes:
        objects: every visible object of every class that occurs is in the graph, one box each.
        predicates: canonical predicates for which every true triple is in the graph.
    """

    objects: bool = False
    predicates: tuple[str, ...] = ()


class SceneGraph(Record):
    """One image's graph, after its source has mended what can be mended.

    Attributes:
        image_id: unique over all sources, `SOURCE:SOURCE_IMAGE_ID`.
        space_evidence: where `ObjectSpace` comes from; None where no object has one.
        mends: what the source put right, slug to how often (`box-clipped`: 3).
    """

    image_id: str
    source: str
    source_image_id: str
    coco_id: int | None = None
    width: int = Field(gt=0)
    height: int = Field(gt=0)
    image: ImageReference
    objects: tuple[SceneObject, ...]
    relationships: tuple[Relationship, ...] = ()
    exhaustive: Exhaustive = Exhaustive()
    space_evidence: Literal["simulated", "estimated"] | None = None
    mends: dict[str, int] = {}
