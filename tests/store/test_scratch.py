from __future__ import annotations

import fcntl
import os
import tempfile

import pytest

from stvqa.errors import StorageError
from stvqa.store.scratch import scratch_folder

GONE = 4_194_305
"""Number of no process: Linux gives at most 2^22."""


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_folder_is_there_for_the_block_and_for_its_user_alone(temporary):
    with scratch_folder("images") as folder:
        (folder / "1.jpg").write_bytes(b"x")
        assert folder.parent == temporary
        assert folder.stat().st_mode & 0o777 == 0o700
    assert list(temporary.iterdir()) == []


def test_what_a_killed_process_left_goes_and_nothing_else(temporary):
    left = temporary / f".stvqa-images.{GONE}-0123abcd.tmp"
    kept = [
        temporary / f".stvqa-images.{os.getpid()}-0123abcd.tmp",
        temporary / f".stvqa-check.{GONE}-0123abcd.tmp",
        temporary / f".stvqa-images.{GONE}-mine.tmp",
        temporary / f".stvqa-images.{GONE}-00000000.tmp",  # somebody holds it: a process of another container
    ]
    for path in (left, *kept):
        path.mkdir()
        (path / "1.jpg").write_bytes(b"x")
    outside = temporary / "outside"
    outside.mkdir()
    link = temporary / f".stvqa-images.{GONE}-11111111.tmp"
    link.symlink_to(outside)
    held = os.open(kept[-1], os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    with scratch_folder("images"):
        pass
    os.close(held)
    assert sorted(temporary.iterdir()) == sorted([*kept, link, outside])


def test_a_temporary_folder_that_is_gone_is_told(temporary):
    temporary.rmdir()
    with pytest.raises(StorageError, match="cannot write"), scratch_folder("images"):
        pass
