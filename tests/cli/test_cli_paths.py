"""Every command takes folders and files of any name: brackets, blanks, per cent, umlauts, marks of patterns and addresses."""

from __future__ import annotations

import json
import shlex
import shutil

import pytest
from datasets import load_dataset
from typer.testing import CliRunner

from stvqa.cli.app import app
from stvqa.resources import resource_folder
from stvqa.store.dataset import dataset_files, read_dataset

NAMES = ("set [v1]", "50% ü#1", "a*b?c", "[a-z]{x,y} 'q'")


def call(*words):
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code == 0, (done.output, done.exception)
    return done.output


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """Scenes as official files, and a run made of them, in a folder of a plain name."""
    folder = tmp_path_factory.mktemp("plain")
    call("demo", "--n", 24, "--out", folder / "root")
    build = ("build", "--source", "vg", "--teacher", "rules", "--n", 12, "--scheduler", "sync", "--no-report")
    call(*build, "--root", folder / "root", "--out", folder / "run")
    return folder


@pytest.fixture(params=NAMES)
def odd(request, tmp_path, plain):
    """The same in a folder of an odd name."""
    folder = tmp_path / request.param
    shutil.copytree(plain, folder)
    return folder


def test_demo_and_build(tmp_path, odd):
    said = call("demo", "--n", 3, "--out", odd / "more")
    assert shlex.split(said.rpartition("--root ")[2])[0] == str(odd / "more")
    shutil.copyfile(resource_folder("pipelines") / "stvqa-7k.yaml", odd / "recipe.yaml")
    out = tmp_path / "new" / odd.name
    words = ("--teacher", "rules", "--root", odd / "root", "--out", out, "--scheduler", "sync", "--n", 6)
    said = call("build", "--recipe", odd / "recipe.yaml", *words)
    assert sum(1 for _ in read_dataset(out / "dataset")) == 6
    row_id, named = shlex.split(next(line for line in said.splitlines() if "one row" in line))[4:6]
    assert named == str(out)
    assert json.loads((out / "run.json").read_text(encoding="utf-8"))["state"] == "complete"
    call("explain", row_id, named)


def test_verify_report_and_push(odd):
    assert "0 failures" in call("verify", odd / "run")
    page = odd / "page.html"
    assert page.as_uri() in call("report", odd / "run", "--out", page)
    assert page.stat().st_size > 10_000
    line = call("push", odd / "run", "--dry-run").rpartition("try them")[2].strip()
    loaded = eval(line, {"load_dataset": load_dataset})  # noqa: S307 (our own line, as a user would paste it)
    assert sum(map(len, loaded.values())) == sum(1 for _ in read_dataset(odd / "run" / "dataset"))
    assert [path.name for path in dataset_files(odd / "run" / "push")] == [
        path.name for path in dataset_files(odd / "run" / "dataset")
    ]


def test_score(odd):
    row = next(read_dataset(odd / "run" / "dataset", images=False)).row
    line = {"completion": "x", "gold": row.answer, "image_width": row.image_width, "image_height": row.image_height}
    (odd / "in.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    call("score", "--in", odd / "in.jsonl", "--out", odd / "out.jsonl")
    assert json.loads((odd / "out.jsonl").read_text(encoding="utf-8"))["format"] == 0


def test_schemas(odd):
    call("schemas", "--folder", odd / "schemas")
    call("schemas", "--folder", odd / "schemas", "--check")
