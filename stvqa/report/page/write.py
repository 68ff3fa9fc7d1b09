"""Writes `report.html` of a run, or of a set alone.

summary = write_report(Path("runs/demo"), out=Path("runs/demo/report.html"))
summary.rows, summary.images, summary.megabytes     # 200, 100, 1.6

The set is gone through twice, first for its words, then for its images: the page begins with what a browser needs
first, and memory does not grow with the images.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from stvqa.errors import InputError, StvqaError
from stvqa.pictures import ImageSize, ImageUnreadable, published
from stvqa.recipe import recipe_of_run
from stvqa.records import Errata
from stvqa.report.page.contents import Contents, ReferredImage
from stvqa.report.page.refused import Refusals, read_refusals
from stvqa.report.page.shell import data_block, image_block, read_shell
from stvqa.report.page.thumbnails import side_for, thumbnails
from stvqa.sources.images import image_bytes
from stvqa.sources.places import PicturePlaces
from stvqa.store import RunFile, atomic_file, read_run_file
from stvqa.store.atomic import sweep_leftovers
from stvqa.store.dataset import read_images
from stvqa.store.ownership import refuse_foreign_page
from stvqa.store.run_file import RUN_FILE

__all__ = ["ReportSummary", "write_report"]


class ReportSummary(NamedTuple):
    """What was written.

    Attributes:
        images: different images that the page shows or would show; `missing` of them cannot be had.
        image_pixels: longest side of the thumbnails; 0 where there are none.
        refused: rejections counted in all stages.
        unreadable: rows of the set that are none; the page names them.
        seconds: on the clock.
    """

    out: Path
    rows: int
    images: int
    missing: int
    image_pixels: int
    refused: int
    unreadable: int
    megabytes: float
    seconds: float


def write_report(
    run: Path,
    *,
    out: Path,
    images: bool = True,
    errata: Sequence[Errata] = (),
    on_row: Callable[[], object] = lambda: None,
) -> ReportSummary:
    """Writes the page as one file that is there whole or not at all.

    Args:
        run: a run's folder, finished or not, or a set's folder.
        out: the page.
        images: carry thumbnails; without, boxes are drawn on an empty frame.
        errata: marks of other readers, shown from the start.
        on_row: called once a row, for progress.

    Raises:
        InputError: there is neither a set nor anything that was refused; a file is damaged.
        StorageError: the page cannot be written, or something else than a page of stvqa stands there.
    """
    started = time.monotonic()
    refuse_foreign_page(out)
    dataset = _dataset(run)
    run_file = read_run_file(run) if dataset is None or (run / RUN_FILE).is_file() else None
    refusals = read_refusals(run, run_file) if run_file else Refusals((), (), ())
    if dataset is None and not refusals.kinds:
        state = f" (its state is {run_file.state})" if run_file else ""
        raise InputError(f"{run} holds neither a set nor anything refused{state}: finish it with `stvqa build`")
    with tempfile.TemporaryFile() as rows:
        contents = Contents(rows)
        if dataset is not None:
            contents.add_rows(dataset, on_row=on_row)
        contents.add_refusals(refusals)
        name = run_file.name if run_file else run.resolve().name
        meta = {**contents.meta(run_file, name=name, errata=errata), "images": images}
        stored = chain(_set_images(dataset), _referred(contents.references, _places(run, run_file))) if images else ()
        side = side_for(len(contents.numbers)) if images else 0
        written = _write_page(out, contents, meta=meta, rows=rows, thumbs=thumbnails(stored, side=side))
    return ReportSummary(
        out=out,
        rows=len(contents.index.ids),
        images=len(contents.numbers),
        missing=written.missing,
        image_pixels=side,
        refused=sum(kind.count for kind in refusals.kinds),
        unreadable=contents.unreadable,
        megabytes=round(written.size / 1e6, 2),
        seconds=round(time.monotonic() - started, 2),
    )


class _Written(NamedTuple):
    """Images that cannot be had, and bytes of the page."""

    missing: int
    size: int


def _write_page(
    out: Path, contents: Contents, *, meta: dict[str, Any], rows: BinaryIO, thumbs: Iterable[bytes]
) -> _Written:
    """First what the page needs to be of use, then its program, then the images."""
    shell = read_shell(title=f"{meta['name']}: stvqa report")
    missing = 0
    sweep_leftovers(out.parent, out.name.__eq__)
    with atomic_file(out) as file:
        for text in (shell.head, data_block("meta", meta), *contents.blocks()):
            file.write(text.encode())
        rows.seek(0)
        shutil.copyfileobj(rows, file)
        file.write(shell.script.encode())
        for number, data in enumerate(thumbs):
            if data:
                file.write(image_block(number, data).encode())
            else:
                missing += 1
        file.write(shell.tail.encode())
        return _Written(missing, file.tell())


def _dataset(run: Path) -> Path | None:
    """The folder that holds `data/`; None for a run that made no set."""
    for folder in (run / "dataset", run):
        if (folder / "data").is_dir():
            return folder
    return None


def _set_images(dataset: Path | None) -> Iterator[bytes]:
    """Image files of the set, in the order in which its rows first show them; empty where they cannot be shown."""
    if dataset is not None:
        for image in read_images(dataset):
            try:
                stated = ImageSize(image.width, image.height) if image.width and image.height else None
                yield published(image.data, size=stated).data
            except ImageUnreadable:
                yield b""


def _places(run: Path, run_file: RunFile | None) -> PicturePlaces:
    """Where the run's recipe says that its pictures lie: nowhere, where it cannot be read."""
    if run_file is None:
        return PicturePlaces()
    try:
        return recipe_of_run(run_file.recipe, origin=run / RUN_FILE).places() or PicturePlaces()
    except StvqaError:
        return PicturePlaces()


def _referred(references: Iterable[ReferredImage], places: PicturePlaces) -> Iterator[bytes]:
    """Images that no row shows, only refused questions; empty where they cannot be had any more."""
    for reference, width, height in references:
        try:
            yield image_bytes(reference, width=width, height=height, places=places).data
        except ImageUnreadable:
            yield b""
