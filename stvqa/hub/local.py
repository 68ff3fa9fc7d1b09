"""A finished set, made ready for the Hub: proved, complete, with its card and provenance.

    local = prepare(Path("runs/demo/dataset"), run=Path("runs/demo"), repo="me/demo", standing=standing)

**Verified** is a set in which nothing failed when every row was proved again right before the push (`standing`, from
`stvqa.report.verify_dataset`), and each row either carries a program or names the verifier that accepted it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from stvqa.card import (
    CARD_FILE,
    Card,
    SetFacts,
    Standing,
    card_files,
    merge_cards,
    published_run,
    read_facts,
    split_card,
)
from stvqa.card.merge import BEGIN, MOST_CARD_BYTES
from stvqa.card.text import ERRATA_FOLDER
from stvqa.errors import InputError
from stvqa.hub.content import LocalSet
from stvqa.records import Erratum
from stvqa.store import RunFile, StageStatistics, read_run_file
from stvqa.store.dataset import is_as_told, read_dataset
from stvqa.store.errata import read_errata
from stvqa.store.run_file import RUN_FILE

__all__ = ["prepare"]

_RUN_FILE = f"provenance/{RUN_FILE}"
_SHARD = re.compile(r"(data/(?:train|val))-\d{5}-of-(\d{5})\.parquet")
_NAMED = 3


def prepare(
    dataset: Path, *, run: Path | None, repo: str, hub: str, standing: Standing, allow_unverified: bool = False
) -> LocalSet:
    """Checks a set and writes what goes with it.

    Args:
        dataset: the folder that holds `data/`.
        run: the run's folder; None for a set that was copied without its run.
        repo: `USER/NAME`; empty while there is none.
        hub: address of the Hub.
        standing: what proving the set again said just now.
        allow_unverified: take rows that nobody has verified; the card says so.

    Raises:
        InputError: the set is empty, not whole, of an earlier recipe than its run.json, or not verified.
    """
    facts = read_facts(dataset)
    _check_verified(dataset, facts, standing, allow_unverified=allow_unverified)
    run_file = _run_file(run)
    _check_whole(dataset, facts, run_file)
    _check_unchanged(dataset, facts)
    marks = tuple(_errata(run, dataset)) if run else ()
    wrong = _of_this_set(dataset, marks) if marks else ()
    made = card_files(dataset, run_file, facts=facts, repo=repo, hub=hub, standing=standing, errata=wrong)
    files: dict[str, bytes | Path] = {path: content for path, content in made.items() if path != CARD_FILE}
    files |= {file.path: dataset / file.path for file in facts.files}
    files |= {f"{ERRATA_FOLDER}/{mark.path.name}": mark.path.read_bytes() for mark in marks}
    if run_file is not None:
        files[_RUN_FILE] = published_run(run_file).model_dump_json(indent=2).encode() + b"\n"
    return LocalSet(_with_own_words(dataset, made.card, run_file), files)


def _check_verified(dataset: Path, facts: SetFacts, standing: Standing, *, allow_unverified: bool) -> None:
    imageless = max(facts.imageless, standing.imageless)
    if imageless:
        some = "1 row" if imageless == 1 else f"{imageless:,} rows"
        raise InputError(
            f"{some} of {dataset} without an image that can be read: run the `stvqa build` that made "
            "the set again; half a set is not pushed"
        )
    if allow_unverified:
        return
    remedy = "mend that, or push all the same with --allow-unverified, and the card will say so"
    if standing.failed:
        count = f"{standing.failed:,} of {standing.rows:,} rows"
        raise InputError(f"{count} of {dataset} do not hold (`stvqa verify` shows them): {remedy}")
    if facts.unverified:
        raise InputError(
            f"{facts.unverified:,} of {facts.rows:,} rows of {dataset} are not verified: they carry no program, and no "
            f"model has accepted them: run `stvqa verify --verifier MODEL`, or {remedy.partition(', or ')[2]}"
        )


def _run_file(run: Path | None) -> RunFile | None:
    """run.json, if it tells of the set that is pushed."""
    if run is None:
        return None
    run_file = read_run_file(run)
    if run_file.dataset_is_older or run_file.state not in ("complete", "short"):
        raise InputError(
            f"{run / 'dataset'} is of an earlier recipe than {run / RUN_FILE}, or that run has not ended well "
            f"(state {run_file.state}): run `stvqa build` to its end, then push"
        )
    return run_file


def _check_whole(dataset: Path, facts: SetFacts, run_file: RunFile | None) -> None:
    """Refuses a set that has lost files or rows, or has files of another beside its own.

    Files tell by their names how many there are of a split, run.json tells how many rows.
    """
    remedy = "run the `stvqa build` that made the set again; half a set is not pushed"
    paths = {file.path for file in facts.files}
    told = {(found[1], found[2]) for path in paths if (found := _SHARD.fullmatch(path))}
    lost = sorted(
        {f"{head}-{place:05d}-of-{total}.parquet" for head, total in told for place in range(int(total))} - paths
    )
    if lost:
        names = ", ".join(lost[:_NAMED]) + (f" and {len(lost) - _NAMED:,} more" if len(lost) > _NAMED else "")
        raise InputError(f"{dataset} lacks {names}, which the names of its other files tell of: {remedy}")
    if len(told) > len({head for head, _ in told}):
        raise InputError(f"{dataset / 'data'} holds files of two sets, by the numbers in their names: {remedy}")
    entries = [entry for entry in run_file.stages if entry.stage == "package"] if run_file else []
    for split, rows in _rows_made(entries[0].statistics if entries else None).items():
        here = facts.splits[split].rows if split in facts.splits else 0
        if here != rows:
            raise InputError(f"{dataset} holds {here:,} rows of {split}, and its run wrote {rows:,}: {remedy}")


def _check_unchanged(dataset: Path, facts: SetFacts) -> None:
    """Refuses data files that have changed since the card beside them was written: a byte of an image, for example."""
    path = dataset / CARD_FILE
    if not is_as_told(_card_text(path), {file.path: file.sha256 for file in facts.files}):
        raise InputError(
            f"the files of {dataset / 'data'} are not those that were written with {path}, one has changed: run the "
            "`stvqa build` that made the set again; where the change is your own, take the line with the fingerprint "
            f"out of {path.name}"
        )


def _card_text(path: Path) -> str:
    """What the card beside the data says; "" where there is none.

    Raises:
        InputError: it is no text, or longer than any card.
    """
    if not path.is_file():
        return ""
    size = path.stat().st_size
    if size > MOST_CARD_BYTES:
        raise InputError(f"{path} has {size:,} bytes, and {MOST_CARD_BYTES:,} are the most: shorten it")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        remedy = "write it as such, or run the `stvqa build` that made the set again"
        raise InputError(f"{path} is no UTF-8 at byte {error.start:,}: {remedy}") from error


def _rows_made(statistics: StageStatistics | None) -> dict[str, int]:
    """Rows by split, as the stage that wrote them counted."""
    counts = statistics.counts if statistics else {}
    return {name.removeprefix("rows."): rows for name, rows in counts.items() if name.startswith("rows.")}


class _Marks(NamedTuple):
    path: Path
    errata: tuple[Erratum, ...]


def _errata(run: Path, dataset: Path) -> Iterator[_Marks]:
    """Files that report.html exported, where they were put into the run's folder or went with the set before."""
    for folder in (run, dataset / ERRATA_FOLDER):
        for path in sorted(folder.glob("*.errata.json")):
            yield _Marks(path, read_errata(path).errata)


def _of_this_set(dataset: Path, marks: tuple[_Marks, ...]) -> tuple[Erratum, ...]:
    """Marks of rows that are in the set, each row once."""
    rows = {item.row.row_id for item in read_dataset(dataset, images=False)}
    found = {erratum.row_id: erratum for mark in marks for erratum in mark.errata}
    return tuple(erratum for row_id, erratum in found.items() if row_id in rows)


def _with_own_words(dataset: Path, card: Card, run_file: RunFile | None) -> Card:
    """The card with what somebody wrote into the set's README.md by hand."""
    path = dataset / CARD_FILE
    text = _card_text(path)
    if BEGIN not in text:
        return card
    written = card.metadata | ({"pretty_name": run_file.name} if run_file else {})
    return merge_cards(card, split_card(text, name=str(path)), before=written)
