"""What lies behind and under the things: rooms, ground, sky. Nothing in it can be taken for an annotated object.

image = paint_backdrop(setting, oversampling=2)
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from stvqa.sources.demo.camera import NEAR, Camera
from stvqa.sources.demo.canvas import Canvas, Colour, mixed
from stvqa.sources.demo.setting import Room, Setting

__all__ = ["paint_backdrop"]


_WALLS: tuple[Colour, ...] = (
    (233, 226, 210),
    (214, 226, 230),
    (222, 232, 214),
    (238, 221, 212),
    (226, 222, 236),
    (240, 234, 190),
)
_FLOORS: dict[str, tuple[Colour, Colour]] = {
    "planks": ((181, 138, 96), (169, 127, 86)),
    "parquet": ((160, 116, 78), (172, 128, 88)),
    "tiles": ((214, 210, 202), (188, 186, 180)),
    "carpet": ((150, 158, 172), (144, 152, 166)),
}
_GROUNDS: dict[str, tuple[Colour, Colour]] = {
    "grass": ((112, 160, 78), (148, 184, 116)),
    "meadow": ((140, 160, 84), (172, 186, 124)),
    "road": ((120, 164, 86), (152, 186, 122)),
    "crossroad": ((176, 172, 164), (190, 188, 182)),
    "sand": ((222, 202, 156), (230, 216, 182)),
    "plaza": ((190, 182, 170), (204, 198, 190)),
}
_SKIES: tuple[tuple[Colour, Colour], ...] = (
    ((92, 156, 214), (208, 228, 242)),
    ((120, 170, 214), (232, 232, 226)),
    ((150, 172, 196), (226, 230, 234)),
)
_FAR = 3000.0


def paint_backdrop(setting: Setting, choice: random.Random, *, oversampling: int) -> Canvas:
    """Room or landscape without any thing.

    Args:
        choice: randomness for clouds and tufts.
        oversampling: how many times larger than the camera's image.
    """
    canvas = Canvas(setting.camera, oversampling)
    if setting.room is None:
        _paint_sky(canvas, setting, choice)
        _paint_ground(canvas, setting, choice)
    else:
        _paint_room(canvas, setting, setting.room)
    return canvas


def _paint_room(canvas: Canvas, setting: Setting, room: Room) -> None:
    tone = _WALLS[int(setting.tones[0] * len(_WALLS))]
    left, right, far, high = room
    back = -1.0
    canvas.polygon(
        [(left, high, back), (right, high, back), (right, high, far), (left, high, far)],
        mixed((246, 245, 241), tone, 0.15),
    )
    for step in range(8):
        low, top = high * step / 8, high * (step + 1) / 8
        shade = 0.05 * (1 - step / 7)
        canvas.polygon(
            [(left, low, far), (right, low, far), (right, top, far), (left, top, far)], mixed(tone, (90, 84, 78), shade)
        )
        for x, dark in ((left, 0.09), (right, 0.16)):
            canvas.polygon(
                [(x, low, back), (x, low, far), (x, top, far), (x, top, back)], mixed(tone, (90, 84, 78), dark + shade)
            )
    canvas.polygon([(left, 0, back), (right, 0, back), (right, 0, far), (left, 0, far)], _FLOORS[setting.ground][0])
    _FLOOR_PATTERNS[setting.ground](canvas, room, _FLOORS[setting.ground])
    skirting = mixed((244, 242, 236), tone, 0.1)
    canvas.polygon(
        [(left, 0, far - 0.01), (right, 0, far - 0.01), (right, 0.1, far - 0.01), (left, 0.1, far - 0.01)], skirting
    )
    for x in (left, right):
        canvas.polygon([(x, 0, back), (x, 0, far), (x, 0.1, far), (x, 0.1, back)], mixed(skirting, (90, 84, 78), 0.1))


def _strips(canvas: Canvas, room: Room, colours: tuple[Colour, Colour], *, along: str) -> None:
    """Boards of 22 cm, every other one in the second colour, with dark joints."""
    start, stop = (room.left, room.right) if along == "z" else (0.0, room.far)
    joint = mixed(colours[0], (60, 40, 24), 0.35)
    for number in range(int((stop - start) / 0.22) + 1):
        a, b = start + number * 0.22, min(stop, start + (number + 1) * 0.22)
        for low, high, colour in ((a, b, colours[number % 2]), (a, min(b, a + 0.012), joint)):
            if along == "z":
                canvas.polygon([(low, 0, 0), (high, 0, 0), (high, 0, room.far), (low, 0, room.far)], colour)
            else:
                canvas.polygon(
                    [(room.left, 0, low), (room.right, 0, low), (room.right, 0, high), (room.left, 0, high)], colour
                )


def _tiles(canvas: Canvas, room: Room, colours: tuple[Colour, Colour]) -> None:
    side = 0.5
    for i in range(math.ceil((room.right - room.left) / side)):
        for k in range(math.ceil(room.far / side)):
            if (i + k) % 2:
                x1, x2 = room.left + i * side, min(room.right, room.left + (i + 1) * side)
                z1, z2 = k * side, min(room.far, (k + 1) * side)
                canvas.polygon([(x1, 0, z1), (x2, 0, z1), (x2, 0, z2), (x1, 0, z2)], colours[1])


def _carpet(canvas: Canvas, room: Room, colours: tuple[Colour, Colour]) -> None:
    """One tone with a faint pile."""
    for k in range(int(room.far / 0.3)):
        canvas.polygon(
            [
                (room.left, 0, k * 0.3),
                (room.right, 0, k * 0.3),
                (room.right, 0, k * 0.3 + 0.12),
                (room.left, 0, k * 0.3 + 0.12),
            ],
            colours[1],
        )


_FLOOR_PATTERNS: dict[str, Callable[[Canvas, Room, tuple[Colour, Colour]], None]] = {
    "planks": lambda canvas, room, colours: _strips(canvas, room, colours, along="z"),
    "parquet": lambda canvas, room, colours: _strips(canvas, room, colours, along="x"),
    "tiles": _tiles,
    "carpet": _carpet,
}


def _paint_sky(canvas: Canvas, setting: Setting, choice: random.Random) -> None:
    top, bottom = _SKIES[int(setting.tones[0] * len(_SKIES))]
    width, height = canvas.image.size
    horizon = _horizon(setting.camera) * canvas.oversampling
    rows = np.clip((np.arange(height) + 0.2 * height) / max(40.0, horizon + 0.2 * height), 0, 1)[:, None]
    gradient = np.array(top) + (np.array(bottom) - np.array(top)) * rows
    column = Image.fromarray(gradient.astype(np.uint8)[:, None, :])
    canvas.image.paste(column.resize((width, height), Image.Resampling.NEAREST))
    _paint_clouds(canvas, horizon, choice)
    hazy = mixed((122, 148, 140), bottom, 0.45)
    outline = [-2.0, horizon + 4]
    hills = [(choice.uniform(0.1, 0.9), choice.uniform(0.01, 0.05), choice.uniform(0.1, 0.3)) for _ in range(4)]
    for step in range(33):
        x = step / 32
        rise = sum(high * math.exp(-(((x - at) / wide) ** 2)) for at, high, wide in hills)
        position = 1 - x if setting.camera.mirrored else x
        outline += [position * width, horizon - rise * height]
    outline += [width * (0 if setting.camera.mirrored else 1), horizon + 4]
    start = width + 2.0 if setting.camera.mirrored else -2.0
    canvas.pen.polygon([*outline[2:], start, horizon + 4], fill=hazy)


def _paint_clouds(canvas: Canvas, horizon: float, choice: random.Random) -> None:
    """Soft white patches, painted small and enlarged."""
    width, height = canvas.image.size
    small = Image.new("L", (max(8, width // 8), max(8, height // 8)), 0)
    pen = ImageDraw.Draw(small)
    for _ in range(choice.randint(2, 5)):
        x, y = choice.uniform(0, 1), choice.uniform(-0.1, 0.85) * max(0.0, horizon) / height
        for _ in range(5):
            dx, dy, r = choice.uniform(-0.09, 0.09), choice.uniform(-0.015, 0.015), choice.uniform(0.02, 0.05)
            middle = 1 - x - dx if canvas.camera.mirrored else x + dx
            pen.ellipse(
                [
                    (middle - r * 1.6) * small.width,
                    (y + dy - r * 0.5) * small.height,
                    (middle + r * 1.6) * small.width,
                    (y + dy + r * 0.5) * small.height,
                ],
                fill=170,
            )
    small = small.filter(ImageFilter.GaussianBlur(3))
    canvas.image.paste(
        Image.new("RGB", (width, height), (252, 252, 252)),
        (0, 0),
        small.resize((width, height), Image.Resampling.BILINEAR),
    )


def _horizon(camera: Camera) -> float:
    """Image row of the ground's vanishing line, pixels."""
    return float(camera.project(np.array([[0.0, 0.0, _FAR]]))[0, 1])


def _paint_ground(canvas: Canvas, setting: Setting, choice: random.Random) -> None:
    near, far = _GROUNDS[setting.ground]
    edges = (0.0, 2.0, 4.0, 6.0, 9.0, 13.0, 19.0, 28.0, 45.0, 80.0, 200.0, _FAR)
    for number, (z1, z2) in enumerate(itertools.pairwise(edges)):
        colour = mixed(near, far, number / (len(edges) - 2))
        wide = 3 * z2 + 20
        canvas.polygon([(-wide, 0, z1), (wide, 0, z1), (wide, 0, z2), (-wide, 0, z2)], colour)
    if setting.ground in ("road", "crossroad"):
        _paint_road(canvas, setting)
    if setting.ground == "plaza":
        _paint_paving(canvas, setting, near)
    if setting.ground in ("grass", "meadow", "sand"):
        _paint_tufts(canvas, choice, mixed(near, (40, 60, 20), 0.3) if setting.ground != "sand" else (204, 184, 140))


def _paint_road(canvas: Canvas, setting: Setting) -> None:
    """Tarmac with a broken line: away from the camera, or across the picture."""
    tarmac, kerb, line = (112, 114, 118), (196, 194, 188), (232, 230, 220)
    if setting.ground == "road":
        middle = (setting.tones[1] - 0.5) * 8
        for left, right, colour in ((-3.6, 3.6, kerb), (-3.35, 3.35, tarmac)):
            canvas.polygon(
                [(middle + left, 0, 0), (middle + right, 0, 0), (middle + right, 0, _FAR), (middle + left, 0, _FAR)],
                colour,
            )
        for number in range(24):
            z = number * 4.0
            canvas.polygon(
                [(middle - 0.08, 0, z), (middle + 0.08, 0, z), (middle + 0.08, 0, z + 2), (middle - 0.08, 0, z + 2)],
                line,
            )
        return
    near = 5 + setting.tones[1] * 6
    for low, high, colour in ((near - 0.25, near + 6.25, kerb), (near, near + 6, tarmac)):
        canvas.polygon([(-200, 0, low), (200, 0, low), (200, 0, high), (-200, 0, high)], colour)
    for number in range(-8, 8):
        x = number * 4.0
        canvas.polygon(
            [(x, 0, near + 2.93), (x + 2, 0, near + 2.93), (x + 2, 0, near + 3.07), (x, 0, near + 3.07)], line
        )


def _paint_paving(canvas: Canvas, setting: Setting, near: Colour) -> None:
    joint = mixed(near, (110, 104, 98), 0.45)
    for number in range(-22, 23):
        x = number * 1.2 + setting.tones[1]
        canvas.polygon([(x, 0, 0), (x + 0.03, 0, 0), (x + 0.03, 0, 40), (x, 0, 40)], joint)
    for number in range(30):
        z = number * 1.2
        canvas.polygon([(-60, 0, z), (60, 0, z), (60, 0, z + 0.03), (-60, 0, z + 0.03)], joint)


def _paint_tufts(canvas: Canvas, choice: random.Random, colour: Colour) -> None:
    """Short strokes here and there, so that the ground has a scale."""
    points = []
    for _ in range(170):
        distance = 1.2 * (30 ** choice.random())
        points.append((choice.uniform(-0.8, 0.8) * distance, 0.0, distance))
    seen = canvas.camera.to_camera(np.array(points))
    ahead = seen[seen[:, 2] > NEAR]
    sizes = (0.05 * canvas.camera.focal * canvas.oversampling / ahead[:, 2]).tolist()
    for (x, y), size in zip((canvas.camera.to_pixels(ahead) * canvas.oversampling).tolist(), sizes, strict=True):
        length = min(14.0, size)
        canvas.pen.line([x, y, x + length * 0.4, y - length], fill=(*colour, 150), width=2)
        canvas.pen.line([x, y, x - length * 0.4, y - length * 0.8], fill=(*colour, 150), width=2)
