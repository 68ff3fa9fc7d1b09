"""Plain scenes of the demo source: two to four things of eight classes on open ground, 112 pixels square.

The demo source proper sets up 4 to 14 things of 85 classes, which a model of 1.6 million parameters does not learn to
tell apart within an hour. These are scenes of the same makers (same things, renderer, annotation and programs) with
less in them; questions are proposed, proved and worded by the stages that make every set.

    write_plain_set(Path("/tmp/plain"), train=8000, val=400, seed=7)    # a dataset folder, for `stvqa train`
"""

from __future__ import annotations

import io
import os
import random
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from stvqa.completion import build_row
from stvqa.records import Category, Question, Rejection, SceneGraph
from stvqa.sources.demo.camera import Camera
from stvqa.sources.demo.render import render_scene
from stvqa.sources.demo.scenes import Scene
from stvqa.sources.demo.seeded import seeded
from stvqa.sources.demo.setting import Setting
from stvqa.sources.demo.source import graph_of
from stvqa.sources.demo.stage import Stage
from stvqa.sources.demo.visibility import measure
from stvqa.stages.contract import StageContext, random_for
from stvqa.stages.generate import Generate
from stvqa.stages.package import Package, PackedRow
from stvqa.stages.prune import Prune

__all__ = ["CATEGORIES", "COLOURS", "SIDE", "draw_plain", "make_plain_scene", "write_plain_set"]

SIDE = 112
COLOURS = {
    "bucket": "purple",
    "chair": "brown",
    "teddy bear": "pink",
    "traffic cone": "orange",
    "plant": "white",
    "suitcase": "blue",
    "box": "red",
    "trash can": "gray",
}
"""The classes, each in one colour (a plant's is its pot's), so that colour tells them apart as well as shape does."""
CATEGORIES: tuple[Category, ...] = ("relation", "instance_location")
_ROWS_PER_FILE = 1000
_TINT = 40.0
_ALONE = 0.4
"""Share of train's scenes that hold one thing: where nothing can be mixed up, a model learns where things are before it
has learned which is which. Scenes of val all hold two to four."""
_PIECE = 250


class _Piece(NamedTuple):
    """Scenes `start` to `stop` of a seed, and how many questions each may give."""

    seed: int
    start: int
    stop: int
    questions: int
    split: str


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
    """Open ground seen from above a person's head, near enough that a ball is twenty pixels wide."""
    camera = Camera(
        SIDE, SIDE, focal=SIDE * 1.1, height=2.0, pitch=choice.uniform(38, 46), mirrored=choice.random() < 0.5
    )
    tones = (choice.random(), choice.random(), choice.random())
    ground = choice.choice(("grass", "sand", "plaza"))
    return Setting("outdoor", camera, None, ground, tones, (0.3, 0.9, -0.3), 8.0)


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
    rotations alone. Without this light, 1,500 steps of 16 rows taught a tiny model nothing of left and right
    (correlation of predicted and true x: 0.01); it makes the place of a patch part of what is seen in it.
    """
    pixels = np.asarray(render_scene(scene), dtype=np.float64)
    ramp = np.linspace(-_TINT, _TINT, SIDE)
    light = np.zeros((SIDE, SIDE, 3))
    light[:, :, 0] = ramp[None, :]
    light[:, :, 2] = ramp[:, None]
    file = io.BytesIO()
    Image.fromarray(np.clip(pixels + light, 0, 255).astype(np.uint8)).save(file, "PNG")
    return file.getvalue()


def _questions(graph: SceneGraph, *, most: int) -> list[Question]:
    """Questions of four options about one scene, at most one a form, by the stages of every set."""
    prune = Prune(categories=CATEGORIES, options=(4,), per_form=1, min_area_share=0.01)
    found = list(prune.prospects(graph, StageContext(seed=0)))
    found = [item for item in found if item.option_count == 4]
    chance = random_for(0, "plain", graph.image_id)
    chance.shuffle(found)
    worded = Generate().run(iter(found[:most]), StageContext(seed=0))
    return [item for item in worded if not isinstance(item, Rejection)]


def _rows(piece: _Piece) -> list[PackedRow]:
    rows: list[PackedRow] = []
    for index in range(piece.start, piece.stop):
        alone = piece.split == "train" and seeded(piece.seed, "alone", str(index)).random() < _ALONE
        scene = make_plain_scene(piece.seed, index, things=(1, 1) if alone else (2, 4))
        graph = graph_of(scene).model_copy(update={"relationships": ()})
        picture = draw_plain(scene)
        for question in _questions(graph, most=piece.questions):
            chance = random_for(piece.seed, "letters", question.question_id)
            row = build_row(question, chance.randrange(4), chance=chance.getrandbits(16))
            rows.append(PackedRow(row=row, split=piece.split, image=picture, path=f"{index}.png"))
    return rows


def write_plain_set(folder: Path, *, train: int, val: int, seed: int, questions: int = 3, workers: int = 2) -> Path:
    """A dataset folder of rows of plain scenes; no scene stands in both splits.

    Args:
        train / val: scenes of each split; a scene gives up to `questions` rows.
    """
    (folder / "data").mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    for split, start, count in (("val", 0, val), ("train", val, train)):
        stop = start + count
        pieces = [
            _Piece(seed, first, min(stop, first + _PIECE), questions if split == "train" else 1, split)
            for first in range(start, stop, _PIECE)
        ]
        with ProcessPoolExecutor(workers) as pool:
            rows = (row for piece in pool.map(_rows, pieces) for row in piece)
            for number, batch in enumerate(_batches(rows)):
                Package().write(folder / "data" / f"{split}-{number:05d}-of-{0:05d}.parquet", batch)
    return folder


def _batches(rows: Iterator[PackedRow]) -> Iterator[list[PackedRow]]:
    while batch := list(islice(rows, _ROWS_PER_FILE)):
        yield batch
