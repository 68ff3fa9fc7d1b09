"""What the model is told and what it could have said: prompts, and truths rendered as completions, in its box frame.

wording = Wording(template="train", frame=frame_of_model({"model_type": "qwen2_5_vl"}))
wording.prompt(example)        # "Look at the image and answer the question about it. ..."
wording.completion(example)    # "<observe>The image shows a cup and a table.</observe>..."
"""

from __future__ import annotations

from typing import NamedTuple

from stvqa.completion import BoxFrame, Completion, render
from stvqa.prompts import fill, load_prompt
from stvqa.rewards import Truth, read_truth, render_truth
from stvqa.train.data import Example
from stvqa.train.thoughts import in_order_asked, name_of, thought
from stvqa.vocabulary.inflection import article

__all__ = ["BARE", "GLANCE", "Wording"]

GLANCE = "The image shows it."
"""The thought of completions that do not think."""

BARE = "question"
"""Instead of a template: the question and its options alone, for models too small to read instructions."""


class Wording(NamedTuple):
    """How rows are put to a model.

    Attributes:
        template: a name in `prompts/`, or `question`.
        frame: in which the boxes are.
        style: `scene` for completions of all four blocks, `sparse` for `<think>` and `<answer>` alone.
    """

    template: str
    frame: BoxFrame
    style: str = "scene"

    def prompt(self, example: Example) -> str:
        """The user's turn, without the image."""
        if self.template == BARE:
            return example.question
        template = load_prompt(self.template, "user")
        values: dict[str, object] = {"question": example.question}
        if "$frame" in template:
            values["frame"] = self.frame.in_words(example.width, example.height)
        return fill(template, **values)

    def truth(self, example: Example) -> Truth:
        """What the reward holds a completion against.

        Raises:
            InputError: the frame's resize refuses an image of this shape.
        """
        return read_truth(
            example.gold,
            image_width=example.width,
            image_height=example.height,
            options=example.options,
            frame=self.frame,
        )

    def completion(self, example: Example) -> str:
        """The truth as a model could have said it, in every block that the reward asks for.

        Scene and thought follow the question, see `stvqa.train.thoughts`.
        """
        truth = self.truth(example)
        if self.style != "scene" or truth.scene is None:
            return render(Completion(think=GLANCE, answer=truth.answer_text))
        if not truth.scene.ids:
            return render_truth(truth, observe="The image shows nothing of that kind.", think="There is none.")
        scene, named = in_order_asked(truth.scene, example.question)
        observe = f"The image shows {_listed([name_of(object_id) for object_id in scene.ids])}."
        return render_truth(truth._replace(scene=scene), observe=observe, think=thought(scene, named))

    def answer(self, example: Example) -> str:
        """`(B) text` alone, what the paper's supervised baseline learns."""
        return self.truth(example).answer_text


def _listed(names: list[str]) -> str:
    named = [f"{article(name)} {name}" for name in names]
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"
