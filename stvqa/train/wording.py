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

__all__ = ["BARE", "Wording"]

_MOST_PLACED = 4

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

        The thought tells the middle of each box and where objects lie from each other in the image, which is what most
        questions turn on. It calls them by the names that questions and options have for them, by their ids only where
        several have one name.
        """
        truth = self.truth(example)
        if self.style != "scene" or truth.scene is None:
            return render(Completion(think="The image shows it.", answer=truth.answer_text))
        names = [_name(object_id) for object_id in truth.scene.ids]
        observe = f"The image shows {_listed(names)}." if names else "The image shows nothing of that kind."
        if not names:
            return render_truth(truth, observe=observe, think="There is none.")
        middles = {
            name if names.count(name) == 1 else object_id: (round((x1 + x2) / 2), round((y1 + y2) / 2))
            for name, object_id, (x1, y1, x2, y2) in zip(
                names, truth.scene.ids, truth.scene.boxes.tolist(), strict=True
            )
        }
        centres = ", ".join(f"{called} at ({x}, {y})" for called, (x, y) in middles.items())
        return render_truth(truth, observe=observe, think=f"Centres: {centres}.{_directions(middles)}")

    def answer(self, example: Example) -> str:
        """`(B) text` alone, what the paper's supervised baseline learns."""
        return self.truth(example).answer_text


def _name(object_id: str) -> str:
    return object_id.rsplit(".", 1)[0].replace("_", " ")


def _directions(middles: dict[str, tuple[int, int]]) -> str:
    """Where objects lie from each other in the image, by their middles: two either way, of three or four all from the
    first, of more nothing, or the thought would outgrow the scene.

    x runs to the right, y down.
    """
    starts = list(middles)[: {2: 2, 3: 1, _MOST_PLACED: 1}.get(len(middles), 0)]
    told = []
    for start in starts:
        x, y = middles[start]
        others = [
            f"{name} {_direction(right - x, down - y)}" for name, (right, down) in middles.items() if name != start
        ]
        told.append(f" From {start}: {', '.join(others)}.")
    return "".join(told)


def _direction(right: int, down: int) -> str:
    sides = [
        ("below" if down > 0 else "above") * (down != 0),
        ("to the right" if right > 0 else "to the left") * (right != 0),
    ]
    return " and ".join(filter(None, sides)) or "at the same place"


def _listed(names: list[str]) -> str:
    named = [f"{'an' if name[:1] in 'aeiou' else 'a'} {name}" for name in names]
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"
