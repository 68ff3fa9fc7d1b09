from __future__ import annotations

import io

import pyarrow.parquet as pq
from PIL import Image
from questions import question

from stvqa.completion import build_row
from stvqa.records import ImageReference, Rejection, SelectedRow
from stvqa.stages.contract import StageContext
from stvqa.stages.package import Package


def selected(number, *, split="train", location=None):
    made = question(question_id=f"q{number}", text=f"Number {number}: where is the cup in relation to the table?")
    kind = ImageReference(kind="file", location=str(location)) if location else ImageReference(kind="placeholder")
    return SelectedRow(split=split, image=kind, row=build_row(made, number % 2))


def pack(path, rows):
    stage, context = Package(), StageContext(seed=1)
    stage.write(path, stage.run(iter(rows), context))
    return path


def test_files_load_with_datasets_and_keep_every_value(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HOME", str(tmp_path / "cache"))
    import datasets

    rows = {"train": [selected(number) for number in range(5)], "val": [selected(9, split="val")]}
    parts = [pack(tmp_path / f"part-{split}.parquet", items) for split, items in rows.items()]
    folder = tmp_path / "dataset"
    folder.mkdir()
    Package().publish(parts, folder)
    loaded = datasets.load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))
    assert {split: len(part) for split, part in loaded.items()} == {"train": 5, "val": 1}
    assert isinstance(loaded["train"].features["images"], datasets.Image)
    for found, item in zip(loaded["train"], rows["train"], strict=True):
        assert found.pop("images").size == (1000, 1000)
        assert found == item.row.model_dump() | {"options": list(item.row.options)}


def test_row_groups_hold_at_most_a_hundred_rows(tmp_path):
    metadata = pq.read_metadata(pack(tmp_path / "part.parquet", [selected(number) for number in range(230)]))
    assert [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)] == [100, 100, 30]


def test_image_files_are_stored_unchanged(tmp_path):
    picture = tmp_path / "1.jpg"
    Image.linear_gradient("L").resize((1000, 1000)).save(picture)
    table = pq.read_table(pack(tmp_path / "part.parquet", [selected(1, location=picture)]))
    [stored] = table.column("images").to_pylist()
    assert stored["bytes"] == picture.read_bytes()
    assert stored["path"].endswith(".jpg")
    assert Image.open(io.BytesIO(stored["bytes"])).size == (1000, 1000)


def test_a_row_whose_image_has_gone_is_refused(tmp_path):
    [refused] = Package().run(iter([selected(1, location=tmp_path / "gone.jpg")]), StageContext(seed=1))
    assert isinstance(refused, Rejection)
    assert refused.reason == "image-unreadable"


def test_same_rows_same_bytes(tmp_path):
    rows = [selected(number) for number in range(7)]
    one, other = (pack(tmp_path / f"{name}.parquet", rows).read_bytes() for name in "ab")
    assert one == other
