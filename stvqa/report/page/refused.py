"""What the stages of a run refused: counted in full, and some of each kind to look at.

    refusals = read_refusals(Path("runs/vg"), run_file)
    refusals.kinds[0]     # RefusalKind(stage="load", reason="image-too-small", scope="record", count=212, shown=100)

A refused question is joined with its focus graph again, which lies in what the stage read.
"""

from __future__ import annotations

import hashlib
import heapq
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq
from pydantic import ValidationError

from stvqa.errors import StorageError
from stvqa.records import Prospect, Question, Record, Rejection
from stvqa.store import RunFile, read_columns, read_part
from stvqa.store.parts import DAMAGE
from stvqa.teachers.llm import WrittenQuestion

__all__ = ["Refusal", "RefusalKind", "Refusals", "read_refusals"]

_SHOWN_OF_A_KIND = 100
_REJECTED_FILE = "rejected.parquet"
_INPUTS: tuple[tuple[str, type[Question | Prospect]], ...] = (
    ("question_id", Question),
    ("prospect_id", Prospect),
)


class RefusalKind(Record):
    """How often a stage refused for one reason, and how many of these the page shows."""

    stage: str
    reason: str
    scope: str
    count: int
    shown: int


class Refusal(NamedTuple):
    """A rejection; with the question that was refused, where it was one and can be found.

    Attributes:
        written: what a model wrote for `question`, which is a prospect then.
    """

    rejection: Rejection
    question: Question | Prospect | None
    written: WrittenQuestion | None = None


class Refusals(NamedTuple):
    """All that a run refused.

    Attributes:
        kinds: in the order of the stages, the most frequent reason first.
        shown: at most 100 of each kind, drawn evenly (by sha256 of the record's id).
        unreadable: messages about files that are damaged.
    """

    kinds: tuple[RefusalKind, ...]
    shown: tuple[Refusal, ...]
    unreadable: tuple[str, ...]


def read_refusals(run: Path, run_file: RunFile) -> Refusals:
    """Reads `rejected.parquet` of every stage of the run, in memory that does not grow with their size.

    Args:
        run: the run's folder.
        run_file: its run.json.
    """
    kinds: list[RefusalKind] = []
    shown: list[Refusal] = []
    unreadable: list[str] = []
    before: Path | None = None
    for entry in run_file.stages:
        folder = run / entry.folder
        try:
            counts, drawn = _draw(folder / _REJECTED_FILE)
        except StorageError as error:
            unreadable.append(str(error))
            counts, drawn = Counter(), []
        try:
            questions = _questions(before, {item.record_id for item in drawn})
        except StorageError as error:
            unreadable.append(str(error))
            questions = {}
        kept = Counter[tuple[str, str]]((item.reason, item.scope) for item in drawn)
        kinds += [
            RefusalKind(stage=entry.stage, reason=reason, scope=scope, count=count, shown=kept[reason, scope])
            for (reason, scope), count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        ]
        shown += [_refusal(item, questions.get(item.record_id)) for item in drawn]
        before = folder
    return Refusals(tuple(kinds), tuple(shown), tuple(unreadable))


def _draw(path: Path) -> tuple[Counter[tuple[str, str]], list[Rejection]]:
    """Counts by reason and scope, and those with the smallest hashes of each."""
    counts: Counter[tuple[str, str]] = Counter()
    heaps: dict[tuple[str, str], list[tuple[int, int, Rejection]]] = defaultdict(list)
    if not path.is_file():
        return counts, []
    for number, item in enumerate(read_part(path, model=Rejection)):
        key = (item.reason, item.scope)
        counts[key] += 1
        digest = hashlib.sha256(f"{item.record_id}\x1f{number}".encode()).digest()
        candidate = (-int.from_bytes(digest[:8], "big"), -number, item)
        if len(heaps[key]) < _SHOWN_OF_A_KIND:
            heapq.heappush(heaps[key], candidate)
        else:
            heapq.heappushpop(heaps[key], candidate)
    drawn = sorted((-number, item) for heap in heaps.values() for _, number, item in heap)
    return counts, [item for _, item in drawn]


def _questions(folder: Path | None, ids: set[str]) -> dict[str, Question | Prospect]:
    """The records among a stage's input that were refused, by id."""
    found: dict[str, Question | Prospect] = {}
    if folder is None or not ids:
        return found
    for part in sorted(folder.glob("part-*.parquet")):
        found |= dict(_of_part(part, ids))
    return found


def _of_part(part: Path, ids: set[str]) -> Iterator[tuple[str, Question | Prospect]]:
    try:
        columns = set(pq.read_schema(part).names)
    except DAMAGE as error:
        raise StorageError(f"cannot read {part}: {str(error).splitlines()[0]}") from error
    for column, model in _INPUTS:
        if column not in columns:  # scenes, and rows, are not questions
            continue
        present = ids & set(read_columns([part], [column]).column(0).to_pylist())
        for item in read_part(part, model=model) if present else ():
            name = getattr(item, column)
            if name in present:
                yield name, item


def _refusal(item: Rejection, found: Question | Prospect | None) -> Refusal:
    """With the question as it was refused: the payload over what the stage read, which has the focus graph."""
    try:
        fields = json.loads(item.payload or "{}")
        focus = {} if found is None else {"focus": found.focus}
        return Refusal(item, Question.model_validate({**focus, **fields}))
    except (ValueError, TypeError):  # no payload, or one that is not a question
        pass
    try:
        return Refusal(item, found, WrittenQuestion.model_validate_json(item.payload) if found else None)
    except ValidationError:
        return Refusal(item, found)
