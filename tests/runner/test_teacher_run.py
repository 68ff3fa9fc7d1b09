"""Whole runs with a model as the teacher, over real HTTP on loopback."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys

import pytest
from model_server import Faults, ModelServer, Traits
from teacher_brain import teacher

from stvqa.errors import ShortfallError, StvqaError
from stvqa.prompts import load_prompt
from stvqa.recipe import load_recipe, parse_setting
from stvqa.records import Rejection
from stvqa.runner import run_recipe
from stvqa.store import read_part, read_run_file
from stvqa.store.dataset import read_dataset
from stvqa.teachers.calls import CallOptions

N = 24


def recipe(*settings, n=N, seed=5):
    asked = ("generate.teacher=some-model", f"plan.n={n}", f"select.n={n}", f"load.limit={n}", *settings)
    return load_recipe("demo", [parse_setting(text) for text in asked], seed=seed)


def run(out, server, *settings, **options):
    calls = CallOptions(base_url=server.url, concurrency=8, backoff_seconds=0.01)
    return run_recipe(recipe(*settings, **options), out=out, scheduler="sync", calls=calls)


def parts(out):
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*.parquet"))}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """An undisturbed run with a teacher that makes mistakes."""
    out = tmp_path_factory.mktemp("run")
    with ModelServer(brain=teacher(MISTAKES)) as server:
        summary = run(out, server)
        return out, summary, server.counts.as_json()


MISTAKES = {"wrong-answer": 0.08, "malformed-program": 0.05, "bad-entry": 0.03, "missing": 0.04, "words-swapped": 0.04}


def test_n_rows_come_and_run_json_says_how(finished):
    out, summary, counts = finished
    assert (summary.rows, summary.run_file.state, summary.run_file.ended) == (N, "complete", "rows")
    entry = summary.run_file.stage("generate")
    assert set(entry.prompts) == {"teacher/system", "teacher/user", "teacher-repair/user"}
    assert entry.prompts["teacher/system"] == hashlib.sha256(load_prompt("teacher", "system").encode()).hexdigest()
    assert N / 5 < entry.statistics.calls <= summary.run_file.calls.calls == counts["billed"]
    assert entry.statistics.figures["rounds"] == 1
    assert entry.statistics.rejected_parts
    refused = list(read_part(out / entry.folder / "rejected.parquet", model=Rejection))
    assert any(item.payload for item in refused)
    rows = [item.row for item in read_dataset(out / "dataset", images=False)]
    assert {row.teacher for row in rows} == {"some-model"}
    assert all(row.program for row in rows)


def test_the_same_command_again_asks_nothing(finished):
    out, _, _ = finished
    before = parts(out)
    with ModelServer(brain=teacher(MISTAKES)) as server:
        summary = run(out, server)
        assert server.counts.received == 0
    assert "generate" in summary.reused
    assert parts(out) == before


def test_another_run_with_the_same_answers_is_byte_equal_also_where_calls_fail_now_and_then(finished, tmp_path):
    out, _, _ = finished
    rates = {"rate-limited": 0.2, "server-error": 0.1, "dropped": 0.1}
    with ModelServer(brain=teacher(MISTAKES), faults=Faults(rates=rates, seed=3)) as server:
        summary = run(tmp_path, server)
        assert server.counts.faults.total() > 0
        assert summary.run_file.calls.calls == server.counts.answered.total()
    assert parts(tmp_path) == parts(out)


@pytest.mark.slow
def test_a_killed_run_goes_on_and_ends_alike(finished, tmp_path, checkout):
    out, _, counts = finished
    for stage in ("01-load", "02-prune", "03-plan"):
        [folder] = out.glob(f"{stage}-*")
        shutil.copytree(folder, tmp_path / folder.name)
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]);"
        "import test_teacher_run as t; from types import SimpleNamespace as S; from pathlib import Path;"
        "t.run(Path(sys.argv[2]), S(url=sys.argv[3]))"
    )
    paths = [str(checkout), str(checkout / "tests" / "support")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    with ModelServer(brain=teacher(MISTAKES), traits=Traits(latency_seconds=0.1)) as server:
        killed = 0
        for after in (1, 5, 1000):
            command = [sys.executable, "-c", script, str(checkout / "tests" / "runner"), str(tmp_path), server.url]
            process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)
            seen = server.counts.received
            while process.poll() is None and server.counts.received - seen < after:
                pass
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                killed += 1
            message = process.communicate()[1]
            assert process.returncode in (0, -signal.SIGKILL), message.decode()
        assert killed >= 1
        # At most what was under way at a kill was answered twice.
        assert server.counts.answered.total() - counts["billed"] <= killed * 8
    assert parts(tmp_path) == parts(out)


def test_a_hopeless_teacher_ends_the_run_with_its_reasons(tmp_path):
    with ModelServer(brain=teacher({"no-program": 1.0}, stubborn=True)) as server, pytest.raises(StvqaError) as caught:
        run(tmp_path, server)
    assert "stage generate refused" in str(caught.value)
    assert "no-program" in str(caught.value)


def test_the_source_may_hold_too_little(tmp_path):
    with ModelServer(brain=teacher()) as server, pytest.raises(ShortfallError, match="source could not give all"):
        run(tmp_path, server, "load.limit=3", "plan.questions_per_image=5", "select.questions_per_image=5")
    run_file = read_run_file(tmp_path)
    assert (run_file.state, run_file.ended) == ("short", "source")
    assert run_file.stage("generate").statistics.figures["unasked"] == 0
    assert 0 < run_file.stage("select").statistics.records_out <= 15
