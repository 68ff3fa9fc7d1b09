"""Rows as TRL's trainers take them: a table whose rows are made when a step asks for them, picture and all.

    table = grpo_table(data, data.train, speaker)
    table[0]    # {"prompt": [{"role": "user", ...}], "image": <PIL.Image>, "place": 0}

Nothing is copied: the table holds places, pictures come from the set's memory-mapped files and are decoded as they are
stored (no EXIF turn, which annotated boxes know nothing of).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import datasets

from stvqa.train.data import Example, TrainingData
from stvqa.train.loading import Speaker
from stvqa.train.pictures import open_picture, stated_size

__all__ = ["grpo_table", "picture_of", "sft_table"]

Row = dict[str, Any]


def grpo_table(data: TrainingData, examples: Sequence[Example], speaker: Speaker, *, first: int = 0) -> Any:  # noqa: ANN401 (a datasets.Dataset)
    """Prompts with their image; `place`, counted from `first`, is how the reward finds the truth."""

    def row(example: Example) -> Row:
        return {"prompt": [{"role": "user", "content": speaker.wording.prompt(example)}]}

    return _table(data, examples, row, first=first)


def sft_table(data: TrainingData, examples: Sequence[Example], speaker: Speaker, *, target: str) -> Any:  # noqa: ANN401 (a datasets.Dataset)
    """Prompts with what is to be said: the `answer` alone, or the `scene` with all blocks."""
    said = speaker.wording.answer if target == "answer" else speaker.wording.completion

    def row(example: Example) -> Row:
        return {
            "prompt": [{"role": "user", "content": speaker.wording.prompt(example)}],
            "completion": [{"role": "assistant", "content": said(example)}],
        }

    return _table(data, examples, row, first=0)


def picture_of(data: TrainingData, example: Example) -> Any:  # noqa: ANN401 (a PIL image)
    """The picture of one row, RGB."""
    row = data.tables[example.split][example.row]
    return open_picture(row["images"], size=stated_size(row))


def _table(data: TrainingData, examples: Sequence[Example], row: Callable[[Example], Row], *, first: int) -> Any:  # noqa: ANN401 (as above)
    """None where there are no examples."""
    if not examples:
        return None

    def made(batch: Row) -> Row:
        rows = [row(examples[place]) for place in batch["place"]]
        columns: Row = {name: [values[name] for values in rows] for name in rows[0]}
        columns["image"] = [picture_of(data, examples[place]) for place in batch["place"]]
        columns["place"] = [first + place for place in batch["place"]]
        return columns

    return datasets.Dataset.from_dict({"place": range(len(examples))}).with_transform(made)
