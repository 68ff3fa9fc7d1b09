"""What is pushed is the whole set, from wherever it lies."""

from __future__ import annotations

import shutil

import pytest
from published_sets import publish_run, run_file

from stvqa.card import Standing, write_card
from stvqa.errors import InputError
from stvqa.hub import prepare, write_content
from stvqa.hub.content import assemble
from stvqa.store import StageEntry, StageStatistics


def counting_run(**rows):
    """run.json whose stage `package` counted so many rows of each split."""
    counts = {f"rows.{split}": count for split, count in rows.items()}
    statistics = StageStatistics(records_in=8, records_out=8, counts=counts)
    entry = StageEntry(number=3, stage="package", folder="03-package-0123", hash="0" * 64, statistics=statistics)
    return run_file(stages=(*run_file().stages, entry))


def test_a_set_that_has_lost_a_split_is_refused(tmp_path, ready):
    folder = publish_run(tmp_path, run=counting_run(train=3, val=1), rows=4)
    assert ready(folder, standing=Standing(rows=4, proved=4)).files
    (folder / "dataset" / "data" / "val-00000-of-00001.parquet").unlink()
    with pytest.raises(InputError, match=r"holds 0 rows of val, and its run wrote 1: .*half a set is not pushed"):
        ready(folder, standing=Standing(rows=3, proved=3), allow_unverified=True)


def test_a_set_that_has_lost_a_file_is_refused_even_without_its_run(tmp_path, ready):
    data = publish_run(tmp_path, rows=4) / "dataset" / "data"
    (data / "train-00000-of-00001.parquet").rename(data / "train-00001-of-00003.parquet")
    with pytest.raises(InputError, match=r"lacks data/train-00000-of-00003.parquet, data/train-00002-of-00003.parquet"):
        ready(tmp_path, run=None)


def test_files_of_two_sets_in_one_folder_are_refused(tmp_path, ready):
    data = publish_run(tmp_path, rows=4) / "dataset" / "data"
    for number in range(2):
        shutil.copyfile(data / "train-00000-of-00001.parquet", data / f"train-{number:05d}-of-00002.parquet")
    with pytest.raises(InputError, match="holds files of two sets"):
        ready(tmp_path, run=None)


def place_of_image(data):
    """A byte within the first picture of a file, which readers of Parquet do not look at twice."""
    return data.find(b"\xff\xd8\xff") + 100 if b"\xff\xd8\xff" in data else len(data) // 2


@pytest.mark.parametrize("where", ["run", "dry run"])
def test_a_byte_that_changed_since_the_set_was_written_is_refused(tmp_path, ready, where):
    folder = publish_run(tmp_path, rows=4)
    write_card(folder / "dataset", run_file())
    local = ready(folder, standing=Standing(rows=4, proved=4))
    dataset = folder / "dataset"
    if where == "dry run":
        dataset = tmp_path / "push"
        write_content(assemble(local, card=None, manifest=None, where="x"), dataset)
    path = dataset / "data" / "train-00000-of-00001.parquet"
    data = bytearray(path.read_bytes())
    data[place_of_image(data)] ^= 1
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"are not those that were written with .*README\.md, one has changed: run"):
        prepare(dataset, run=None, repo="me/x", hub="https://hub.example", standing=Standing(rows=4, proved=4))


def test_a_set_whose_card_tells_no_fingerprint_is_pushed(tmp_path, ready):
    folder = publish_run(tmp_path, rows=4)
    (folder / "dataset" / "README.md").write_text("mine\n", encoding="utf-8")
    assert ready(folder, standing=Standing(rows=4, proved=4)).files


@pytest.mark.parametrize(
    ("data", "told"), [(b"---\n\xad\n", "is no UTF-8 at byte 4"), (b" " * 10_000_001, "are the most")]
)
def test_a_card_that_is_none_is_told(tmp_path, ready, data, told):
    folder = publish_run(tmp_path, rows=4)
    (folder / "dataset" / "README.md").write_bytes(data)
    with pytest.raises(InputError, match=rf"README\.md .*{told}"):
        ready(folder, standing=Standing(rows=4, proved=4), allow_unverified=True)
