"""The sets of the experiment: plain scenes, and questions of several categories about each.

    make_sets(Path("runs/miniature/data"), settings, workers=2)
    # warm/ pool/ watch/ unseen/ harder/ test/, each an ordinary dataset folder, with whole.json: {image_id: "{...}"}

Each set has a seed of its own, so that no scene stands in two of them. Questions are proposed, proved and worded by the
stages that make every set; asked is about what stands in the image, since that is what boxes can answer.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import count, islice
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from plain_scenes import draw_plain, make_plain_scene

from miniature.settings import DataSettings, Settings
from stvqa.completion import build_row
from stvqa.completion.tags import render_scene
from stvqa.records import Category, Prospect, Question, Rejection, SceneGraph
from stvqa.sources.demo.seeded import seeded
from stvqa.sources.demo.source import graph_of
from stvqa.stages.contract import StageContext, random_for
from stvqa.stages.generate import Generate
from stvqa.stages.package import Package, PackedRow
from stvqa.stages.prune import Prune
from stvqa.store.atomic import atomic_file

__all__ = ["ASKED", "SETS", "WHOLE", "make_sets", "write_rows"]

ASKED: dict[Category, tuple[str, tuple[int, ...], str]] = {
    "relation": ("diagonal", (4,), "Where is"),
    "instance_location": ("quadrants", (4,), "In which quarter"),
    "size": ("image_height", (2, 3, 4), "Which looks"),
    "depth": ("camera_distance", (2, 3, 4), "Which is"),
    "distance": ("image_distance", (2, 3, 4), "Which appears"),
    "existence": ("definite", (2,), "Is"),
}
"""The form of question that is asked of each category, how many options it may have, and how it begins: one wording
of several, since what is to be learned here is to see, not to read. Questions of yes and no are best left out: "No" is
right of half of them, which is more than any other answer earns at first, and GRPO made it the answer to everything."""

_WORDINGS = 40
"""Wordings that are tried until one begins as it should."""

SETS = ("warm", "pool", "watch", "unseen", "harder", "test")
"""`test` is like `unseen`, at which `benchmarks/learning.py` looks: what was settled by then is not judged by it."""
WHOLE = "whole.json"
"""Written last in a set's folder: the whole scene of each image, as the text of a scene block."""

_ROWS_PER_FILE = 1000
_PIECE = 100
_QUESTIONS = 3
_TRIES = 12
"""Scenes at most for each question of a set that has one a scene."""


class _Piece(NamedTuple):
    """Scenes `start` to `stop` of a seed, the share of them with one thing, and how many questions each may give."""

    seed: int
    start: int
    stop: int
    questions: int
    things: tuple[int, int]
    alone: float
    categories: tuple[Category, ...]


class _Asked(NamedTuple):
    """A row with its image, and the whole scene that it shows."""

    row: PackedRow
    whole: str


def make_sets(folder: Path, settings: Settings, *, workers: int = 1) -> None:
    """Makes the sets that are not there yet, each in a folder of its name.

    Args:
        workers: processes.
    """
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    for number, name in enumerate(SETS):
        if (folder / name / WHOLE).is_file():
            continue
        pieces = _pieces(name, settings.seed * 100 + number, settings.data)
        exact = None if name in ("warm", "pool") else _wanted(name, settings.data)
        whole: dict[str, str] = {}
        asked = islice(_asked(pieces, workers=workers if exact is None else 1), exact)
        write_rows(folder / name, _noting(asked, whole))
        with atomic_file(folder / name / WHOLE) as file:
            file.write(json.dumps(whole).encode())


def write_rows(folder: Path, rows: Iterable[PackedRow]) -> None:
    """An ordinary dataset folder with one split, `train`; files of an earlier attempt are replaced."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    for left in (folder / "data").glob("*.parquet"):
        left.unlink()
    remaining = iter(rows)
    for number in count():
        part = list(islice(remaining, _ROWS_PER_FILE))
        if not part:
            return
        Package().write(folder / "data" / f"train-{number:05d}.parquet", part)


def _noting(asked: Iterable[_Asked], whole: dict[str, str]) -> Iterator[PackedRow]:
    """The rows, while `whole` fills with the scenes of their images."""
    for item in asked:
        whole[item.row.row.image_id] = item.whole
        yield item.row


def _wanted(name: str, data: DataSettings) -> int:
    """Questions of a set that is looked at."""
    return {"watch": data.watch, "unseen": data.unseen, "harder": data.harder, "test": data.unseen}[name]


def _pieces(name: str, seed: int, data: DataSettings) -> list[_Piece]:
    scenes = {"warm": data.warm_scenes, "pool": data.pool_scenes}.get(name)
    things = data.harder_things if name == "harder" else data.things
    # Not every scene allows a question; the sets that are looked at have exactly as many as are asked for.
    most = scenes or _TRIES * _wanted(name, data) + _PIECE
    questions = _QUESTIONS if scenes else 1
    alone = data.warm_alone if name == "warm" else 0.0
    return [
        _Piece(seed, start, min(most, start + _PIECE), questions, things, alone, data.categories)
        for start in range(0, most, _PIECE)
    ]


def _asked(pieces: list[_Piece], *, workers: int) -> Iterator[_Asked]:
    if workers == 1:
        for piece in pieces:
            yield from _ask_piece(piece)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for found in pool.map(_ask_piece, pieces):
            yield from found


def _ask_piece(piece: _Piece) -> list[_Asked]:
    found: list[_Asked] = []
    for index in range(piece.start, piece.stop):
        alone = seeded(piece.seed, "alone", str(index)).random() < piece.alone
        scene = make_plain_scene(piece.seed, index, things=(1, 1) if alone else piece.things)
        graph = graph_of(scene).model_copy(update={"relationships": ()})
        questions = _questions(graph, piece, first=index)
        if not questions:
            continue
        picture = draw_plain(scene)
        whole = render_scene(graph)
        for question in questions:
            chance = random_for(piece.seed, "letters", question.question_id)
            place = chance.randrange(len(question.options))
            row = build_row(question, place, chance=chance.getrandbits(16))
            found.append(_Asked(PackedRow(row=row, split="train", image=picture, path=f"{index}.png"), whole))
    return found


def _questions(graph: SceneGraph, piece: _Piece, *, first: int) -> list[Question]:
    """Questions about one scene, each of another category; which one comes first goes round by `first`.

    Where one question is wanted it is of the category whose turn it is, or there is none.
    """
    start = first % len(piece.categories)
    turn = (*piece.categories[start:], *piece.categories[:start])
    context = StageContext(seed=piece.seed)
    found: list[Prospect] = []
    for category in turn[: 1 if piece.questions == 1 else None]:
        form, options, _ = ASKED[category]
        prune = Prune(categories=(category,), options=options, per_form=1, min_area_share=0.01)
        found += islice((item for item in prune.prospects(graph, context) if item.form == form), 1)
    worded = (_worded(item, context) for item in found[: piece.questions])
    return [item for item in worded if item is not None]


def _worded(prospect: Prospect, context: StageContext) -> Question | None:
    """The question in its one wording; None where there is none."""
    beginning = ASKED[prospect.category][2]
    for attempt in range(_WORDINGS):
        for question in Generate().run(iter([prospect]), StageContext(seed=context.seed * _WORDINGS + attempt)):
            if not isinstance(question, Rejection) and question.text.startswith(f"{beginning} "):
                return question
    return None
