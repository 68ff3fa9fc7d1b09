"""The tag grammar of answers: scenes and answers as text and back, box frames, and the rows that are made of them."""

from stvqa.completion.asking import PromptStyle, training_prompt
from stvqa.completion.cells import CellUnreadable, read_proof, read_votes
from stvqa.completion.frames import ORIGINAL_PIXELS, THOUSANDTHS, BoxFrame, FrameKind, FrameSize, frame_of_model
from stvqa.completion.reading import ParsedCompletion, parse_completion
from stvqa.completion.rows import build_row, option_order, row_id
from stvqa.completion.tags import LETTERS, Completion, parse, render, render_answer, render_options, render_scene

__all__ = [
    "LETTERS",
    "ORIGINAL_PIXELS",
    "THOUSANDTHS",
    "BoxFrame",
    "CellUnreadable",
    "Completion",
    "FrameKind",
    "FrameSize",
    "ParsedCompletion",
    "PromptStyle",
    "build_row",
    "frame_of_model",
    "option_order",
    "parse",
    "parse_completion",
    "read_proof",
    "read_votes",
    "render",
    "render_answer",
    "render_options",
    "render_scene",
    "row_id",
    "training_prompt",
]
