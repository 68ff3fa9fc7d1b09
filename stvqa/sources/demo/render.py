"""The picture of a scene: backdrop, shadows, then every part from back to front, shaded by the light.

picture = render_scene(make_scene(7, 12))        # PIL image, RGB, of the camera's size
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from stvqa.sources.demo.backdrop import paint_backdrop
from stvqa.sources.demo.camera import NEAR
from stvqa.sources.demo.canvas import Canvas
from stvqa.sources.demo.kind import COLOURS
from stvqa.sources.demo.parts import gather_parts, paint_order
from stvqa.sources.demo.scenes import Scene
from stvqa.sources.demo.seeded import seeded
from stvqa.sources.demo.setting import Setting
from stvqa.sources.demo.shapes import shape_of
from stvqa.sources.demo.solids import FloatArray
from stvqa.sources.demo.thing import Thing

__all__ = ["OVERSAMPLING", "render_scene", "render_things"]

OVERSAMPLING = 2
_SHADOW_SCALE = 4
"""The shadow layer is so many times smaller than the picture."""

_SKINS = ((244, 208, 178), (226, 178, 140), (190, 136, 98), (140, 94, 66), (98, 66, 48))
_HAIRS = ((52, 36, 28), (28, 24, 24), (112, 72, 40), (196, 150, 84), (140, 60, 34))
_GREY_HAIR = (150, 148, 146)
_SHIRTS = tuple(COLOURS[name] for name in ("red", "blue", "green", "yellow", "purple", "pink", "white", "orange"))
_TROUSERS = ((52, 70, 110), (70, 70, 76), (120, 98, 72), (38, 40, 48), (150, 60, 70), (86, 110, 92))


class _Faces(NamedTuple):
    """All faces of a drawing.

    Attributes:
        triples: (f, 3) three vertices of each face. part: (f,) the part it belongs to.
        outlines: all vertices of each face. materials: its material.
        flat: (f,) whether it belongs to a sheet.
    """

    triples: npt.NDArray[np.int64]
    part: npt.NDArray[np.int64]
    outlines: tuple[npt.NDArray[np.int64], ...]
    materials: tuple[str, ...]
    flat: npt.NDArray[np.bool_]
    bounds: tuple[int, ...]


@lru_cache(maxsize=1024)
def _faces_of(name: str, variant: str) -> _Faces:
    drawing = shape_of(name, variant).drawing
    triples, part, outlines, materials, flat, bounds = [], [], [], [], [], [0]
    for number, faces in enumerate(drawing.faces):
        start = int(drawing.starts[number])
        for face, material in faces:
            triples.append([start + index for index in face[:3]])
            outlines.append(np.array(face) + start)
            materials.append(material)
            part.append(number)
            flat.append(drawing.two_sided[number])
        bounds.append(len(part))
    return _Faces(np.array(triples), np.array(part), tuple(outlines), tuple(materials), np.array(flat), tuple(bounds))


def render_scene(scene: Scene) -> Image.Image:
    """Draws a scene, RGB, camera size."""
    choice = seeded(scene.seed, "picture", str(scene.index))
    return render_things(scene.things, scene.setting, choice)


def render_things(things: Sequence[Thing], setting: Setting, choice: random.Random) -> Image.Image:
    """Draws things that were looked at with the setting's camera."""
    canvas = paint_backdrop(setting, choice, oversampling=OVERSAMPLING)
    _paint_shadows(canvas, things, setting)
    frames = [thing.frame for thing in things if thing.frame is not None]
    parts = gather_parts(things, frames)
    first_part = np.searchsorted(parts.owner, np.arange(len(things))).tolist()
    painted = [_shaded(thing, setting) for thing in things]
    begun: set[int] = set()
    for part in paint_order(parts):
        number = int(parts.owner[part])
        if number not in begun:
            begun.add(number)
            _paint_contact(canvas, things[number])
        for outline, colour in painted[number][part - first_part[number]]:
            canvas.pen.polygon(outline, fill=colour)
    return canvas.image.reduce(OVERSAMPLING)


def _shaded(thing: Thing, setting: Setting) -> list[list[tuple[list[float], tuple[int, int, int]]]]:
    """For each part the visible faces, in painting order, with their colours."""
    frame, faces = thing.frame, _faces_of(thing.kind.name, thing.variant)
    if frame is None:
        raise ValueError(f"{thing.kind.name} was not looked at")
    drawing = thing.shape.drawing
    one, two, three = (frame.points[faces.triples[:, i]] for i in range(3))
    normals = np.cross(two - one, three - one)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    counts = np.diff(np.append(drawing.starts, len(drawing.points)))
    middles = np.add.reduceat(frame.points, drawing.starts, axis=0) / counts[:, None]
    outward = np.einsum("fj,fj->f", normals, one - middles[faces.part])
    towards_eye = -np.einsum("fj,fj->f", normals, one)
    flip = np.where(faces.flat, towards_eye < 0, outward < 0)
    normals[flip] *= -1
    visible = faces.flat | (np.where(flip, -towards_eye, towards_eye) > 0)
    light = setting.camera.matrix @ np.array(setting.light)
    colours = _face_colours(thing, faces.materials, normals @ light, normals @ setting.camera.matrix[:, 1], setting)
    pixels = np.rint(frame.pixels * OVERSAMPLING - 0.5)
    shades = [(red, green, blue) for red, green, blue in colours.tolist()]
    seen = visible.tolist()
    result: list[list[tuple[list[float], tuple[int, int, int]]]] = []
    for start, stop in zip(faces.bounds[:-1], faces.bounds[1:], strict=True):
        result.append([(pixels[faces.outlines[i]].ravel().tolist(), shades[i]) for i in range(start, stop) if seen[i]])
    return result


def _face_colours(
    thing: Thing, materials: tuple[str, ...], lit: FloatArray, upward: FloatArray, setting: Setting
) -> npt.NDArray[np.int64]:
    """RGB of every face: sunlight by its angle, sky light from above, a little from below; no light on lamps."""
    palette = _palette(thing)
    base = np.array([palette[name] if name in palette else _hex(name) for name in materials], dtype=float)
    glowing = np.array([name.startswith("!") for name in materials])
    sun = 0.42 if setting.place == "outdoor" else 0.32
    strength = 0.62 + sun * np.maximum(lit, 0) + 0.1 * upward + 0.05 * np.minimum(lit, 0)
    strength = np.where(glowing, 1.0, strength)[:, None]
    colours = np.clip(base * strength, 0, 255)
    if setting.place == "outdoor" and thing.at[2] > 12:
        haze = min(0.35, (thing.at[2] - 12) / 90)
        colours += (np.array([205, 218, 228]) - colours) * haze
    return colours.astype(np.int64)


def _hex(material: str) -> tuple[int, int, int]:
    digits = material.lstrip("!#")
    return (int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16))


def _palette(thing: Thing) -> dict[str, tuple[int, int, int]]:
    """Colours of the slots; a person's are drawn from the thing's own number."""
    main = COLOURS.get(thing.colour, _OWN_COLOURS.get(thing.kind.name, (170, 150, 130)))
    second = _hex(thing.kind.second) if thing.kind.second.startswith("#") else COLOURS.get(thing.kind.second)
    if second is None:
        lift = 0.72 if sum(main) > 260 else 1.5
        second = (min(255, int(main[0] * lift)), min(255, int(main[1] * lift)), min(255, int(main[2] * lift)))
    return {"main": main, "second": second, **_look_of(thing)}


def _look_of(thing: Thing) -> dict[str, tuple[int, int, int]]:
    """Skin, hair and clothes of a person: no child is grey, and no hair so like the skin that the head looks bald."""
    draw, name = random.Random(thing.palette_seed), thing.kind.name
    skin, shirt = draw.choice(_SKINS), draw.choice(_SHIRTS)
    hair = draw.choice([colour for colour in _HAIRS if sum(colour) < sum(skin) - 100])
    if name in ("man", "woman") and draw.random() < 0.2 and abs(sum(_GREY_HAIR) - sum(skin)) > 100:
        hair = _GREY_HAIR
    trousers = draw.choice(_TROUSERS if name in ("man", "boy") else _SHIRTS)
    return {
        "skin": skin,
        "hair": hair,
        "beard": hair if draw.random() < 0.6 else skin,
        "shirt": shirt,
        "trousers": shirt if name == "girl" else trousers,
        "shoes": draw.choice(((40, 36, 34), (240, 240, 240), (150, 40, 40), (90, 60, 40))),
    }


_OWN_COLOURS = {"orange": (240, 142, 40), "stop sign": (240, 240, 240), "television": (30, 30, 34)}


def _world_points(thing: Thing) -> FloatArray:
    """All vertices in the world frame."""
    drawing = thing.shape.drawing
    angle = np.radians(thing.heading)
    sine, cosine = float(np.sin(angle)), float(np.cos(angle))
    turn = np.array([[cosine, 0, sine], [0, 1, 0], [-sine, 0, cosine]]) * thing.scale
    return np.asarray(drawing.points @ turn.T + np.array(thing.at))


def _paint_shadows(canvas: Canvas, things: Sequence[Thing], setting: Setting) -> None:
    """Darkens ground or floor where a thing stands between it and the light."""
    camera = setting.camera
    small = Image.new("L", (camera.width // _SHADOW_SCALE, camera.height_px // _SHADOW_SCALE), 0)
    pen = ImageDraw.Draw(small)
    light = np.array(setting.light)
    for thing in things:
        points = _world_points(thing)
        cast = points - np.outer(np.maximum(points[:, 1], 0) / light[1], light)
        cast[:, 1] = 0
        seen = camera.to_camera(cast)
        drawing = thing.shape.drawing
        index = np.repeat(np.arange(len(drawing.starts)), np.diff(np.append(drawing.starts, len(points))))
        if float(seen[:, 2].min()) < NEAR:
            continue
        hulls = shapely.convex_hull(shapely.linestrings(camera.to_pixels(seen) / _SHADOW_SCALE - 0.5, indices=index))
        for hull in np.asarray(hulls).tolist():
            if hull.geom_type == "Polygon":
                pen.polygon(
                    shapely.get_coordinates(hull).ravel().tolist(), fill=110 if setting.place == "outdoor" else 80
                )
    small = small.filter(ImageFilter.GaussianBlur(1.2 if setting.place == "outdoor" else 2.2))
    small = ImageChops.multiply(small, _ground_mask(canvas, setting, small.size))
    full = small.resize(canvas.image.size, Image.Resampling.BILINEAR)
    canvas.image.paste(Image.new("RGB", canvas.image.size, (24, 26, 34)), (0, 0), full)


def _ground_mask(canvas: Canvas, setting: Setting, size: tuple[int, int]) -> Image.Image:
    """White where floor or ground is seen."""
    room = setting.room
    mask = Image.new("L", size, 0)
    outline = canvas.outline(
        [(-400, 0, 0), (400, 0, 0), (400, 0, 400), (-400, 0, 400)]
        if room is None
        else [(room.left, 0, 0), (room.right, 0, 0), (room.right, 0, room.far), (room.left, 0, room.far)]
    )
    if outline:
        scale = OVERSAMPLING * _SHADOW_SCALE
        ImageDraw.Draw(mask).polygon([value / scale for value in outline], fill=255)
    return mask


def _paint_contact(canvas: Canvas, thing: Thing) -> None:
    """A dark rim on the surface that a thing stands on, softened by three layers."""
    if thing.bond is None or thing.bond.manner not in ("on", "in") or thing.frame is None:
        return
    drawing = thing.shape.drawing
    low, middle, size = drawing.low, drawing.middle, drawing.size
    turns = np.arange(16) * (2 * np.pi / 16)
    for grow, alpha in ((1.25, 26), (1.1, 34), (0.95, 42)):
        across, along = size[0] / 2 * grow, size[2] / 2 * grow
        level = np.full(16, low[1] + 0.003)
        ring = np.stack([middle[0] + across * np.cos(turns), level, middle[2] + along * np.sin(turns)], axis=1)
        outline = canvas.outline([thing.place((x, y, z)) for x, y, z in ring.tolist()])
        if outline:
            canvas.pen.polygon(outline, fill=(20, 18, 24, alpha))
