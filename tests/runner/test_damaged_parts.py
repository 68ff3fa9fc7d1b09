"""Parts that changed after they were written: made again and told, never read."""

from __future__ import annotations

import json
import os
import shutil

import pytest
from fake_stages import Gather, Load, Pack, Scale
from older_runs import without_checksums

from stvqa.errors import StorageError
from stvqa.recipe import Recipe
from stvqa.runner import SilentProgress, plan_run, run_recipe
from stvqa.runner.folders import StageFolder
from stvqa.runner.task import PartitionTask, run_partition
from stvqa.store import StageStatistics, count_rows, read_statistics
from stvqa.store.checksums import sha256_of_file

MADE_AGAIN = "not as written, or gone: made again"
WHOLE_STAGE = "not as written, or gone: the whole stage is made again"


class Notes(SilentProgress):
    def __init__(self):
        self.notes = []

    def note(self, text):
        self.notes.append(text)


def recipe(**scale):
    return Recipe(name="tiny", seed=5, stages=(Load(refuse_every=4), Scale(**scale), Gather(), Pack()))


def run(out, **scale):
    """Runs, and gives what was reused and what was told."""
    shown = Notes()
    summary = run_recipe(recipe(**scale), out=out, scheduler="sync", progress=shown)
    return summary.reused, shown.notes


def content(out):
    return {
        str(path.relative_to(out)): path.read_bytes()
        for pattern in ("*.parquet", "README.md")
        for path in sorted(out.rglob(pattern))
    }


def flip(path, place=None):
    data = bytearray(path.read_bytes())
    data[len(data) // 2 if place is None else place] ^= 1
    path.write_bytes(data)


def swap(path):
    other = path.with_name("part-00000.parquet")
    first, second = other.read_bytes(), path.read_bytes()
    other.write_bytes(second)
    path.write_bytes(first)


def replace_by_folder(path):
    path.unlink()
    path.mkdir()


def replace_by_pipe(path):
    path.unlink()
    os.mkfifo(path)


@pytest.fixture
def made(tmp_path):
    out = tmp_path / "run"
    run(out)
    return out


DAMAGE = {
    "flipped": flip,
    "flipped in the footer": lambda path: flip(path, -20),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "empty": lambda path: path.write_bytes(b""),
    "missing": lambda path: path.unlink(),
    "a pipe": replace_by_pipe,
    "of another partition": lambda path: shutil.copyfile(path.with_name("part-00000.parquet"), path),
}


@pytest.mark.parametrize("stage", ["01-load", "02-scale", "04-pack"])
@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_part_is_made_again_alone_and_told(made, stage, damage):
    before = content(made)
    damage(next(made.glob(f"{stage}-*/part-00001.parquet")))
    number, name = int(stage[:2]), stage[3:]
    assert [planned.complete for planned in plan_run(recipe(), out=made)].index(False) == number - 1
    kept = tuple(known for known in ("load", "scale", "gather", "pack") if known != name)
    assert run(made) == (kept, [f"[{number}/4] {name}: part 1 {MADE_AGAIN}"])
    assert content(made) == before
    assert run(made) == (("load", "scale", "gather", "pack"), [])


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_stage_that_sees_everything_is_made_again_as_a_whole(made, damage):
    before = content(made)
    damage(next(made.glob("03-gather-*/part-00001.parquet")))
    assert run(made) == (("load", "scale", "pack"), [f"[3/4] gather: part 1 {WHOLE_STAGE}"])
    assert content(made) == before


def test_swapped_parts_are_made_again(made):
    before = content(made)
    swap(next(made.glob("02-scale-*/part-00003.parquet")))
    assert run(made) == (("load", "gather", "pack"), [f"[2/4] scale: parts 0, 3 {MADE_AGAIN}"])
    assert content(made) == before


def test_a_folder_in_the_place_of_a_part_is_told(made):
    part = next(made.glob("02-scale-*/part-00002.parquet"))
    replace_by_folder(part)
    with pytest.raises(StorageError, match="a folder stands where a file is needed: move it away"):
        run(made)
    part.rmdir()
    assert run(made)[0] == ("load", "gather", "pack")


def test_a_part_of_another_run_beside_the_others_is_not_read(made, tmp_path):
    before = content(made / "dataset")
    for folder in made.glob("0*"):
        shutil.copyfile(folder / "part-00000.parquet", folder / "part-00099.parquet")
    assert run(made) == (("load", "scale", "gather", "pack"), [])
    assert content(made / "dataset") == before
    assert len(StageFolder(next(made.glob("01-*"))).parts()) == 4
    assert run(made, factor=3)[0] == ("load",)
    assert read_statistics(next(made.glob("02-scale-*"))).records_in == 30


def edit(path, **values):
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | values, indent=2), encoding="utf-8")


STATISTICS = {
    "edited": lambda path: edit(path, records_out=31),
    "with figures edited": lambda path: edit(path, counts={"mends.seven": 1}),
    "without a checksum": lambda path: edit(path, checksum=""),
    "with another checksum of a part": lambda path: edit(path, checksums={"part-00000.parquet": "0" * 64}),
    "rubbish": lambda path: path.write_text("{", encoding="utf-8"),
    "empty": lambda path: path.write_bytes(b""),
    "no text": lambda path: path.write_bytes(b"\xff\xfe\x00"),
    "a list": lambda path: path.write_text("[]", encoding="utf-8"),
    "deep": lambda path: path.write_text('{"figures": ' + "[" * 100_000, encoding="utf-8"),
    "too large": lambda path: path.write_bytes(b'{"notes": [' + b'"a",' * 4_100_000 + b'"a"]}'),
}


@pytest.mark.parametrize("damage", STATISTICS.values(), ids=STATISTICS)
def test_statistics_that_are_not_as_written_are_made_again_with_their_stage(made, damage):
    before = content(made)
    damage(next(made.glob("02-scale-*/stats.json")))
    assert run(made) == (("load", "gather", "pack"), [f"[2/4] scale: stats.json {WHOLE_STAGE}"])
    assert content(made) == before


def test_statistics_may_be_laid_out_otherwise(made):
    path = next(made.glob("02-scale-*/stats.json"))
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8"))), encoding="utf-8")
    assert run(made) == (("load", "scale", "gather", "pack"), [])


def test_damaged_rejections_are_made_again(made):
    before = content(made)
    flip(next(made.glob("01-load-*/rejected.parquet")))
    assert run(made) == (("scale", "gather", "pack"), [f"[1/4] load: rejected.parquet {WHOLE_STAGE}"])
    assert content(made) == before


@pytest.mark.parametrize("name", ["part-00001.parquet", "rejected-00001.parquet", "stats-00001.json"])
def test_a_damaged_partition_of_an_unfinished_stage_is_made_again_and_told(made, name):
    before = content(made)
    folder = StageFolder(next(made.glob("01-load-*")))
    work = made / "again.work"
    for number in range(4):
        work.mkdir()
        source = recipe().stages[0].partitions()[number]
        parameters = recipe().stages[0].model_dump_json()
        done = run_partition(PartitionTask(Load, parameters, 5, number, str(folder.path), str(work), source))
        folder.take(StageFolder(type(folder.path)(done.folder)), number)
        shutil.rmtree(work)
    (folder.path / "stats.json").unlink()
    damaged = folder.path / name
    flip(damaged, 40)
    reused, notes = run(made)
    assert notes == [f"[1/4] load: part 1 {MADE_AGAIN}"]
    assert reused == ("scale", "gather", "pack")
    assert content(made) == before


def test_a_part_that_comes_out_otherwise_has_its_whole_stage_and_those_after_it_made_again(tmp_path):
    """As where the pictures of a source were exchanged: parts of two kinds are never mixed."""
    out = tmp_path / "run"
    run(out)
    whole = tmp_path / "whole"
    other = Recipe(name="tiny", seed=5, stages=(Load(refuse_every=5), *recipe().stages[1:]))
    run_recipe(other, out=whole, scheduler="sync")
    part = next(out.glob("01-load-*/part-00001.parquet"))
    shutil.copyfile(next(whole.glob("01-load-*/part-00001.parquet")), part)
    folder = StageFolder(part.parent)
    statistics = folder.statistics()
    checksums = {**statistics.checksums, part.name: sha256_of_file(part), "part-00002.parquet": "0" * 64}
    folder.finish(statistics.model_copy(update={"checksums": checksums}), rejections=[], partitions=4)
    _, notes = run(out)
    assert notes == [
        f"[1/4] load: part 2 {MADE_AGAIN}",
        "[1/4] load: they came out otherwise than before: the whole stage is made again",
    ]
    assert run(out) == (("load", "scale", "gather", "pack"), [])


def test_a_stage_whose_input_is_another_by_now_is_made_again(made, tmp_path):
    other = Recipe(name="tiny", seed=5, stages=(Load(refuse_every=5), *recipe().stages[1:]))
    run_recipe(other, out=tmp_path / "other", scheduler="sync")
    folder = next(made.glob("01-load-*"))
    shutil.rmtree(folder)
    shutil.copytree(next((tmp_path / "other").glob("01-load-*")), folder)
    reused, notes = run(made)
    assert reused == ("load",)
    assert notes[0] == "[2/4] scale: what it reads is not what it was made from: the whole stage is made again"
    assert content(made / "dataset") == content(tmp_path / "other" / "dataset")


def test_a_part_that_changes_while_a_run_is_under_way_is_not_read(tmp_path):
    class Flipping(Notes):
        def end(self, label, *, statistics, reused):
            if "load" in label:
                flip(next(tmp_path.glob("01-load-*/part-00002.parquet")))

    with pytest.raises(StorageError, match=r"part-00002\.parquet is not as it was written.*which makes it again"):
        run_recipe(recipe(), out=tmp_path, scheduler="sync", progress=Flipping())
    assert run(tmp_path)[0] == ()


@pytest.mark.parametrize("after", ["scale", "pack"])
def test_damage_right_before_all_parts_are_read_is_told(tmp_path, after):
    class Flipping(Notes):
        def end(self, label, *, statistics, reused):
            if after in label:
                flip(next(tmp_path.glob(f"*-{after}-*/part-00001.parquet")))

    with pytest.raises(StorageError, match=rf"{after}-.*part-00001\.parquet is not as it was written"):
        run_recipe(recipe(), out=tmp_path, scheduler="sync", progress=Flipping())
    assert "dataset" not in {path.name for path in tmp_path.iterdir()}
    run(tmp_path)


def test_a_run_from_before_there_were_checksums_goes_on_with_its_parts_as_they_are(made):
    before = content(made)
    for folder in made.glob("0*"):
        without_checksums(folder)
    assert run(made) == (("load", "scale", "gather", "pack"), [])
    part = next(made.glob("02-scale-*/part-00001.parquet"))
    part.write_bytes(part.read_bytes()[:50])
    assert run(made) == (("load", "gather", "pack"), [f"[2/4] scale: a part {WHOLE_STAGE}"])
    assert content(made) == before


def test_an_unfinished_stage_from_before_there_were_checksums_goes_on(made):
    before = content(made)
    folder = StageFolder(next(made.glob("02-scale-*")))
    (folder.path / "stats.json").unlink()
    for number in range(4):
        count = count_rows(folder.part(number))
        statistics = StageStatistics(records_in=count, records_out=count)
        folder.part_statistics(number).write_text(statistics.model_dump_json(), encoding="utf-8")
    folder.part(1).write_bytes(b"PAR1")
    assert run(made) == (("load", "gather", "pack"), [f"[2/4] scale: part 1 {MADE_AGAIN}"])
    assert content(made) == before
