"""A picture in the making: drawn larger than it will be, in world coordinates.

canvas = Canvas(camera, oversampling=2)
canvas.polygon([(-1, 0, 2), (1, 0, 2), (1, 0, 4), (-1, 0, 4)], (181, 138, 96))     # a rug on the ground
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from stvqa.sources.demo.camera import NEAR, Camera
from stvqa.sources.demo.solids import FloatArray, Point

__all__ = ["Canvas", "Colour", "mixed"]

Colour = tuple[int, int, int]


def mixed(first: Colour, second: Colour, share: float) -> Colour:
    """`share` of the second colour in the first."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return (red, green, blue)


class Canvas:
    """An image drawn larger than it will be, with a pen that takes world coordinates.

    Attributes:
        image: RGB, `oversampling` times the camera's size.
    """

    def __init__(self, camera: Camera, oversampling: int) -> None:
        self.camera = camera
        self.oversampling = oversampling
        self.image = Image.new("RGB", (camera.width * oversampling, camera.height_px * oversampling))
        self.pen = ImageDraw.Draw(self.image, "RGBA")

    def polygon(self, points: Sequence[Point], colour: Colour) -> None:
        """Paints a flat world polygon, cut at the near plane."""
        outline = self.outline(points)
        if len(outline) >= 6:
            self.pen.polygon(outline, fill=colour)

    def outline(self, points: Sequence[Point]) -> list[float]:
        """A world polygon as flat x, y list in the enlarged image; empty where it lies behind the camera."""
        kept = _before_camera(self.camera.to_camera(np.array(points, dtype=float)))
        if len(kept) < 3:
            return []
        flat: list[float] = np.rint(self.camera.to_pixels(kept) * self.oversampling - 0.5).ravel().tolist()
        return flat


def _before_camera(points: FloatArray) -> FloatArray:
    """A polygon of the camera's frame cut at z = NEAR."""
    kept = []
    for here, there in zip(points, np.roll(points, -1, axis=0), strict=True):
        if here[2] >= NEAR:
            kept.append(here)
        if (here[2] >= NEAR) != (there[2] >= NEAR):
            share = (NEAR - here[2]) / (there[2] - here[2])
            kept.append(here + (there - here) * share)
    return np.array(kept).reshape(-1, 3)
