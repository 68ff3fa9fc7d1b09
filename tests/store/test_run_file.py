from __future__ import annotations

import pytest

from stvqa.errors import InputError
from stvqa.store import RunFile, StageEntry, StageStatistics, read_run_file, read_statistics, write_json


def run_file(**changes) -> RunFile:
    entry = StageEntry(number=1, stage="load", folder="01-load-3fa9c1d2", hash="3fa9c1d2" * 8)
    values = {
        "stvqa": "0.1.0",
        "name": "demo",
        "seed": 7,
        "state": "running",
        "recipe": {"name": "demo"},
        "versions": {"python": "3.11.7"},
        "stages": (entry,),
    }
    return RunFile.model_validate({**values, **changes})


def test_run_file_is_read_back(tmp_path):
    written = run_file(state="complete")
    write_json(tmp_path / "run.json", written)
    assert read_run_file(tmp_path) == written
    assert written.stage("load").folder == "01-load-3fa9c1d2"
    with pytest.raises(InputError, match="no stage 'select'; it has load"):
        written.stage("select")


def test_a_newer_version_may_say_more(tmp_path):
    text = run_file().model_dump_json().replace('"seed":7', '"seed":7,"planet":"earth"')
    (tmp_path / "run.json").write_text(text, encoding="utf-8")
    assert read_run_file(tmp_path).seed == 7


@pytest.mark.parametrize("text", ["", "{", "[]", '{"stvqa": 1}'])
def test_a_damaged_run_file_is_told_by_name(tmp_path, text):
    (tmp_path / "run.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"run\.json is damaged"):
        read_run_file(tmp_path)


def test_not_a_run(tmp_path):
    with pytest.raises(InputError, match="not a folder"):
        read_run_file(tmp_path / "nowhere")
    with pytest.raises(InputError, match="not a run folder"):
        read_run_file(tmp_path)
    with pytest.raises(InputError, match="not a complete stage"):
        read_statistics(tmp_path)


def test_share_of_refused_records():
    assert StageStatistics(records_out=3, rejected={"a": 1}).rejected_share == 0.25
    assert StageStatistics().rejected_share == 0
    assert StageStatistics(records_out=9, rejected_parts={"a": 5}).rejected_share == 0
