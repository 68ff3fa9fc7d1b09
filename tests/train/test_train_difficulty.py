from __future__ import annotations

import json
from types import SimpleNamespace

import pyarrow.parquet as pq
import pytest

from stvqa.errors import InputError
from stvqa.train.difficulty import measure_difficulty


def prepared(*names):
    rows = [SimpleNamespace(row_id=name, split="train") for name in names]
    return SimpleNamespace(data=SimpleNamespace(train=rows), model="none")


@pytest.fixture
def worked(monkeypatch):
    """Starts of the pieces that were worked on; every row of a piece is solved as often as the piece's number says."""
    starts = []

    def solve(model, ready, start, *, tries):
        del model, tries
        starts.append(start)
        return {item.row_id: start // 8 for item in ready.data.train[start : start + 8]}

    monkeypatch.setattr("stvqa.train.difficulty._solve", solve)
    weights = SimpleNamespace(to=lambda _: None)
    monkeypatch.setattr(
        "stvqa.train.difficulty.AutoModelForImageTextToText", SimpleNamespace(from_pretrained=lambda _: weights)
    )
    return starts


def measure(ready, out, *, tries=4):
    return measure_difficulty(ready, out, tries=tries, say=lambda _: None)


NAMES = [f"row-{number}" for number in range(20)]


def write_piece(out, names, *, start=0, tries=4):
    path = out / "difficulty" / f"{start:07d}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"tries": tries, "solved": dict.fromkeys(names, 3)}))


def test_pieces_that_are_there_are_kept(worked, tmp_path):
    write_piece(tmp_path, NAMES[8:16], start=8)
    solved = measure(prepared(*NAMES), tmp_path)
    assert worked == [0, 16]
    assert [solved[name] for name in NAMES] == [0] * 8 + [3] * 8 + [2] * 4
    assert pq.read_table(tmp_path / "difficulty.parquet")["solved"].to_pylist() == list(solved.values())
    assert not (tmp_path / "difficulty").exists()


def test_pieces_left_beside_the_file_are_taken_away(worked, tmp_path):
    solved = measure(prepared(*NAMES), tmp_path)
    write_piece(tmp_path, NAMES[:8])
    worked.clear()
    assert measure(prepared(*NAMES), tmp_path) == solved
    assert not worked
    assert not (tmp_path / "difficulty").exists()


@pytest.mark.parametrize(
    ("names", "tries", "message"), [(NAMES[1:9], 4, "holds other rows"), (NAMES[:8], 2, "holds 2 tries a row, not 4")]
)
def test_other_pieces_are_refused_before_anything_is_spent(names, tries, message, worked, tmp_path):
    write_piece(tmp_path, names, tries=tries)
    with pytest.raises(InputError, match=message):
        measure(prepared(*NAMES), tmp_path)
    assert not worked


@pytest.mark.usefixtures("worked")
def test_a_file_of_other_rows_is_refused(tmp_path):
    measure(prepared(*NAMES), tmp_path)
    with pytest.raises(InputError, match=r"difficulty\.parquet holds other rows"):
        measure(prepared(*NAMES, "row-20"), tmp_path)


def test_a_process_that_comes_late_begins_nothing_anew(worked, tmp_path, monkeypatch):
    measure(prepared(*NAMES), tmp_path)
    worked.clear()
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert len(measure(prepared(*NAMES), tmp_path)) == len(NAMES)
    assert not worked
