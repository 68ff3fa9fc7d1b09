"""`stvqa push` as users meet it, before anything is sent."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hub_server import WRITER, HubServer
from published_sets import publish_run
from trained_models import write_training

trains = pytest.mark.skipif(importlib.util.find_spec("trl") is None, reason="needs the extra `train`")


@pytest.fixture
def call(checkout, tmp_path):
    """Runs stvqa push in an empty folder, for a user without a token and without a network."""

    def run(*words, **extra):
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("HF_", "HUGGING"))}
        environment = {**kept, "PYTHONPATH": str(checkout), "HF_HOME": str(tmp_path / "home"), **extra}
        command = [sys.executable, "-m", "stvqa", "push", *map(str, words)]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=120
        )

    return run


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    return publish_run(tmp_path_factory.mktemp("run"), rows=4)


def told(done):
    """The one message of a command that failed."""
    assert done.returncode == 1, done.stdout + done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("stvqa: ")]
    assert "Traceback" not in done.stderr
    return lines[-1]


def test_without_a_token_the_remedy_is_named(call, run_folder):
    message = told(call(run_folder, "--repo", "me/tiny"))
    assert "HF_TOKEN" in message
    assert "hf auth login" in message


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ([], "--repo USER/NAME"),
        (["--repo", "tiny"], "write USER/NAME"),
        (["--repo", "me/<script>"], "write USER/NAME"),
        (["--repo", "me/tiny", "--tag", "a b"], "--tag a b"),
        (["--repo", "me/tiny", "--out", "x"], "--dry-run"),
        (["--repo", "me/tiny", "--dry-run", "nowhere"], "nowhere is not a folder"),
    ],
)
def test_wrong_options_are_told_before_any_work(call, words, part):
    assert part in told(call(*words))


def test_a_set_that_does_not_hold_is_refused(call, run_folder, tmp_path):
    """These rows were made without a source, so that their proofs cannot all be right: category `size`, for one."""
    message = told(call(run_folder, "--dry-run"))
    assert "do not hold" in message
    assert "--allow-unverified" in message
    done = call(run_folder, "--dry-run", "--allow-unverified", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "did not hold when they were proved again" in (tmp_path / "out" / "README.md").read_text(encoding="utf-8")


def test_a_row_without_its_image_is_refused(call, run_folder, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(run_folder, folder)
    path = next((folder / "dataset" / "data").glob("train-*"))
    table = pq.read_table(path)
    rows = table.to_pylist()
    rows[0]["images"] = {"bytes": None, "path": "gone.png"}
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path)
    assert "without an image that can be read" in told(call(folder, "--dry-run", "--allow-unverified"))


def test_an_empty_run_is_refused(call, tmp_path):
    folder = publish_run(tmp_path / "run", rows=0)
    assert "holds no data" in told(call(folder, "--dry-run"))


def test_an_unreachable_hub_is_no_hindrance_to_a_dry_run(call, run_folder, tmp_path):
    words = ["--repo", "me/tiny", "--dry-run", "--allow-unverified", "--out", tmp_path / "out"]
    done = call(run_folder, *words, HF_ENDPOINT="http://127.0.0.1:9")
    assert done.returncode == 0, done.stderr
    assert "cannot reach http://127.0.0.1:9" in done.stderr
    assert "compared with nothing" in done.stdout
    assert (run_folder / "push").exists() is False
    assert 'load_dataset("me/tiny")' in (tmp_path / "out" / "README.md").read_text(encoding="utf-8")


def files_below(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_a_dry_run_wrote_can_itself_be_pushed(call, tmp_path):
    """With its recipe, its run.json and its errata, byte for byte the same."""
    folder = publish_run(tmp_path / "run", rows=4)
    marks = {"set": "small", "set_digest": "0" * 16, "errata": [{"row_id": "elsewhere"}]}
    (folder / "small.errata.json").write_text(json.dumps(marks), encoding="utf-8")
    assert call(folder, "--dry-run", "--allow-unverified").returncode == 0
    first = files_below(folder / "push")
    assert {"provenance/run.json", "provenance/recipe.yaml", "errata/small.errata.json"} <= first.keys()
    done = call(folder / "push", "--dry-run", "--allow-unverified")
    assert done.returncode == 0, done.stderr
    assert files_below(folder / "push-push") == first


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["--repo", "me/small"], "there is no training in ./runs"),
        (["nowhere", "--repo", "me/small"], "nowhere is not a folder"),
        (["several", "--repo", "me/small"], "name one of several/train/a, several/train/b"),
        (["--repo", "me/small", "--allow-unverified"], "leave it out with --model"),
        ([], "--repo USER/NAME"),
    ],
)
def test_which_model_is_meant_is_told_before_any_work(call, tmp_path, words, part):
    for name in ("a", "b"):
        write_training(tmp_path / "several" / "train" / name)
    assert part in told(call("--model", *words, HF_TOKEN=WRITER))


@trains
def test_a_training_that_has_not_ended_is_refused(call, tmp_path):
    folder = write_training(tmp_path / "small", state="failed")
    assert "end it with `stvqa train --resume` first" in told(call("--model", folder, "--dry-run"))


@trains
def test_a_model_is_looked_at_and_then_pushed(call, tmp_path):
    """The newest training where none is named; the folder of the dry run goes as it is."""
    folder = write_training(tmp_path / "runs" / "demo" / "train" / "small", adapter=True)
    done = call("--model", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "nobody else can load the adapter" in done.stderr
    assert "PeftModel.from_pretrained(base, 'runs/demo/train/small/push')" in done.stdout
    written = files_below(folder / "push")
    with HubServer() as hub:
        environment = {"HF_ENDPOINT": hub.url, "HF_TOKEN": WRITER, "HF_HUB_DISABLE_XET": "1"}
        for commits in (2, 2):
            done = call("--model", folder / "push", "--repo", "me/small", "--json", **environment)
            assert done.returncode == 0, done.stderr
            assert json.loads(done.stdout)["url"] == f"{hub.url}/me/small"
            assert len(hub.repos["models/me/small"].commits) == commits
        sent = hub.repos["models/me/small"].files
    named = {"README.md", "provenance/push.json"}  # these two tell which repository it is
    assert sent.keys() - {".gitattributes"} == written.keys()
    assert {path: sent[path] for path in written.keys() - named} == {
        path: written[path] for path in written.keys() - named
    }
    assert b"/home/ada" not in b"".join(sent.values())
