from __future__ import annotations

import os

import pytest

from stvqa.errors import StorageError
from stvqa.store.ownership import (
    MARK_FILE,
    Mark,
    files_below,
    mark_folder,
    read_mark,
    refuse_foreign_file,
    refuse_foreign_folder,
    strange_below,
)


def refuse(folder):
    refuse_foreign_folder(folder, what="run", remedy="choose another")


def test_a_mark_is_read_as_it_was_written(tmp_path):
    mark = Mark(what="set", id="0123", files=("README.md",))
    mark_folder(tmp_path, mark)
    assert read_mark(tmp_path) == mark


@pytest.mark.parametrize("text", ["", "{", "[]", '{"what": "run", "made_by": "me"}', '{"what": "poem"}', "[" * 100_000])
def test_something_else_under_its_name_is_no_mark(tmp_path, text):
    (tmp_path / MARK_FILE).write_text(text)
    assert read_mark(tmp_path) is None
    with pytest.raises(StorageError, match=f"holds {MARK_FILE}: choose another"):
        refuse(tmp_path)


def test_a_mark_behind_a_link_is_no_mark(tmp_path):
    mark_folder(tmp_path / "ours", Mark(what="run"))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / MARK_FILE).symlink_to(tmp_path / "ours" / MARK_FILE)
    assert read_mark(tmp_path / "mine") is None


def test_the_mark_of_another_kind_is_none(tmp_path):
    mark_folder(tmp_path, Mark(what="training"))
    with pytest.raises(StorageError, match="is no run of stvqa"):
        refuse(tmp_path)


def test_new_empty_and_marked_folders_are_taken(tmp_path):
    refuse(tmp_path / "new")
    refuse(tmp_path)
    (tmp_path / ".hidden").write_text("")
    refuse(tmp_path)
    mark_folder(tmp_path, Mark(what="run"))
    (tmp_path / "notes.txt").write_text("")
    refuse(tmp_path)


def test_a_file_is_replaced_where_it_begins_as_ours(tmp_path):
    path = tmp_path / "x"

    def check():
        refuse_foreign_file(path, is_ours=lambda head: head.startswith(b"ours"), what="a thing of stvqa")

    check()
    path.write_text("")
    check()
    path.write_text("ours" * 100_000)
    check()
    path.write_text("mine")
    with pytest.raises(StorageError, match="is not a thing of stvqa: move it away, or name another file"):
        check()
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(StorageError, match="a pipe stands"):
        check()


def test_files_that_nobody_wrote_down_are_strange(tmp_path):
    (tmp_path / "data").mkdir()
    for name in ("README.md", "data/a.parquet", f".README.md.{os.getpid()}-0123abcd.tmp", MARK_FILE):
        (tmp_path / name).write_text("")
    assert strange_below(tmp_path, files_below(tmp_path)) is None
    (tmp_path / "data" / "mine").write_text("")
    assert strange_below(tmp_path, {"README.md", "data/a.parquet"}) == tmp_path / "data" / "mine"
    (tmp_path / "data" / "link").symlink_to(tmp_path)
    assert strange_below(tmp_path, lambda _: True) == tmp_path / "data" / "link"
