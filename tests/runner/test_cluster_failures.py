"""A Dask cluster that lacks something, or loses it on the way: one message each, and nothing written afterwards."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from dask_cluster import dask_cluster, wait_until
from fake_stages import Gather, Load, Pack, Scale
from older_runs import without_checksums

from stvqa.errors import StvqaError
from stvqa.recipe import Recipe
from stvqa.records import Rejection
from stvqa.runner import SilentProgress, cluster, cluster_watch, run_recipe
from stvqa.store import read_run_file, write_part

pytestmark = pytest.mark.slow


class Notes(SilentProgress):
    """Keeps what it is told, and acts on it."""

    def __init__(self, on_note=lambda text: None):
        self.notes = []
        self.on_note = on_note

    def note(self, text):
        self.notes.append(text)
        self.on_note(text)


def recipe(**scale):
    stages = (Load(partitions_wanted=4), Scale(**scale), Gather(), Pack())
    return Recipe(name="tiny", seed=5, stages=stages)


def content(out):
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*.parquet"))}


def files(out):
    """All files with their times; what only the lock leaves is not looked at."""
    return {path: path.stat().st_mtime_ns for path in sorted(out.rglob("*"))}


@pytest.fixture
def whole(tmp_path):
    run_recipe(recipe(), out=tmp_path / "whole", scheduler="sync")
    return content(tmp_path / "whole")


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(cluster_watch, "WORKERS_SECONDS", 0.5)
    monkeypatch.setattr(cluster, "_LOOK_SECONDS", 0.1)


def test_without_workers_it_says_so_and_ends(tmp_path, impatient):
    shown = Notes()
    with dask_cluster(tmp_path) as made:
        with pytest.raises(StvqaError, match=f"`dask worker {made.address}`"):
            run_recipe(recipe(), out=tmp_path / "run", scheduler=made.address, progress=shown)
        assert shown.notes == [f"waiting for workers at {made.address}: 0 of at least 1, at most 0 s"]
    assert not (tmp_path / "run").exists()


def test_workers_that_come_late_are_waited_for_and_counted(tmp_path, whole):
    with dask_cluster(tmp_path) as made:
        shown = Notes(on_note=lambda text: made.start_worker() if text.startswith("waiting") else None)
        run_recipe(recipe(), out=tmp_path / "run", scheduler=made.address, progress=shown)
        assert shown.notes[1:] == [f"1 worker with 1 threads at {made.address}"]
    assert content(tmp_path / "run") == whole


def test_other_versions_are_told_by_name_before_any_work(tmp_path):
    for name, version in (("stvqa", "9.9"), ("numpy", "0.1")):
        other = tmp_path / "other" / f"{name}-{version}.dist-info"
        other.mkdir(parents=True)
        (other / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
    with dask_cluster(tmp_path) as made:
        made.start_worker(path=[tmp_path / "other"])
        with pytest.raises(StvqaError) as raised:
            run_recipe(recipe(), out=tmp_path / "run", scheduler=made.address)
    told = str(raised.value)
    assert told.startswith("the worker at tcp://127.0.0.1:")
    assert "has stvqa 9.9, not " in told
    assert "numpy 0.1, not " in told
    assert "python" not in told
    assert not (tmp_path / "run").exists()


def can_hide_folders():
    return os.geteuid() == 0 and shutil.which("unshare") and subprocess.run(
        ["unshare", "--mount", "true"], check=False, capture_output=True
    ).returncode == 0  # fmt: skip


@pytest.mark.skipif(not can_hide_folders(), reason="this machine forbids mount namespaces")
def test_a_worker_that_does_not_see_the_run_folder_is_named(tmp_path):
    out = tmp_path / "shared" / "run"
    out.mkdir(parents=True)
    with dask_cluster(tmp_path) as made:
        hidden = f'mount -t tmpfs tmpfs {tmp_path / "shared"} && exec "$@"'
        made.start_worker(before=["unshare", "--mount", "bash", "-c", hidden, "bash"])
        with pytest.raises(StvqaError, match=rf"{out} is not there for the worker at tcp://127.0.0.1:\d+: .*--out"):
            run_recipe(recipe(), out=out, scheduler=made.address)
    assert not list(out.glob("*/part-*"))


@pytest.mark.skipif(not can_hide_folders(), reason="this machine forbids mount namespaces")
def test_a_worker_that_cannot_write_in_the_run_folder_is_named(tmp_path):
    shared = tmp_path / "shared"
    out = shared / "run"
    out.mkdir(parents=True)
    with dask_cluster(tmp_path) as made:
        read_only = f'mount --bind {shared} {shared} && mount -o remount,ro,bind {shared} && exec "$@"'
        made.start_worker(before=["unshare", "--mount", "bash", "-c", read_only, "bash"])
        with pytest.raises(StvqaError) as raised:
            run_recipe(recipe(), out=out, scheduler=made.address)
    reason = re.escape(f"cannot write in the run folder {out} (Read-only file system): start workers as a user who may")
    assert re.fullmatch(rf"the worker at tcp://127\.0\.0\.1:\d+ {reason}", str(raised.value))
    assert not list(out.glob("*/part-*"))
    assert "Traceback" not in (tmp_path / "worker.log").read_text(encoding="utf-8")


def test_a_partition_that_kills_workers_is_named(tmp_path, whole):
    out = tmp_path / "run"
    with dask_cluster(tmp_path, workers=1, allowed_failures=0) as made, pytest.raises(StvqaError) as raised:
        run_recipe(recipe(die_once=str(tmp_path / "always")), out=out, scheduler=made.address)
    told = str(raised.value)  # Dask holds the death against all tasks that the worker had been given
    assert re.match(r"partition \d of stage scale: 1 worker died .*, the last one at tcp://127.0.0.1:\d+; ", told)
    assert "--memory-limit" in told
    run_recipe(recipe(), out=out, scheduler="sync")
    assert content(out) == whole


def test_a_partition_whose_worker_died_goes_to_another(tmp_path, whole):
    with dask_cluster(tmp_path, workers=2) as made:
        run_recipe(recipe(die_once=str(tmp_path / "once")), out=tmp_path / "run", scheduler=made.address)
    assert content(tmp_path / "run") == whole


def test_when_all_workers_have_gone_it_says_so_and_ends(tmp_path, whole, impatient):
    shown = Notes(on_note=lambda text: setattr(cluster_watch, "WORKERS_SECONDS", 0.5) if " with " in text else None)
    cluster_watch.WORKERS_SECONDS = 30.0  # the first one may take a while to come
    dying = recipe(die_once=str(tmp_path / "once"))
    with dask_cluster(tmp_path, workers=1) as made, pytest.raises(StvqaError, match="has no workers"):
        run_recipe(dying, out=tmp_path / "run", scheduler=made.address, progress=shown)
    assert shown.notes[-1].startswith("waiting for workers at tcp://")
    run_recipe(recipe(), out=tmp_path / "run", scheduler="sync")
    assert content(tmp_path / "run") == whole


SCRIPT = """
import sys
from pathlib import Path
from fake_stages import Gather, Load, Pack, Scale
from stvqa.errors import StvqaError
from stvqa.recipe import Recipe
from stvqa.runner import run_recipe

if __name__ == "__main__":
    out, address, sleep = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
    stages = (Load(partitions_wanted=4), Scale(sleep_seconds=sleep, journal=str(out) + ".journal"), Gather(), Pack())
    try:
        run_recipe(Recipe(name="tiny", seed=5, stages=stages), out=out, scheduler=address)
    except StvqaError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("interrupted")
"""


def begin(checkout, tmp_path, address, *, sleep):
    """Starts a run in a process of its own, and waits until its second stage is at work."""
    script = tmp_path / "slow_run.py"
    script.write_text(SCRIPT, encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path / "run"), address, str(sleep)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(checkout), str(checkout / "tests" / "support")])},
        stderr=subprocess.PIPE,
        text=True,
    )
    journal = Path(f"{tmp_path / 'run'}.journal")
    wait_until(lambda: process.poll() is not None or (journal.is_file() and journal.stat().st_size))
    assert process.poll() is None, process.communicate()[1]
    return process


def test_a_scheduler_that_dies_is_one_message(checkout, tmp_path, whole):
    with dask_cluster(tmp_path, workers=2) as made:
        process = begin(checkout, tmp_path, made.address, sleep=0.5)
        made.scheduler.kill()
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert errors.startswith(f"the Dask scheduler at {made.address} went away: ")
    assert errors.count("\n") == 1
    run_recipe(recipe(), out=tmp_path / "run", scheduler="sync")
    assert content(tmp_path / "run") == whole


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_tasks_of_a_killed_run_write_nothing_more(checkout, tmp_path, whole, how):
    out = tmp_path / "run"
    with dask_cluster(tmp_path, workers=2) as made:
        process = begin(checkout, tmp_path, made.address, sleep=0.3)
        process.send_signal(how)
        _, errors = process.communicate(timeout=60)
        assert errors == ("interrupted\n" if how == signal.SIGINT else "")
        run_recipe(recipe(), out=out, scheduler="sync")
        before = files(out)
        # The same workers are free again once the tasks of the killed run have come to their ends.
        run_recipe(recipe(factor=3), out=tmp_path / "other", scheduler=made.address)
        assert files(out) == before
    assert content(out) == whole


def test_after_an_error_other_tasks_write_nothing_more(tmp_path):
    out = tmp_path / "run"
    run_recipe(recipe(), out=out, scheduler="sync")
    part = next(out.glob("01-load-*/part-00003*"))
    write_part(part, [Rejection(stage="x", reason="y", record_id="z")] * 10, model=Rejection)
    without_checksums(part.parent)
    with dask_cluster(tmp_path, workers=2) as made:
        with pytest.raises(StvqaError, match=r"part-00003\.parquet"):
            run_recipe(recipe(factor=3, sleep_seconds=0.1), out=out, scheduler=made.address)
        assert read_run_file(out).state == "failed"
        before = files(out)
        run_recipe(recipe(factor=5), out=tmp_path / "other", scheduler=made.address)
        assert files(out) == before
    assert list(out.glob(".*.tmp")) == []
