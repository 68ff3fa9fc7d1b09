from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from fake_stages import Gather, Load, Number, Pack, Scale
from older_runs import without_checksums

from stvqa.errors import InputError, RecipeError, ShortfallError, StorageError, StvqaError
from stvqa.recipe import Recipe
from stvqa.records import Rejection
from stvqa.runner import plan_run, run_recipe
from stvqa.runner.schedulers import open_scheduler
from stvqa.store import read_part, read_run_file, write_part


def recipe(*, load=None, scale=None, gather=None, seed=5) -> Recipe:
    stages = (Load(**(load or {})), Scale(**(scale or {})), Gather(**(gather or {})), Pack())
    return Recipe(name="tiny", seed=seed, stages=stages)


def run(out, scheduler="sync", **options):
    return run_recipe(recipe(**options), out=out, scheduler=scheduler, workers=2)


def content(out: Path) -> dict[str, bytes]:
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*.parquet"))}


def journal_lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def test_a_run_leaves_what_the_design_says(tmp_path):
    summary = run(tmp_path, load={"refuse_every": 10})
    assert summary.rows == 12
    assert summary.reused == ()
    names = sorted(path.name.rsplit("-", 1)[0] for path in tmp_path.iterdir() if path.name[0].isdigit())
    assert names == ["01-load", "02-scale", "03-gather", "04-pack"]
    entry = summary.run_file.stage("load")
    assert entry.folder == f"01-load-{entry.hash[:8]}"
    assert entry.statistics.records_in == 40
    assert entry.statistics.records_out == 36
    assert entry.statistics.rejected == {"unwanted": 4}
    assert entry.statistics.counts == {"mends.seven": 5}
    assert summary.run_file.stage("scale").statistics.records_in == 36
    assert summary.run_file.stage("gather").statistics.figures == {"largest": [78]}
    assert summary.run_file.state == "complete"
    assert summary.run_file.recipe["stages"][1]["factor"] == 2
    folder = tmp_path / entry.folder
    assert sorted(path.name for path in folder.iterdir()) == [
        *(f"part-0000{n}.parquet" for n in range(4)),
        "rejected.parquet",
        "stats.json",
    ]
    refused = list(read_part(folder / "rejected.parquet", model=Rejection))
    assert [item.record_id for item in refused] == ["0", "10", "20", "30"]
    assert summary.dataset == tmp_path / "dataset"
    assert sorted(path.name for path in (tmp_path / "dataset" / "data").iterdir()) == [
        f"part-0000{n}.parquet" for n in range(3)
    ]


def test_nothing_is_run_twice_and_a_change_reruns_only_what_follows(tmp_path):
    journal = tmp_path / "journal"
    out = tmp_path / "run"
    run(out, scale={"journal": str(journal)})
    assert len(journal_lines(journal)) == 4
    assert run(out, scale={"journal": str(journal)}).reused == ("load", "scale", "gather", "pack")
    assert len(journal_lines(journal)) == 4
    assert run(out, scale={"journal": str(journal)}, gather={"keep": 3}).reused == ("load", "scale")
    assert len(journal_lines(journal)) == 4
    changed = run(out, scale={"journal": str(journal), "factor": 5})
    assert changed.reused == ("load",)
    assert len(journal_lines(journal)) == 8
    assert len([path for path in out.iterdir() if path.name.startswith("02-scale")]) == 2
    assert read_run_file(out).stage("scale").folder == changed.run_file.stage("scale").folder
    assert run(out, seed=6).reused == ()


def test_the_same_bytes_for_every_scheduler_and_number_of_workers(tmp_path):
    options = {"load": {"refuse_every": 9, "partitions_wanted": 7}}
    expected = None
    for name, workers in (("sync", None), ("threads", 1), ("threads", 3), ("processes", 2)):
        out = tmp_path / f"{name}{workers}"
        run_recipe(recipe(**options), out=out, scheduler=name, workers=workers)
        expected = expected or content(out)
        assert content(out) == expected
    assert len(expected) > 20


def test_missing_partitions_alone_are_run_after_an_interruption(tmp_path):
    journal = tmp_path / "journal"
    out = tmp_path / "run"
    whole = tmp_path / "whole"
    run(whole)
    with pytest.raises(ZeroDivisionError):
        run_recipe(recipe(scale={"factor": 2}).model_copy(update={"stages": broken(3)}), out=out, scheduler="sync")
    folder = next(out.glob("02-scale-*"))
    assert not (folder / "stats.json").exists()
    done = [int(path.stem[-5:]) for path in folder.glob("stats-*.json")]
    assert len(done) == 3
    assert plan_run(recipe(), out=out)[1].partitions_done == 3
    run(out, scale={"journal": str(journal)})
    assert len(journal_lines(journal)) == 1
    assert content(out) == content(whole)


class Broken(Scale):
    good: int = 0

    not_hashed = Scale.not_hashed | {"good"}

    def run(self, records, context):
        for record in super().run(records, context):
            if BROKEN_AFTER["left"] == 0:
                raise ZeroDivisionError
            yield record
        BROKEN_AFTER["left"] -= 1


BROKEN_AFTER = {"left": 0}


def broken(good):
    BROKEN_AFTER["left"] = good
    return (Load(), Broken(), Gather(), Pack())


def test_a_part_without_its_statistics_is_not_taken_for_whole(tmp_path):
    out = tmp_path / "run"
    with pytest.raises(ZeroDivisionError):
        run_recipe(Recipe(name="tiny", seed=5, stages=broken(2)), out=out, scheduler="sync")
    folder = next(out.glob("02-scale-*"))
    for number in range(4):
        if not (folder / f"stats-{number:05d}.json").exists():
            (folder / f"part-{number:05d}.parquet").write_bytes(b"PAR1 half a file")
            (folder / f".part-{number:05d}.parquet.1-aa.tmp").write_bytes(b"PAR1")
    run(out)
    run(tmp_path / "whole")
    assert content(out) == content(tmp_path / "whole")


def test_a_gather_stage_starts_over(tmp_path):
    out = tmp_path / "run"
    planned = plan_run(recipe(), out=out)
    folder = out / planned[2].folder
    folder.mkdir(parents=True)
    (folder / "part-00099.parquet").write_bytes(b"left by a killed run")
    run(out)
    assert [path.name for path in sorted(folder.glob("part-*"))] == [f"part-0000{n}.parquet" for n in range(3)]


def test_parts_that_were_taken_away_are_made_again(tmp_path):
    run(tmp_path)
    folder = next(tmp_path.glob("02-scale-*"))
    (folder / "part-00001.parquet").unlink()
    assert [stage.complete for stage in plan_run(recipe(), out=tmp_path)] == [True, False, True, True]
    assert run(tmp_path).reused == ("load", "gather", "pack")
    assert len(list(folder.glob("part-*.parquet"))) == 4


def test_dataset_is_mended(tmp_path):
    run(tmp_path)
    (tmp_path / "dataset" / "README.md").write_text("changed", encoding="utf-8")
    (tmp_path / "dataset" / "data" / "part-00001.parquet").unlink()
    run(tmp_path)
    assert (tmp_path / "dataset" / "README.md").read_text(encoding="utf-8") == "3 files\n"
    assert len(list((tmp_path / "dataset" / "data").iterdir())) == 3
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".tmp")] == []


def test_too_many_refusals_end_the_run_every_time(tmp_path):
    for _ in range(2):
        with pytest.raises(StvqaError) as caught:
            run(tmp_path, load={"refuse_every": 1})
        message = str(caught.value)
        assert "stage load refused 40 records, 100%" in message
        assert "unwanted 40" in message
        assert "rejected.parquet" in message
        assert "--set load.max_rejected_share" in message
    assert read_run_file(tmp_path).state == "failed"
    assert read_run_file(tmp_path).error.startswith("stage load refused 40 records")
    assert str(tmp_path) not in read_run_file(tmp_path).error
    with pytest.raises(ShortfallError):
        run(tmp_path, load={"refuse_every": 1, "max_rejected_share": 1.0})


def test_a_shortfall_is_told_after_every_valid_row_is_kept(tmp_path):
    with pytest.raises(ShortfallError) as caught:
        run(tmp_path, gather={"keep": 50})
    assert caught.value.table == "asked 50, got 40"
    assert str(tmp_path) in str(caught.value)
    assert read_run_file(tmp_path).state == "short"
    parts = sorted((tmp_path / "dataset" / "data").iterdir())
    assert sum(1 for part in parts for _ in read_part(part, model=Number)) == 40


def test_a_source_without_partitions(tmp_path):
    with pytest.raises(ShortfallError):
        run(tmp_path, load={"partitions_wanted": 0})


def test_the_source_is_looked_at_before_anything_is_written(tmp_path):
    out = tmp_path / "run"
    with pytest.raises(InputError, match="not there"):
        run(out, load={"root": "missing"})
    assert not out.exists()


def test_user_errors_of_workers_arrive_as_they_are(tmp_path):
    out = tmp_path / "run"
    run(out)
    part = next(next(out.glob("01-load-*")).glob("part-00002*"))
    write_part(part, [Rejection(stage="x", reason="y", record_id="z")] * 10, model=Rejection)
    without_checksums(part.parent)
    for name in ("sync", "threads", "processes"):
        with pytest.raises(StorageError, match=r"part-00002\.parquet"):
            run(out, name, scale={"factor": 9})


def test_a_worker_that_dies_is_replaced(tmp_path):
    summary = run(tmp_path / "run", "processes", scale={"die_once": str(tmp_path / "died")})
    assert summary.rows == 12
    run(tmp_path / "whole")
    assert content(tmp_path / "run") == content(tmp_path / "whole")


def test_workers_that_keep_dying_are_told(tmp_path):
    with pytest.raises(StvqaError, match=r"died 3 times.*fewer --workers \(now 2\)"):
        run(tmp_path / "run", "processes", scale={"die_once": str(tmp_path / "always")})


def test_one_process_at_a_time(tmp_path):
    out = tmp_path / "run"
    begun, seen = threading.Event(), []

    class Waiting(Load):
        def run(self, records, context):
            if not begun.is_set():
                begun.set()
                try:
                    run(out)
                except StorageError as error:
                    seen.append(str(error))
            yield from super().run(records, context)

    run_recipe(Recipe(name="tiny", stages=(Waiting(),)), out=out, scheduler="sync")
    assert len(seen) == 1
    assert "another stvqa is at work" in seen[0]


@pytest.mark.parametrize(
    ("name", "workers", "message"),
    [
        ("fast", 1, "write sync, threads, processes"),
        ("processes", 0, "at least one worker"),
        ("tcp://127.0.0.1:9", 1, "no Dask scheduler answers there"),
        ("tcp://[::1]:9", 1, "no Dask scheduler answers there"),
        ("tcp://::1:9", 1, "an IPv6 host stands in brackets"),
        ("http://127.0.0.1:9", 1, "the dashboard"),
        ("udp://127.0.0.1:9", 1, "udp:// is not spoken"),
        ("tcp://127.0.0.1", 1, "no port in it"),
        ("tcp://:9", 1, "no host in it"),
        ("tcp://127.0.0.1:99999", 1, "out of range"),
        ("tcp://127.0.0.1:9/status", 1, "more than a host and a port"),
        (f"tcp://{'a' * 80}:9", 1, "no host can have the name a{80}"),
        ("tcp://..:9", 1, "no host can have the name"),
        (f"tcp://{'a.' * 300}b:9", 1, "no address has spaces, control characters or 300 letters"),
        ("tcp://127.0.0.1\n:9", 1, r"'tcp://127\.0\.0\.1\\n:9': no address has spaces"),
        ("tcp://\u202e127.0.0.1:9", 1, "no address has"),
        ("tcp://\udcff:9", 1, "no address has"),
    ],
)
def test_schedulers_that_do_not_exist(name, workers, message):
    with pytest.raises((RecipeError, StvqaError), match=message), open_scheduler(name, workers=workers):
        pass


@pytest.mark.parametrize("before", ["user:hunter2@", "user:hun@ter2@", "user:hunter2/x@", "hunter2@"])
@pytest.mark.parametrize("scheme", ["tcp", "http", "udp"])
def test_a_password_in_the_address_of_a_scheduler_is_not_shown(scheme, before):
    with (
        pytest.raises(RecipeError, match="more than a host and a port") as raised,
        open_scheduler(f"{scheme}://{before}127.0.0.1:9", workers=1),
    ):
        pass
    assert "ter2" not in str(raised.value)


def test_a_plan_writes_nothing(tmp_path):
    planned = plan_run(recipe(), out=tmp_path / "run")
    assert [(item.number, item.stage, item.complete) for item in planned] == [
        (1, "load", False),
        (2, "scale", False),
        (3, "gather", False),
        (4, "pack", False),
    ]
    assert not (tmp_path / "run").exists()


def test_run_json_holds_no_absolute_path_of_the_run(tmp_path):
    run(tmp_path / "run")
    text = (tmp_path / "run" / "run.json").read_text(encoding="utf-8")
    assert str(tmp_path) not in text
    assert json.loads(text)["versions"]["pyarrow"]
