"""What stands in the page's data blocks, gathered row by row.

    contents = Contents(temporary_file)
    contents.add_rows(Path("runs/demo/dataset"), on_row=bar.update)
    contents.numbers     # {"demo:7-66": 0, "demo:7-79": 1, ...}: image id to the number of its block

Rows go to a file at once, a hundred a block, and a browser reads a block when it first shows a row of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, get_args

from stvqa import __version__
from stvqa.records import Errata, ErratumReason, ImageReference, Prospect, Question
from stvqa.report.page.entries import Entry, question_entry, row_entry, written_entry
from stvqa.report.page.index import Index
from stvqa.report.page.refused import Refusal, Refusals
from stvqa.report.page.shell import block, data_block
from stvqa.store import RunFile
from stvqa.store.dataset import UnreadableRow, read_rows

__all__ = ["Contents", "ReferredImage"]

_ROWS_PER_BLOCK = 100
_PAYLOAD_SHOWN = 4000
_MORE_IMAGES = 300
_UNREADABLE_SHOWN = 20
"""Images that refused questions alone would show; the page of a run that refused thousands stays small."""


class ReferredImage(NamedTuple):
    """An image that is not in the set; width and height in pixels as the scene graph has them."""

    reference: ImageReference
    width: int
    height: int


class Contents:
    """Data blocks on their way into the page.

    Attributes:
        index: columns over all rows.
        numbers: image id to the number of its block, in the order of blocks.
        references: images of the last of these numbers, which have to be read from the source.
        unreadable: rows of the set that are none.
    """

    def __init__(self, rows: BinaryIO) -> None:
        self.index = Index()
        self.numbers: dict[str, int] = {}
        self.references: list[ReferredImage] = []
        self.unreadable = 0
        self._rows = rows
        self._told_unreadable: list[str] = []
        self._refusals = Refusals((), (), ())
        self._refused: list[dict[str, Any]] = []

    def add_rows(self, dataset: Path, *, on_row: Callable[[], object]) -> None:
        """Takes in a set.

        Raises:
            InputError: a file of the set is damaged.
        """
        waiting: list[Entry] = []
        for item in read_rows(dataset, images=False):
            on_row()
            if isinstance(item, UnreadableRow):
                self._note_unreadable(item)
                continue
            number = self.numbers.setdefault(item.row.image_id, len(self.numbers))
            entry = row_entry(item.row, split=item.split, image=number)
            self.index.add(entry)
            waiting.append(entry)
            if len(waiting) == _ROWS_PER_BLOCK:
                self._write_rows(waiting)
                waiting = []
        if waiting:
            self._write_rows(waiting)

    def add_refusals(self, refusals: Refusals) -> None:
        """Takes in what the run refused; questions among it get their images, where there is room."""
        self._refusals = refusals
        for item in refusals.shown:
            rejection = item.rejection
            self._refused.append(
                {
                    **rejection.model_dump(include={"stage", "reason", "scope", "detail"}),
                    "id": rejection.record_id,
                    "image": self.numbers.get(rejection.record_id.split("/", 1)[0]),
                    "payload": rejection.payload[:_PAYLOAD_SHOWN],
                    "entry": self._refused_entry(item),
                }
            )

    def meta(self, run_file: RunFile | None, *, name: str, errata: Sequence[Errata]) -> dict[str, Any]:
        """What the page says of itself and of the run."""
        refusals = self._refusals
        marks = {
            item.row_id: {"reason": item.reason, "comment": item.comment} for file in errata for item in file.errata
        }
        return {
            "name": name,
            "version": __version__,
            "digest": self.index.digest(),
            "rows_per_block": _ROWS_PER_BLOCK,
            "older": run_file is not None and bool(self.index.ids) and run_file.dataset_is_older,
            "run": run_file.model_dump(mode="json") if run_file else None,
            "refused_kinds": [kind.model_dump() for kind in refusals.kinds],
            "unreadable": [*refusals.unreadable, *self._unreadable_rows()],
            "marks": marks,
            "mark_reasons": list(get_args(ErratumReason)),
        }

    def blocks(self) -> Iterator[str]:
        """Index and refusals; rows are in the file already."""
        yield data_block("index", self.index.as_json())
        yield data_block("refused", self._refused)

    def _unreadable_rows(self) -> Iterator[str]:
        yield from self._told_unreadable
        more = self.unreadable - len(self._told_unreadable)
        if more:
            yield f"{more:,} more rows of the set cannot be read: `stvqa verify` shows all"

    def _note_unreadable(self, item: UnreadableRow) -> None:
        self.unreadable += 1
        if self.unreadable <= _UNREADABLE_SHOWN:
            self._told_unreadable.append(str(item))
        if item.image_id is not None:  # images are numbered in the order in which any row names them
            self.numbers.setdefault(item.image_id, len(self.numbers))

    def _write_rows(self, entries: Sequence[Entry]) -> None:
        number = (len(self.index.ids) - 1) // _ROWS_PER_BLOCK
        text = ",".join(entry.model_dump_json() for entry in entries)
        self._rows.write(block(f"rows-{number}", f"[{text}]").encode())

    def _refused_entry(self, item: Refusal) -> dict[str, Any] | None:
        question = item.question
        if question is None:
            return None
        image = self._image_of(question)
        if item.written is not None and isinstance(question, Prospect):
            return written_entry(item.written, question, image=image).model_dump(mode="json")
        return question_entry(question, image=image).model_dump(mode="json")

    def _image_of(self, question: Question | Prospect) -> int | None:
        """The image's number; a new one for an image that no row shows."""
        if question.image_id in self.numbers:
            return self.numbers[question.image_id]
        focus = question.focus
        # Images of a Hub set are not fetched for this; a placeholder shows nothing.
        if focus.image.kind not in ("file", "demo") or len(self.references) == _MORE_IMAGES:
            return None
        self.references.append(ReferredImage(focus.image, focus.width, focus.height))
        return self.numbers.setdefault(question.image_id, len(self.numbers))
