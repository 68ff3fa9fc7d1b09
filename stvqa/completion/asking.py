r"""The prompt that a model is trained and evaluated with: the question, and in what form and frame to answer.

    training_prompt("Where is the cup?\n(A) Left\n(B) Right", width=640, height=480, frame=THOUSANDTHS)

It is not the column `problem` of a published set, which asks for pixels of the original image as the paper does.
"""

from __future__ import annotations

from typing import Literal

from stvqa.completion.frames import BoxFrame
from stvqa.prompts import fill, load_prompt

__all__ = ["PromptStyle", "training_prompt"]

PromptStyle = Literal["scene", "sparse"]


def training_prompt(question: str, *, width: int, height: int, frame: BoxFrame, style: PromptStyle = "scene") -> str:
    """The user's message beside the image.

    Args:
        question: question and options, the column `question_with_options`.
        width: of the original image, in pixels.
        height: the same.
        frame: in what units boxes are asked for.
        style: `scene`: all four blocks; `sparse`: think and answer alone, where no frame is needed.

    Raises:
        InputError: the frame's resize refuses the image.
    """
    if style == "sparse":
        return fill(load_prompt("train-sparse", "user"), question=question)
    return fill(load_prompt("train", "user"), question=question, frame=frame.in_words(width, height))
