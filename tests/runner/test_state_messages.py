"""Messages in run.json: paths are told as they lie below the run's folder, words are left as they are."""

from __future__ import annotations

import pytest

from stvqa.runner.state import _from_within


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def folder(tmp_path, name):
    (tmp_path / name / "01-load-3fa9").mkdir(parents=True)
    return tmp_path / name


@pytest.mark.parametrize("name", ["rows", "a", "of", "set [v1]", "50% ü#1", "a*b?c", "x.y+z", "runs/a"])
@pytest.mark.parametrize("absolute", [True, False])
def test_paths_are_shortened_and_words_are_not(tmp_path, name, absolute):
    out = folder(tmp_path, name)
    given = out if absolute else out.relative_to(tmp_path)
    told = (
        f"a third of all rows of the set were refused: see {given}/01-load-3fa9/rejected.parquet, '{out}/01-load-3fa9' "
        f"and /else{out}/01-load-3fa9, rows/columns of a/b, {out}-old/part and {out}"
    )
    assert _from_within(given, told) == (
        "a third of all rows of the set were refused: see 01-load-3fa9/rejected.parquet, '01-load-3fa9' "
        f"and /else{out}/01-load-3fa9, rows/columns of a/b, {out}-old/part and this folder"
    )


def test_a_run_in_the_working_folder(tmp_path):
    (tmp_path / "01-load").mkdir()
    assert _from_within(tmp_path.relative_to(tmp_path), f"see 01-load/x and {tmp_path}/01-load/x.") == (
        "see 01-load/x and 01-load/x."
    )
