"""Questions on their way from a prospect to a row.

prune    -> Prospect   a question that could be asked: category, program, focus graph
generate -> Question   the same with words
select   -> SelectedRow   the same as a row of the published set, with its split
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from stvqa.records.base import Category, Evidence, Level, Record
from stvqa.records.program import Margins, Program
from stvqa.records.scene import ImageReference, SceneGraph

__all__ = ["Asked", "Prospect", "Question", "Row", "SelectedRow", "Vote"]


class Asked(Record):
    """What a question is about, before and after it has words.

    Attributes:
        form: the kind of question inside its category (`mainly`, `camera_distance`, `held` ...).
        level / rating / difficulty: easy to hard; 1 to 10; 0 to 1; all of `stvqa.programs.difficulty`.
        margins: how clear a case had to be.
        margin: smallest |margin| over the claims, 1 = just enough (see `stvqa.programs.verdict`);
            None where the answer rests on a triple alone.
        answer: index of the right option, and of its claim.
        focus: the focus graph; source, size and place of the image are told there.
        topic: the objects (or name) that the right option is about, so that a set does not ask the same
            twice of one image.
        shortcuts: what a reader without the image could go by (`stvqa.programs.shortcuts`).
    """

    image_id: str
    category: Category
    form: str
    level: Level
    rating: int = Field(ge=1, le=10)
    difficulty: float = Field(ge=0, le=1)
    evidence: Evidence
    margins: Margins
    margin: float | None
    option_count: int = Field(ge=2, le=4)
    answer: int = Field(ge=0, le=3)
    focus: SceneGraph
    topic: str = ""
    shortcuts: str = ""


class Prospect(Asked):
    """A question that could be asked of one image, decided but not yet worded: one claim an option.

    Attributes:
        scene_objects: objects of the whole scene, which no model is ever told of in full; 0 where nobody counted.
    """

    prospect_id: str
    program: Program
    scene_objects: int = Field(default=0, ge=0)


class Vote(Record):
    """One answer of one verifier to one presentation of a question.

    Attributes:
        rotation: by how many places the options were rotated.
        choice: index of the option among those that the vote is kept with, the question's or the row's; None where
            the reply was `unparsed`.
        reply: its first 200 characters, as they may be published (`stvqa.texts.reply_shown`).
    """

    verifier: str
    rotation: int = 0
    mirrored: bool = False
    blind: bool = False
    choice: int | None = None
    reply: str = ""


class Question(Asked):
    """A worded question with its proof.

    `options` stand in the order of `program.claims`; letters come with `select`. `program` is None
    only for evidence `teacher`. `image_hash` comes with `check`.
    """

    question_id: str
    image_hash: str = ""
    text: str
    options: tuple[str, ...] = Field(min_length=2, max_length=4)
    program: Program | None
    teacher: str
    verifier: str = ""
    votes: tuple[Vote, ...] = ()
    blind_correct: bool | None = None


class Row(Record):
    r"""A row of the published set without its pixels; columns of facts of the paper's set, then ours.

    Attributes:
        problem: the whole prompt: instructions, image size, question and options.
        question_with_options: question, then one line `(A) ...` an option.
        answer: `<scene>{...}</scene>\n<answer>B</answer>`, the scene being the focus graph.
        answer_text: `<answer>option text</answer>`; `answer_option_text`: `<answer>(B) option text</answer>`.
        rating: 1 to 10.
        image_hash: difference hash of the pixels, 16 hex digits; empty for placeholders.
        coordinates: the frame of all boxes, always pixels of the original image.
    """

    row_id: str
    image_id: str
    problem: str
    question_only: str
    question_with_options: str
    options: tuple[str, ...] = Field(min_length=2, max_length=4)
    answer: str
    answer_only: str
    answer_text: str
    answer_text_only: str
    answer_option_text: str
    answer_option_text_only: str
    category: Category
    level: Level
    rating: int = Field(ge=1, le=10)
    source: str
    source_image_id: str
    coco_id: int | None
    image_width: int = Field(gt=0)
    image_height: int = Field(gt=0)
    image_hash: str = Field(default="", pattern=r"^(?:[0-9a-f]{16})?$")
    evidence: Evidence
    program: str
    margin: float | None
    teacher: str
    verifier: str
    votes: str
    blind_correct: bool | None
    coordinates: Literal["pixel"] = "pixel"


class SelectedRow(Record):
    """A row, the split it goes to, and where its pixels are."""

    split: Literal["train", "val"]
    image: ImageReference
    row: Row
