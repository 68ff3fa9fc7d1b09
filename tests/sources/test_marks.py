"""Marks change with any file that is mended, added, removed or renamed, and with nothing else."""

from __future__ import annotations

import os
from pathlib import Path

from stvqa.sources.marks import mark_of_file, mark_of_folder

SECOND = 1_000_000_000


def fill(folder: Path) -> Path:
    folder.mkdir()
    for name in ("1.jpg", "2.jpg"):
        (folder / name).write_bytes(b"picture")
        os.utime(folder / name, ns=(SECOND, SECOND))
    return folder


def test_a_folder_is_told_by_names_sizes_and_times(tmp_path: Path) -> None:
    folder = fill(tmp_path / "images")
    first = mark_of_folder(folder)
    assert mark_of_folder(fill(tmp_path / "copy")) == first
    os.utime(folder / "2.jpg", ns=(SECOND, SECOND + 1))
    touched = mark_of_folder(folder)
    (folder / "2.jpg").write_bytes(b"longer picture")
    os.utime(folder / "2.jpg", ns=(SECOND, SECOND + 1))
    mended = mark_of_folder(folder)
    (folder / "2.jpg").rename(folder / "3.jpg")
    renamed = mark_of_folder(folder)
    (folder / "3.jpg").unlink()
    assert len({first, touched, mended, renamed, mark_of_folder(folder)}) == 5


def test_folders_within_count_where_asked_hidden_ones_never(tmp_path: Path) -> None:
    folder = fill(tmp_path / "set")
    flat, nested = mark_of_folder(folder), mark_of_folder(folder, nested=True)
    fill(folder / ".cache")
    assert (mark_of_folder(folder), mark_of_folder(folder, nested=True)) == (flat, nested)
    fill(folder / "data")
    assert mark_of_folder(folder) == flat
    assert mark_of_folder(folder, nested=True) != nested


def test_a_link_to_nothing_is_no_error(tmp_path: Path) -> None:
    folder = fill(tmp_path / "images")
    first = mark_of_folder(folder)
    (folder / "3.jpg").symlink_to(tmp_path / "gone.jpg")
    assert mark_of_folder(folder) != first


def test_a_file_is_told_by_time_where_its_ends_stay(tmp_path: Path) -> None:
    path = tmp_path / "objects.json"
    content = bytearray(1 << 18)
    path.write_bytes(content)
    os.utime(path, ns=(SECOND, SECOND))
    first = mark_of_file(path)
    content[1 << 17] = 1
    path.write_bytes(content)
    assert mark_of_file(path) != first
