"""What the model is told and what it could have said: prompts, and truths rendered as completions, in its box frame.

wording = Wording(template="train", frame=frame_of_model({"model_type": "qwen2_5_vl"}))
wording.prompt(example)        # "Look at the image and answer the question about it. ..."
wording.completion(example)    # "<observe>The image shows a cup and a table.</observe>..."
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from stvqa.completion import BoxFrame, Completion, render
from stvqa.prompts import fill, load_prompt
from stvqa.rewards import Truth, read_truth, render_truth
from stvqa.rewards.scenes import Scene
from stvqa.train.data import Example

__all__ = ["BARE", "GLANCE", "Wording"]

_MOST_PLACED = 4

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

        It is about what is asked: objects come in the order in which the question names them, the others after them.
        The thought tells the middle of each box, and of those asked about where they lie from the one named last and
        how tall they are beside it, which is what most questions turn on. It calls them by the names that questions
        and options have for them, by their ids only where several have one name.
        """
        truth = self.truth(example)
        if self.style != "scene" or truth.scene is None:
            return render(Completion(think=GLANCE, answer=truth.answer_text))
        scene, named = _as_asked(truth.scene, example.question)
        truth, names = truth._replace(scene=scene), [_name(object_id) for object_id in scene.ids]
        if not names:
            return render_truth(truth, observe="The image shows nothing of that kind.", think="There is none.")
        called = [
            name if names.count(name) == 1 else object_id for name, object_id in zip(names, scene.ids, strict=True)
        ]
        things = [_Thing(name, *box) for name, box in zip(called, scene.boxes.tolist(), strict=True)]
        centres = ", ".join(f"{thing.name} at ({thing.x}, {thing.y})" for thing in things)
        compared = _beside_last(things[:named] if named > 1 else things)
        observe = f"The image shows {_listed(names)}."
        return render_truth(truth, observe=observe, think=f"Centres: {centres}.{compared}")

    def answer(self, example: Example) -> str:
        """`(B) text` alone, what the paper's supervised baseline learns."""
        return self.truth(example).answer_text


def _name(object_id: str) -> str:
    return object_id.rsplit(".", 1)[0].replace("_", " ")


class _Thing(NamedTuple):
    """What a thought calls an object, and its corners; x runs to the right, y down."""

    name: str
    x1: float
    y1: float
    x2: float
    y2: float

    @property
    def x(self) -> int:
        return round((self.x1 + self.x2) / 2)

    @property
    def y(self) -> int:
        return round((self.y1 + self.y2) / 2)

    @property
    def height(self) -> int:
        return round(self.y2 - self.y1)


def _as_asked(scene: Scene, question: str) -> tuple[Scene, int]:
    """The scene with those objects first that the question names, in its order, and how many those are."""
    words = question.lower()
    found = [re.search(rf"\b{re.escape(_name(object_id).lower())}", words) for object_id in scene.ids]
    places = [match.start() if match else len(words) for match in found]
    order = sorted(range(len(places)), key=lambda number: places[number])
    ids = tuple(scene.ids[number] for number in order)
    return scene._replace(ids=ids, boxes=scene.boxes[order]), sum(match is not None for match in found)


def _beside_last(things: Sequence[_Thing]) -> str:
    """Where two to four objects lie from the last one, and whether they are taller; of more nothing, or the thought
    would outgrow the scene.
    """
    if not 1 < len(things) <= _MOST_PLACED:
        return ""
    *others, last = things
    told = [f"{thing.name} {_direction(thing, last)}, {_height_beside(thing, last)}" for thing in others]
    return f" From {last.name}: {'; '.join(told)}."


def _direction(thing: _Thing, other: _Thing) -> str:
    right, down = thing.x - other.x, thing.y - other.y
    sides = [
        ("below" if down > 0 else "above") * (down != 0),
        ("to the right" if right > 0 else "to the left") * (right != 0),
    ]
    return " and ".join(filter(None, sides)) or "at the same place"


def _height_beside(thing: _Thing, other: _Thing) -> str:
    more = thing.height - other.height
    return "taller" if more > 0 else "less tall" if more < 0 else "as tall"


def _listed(names: list[str]) -> str:
    named = [f"{'an' if name[:1] in 'aeiou' else 'a'} {name}" for name in names]
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"
