"""A whole scene: setting, things, and what is seen of each; the same from (seed, index, image size) everywhere.

scene = make_scene(7, 12)
scene.things[0].kind.name, scene.sights[0].box
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stvqa.sources.demo.arrange import arrange
from stvqa.sources.demo.seeded import seeded
from stvqa.sources.demo.setting import Setting, draw_setting
from stvqa.sources.demo.thing import Thing
from stvqa.sources.demo.visibility import Sight, measure

__all__ = ["LEAST_PIXELS", "LEAST_SHARE", "LEAST_THINGS", "Scene", "make_scene"]

LEAST_THINGS = 4
LEAST_PIXELS = 130
LEAST_SHARE = 0.22
_LEAST_SIDE = 4


@dataclass(frozen=True, slots=True)
class Scene:
    """A scene of which everything drawn is well seen.

    Attributes:
        things / sights: one sight a thing, same order.
    """

    seed: int
    index: int
    setting: Setting
    things: tuple[Thing, ...]
    sights: tuple[Sight, ...]


def make_scene(seed: int, index: int, *, size: tuple[int, int] | None = None) -> Scene:
    """Sets up scene `index` of a seed.

    Things of which too little is seen are taken away, with all that depends on them, until all that is drawn can be
    counted; a scene left with fewer than 4 things is set up anew.

    Args:
        size: image width and height in pixels; None: drawn from the seed. Another size is another scene.
    """
    attempt = 0
    while True:
        choice = seeded(seed, "scene", f"{index}/{attempt}")
        setting = draw_setting(choice, size=size)
        scene = _cleared(seed, index, setting, arrange(setting, choice))
        if scene is not None:
            return scene
        attempt += 1


def _cleared(seed: int, index: int, setting: Setting, things: list[Thing]) -> Scene | None:
    while len(things) >= LEAST_THINGS:
        sights = measure(things, setting.camera)
        poor = {id(thing) for thing, sight in zip(things, sights, strict=True) if not _well_seen(sight)}
        if not poor:
            return Scene(seed, index, setting, tuple(things), tuple(sights))
        things = _without(things, poor)
    return None


def _well_seen(sight: Sight) -> bool:
    x1, y1, x2, y2 = sight.box
    return sight.pixels >= LEAST_PIXELS and sight.share >= LEAST_SHARE and min(x2 - x1, y2 - y1) >= _LEAST_SIDE


def _without(things: Sequence[Thing], poor: set[int]) -> list[Thing]:
    """The things without the poor ones and all that hangs on them; a rider's or holder's mount stays."""
    gone = set(poor)
    kept: list[Thing] = []
    for thing in things:
        if id(thing) in gone or (thing.bond is not None and id(thing.bond.host) in gone):
            gone.add(id(thing))
            continue
        kept.append(thing)
    return kept
