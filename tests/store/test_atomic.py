from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from stvqa.errors import StorageError
from stvqa.records import Rejection
from stvqa.store import atomic_file, write_json
from stvqa.store.atomic import storage_errors, sweep_leftovers


def test_a_file_appears_only_when_the_block_ends(tmp_path):
    path = tmp_path / "a" / "run.json"
    with atomic_file(path) as file:
        file.write(b"whole")
        assert not path.exists()
    assert path.read_bytes() == b"whole"


def test_an_interruption_keeps_the_older_file(tmp_path):
    path = tmp_path / "run.json"
    path.write_bytes(b"old")

    def interrupted():
        with atomic_file(path) as file:
            file.write(b"new")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_in_the_way_of_a_folder(tmp_path):
    (tmp_path / "runs").write_bytes(b"")
    with pytest.raises(StorageError, match="a file stands"), atomic_file(tmp_path / "runs" / "run.json"):
        pass


def test_a_folder_in_the_way_of_a_file(tmp_path):
    (tmp_path / "run.json").mkdir()
    with pytest.raises(StorageError, match="a folder stands"), atomic_file(tmp_path / "run.json"):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]


def test_json_is_indented_and_ends_with_a_line_end(tmp_path):
    write_json(tmp_path / "x.json", Rejection(stage="load", reason="r", record_id="1"))
    text = (tmp_path / "x.json").read_text(encoding="utf-8")
    assert text.startswith('{\n  "stage": "load"')
    assert text.endswith("}\n")


@pytest.mark.parametrize(
    ("named", "other"),
    [
        ("dataset", None),
        ("dataset/data/train.parquet", None),
        (".dataset-0a1b2c3d.tmp/README.md", None),
        ("07-package/part.parquet", ".dataset-0a1b2c3d.tmp/data/train.parquet"),  # as copyfile names both
        (None, None),
    ],
)
def test_what_is_written_on_the_way_to_a_folder_belongs_to_it(tmp_path, named, other):
    names = [str(tmp_path / name) if name else None for name in (named, other)]
    with (
        pytest.raises(StorageError, match=r"cannot write .*dataset: the disk is full"),
        storage_errors(tmp_path / "dataset"),
    ):
        raise OSError(errno.ENOSPC, "No space left on device", names[0], None, names[1])


def test_what_is_read_on_the_way_is_another_matter(tmp_path):
    with pytest.raises(FileNotFoundError), storage_errors(tmp_path / "dataset"):
        (tmp_path / "images" / "1.jpg").read_bytes()


def test_a_folder_that_nobody_can_make():
    with pytest.raises(StorageError, match="choose another folder"), atomic_file(Path("/proc/x/run.json")):
        pass


def test_what_killed_processes_left_is_swept_and_nothing_else(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    process.wait()
    left = tmp_path / f".report.html.{process.pid}-0123abcd.tmp"
    kept = [
        tmp_path / f".report.html.{os.getpid()}-0123abcd.tmp",  # of one that is at work
        tmp_path / f".other.html.{process.pid}-0123abcd.tmp",
        tmp_path / f".report.html.{process.pid}-mine.tmp",
        tmp_path / "report.html",
    ]
    for path in (left, *kept):
        path.write_text("x")
    sweep_leftovers(tmp_path, "report.html".__eq__)
    assert sorted(tmp_path.iterdir()) == sorted(kept)
    sweep_leftovers(tmp_path / "missing", "report.html".__eq__)
