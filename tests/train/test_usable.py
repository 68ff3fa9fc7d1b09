"""Pictures that cannot be trained on are found, named and left out before a training begins."""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from training_sets import write_set

from stvqa.errors import InputError
from stvqa.train import check, load_train_recipe, prepare
from stvqa.train.data import load_training_data
from stvqa.train.loading import Speaker, load_speaker
from stvqa.train.recipe import DataSettings
from stvqa.train.usable import with_usable_pictures


def shown_as(folder, pictures, *, split="train"):
    """Other bytes, and where they have one another size, for some rows of a set."""
    path = folder / "dataset" / "data" / f"{split}-00000-of-00001.parquet"
    table = pq.read_table(path)
    rows = table.to_pylist()
    for place, data in pictures.items():
        rows[place]["images"]["bytes"] = data
        try:
            with Image.open(io.BytesIO(data)) as image:
                rows[place]["image_width"], rows[place]["image_height"] = image.size
        except OSError:
            pass
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path)
    return [row["row_id"] for row in rows]


def plain(width, height):
    file = io.BytesIO()
    Image.new("RGB", (width, height), (90, 120, 30)).save(file, "PNG")
    return file.getvalue()


def torn():
    """A picture whose file ends early: its head can be read, its pixels cannot."""
    file = io.BytesIO()
    Image.effect_noise((160, 120), 80).convert("RGB").save(file, "PNG")
    return file.getvalue()[:-9000]


def test_a_picture_that_the_processor_refuses_leaves_out_its_rows(tmp_path):
    folder = write_set(tmp_path / "run", train=24, val=4)
    ids = shown_as(folder, {2: plain(6000, 24), 5: plain(6000, 24), 7: torn()})
    shown_as(folder, {1: plain(20, 4100)}, split="val")
    ready = prepare(load_train_recipe("grpo-tiny"), origin=str(folder), tiny=tmp_path / "tiny")
    assert ready.data.dropped == {
        "train: image-refused": 2, "train: image-unreadable": 1, "val: image-refused": 1,
    }  # fmt: skip
    assert (len(ready.data.train), len(ready.data.val)) == (21, 3)
    assert not {ids[place] for place in (2, 5, 7)} & {item.row_id for item in ready.data.train}
    report = check(ready)
    assert report.failures == ()
    text = report.text()
    assert "left out: 2 rows, train: image-refused" in text
    assert f"row {ids[2]} of train, an image of 6000 x 24 pixels that the processor refuses" in text
    assert f"row {ids[7]} of train" in text


def test_a_set_of_which_no_picture_will_do_is_told(tmp_path):
    folder = write_set(tmp_path / "run", train=3, val=1)
    shown_as(folder, dict.fromkeys(range(3), plain(6000, 24)))
    with pytest.raises(InputError, match=r"no picture of .*run can be trained on .*6000 x 24 pixels"):
        prepare(load_train_recipe("grpo-tiny"), origin=str(folder), tiny=tmp_path / "tiny")


class Choosy:
    """An image processor that has no arithmetic to ask, and raises errors of its own for small pictures."""

    def __init__(self):
        self.asked = []

    def __call__(self, images):
        self.asked.append(images[0].size)
        if min(images[0].size) < 28:
            raise RuntimeError("too small\nby far")


def test_any_processor_is_asked_once_for_each_size(tmp_path, run, tiny):
    folder = write_set(tmp_path / "run", train=12, val=2)
    ids = shown_as(folder, {number: plain(20 + number, 20) for number in range(5)})
    data = load_training_data(str(folder), DataSettings(), needs_scene=True, seed=7)
    speaker: Speaker = load_speaker(str(tiny), load_train_recipe("grpo-tiny"), style="scene")
    choosy = Choosy()
    asked = speaker._replace(processor=type("Processor", (), {"image_processor": choosy}))
    found = with_usable_pictures(data, asked)
    assert found.dropped == {"train: image-refused": 5}
    assert choosy.asked == [*((20 + number, 20) for number in range(5)), (160, 120)]
    told = "\n".join(found.notes)
    assert f"row {ids[0]} of train, an image of 20 x 20 pixels that the processor refuses (too small)" in told
    assert "left out: 2 more rows, image-refused" in told
