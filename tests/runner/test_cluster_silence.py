"""Clusters that stop answering, and workers that are not what they should be: one message, within bounds."""

from __future__ import annotations

import gc
import signal
import time

import pytest
from dask_cluster import dask_cluster, wait_until
from distributed import Client
from fake_stages import Gather, Load, Pack, Scale

from stvqa.errors import StorageError, StvqaError
from stvqa.recipe import Recipe
from stvqa.runner import SilentProgress, cluster_asking, cluster_connect, cluster_watch, run_recipe
from stvqa.runner.cluster_worker import folder_message, folder_trouble, landmarks_of, put_probe

pytestmark = pytest.mark.slow


class Acting(SilentProgress):
    """Keeps what it is told, and does something when so many partitions are complete (load has four)."""

    def __init__(self, act=lambda: None, *, at=5):
        self.notes = []
        self.act = act
        self.at = at

    def note(self, text):
        self.notes.append(text)

    def advance(self):
        self.at -= 1
        if self.at == 0:
            self.act()


def recipe(*, reads_from=None, **scale):
    stages = (Load(partitions_wanted=4, reads_from=reads_from), Scale(**scale), Gather(), Pack())
    return Recipe(name="tiny", seed=5, stages=stages)


def content(out):
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*.parquet"))}


@pytest.fixture
def whole(tmp_path):
    run_recipe(recipe(), out=tmp_path / "whole", scheduler="sync")
    return content(tmp_path / "whole")


@pytest.fixture
def impatient(monkeypatch):
    def become():
        monkeypatch.setattr(cluster_asking, "ANSWER_SECONDS", 1.5)
        monkeypatch.setattr(cluster_watch, "SCHEDULER_SECONDS", 1.0)
        monkeypatch.setattr(cluster_watch, "SILENCE_SECONDS", 1.0)

    return become


def wait_for_workers(made, count):
    with Client(made.address) as client:
        client.wait_for_workers(count, timeout=60)


def test_a_stopped_worker_is_named_before_any_work(tmp_path, impatient):
    with dask_cluster(tmp_path, workers=2) as made:
        wait_for_workers(made, 2)
        made.workers[0].send_signal(signal.SIGSTOP)
        impatient()
        with pytest.raises(StvqaError) as raised:
            run_recipe(recipe(), out=tmp_path / "run", scheduler=made.address)
    told = str(raised.value)
    assert told.startswith("the worker at tcp://127.0.0.1:")
    assert told.endswith("could not be asked (no answer): a worker that is stopped or cut off has to be started again, "
                         "or taken off the cluster")  # fmt: skip
    assert not (tmp_path / "run").exists()


def test_a_worker_that_is_stopped_during_work_is_told_and_the_work_goes_on_with_it(tmp_path, whole, impatient):
    class Waking(Acting):
        def note(self, text):
            super().note(text)
            if text.startswith("no partition"):
                made.workers[0].send_signal(signal.SIGCONT)

    def stop():
        made.workers[0].send_signal(signal.SIGSTOP)
        impatient()

    with dask_cluster(tmp_path, workers=1) as made:
        shown = Waking(stop)
        run_recipe(recipe(sleep_seconds=0.2), out=tmp_path / "run", scheduler=made.address, progress=shown)
    told = [text for text in shown.notes if text.startswith("no partition was finished for ")]
    assert " s: the worker at tcp://127.0.0.1:" in told[0]
    assert " does not answer; Dask gives its work to others" in told[0]
    assert content(tmp_path / "run") == whole


def test_a_slow_partition_is_told_with_workers_that_answer(tmp_path, impatient):
    with dask_cluster(tmp_path, workers=1) as made:
        shown = Acting(impatient)
        run_recipe(recipe(sleep_seconds=0.4), out=tmp_path / "run", scheduler=made.address, progress=shown)
    assert any("s: the worker answers, and may be busy with this or with other work" in text for text in shown.notes)


def test_a_scheduler_that_is_stopped_during_work_is_one_message(tmp_path, whole, impatient):
    def stop():
        made.scheduler.send_signal(signal.SIGSTOP)
        impatient()

    out = tmp_path / "run"
    with dask_cluster(tmp_path, workers=1) as made:
        shown = Acting(stop)
        with pytest.raises(StvqaError, match=f"scheduler at {made.address} does not answer, for 1 s"):
            run_recipe(recipe(sleep_seconds=0.2), out=out, scheduler=made.address, progress=shown)
    assert f"the Dask scheduler at {made.address} does not answer: waiting, at most 1 s" in shown.notes
    run_recipe(recipe(), out=out, scheduler="sync")
    assert content(out) == whole


def test_a_scheduler_that_was_stopped_before_is_one_message(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster_connect, "_CONNECT_SECONDS", 1)
    with dask_cluster(tmp_path) as made:
        made.scheduler.send_signal(signal.SIGSTOP)
        with pytest.raises(StvqaError, match=r"no Dask scheduler answers there \((it says nothing|Timed out)"):
            run_recipe(recipe(), out=tmp_path / "run", scheduler=made.address)


def test_a_scheduler_with_another_dask_is_told_before_it_is_used(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster_connect, "own_versions", lambda: {"dask": "1.2", "distributed": "1.3", "numpy": "9.9"})
    with dask_cluster(tmp_path) as made, pytest.raises(StvqaError) as raised:
        run_recipe(recipe(), out=tmp_path / "run", scheduler=made.address)
    told = str(raised.value)
    assert told.startswith(f"the scheduler at {made.address} has dask 20")
    assert ", not 1.2, distributed " in told
    assert "numpy" not in told


def test_a_scheduler_that_cannot_be_used_leaves_nothing_that_speaks_later(tmp_path, monkeypatch):
    def failing(client, *_, **__):
        raise TypeError("identity() got an unexpected keyword")

    monkeypatch.setattr(Client, "_ensure_connected", failing)
    with dask_cluster(tmp_path) as made, pytest.raises(StvqaError, match="no Dask scheduler answers there"):
        run_recipe(recipe(), out=tmp_path / "run", scheduler=made.address)
    gc.collect()  # an exception in __del__ is a warning, and an error here


HIDING = """
import importlib.metadata, sys
sys.modules["stvqa"] = None
found = importlib.metadata.version
def version(name):
    if name == "stvqa":
        raise importlib.metadata.PackageNotFoundError(name)
    return found(name)
importlib.metadata.version = version
"""


def test_a_worker_without_stvqa_is_told_before_any_work(tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "sitecustomize.py").write_text(HIDING, encoding="utf-8")
    with dask_cluster(tmp_path) as made:
        made.start_worker(path=[tmp_path / "other"])
        with pytest.raises(
            StvqaError, match=r"^the worker at tcp://127\.0\.0\.1:\d+ has no stvqa, which has to be \S+:"
        ):
            run_recipe(recipe(), out=tmp_path / "run", scheduler=made.address)
    assert not (tmp_path / "run").exists()


def test_the_address_of_a_worker_is_told_to_be_one(tmp_path):
    with dask_cluster(tmp_path, workers=1) as made:
        wait_for_workers(made, 1)
        with Client(made.address) as client:
            (worker,) = client.scheduler_info()["workers"]
        with pytest.raises(StvqaError, match=r"no Dask scheduler answers there \(it is a worker of Dask\)"):
            run_recipe(recipe(), out=tmp_path / "run", scheduler=worker)


def test_a_folder_of_the_source_that_goes_away_is_told(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    with dask_cluster(tmp_path, workers=1) as made:
        shown = Acting(source.rmdir)
        with pytest.raises(
            StorageError, match=rf"the source's folder {source} is not there for the worker at .*--root"
        ):
            run_recipe(recipe(reads_from=source), out=tmp_path / "run", scheduler=made.address, progress=shown)
    assert list(tmp_path.glob("run/01-*/stats.json"))


@pytest.mark.parametrize("hide", ["folder", "file", "replaced"])
def test_a_worker_recognises_the_folders_of_the_source(tmp_path, hide):
    source, work = tmp_path / "vg", tmp_path / "run" / ".work"
    source.mkdir()
    work.mkdir(parents=True)
    (source / "image_data.json").touch()
    put_probe(work, token="here")  # noqa: S106 (no password)
    landmarks = {str(source): landmarks_of(source)}
    assert folder_trouble(str(work), "here", landmarks) == ""
    (source / "image_data.json").unlink()
    if hide == "folder":
        source.rmdir()
    if hide == "replaced":
        source.rmdir()
        source.touch()
    trouble = folder_trouble(str(work), "here", landmarks)
    assert folder_message("the worker at tcp://x", work, trouble).startswith(
        f"the source's folder {source} is not there for the worker at tcp://x, or holds other files: "
    )


def test_a_source_with_links_is_recognised(tmp_path):
    source, work = tmp_path / "vg", tmp_path / "run"
    source.mkdir()
    work.mkdir()
    (source / "broken").symlink_to(tmp_path / "nowhere")
    put_probe(work, token="here")  # noqa: S106 (no password)
    assert folder_trouble(str(work), "here", {str(source): landmarks_of(source)}) == ""


def test_complete_partitions_are_not_run_again_after_the_scheduler_is_gone(tmp_path, whole):
    out, journal = tmp_path / "run", tmp_path / "journal"
    with dask_cluster(tmp_path, workers=1) as made:
        shown = Acting(made.scheduler.kill, at=6)
        with pytest.raises(StvqaError, match="went away"):
            run_recipe(recipe(journal=str(journal), sleep_seconds=0.2), out=out, scheduler=made.address, progress=shown)
    complete = len(list(out.glob("02-scale-*/stats-*.json")))
    assert complete >= 2
    journal.unlink()
    (tmp_path / "again").mkdir()
    with dask_cluster(tmp_path / "again", workers=1) as made:
        run_recipe(recipe(journal=str(journal)), out=out, scheduler=made.address)
    assert len(journal.read_text(encoding="utf-8").splitlines()) == 4 - complete
    assert content(out) == whole


def test_a_cluster_that_is_busy_with_other_work_is_waited_for(tmp_path, whole):
    with dask_cluster(tmp_path, workers=1) as made, Client(made.address) as other:
        wait_for_workers(made, 1)
        others = other.map(time.sleep, [2.0, 2.0, 2.0], pure=False)
        wait_until(lambda: any(other.processing().values()))
        shown = Acting()
        run_recipe(recipe(), out=tmp_path / "run", scheduler=made.address, progress=shown)
        assert [future.result(timeout=60) for future in others] == [None, None, None]
    assert content(tmp_path / "run") == whole
