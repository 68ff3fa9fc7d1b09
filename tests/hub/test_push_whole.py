"""What is pushed is the whole set, from wherever it lies."""

from __future__ import annotations

import shutil

import pytest
from published_sets import publish_run, run_file

from stvqa.card import Standing
from stvqa.errors import InputError
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
