"""Ways to put one more thing on the stage: on the ground, a wall, a top, beneath, inside, in the air.

    stand_on_floor(stage, stage.make("dog"))        # True: it stands there now
    stand_on(stage, stage.make("cup"), table)

Each tries a few places and says whether one did.
"""

from __future__ import annotations

import math

from stvqa.sources.demo.model import Top
from stvqa.sources.demo.stage import Stage
from stvqa.sources.demo.thing import Bond, Thing

__all__ = [
    "hang_from_ceiling",
    "hang_on_wall",
    "lay_inside",
    "let_fly",
    "stand_beneath",
    "stand_on",
    "stand_on_floor",
]

_SMALL = 0.45
"""Things of less than this, metres, are kept nearer than they need be, so that a person makes them out."""


def _distance(stage: Stage, thing: Thing) -> float:
    """A distance at which the thing would be neither lost nor all over the picture, metres."""
    camera = stage.setting.camera
    nearest = max(0.8, camera.focal * max(thing.size) / (0.85 * camera.width))
    farthest = _farthest(stage, thing)
    if stage.close:
        return stage.choice.uniform(1.1, 2.3)
    if farthest <= nearest:
        return farthest
    return nearest * math.exp(stage.choice.random() * math.log(farthest / nearest))


def _farthest(stage: Stage, thing: Thing) -> float:
    """Beyond this distance the thing would be lost in the picture; small things are kept nearer than they need be."""
    width, height, length = thing.size
    spread = math.sqrt(max(width, length) * height)
    pixels = stage.choice.choice((28, 40, 54) if spread < _SMALL else (22, 28, 40))
    return min(stage.setting.reach, stage.setting.camera.focal * spread / pixels)


def _distance_of_row(stage: Stage, thing: Thing) -> float:
    """Distance of the ground at a row drawn evenly from the image's lower half, metres; bounded as the others."""
    camera = stage.setting.camera
    row = stage.choice.uniform(-0.1, 0.5) * camera.height_px / camera.focal
    fall = math.tan(math.radians(camera.pitch) + math.atan(row)) + camera.slope
    if fall <= 0.02:
        return _distance(stage, thing)
    return min(camera.height / fall + thing.size[2] / 2, _farthest(stage, thing))


def _column(stage: Stage, distance: float) -> float:
    """X at this distance of a column drawn evenly over the image, metres."""
    camera = stage.setting.camera
    return stage.choice.uniform(-0.46, 0.46) * camera.width / camera.focal * distance


def stand_on_floor(stage: Stage, thing: Thing, *, tries: int = 6, cut: float = 0.0) -> bool:
    """Stands the thing somewhere on the ground."""
    if thing.kind.name == "lamp":
        thing.variant = "floor"
    if thing.kind.name == "clock":
        thing.variant = "table"
    for _ in range(tries):
        by_row = stage.choice.random() < 0.5 and not stage.close
        distance = _distance_of_row(stage, thing) if by_row else _distance(stage, thing)
        _choose_heading(stage, thing)
        thing.at = (_column(stage, distance), 0.0, distance)
        if stage.accepts(thing, cut=cut):
            stage.add(thing)
            return True
    return False


def _choose_heading(stage: Stage, thing: Thing) -> None:
    """Any direction; furniture and what has a picture side mostly turns its front to the camera's side."""
    if thing.kind.name in _SHOWS_FRONT:
        thing.heading = (180 + stage.choice.uniform(-65, 65)) % 360
        return
    thing.heading = stage.choice.uniform(0, 360)


def let_fly(stage: Stage, thing: Thing, *, tries: int = 6) -> bool:
    """Lets the thing fly or float."""
    if thing.kind.name == "bird":
        thing.variant = "flying"
    thing.state = ("flying",)
    for _ in range(tries):
        distance = _distance(stage, thing)
        if thing.kind.name == "airplane":
            distance = stage.choice.uniform(18, 60)
        if thing.kind.name == "bird":
            distance = max(distance, 2.5)
        _choose_heading(stage, thing)
        camera = stage.setting.camera
        row = stage.choice.uniform(-0.47, 0.3) * camera.height_px / camera.focal
        level = (
            camera.height - math.tan(math.radians(camera.pitch) + math.atan(row)) * distance - camera.slope * distance
        )
        thing.at = (_column(stage, distance), level, distance)
        if level > 0.6 and (thing.kind.name != "airplane" or level > 5) and stage.accepts(thing):
            stage.add(thing)
            return True
    return False


def hang_on_wall(stage: Stage, thing: Thing, *, tries: int = 5) -> bool:
    """Hangs the thing on one of the three walls in view; doors stand on the floor."""
    room = stage.setting.room
    if room is None:
        return False
    if thing.kind.name in ("clock", "television"):
        thing.variant = "wall"
    back = -thing.shape.drawing.low[2] * thing.scale + 0.004
    _, height, _ = thing.size
    for _ in range(tries):
        level = 0.0 if thing.kind.name == "door" else stage.choice.uniform(0.7, max(0.75, room.height - height - 0.15))
        wall = stage.choice.choice(("far", "far", "left", "right"))
        along = stage.choice.uniform(2.0, room.far - 0.4)
        across = stage.choice.uniform(room.left + 0.4, room.right - 0.4)
        if wall == "far":
            thing.heading, thing.at = 180.0, (across, level, room.far - back)
        elif wall == "left":
            thing.heading, thing.at = 90.0, (room.left + back, level, along)
        else:
            thing.heading, thing.at = 270.0, (room.right - back, level, along)
        if stage.accepts(thing):
            stage.add(thing)
            return True
    return False


def hang_from_ceiling(stage: Stage, thing: Thing, *, tries: int = 5) -> bool:
    """Hangs a lamp from the ceiling, its cord as long as it was drawn."""
    room = stage.setting.room
    if room is None:
        return False
    thing.variant, thing.state = "hanging", ("hanging",)
    for _ in range(tries):
        distance = stage.choice.uniform(1.5, room.far - 0.5)
        thing.at = (
            _column(stage, distance),
            room.height - (thing.shape.drawing.low[1] * thing.scale + thing.size[1]),
            distance,
        )
        if stage.accepts(thing, cut=0.35):
            stage.add(thing)
            return True
    return False


def stand_on(stage: Stage, thing: Thing, host: Thing, *, tries: int = 4) -> bool:
    """Stands the thing on one of the host's tops."""
    return _try_level(stage, thing, host, host.shape.model.tops, "on", tries=tries)


def stand_beneath(stage: Stage, thing: Thing, host: Thing, *, tries: int = 4) -> bool:
    """Stands the thing on the ground under the host."""
    beneath = host.shape.model.beneath
    return beneath is not None and _try_level(stage, thing, host, (beneath,), "beneath", tries=tries)


def _try_level(stage: Stage, thing: Thing, host: Thing, levels: tuple[Top, ...], manner: str, *, tries: int) -> bool:
    if thing.kind.name == "lamp":
        thing.variant = "table"
    if thing.kind.name == "clock":
        thing.variant = "table"
    fitting = [top for top in levels if thing.size[1] + 0.02 <= top.clearance * host.scale]
    if not fitting:
        return False
    drawing = thing.shape.drawing
    for _ in range(tries):
        top = stage.choice.choice(fitting)
        half = _half_spans(thing, host)
        slack_x = (top.x[1] - top.x[0]) / 2 - half[0] / host.scale
        slack_z = (top.z[1] - top.z[0]) / 2 - half[1] / host.scale
        if slack_x < 0 or slack_z < 0:
            _choose_heading(stage, thing)
            continue
        x = (top.x[0] + top.x[1]) / 2 + stage.choice.uniform(-slack_x, slack_x)
        z = (top.z[0] + top.z[1]) / 2 + stage.choice.uniform(-slack_z, slack_z)
        thing.put((drawing.middle[0], 0.0, drawing.middle[2]), host.place((x, top.y, z)))
        if stage.accepts(thing, ignoring=(host,), gap=0.02):
            thing.bond = Bond(manner, host)
            stage.add(thing)
            return True
        _choose_heading(stage, thing)
    return False


def lay_inside(stage: Stage, thing: Thing, host: Thing, *, tries: int = 4) -> bool:
    """Puts the thing into the host's hollow."""
    hollow = host.shape.model.hollow
    if hollow is None:
        return False
    width, height, length = thing.size
    room = hollow.radius * host.scale - 0.85 * math.hypot(width, length) / 2
    if room < 0 or height > 2.2 * hollow.depth * host.scale:
        return False
    drawing = thing.shape.drawing
    for _ in range(tries):
        turn, out = stage.choice.uniform(0, 2 * math.pi), room * math.sqrt(stage.choice.random()) / host.scale
        thing.put(
            (drawing.middle[0], 0.0, drawing.middle[2]),
            host.place((out * math.sin(turn), hollow.y, out * math.cos(turn))),
        )
        hosts = (host,) if host.bond is None else (host, host.bond.host)
        if stage.accepts(thing, ignoring=hosts, gap=0.01):
            thing.bond = Bond("in", host)
            stage.add(thing)
            return True
    return False


_SHOWS_FRONT = frozenset(
    {
        "shelf",
        "cabinet",
        "desk",
        "bed",
        "refrigerator",
        "sink",
        "toilet",
        "television",
        "laptop",
        "clock",
        "microwave",
        "house",
        "guitar",
        "stop sign",
        "traffic light",
        "couch",
    }
)


def _half_spans(thing: Thing, host: Thing) -> tuple[float, float]:
    """Half widths of the thing's footprint along the host's x and z, metres."""
    width, _, length = thing.size
    angle = math.radians(thing.heading - host.heading)
    sine, cosine = abs(math.sin(angle)), abs(math.cos(angle))
    return (width * cosine + length * sine) / 2, (width * sine + length * cosine) / 2
