"""Programs: what an answer rests on, written down so that anyone can run it again.

A question's program gives each option one *claim* over the scene graph. `stvqa.programs.decide` says of a
claim: true, false, or too close to call. A question is proved when exactly one option's claim is true and
all others are false.

    Program(claims=(Direction(subject="cup.1", object="laptop.1", direction="left"),
                    Direction(subject="cup.1", object="laptop.1", direction="right")))

Object ids are those of the question's focus graph. "In the image" means the picture plane, in pixels.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from stvqa.records.base import Record
from stvqa.records.scene import SceneGraph

__all__ = [
    "AllOf",
    "Claim",
    "Count",
    "Direction",
    "Exists",
    "Heading",
    "Inside",
    "Located",
    "Mainly",
    "Margins",
    "Measure",
    "Not",
    "Program",
    "Proof",
    "Ranks",
    "Relates",
    "Side",
]

Measure = Literal[
    "image_height",
    "image_width",
    "image_area",
    "image_distance",
    "height",
    "volume",
    "camera_distance",
    "distance",
]
"""image_*: of the box, in pixels (area: both sides must agree); image_distance: gap between boxes;
height, volume: of the thing itself (volume: height and longest side must agree); camera_distance: depth;
distance: between centres in space."""


class Direction(Record):
    """`subject` lies to one side of `object` in the image: both edges of its box and its centre are moved that way."""

    op: Literal["direction"] = "direction"
    subject: str
    direction: Literal["left", "right", "above", "below"]
    object: str


class Mainly(Record):
    """Seen from the centre of `object`, the centre of `subject` lies in the 90-degree sector around `direction`."""

    op: Literal["mainly"] = "mainly"
    subject: str
    direction: Literal["left", "right", "above", "below"]
    object: str


class Inside(Record):
    """The box of `subject` lies within the box of `object` in the image."""

    op: Literal["inside"] = "inside"
    subject: str
    object: str


class Ranks(Record):
    """`subject` comes first (`most`) or last (`least`) among `among` under `measure`.

    `among` holds the subject too. `reference` is the object that distances are measured to.
    """

    op: Literal["ranks"] = "ranks"
    subject: str
    extreme: Literal["most", "least"]
    measure: Measure
    among: tuple[str, ...] = Field(min_length=2)
    reference: str | None = None


class Located(Record):
    """The centre of `subject` lies in one cell of a grid over the frame.

    grid / cells: `columns` left, middle, right (thirds); `rows` top, middle, bottom (thirds);
    `halves` left, right; `quadrants` top left, top right, bottom left, bottom right.
    """

    op: Literal["located"] = "located"
    subject: str
    grid: Literal["columns", "rows", "halves", "quadrants"]
    cell: str


class Count(Record):
    """Exactly `equals` objects that one may call `name` are visible; only where the graph is exhaustive."""

    op: Literal["count"] = "count"
    name: str
    equals: int = Field(ge=0)


class Relates(Record):
    """A triple: stated by the annotation or, where the graph is exhaustive for the predicate, in space."""

    op: Literal["relates"] = "relates"
    subject: str
    predicate: str
    object: str


class Side(Record):
    """From `observer`'s own point of view `object` is on that side of it (90-degree sectors in the ground plane)."""

    op: Literal["side"] = "side"
    observer: str
    side: Literal["front", "behind", "left", "right"]
    object: str


class Heading(Record):
    """`subject` faces that way as the camera sees it (90-degree sectors in the ground plane)."""

    op: Literal["heading"] = "heading"
    subject: str
    facing: Literal["away", "right", "towards", "left"]


class Exists(Record):
    """Some object that one may call `name` stands in `relation` to `object`.

    relation: a direction in the image (left, right, above, below), or a canonical predicate.
    """

    op: Literal["exists"] = "exists"
    name: str
    relation: str
    object: str


class Not(Record):
    """The opposite of a claim."""

    op: Literal["not"] = "not"
    claim: Claim


class AllOf(Record):
    """All claims hold."""

    op: Literal["all_of"] = "all_of"
    claims: tuple[Claim, ...] = Field(min_length=2)


Claim = Annotated[
    Direction | Mainly | Inside | Ranks | Located | Count | Relates | Side | Heading | Exists | Not | AllOf,
    Field(discriminator="op"),
]

Not.model_rebuild()
AllOf.model_rebuild()


class Program(Record):
    """One claim for each option, in the options' order."""

    claims: tuple[Claim, ...] = Field(min_length=2, max_length=4)


class Margins(Record):
    """How clear a case must be before a program calls it; recipe parameters of `prune`.

    Defaults follow GRAID where it names one (5 % buffer, 10 % round quadrant lines, 20 % for counts,
    30 % for areas); the others were chosen on 5,000 demo scenes, see `benchmarks/agreement.py`.

    Attributes:
        offset: least offset of centres and edges, as a share of the image's side (GRAID's buffer).
        sector_degrees: least distance of a direction from the border of its 90-degree sector.
        grid: least distance of a centre from a grid line, as a share of the image's side (GRAID).
        length_ratio: least ratio of two heights or widths.
        volume_ratio: least ratio of two volumes, and of a box to one inside it (GRAID's 30 % for areas).
        image_area_ratio: least ratio of the boxes of two things that are said to look larger and smaller. More
            than GRAID's 30 %: a bicycle fills a third of its box, a box all of it. At 1.3, 2.2 % of such
            answers disagreed with the visible pixels; see `dev/LOG.md`.
        distance_ratio: least ratio of two distances, in the image or in space.
        inside_share: least share of the inner box that the outer one covers.
        gaze_degrees: least angle, in the image, between what is looked at and what is said not to be.
        apart: least gap between boxes that are said not to touch, as a share of the image's side.
    """

    offset: float = Field(default=0.05, ge=0, lt=1)
    sector_degrees: float = Field(default=12, ge=0, lt=45)
    grid: float = Field(default=0.10, ge=0, lt=0.5)
    length_ratio: float = Field(default=1.2, gt=1)
    volume_ratio: float = Field(default=1.3, gt=1)
    image_area_ratio: float = Field(default=2.5, gt=1)
    distance_ratio: float = Field(default=1.3, gt=1)
    inside_share: float = Field(default=0.95, gt=0.5, le=1)
    gaze_degrees: float = Field(default=75, gt=0, le=180)
    apart: float = Field(default=0.03, ge=0, lt=1)


class Proof(Record):
    """All that one needs to decide a published question again: the row's `program` column as JSON.

    Claims stand in the order of the row's options; `graph` is the focus graph with its space.
    """

    claims: tuple[Claim, ...] = Field(min_length=2, max_length=4)
    margins: Margins
    graph: SceneGraph
