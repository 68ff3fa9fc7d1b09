"""The pinhole camera of the demo source, and the world it looks at.

World, metres: x right, y up, z away from the camera, ground at y = 0, camera above the origin. Camera frame as in
`stvqa.records.scene`: x right, y down, z along the viewing axis. Two world-wide changes are part of the camera,
so that nothing else need know them: a slope of the ground (a shear, uprights stay upright) and a left-right mirror.

    camera = Camera(640, 480, focal=600, height=1.6, pitch=12)
    camera.project(np.array([[0.0, 0.0, 4.0]]))      # pixels (u, v) of a point on the ground, 4 m away
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from stvqa.sources.demo.solids import FloatArray, Point

__all__ = ["NEAR", "Camera"]

NEAR = 0.25
"""Nothing may come nearer to the camera than this, metres along the viewing axis."""


@dataclass(frozen=True, slots=True)
class Camera:
    """A pinhole camera without roll or yaw; its principal point is the middle of the image.

    Attributes:
        width / height_px: image size in pixels.
        focal: focal length in pixels.
        height: of the camera above the ground, metres.
        pitch: degrees it looks down.
        slope: rise of the ground per metre of distance.
        mirrored: whether left and right of the world are swapped.
        matrix / offset: world to camera frame, (3, 3) and (3,).
    """

    width: int
    height_px: int
    focal: float
    height: float
    pitch: float
    slope: float = 0.0
    mirrored: bool = False
    matrix: FloatArray = field(init=False, repr=False, compare=False)
    offset: FloatArray = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        angle = math.radians(self.pitch)
        sine, cosine = math.sin(angle), math.cos(angle)
        turn = np.array([[1.0, 0.0, 0.0], [0.0, -cosine, -sine], [0.0, -sine, cosine]])
        world = np.array([[-1.0 if self.mirrored else 1.0, 0.0, 0.0], [0.0, 1.0, self.slope], [0.0, 0.0, 1.0]])
        object.__setattr__(self, "matrix", turn @ world)
        object.__setattr__(self, "offset", turn @ np.array([0.0, -self.height, 0.0]))

    def to_camera(self, points: FloatArray) -> FloatArray:
        """World points (n, 3) in the camera's frame, metres."""
        return np.asarray(points @ self.matrix.T + self.offset)

    def to_camera_point(self, point: Point) -> Point:
        """One world point in the camera's frame, metres."""
        angle = math.radians(self.pitch)
        sine, cosine = math.sin(angle), math.cos(angle)
        rise = point[1] + self.slope * point[2] - self.height
        x = -point[0] if self.mirrored else point[0]
        return (x, -cosine * rise - sine * point[2], cosine * point[2] - sine * rise)

    def to_level_point(self, point: Point) -> Point:
        """One world point in the frame of a camera held level: x right, y down along gravity, z ahead, metres."""
        rise = point[1] + self.slope * point[2] - self.height
        return (-point[0] if self.mirrored else point[0], -rise, point[2])

    def to_pixels(self, points: FloatArray) -> FloatArray:
        """Points (n, 3) of the camera's frame, z > 0, to pixels (n, 2); the image's top left corner is (0, 0)."""
        middle = np.array([self.width / 2, self.height_px / 2])
        return np.asarray(points[:, :2] * (self.focal / points[:, 2:3]) + middle)

    def project(self, points: FloatArray) -> FloatArray:
        """World points (n, 3) before the camera to pixels (n, 2)."""
        return self.to_pixels(self.to_camera(points))

    def heading(self, degrees: float) -> float:
        """A world heading as it is in the image's world: mirrored where the camera mirrors; 0 <= result < 360."""
        turned = (-degrees if self.mirrored else degrees) % 360
        return 0.0 if turned >= 360 else turned
