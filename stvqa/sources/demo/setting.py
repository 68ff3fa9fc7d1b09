"""The setting of a scene: the room or the open ground, its looks, and the camera in it.

setting = draw_setting(seeded(7, "scene", "12"))     # Setting(place="indoor", camera=Camera(...), room=Room(...))
"""

from __future__ import annotations

import math
import random
from typing import Literal, NamedTuple

from stvqa.sources.demo.camera import Camera

__all__ = ["IMAGE_SIZES", "Room", "Setting", "draw_setting"]

IMAGE_SIZES = ((640, 480), (640, 480), (800, 600), (480, 640), (768, 512), (640, 427), (500, 375), (600, 600))
"""Width and height in pixels; sizes that photographs have, the first twice as often."""


class Room(NamedTuple):
    """A room, metres: walls at x = left and right, at z = far; it goes on behind the camera."""

    left: float
    right: float
    far: float
    height: float


class Setting(NamedTuple):
    """Where a scene plays.

    Attributes:
        room: None outdoors.
        ground: what the floor or ground looks like, a key of `stvqa.sources.demo.backdrop`.
        tones: three numbers from 0 to 1 that choose among colours.
        light: direction that the light comes from, world frame, unit length.
        reach: farthest distance at which things are put, metres.
    """

    place: Literal["indoor", "outdoor"]
    camera: Camera
    room: Room | None
    ground: str
    tones: tuple[float, float, float]
    light: tuple[float, float, float]
    reach: float


def draw_setting(choice: random.Random, *, size: tuple[int, int] | None = None) -> Setting:
    """Draws place, camera and light.

    Args:
        size: width and height in pixels; None: one of `IMAGE_SIZES`.
    """
    width, height = size or choice.choice(IMAGE_SIZES)
    indoor = choice.random() < 0.5
    focal = max(width, height) * choice.uniform(0.8, 1.35)
    half_view = math.degrees(math.atan(height / 2 / focal))
    if indoor:
        eye = choice.choice((choice.uniform(0.4, 0.9), choice.uniform(0.9, 1.5), choice.uniform(1.5, 2.1)))
        pitch = choice.uniform(0.15, 0.95) * min(half_view, 8 + 12 * eye)
        slope = 0.0
    else:
        eye = choice.choice((choice.uniform(0.45, 1.2), choice.uniform(1.2, 2.2), choice.uniform(2.2, 5.0)))
        pitch = choice.uniform(-0.25, 0.7) * half_view if eye < 2.2 else choice.uniform(0.3, 1.0) * half_view
        slope = choice.choice((0.0, 0.0, choice.uniform(-0.09, 0.12)))
    mirrored = choice.random() < 0.5
    camera = Camera(width, height, focal, eye, pitch, slope, mirrored)
    tones = (choice.random(), choice.random(), choice.random())
    turn, lift = choice.uniform(-1.1, 1.1), choice.uniform(0.75, 1.2)
    light = (math.sin(turn) * math.cos(lift), math.sin(lift), -math.cos(turn) * math.cos(lift))
    if not indoor:
        ground = choice.choice(("grass", "grass", "meadow", "road", "crossroad", "sand", "plaza"))
        return Setting("outdoor", camera, None, ground, tones, light, choice.uniform(16, 60))
    far = choice.uniform(4.0, 7.5)
    spread = far * width / focal / 2
    room = Room(-spread * choice.uniform(0.75, 1.3), spread * choice.uniform(0.75, 1.3), far, choice.uniform(2.4, 2.9))
    ground = choice.choice(("planks", "tiles", "carpet", "parquet"))
    return Setting("indoor", camera, room, ground, tones, light, far)
