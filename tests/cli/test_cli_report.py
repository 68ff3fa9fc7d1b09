"""`stvqa report`, and the page that `stvqa build` leaves."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from report_runs import hostile_rows, hostile_run, write_set

from stvqa.cli.app import run
from stvqa.records import Errata


@pytest.fixture
def call(checkout, tmp_path):
    def call(*words):
        return subprocess.run(
            [sys.executable, "-m", "stvqa", *map(str, words)],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(checkout)},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    return call


def test_report_takes_the_newest_run_and_says_what_to_open(call, tmp_path):
    run = hostile_run(tmp_path / "runs" / "a")
    done = call("report")
    assert (done.returncode, done.stderr) == (0, "")
    assert "13 rows, 13 images at 640 pixels, 153 refused records: 0.1 MB" in done.stdout
    assert "2 images are missing or cannot be decoded" in done.stdout
    assert f"open {(run / 'report.html').as_uri()}" in done.stdout
    assert (run / "report.html").is_file()


def test_report_of_a_set_stands_beside_it_and_can_be_read_by_machines(call, tmp_path):
    dataset = write_set(tmp_path, hostile_rows())
    done = call("report", dataset, "--json")
    summary = json.loads(done.stdout)
    assert summary["out"] == str(tmp_path / "dataset.report.html")
    assert (summary["rows"], summary["missing"]) == (13, 2)
    assert not list(dataset.glob("*.html"))


def test_report_without_images_with_marks_elsewhere(call, tmp_path):
    hostile_run(tmp_path / "run")
    errata = Errata(set="x", set_digest="0", errata=[{"row_id": "seen-by-somebody"}])
    (tmp_path / "marks.json").write_text(errata.model_dump_json())
    done = call("report", "run", "--out", "deep/page.html", "--no-images", "--errata", "marks.json")
    assert (done.returncode, done.stderr) == (0, "")
    assert "no images" in done.stdout
    text = (tmp_path / "deep" / "page.html").read_text(encoding="utf-8")
    assert "seen-by-somebody" in text
    assert 'id="image-' not in text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("report",), "there is no run in ./runs"),
        (("report", "nowhere"), "nowhere is not a folder"),
        (("report", "empty"), "empty is not a run folder"),
        (("report", "run", "--errata", "marks.json"), "marks.json is not an errata file"),
        (("report", "run", "--errata", "gone.json"), "cannot read gone.json"),
        (("report", "run", "--out", "marks.json/x.html"), "cannot write marks.json/x.html"),
    ],
)
def test_mistakes_are_one_message(words, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "marks.json").write_text("{}")
    (tmp_path / "empty").mkdir()
    hostile_run(tmp_path / "run")
    with pytest.raises(SystemExit) as ended:
        run(words)
    assert ended.value.code == 1
    told = capsys.readouterr().err
    assert told.startswith("stvqa: ")
    assert message in told
    assert len(told.splitlines()) == 1


@pytest.mark.slow
def test_build_leaves_a_page_unless_told_not_to(call, tmp_path):
    words = ("build", "--source", "demo", "--n", "12", "--scheduler", "sync", "--out", "run")
    done = call(*words, "--no-report", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["report"] is None
    assert not (tmp_path / "run" / "report.html").exists()
    done = call(*words)
    assert "look at   run/report.html" in done.stdout
    assert (tmp_path / "run" / "report.html").is_file()
