from __future__ import annotations

import operator
import subprocess
import sys
from pathlib import Path

import pytest
from distributed import Client
from fake_stages import Gather, Load, Pack, Scale
from older_runs import without_checksums

from stvqa.errors import StorageError
from stvqa.logs import LogSettings, open_log
from stvqa.recipe import Recipe
from stvqa.records import Rejection
from stvqa.runner import cluster, run_recipe
from stvqa.runner.cluster_worker import UNSEEN, folder_trouble, put_probe
from stvqa.store import read_run_file, write_part


@pytest.fixture(scope="module")
def address(checkout):
    """A Dask scheduler with one worker, in a process of its own on loopback."""
    script = f"""
import sys
sys.path[:0] = [{str(checkout)!r}, {str(checkout / "tests" / "support")!r}]
from distributed import LocalCluster
if __name__ == "__main__":
    with LocalCluster(n_workers=1, threads_per_worker=2, processes=False, protocol="tcp", dashboard_address=None) as c:
        print(c.scheduler_address, flush=True)
        sys.stdin.read()
"""
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    yield process.stdout.readline().strip()
    process.communicate("", timeout=60)


def recipe(**scale):
    return Recipe(name="tiny", seed=5, stages=(Load(), Scale(**scale), Gather(), Pack()))


def content(out):
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*.parquet"))}


def test_a_cluster_gives_the_same_bytes(address, tmp_path):
    assert address.startswith("tcp://127.0.0.1:")
    run_recipe(recipe(), out=tmp_path / "cluster", scheduler=address)
    run_recipe(recipe(), out=tmp_path / "sync", scheduler="sync")
    assert content(tmp_path / "cluster") == content(tmp_path / "sync")


def test_a_worker_with_another_working_folder_writes_where_it_is_told(address, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run_recipe(recipe(), out=Path("cluster"), scheduler=address)
    run_recipe(recipe(), out=tmp_path / "sync", scheduler="sync")
    assert content(tmp_path / "cluster") == content(tmp_path / "sync")
    names = [[stage.folder for stage in read_run_file(tmp_path / name).stages] for name in ("cluster", "sync")]
    assert names[0] == names[1]
    assert str(tmp_path) not in (tmp_path / "cluster" / "run.json").read_text(encoding="utf-8")


def test_user_errors_of_a_cluster_arrive_as_they_are(address, tmp_path):
    run_recipe(recipe(), out=tmp_path, scheduler="sync")
    part = next(tmp_path.glob("01-load-*/part-00002*"))
    write_part(part, [Rejection(stage="x", reason="y", record_id="z")] * 10, model=Rejection)
    without_checksums(part.parent)
    with pytest.raises(StorageError, match=r"part-00002\.parquet"):
        run_recipe(recipe(factor=9), out=tmp_path, scheduler=address)


def test_workers_of_a_cluster_log_into_the_file_of_the_run(address, tmp_path):
    file = tmp_path / "log"
    with open_log(LogSettings("debug", str(file))):
        run_recipe(recipe(), out=tmp_path / "run", scheduler=address)
    told = [line for line in file.read_text(encoding="utf-8").splitlines() if "stvqa.runner.task" in line]
    assert len(told) == 11  # partitions of load, scale and pack
    assert all(" DEBUG stvqa.runner.task [tcp://127.0.0.1:" in line for line in told)
    before = file.read_bytes()
    run_recipe(recipe(factor=3), out=tmp_path / "run", scheduler=address)
    assert file.read_bytes() == before


def test_every_worker_tries_to_write_into_the_folder(address, tmp_path):
    put_probe(tmp_path, token="here")  # noqa: S106 (no password)
    with Client(address) as client:
        assert set(client.run(folder_trouble, str(tmp_path), "here", {}).values()) == {""}
        assert set(client.run(folder_trouble, str(tmp_path), "elsewhere", {}).values()) == {UNSEEN}
    assert len(list(tmp_path.iterdir())) == 1, "the probe alone"


def test_a_worker_that_fails_when_asked_about_the_folder_is_named(address, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "folder_trouble", operator.truediv)  # of two texts: a TypeError
    asked = r"^the worker at tcp://127\.0\.0\.1:\d+ could not be asked about .* \(TypeError: [^\n]*\): look"
    with pytest.raises(StorageError, match=asked):
        run_recipe(recipe(), out=tmp_path / "run", scheduler=address)
    assert not list(tmp_path.glob("run/*/part-*"))


def test_a_worker_that_does_not_answer_about_the_folder_is_named(address, tmp_path, monkeypatch):
    asked = Client.run

    def lost(client, function, *arguments, **options):
        return {} if function is folder_trouble else asked(client, function, *arguments, **options)

    monkeypatch.setattr(Client, "run", lost)
    with pytest.raises(StorageError, match=r"^the worker at tcp://127\.0\.0\.1:\d+ could not be .*\(no answer\): look"):
        run_recipe(recipe(), out=tmp_path / "run", scheduler=address)
