"""From a checked question to a row of the published set.

build_row(question, place=1).answer_option_text_only     # "(B) To the left"
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from stvqa.completion.tags import LETTERS, Completion, render, render_answer, render_options, render_scene
from stvqa.prompts import fill, load_prompt
from stvqa.records import ImageReference, Proof, Question, Row, SceneGraph, Vote

__all__ = ["build_row", "option_order", "row_id"]


def build_row(question: Question, place: int, *, chance: int = 0) -> Row:
    """The row with the right option at `place`.

    Args:
        question: a question that passed `check`.
        place: index that the right option shall have.
        chance: any whole number; the order of the wrong options is drawn from it.
    """
    graph = question.focus
    order = option_order(len(question.options), answer=question.answer, place=place, chance=chance)
    options = tuple(question.options[index] for index in order)
    right = options[place]
    lines = render_options(options)
    with_options = f"{question.text}\n{lines}"
    prompt = fill(load_prompt("answer", "user"), width=graph.width, height=graph.height, question=with_options)
    program = ""
    if question.program is not None:
        claims = tuple(question.program.claims[index] for index in order)
        proof = Proof(claims=claims, margins=question.margins, graph=_published(graph))
        program = proof.model_dump_json()
    letter, lettered = LETTERS[place], render_answer(place, right)
    return Row(
        row_id=row_id(graph.source, question.image_id, question.text, options),
        image_id=question.image_id,
        problem=prompt,
        question_only=question.text,
        question_with_options=with_options,
        options=options,
        answer=render(Completion(scene=render_scene(graph), answer=letter)),
        answer_only=letter,
        answer_text=render(Completion(answer=right)),
        answer_text_only=right,
        answer_option_text=render(Completion(answer=lettered)),
        answer_option_text_only=lettered,
        category=question.category,
        level=question.level,
        rating=question.rating,
        source=graph.source,
        source_image_id=graph.source_image_id,
        coco_id=graph.coco_id,
        image_width=graph.width,
        image_height=graph.height,
        image_hash=question.image_hash,
        evidence=question.evidence,
        program=program,
        margin=question.margin,
        teacher=question.teacher,
        verifier=question.verifier,
        votes=json.dumps([_reordered(vote, order).model_dump() for vote in question.votes]),
        blind_correct=question.blind_correct,
    )


def _reordered(vote: Vote, order: Sequence[int]) -> Vote:
    """The vote with its choice counted in the row's options, which stand in `order`."""
    return vote if vote.choice is None else vote.model_copy(update={"choice": order.index(vote.choice)})


def _published(graph: SceneGraph) -> SceneGraph:
    """The graph without paths of the machine it was made on; a demo scene's place is its seed and number."""
    if graph.image.kind == "demo":
        return graph
    return graph.model_copy(update={"image": ImageReference(kind=graph.image.kind)})


def row_id(source: str, image_id: str, text: str, options: Sequence[str]) -> str:
    """Stable name of a row: sha256 of source, image, question and its options in any order, 16 hex digits."""
    whole = "\x1f".join([source, image_id, text, *sorted(options)])
    return hashlib.sha256(whole.encode()).hexdigest()[:16]


def option_order(count: int, *, answer: int, place: int, chance: int) -> list[int]:
    """A permutation of range(count) that puts `answer` at `place`."""
    others = [index for index in range(count) if index != answer]
    for last in range(len(others) - 1, 0, -1):
        chance, other = divmod(chance, last + 1)
        others[last], others[other] = others[other], others[last]
    others.insert(place, answer)
    return others
