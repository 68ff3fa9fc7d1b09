"""The tag grammar of answers, scenes and answers as text and back; and the rows that are made of them."""

from stvqa.completion.rows import build_row, option_order, row_id
from stvqa.completion.tags import LETTERS, Completion, parse, render, render_answer, render_options, render_scene

__all__ = [
    "LETTERS",
    "Completion",
    "build_row",
    "option_order",
    "parse",
    "render",
    "render_answer",
    "render_options",
    "render_scene",
    "row_id",
]
