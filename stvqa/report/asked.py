"""Has models answer the rows of a finished set, from image, question and options; the set is not changed.

    report = ask_dataset(Path("set"), judge, calls, canary_share=0.03)
    report.failures     # (Failure(row_id="4f0c...", reason="verifier-disagrees", detail="the answer is ..."),)

For a set without the run that made it: there is no reserve to replace from, so what fails is only named.
"""

from __future__ import annotations

import hashlib
import math
from pathlib import Path
from typing import Any

from stvqa.completion import LETTERS, CellUnreadable, read_proof
from stvqa.errors import InputError
from stvqa.records import ImageReference, Margins, Program, Proof, Question, Record, Row, SceneGraph
from stvqa.report.verify import Failure
from stvqa.store.dataset import PublishedRow, UnreadableRow, read_rows
from stvqa.store.scratch import scratch_folder
from stvqa.teachers.calls import Calls
from stvqa.teachers.verifier import Judge, Ruling, refuse_unreadable, tally
from stvqa.texts import unfit

__all__ = ["AskedReport", "RowBroken", "ask_dataset", "question_of"]

_SHOWN = 80


class RowBroken(Exception):  # noqa: N818 (named for what a report says of a row)
    """A row that nobody can be asked about; `str()` is the detail.

    Args:
        detail: what is wrong.
        reason: slug.
    """

    def __init__(self, detail: str, *, reason: str) -> None:
        super().__init__(detail)
        self.reason = reason


class AskedReport(Record):
    """What came of it.

    Attributes:
        rows: of the set.
        accepted: rows that every verifier confirmed.
        undecided: ids of rows of which a call failed; asked again by the same command.
        why_undecided: what became of the first such call.
        failures: rows that were refused, in the order of the set.
        figures: see `stvqa.teachers.verifier.tally`.
    """

    rows: int
    accepted: int
    undecided: tuple[str, ...]
    why_undecided: str
    failures: tuple[Failure, ...]
    figures: dict[str, Any]


def ask_dataset(folder: Path, judge: Judge, calls: Calls, *, canary_share: float) -> AskedReport:
    """Judges every row.

    Args:
        folder: the folder that holds `data/`.
        judge: who judges.
        calls: makes the calls.
        canary_share: planted wrong answers, as a share of the rows.

    Rows that cannot be asked about, or that repeat the id of another, are among the failures.

    Raises:
        CallError: most replies of a verifier name no option.
        InputError: the folder holds no set, or none of its rows can be asked about.
    """
    with scratch_folder("images") as images:
        questions, broken = _questions(folder, images)
        planted = judge.draw_planted(questions, math.ceil(canary_share * len(questions)))
        rulings = judge.rule(questions, planted=planted, calls=calls)
    refuse_unreadable(rulings, judge.presenters)
    verifiers = [presenter.model for presenter in judge.presenters]
    real = [ruling for ruling in rulings if not ruling.case.planted]
    return AskedReport(
        rows=len(questions) + len(broken),
        accepted=sum(ruling.verdict == "accepted" for ruling in real),
        undecided=tuple(_name(ruling) for ruling in real if ruling.verdict == "undecided"),
        why_undecided=next((ruling.detail for ruling in real if ruling.verdict == "undecided"), ""),
        failures=(
            *broken,
            *(
                Failure(row_id=_name(ruling), reason=ruling.reason, detail=ruling.detail)
                for ruling in real
                if ruling.verdict in ("refused", "unaskable")
            ),
        ),
        figures=tally(rulings, verifiers=verifiers, policy=judge.policy),
    )


def question_of(row: Row, image: ImageReference) -> Question:
    """The question of a published row; options and claims in the order of the row, the row's id as its own.

    Args:
        row: of a set.
        image: where its pixels are.

    Raises:
        RowBroken: the letter is none of the options', or the program cannot be read or has other claims.
    """
    answer = LETTERS.find(row.answer_only)
    if len(row.answer_only) != 1 or not 0 <= answer < len(row.options):
        told = f"answer_only is “{row.answer_only[:_SHOWN]}” with {len(row.options)} options"
        raise RowBroken(told, reason="letter-unknown")
    proof = _proof(row)
    if proof is not None and len(proof.claims) != len(row.options):
        told = f"{len(proof.claims)} claims for {len(row.options)} options"
        raise RowBroken(told, reason="claims-do-not-fit")
    for text in (row.question_only, *row.options):
        if why := unfit(text):
            raise RowBroken(why, reason="text-unfit")
    whole = SceneGraph(
        image_id=row.image_id,
        source=row.source,
        source_image_id=row.source_image_id,
        width=row.image_width,
        height=row.image_height,
        image=image,
        objects=(),
    )
    return Question(
        question_id=row.row_id,
        image_id=row.image_id,
        category=row.category,
        form="",
        level=row.level,
        rating=row.rating,
        difficulty=0.0,
        evidence=row.evidence,
        margins=proof.margins if proof else Margins(),
        margin=row.margin,
        option_count=len(row.options),
        answer=answer,
        focus=proof.graph.model_copy(update={"image": image}) if proof else whole,
        text=row.question_only,
        options=row.options,
        program=Program(claims=proof.claims) if proof else None,
        teacher=row.teacher,
    )


def _questions(folder: Path, images: Path) -> tuple[list[Question], list[Failure]]:
    """The rows as questions, their images written to files, and those that are none."""
    questions: dict[str, Question] = {}
    broken: list[Failure] = []
    for item in read_rows(folder):
        if isinstance(item, UnreadableRow):
            broken.append(Failure(row_id=item.row_id, reason=item.reason, detail=item.detail))
        elif item.row.row_id in questions:
            broken.append(Failure(row_id=item.row.row_id, reason="repeats-row", detail="its row_id stands twice"))
        else:
            try:
                questions[item.row.row_id] = _question_at(item, images)
            except RowBroken as error:
                broken.append(Failure(row_id=item.row.row_id, reason=error.reason, detail=str(error)))
    if not questions:
        first = f": {broken[0].detail}" if broken else ""
        raise InputError(f"no row of {folder} can be asked about{first}: see `stvqa verify --verifier rules`")
    return list(questions.values()), broken


def _question_at(item: PublishedRow, images: Path) -> Question:
    """The question, its image written to a file of its own where another row has not done so."""
    file = images / hashlib.sha256(item.row.image_id.encode("utf-8", "surrogatepass")).hexdigest()
    question = question_of(item.row, ImageReference(kind="file", location=str(file)))
    if not file.exists():
        file.write_bytes(item.image)
    return question


def _proof(row: Row) -> Proof | None:
    try:
        return read_proof(row.program) if row.program else None
    except CellUnreadable as error:
        raise RowBroken(str(error), reason="program-unreadable") from error


def _name(ruling: Ruling) -> str:
    return ruling.case.question.question_id
