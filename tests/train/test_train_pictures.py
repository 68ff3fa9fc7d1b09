"""Pictures of sets that are trained on: orientation tags and more than 8 bits."""

from __future__ import annotations

import io
import os

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from training_sets import write_set

from stvqa.errors import InputError
from stvqa.train.data import load_training_data
from stvqa.train.feeding import picture_of
from stvqa.train.recipe import DataSettings


def load(origin):
    return load_training_data(str(origin), DataSettings(), needs_scene=True, seed=7)


def with_pictures(folder, change, *, sizes=True):
    """A set of ten rows whose pictures are changed; without their stated sizes where told so."""
    write_set(folder, train=10, val=2)
    path = folder / "dataset" / "data" / "train-00000-of-00001.parquet"
    table = pq.read_table(path)
    rows = table.to_pylist()
    for row in rows:
        with Image.open(io.BytesIO(row["images"]["bytes"])) as image:
            row["images"]["bytes"] = change(image)
        if not sizes:
            row["image_width"] = row["image_height"] = None
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path)
    return folder


def tagged(orientation, *, back=None):
    def save(image):
        exif = Image.Exif()
        exif[0x0112] = orientation
        file = io.BytesIO()
        (image.transpose(back) if back is not None else image).save(file, "PNG", exif=exif.tobytes())
        return file.getvalue()

    return save


def deep(least, most):
    def save(image):
        file = io.BytesIO()
        values = np.linspace(least, most, image.width * image.height, dtype=np.float32)
        Image.fromarray(values.reshape(image.height, image.width)).save(file, "TIFF")
        return file.getvalue()

    return save


@pytest.mark.parametrize("back", [None, Image.Transpose.ROTATE_90])
def test_a_row_says_in_which_frame_its_picture_is(tmp_path, back):
    stored = with_pictures(tmp_path / "plain", tagged(1)), with_pictures(tmp_path / "tagged", tagged(6, back=back))
    first, second = map(load, stored)
    assert second.dropped == {}
    assert [(item.width, item.height) for item in second.train] == [(160, 120)] * 10
    for one, other in zip(first.train, second.train, strict=True):
        assert np.array_equal(np.asarray(picture_of(first, one)), np.asarray(picture_of(second, other)))


def test_a_row_without_a_size_is_read_as_datasets_shows_it(tmp_path):
    data = load(with_pictures(tmp_path / "set", tagged(6), sizes=False))
    assert [(item.width, item.height) for item in data.train] == [(120, 160)] * 10
    assert picture_of(data, data.train[0]).size == (120, 160)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (tagged(3), "image-orientation-ambiguous"),
        (tagged(2), "image-orientation-ambiguous"),
        (deep(0, 255), "image-range-unknown"),
    ],
)
def test_pictures_that_cannot_be_trusted_leave_out_their_rows_by_name(tmp_path, change, reason):
    with pytest.raises(InputError, match=f"10 rows train: {reason}"):
        load(with_pictures(tmp_path / "set", change))


def test_pictures_of_floats_are_trained_on_in_eight_bits(tmp_path):
    data = load(with_pictures(tmp_path / "set", deep(0, 1)))
    assert data.dropped == {}
    assert picture_of(data, data.train[0]).getextrema() == ((0, 255),) * 3


def by_path(place):
    """A change of a row's cell: the path of a file in place of its bytes."""

    def change(folder):
        path = folder / "dataset" / "data" / "train-00000-of-00001.parquet"
        table = pq.read_table(path)
        rows = table.to_pylist()
        for row in rows[:3]:
            row["images"] = {"bytes": None, "path": str(place)}
        pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path)
        return folder

    return change


@pytest.mark.parametrize("place", ["/dev/zero", "/proc/self/environ", "private.png", "../private.png", "pipe"])
def test_no_file_is_opened_that_a_row_names(tmp_path, place, monkeypatch):
    (tmp_path / "private.png").write_bytes(b"private")
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.chdir(tmp_path)
    write_set(tmp_path / "set", train=10, val=2)
    data = load(by_path(place)(tmp_path / "set"))
    assert data.dropped == {"train: image-by-path": 3}
    assert len(data.train) == 7


def eps(image):
    file = io.BytesIO()
    image.convert("RGB").save(file, "EPS")
    return file.getvalue()


def enormous(image):
    file = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(("change", "reason"), [(eps, "image-unreadable"), (enormous, "image-too-large")])
def test_pictures_that_are_not_read_leave_their_rows_out(tmp_path, change, reason):
    with pytest.raises(InputError, match=f"10 rows train: {reason}"):
        load(with_pictures(tmp_path / "set", change))
