"""The base of all records, and the words that are closed sets.

class Rejection(Record): ...
"""

from __future__ import annotations

from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict

__all__ = ["CATEGORIES", "LEVELS", "Category", "Evidence", "Level", "Record"]

Category = Literal[
    "relation", "reach", "size", "orientation", "instance_location", "depth", "distance", "count", "existence"
]
"""What a question asks; the nine of the paper, table of facts/paper.md."""

Level = Literal["easy", "medium", "hard"]
"""Difficulty, from the formula of `stvqa.programs.difficulty`."""

Evidence = Literal["geometric", "annotated", "simulated", "estimated", "teacher"]
"""What the answer rests on: a program over boxes, a human triple, exact 3D, a depth model, a model's word."""

CATEGORIES: tuple[Category, ...] = get_args(Category)
LEVELS: tuple[Level, ...] = get_args(Level)


class Record(BaseModel):
    """An immutable value; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="null")
