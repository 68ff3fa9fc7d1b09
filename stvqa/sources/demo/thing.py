"""A thing: one object of a scene, with its place in the world.

Thing(kind=KINDS["cup"], variant="", colour="red", scale=1.1, heading=40, at=(0.2, 0.75, 2.1))
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from stvqa.sources.demo.camera import NEAR, Camera
from stvqa.sources.demo.kind import Kind
from stvqa.sources.demo.shapes import Shape, shape_of
from stvqa.sources.demo.solids import FloatArray, Point

__all__ = ["Bond", "Frame", "Rectangle", "Thing"]


class Bond(NamedTuple):
    """How a thing hangs together with the one it depends on (`host`).

    Attributes:
        manner: on, in, holding, carrying, wearing, riding, sitting, touching, beneath.
            For holding, carrying and wearing the host is the person; for the others the thing itself acts.
    """

    manner: str
    host: Thing


class Rectangle(NamedTuple):
    """A turned rectangle in the ground plane with a span of heights, metres."""

    x: float
    z: float
    half_width: float
    half_length: float
    sine: float
    cosine: float
    bottom: float
    top: float

    def overlaps(self, other: Rectangle, *, gap: float = 0.0) -> bool:
        """Whether the two solids, `gap` metres apart at least, would run into one another."""
        if self.bottom >= other.top - 1e-6 or other.bottom >= self.top - 1e-6:
            return False
        dx, dz = other.x - self.x, other.z - self.z
        reach = self.half_width + self.half_length + other.half_width + other.half_length + gap
        if dx * dx + dz * dz > reach * reach:
            return False
        for first, second in ((self, other), (other, self)):
            along = abs(dx * first.cosine - dz * first.sine)
            forward = abs(dx * first.sine + dz * first.cosine)
            cosine = abs(first.cosine * second.cosine + first.sine * second.sine)
            sine = abs(first.sine * second.cosine - first.cosine * second.sine)
            if along > first.half_width + second.half_width * cosine + second.half_length * sine + gap:
                return False
            if forward > first.half_length + second.half_width * sine + second.half_length * cosine + gap:
                return False
        return True


class Frame(NamedTuple):
    """A thing in a camera: all its points, and its whole outline's bounds.

    Attributes:
        points / corners: camera frame, (n, 3) and (parts, 8, 3).
        pixels: (n, 2).
        box: x1, y1, x2, y2 of the whole thing, hidden or not, inside the image or not.
    """

    points: FloatArray
    corners: FloatArray
    pixels: FloatArray
    box: tuple[float, float, float, float]


@dataclass(eq=False, slots=True)
class Thing:
    """One object of a scene; world frame of `stvqa.sources.demo.camera`.

    Attributes:
        at: where the drawing's origin stands, metres.
        heading: degrees, 0 away from the camera, 90 to the right (before mirroring).
        bond: what it depends on, None for what stands on the ground or hangs on a wall.
        state: words that an annotator would add (`sitting`, `flying`).
        whole_pixels: how many pixels of `frame` there would be, unhidden and uncut; 0 where nobody asked yet.
    """

    kind: Kind
    variant: str
    colour: str
    scale: float
    heading: float
    at: Point
    bond: Bond | None = None
    state: tuple[str, ...] = ()
    palette_seed: int = 0
    frame: Frame | None = field(default=None, repr=False)
    whole_pixels: int = field(default=0, repr=False)

    @property
    def shape(self) -> Shape:
        """Model and arrays of this kind and variant."""
        return shape_of(self.kind.name, self.variant)

    def place(self, local: Point) -> Point:
        """A point of the drawing in the world."""
        angle = math.radians(self.heading)
        sine, cosine = math.sin(angle) * self.scale, math.cos(angle) * self.scale
        x, y, z = local
        return (self.at[0] + x * cosine + z * sine, self.at[1] + y * self.scale, self.at[2] - x * sine + z * cosine)

    def put(self, local: Point, world: Point) -> None:
        """Moves the thing so that a point of its drawing comes to lie at `world`."""
        self.at = (0.0, 0.0, 0.0)
        x, y, z = self.place(local)
        self.at = (world[0] - x, world[1] - y, world[2] - z)

    @property
    def size(self) -> Point:
        """Width, height, length of the thing itself, metres."""
        width, height, length = self.shape.drawing.size
        return (width * self.scale, height * self.scale, length * self.scale)

    @property
    def centre(self) -> Point:
        """Middle of its bounds, world frame."""
        return self.place(self.shape.drawing.middle)

    def footprint(self) -> Rectangle:
        """Bounds as a turned rectangle with heights."""
        drawing, scale = self.shape.drawing, self.scale
        angle = math.radians(self.heading)
        sine, cosine = math.sin(angle), math.cos(angle)
        across, along = drawing.middle[0] * scale, drawing.middle[2] * scale
        width, height, length = drawing.size
        bottom = self.at[1] + drawing.low[1] * scale
        return Rectangle(
            self.at[0] + across * cosine + along * sine,
            self.at[2] - across * sine + along * cosine,
            width * scale / 2,
            length * scale / 2,
            sine,
            cosine,
            bottom,
            bottom + height * scale,
        )

    def look(self, camera: Camera) -> Frame | None:
        """The thing as the camera has it, kept in `frame`; None where a part of it comes too near."""
        drawing = self.shape.drawing
        angle = math.radians(self.heading)
        sine, cosine = math.sin(angle) * self.scale, math.cos(angle) * self.scale
        turn = np.array([[cosine, 0.0, sine], [0.0, self.scale, 0.0], [-sine, 0.0, cosine]])
        matrix = (camera.matrix @ turn).T
        offset = camera.matrix @ np.array(self.at) + camera.offset
        points = drawing.points @ matrix + offset
        if float(points[:, 2].min()) < NEAR:
            return None
        pixels = camera.to_pixels(points)
        low, high = pixels.min(axis=0).tolist(), pixels.max(axis=0).tolist()
        corners = drawing.corners @ matrix + offset
        self.whole_pixels = 0
        self.frame = Frame(points, corners, pixels, (low[0], low[1], high[0], high[1]))
        return self.frame
