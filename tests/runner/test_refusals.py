"""Refused records: what they mean for a run, and for the same command once the input is mended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from fake_stages import Gather, Load, Number, Pack, Scale

from stvqa.errors import ShortfallError, StvqaError
from stvqa.recipe import Recipe
from stvqa.records import Rejection
from stvqa.runner import ShortRunError, plan_run, run_recipe
from stvqa.runner.folders import StageFolder
from stvqa.runner.refusals import enforce_share
from stvqa.stages.contract import MapStage, StageContext
from stvqa.store import StageStatistics, read_part, read_run_file


class Needy(MapStage[Number, Number]):
    """Refuses numbers that a file outside the run does not list, as a stage does whose images are gone."""

    name = "needy"
    reads = Number
    writes = Number
    not_hashed: ClassVar[frozenset[str]] = MapStage.not_hashed | {"missing", "journal"}

    missing: str
    journal: str

    def run(self, records: Iterator[Number], context: StageContext) -> Iterator[Number | Rejection]:
        gone = set(Path(self.missing).read_text(encoding="utf-8").split())
        for record in records:
            with Path(self.journal).open("a", encoding="utf-8") as file:
                file.write(record.number_id + "\n")
            if record.number_id in gone:
                yield Rejection(stage=self.name, reason="gone", record_id=record.number_id, detail="no file")
            else:
                yield record


class NeedyPack(Needy):
    name = "pack"

    publish = Pack.publish


@pytest.fixture
def journal(tmp_path):
    return tmp_path / "journal"


@pytest.fixture
def missing(tmp_path):
    return tmp_path / "missing"


def lines(path):
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def run(recipe, out):
    return run_recipe(recipe, out=out, scheduler="sync")


def test_a_refusal_is_not_kept_once_the_input_is_mended(tmp_path, missing, journal):
    out = tmp_path / "run"
    needy = Needy(missing=str(missing), journal=str(journal), max_rejected_share=0.1)
    recipe = Recipe(name="tiny", stages=(Load(), needy, Gather(), Pack()))
    missing.write_text("n0 n1 n2 n3 n4 n31", encoding="utf-8")
    with pytest.raises(StvqaError, match="stage needy refused 6 records, 15%"):
        run(recipe, out)
    folder = next(out.glob("02-needy-*"))
    refused = [item.record_id for item in read_part(folder / "rejected.parquet", model=Rejection)]
    assert refused == ["n0", "n1", "n2", "n3", "n4", "n31"]
    assert [stage.complete for stage in plan_run(recipe, out=out)] == [True, False, False, False]
    assert len(lines(journal)) == 40

    missing.write_text("n31", encoding="utf-8")
    summary = run(recipe, out)
    assert summary.run_file.stage("needy").statistics.rejected == {"gone": 1}
    assert len(lines(journal)) == 40 + 20, "the two partitions that refused something, and no other"
    assert read_run_file(out).state == "complete"


def test_a_limit_that_is_lowered_holds_for_what_was_complete(tmp_path):
    def recipe(limit):
        load = Load(refuse_every=2, max_rejected_share=limit)
        return Recipe(name="tiny", stages=(load, Scale(), Gather(keep=3)))

    run(recipe(1.0), tmp_path)
    assert not plan_run(recipe(0.2), out=tmp_path)[0].complete
    with pytest.raises(StvqaError, match="limit is 20%"):
        run(recipe(0.2), tmp_path)
    assert run(recipe(1.0), tmp_path).rows == 3


def test_rows_refused_after_they_were_counted_out_are_missing_rows(tmp_path, missing, journal):
    out = tmp_path / "run"
    pack = NeedyPack(missing=str(missing), journal=str(journal), max_rejected_share=1)
    recipe = Recipe(name="tiny", stages=(Load(), Gather(keep=12), pack))
    missing.write_text("n39 n38", encoding="utf-8")
    for _ in range(2):
        with pytest.raises(ShortRunError) as caught:
            run(recipe, out)
        message = str(caught.value)
        assert "2 rows are missing, refused by pack (gone 2)" in message
        assert str(next(out.glob("03-pack-*")) / "rejected.parquet") in message
        assert caught.value.summary.rows == 10
        assert caught.value.summary.dataset == out / "dataset"
        assert read_run_file(out).state == "short"
        assert "2 rows are missing" in read_run_file(out).error

    missing.write_text("", encoding="utf-8")
    assert run(recipe, out).rows == 12
    assert (read_run_file(out).state, read_run_file(out).error) == ("complete", "")


def test_too_many_rows_refused_are_a_shortfall_too(tmp_path, missing, journal):
    pack = NeedyPack(missing=str(missing), journal=str(journal), max_rejected_share=0)
    recipe = Recipe(name="tiny", stages=(Load(), Gather(keep=12), pack))
    missing.write_text("n39", encoding="utf-8")
    with pytest.raises(ShortfallError, match=r"1 rows are missing: stage pack refused 1 .*rejected\.parquet"):
        run(recipe, tmp_path / "run")
    assert read_run_file(tmp_path / "run").state == "failed"
    assert not (tmp_path / "run" / "dataset").exists()


@pytest.mark.parametrize(
    ("rejected", "remedy"),
    [
        ({"context-too-long": 9, "gone": 1}, "serve the model with a longer context"),
        ({"malformed-reply": 3, "refused": 2}, "name a more able one"),
        ({"gone": 10}, "mend the input"),
    ],
)
def test_too_many_refusals_name_the_remedy_of_the_most_common_one(tmp_path, rejected, remedy):
    statistics = StageStatistics(records_in=10, rejected=rejected)
    with pytest.raises(StvqaError, match=remedy):
        enforce_share(Scale(), folder=StageFolder(tmp_path), statistics=statistics, rows=False)


def test_a_stage_that_saw_what_it_refused_says_itself_what_to_do(tmp_path):
    statistics = StageStatistics(
        records_in=10, rejected={"malformed-reply": 9}, figures={"remedy": "turn thoughts off"}
    )
    with pytest.raises(StvqaError, match="reason; turn thoughts off and run the same command again"):
        enforce_share(Scale(), folder=StageFolder(tmp_path), statistics=statistics, rows=False)
