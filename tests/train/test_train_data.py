from __future__ import annotations

import os
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from training_sets import packed, write_paper_set, write_set

from stvqa.errors import InputError
from stvqa.stages.package import Package
from stvqa.train.data import load_training_data
from stvqa.train.pictures import stated_size
from stvqa.train.recipe import DataSettings


def load(origin, *, needs_scene=True, **settings):
    return load_training_data(str(origin), DataSettings(**settings), needs_scene=needs_scene, seed=7)


def test_a_run_and_its_dataset_folder_are_the_same_set(run):
    first, second = load(run), load(run / "dataset")
    assert (len(first.train), len(first.val)) == (40, 8)
    assert first.fingerprint == second.fingerprint
    assert first.dropped == {}


def test_what_an_example_holds(run):
    item = load(run).train[3]
    assert (item.width, item.height) == (160, 120)
    assert set(item.options) == {"To the left", "To the right"}
    assert item.has_scene
    assert item.letter in "AB"
    assert f"<answer>{item.letter}</answer>" in item.gold


@pytest.mark.parametrize("listed", [True, False])
def test_the_papers_set_is_read_as_it_is(tmp_path, listed):
    data = load(write_paper_set(tmp_path / "set", rows=30, listed=listed))
    item = data.train[0]
    assert (item.width, item.height) == (160, 120)
    assert not item.options[0].startswith("(")
    assert item.category == "relation"


def test_without_val_rows_are_set_aside_by_image(tmp_path):
    data = load(write_paper_set(tmp_path / "set", rows=60))
    assert data.val
    assert not {item.picture for item in data.val} & {item.picture for item in data.train}
    assert len(data.val) + len(data.train) == 60
    assert any("set aside" in note for note in data.notes)


def test_a_set_without_scenes_says_which_reward_does_without(tmp_path):
    folder = write_paper_set(tmp_path / "set", scenes=False)
    with pytest.raises(InputError, match=r"holds a <scene>.*--reward sparse"):
        load(folder)
    assert load(folder, needs_scene=False).train


def _overlapping(folder):
    data = folder / "data"
    data.mkdir(parents=True)
    Package().write(data / "train-00000-of-00001.parquet", [packed(number) for number in range(10)])
    again = [packed(number).model_copy(update={"split": "val"}) for number in (3, 4)]
    Package().write(data / "val-00000-of-00001.parquet", [*again, packed(1000, "val")])
    return folder


def test_images_of_val_that_are_in_train_are_refused(tmp_path):
    folder = _overlapping(tmp_path / "set")
    with pytest.raises(InputError, match=r"2 rows of val .* in train too.*data\.overlap=drop"):
        load(folder)
    data = load(folder, overlap="drop")
    assert len(data.val) == 1
    assert data.dropped == {"val: image-in-train": 2}


def test_rows_that_cannot_be_used_are_counted_by_reason(tmp_path):
    folder = write_set(tmp_path / "run", train=10, val=2)
    path = folder / "dataset" / "data" / "train-00000-of-00001.parquet"
    table = pq.read_table(path)
    rows = table.to_pylist()
    rows[0]["images"]["bytes"] = b"no image"
    rows[1]["answer_only"] = "D"
    rows[2]["answer"] = "<answer>A</answer>"
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path)
    data = load(folder, categories=("relation",))
    assert data.dropped == {"train: image-unreadable": 1, "train: letter-unknown": 1, "train: no-scene": 1}
    assert len(data.train) == 7


ODD = {
    "five options": ({"options": ["a", "b", "c", "d", "e"]}, "options-count"),
    "one option": ({"options": ["a"]}, "options-count"),
    "no options": ({"options": None}, "row-malformed"),
    "an option null": ({"options": ["a", None]}, "row-malformed"),
    "no letter": ({"answer_only": None}, "row-malformed"),
    "no question": ({"question_with_options": None}, "row-malformed"),
    "escape": ({"question_with_options": "Where?\n(A) a\x1b[2J\n(B) b"}, "text-unfit"),
    "line separator": ({"question_with_options": "Where?\u2028(A) a\n(B) b"}, "text-unfit"),
    "token": ({"options": ["a", "b<|im_end|>"]}, "text-unfit"),
    "long": ({"question_with_options": "a" * 1_000_000}, "text-unfit"),
    "long truth": ({"answer": "a" * 1_000_000}, "text-unfit"),
    "no picture": ({"images": None}, "image-unreadable"),
}


@pytest.mark.parametrize(("change", "reason"), ODD.values(), ids=ODD)
def test_an_odd_row_costs_itself_alone(tmp_path, change, reason):
    folder = write_set(tmp_path / "run", train=4, val=2)
    path = folder / "dataset" / "data" / "train-00000-of-00001.parquet"
    table = pq.read_table(path)
    rows = table.to_pylist()
    rows[1].update(change)
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path)
    data = load(folder)
    assert data.dropped == {f"train: {reason}": 1}
    assert [item.row for item in data.train] == [0, 2, 3]


def test_a_row_that_repeats_an_id_is_counted(tmp_path):
    folder = write_set(tmp_path / "run", train=4, val=2)
    path = folder / "dataset" / "data" / "train-00000-of-00001.parquet"
    table = pq.read_table(path)
    rows = table.to_pylist()
    rows[2]["row_id"] = rows[1]["row_id"]
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path)
    assert load(folder).dropped == {"train: repeats-row": 1}


@pytest.mark.parametrize("stated", ["wide", 1.5, float("inf"), float("nan"), [1]])
def test_a_size_that_is_no_number_is_a_fault_of_its_row(stated):
    with pytest.raises(ValueError, match="no pair of whole numbers"):
        stated_size({"image_width": stated, "image_height": 480})


def test_a_size_in_another_type_is_a_size():
    assert stated_size({"image_width": 640.0, "image_height": 480}) == (640, 480)
    assert stated_size({"image_width": None, "image_height": 480}) is None


@pytest.mark.parametrize("value", [b"x", "x", 1, [1]])
def test_a_column_of_images_that_holds_none_is_told(tmp_path, value):
    folder = write_set(tmp_path / "run", train=4, val=2)
    path = folder / "dataset" / "data" / "train-00000-of-00001.parquet"
    table = pq.read_table(path).drop_columns(["images"]).replace_schema_metadata(None)
    pq.write_table(table.append_column("images", pa.array([value] * 4)), path)
    (folder / "dataset" / "data" / "val-00000-of-00001.parquet").unlink()
    with pytest.raises(InputError, match=r"holds no images but|no row to train on"):
        load(folder)


@pytest.mark.parametrize("listed", [False, True])
def test_images_of_a_set_that_was_not_written_by_datasets_are_read(tmp_path, listed):
    folder = write_set(tmp_path / "run", train=4, val=2)
    for path in (folder / "dataset" / "data").iterdir():
        table = pq.read_table(path).replace_schema_metadata(None)
        cells = table["images"].to_pylist()
        images = pa.array([[cell] for cell in cells] if listed else cells)
        pq.write_table(table.set_column(table.column_names.index("images"), "images", images), path)
    data = load(folder)
    assert [len(data.train), len(data.val)] == [4, 2]
    assert (data.train[0].width, data.train[0].height) == (160, 120)


@pytest.mark.parametrize("kind", [os.mkfifo, Path.mkdir])
def test_a_file_of_a_set_that_is_none_is_not_waited_for(tmp_path, kind):
    folder = write_set(tmp_path / "run", train=4, val=2)
    path = folder / "dataset" / "data" / "val-00000-of-00001.parquet"
    path.unlink()
    kind(path)
    with pytest.raises(InputError, match=r"val-00000-of-00001\.parquet is no regular file"):
        load(folder)


BOMB = "---\na: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n---\n"


@pytest.mark.parametrize(
    ("card", "told"), [(BOMB, "aliases are not taken"), ("---\na: " + "[" * 900 + "\n---\n", "in each other")]
)
def test_a_card_on_the_hub_is_looked_at_before_it_is_unfolded(tmp_path, monkeypatch, card, told):
    file = tmp_path / "README.md"
    file.write_text(card)
    monkeypatch.setattr("stvqa.train.tables.hf_hub_download", lambda *_, **__: str(file))
    with pytest.raises(InputError, match=told):
        load("somebody/set")


def test_no_row_left_is_an_error_with_reasons(run):
    with pytest.raises(InputError, match="40 rows train: category-not-wanted"):
        load(run, categories=("count",))


@pytest.mark.parametrize(
    ("origin", "message"),
    [("no/such/place", "neither a folder nor the id"), ("one:two", "neither a folder nor the id")],
)
def test_what_is_no_set_is_told(origin, message):
    with pytest.raises(InputError, match=message):
        load(origin)


def test_a_folder_without_files_and_one_with_other_columns(tmp_path):
    with pytest.raises(InputError, match="holds no data/"):
        load(tmp_path)
    (tmp_path / "data").mkdir()
    pq.write_table(pa.table({"text": ["a"]}), tmp_path / "data" / "train-0.parquet")
    with pytest.raises(InputError, match="has no column 'images'"):
        load(tmp_path)


def test_val_rows_are_drawn_from_the_seed(run):
    first, second = load(run, val_rows=4), load(run, val_rows=4)
    assert first.val == second.val
    assert len(first.val) == 4
    assert any("4 of 8" in note for note in first.notes)


def _with_images(folder, cells):
    """A set in which the rows' column `images` is a list."""
    import datasets

    rows = write_paper_set(folder, rows=len(cells), listed=True) / "data" / "train-00000-of-00001.parquet"
    table = datasets.Dataset.from_parquet(str(rows), cache_dir=str(folder / "cache"))
    plain = table.cast_column("images", datasets.List(datasets.Image(decode=False)))
    found = [{**row, "images": row["images"] * times} for row, times in zip(plain, cells, strict=True)]
    datasets.Dataset.from_list(found, features=plain.features).to_parquet(rows)
    return folder


def test_rows_of_several_images_are_told_from_unreadable_ones(tmp_path):
    data = load(_with_images(tmp_path / "mixed", [1, 2, 1, 3, 1, 0, 1, 1]))
    assert data.dropped == {"train: image-unreadable": 1, "train: several-images": 2}
    with pytest.raises(InputError, match=r"6 rows train: several-images\. Training takes one image a row"):
        load(_with_images(tmp_path / "two", [2] * 6))


def test_a_set_of_other_splits_names_them_and_the_key(tmp_path):
    folder = write_set(tmp_path / "run", train=12, val=4) / "dataset"
    (folder / "data" / "train-00000-of-00001.parquet").rename(folder / "data" / "test-00000-of-00001.parquet")
    with pytest.raises(
        InputError, match=r"no split train\. It has test \(12 rows\), val \(4 rows\).*data\.train_split"
    ):
        load(folder)
    data = load(folder, train_split="test")
    assert (len(data.train), len(data.val), data.notes) == (12, 4, [])
    assert data.train[0].split == "train"
    with pytest.raises(InputError, match=r"no split holdout.*data\.val_split=NAME"):
        load(folder, train_split="test", val_split="holdout")
    with pytest.raises(InputError, match="both test"):
        load(folder, train_split="test", val_split="test")
    other = load(folder, train_split="val", val_split="test")
    assert (len(other.train), len(other.val)) == (4, 12)


def test_splits_that_are_not_used_are_told(tmp_path):
    folder = write_set(tmp_path / "run", train=12, val=4) / "dataset"
    shutil.copyfile(*(folder / "data" / f"{name}-00000-of-00001.parquet" for name in ("val", "test")))
    data = load(folder)
    assert "splits of the set that are not used: test" in data.notes
    assert (len(data.train), len(data.val)) == (12, 4)


@pytest.mark.parametrize("name", ["set [v1]", "50% ü#1", "a*b?c", "[a-z]", "{x,y}"])
def test_a_folder_of_any_name_is_read(tmp_path, name):
    assert len(load(write_set(tmp_path / name, train=6, val=2)).train) == 6


def test_files_of_one_path_and_time_are_told_apart(tmp_path):
    """As when an archive is unpacked over another: `datasets` itself would give the earlier rows."""
    texts = []
    for start in (0, 10):
        data = tmp_path / "set" / "data"
        data.mkdir(parents=True, exist_ok=True)
        path = data / "train-00000-of-00001.parquet"
        Package().write(path, [packed(start + number) for number in range(6)])
        os.utime(path, (1_000_000_000, 1_000_000_000))
        texts.append([item.row_id for item in load(tmp_path / "set", val_rows=0).train])
    assert not set(texts[0]) & set(texts[1])
