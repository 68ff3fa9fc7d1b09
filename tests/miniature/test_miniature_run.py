"""The whole experiment at its small size, as one runs it; and that the page in the repository is its results."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import nbformat
import pytest
from miniature.page import page_of
from miniature.results import Result, read_results, read_warm_start
from miniature.settings import read_settings
from nbclient import NotebookClient


def run(checkout, *arguments):
    command = [sys.executable, "benchmarks/miniature", *map(str, arguments)]
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def ran(checkout, tmp_path_factory):
    """What was said by three calls: one that is cut off in the warm start, one that goes on, one with a result lost."""
    out = tmp_path_factory.mktemp("small")
    options = ("--settings", checkout / "benchmarks" / "miniature" / "small.yaml", "--out", out, "--threads", 1)
    cut = run(checkout, *options, "--minutes", 0.01)
    whole = run(checkout, *options)
    lost = out / "results" / "main" / "dense-2.json"
    before = lost.read_bytes()
    lost.unlink()
    again = run(checkout, *options)
    return out, (cut, whole, again), (before, lost.read_bytes())


@pytest.mark.slow
def test_all_arms_run_and_the_page_is_written(ran, small):
    out, (cut, whole, _), _ = ran
    assert "time is up in the warm start" in cut
    assert "warm start: " in cut
    assert "all is done" in whole
    results = read_results(out / "results")
    assert {item.arm for item in results if item.group == "main"} == set(small.main.arms)
    assert len(results) == 4 + 2 + 22
    warm_start = read_warm_start(out / "results")
    assert warm_start.steps == small.warm_start.steps
    assert {item.warm_start for item in results} == {warm_start.digest}
    for item in results:
        looked = {"unseen", "sampled", "harder", "given-right", "given-wrong"} if item.group == "main" else {"watch"}
        assert set(item.looks) - {"hacks"} == set(item.right) == looked
        for name, outcomes in item.right.items():
            assert outcomes.count("1") == round(item.looks[name]["accuracy"] * len(outcomes))
        assert ("kl" in item.last) == ("sft" not in item.arm and "base" not in item.arm)
    text = (out / "miniature.md").read_text(encoding="utf-8")
    assert "**All of it has been run**" in text
    assert (out / "miniature" / "accuracy.svg").is_file()
    assert page_of(small, out / "results", folder="miniature").text == text
    assert "**Does the dense reward beat the sparse one? " in text
    assert "not run" not in text


@pytest.mark.slow
def test_what_is_done_is_not_done_again_and_comes_out_the_same(ran):
    _, (_, _, again), (before, after) = ran
    assert "main: 1 of 22 trainings left" in again
    assert again.count("seed ") == 1
    assert _timeless(before) == _timeless(after)


@pytest.mark.slow
def test_results_that_are_complete_need_no_warm_start(ran, checkout, tmp_path):
    shutil.copytree(ran[0] / "results", tmp_path / "results")
    options = ("--settings", checkout / "benchmarks" / "miniature" / "small.yaml", "--out", tmp_path)
    assert f"all of it stands in {tmp_path / 'results'}: to run it again" in run(checkout, *options)
    assert not (tmp_path / "work").exists()
    assert (tmp_path / "miniature.md").is_file()


@pytest.mark.slow
def test_results_of_another_warm_start_are_told_before_one_is_made(ran, checkout, tmp_path):
    out, _, _ = ran
    (tmp_path / "results").mkdir()
    shutil.copy(out / "results" / "warm-start.json", tmp_path / "results")
    command = [
        sys.executable,
        "benchmarks/miniature",
        "--settings",
        "benchmarks/miniature/small.yaml",
        "--out",
        tmp_path,
    ]
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 1
    assert "has none yet: weights differ from machine to machine. Go on where the first was made" in done.stderr
    assert not (tmp_path / "work" / "data").exists()


def _timeless(data):
    values = Result.model_validate_json(data).model_dump()
    return {name: value for name, value in values.items() if not name.startswith("seconds")}


@pytest.mark.slow
def test_the_notebook_draws_the_results(ran, checkout, tmp_path, monkeypatch):
    text, pictures = executed(checkout, ran[0] / "results", "small.yaml", tmp_path, monkeypatch)
    assert "22 of 22 trainings of the comparison" in text
    assert pictures == 4


@pytest.mark.slow
def test_the_notebook_says_so_where_nothing_has_been_run(checkout, tmp_path, monkeypatch):
    text, pictures = executed(checkout, tmp_path / "none", "settings.yaml", tmp_path, monkeypatch)
    assert "0 of 52 trainings of the comparison" in text
    assert pictures == 0


def executed(checkout, results, settings, folder, monkeypatch):
    """What the notebook prints, and how many pictures it draws."""
    monkeypatch.setenv("STVQA_MINIATURE", str(results))
    monkeypatch.setenv("STVQA_MINIATURE_SETTINGS", str(checkout / "benchmarks" / "miniature" / settings))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(checkout), str(checkout / "benchmarks")]))
    for name in ("HF_HOME", "IPYTHONDIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "MPLCONFIGDIR"):
        monkeypatch.setenv(name, str(folder / name.lower()))
    notebook = nbformat.read(checkout / "notebooks" / "03_miniature.ipynb", as_version=4)
    resources = {"metadata": {"path": str(checkout / "notebooks")}}
    client = NotebookClient(notebook, timeout=300, kernel_name="python3", resources=resources)
    cells = client.execute().cells
    outputs = [item for cell in cells for item in cell.get("outputs", [])]
    text = "".join(item.text for item in outputs if item.output_type == "stream" and item.name == "stdout")
    return text, sum("image/png" in item.get("data", {}) for item in outputs)


def test_the_page_in_the_repository_is_its_results(checkout):
    folder = checkout / "benchmarks" / "miniature"
    page = page_of(read_settings(folder / "settings.yaml"), folder / "results", folder="miniature")
    assert (checkout / "docs" / "miniature.md").read_text(encoding="utf-8") == page.text, "run `make miniature-page`"
    charts = {path.name: path.read_text(encoding="utf-8") for path in (checkout / "docs" / "miniature").glob("*.svg")}
    assert charts == page.charts


def test_a_wrong_setting_is_one_message(checkout, tmp_path):
    path = tmp_path / "wrong.yaml"
    path.write_text("name: wrong\n", encoding="utf-8")
    command = [sys.executable, "benchmarks/miniature", "--settings", path, "--out", tmp_path]
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr == f"miniature: {path}: seed: Field required\n"
