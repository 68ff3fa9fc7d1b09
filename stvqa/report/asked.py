"""Has models answer the rows of a finished set, from image, question and options; the set is not changed.

    report = ask_dataset(Path("set"), judge, calls, canary_share=0.03)
    report.failures     # (Failure(row_id="4f0c...", reason="verifier-disagrees", detail="the answer is ..."),)

For a set without the run that made it: there is no reserve to replace from, so what fails is only named.
"""

from __future__ import annotations

import hashlib
import math
import tempfile
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from stvqa.completion import LETTERS
from stvqa.errors import InputError
from stvqa.records import ImageReference, Margins, Program, Proof, Question, Record, Row, SceneGraph
from stvqa.report.verify import Failure
from stvqa.store.dataset import PublishedRow, read_dataset
from stvqa.teachers.calls import Calls
from stvqa.teachers.verifier import Judge, Ruling, refuse_unreadable, tally

__all__ = ["AskedReport", "ask_dataset", "question_of"]


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

    Raises:
        CallError: most replies of a verifier name no option.
        InputError: the folder holds no set, or one whose columns contradict each other.
    """
    with tempfile.TemporaryDirectory(prefix="stvqa-images-") as images:
        questions = [_question_at(item, Path(images)) for item in read_dataset(folder)]
        planted = judge.draw_planted(questions, math.ceil(canary_share * len(questions)))
        rulings = judge.rule(questions, planted=planted, calls=calls)
    refuse_unreadable(rulings, judge.presenters)
    verifiers = [presenter.model for presenter in judge.presenters]
    real = [ruling for ruling in rulings if not ruling.case.planted]
    return AskedReport(
        rows=len(questions),
        accepted=sum(ruling.verdict == "accepted" for ruling in real),
        undecided=tuple(_name(ruling) for ruling in real if ruling.verdict == "undecided"),
        why_undecided=next((ruling.detail for ruling in real if ruling.verdict == "undecided"), ""),
        failures=tuple(
            Failure(row_id=_name(ruling), reason=ruling.reason, detail=ruling.detail)
            for ruling in real
            if ruling.verdict in ("refused", "unaskable")
        ),
        figures=tally(rulings, verifiers=verifiers, policy=judge.policy),
    )


def question_of(row: Row, image: ImageReference) -> Question:
    """The question of a published row; options and claims in the order of the row, the row's id as its own.

    Args:
        row: of a set.
        image: where its pixels are.

    Raises:
        InputError: the letter is none of the options', or the program cannot be read.
    """
    answer = LETTERS.find(row.answer_only)
    if len(row.answer_only) != 1 or not 0 <= answer < len(row.options):
        raise _broken(row, f"answer_only is “{row.answer_only}”")
    proof = _proof(row)
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


def _question_at(item: PublishedRow, images: Path) -> Question:
    """The question, its image written to a file of its own where another row has not done so."""
    file = images / hashlib.sha256(item.row.image_id.encode(errors="surrogatepass")).hexdigest()
    if not file.exists():
        file.write_bytes(item.image)
    return question_of(item.row, ImageReference(kind="file", location=str(file)))


def _proof(row: Row) -> Proof | None:
    try:
        return Proof.model_validate_json(row.program) if row.program else None
    except ValidationError as error:
        raise _broken(row, str(error).splitlines()[0]) from error


def _broken(row: Row, what: str) -> InputError:
    return InputError(f"row {row.row_id}: {what}: see what else is wrong with `stvqa verify --verifier rules`")


def _name(ruling: Ruling) -> str:
    return ruling.case.question.question_id
