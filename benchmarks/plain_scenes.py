"""Plain scenes of the demo source: two to four things of eight classes on open ground, 112 pixels square.

The demo source proper sets up 4 to 14 things of 85 classes, which a model of 1.6 million parameters does not learn to
tell apart within an hour. These are scenes of the same makers (same things, renderer, annotation and programs) with
less in them. `benchmarks/miniature` makes its sets of them.

    scene = make_plain_scene(7, 0)
    draw_plain(scene)    # a PNG
"""

from __future__ import annotations

import io
import random

import numpy as np
from PIL import Image

from stvqa.sources.demo.camera import Camera
from stvqa.sources.demo.render import render_scene
from stvqa.sources.demo.scenes import Scene
from stvqa.sources.demo.seeded import seeded
from stvqa.sources.demo.setting import Setting
from stvqa.sources.demo.stage import Stage
from stvqa.sources.demo.visibility import measure

__all__ = ["COLOURS", "SIDE", "draw_plain", "make_plain_scene"]

SIDE = 112
COLOURS = {
    "bucket": "purple",
    "chair": "brown",
    "stool": "yellow",
    "backpack": "orange",
    "plant": "white",
    "suitcase": "blue",
    "box": "red",
    "rock": "gray",
}
"""The classes, each named by one word and in one colour (a plant's is its pot's), so that colour tells them apart as
well as shape does."""
_TINT = 25.0


def make_plain_scene(seed: int, index: int, *, things: tuple[int, int] = (2, 4)) -> Scene:
    """Scene `index`: things of different classes, each at least 18 x 18 pixels or so and little hidden.

    Args:
        things: the fewest and the most of them; at most 8, of which scenes become hard to find.
    """
    attempt = 0
    while True:
        choice = seeded(seed, "plain", f"{index}/{attempt}")
        stage = Stage(_setting(choice), choice)
        wanted = choice.randint(*things)
        for name in choice.sample(sorted(COLOURS), len(COLOURS)):
            if len(stage.things) < wanted:
                _put(stage, name)
        if len(stage.things) >= things[0]:
            sights = measure(stage.things, stage.setting.camera)
            if all(sight.share >= 0.7 and sight.pixels >= 100 for sight in sights):
                return Scene(seed, index, stage.setting, tuple(stage.things), tuple(sights))
        attempt += 1


def _setting(choice: random.Random) -> Setting:
    """The same open ground always, seen from above a person's head, near enough that a ball is twenty pixels wide."""
    camera = Camera(
        SIDE, SIDE, focal=SIDE * 1.1, height=2.0, pitch=choice.uniform(38, 46), mirrored=choice.random() < 0.5
    )
    return Setting("outdoor", camera, None, "plaza", (0.5, 0.5, 0.5), (0.3, 0.9, -0.3), 8.0)


def _put(stage: Stage, name: str) -> None:
    thing = stage.make(name)
    thing.colour = COLOURS[name]
    for _ in range(12):
        thing.heading = stage.choice.uniform(0, 360)
        thing.at = (stage.choice.uniform(-1.6, 1.6), 0.0, stage.choice.uniform(1.0, 4.2))
        if stage.accepts(thing):
            stage.add(thing)
            return


def draw_plain(scene: Scene) -> bytes:
    """The picture as PNG, in light that is redder on the right and bluer below, by at most `_TINT` of 255.

    The vision tower of Qwen2.5-VL has no positions but relative ones, and where a patch lies reaches the text through
    rotations alone; this light makes the place of a patch part of what is seen in it. Stronger light told places sooner
    and things of like colours apart no sooner (dev/LOG.md).
    """
    pixels = np.asarray(render_scene(scene), dtype=np.float64)
    ramp = np.linspace(-_TINT, _TINT, SIDE)
    light = np.zeros((SIDE, SIDE, 3))
    light[:, :, 0] = ramp[None, :]
    light[:, :, 2] = ramp[:, None]
    file = io.BytesIO()
    Image.fromarray(np.clip(pixels + light, 0, 255).astype(np.uint8)).save(file, "PNG")
    return file.getvalue()
