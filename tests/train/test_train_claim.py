"""What a training may write into, and what it may take away."""

from __future__ import annotations

import json
import os

import pytest

from stvqa.errors import StorageError
from stvqa.store.ownership import MARK_FILE, Mark, mark_folder
from stvqa.train.claim import claim_training
from stvqa.train.guard import COMPLETE, rotate

GONE = 4_194_305
"""Number of no process: Linux gives at most 2^22."""


def content(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and not path.is_symlink()}


@pytest.mark.parametrize("name", ["model/model.safetensors", "train.json", "report.html", "thesis.doc", "tiny/x"])
def test_a_folder_with_anything_in_it_is_no_training(tmp_path, name):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("{}")
    before = content(tmp_path)
    with pytest.raises(StorageError, match=r"is no training of stvqa.*: choose a new or empty folder with --out"):
        claim_training(tmp_path, write=True)
    assert content(tmp_path) == before


@pytest.mark.parametrize(
    ("name", "text"),
    [("train.json", '{"stvqa": "0", "recipe": {}, "recipe_hash": ""}'), ("tiny/made-of.json", "{}"), (MARK_FILE, None)],
)
def test_a_training_of_any_version_is_known(tmp_path, name, text):
    claim_training(tmp_path, write=True)
    if text is not None:
        (tmp_path / MARK_FILE).unlink()
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "model").mkdir()
    claim_training(tmp_path, write=True)
    assert (tmp_path / MARK_FILE).is_file()


def test_of_several_processes_one_writes(tmp_path):
    claim_training(tmp_path, write=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name", ["train.json", "curves.jsonl", "report.html", "model", "grpo", "grpo/checkpoint-5", "model/config.json"]
)
def test_no_link_is_followed(tmp_path, name):
    out = tmp_path / "out"
    mark_folder(out, Mark(what="training"))
    (out / name).parent.mkdir(exist_ok=True)
    (out / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StorageError, match="a link stands"):
        claim_training(out, write=True)
    assert (out / name).is_symlink()


def test_a_report_of_somebody_else_stays(tmp_path):
    claim_training(tmp_path, write=True)
    (tmp_path / "report.html").write_text("mine")
    with pytest.raises(StorageError, match="is not a page of stvqa"):
        claim_training(tmp_path, write=True)


def test_what_a_killed_training_left_is_swept_and_nothing_else(tmp_path):
    claim_training(tmp_path, write=True)
    (tmp_path / "completions").mkdir()
    left = [
        tmp_path / f".train.json.{GONE}-0123abcd.tmp",
        tmp_path / "completions" / f".grpo-000010.parquet.{GONE}-0123abcd.tmp",
    ]
    kept = [
        tmp_path / f".train.json.{os.getpid()}-0123abcd.tmp",
        tmp_path / f".thesis.doc.{GONE}-0123abcd.tmp",
        tmp_path / "completions" / f".notes.{GONE}-0123abcd.tmp",
    ]
    for path in (*left, *kept):
        path.write_text("x")
    claim_training(tmp_path, write=True)
    assert [path.exists() for path in (*left, *kept)] == [False] * 2 + [True] * 3


def test_older_checkpoints_go_and_those_of_others_stay(tmp_path):
    for step, mark in enumerate(("complete", "half", "mine", "linked", "complete", "complete"), start=1):
        folder = tmp_path / f"checkpoint-{step}"
        folder.mkdir()
        (folder / "model.safetensors").write_text("x")
        if mark == "complete":
            (folder / COMPLETE).write_text(json.dumps({"step": step}))
        if mark == "half":
            mark_folder(folder, Mark(what="checkpoint"))
        if mark == "linked":
            folder.rename(tmp_path / "elsewhere")
            (tmp_path / "elsewhere" / COMPLETE).write_text("{}")
            folder.symlink_to(tmp_path / "elsewhere")
    rotate(tmp_path, keep=2, best=None)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        *(f"checkpoint-{step}" for step in (3, 4, 5, 6)),
        "elsewhere",
    ]
    assert (tmp_path / "elsewhere" / "model.safetensors").is_file()
