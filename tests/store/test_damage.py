"""Files that are cut short or changed: one message each, never a fault."""

from __future__ import annotations

import pytest

from stvqa.errors import InputError, StorageError
from stvqa.records import Rejection
from stvqa.store import count_rows, read_columns, read_part, write_part
from stvqa.store.dataset import count_dataset, read_dataset


def cut(data):
    return data[: len(data) // 2]


def garbled_footer(data):
    return data[:-60] + bytes(b ^ 0x5A for b in data[-60:-8]) + data[-8:]


def garbled_pages(data):
    footer = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    return data[:4] + bytes(b ^ 0x5A for b in data[4:footer]) + data[footer:]


@pytest.fixture
def part(tmp_path):
    path = tmp_path / "data" / "train-00000-of-00001.parquet"
    records = [Rejection(stage="load", reason="r", record_id=f"vg:{n}", detail=f"{n * 7919}") for n in range(500)]
    write_part(path, records, model=Rejection)
    return path


@pytest.mark.parametrize("damage", [cut, garbled_footer, garbled_pages])
def test_a_damaged_part_is_named(part, damage):
    part.write_bytes(damage(part.read_bytes()))
    with pytest.raises(StorageError, match=r"train-00000.*run again"):
        list(read_part(part, model=Rejection))
    with pytest.raises(StorageError, match=r"train-00000.*run again"):
        read_columns([part], ["stage", "reason", "record_id", "detail", "record"])


@pytest.mark.parametrize("damage", [cut, garbled_footer, lambda _: b""])
def test_a_damaged_footer_is_named(part, damage):
    part.write_bytes(damage(part.read_bytes()))
    with pytest.raises(StorageError, match="train-00000"):
        count_rows(part)
    with pytest.raises(InputError, match=r"cannot read .*train-00000"):
        count_dataset(part.parents[1])


def test_rows_are_counted(part):
    assert count_dataset(part.parents[1]) == count_rows(part) == 500


@pytest.mark.parametrize("damage", [cut, garbled_footer])
def test_a_damaged_set_is_named(part, damage):
    part.write_bytes(damage(part.read_bytes()))
    with pytest.raises(InputError, match="train-00000"):
        list(read_dataset(part.parents[1]))
