"""The truth that a completion is held against: the right answer, and the part of the scene that the question needs.

    truth = read_truth('<scene>{"objects": [{"id": "cup.1", "bbox": [10, 20, 60, 90]}], "relationships": []}</scene>'
                       "<answer>B</answer>", image_width=640, image_height=480, options=("Left", "Right"))
    truth.answer_text                # "(B) Right"
    render_truth(truth)              # the completion that every reward pays in full

It is made from the column `answer` of a published set, the paper's own included. Whatever makes it useless for a part
of a reward is noted as a sentence (`scene_fault`, `answer_fault`), and the rewards then give None.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from stvqa.completion import LETTERS, ORIGINAL_PIXELS, BoxFrame, Completion, FrameSize, parse, render, render_answer
from stvqa.completion.choices import bare_options
from stvqa.completion.reading import decode_scene
from stvqa.errors import InputError
from stvqa.rewards.answers import letter_of
from stvqa.rewards.formats import is_object_id
from stvqa.rewards.scenes import MOST_OBJECTS, Scene, Triple, read_boxes, usable

__all__ = ["Truth", "read_truth", "render_truth", "truth_of_row"]

Array = NDArray[np.float64]

_OBSERVED = "What matters for the question stands in the scene."
_THOUGHT = "The scene shows the answer."


class Truth(NamedTuple):
    """A question's truth in the frame in which boxes are asked for.

    Attributes:
        answer: the text of the gold answer as it stands, stripped: `B`, `(B) To the left`, or the option's text.
        options: the option texts without letters, where they are known.
        scene: objects and triples, boxes in units of `frame`; None where `scene_fault` says why.
        size: extent of the frame, what boxes are divided by.
        width: of the original image, in pixels.
        height: of the original image, in pixels.
    """

    answer: str
    options: tuple[str, ...]
    scene: Scene | None
    size: FrameSize
    width: int
    height: int
    frame: BoxFrame = ORIGINAL_PIXELS
    scene_fault: str = ""
    answer_fault: str = ""

    @property
    def letter(self) -> str:
        """The letter of the right option; "" where the gold answer names none and the options do not hold it."""
        return letter_of(self.answer, self.options)

    @property
    def answer_text(self) -> str:
        """The right answer as models are asked for it: `(B) To the left` where the option is known, else the gold's."""
        letter = self.letter
        place = LETTERS.find(letter) if letter else -1
        return render_answer(place, self.options[place]) if 0 <= place < len(self.options) else self.answer


def read_truth(
    gold: str,
    *,
    image_width: int,
    image_height: int,
    options: Sequence[str] = (),
    frame: BoxFrame = ORIGINAL_PIXELS,
) -> Truth:
    """The truth of one question.

    Args:
        gold: `<scene>{...}</scene>` in pixels of the original image, and `<answer>...</answer>`.
        image_width: of the original image, in pixels.
        image_height: the same.
        options: the option texts in the order of their letters, with or without them (the paper's set may hold
            `(A) left`); they let a letter stand for a text.
        frame: in what units the completions give boxes; the truth is converted to it.

    Raises:
        InputError: a side of the image is no positive number, or the frame's resize refuses the image.
    """
    if image_width < 1 or image_height < 1:
        raise InputError(f"the image is {image_width} x {image_height} pixels; both sides have to be 1 or more")
    blocks = parse(gold)
    answer = (blocks.answer or "").strip()
    options = bare_options(options)
    size = frame.size(image_width, image_height)
    answer_fault = _answer_fault(answer, options)
    try:
        scene = _read_scene(blocks.scene, image_width, image_height, frame=frame)
    except _UnusableSceneError as error:
        fault = str(error)
        return Truth(answer, options, None, size, image_width, image_height, frame, fault, answer_fault)
    return Truth(answer, options, scene, size, image_width, image_height, frame, "", answer_fault)


def truth_of_row(
    row: Mapping[str, Any],
    *,
    frame: BoxFrame = ORIGINAL_PIXELS,
    image_size: tuple[int, int] | None = None,
) -> Truth:
    """The truth of a row of a published set: ours, or the paper's (columns `answer` and `options`).

    Args:
        row: the row as a mapping; `row.model_dump()` of a `stvqa.records.Row` will do.
        frame: in what units the completions give boxes.
        image_size: width and height of the image in pixels, for sets without the columns `image_width` and
            `image_height` (the paper's).

    Raises:
        InputError: the row has no column `answer`, or the image's size is not known.
    """
    if not isinstance(row.get("answer"), str):
        raise InputError("the row has no text in column `answer`: <scene>{...}</scene> and <answer>...</answer>")
    width, height = image_size or (row.get("image_width"), row.get("image_height"))
    if not isinstance(width, int) or not isinstance(height, int):
        raise InputError("the row has no columns image_width and image_height: give the size of its image")
    options = [str(text) for text in row.get("options") or ()]
    return read_truth(row["answer"], image_width=width, image_height=height, options=options, frame=frame)


def render_truth(truth: Truth, *, observe: str = _OBSERVED, think: str = _THOUGHT) -> str:
    """The truth as a completion in its own frame: all four blocks, or think and answer where it has no scene."""
    if truth.scene is None:
        return render(Completion(think=think, answer=truth.answer_text))
    scene = truth.scene
    boxes = [[_plain(side) for side in box] for box in scene.boxes.tolist()]
    data = {
        "objects": [{"id": name, "bbox": box} for name, box in zip(scene.ids, boxes, strict=True)],
        "relationships": [triple._asdict() for triple in scene.triples],
    }
    return render(Completion(observe, json.dumps(data, ensure_ascii=False), think, truth.answer_text))


def _answer_fault(answer: str, options: tuple[str, ...]) -> str:
    if not answer:
        return "the gold has no <answer>"
    if options and not letter_of(answer, options):
        return f"the gold answer {answer[:60]!r} is none of the options, or more than one"
    return ""


def _plain(side: float) -> float | int:
    return int(side) if side.is_integer() else side


class _UnusableSceneError(Exception):
    """Why a gold scene cannot serve; becomes `Truth.scene_fault`."""


def _read_scene(text: str | None, width: int, height: int, *, frame: BoxFrame) -> Scene:
    decoded = decode_scene(text)
    if decoded.scene is None:
        raise _UnusableSceneError(f"the gold scene cannot be used: {decoded.fault}")
    try:
        objects = decoded.scene["objects"]
        ids = tuple(item["id"] for item in objects)
        boxes = read_boxes([item["bbox"] for item in objects])
        triples = tuple(
            Triple(item["subject"], item["predicate"], item["object"])
            for item in decoded.scene.get("relationships") or []
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _UnusableSceneError("the gold scene's objects and relationships are not of the known shape") from error
    if not all(isinstance(word, str) for word in (*ids, *(part for triple in triples for part in triple))):
        raise _UnusableSceneError("the gold scene has ids or predicates that are no texts")
    if wrong := next((name for name in ids if not is_object_id(name)), None):
        raise _UnusableSceneError(f"the gold scene has an id that is not name.number: {wrong!r}")
    if len(ids) > MOST_OBJECTS:
        raise _UnusableSceneError(f"the gold scene has {len(ids):,} objects, more than {MOST_OBJECTS:,}")
    if len(set(ids)) < len(ids):
        raise _UnusableSceneError("the gold scene names an id twice")
    good = usable(boxes / np.array([width, height, width, height]))
    if not good.all():
        worst = ids[int(np.flatnonzero(~good)[0])]
        raise _UnusableSceneError(f"the box of {worst} in the gold scene is not inside the image, or has no area")
    return Scene(ids, frame.from_pixels(boxes, width, height), triples)
