from __future__ import annotations

import pytest
from calling_stages import Ask
from fake_stages import Load, Scale
from model_server import Faults, ModelServer

from stvqa.errors import BudgetError, CallError, PendingCalls
from stvqa.recipe import Recipe
from stvqa.runner import forecast_run, run_recipe
from stvqa.store import read_run_file
from stvqa.teachers.calls import CallOptions, Range


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


def recipe(model="some-model") -> Recipe:
    return Recipe(name="tiny", seed=5, stages=(Load(), Scale(), Ask(model=model)))


def run(out, url=None, model="some-model", **options):
    chosen = CallOptions(base_url=url, **({"backoff_seconds": 0.01, "concurrency": 4} | options))
    return run_recipe(recipe(model), out=out, scheduler="sync", calls=chosen)


def test_usage_stands_in_run_json_by_stage_and_model(tmp_path):
    with ModelServer(faults=Faults(rates={"server-error": 0.1})) as server:
        summary = run(tmp_path, server.url, model="gpt-4o")
        counts = server.counts
        statistics = summary.run_file.stage("ask").statistics
        assert (statistics.calls, statistics.records_out) == (40, 40)
        assert statistics.models["gpt-4o"].purposes == {"vote": 40}
        assert (statistics.input_tokens, statistics.output_tokens) == (counts.input_tokens, counts.output_tokens)
        assert statistics.usd == pytest.approx(statistics.models["gpt-4o"].usd) != 0
        assert summary.run_file.calls.calls == counts.answered.total() == 40
        assert summary.run_file.calls.prices_as_known == "2025-08-31"
        assert run(tmp_path, server.url, model="gpt-4o").reused == ("load", "scale", "ask")
        assert read_run_file(tmp_path).calls.calls == 40
        assert counts.received == 40 + counts.faults["server-error"]


def test_an_unknown_price_is_none_in_run_json(tmp_path):
    with ModelServer() as server:
        assert run(tmp_path, server.url).run_file.stage("ask").statistics.usd is None


def test_without_a_key_or_a_server_no_stage_is_run(tmp_path):
    with pytest.raises(CallError, match="OPENAI_API_KEY"):
        run(tmp_path)
    assert not list(tmp_path.glob("01-load-*"))
    assert read_run_file(tmp_path).state == "failed"
    assert run(tmp_path, model="rules").rows == 40
    assert not (tmp_path / "ledger").exists()


def test_a_spent_budget_keeps_everything_and_a_higher_one_goes_on(tmp_path):
    with ModelServer() as server:
        with pytest.raises(BudgetError, match="--max-calls 15"):
            run(tmp_path, server.url, max_calls=15)
        run_file = read_run_file(tmp_path)
        assert (run_file.state, run_file.ended, run_file.calls.calls) == ("failed", "budget", 15)
        statistics = run(tmp_path, server.url, max_calls=40).run_file.stage("ask").statistics
        assert (statistics.calls, statistics.models["some-model"].from_ledger) == (40, 15)
        assert server.counts.answered.total() == 40


@pytest.mark.parametrize("damage", ["part-00000.parquet", "rejected.parquet", "stats.json"])
def test_a_damaged_part_of_a_stage_that_calls_is_made_again_from_the_ledger(tmp_path, damage):
    with ModelServer() as server:
        run(tmp_path, server.url)
        folder = next(tmp_path.glob("03-ask-*"))
        path = folder / damage
        data = bytearray(path.read_bytes())
        part = (folder / "part-00000.parquet").read_bytes()
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
        assert run(tmp_path, server.url).reused == ("load", "scale")
        assert server.counts.answered.total() == 40
    assert (folder / "part-00000.parquet").read_bytes() == part


def test_calls_written_to_a_file_leave_the_run_pending(tmp_path):
    with pytest.raises(PendingCalls):
        run(tmp_path / "run", batch_out=tmp_path / "calls.jsonl")
    run_file = read_run_file(tmp_path / "run")
    assert run_file.state == "pending"
    assert "40 calls" in run_file.error


def test_a_forecast_by_real_calls_that_the_run_finds_again(tmp_path):
    options = {"backoff_seconds": 0.01, "concurrency": 4}
    with ModelServer() as server:
        chosen = CallOptions(base_url=server.url, **options)
        forecast = forecast_run(recipe("gpt-4o"), out=tmp_path, calls=chosen, sample=4, scheduler="sync")
        assert server.counts.answered.total() == 4
        vote, repair = forecast.lines
        assert (vote.calls, vote.measured, repair.measured) == (Range(40, 80), 4, 0)
        summary = run(tmp_path, server.url, model="gpt-4o")
        assert server.counts.answered.total() == 40
        statistics = summary.run_file.stage("ask").statistics
        assert vote.input_tokens.low <= statistics.input_tokens <= vote.input_tokens.high
        assert vote.output_tokens.low <= statistics.output_tokens <= vote.output_tokens.high
        assert vote.usd.low < statistics.usd * 1.3 < vote.usd.high * 1.3
        assert summary.reused == ("load", "scale")
        assert forecast_run(recipe("gpt-4o"), out=tmp_path, calls=chosen, scheduler="sync").lines == ()


def test_a_forecast_without_a_server_counts_and_calls_nothing(tmp_path):
    vote, repair = forecast_run(recipe("mine"), out=tmp_path, calls=CallOptions(), scheduler="sync").lines
    assert vote.measured == 0
    assert vote.usd is repair.usd is None
    assert 0 < vote.input_tokens.low < vote.input_tokens.high
    assert vote.output_tokens == Range(40, 400)
    assert repair.input_tokens.low == 0
