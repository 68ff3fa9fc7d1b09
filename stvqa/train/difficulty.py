"""How hard each row is for the model as it is: solved out of K sampled tries. Rows that are always or never solved
teach nothing.

    tried = measure_difficulty(ready, Path("out"), tries=4, say=print)      # out/difficulty.parquet
    ready = drop_solved(ready, tried, tries=4, say=print)

`difficulty.parquet` has the columns `split`, `row_id`, `solved`, `tries` and `pass_at_k` (1 where any try was right).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import torch
from transformers import AutoModelForImageTextToText

from stvqa.errors import InputError
from stvqa.store.atomic import atomic_file
from stvqa.train.looking import generate, is_right
from stvqa.train.preparing import Prepared
from stvqa.train.scoring import ScoreBook

__all__ = ["DIFFICULTY", "drop_solved", "measure_difficulty"]

DIFFICULTY = "difficulty.parquet"
_ROWS_AT_ONCE = 8


def measure_difficulty(ready: Prepared, out: Path, *, tries: int, say: Callable[[str], None]) -> dict[str, int]:
    """Right answers of `tries` sampled ones, by row id of train; read from the file where it is there.

    Raises:
        InputError: the file in `out` is of another number of tries.
    """
    path = out / DIFFICULTY
    if path.is_file():
        table = pq.read_table(path)
        known = set(table["tries"].to_pylist())
        if known != {tries}:
            raise InputError(f"{path} holds {min(known, default=0)} tries a row, not {tries}: delete it to try again")
        return dict(zip(table["row_id"].to_pylist(), table["solved"].to_pylist(), strict=True))
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = AutoModelForImageTextToText.from_pretrained(ready.model).to(device)
    rows, solved = ready.data.train, {}
    block = ready.recipe.grpo
    say(f"difficulty: {tries} tries at each of {len(rows):,} rows")
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        piece = rows[start : start + _ROWS_AT_ONCE]
        made = generate(
            model,
            ready.speaker,
            ready.data,
            piece,
            tokens=int(block.get("max_completion_length", 512)),
            temperature=float(block.get("temperature", 1.0)),
            repeats=tries,
        )
        for number, item in enumerate(piece):
            texts = made.texts[number * tries : (number + 1) * tries]
            solved[item.row_id] = sum(is_right(text, ready.book, start + number) for text in texts)
    _write(path, ready, solved, tries=tries)
    return solved


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
            "--set data.solved=keep, take more tries, or begin with a warm start"
        )
    dropped = {**data.dropped, "train: always-solved": always, "train: never-solved": never}
    data = data._replace(train=train, dropped=dropped)
    book = ScoreBook(ready.reward, [*data.train, *data.val], ready.speaker.wording, keep=ready.book.keep)
    return ready._replace(data=data, book=book)
