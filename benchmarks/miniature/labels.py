"""Wrong labels, and what verification makes of them.

    make_wrong(Path("data/pool"), Path("data/pool-wrong"), share=0.15, seed=7)
    # VerifiedLabels(rows=8200, wrong=1230, found=1230, refused_right=0, refused=(...))

A wrong row names another of its options as the answer, in all columns alike; question, options, scene and proof stay.
So it is what a teacher that errs would have written, and what `stvqa verify` (verifier `rules`) can refuse, since the
proof does not bear the answer out. Where a row has no proof, nothing of this kind can be found.
"""

from __future__ import annotations

from pathlib import Path

from miniature.scenes import write_rows
from stvqa.completion import LETTERS, Completion, parse, render
from stvqa.completion.tags import render_answer
from stvqa.errors import InputError
from stvqa.records import Record, Row
from stvqa.report import verify_dataset
from stvqa.stages.contract import random_for
from stvqa.stages.package import PackedRow
from stvqa.store.atomic import write_json
from stvqa.store.dataset import read_dataset

__all__ = ["VERIFIED", "VerifiedLabels", "make_wrong", "read_verified"]

VERIFIED = "verified.json"


class VerifiedLabels(Record):
    """What `stvqa verify` said of the set with wrong labels.

    Attributes:
        wrong: rows that were given a wrong answer; found: those of them that were refused.
        refused_right: rows with a right answer that were refused.
        refused: ids of all rows refused.
    """

    rows: int
    wrong: int
    found: int
    refused_right: int
    refused: tuple[str, ...]


def make_wrong(source: Path, folder: Path, *, share: float, seed: int) -> VerifiedLabels:
    """Copies a set with a share of its answers made wrong, and verifies the copy as `stvqa verify` does.

    Args:
        source: a dataset folder; folder: that of the copy, which is not made again where it is there.
        share: of the rows, rounded to whole ones.
    """
    if (folder / VERIFIED).is_file():
        return read_verified(folder)
    rows = [
        PackedRow(row=item.row, split="train", image=item.image, path=f"{number}.png")
        for number, item in enumerate(read_dataset(source))
    ]
    order = sorted(rows, key=lambda item: random_for(seed, "wrong-label", item.row.row_id).random())
    wrong = {item.row.row_id for item in order[: round(share * len(order))]}
    spoilt = [
        item.model_copy(update={"row": _with_wrong_answer(item.row, seed)}) if item.row.row_id in wrong else item
        for item in rows
    ]
    write_rows(folder, spoilt)
    refused = {failure.row_id for failure in verify_dataset(folder).failures}
    verified = VerifiedLabels(
        rows=len(rows),
        wrong=len(wrong),
        found=len(wrong & refused),
        refused_right=len(refused - wrong),
        refused=tuple(sorted(refused)),
    )
    write_json(folder / VERIFIED, verified)
    return verified


def read_verified(folder: Path) -> VerifiedLabels:
    """What was found in a set made by `make_wrong`."""
    return VerifiedLabels.model_validate_json((folder / VERIFIED).read_bytes())


def _with_wrong_answer(row: Row, seed: int) -> Row:
    places = [place for place in range(len(row.options)) if LETTERS[place] != row.answer_only]
    place = random_for(seed, "which-wrong-label", row.row_id).choice(places)
    text, letter = row.options[place], LETTERS[place]
    lettered = render_answer(place, text)
    scene = parse(row.answer).scene
    if scene is None:
        raise InputError(f"row {row.row_id} has no scene")
    return row.model_copy(
        update={
            "answer": render(Completion(scene=scene, answer=letter)),
            "answer_only": letter,
            "answer_text": render(Completion(answer=text)),
            "answer_text_only": text,
            "answer_option_text": render(Completion(answer=lettered)),
            "answer_option_text_only": lettered,
        }
    )
