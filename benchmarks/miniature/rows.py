"""Sets as trainers take them, and what an arm changes of them: order, graphs, labels.

Questions are put without their options, and the answer is the right option's text. With letters a model of this size
learned to see long before it learned which letter stands before which text: boxes with a mean IoU of 0.63, "(A) The
cone" where the cone was (B), and every category but one at chance.

pool = load_set(data / "pool", cache=data / "cache")
drawn = pool.drawn(2400, seed=1)          # the same rows in the same order for every arm of seed 1
drawn = pool.with_whole(drawn)            # truths that hold the whole scene
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import datasets

from miniature.results import SetFigures
from miniature.scenes import WHOLE
from stvqa.completion import LETTERS
from stvqa.completion.tags import Completion, parse, render
from stvqa.errors import InputError
from stvqa.records import Row
from stvqa.stages.contract import random_for
from stvqa.store.dataset import read_dataset
from stvqa.train.data import Example, TrainingData

__all__ = ["RowSet", "load_set", "with_boxes_exchanged"]

_TRAIN = "train"


class RowSet(NamedTuple):
    """One set.

    Attributes:
        data: with all rows as `train`; none is looked at.
        whole: scene block of the whole scene of each image.
        figures: its rows, and the accuracy of guessing.
    """

    data: TrainingData
    whole: Mapping[str, str]
    figures: SetFigures

    def drawn(self, count: int, *, seed: int, without: frozenset[str] = frozenset()) -> list[Example]:
        """`count` rows in an order that seed and ids alone decide; begun again where there are fewer.

        Rows of `without` fall out of the order and change nothing else of it.
        """
        keyed = [(random_for(seed, "prompt-order", item.row_id).random(), item) for item in self.data.train]
        order = [item for _, item in sorted(keyed, key=lambda pair: pair[0]) if item.row_id not in without]
        if not order:
            raise InputError(f"no row of {self.data.origin} is left to train on")
        return [order[number % len(order)] for number in range(count)]

    def with_whole(self, examples: Sequence[Example]) -> list[Example]:
        """The same rows with truths that hold all objects of their images."""
        return [_with_scene(item, self.whole[item.image_id]) for item in examples]

    def of(self, examples: Sequence[Example]) -> TrainingData:
        """The set with these rows alone, as a trainer takes it."""
        return self.data._replace(train=list(examples))


def load_set(folder: Path, *, cache: Path) -> RowSet:
    """A set made by `miniature.scenes`.

    Args:
        cache: folder of the memory-mapped copy.
    """
    files = sorted(str(path) for path in (folder / "data").glob("*.parquet"))
    table = datasets.Dataset.from_parquet(files, cache_dir=str(cache), columns=["images"])
    table = table.cast_column("images", datasets.Image(decode=False))
    rows = [item.row for item in read_dataset(folder, images=False)]
    examples = [
        Example(
            row=number,
            split=_TRAIN,
            row_id=row.row_id,
            image_id=row.image_id,
            picture=row.image_id,
            category=row.category,
            level=row.level,
            question=row.question_only,
            options=(),
            letter=row.answer_only,
            gold=_with_text(row),
            width=row.image_width,
            height=row.image_height,
        )
        for number, row in enumerate(rows)
    ]
    whole = json.loads((folder / WHOLE).read_text(encoding="utf-8")) if (folder / WHOLE).is_file() else {}
    data = TrainingData(str(folder), {_TRAIN: table}, examples, [], {}, "")
    return RowSet(data, whole, _figures(rows, examples))


def _figures(rows: Sequence[Row], examples: Sequence[Example]) -> SetFigures:
    guesses = [1 / len(row.options) for row in rows]
    by_category: dict[str, list[float]] = {}
    for row, guess in zip(rows, guesses, strict=True):
        by_category.setdefault(row.category, []).append(guess)
    boxes = [len(json.loads(parse(item.gold).scene or "{}").get("objects", [])) for item in examples]
    return SetFigures(
        rows=len(rows),
        chance=round(statistics.fmean(guesses), 5),
        boxes=round(statistics.fmean(boxes), 5),
        rows_by_category={name: len(found) for name, found in by_category.items()},
        chance_by_category={name: round(statistics.fmean(found), 5) for name, found in by_category.items()},
    )


def _with_text(row: Row) -> str:
    """The gold with the text of the right option as its answer."""
    answer = row.options[LETTERS.index(row.answer_only)]
    return render(Completion(scene=parse(row.answer).scene, answer=answer))


def with_boxes_exchanged(example: Example) -> Example:
    """A wrong graph: each object has the box of the next one; a lone one stands at the opposite place of the image."""
    scene = json.loads(parse(example.gold).scene or "{}")
    objects: list[dict[str, Any]] = scene["objects"]
    boxes = [item["bbox"] for item in objects]
    if len(boxes) == 1:
        x1, y1, x2, y2 = boxes[0]
        boxes = [[example.width - x2, example.height - y2, example.width - x1, example.height - y1]]
    else:
        boxes = [*boxes[1:], boxes[0]]
    moved = [{**item, "bbox": box} for item, box in zip(objects, boxes, strict=True)]
    return _with_scene(example, json.dumps({**scene, "objects": moved}))


def _with_scene(example: Example, scene: str) -> Example:
    return example._replace(gold=render(Completion(scene=scene, answer=parse(example.gold).answer)))
