"""The stage on which a scene is set up: what stands where already, and whether one more thing fits.

    stage = Stage(setting, choice)
    cup = stage.make("cup")
    stage.try_on_floor(cup)      # True: it stands in the scene now
"""

from __future__ import annotations

import math
import random

from stvqa.sources.demo.camera import NEAR
from stvqa.sources.demo.kinds import KINDS
from stvqa.sources.demo.model import Top
from stvqa.sources.demo.setting import Setting
from stvqa.sources.demo.thing import Bond, Rectangle, Thing

__all__ = ["GAP", "Stage"]

GAP = 0.06
"""Least distance between things that do not touch, metres."""

_LEAST_PIXELS = 330.0
_LEAST_SIDE = 11.0
_MOST_HIDDEN = 0.45


class Stage:
    """Things put so far, and the rules for one more: in the picture, not in the way, large enough to be seen.

    Attributes:
        setting: the place and its camera.
        choice: the scene's own randomness.
        close: whether what is put on the floor now shall stand as near as may be.
        things: what stands there, in the order of arrival; hosts come before what depends on them.
    """

    def __init__(self, setting: Setting, choice: random.Random) -> None:
        self.setting = setting
        self.choice = choice
        self.close = False
        self.things: list[Thing] = []
        self._footprints: list[Rectangle] = []

    def make(self, name: str, *, variant: str | None = None) -> Thing:
        """A thing that stands nowhere yet. Its colour is one that its class has not here, where there is one."""
        kind = KINDS[name]
        taken = {thing.colour for thing in self.things if thing.kind.name == name}
        free = [colour for colour in kind.colours if colour not in taken]
        colours = free if free and self.choice.random() < 0.75 else kind.colours
        colour = self.choice.choice(colours) if colours else ""
        scale = self.choice.uniform(*kind.scale)
        shape = variant if variant is not None else self.choice.choice(kind.variants)
        thing = Thing(kind, shape, colour, scale, self.choice.uniform(0, 360), (0.0, 0.0, 0.0))
        thing.palette_seed = self.choice.randrange(1 << 30)
        return thing

    def add(self, thing: Thing) -> None:
        """Puts the thing on the stage, unchecked."""
        self.things.append(thing)
        self._footprints.append(thing.footprint())

    def accepts(self, thing: Thing, *, ignoring: tuple[Thing, ...] = (), cut: float = 0.0, gap: float = GAP) -> bool:
        """Whether the thing, where it is now, is well in the picture, runs into nothing and hides little.

        Args:
            ignoring: things that it may touch or stand in.
            cut: share of its outline's bounds that may lie outside the image.
            gap: least distance to all others, metres.
        """
        if not (self._middle_in_picture(thing) and self._within_room(thing)):
            return False
        mine = thing.footprint()
        for other, footprint in zip(self.things, self._footprints, strict=True):
            if other not in ignoring and mine.overlaps(footprint, gap=gap):
                return False
        frame = thing.look(self.setting.camera)
        if frame is None:
            return False
        x1, y1, x2, y2 = frame.box
        if (x2 - x1) * (y2 - y1) < _LEAST_PIXELS or min(x2 - x1, y2 - y1) < _LEAST_SIDE and (x2 - x1) + (y2 - y1) < 70:
            return False
        inside = self._inside_share(frame.box)
        return inside >= 1 - cut - 1e-9 and self._leaves_all_visible(thing, ignoring)

    def _middle_in_picture(self, thing: Thing) -> bool:
        camera = self.setting.camera
        x, y, z = camera.to_camera_point(thing.centre)
        if z < NEAR:
            return False
        across, down = abs(x) * camera.focal / z, abs(y) * camera.focal / z
        return across < camera.width / 2 and down < camera.height_px / 2

    def _within_room(self, thing: Thing) -> bool:
        room = self.setting.room
        if room is None:
            return True
        box = thing.footprint()
        half_x = box.half_width * abs(box.cosine) + box.half_length * abs(box.sine)
        half_z = box.half_width * abs(box.sine) + box.half_length * abs(box.cosine)
        if box.x - half_x < room.left or box.x + half_x > room.right or box.top > room.height + 0.01:
            return False
        return box.z + half_z <= room.far

    def _inside_share(self, box: tuple[float, float, float, float]) -> float:
        camera = self.setting.camera
        wide = min(box[2], camera.width - 1.0) - max(box[0], 1.0)
        high = min(box[3], camera.height_px - 1.0) - max(box[1], 1.0)
        if wide <= 0 or high <= 0:
            return 0.0
        return wide * high / ((box[2] - box[0]) * (box[3] - box[1]))

    def _leaves_all_visible(self, thing: Thing, ignoring: tuple[Thing, ...]) -> bool:
        """Whether no bounds are mostly covered by one that is nearer (a quick test; `measure` is the exact one)."""
        if thing.frame is None:
            return False
        mine, own_depth = thing.frame.box, float(thing.frame.points[:, 2].min())
        hidden = 0.0
        for other in self.things:
            if other in ignoring or other.frame is None:
                continue
            theirs = other.frame.box
            wide = min(mine[2], theirs[2]) - max(mine[0], theirs[0])
            high = min(mine[3], theirs[3]) - max(mine[1], theirs[1])
            if wide <= 0 or high <= 0:
                continue
            common = wide * high
            if float(other.frame.points[:, 2].min()) < own_depth:
                hidden += common / ((mine[2] - mine[0]) * (mine[3] - mine[1]))
                if hidden > _MOST_HIDDEN:
                    return False
            elif common / ((theirs[2] - theirs[0]) * (theirs[3] - theirs[1])) > _MOST_HIDDEN:
                return False
        return True

    def _distance(self, thing: Thing) -> float:
        """A distance at which the thing would be neither lost nor all over the picture, metres."""
        width, height, length = thing.size
        spread = math.sqrt(max(width, length) * height)
        focal = self.setting.camera.focal
        nearest = max(0.8, focal * max(height, width, length) / (0.85 * self.setting.camera.width))
        farthest = min(self.setting.reach, focal * spread / self.choice.choice((24, 34, 48)))
        if self.close:
            return self.choice.uniform(1.1, 2.3)
        if farthest <= nearest:
            return farthest
        return nearest * math.exp(self.choice.random() * math.log(farthest / nearest))

    def _distance_of_row(self, thing: Thing) -> float:
        """Distance of the ground at a row drawn evenly from the image's lower half, metres; bounded as the others."""
        camera = self.setting.camera
        row = self.choice.uniform(-0.1, 0.5) * camera.height_px / camera.focal
        fall = math.tan(math.radians(camera.pitch) + math.atan(row)) + camera.slope
        if fall <= 0.02:
            return self._distance(thing)
        farthest = camera.focal * math.sqrt(max(thing.size[0], thing.size[2]) * thing.size[1]) / 22
        return min(camera.height / fall + thing.size[2] / 2, self.setting.reach, farthest)

    def _column(self, distance: float) -> float:
        """x at this distance of a column drawn evenly over the image, metres."""
        camera = self.setting.camera
        return self.choice.uniform(-0.46, 0.46) * camera.width / camera.focal * distance

    def try_on_floor(self, thing: Thing, *, tries: int = 6, cut: float = 0.0) -> bool:
        """Stands the thing somewhere on the ground."""
        if thing.kind.name == "lamp":
            thing.variant = "floor"
        if thing.kind.name == "clock":
            thing.variant = "table"
        for _ in range(tries):
            distance = self._distance_of_row(thing) if self.choice.random() < 0.5 and not self.close else self._distance(thing)
            self._choose_heading(thing)
            thing.at = (self._column(distance), 0.0, distance)
            if self.accepts(thing, cut=cut):
                self.add(thing)
                return True
        return False

    def _choose_heading(self, thing: Thing) -> None:
        """Any direction; furniture and what has a picture side mostly turns its front to the camera's side."""
        if thing.kind.name in _SHOWS_FRONT:
            thing.heading = (180 + self.choice.uniform(-65, 65)) % 360
            return
        thing.heading = self.choice.uniform(0, 360)

    def try_in_air(self, thing: Thing, *, tries: int = 6) -> bool:
        """Lets the thing fly or float."""
        if thing.kind.name == "bird":
            thing.variant = "flying"
        thing.state = ("flying",)
        for _ in range(tries):
            distance = self._distance(thing)
            if thing.kind.name == "airplane":
                distance = self.choice.uniform(18, 60)
            if thing.kind.name == "bird":
                distance = max(distance, 2.5)
            self._choose_heading(thing)
            camera = self.setting.camera
            row = self.choice.uniform(-0.47, 0.3) * camera.height_px / camera.focal
            level = camera.height - math.tan(math.radians(camera.pitch) + math.atan(row)) * distance - camera.slope * distance
            thing.at = (self._column(distance), level, distance)
            if level > 0.6 and (thing.kind.name != "airplane" or level > 5) and self.accepts(thing):
                self.add(thing)
                return True
        return False

    def try_on_wall(self, thing: Thing, *, tries: int = 5) -> bool:
        """Hangs the thing on one of the three walls in view; doors stand on the floor."""
        room = self.setting.room
        if room is None:
            return False
        if thing.kind.name in ("clock", "television"):
            thing.variant = "wall"
        back = -thing.shape.drawing.low[2] * thing.scale + 0.004
        _, height, _ = thing.size
        for _ in range(tries):
            level = 0.0 if thing.kind.name == "door" else self.choice.uniform(0.7, max(0.75, room.height - height - 0.15))
            wall = self.choice.choice(("far", "far", "left", "right"))
            along = self.choice.uniform(2.0, room.far - 0.4)
            across = self.choice.uniform(room.left + 0.4, room.right - 0.4)
            if wall == "far":
                thing.heading, thing.at = 180.0, (across, level, room.far - back)
            elif wall == "left":
                thing.heading, thing.at = 90.0, (room.left + back, level, along)
            else:
                thing.heading, thing.at = 270.0, (room.right - back, level, along)
            if self.accepts(thing):
                self.add(thing)
                return True
        return False

    def try_from_ceiling(self, thing: Thing, *, tries: int = 5) -> bool:
        """Hangs a lamp from the ceiling, its cord as long as it was drawn."""
        room = self.setting.room
        if room is None:
            return False
        thing.variant, thing.state = "hanging", ("hanging",)
        for _ in range(tries):
            distance = self.choice.uniform(1.5, room.far - 0.5)
            thing.at = (self._column(distance), room.height - (thing.shape.drawing.low[1] * thing.scale + thing.size[1]), distance)
            if self.accepts(thing, cut=0.35):
                self.add(thing)
                return True
        return False

    def try_on_top(self, thing: Thing, host: Thing, *, tries: int = 4) -> bool:
        """Stands the thing on one of the host's tops."""
        return self._try_level(thing, host, host.shape.model.tops, "on", tries=tries)

    def try_beneath(self, thing: Thing, host: Thing, *, tries: int = 4) -> bool:
        """Stands the thing on the ground under the host."""
        beneath = host.shape.model.beneath
        return beneath is not None and self._try_level(thing, host, (beneath,), "beneath", tries=tries)

    def _try_level(self, thing: Thing, host: Thing, levels: tuple[Top, ...], manner: str, *, tries: int) -> bool:
        if thing.kind.name == "lamp":
            thing.variant = "table"
        if thing.kind.name == "clock":
            thing.variant = "table"
        fitting = [top for top in levels if thing.size[1] + 0.02 <= top.clearance * host.scale]
        if not fitting:
            return False
        drawing = thing.shape.drawing
        for _ in range(tries):
            top = self.choice.choice(fitting)
            half = _half_spans(thing, host)
            slack_x = (top.x[1] - top.x[0]) / 2 - half[0] / host.scale
            slack_z = (top.z[1] - top.z[0]) / 2 - half[1] / host.scale
            if slack_x < 0 or slack_z < 0:
                self._choose_heading(thing)
                continue
            x = (top.x[0] + top.x[1]) / 2 + self.choice.uniform(-slack_x, slack_x)
            z = (top.z[0] + top.z[1]) / 2 + self.choice.uniform(-slack_z, slack_z)
            thing.put((drawing.middle[0], 0.0, drawing.middle[2]), host.place((x, top.y, z)))
            if self.accepts(thing, ignoring=(host,), gap=0.02):
                thing.bond = Bond(manner, host)
                self.add(thing)
                return True
            self._choose_heading(thing)
        return False

    def try_inside(self, thing: Thing, host: Thing, *, tries: int = 4) -> bool:
        """Puts the thing into the host's hollow."""
        hollow = host.shape.model.hollow
        if hollow is None:
            return False
        width, height, length = thing.size
        room = hollow.radius * host.scale - math.hypot(width, length) / 2
        if room < 0 or height > 2.2 * hollow.depth * host.scale:
            return False
        drawing = thing.shape.drawing
        for _ in range(tries):
            turn, out = self.choice.uniform(0, 2 * math.pi), room * math.sqrt(self.choice.random()) / host.scale
            thing.put((drawing.middle[0], 0.0, drawing.middle[2]), host.place((out * math.sin(turn), hollow.y, out * math.cos(turn))))
            hosts = (host,) if host.bond is None else (host, host.bond.host)
            if self.accepts(thing, ignoring=hosts, gap=0.01):
                thing.bond = Bond("in", host)
                self.add(thing)
                return True
        return False


_SHOWS_FRONT = frozenset(
    {"shelf", "cabinet", "desk", "bed", "refrigerator", "sink", "toilet", "television", "laptop", "clock", "microwave", "house", "guitar", "stop sign", "traffic light", "couch"}
)


def _half_spans(thing: Thing, host: Thing) -> tuple[float, float]:
    """Half widths of the thing's footprint along the host's x and z, metres."""
    width, _, length = thing.size
    angle = math.radians(thing.heading - host.heading)
    sine, cosine = abs(math.sin(angle)), abs(math.cos(angle))
    return (width * cosine + length * sine) / 2, (width * sine + length * cosine) / 2


