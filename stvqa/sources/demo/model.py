"""What a class's drawing says about itself beside its shape: where things can stand, lie, sit or be touched.

    Model(parts=[...], tops=(Top(0.75, (-0.6, 0.6), (-0.4, 0.4)),), beneath=Top(0, (-0.5, 0.5), (-0.3, 0.3), 0.7))

All in the drawing's local frame, metres (see `stvqa.sources.demo.solids`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from stvqa.sources.demo.solids import Part, Point

__all__ = ["Hollow", "Model", "Seat", "Spot", "Top"]

OPEN_SKY = 99.0


class Top(NamedTuple):
    """A level rectangle on which things can stand.

    Attributes:
        y: its height.
        x / z: from and to.
        clearance: free height above it.
    """

    y: float
    x: tuple[float, float]
    z: tuple[float, float]
    clearance: float = OPEN_SKY


class Hollow(NamedTuple):
    """The inside of a vessel: a disc of `radius` at height `y`, the rim `depth` above it."""

    y: float
    radius: float
    depth: float


class Seat(NamedTuple):
    """Where a person sits or rides: under the hips, facing the object's front.

    Attributes:
        pose: pose of the person (`sitting`, `pedalling`, `astride`, `standing`).
        verb: what an annotator would call it.
        sizes: who fits: `adult`, `child`, or both.
    """

    point: Point
    pose: str
    verb: str
    sizes: tuple[str, ...] = ("adult", "child")


class Spot(NamedTuple):
    """A place on the surface that a standing person's hand can touch from outside.

    Attributes:
        point: on the surface.
        outward: degrees of the horizontal direction away from the object (0: its front, 90: +x).
    """

    point: Point
    outward: float


class Model(NamedTuple):
    """A drawing and its useful places.

    Attributes:
        grip: the point of a held thing that lies in the holder's hand.
        hand: where a person of this pose has the free hand.
        crown: the top of a head, where a hat goes.
        back: where a backpack's middle hangs.
    """

    parts: Sequence[Part]
    tops: tuple[Top, ...] = ()
    beneath: Top | None = None
    hollow: Hollow | None = None
    seats: tuple[Seat, ...] = ()
    spots: tuple[Spot, ...] = ()
    grip: Point | None = None
    hand: Point | None = None
    crown: Point | None = None
    back: Point | None = None
