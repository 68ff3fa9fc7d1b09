from __future__ import annotations

import os
import socket

import pytest

from stvqa.errors import StorageError
from stvqa.plain_files import open_plain, refuse_shared, refuse_special, refuse_special_folder, special_below


def make(path, kind):
    """One of each thing that may stand in the place of a file."""
    if kind == "link":
        path.with_name("target").write_text("mine")
        path.symlink_to("target")
    elif kind == "link to nothing":
        path.symlink_to("nowhere")
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(str(path))
    else:
        path.mkdir()


SPECIAL = ["link", "link to nothing", "pipe", "socket", "folder"]


@pytest.mark.parametrize("kind", SPECIAL)
def test_only_a_regular_file_is_replaced(tmp_path, kind):
    make(tmp_path / "x", kind)
    with pytest.raises(StorageError, match=f"a {kind.split()[0]} stands where a file is needed.*: move it away"):
        refuse_special(tmp_path / "x")


@pytest.mark.parametrize("kind", SPECIAL[:-1])
def test_only_a_real_folder_is_worked_in(tmp_path, kind):
    make(tmp_path / "x", kind)
    with pytest.raises(StorageError, match=f"a {kind.split()[0]} stands where a folder is needed"):
        refuse_special_folder(tmp_path / "x")


@pytest.mark.parametrize("kind", SPECIAL[:-1])
def test_only_a_regular_file_is_opened(tmp_path, kind):
    make(tmp_path / "x", kind)
    with pytest.raises(StorageError, match="stands where a file is needed"):
        open_plain(tmp_path / "x", os.O_WRONLY | os.O_CREAT)
    assert not (tmp_path / "nowhere").exists()


def test_a_file_with_a_second_name_is_not_changed_in_place(tmp_path):
    (tmp_path / "mine").write_text("mine")
    os.link(tmp_path / "mine", tmp_path / "x")
    for refuse in (lambda path: open_plain(path, os.O_WRONLY), refuse_shared):
        with pytest.raises(StorageError, match="has 2 names"):
            refuse(tmp_path / "x")
    refuse_special(tmp_path / "x")  # to be replaced, it may have one: the other name keeps the content


def test_a_device_is_opened_only_where_that_is_meant(tmp_path):
    os.close(open_plain(tmp_path.__class__("/dev/null"), os.O_WRONLY, devices=True))
    with pytest.raises(StorageError, match="a device stands"):
        open_plain(tmp_path.__class__("/dev/null"), os.O_WRONLY)


def test_what_is_there_or_missing_is_fine(tmp_path):
    for refuse in (refuse_special, refuse_special_folder, refuse_shared):
        refuse(tmp_path / "x")
    os.close(open_plain(tmp_path / "x", os.O_WRONLY | os.O_CREAT))
    refuse_special(tmp_path / "x")
    refuse_shared(tmp_path / "x")
    refuse_special_folder(tmp_path)


def test_links_at_any_depth_are_found_and_not_followed(tmp_path):
    (tmp_path / "outside" / "deep").mkdir(parents=True)
    (tmp_path / "outside" / "deep" / "link").symlink_to("nowhere")
    (tmp_path / "in" / "a").mkdir(parents=True)
    (tmp_path / "in" / "a" / "file").write_text("")
    (tmp_path / "in" / "a" / "out").symlink_to(tmp_path / "outside")
    os.mkfifo(tmp_path / "in" / "pipe")
    assert sorted(special_below(tmp_path / "in")) == [tmp_path / "in" / "a" / "out", tmp_path / "in" / "pipe"]
