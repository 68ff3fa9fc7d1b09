"""Rounds: where rows are missing, the stage that can give more is asked for more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from fake_stages import Load, Number, Pack, Scale

from stvqa.errors import BudgetError, ShortfallError
from stvqa.recipe import Recipe
from stvqa.runner import run_recipe
from stvqa.stages.contract import GatherStage, StageContext
from stvqa.store import read_part, read_run_file


class Write(GatherStage[Number]):
    """Hands on `first` numbers, and `step` more for each round."""

    name = "write"
    reads = Number
    writes = Number

    first: int = 10
    step: int = 10
    rounds: tuple[dict[str, int], ...] = ()

    def further(self, figures: Mapping[str, Any], passed: Mapping[str, int]) -> Write | None:
        if not figures["left"]:
            return None
        return self.model_copy(update={"rounds": (*self.rounds, dict(passed))})

    def run(self, parts: Sequence[Path], context: StageContext) -> Iterator[Sequence[Number]]:
        numbers = [item for part in parts for item in read_part(part, model=Number)]
        wanted = self.first + self.step * len(self.rounds)
        context.figures["left"] = max(0, len(numbers) - wanted)
        yield numbers[:wanted]


class Choose(GatherStage[Number]):
    """Keeps odd numbers, `n` of them."""

    name = "choose"
    reads = Number
    writes = Number

    n: int = 12
    spent: bool = False

    def run(self, parts: Sequence[Path], context: StageContext) -> Iterator[Sequence[Number]]:
        if self.spent:
            raise BudgetError("--max-usd 1 is spent: allow more, and the same command goes on")
        odd = [item for part in parts for item in read_part(part, model=Number) if item.value % 2]
        context.figures["passed"] = {"odd/easy": len(odd)}
        if len(odd) < self.n:
            context.figures["shortfall"] = f"asked {self.n}, got {len(odd)}"
        yield odd[: self.n]


def run(out, *, n=12, **write):
    stages = (Load(), Write(**write), Scale(factor=1), Choose(n=n), Pack())
    return run_recipe(Recipe(name="tiny", stages=stages), out=out, scheduler="sync")


def parts(out):
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*.parquet"))}


def test_rounds_follow_until_the_rows_are_there(tmp_path):
    summary = run(tmp_path)
    assert summary.rows == 12
    run_file = summary.run_file
    assert (run_file.state, run_file.ended, run_file.error) == ("complete", "rows", "")
    assert run_file.stage("write").statistics.records_out == 30
    assert run_file.recipe["stages"][1]["rounds"] == [{"odd/easy": 5}, {"odd/easy": 10}]
    assert len(list(tmp_path.glob("02-write-*"))) == 3
    assert len(list(tmp_path.glob("05-pack-*"))) == 1
    assert run_file.stage("load").statistics.records_out == 40


def test_the_same_command_again_finds_every_round(tmp_path):
    run(tmp_path)
    before = parts(tmp_path)
    summary = run(tmp_path)
    assert summary.reused == ("load", "write", "scale", "choose", "pack")
    assert parts(tmp_path) == before


def test_a_run_that_was_stopped_between_rounds_ends_alike(tmp_path, monkeypatch):
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    run(whole)

    original = Choose.run
    seen = []

    def stop(self, stage_parts, context):
        seen.append(1)
        if len(seen) == 2:
            raise KeyboardInterrupt
        return original(self, stage_parts, context)

    monkeypatch.setattr(Choose, "run", stop)
    with pytest.raises(KeyboardInterrupt):
        run(broken)
    assert read_run_file(broken).ended == "error"
    run(broken)
    assert parts(broken) == parts(whole)


def test_the_source_may_be_exhausted_first(tmp_path):
    with pytest.raises(ShortfallError, match="could not give all the rows"):
        run(tmp_path, n=30)
    run_file = read_run_file(tmp_path)
    assert (run_file.state, run_file.ended) == ("short", "source")
    assert run_file.stage("write").statistics.figures == {"left": 0}
    assert run_file.stage("choose").statistics.records_out == 20
    assert (tmp_path / "dataset").is_dir()


def test_a_stage_that_has_no_more_ends_the_rounds(tmp_path):
    with pytest.raises(ShortfallError):
        run(tmp_path, n=30, first=40)
    assert len(list(tmp_path.glob("02-write-*"))) == 1


def test_the_budget_may_be_spent_first(tmp_path):
    stages = (Load(), Write(), Choose(spent=True))
    with pytest.raises(BudgetError):
        run_recipe(Recipe(name="tiny", stages=stages), out=tmp_path, scheduler="sync")
    run_file = read_run_file(tmp_path)
    assert (run_file.state, run_file.ended) == ("failed", "budget")
    assert "max-usd" in run_file.error
