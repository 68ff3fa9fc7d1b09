"""What a run may replace and remove: its own things, and nothing of somebody else."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from fake_stages import Gather, Load, Pack, Scale

from stvqa.errors import StorageError
from stvqa.logs import LogSettings, open_log
from stvqa.recipe import Recipe
from stvqa.runner import run_recipe
from stvqa.store.ownership import MARK_FILE

GONE = 4_194_305
"""Number of no process: Linux gives at most 2^22."""


def run(out, **load):
    stages = (Load(**load), Scale(), Gather(), Pack())
    return run_recipe(Recipe(name="tiny", seed=5, stages=stages), out=out, scheduler="sync")


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    out = tmp_path_factory.mktemp("finished") / "run"
    run(out)
    return out


@pytest.fixture
def again(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "again")


def tree(folder):
    """All that is there: files with their content, links with their target."""
    return {
        path.relative_to(folder).as_posix(): str(path.readlink())
        if path.is_symlink()
        else path.read_bytes()
        if path.is_file()
        else None
        for path in sorted(folder.rglob("*"))
    }


FOREIGN = [
    "dataset/README.md",
    "dataset/data/train-00000-of-00001.parquet",
    "run.json",
    "report.html",
    "rows/1.json",
    "push/README.md",
    "ledger/ledger.sqlite",
    "train/model.safetensors",
    "thesis.doc",
    "01-load-0123abcd/notes.txt",
    ".stvqa.json",
]


@pytest.mark.parametrize("name", FOREIGN)
def test_a_folder_with_anything_in_it_is_no_run(tmp_path, name):
    path = tmp_path / "mine" / name
    path.parent.mkdir(parents=True)
    path.write_text('{"my": "own"}')
    (tmp_path / "mine" / ".keep.tmp").write_text("")
    before = tree(tmp_path)
    with pytest.raises(StorageError, match=f"holds {name.split('/')[0]}: choose a new or empty folder with --out"):
        run(tmp_path / "mine")
    assert tree(tmp_path) == before


@pytest.mark.parametrize("out", ["/", "."])
def test_the_root_and_a_folder_of_work_are_no_runs(tmp_path, monkeypatch, out):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text("")
    before = sorted(Path(out).iterdir())
    with pytest.raises(StorageError, match="is no run of stvqa"):
        run(Path(out))
    assert sorted(Path(out).iterdir()) == before


@pytest.mark.parametrize("name", [".notes.tmp", ".run.json.1-aa.tmp", f".thesis.doc.{GONE}-0123abcd.tmp", ".DS_Store"])
def test_hidden_files_of_others_stay(again, name):
    stage = next(again.glob("02-scale-*"))
    for folder in (again, stage):
        (folder / name).write_text("mine")
    (again / f".work.{GONE}-0123abcd.tmp").mkdir()
    (again / f".work.{GONE}-0123abcd.tmp" / "mine.txt").write_text("mine")
    run(again)
    assert [(folder / name).read_text() for folder in (again, stage)] == ["mine", "mine"]
    assert (again / f".work.{GONE}-0123abcd.tmp" / "mine.txt").is_file()


def test_files_of_others_in_a_stage_that_starts_over_stay(again):
    stage = next(again.glob("03-gather-*"))
    (stage / "notes.txt").write_text("mine")
    (stage / "sub").mkdir()
    (stage / "stats.json").write_text("{")
    assert "gather" not in run(again).reused
    assert (stage / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("dataset/notes.md", "was not made by stvqa"),
        ("dataset/data/mine.parquet", "was not made by stvqa"),
        ("dataset/errata/1.errata.json", "was not made by stvqa"),
        (".dataset-old.tmp/mine", "is no set of this run"),
    ],
)
def test_what_somebody_put_into_a_set_is_not_lost_with_it(again, name, text):
    path = again / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("mine")
    before = tree(again)
    with pytest.raises(StorageError, match=text):
        run(again)
    before.setdefault(".lock", b"")
    assert tree(again) == before


@pytest.mark.parametrize("name", [".DS_Store", "data/Thumbs.db", "._README.md"])
def test_what_a_desktop_leaves_in_a_folder_that_it_shows_stops_nothing(again, name):
    (again / "dataset" / name).write_bytes(b"x")
    run(again)
    assert (again / "dataset" / "README.md").is_file()
    assert not (again / "dataset" / name).exists()


def test_another_set_in_the_place_of_the_own_one_stays(again, tmp_path):
    shutil.rmtree(again / "dataset")
    (again / "dataset" / "data").mkdir(parents=True)
    (again / "dataset" / "README.md").write_text("a set of mine, made with stvqa")
    (again / "dataset" / "data" / "train-00000-of-00001.parquet").write_text("mine")
    with pytest.raises(StorageError, match="is no set of this run"):
        run(again)
    run(tmp_path / "other", refuse_every=5)
    shutil.rmtree(again / "dataset")
    shutil.copytree(tmp_path / "other" / "dataset", again / "dataset")
    with pytest.raises(StorageError, match="is no set of this run"):
        run(again)


def linked(path, target):
    """Puts a link in the place of something, which moves to `target`."""
    if path.exists():
        path.rename(target)
    else:
        target.write_text("mine")
    path.symlink_to(target)


LINKED = [
    ".lock",
    "run.json",
    "dataset",
    "dataset/README.md",
    ".dataset-old.tmp",
    "01-load-*",
    "02-*/part-00000.parquet",
]


@pytest.mark.parametrize("name", [*LINKED, "03-*/stats.json", ".stvqa.json"])
def test_no_link_is_followed(again, tmp_path, name):
    path = next(again.glob(name), again / name)
    linked(path, tmp_path / "target")
    before = tree(tmp_path)
    with pytest.raises(StorageError):
        run(again)
    assert tree(tmp_path) == before


@pytest.mark.parametrize("name", [".lock", "run.json"])
def test_a_pipe_holds_nothing_up(again, name):
    (again / name).unlink()
    os.mkfifo(again / name)
    with pytest.raises(StorageError, match="a pipe stands"):
        run(again)


def test_a_lock_is_never_emptied(again):
    (again / ".lock").write_text("mine")
    run(again)
    assert (again / ".lock").read_text() == "mine"


def test_a_link_to_the_folder_is_the_users_own(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "out").symlink_to("disk")
    assert run(tmp_path / "out").dataset == tmp_path / "out" / "dataset"
    assert run(tmp_path / "out").reused == ("load", "scale", "gather", "pack")
    assert (tmp_path / "disk" / "run.json").is_file()


@pytest.mark.parametrize("part", ["dataset", "dataset/data/deep", "push", "ledger", "01-load-0123abcd"])
def test_a_run_within_a_part_of_another_one_is_refused(again, part):
    with pytest.raises(StorageError, match="which the run there may replace"):
        run(again / part / "inner")
    assert not (again / part / "inner").exists()


def without_marks(out):
    """As the versions before left it."""
    for path in [*out.rglob(MARK_FILE)]:
        path.unlink()
    (out / "dataset" / "README.md").write_text("Spatial questions with proved answers, by stvqa")
    return out


def test_a_run_of_a_version_before_goes_on_and_is_marked(again):
    run(without_marks(again))
    assert json.loads((again / MARK_FILE).read_text())["what"] == "run"
    assert json.loads((again / "dataset" / MARK_FILE).read_text())["what"] == "set"


def test_a_run_of_a_version_before_that_fails_can_still_replace_its_set(again):
    without_marks(again)
    with pytest.raises(Exception, match="refused"):
        run(again, refuse_every=1)
    assert run(again).dataset == again / "dataset"


@pytest.mark.parametrize("lost", ["run.json", MARK_FILE])
def test_a_run_that_lost_one_of_its_files_goes_on(again, lost):
    (again / lost).unlink()
    assert run(again).reused == ("load", "scale", "gather", "pack")


def test_a_foreign_set_in_a_run_of_a_version_before_stays(again):
    (without_marks(again) / "dataset" / "README.md").write_text("mine")
    with pytest.raises(StorageError, match="is no set of this run"):
        run(again)
    assert (again / "dataset" / "README.md").read_text() == "mine"


@pytest.mark.parametrize("text", ["{", "[1]", '{"my": 1}', "[" * 100_000])
def test_a_run_json_of_somebody_else_stays(again, text):
    (again / "run.json").write_text(text)
    with pytest.raises(StorageError, match=r"run\.json is damaged, or not one of stvqa: move it away"):
        run(again)
    assert (again / "run.json").read_text() == text


def test_a_run_killed_before_its_first_file_begins_again(tmp_path):
    (tmp_path / ".lock").write_bytes(b"")
    (tmp_path / f".{MARK_FILE}.{GONE}-0123abcd.tmp").write_text("{")
    run(tmp_path)
    assert list(tmp_path.glob(".*.tmp")) == []


def test_the_log_of_the_command_may_lie_in_its_folder(tmp_path):
    with open_log(LogSettings("info", str(tmp_path / "out" / "build.log"))):
        run(tmp_path / "out")
    assert (tmp_path / "out" / "run.json").is_file()


def test_equal_sets_have_equal_files_marks_included(finished, tmp_path):
    with pytest.raises(Exception, match="refused"):
        run(tmp_path, refuse_every=1)
    run(tmp_path)
    assert tree(tmp_path / "dataset") == tree(finished / "dataset")
