"""How hard each row is for the model as it is: solved out of K sampled tries. Rows that are always or never solved
teach nothing.

    tried = measure_difficulty(ready, Path("out"), tries=4, say=print)      # out/difficulty.parquet
    ready = drop_solved(ready, tried, tries=4, say=print)

The rows are worked on in pieces that all processes share, each kept as a file of its own in `difficulty/` until
all are there, so that a pass that was cut off goes on, with as many processes as there are then. They meet in the
training's folder, which all have to see; where one of them died, the others wait until their launcher ends them.

`difficulty.parquet` has the columns `split`, `row_id`, `solved`, `tries` and `pass_at_k` (1 where any try was right).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import torch
from transformers import AutoModelForImageTextToText

from stvqa.errors import InputError
from stvqa.store.atomic import atomic_file
from stvqa.train.guard import weights_told
from stvqa.train.looking import generate, is_right
from stvqa.train.options import figure, sampling_options
from stvqa.train.preparing import Prepared
from stvqa.train.ranks import is_main, place_of_process
from stvqa.train.scoring import ScoreBook

__all__ = ["DIFFICULTY", "drop_solved", "measure_difficulty"]

DIFFICULTY = "difficulty.parquet"
_PIECES = "difficulty"
_ROWS_AT_ONCE = 8
_LOOK_AGAIN = 0.5
"""Seconds between looks for the pieces of other processes. Not a barrier: those give up after some minutes, and a
pass may take hours."""


def measure_difficulty(ready: Prepared, out: Path, *, tries: int, say: Callable[[str], None]) -> dict[str, int]:
    """Right answers of `tries` sampled ones, by row id of train; read from the file where it is there.

    Raises:
        InputError: a file in `out` is of another number of tries, or of other rows.
    """
    path, rows = out / DIFFICULTY, ready.data.train
    pieces = [out / _PIECES / f"{start:07d}.json" for start in range(0, len(rows), _ROWS_AT_ONCE)]
    found = [_read_piece(piece, ready, number, tries=tries) for number, piece in enumerate(pieces)]
    if path.is_file():  # looked for after the pieces, which go once it is there: a late process must not begin anew
        if is_main():
            _forget(pieces)
        return _read(path, ready, tries=tries)
    say(f"difficulty: {tries} tries at each of {len(rows):,} rows")
    place, processes = place_of_process()
    mine = [number for number in range(place, len(pieces), processes) if found[number] is None]
    if mine:
        with weights_told(ready.model):
            model = AutoModelForImageTextToText.from_pretrained(ready.model)
        model = model.to("cuda" if torch.cuda.is_available() else "cpu")
        for number in mine:
            solved = _solve(model, ready, number * _ROWS_AT_ONCE, tries=tries)
            with atomic_file(pieces[number]) as file:
                file.write(json.dumps({"tries": tries, "solved": solved}).encode())
    if not is_main():
        while not path.is_file():
            time.sleep(_LOOK_AGAIN)
        return _read(path, ready, tries=tries)
    solved = _gather(pieces, ready, tries=tries)
    _write(path, ready, solved, tries=tries)
    _forget(pieces)
    return solved


def _forget(pieces: Sequence[Path]) -> None:
    """Takes the files of all pieces away, and their folder where nothing else is in it."""
    with suppress(OSError):  # they are of no more use, and in nobody's way
        for piece in pieces:
            piece.unlink(missing_ok=True)
        pieces[0].parent.rmdir()


def _solve(model: Any, ready: Prepared, start: int, *, tries: int) -> dict[str, int]:  # noqa: ANN401 (of transformers)
    """Right answers to the rows of one piece, by row id."""
    piece = ready.data.train[start : start + _ROWS_AT_ONCE]
    block = ready.recipe.grpo
    made = generate(
        model,
        ready.speaker,
        ready.data,
        piece,
        tokens=int(figure(block, "max_completion_length", 512)),
        temperature=figure(block, "temperature", 1.0),
        repeats=tries,
        options=sampling_options(block),
    )
    return {
        item.row_id: sum(
            is_right(text, ready.book, start + number) for text in made.texts[number * tries : (number + 1) * tries]
        )
        for number, item in enumerate(piece)
    }


def _gather(pieces: Sequence[Path], ready: Prepared, *, tries: int) -> dict[str, int]:
    """The figures of all pieces, as soon as every process has written its own."""
    solved: dict[str, int] = {}
    for number, path in enumerate(pieces):
        while (found := _read_piece(path, ready, number, tries=tries)) is None:
            time.sleep(_LOOK_AGAIN)
        solved.update(found)
    return solved


def _read_piece(path: Path, ready: Prepared, number: int, *, tries: int) -> dict[str, int] | None:
    """Right answers to the rows of one piece; None where it is not there yet, or no more."""
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    rows = ready.data.train[number * _ROWS_AT_ONCE : (number + 1) * _ROWS_AT_ONCE]
    same_rows = found["solved"].keys() == {item.row_id for item in rows}
    _refuse_others(path.parent, {found["tries"]}, tries=tries, same_rows=same_rows)
    return dict(found["solved"])


def _read(path: Path, ready: Prepared, *, tries: int) -> dict[str, int]:
    table = pq.read_table(path)
    solved = dict(zip(table["row_id"].to_pylist(), table["solved"].to_pylist(), strict=True))
    same_rows = solved.keys() == {item.row_id for item in ready.data.train}
    _refuse_others(path, set(table["tries"].to_pylist()), tries=tries, same_rows=same_rows)
    return solved


def _refuse_others(path: Path, known: set[int], *, tries: int, same_rows: bool) -> None:
    for other in known - {tries}:
        raise InputError(f"{path} holds {other} tries a row, not {tries}: delete it to try again")
    if not same_rows:
        raise InputError(f"{path} holds other rows than those to train on: delete it to try again")


def _write(path: Path, ready: Prepared, solved: Mapping[str, int], *, tries: int) -> None:
    columns: dict[str, Sequence[Any]] = {
        "split": [item.split for item in ready.data.train],
        "row_id": [item.row_id for item in ready.data.train],
        "solved": [solved[item.row_id] for item in ready.data.train],
        "tries": [tries] * len(ready.data.train),
        "pass_at_k": [float(solved[item.row_id] > 0) for item in ready.data.train],
    }
    with atomic_file(path) as file:
        pq.write_table(pa.table(dict(columns)), file, compression="zstd")


def drop_solved(ready: Prepared, solved: Mapping[str, int], *, tries: int, say: Callable[[str], None]) -> Prepared:
    """The rows that are sometimes solved, unless the recipe keeps all.

    Raises:
        InputError: none is left.
    """
    data = ready.data
    always = sum(solved[item.row_id] == tries for item in data.train)
    never = sum(solved[item.row_id] == 0 for item in data.train)
    say(f"difficulty: {always:,} rows always solved, {never:,} never, of {len(data.train):,}")
    if ready.recipe.data.solved == "keep":
        return ready
    train = [item for item in data.train if 0 < solved[item.row_id] < tries]
    if not train:
        raise InputError(
            f"all {len(data.train)} rows are always or never solved in {tries} tries: keep them with "
            "--resume --set data.solved=keep, or take more tries, with another --out"
        )
    dropped = {**data.dropped, "train: always-solved": always, "train: never-solved": never}
    data = data._replace(train=train, dropped=dropped)
    book = ScoreBook(ready.reward, [*data.train, *data.val], ready.speaker.wording, keep=ready.book.keep)
    return ready._replace(data=data, book=book)
