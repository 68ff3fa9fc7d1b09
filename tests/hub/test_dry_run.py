"""A dry run replaces an earlier one, and nothing else."""

from __future__ import annotations

import json

import pytest

from stvqa.errors import InputError
from stvqa.hub.content import MANIFEST_FILE, Content
from stvqa.hub.dry_run import write_content

GONE = 4_194_305
"""Number of no process: Linux gives at most 2^22."""


def content(*names):
    manifest = {"stvqa": "0", "files": dict.fromkeys(names, "0"), "card": {}}
    return Content({**dict.fromkeys(names, b"x"), MANIFEST_FILE: json.dumps(manifest).encode()})


def names(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}


def test_an_earlier_dry_run_is_replaced_as_a_whole(tmp_path):
    write_content(content("README.md", "data/a.parquet"), tmp_path / "push")
    write_content(content("README.md"), tmp_path / "push")
    assert names(tmp_path) == {"push/README.md", f"push/{MANIFEST_FILE}"}


@pytest.mark.parametrize("name", ["notes.md", "data/mine.parquet", "provenance/mine", ".hidden"])
def test_a_file_that_somebody_put_there_is_not_lost(tmp_path, name):
    write_content(content("README.md"), tmp_path / "push")
    (tmp_path / "push" / name).parent.mkdir(exist_ok=True)
    (tmp_path / "push" / name).write_text("mine")
    with pytest.raises(InputError, match=r"is of no dry run, and .* replaced as a whole: move that out"):
        write_content(content("README.md"), tmp_path / "push")
    assert (tmp_path / "push" / name).read_text() == "mine"


def test_links_are_not_followed(tmp_path):
    write_content(content("README.md"), tmp_path / "real")
    (tmp_path / "push").symlink_to("real")
    with pytest.raises(InputError, match="is a link"):
        write_content(content("README.md"), tmp_path / "push")
    (tmp_path / "real" / "README.md").unlink()
    (tmp_path / "real" / "README.md").symlink_to("elsewhere")
    with pytest.raises(InputError, match="is of no dry run"):
        write_content(content("README.md"), tmp_path / "real")
    assert (tmp_path / "real" / "README.md").is_symlink()


def test_what_killed_dry_runs_left_goes_and_nothing_else(tmp_path):
    half, whole, mine = (tmp_path / f".push.{GONE}-{number * 8}.tmp" for number in "123")
    half.mkdir()
    (half / "README.md").write_text("x")
    write_content(content("data/of-another-set.parquet"), whole)
    mine.mkdir()
    (mine / "thesis.doc").write_text("mine")
    write_content(content("README.md"), tmp_path / "push")
    assert sorted(path.name for path in tmp_path.iterdir()) == [mine.name, "push"]
