"""The stage on which a scene is set up: what stands where already, and whether one more thing fits.

stage = Stage(setting, choice)
cup = stage.make("cup")
stage.try_on_floor(cup)      # True: it stands in the scene now
"""

from __future__ import annotations

import random

from stvqa.sources.demo.camera import NEAR
from stvqa.sources.demo.kinds import KINDS
from stvqa.sources.demo.setting import Setting
from stvqa.sources.demo.thing import Rectangle, Thing

__all__ = ["GAP", "Stage"]

GAP = 0.06
"""Least distance between things that do not touch, metres."""

_LEAST_PIXELS = 330.0
_LEAST_SIDE = 11.0
_MOST_HIDDEN = 0.45
_UPRIGHT = 0.8
"""What is left, at the steepest pitch, of an upright's height in the picture."""


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
        mine = thing.footprint()
        if not (self._may_be_in_picture(mine, whole=cut == 0) and self._within_room(mine)):
            return False
        for other, footprint in zip(self.things, self._footprints, strict=True):
            if other not in ignoring and mine.overlaps(footprint, gap=gap):
                return False
        frame = thing.look(self.setting.camera)
        if frame is None:
            return False
        x1, y1, x2, y2 = frame.box
        wide, high = x2 - x1, y2 - y1
        if wide * high < _LEAST_PIXELS or (min(wide, high) < _LEAST_SIDE and wide + high < 70):
            return False
        inside = self._inside_share(frame.box)
        return inside >= 1 - cut - 1e-9 and self._leaves_all_visible(thing, ignoring)

    def _may_be_in_picture(self, box: Rectangle, *, whole: bool) -> bool:
        """A quick test that spares most things out of the picture the exact one.

        Args:
            whole: whether all of the thing must be inside; then the upright through its middle must be.
        """
        camera = self.setting.camera
        x, y, z = camera.to_camera_point((box.x, (box.bottom + box.top) / 2, box.z))
        if z < NEAR:
            return False
        half = _UPRIGHT * (box.top - box.bottom) / 2 if whole else 0.0
        return (
            abs(x) * camera.focal < camera.width / 2 * z and (abs(y) + half) * camera.focal < camera.height_px / 2 * z
        )

    def _within_room(self, box: Rectangle) -> bool:
        room = self.setting.room
        if room is None:
            return True
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
