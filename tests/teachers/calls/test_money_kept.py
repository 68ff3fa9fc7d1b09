"""The limits hold over runs, processes, batches and files, whatever servers say of tokens, and estimates are told."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading

import pytest
from calling import opened, question, questions
from model_brains import always_a
from model_server import Faults, ModelServer, Traits

from stvqa.errors import BudgetError, CallError, InputError, PendingCalls, StvqaError
from stvqa.teachers.calls import Reply
from stvqa.teachers.calls.billing import may_be_billed
from stvqa.teachers.calls.prices import load_prices
from stvqa.teachers.calls.refusals import Refusal, judge

LIMIT = 0.02
PRICE = load_prices().of("gpt-4o")

USAGES = {
    "none": None,
    "no table": [1, 2],
    "empty": {},
    "null": {"prompt_tokens": None, "completion_tokens": None},
    "negative": {"prompt_tokens": -1_000_000, "completion_tokens": -1_000_000},
    "one negative": {"prompt_tokens": 300, "completion_tokens": -9_000_000},
    "NaN": {"prompt_tokens": float("nan"), "completion_tokens": float("nan")},
    "strings": {"prompt_tokens": "300", "completion_tokens": "1"},
    "floats": {"prompt_tokens": 300.5, "completion_tokens": 1.5},
    "truth": {"prompt_tokens": True, "completion_tokens": True},
    "beyond 2^63": {"prompt_tokens": 2**70, "completion_tokens": 2**70},
    "nothing read": {"prompt_tokens": 0, "completion_tokens": 1},
    "nothing written": {"prompt_tokens": 300, "completion_tokens": 0},
    "nothing at all": {"prompt_tokens": 0, "completion_tokens": 0},
    "one side": {"prompt_tokens": 300},
    "other side": {"completion_tokens": 1},
    "total only": {"total_tokens": 301},
    "one token": {"prompt_tokens": 1, "completion_tokens": 1},
    "giant": {"prompt_tokens": 900_000_000, "completion_tokens": 900_000_000},
}


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


def asked(folder, url=None, *, count=200, model="gpt-4o", limit=LIMIT, **options):
    """Asks until the money is spent; the error, or None where all was answered."""
    with opened(folder, url, max_usd=limit, **options) as calls:
        try:
            calls.answer(questions(count, model=model, image="x.jpg"))
        except BudgetError as error:
            return error
    return None


def billed(server, *, cached: bool = False) -> float:
    """What the server would send a bill for, less what it says to have had half cached."""
    counts = server.counts
    half = counts.input_tokens // 2 if cached else 0
    return PRICE.usd(input_tokens=counts.input_tokens, output_tokens=counts.output_tokens, cached_tokens=half)


@pytest.mark.parametrize("said", USAGES)
def test_counts_of_no_use_are_estimated_and_the_limit_holds_over_runs(tmp_path, monkeypatch, said):
    monkeypatch.setattr("model_api._usage", lambda prompt, spent, thinking, fault: USAGES[said])
    received = []
    with ModelServer() as server:
        for _ in range(4):
            error = asked(tmp_path, server.url)
            received.append(server.counts.answered.total())
            assert "of it estimated, at most)" in str(error)
        assert received[0] == received[-1] >= 10
        assert billed(server) <= LIMIT
        with opened(tmp_path, server.url) as calls:
            summary = calls.summary()
            assert summary.calls == received[0]
            assert summary.uncounted >= summary.calls - 1, "a call of few words may be counted as one token"
            assert billed(server) < summary.estimated_usd <= summary.usd <= LIMIT


def test_some_counts_of_no_use_among_good_ones(tmp_path):
    faults = Faults(rates={"no-usage": 0.3, "wrong-usage": 0.2, "server-error": 0.1})
    with ModelServer(faults=faults) as server:
        for limit in (0.004, 0.004, 0.008):
            assert asked(tmp_path, server.url, limit=limit) is not None
        with opened(tmp_path, server.url) as calls:
            usage, summary = calls.usage("verify"), calls.summary()
            assert usage == {}
            assert 0 < summary.estimated_usd < summary.usd <= 0.008
            assert summary.uncounted < summary.calls


@pytest.mark.parametrize("fault", ["timeout", "dropped", "cut", "not-json"])
def test_tries_without_an_answer_may_be_billed_and_use_up_the_money(tmp_path, fault):
    received = []
    with ModelServer(faults=Faults(rates={fault: 1.0})) as server:
        for _ in range(5):
            with opened(tmp_path, server.url, max_usd=0.005, timeout_seconds=0.2, tries=2) as calls:
                with pytest.raises(CallError):
                    calls.answer(questions(40, model="gpt-4o", image="x.jpg"))
                summary = calls.summary()
                assert summary.lost == server.counts.received
                assert summary.usd == summary.estimated_usd <= 0.005
            received.append(server.counts.received)
        assert received[-1] == received[-2] > 1
        with opened(tmp_path, server.url, max_calls=received[-1] + 1, timeout_seconds=0.2, tries=1) as calls:
            with pytest.raises(StvqaError):
                calls.answer(questions(1, model="gpt-4o"))
            with pytest.raises(BudgetError, match=r"has made \d+ calls \(\d+ of them without an answer\)"):
                calls.answer(questions(2, model="gpt-4o")[1:])


@pytest.mark.parametrize("fault", ["rate-limited", "server-error", "overloaded"])
def test_errors_that_a_server_answers_with_cost_nothing(tmp_path, fault):
    faults = Faults(rates={fault: 1.0}, only_first=1)
    with ModelServer(faults=faults) as server, opened(tmp_path, server.url, max_usd=0.05) as calls:
        calls.answer(questions(10, model="gpt-4o"))
        summary = calls.summary()
    assert (summary.calls, summary.lost, summary.estimated_usd) == (10, 0, 0)


@pytest.mark.parametrize(
    ("status", "billed"), [(408, True), (500, False), (502, True), (503, False), (504, True), (524, True)]
)
def test_a_server_in_between_that_gives_up_leaves_a_bill(status, billed):
    verdict = judge(Refusal(status, "upstream"), model="m", url="u", images=False)
    assert verdict.kind == "retry"
    assert may_be_billed(verdict) == billed


def test_answers_that_say_nothing_are_paid_each_time(tmp_path):
    with ModelServer(faults=Faults(rates={"empty": 1.0})) as server:
        for _ in range(3):
            with opened(tmp_path, server.url, max_calls=4, concurrency=1) as calls, pytest.raises(StvqaError):
                calls.answer(questions(3, model="gpt-4o"))
        assert server.counts.answered.total() == 4


SCRIPT = """
import sys
from pathlib import Path
from calling import opened, questions
with opened(Path(sys.argv[1]), sys.argv[2], max_usd=float(sys.argv[3]), concurrency=4) as calls:
    calls.answer(questions(200, model="gpt-4o", image="x.jpg"))
"""


def test_what_a_killed_process_had_under_way_may_be_billed(checkout, tmp_path):
    path = os.pathsep.join([str(checkout / "tests" / "support"), str(checkout)])
    words = [sys.executable, "-c", SCRIPT, str(tmp_path)]
    with ModelServer(traits=Traits(latency_seconds=30.0)) as server:
        process = subprocess.Popen([*words, server.url, "0.01"], env={**os.environ, "PYTHONPATH": path})
        while server.counts.received < 1:  # the first of its kind goes alone, and the others wait unsent
            assert process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait()
        with opened(tmp_path, server.url) as calls:
            first = calls.summary()
        assert (first.interrupted, first.lost, first.calls) == (1, 1, 0)
        assert 0 < first.usd == first.estimated_usd
        server.api.traits.latency_seconds = 0.0
        assert asked(tmp_path, server.url, limit=0.01) is not None
        with opened(tmp_path, server.url) as calls:
            assert calls.summary().usd <= 0.01
        assert billed(server, cached=True) + first.usd <= 0.01


@pytest.mark.parametrize("counted", [True, False])
def test_two_at_once_on_one_ledger_share_a_limit(tmp_path, counted):
    faults = Faults(rates={} if counted else {"no-usage": 1.0})
    with ModelServer(brain=always_a, faults=faults, traits=Traits(latency_seconds=0.01)) as server:
        errors: list[BudgetError | None] = []

        def work(place: int) -> None:
            with opened(tmp_path, server.url, max_usd=LIMIT, concurrency=4) as calls:
                asked = [question(place * 1000 + number, model="gpt-4o", image="x.jpg") for number in range(200)]
                with pytest.raises(BudgetError) as caught:
                    calls.answer(asked)
                errors.append(caught.value)

        threads = [threading.Thread(target=work, args=(place,)) for place in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(errors) == 2
        assert billed(server, cached=counted) <= LIMIT
        with opened(tmp_path, server.url) as calls:
            assert LIMIT * 0.8 < calls.summary().usd <= LIMIT


def test_two_at_once_share_a_limit_of_calls(tmp_path):
    with ModelServer(traits=Traits(latency_seconds=0.01)) as server:

        def work(place: int) -> None:
            with opened(tmp_path, server.url, max_calls=25, concurrency=4) as calls, pytest.raises(BudgetError):
                calls.answer([question(place * 1000 + number) for number in range(60)])

        threads = [threading.Thread(target=work, args=(place,)) for place in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert server.counts.answered.total() == 25


@pytest.mark.parametrize("fault", ["no-usage", "wrong-usage"])
def test_the_limit_holds_over_batches(tmp_path, fault):
    received = []
    with ModelServer(faults=Faults(rates={fault: 1.0})) as server:
        for _ in range(3):
            assert "estimated" in str(asked(tmp_path, server.url, batch=True))
            received.append(server.counts.answered.total())
        assert received[0] == received[-1] > 20, "a batch costs half as much"
        assert billed(server) / 2 <= LIMIT


def test_a_line_that_nobody_can_read_may_be_billed(tmp_path, monkeypatch):
    from stvqa.teachers.calls import batch_answers

    def unreadable(text, *, secret):
        raise ValueError("no line")

    with ModelServer() as server, opened(tmp_path, server.url, batch=True, max_calls=8) as calls:
        calls.answer(questions(1, model="gpt-4o"))
        monkeypatch.setattr(batch_answers, "read_line", unreadable)
        with pytest.raises(BudgetError, match="7 of them without an answer"):
            calls.answer(questions(6, model="gpt-4o")[1:])
        assert calls.summary().lost == 7


def work_off(path, answers, server, **changes):
    lines = []
    for line in path.read_text().splitlines():
        call = json.loads(line)
        prompt = sum(len(json.dumps(message)) for message in call["body"]["messages"]) // 100
        body = {
            "model": "served",
            "choices": [{"message": {"content": "A"}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": prompt, "completion_tokens": 1},
        } | changes
        response = {"status_code": 200, "body": body}
        lines.append(json.dumps({"custom_id": call["custom_id"], "response": response, "error": None}))
    answers.write_text("\n".join(lines))
    return len(lines)


@pytest.mark.parametrize("usage", [None, {"prompt_tokens": -5}, {"prompt_tokens": 0, "completion_tokens": 0}])
def test_the_limit_holds_over_files(tmp_path, usage):
    out, answers = tmp_path / "calls.jsonl", tmp_path / "answers.jsonl"
    with pytest.raises(PendingCalls, match=r"\d+ more do not fit the limit on their cost"):
        asked_by_file(tmp_path, batch_out=out)
    first = work_off(out, answers, None, usage=usage)
    assert 20 < first < 100
    with pytest.raises(PendingCalls, match=f"{first} calls"):
        asked_by_file(tmp_path, batch_out=out)
    with pytest.raises(BudgetError, match="of it estimated, at most"):
        asked_by_file(tmp_path, batch_out=out, batch_in=answers)
    for _ in range(2):
        with pytest.raises(PendingCalls) as told:
            asked_by_file(tmp_path, batch_out=out, batch_in=answers, limit=2 * LIMIT)
        assert len(out.read_text().splitlines()) <= first + 1, told.value


def asked_by_file(folder, *, limit=LIMIT, **options):
    with opened(folder, max_usd=limit, **options) as calls:
        calls.answer(questions(200, model="gpt-4o", image="x.jpg"))


def test_calls_in_a_file_leave_less_for_others_until_they_are_made(tmp_path):
    out = tmp_path / "calls.jsonl"
    with pytest.raises(PendingCalls):
        asked_by_file(tmp_path, batch_out=out)
    with ModelServer() as server, opened(tmp_path, server.url, max_usd=LIMIT + 0.001) as calls:
        with pytest.raises(BudgetError, match="for calls that a batch or a file has under way"):
            calls.answer([question(10_000, model="gpt-4o", image="x.jpg")])
        assert isinstance(calls.answer([question(0, model="gpt-4o", image="x.jpg")])[0], Reply)


def test_a_file_that_cannot_be_written_sets_nothing_aside(tmp_path):
    (tmp_path / "stands").touch()
    with opened(tmp_path, batch_out=tmp_path / "stands" / "calls.jsonl") as calls:
        with pytest.raises(StvqaError):
            calls.answer(questions(5, model="gpt-4o"))
        assert sum(total.held for total in calls.ledger.totals()) == 0


@pytest.mark.parametrize("batched", [False, True])
def test_another_price_list_prices_all_that_was_ever_asked(tmp_path, batched):
    lists = {name: tmp_path / f"{name}.toml" for name in ("free", "dear")}
    for name, price in (("free", 0.0), ("dear", 1_000.0)):
        text = f'as_known = 2026-01-01\n[models."gpt-4o"]\ninput = {price}\noutput = {price}\n'
        lists[name].write_text(text + f'[models."other"]\ninput = {price}\noutput = {price}\n')
    with ModelServer() as server:
        assert asked(tmp_path, server.url, limit=0.0, prices=lists["free"], count=20, batch=batched) is None
        received = server.counts.answered.total()
        assert asked(tmp_path, server.url, limit=1.0, prices=lists["dear"], count=40, model="other") is not None
        assert server.counts.answered.total() == received, "what the other model cost counts too"


def test_a_price_that_is_unknown_by_now_is_named(tmp_path):
    with ModelServer() as server:
        with opened(tmp_path, server.url) as calls:
            calls.answer(questions(2, model="mine"))
        for options in ({}, {"batch": True}, {"batch_out": tmp_path / "out.jsonl"}):
            with pytest.raises(CallError, match=r"price of mine, which was asked in this folder before, is unknown"):
                asked(tmp_path, server.url, **options)
        assert server.counts.received == 2


@pytest.mark.parametrize("price", ["inf", "nan", "-inf"])
def test_a_price_is_a_number(tmp_path, price):
    path = tmp_path / "prices.toml"
    path.write_text(f'as_known = 2026-01-01\n[models."m"]\ninput = {price}\noutput = 1.0\n')
    with pytest.raises(InputError, match="input"):
        load_prices(path)


def test_estimates_are_told_once_for_each_model(tmp_path):
    told: list[str] = []
    with ModelServer(faults=Faults(rates={"no-usage": 1.0})) as server, opened(tmp_path, server.url) as calls:
        calls._tell = told.append
        for number in range(3):
            calls.answer([question(number, model="gpt-4o"), question(number, model="mine")])
    assert sorted(told) == [
        "gpt-4o: 1 answers without a credible number of tokens are counted at the most that they can have cost, $0.0007",
        "mine: 1 answers without a credible number of tokens are counted at the most that they can have cost",
    ]
