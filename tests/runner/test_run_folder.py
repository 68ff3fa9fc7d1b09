"""The run's folder: damage, leftovers, and what run.json says after a failure."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from fake_stages import Gather, Load, Pack, Scale
from older_runs import without_checksums

from stvqa.errors import RecipeError, StorageError, StvqaError
from stvqa.recipe import Recipe
from stvqa.records import Rejection
from stvqa.runner import plan_run, run_recipe
from stvqa.runner.folders import StageFolder
from stvqa.runner.task import PartitionTask, run_partition
from stvqa.sources.contract import Partition
from stvqa.store import StageStatistics, read_part, read_run_file, write_part
from stvqa.store.atomic import remove_folder

GONE = 4_194_305
"""Number of no process: Linux gives at most 2^22."""


def recipe(*, load=None, scale=None):
    return Recipe(name="tiny", seed=5, stages=(Load(**(load or {})), Scale(**(scale or {})), Gather(), Pack()))


def run(out, scheduler="sync", **options):
    return run_recipe(recipe(**options), out=out, scheduler=scheduler, workers=2)


def content(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.parquet"))}


def test_damage_to_the_set_leaves_the_parts_whole(tmp_path):
    run(tmp_path)
    before = content(tmp_path)
    for path in (tmp_path / "dataset" / "data").iterdir():
        with path.open("r+b") as file:
            file.write(b"damage")
    assert run(tmp_path).reused == ("load", "scale", "gather", "pack")
    assert content(tmp_path) == before


@pytest.mark.parametrize("damage", [lambda data: data[: len(data) // 2], lambda data: data[:-9] + b"\xff" * 9])
def test_a_part_that_cannot_be_read_is_made_again(tmp_path, damage):
    run(tmp_path)
    before = content(tmp_path)
    part = next(tmp_path.glob("04-pack-*/part-00001.parquet"))
    part.write_bytes(damage(part.read_bytes()))
    assert [stage.complete for stage in plan_run(recipe(), out=tmp_path)] == [True, True, True, False]
    assert run(tmp_path).reused == ("load", "scale", "gather")
    assert content(tmp_path) == before


def test_damaged_statistics_are_made_again(tmp_path):
    run(tmp_path)
    next(tmp_path.glob("02-scale-*/stats.json")).write_text("{", encoding="utf-8")
    assert run(tmp_path).reused == ("load", "gather", "pack")


def test_a_damaged_part_of_an_unfinished_stage_is_made_again(tmp_path):
    journal = tmp_path / "journal"
    out = tmp_path / "run"
    stages = (Load(), Scale(max_rejected_share=0, journal=str(journal)), Gather(), Pack())
    run_recipe(Recipe(name="tiny", seed=5, stages=stages), out=out, scheduler="sync")
    whole = content(out)
    folder = next(out.glob("02-scale-*"))
    (folder / "stats.json").unlink()
    for number in range(4):  # as they stand while the stage is not finished
        StageFolder(folder).write_part_statistics(number, StageStatistics(records_in=10, records_out=10))
    (folder / "part-00002.parquet").write_bytes(b"PAR1 cut short")
    run_recipe(Recipe(name="tiny", seed=5, stages=stages), out=out, scheduler="sync")
    assert len(journal.read_text(encoding="utf-8").splitlines()) == 5
    assert content(out) == whole


def test_refusals_of_a_try_that_was_killed_are_forgotten(tmp_path):
    run(tmp_path)
    folder = StageFolder(next(tmp_path.glob("01-load-*")))
    (folder.path / "stats.json").unlink()
    refused = [Rejection(stage="load", reason="unwanted", record_id="3")]
    write_part(folder.part_rejected(0), refused, model=Rejection)  # and no statistics
    run(tmp_path)
    assert folder.statistics().rejected == {}
    assert list(read_part(folder.rejected, model=Rejection)) == []


def test_a_task_of_a_run_that_has_ended_writes_nothing(tmp_path):
    folder = StageFolder(tmp_path / "01-load-0123abcd")
    folder.path.mkdir()
    work = tmp_path / ".work.1-0123abcd.tmp"
    task = PartitionTask(Load, "{}", 5, 0, str(folder.path), str(work), Partition(number=0, locator="0"))
    with pytest.raises(StorageError, match="01-load-0123abcd"):
        run_partition(task)
    assert list(tmp_path.rglob("*")) == [folder.path]


def test_a_task_whose_run_ends_on_the_way_writes_nothing(tmp_path):
    class Ending(Load):
        def run(self, records, context):
            yield from list(super().run(records, context))
            remove_folder(work)

    folder = StageFolder(tmp_path / "01-load-0123abcd")
    folder.path.mkdir()
    work = tmp_path / ".work.1-0123abcd.tmp"
    work.mkdir()
    task = PartitionTask(Ending, "{}", 5, 0, str(folder.path), str(work), Partition(number=0, locator="0"))
    with pytest.raises(StorageError, match=r"01-load-0123abcd/part-00000\.parquet"):
        run_partition(task)
    assert list(tmp_path.rglob("*")) == [folder.path]


def test_a_worker_that_still_writes_for_a_killed_run_does_not_disturb_the_next_one(tmp_path):
    run(tmp_path)
    before = content(tmp_path)
    work = tmp_path / ".work.1-0123abcd.tmp"
    work.mkdir()
    (work / "00003-0123abcd.work").mkdir()
    (work / "00003-0123abcd.work" / "part-00003.parquet").write_bytes(b"PAR1")
    run(tmp_path)
    assert list(tmp_path.glob(".*.tmp")) == []
    assert content(tmp_path) == before


def test_run_json_names_no_path_of_the_machine(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    out = Path("run")
    run(out)
    part = next(out.glob("01-load-*/part-00002*"))
    write_part(part, [Rejection(stage="x", reason="y", record_id="z")] * 10, model=Rejection)
    without_checksums(part.parent)
    with pytest.raises(StorageError):
        run(out, scale={"factor": 9})
    assert read_run_file(out).error.startswith(f"{part.parent.name}/part-00002.parquet")


def test_leftovers_of_a_killed_run_are_swept(tmp_path):
    run(tmp_path)
    folder = next(tmp_path.glob("02-scale-*"))
    (folder / f".part-00000.parquet.{GONE}-0123abcd.tmp").write_bytes(b"PAR1")
    (tmp_path / f".run.json.{GONE}-0123abcd.tmp").write_bytes(b"{")
    (tmp_path / ".dataset-01234567.tmp" / "data").mkdir(parents=True)
    (tmp_path / f".dataset.{GONE}-0123abcd.tmp").mkdir()
    (tmp_path / ".mine").write_bytes(b"stays")
    run(tmp_path)
    assert list(tmp_path.rglob("*.tmp")) == []
    assert (tmp_path / ".mine").exists()


def test_a_set_that_was_being_replaced_comes_back(tmp_path):
    run(tmp_path)
    (tmp_path / "dataset").rename(tmp_path / ".dataset-old.tmp")
    with pytest.raises(StvqaError):
        run(tmp_path, load={"refuse_every": 1})
    assert (tmp_path / "dataset" / "README.md").is_file()
    assert list(tmp_path.glob(".*.tmp")) == []


def test_run_json_says_which_recipe_the_set_is_of(tmp_path):
    done = run(tmp_path).run_file
    assert done.dataset == done.stage("pack").hash
    assert not done.dataset_is_older
    with pytest.raises(StvqaError):
        run(tmp_path, load={"refuse_every": 1})
    failed = read_run_file(tmp_path)
    assert (failed.state, failed.dataset) == ("failed", done.dataset)
    assert failed.dataset_is_older
    assert not run(tmp_path).run_file.dataset_is_older


class Interrupted(Scale):
    def run(self, records, context):
        raise KeyboardInterrupt
        yield


class Faulty(Scale):
    def run(self, records, context):
        raise ZeroDivisionError("by nought")
        yield


@pytest.mark.parametrize(
    ("stage", "error", "message"),
    [(Interrupted, KeyboardInterrupt, "interrupted"), (Faulty, ZeroDivisionError, "ZeroDivisionError: by nought")],
)
def test_run_json_says_why_a_run_ended(tmp_path, stage, error, message):
    with pytest.raises(error):
        run_recipe(Recipe(name="tiny", stages=(Load(), stage(), Gather())), out=tmp_path, scheduler="sync")
    assert (read_run_file(tmp_path).state, read_run_file(tmp_path).error) == ("failed", message)


@pytest.mark.parametrize(("scheduler", "workers"), [("fast", 1), ("processes", 0), ("tcp://127.0.0.1:9", 1)])
def test_bad_schedulers_are_refused_before_anything_is_written(tmp_path, scheduler, workers):
    out = tmp_path / "run"
    with pytest.raises((RecipeError, StvqaError)):
        run_recipe(recipe(), out=out, scheduler=scheduler, workers=workers)
    assert not out.exists()


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "round").symlink_to("round")
    for out in ("/proc/x", "/proc/x/y", tmp_path / "round" / "run"):
        with pytest.raises(StorageError, match="choose another folder with --out"):
            run(type(tmp_path)(out))


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("mount"), reason="only root can mount a small disk")
def test_a_disk_without_room_for_another_file(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "nr_inodes=4", "tmpfs", str(disk)], check=False).returncode != 0:
        pytest.skip("this machine forbids mounting")
    told = []
    try:
        for inodes in range(4, 80):
            subprocess.run(["mount", "-o", f"remount,nr_inodes={inodes}", str(disk)], check=True)
            try:
                summary = run(disk / "run")
            except StorageError as error:
                told.append(str(error))
            else:
                break
        assert summary.rows == 12
    finally:
        subprocess.run(["umount", str(disk)], check=True)
    assert all("the disk is full" in message for message in told)
    assert any(message.startswith(f"cannot write {disk / 'run' / 'dataset'}:") for message in told)
