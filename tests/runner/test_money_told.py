"""A run tells what it paid and what of that is estimated, and does not pay again for what it lost."""

from __future__ import annotations

import io
import shutil

import pytest
from calling_stages import Ask
from fake_stages import Load, Scale
from model_server import Faults, ModelServer

from stvqa.cli.plan_tables import forecast_table
from stvqa.cli.showing import _paid
from stvqa.errors import BudgetError, StorageError
from stvqa.recipe import Recipe
from stvqa.runner import LineProgress, forecast_run, run_recipe
from stvqa.store import read_run_file
from stvqa.store.ledger_file import LEDGER_FILE
from stvqa.teachers.calls import CallOptions


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


def recipe(seed=5) -> Recipe:
    return Recipe(name="tiny", seed=seed, stages=(Load(), Scale(), Ask(model="gpt-4o")))


def run(out, url, *, seed=5, progress=None, **options):
    chosen = CallOptions(base_url=url, **({"backoff_seconds": 0.01, "concurrency": 4} | options))
    return run_recipe(recipe(seed), out=out, scheduler="sync", calls=chosen, progress=progress)


def test_estimates_are_told_in_run_json_and_in_lines(tmp_path):
    shown = io.StringIO()
    with ModelServer(faults=Faults(script=["", "timeout", *["no-usage"] * 10])) as server:
        chosen = CallOptions(base_url=server.url, backoff_seconds=0.01, concurrency=1, timeout_seconds=0.3)
        forecast = forecast_run(recipe(), out=tmp_path, calls=chosen, sample=3, scheduler="sync")
        assert "of it estimated, at most)" in forecast_table(forecast)
        run_file = run(tmp_path, server.url, progress=LineProgress(shown)).run_file
    usage = run_file.stage("ask").statistics.models["gpt-4o"]
    assert (usage.calls, usage.uncounted, usage.lost) == (40, 10, 1)
    assert 0 < usage.estimated_usd < usage.usd
    assert run_file.stage("ask").statistics.estimated_usd == pytest.approx(usage.estimated_usd)
    assert (run_file.calls.uncounted, run_file.calls.lost) == (10, 1)
    assert "of it estimated, at most, with 1 tries that brought no answer)" in shown.getvalue()
    assert "gpt-4o: 10 answers without a credible number of tokens and 1 tries" in shown.getvalue()
    assert _paid(run_file).startswith("40 calls and 1 tries without an answer: $0.0")
    assert _paid(run_file).endswith("of it estimated, at most")


@pytest.mark.parametrize("lost", ["folder", "file", "empty", "damaged", "older"])
def test_a_lost_ledger_beside_paid_stages_stops_the_run(tmp_path, lost):
    with ModelServer() as server:
        with pytest.raises(BudgetError):
            run(tmp_path, server.url, max_calls=20)
        older = (tmp_path / "ledger" / LEDGER_FILE).read_bytes()
        run(tmp_path, server.url)
        path = tmp_path / "ledger" / LEDGER_FILE
        if lost == "folder":
            shutil.rmtree(path.parent)
        elif lost == "file":
            path.unlink()
        else:
            content = path.read_bytes()
            damaged = content[:4096] + bytes(len(content) - 4096)
            path.write_bytes({"empty": b"", "damaged": damaged, "older": older}[lost])
        paid = server.counts.answered.total()
        assert run(tmp_path, server.url).reused == ("load", "scale", "ask"), "nothing is to be asked"
        for _ in range(2):
            with pytest.raises(StorageError, match="--pay-again"):
                run(tmp_path, server.url, seed=6)
        assert server.counts.answered.total() == paid == 40
        shown = io.StringIO()
        run(tmp_path, server.url, seed=6, pay_again=True, progress=LineProgress(shown))
        assert "they are paid again, and --max-usd and --max-calls count from what it holds" in shown.getvalue()
        run(tmp_path, server.url, seed=7)


def test_a_ledger_that_is_lost_before_its_first_stage_ends_is_missed_too(tmp_path):
    with ModelServer() as server:
        with pytest.raises(BudgetError):
            run(tmp_path, server.url, max_calls=10)
        run_file = read_run_file(tmp_path)
        file = tmp_path / "run.json"
        begun = run_file.model_copy(update={"calls": run_file.calls.model_copy(update={"calls": 0})})
        file.write_text(begun.model_dump_json())
        shutil.rmtree(tmp_path / "ledger")
        with pytest.raises(StorageError, match="is missing, where there was a ledger before"):
            run(tmp_path, server.url)
        assert server.counts.answered.total() == 10


def test_run_json_tells_of_the_ledger_while_its_first_stage_runs(tmp_path):
    seen = []

    def brain(call):
        seen.append(read_run_file(tmp_path).calls)
        return "A"

    with ModelServer(brain=brain) as server:
        run(tmp_path, server.url)
    assert seen[0] is not None
    assert seen[0].calls == 0
