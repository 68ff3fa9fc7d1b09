from __future__ import annotations

import asyncio
import sqlite3

import pytest
from calling import Vote, opened, question, questions
from model_server import Faults, ModelServer, Traits

from stvqa.errors import CallError, StorageError
from stvqa.teachers.calls import CallFailure, Reply, read_reply

FAULTS = {"malformed": 0.2, "rate-limited": 0.1, "server-error": 0.05, "dropped": 0.02}


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


def test_outcomes_come_in_the_order_of_the_requests_and_equal_ones_share_a_call(tmp_path):
    with ModelServer() as server, opened(tmp_path, server.url) as calls:
        asked = [question(number % 5) for number in range(20)]
        outcomes = calls.answer(asked)
        assert server.counts.received == 5
        assert len({outcome.text for outcome in outcomes}) == 5
        assert [outcomes[number] == outcomes[number + 5] for number in range(15)] == [True] * 15
        assert all(outcome.finish_reason == "stop" and outcome.model == "some-model-served" for outcome in outcomes)
        assert calls.answer([]) == []


def test_same_key_same_answer_no_call_in_a_later_run_too(tmp_path):
    with ModelServer() as server:
        with opened(tmp_path, server.url) as calls:
            first = calls.answer(questions(6))
        with opened(tmp_path, server.url) as calls:
            second = calls.answer(questions(8))
            usage = calls.usage("verify")["some-model"]
        assert server.counts.received == 8
    assert not any(reply.from_ledger for reply in first)
    assert [reply._replace(from_ledger=False) for reply in second[:6]] == first
    assert [reply.from_ledger for reply in second] == [True] * 6 + [False] * 2
    assert (usage.calls, usage.from_ledger, usage.purposes) == (8, 6, {"vote": 8})


def test_faults_cost_nothing_but_time_and_the_bill_is_the_ledgers(tmp_path):
    with ModelServer(faults=Faults(rates=FAULTS)) as server, opened(tmp_path, server.url) as calls:
        outcomes = calls.answer(questions(120, schema=Vote))
        summary, usage = calls.summary(), calls.usage("verify")["some-model"]
        counts = server.counts
        assert all(isinstance(outcome, Reply) for outcome in outcomes)
        assert set(counts.faults) == set(FAULTS)
        assert summary.calls == usage.calls == counts.answered.total()
        assert max(counts.answered.values()) == 1
        assert (summary.input_tokens, summary.output_tokens) == (counts.input_tokens, counts.output_tokens)
        assert usage.purposes["vote-repair"] == counts.faults["malformed"] - _malformed_twice(outcomes)


def _malformed_twice(outcomes) -> int:
    return sum("Sure!" in outcome.text for outcome in outcomes)


def test_a_reply_that_does_not_fit_is_repaired_once_with_the_reason(tmp_path):
    with ModelServer(faults=Faults(script=["malformed", "", "malformed", "malformed"])) as server:
        server.api.keep_calls = True
        with opened(tmp_path, server.url, concurrency=1) as calls:
            (repaired,) = calls.answer([question(1, schema=Vote)])
            assert read_reply(repaired.text, Vote).letter
            body = server.api.calls[1]
            assert [message["role"] for message in body["messages"]] == ["system", "user", "assistant", "user"]
            assert "Your reply could not be used: it holds" in body["messages"][-1]["content"]
            (given_up,) = calls.answer([question(2, schema=Vote)])
            assert given_up.text.startswith("Sure!")
            assert server.counts.received == 4
        with opened(tmp_path, server.url) as calls:
            assert calls.answer([question(1, schema=Vote)])[0].text == repaired.text
            assert calls.answer([question(2, schema=Vote)])[0].text == given_up.text
        assert server.counts.received == 4


@pytest.mark.parametrize(
    ("traits", "bodies", "told"),
    [
        (Traits(), [{"max_tokens", "temperature", "seed", "json_schema"}], False),
        (
            Traits(limit_name="max_completion_tokens"),
            [{"max_completion_tokens", "temperature", "seed", "json_schema"}],
            False,
        ),
        (Traits(schema="json_object"), [{"max_tokens", "temperature", "seed", "json_object"}], True),
        (Traits(schema="none"), [{"max_tokens", "temperature", "seed"}], True),
        (Traits(seed=False, temperature=False), [{"max_tokens", "json_schema"}], False),
    ],
)
def test_what_a_server_cannot_do_is_asked_once_and_remembered(tmp_path, traits, bodies, told):
    with ModelServer(traits=traits) as server:
        with opened(tmp_path, server.url) as calls:
            calls.answer(questions(10, schema=Vote, seed=3))
        refused = server.counts.refused
        assert refused <= 2
        assert server.counts.answered.total() >= 10
        server.api.keep_calls = True
        with opened(tmp_path, server.url) as calls:
            calls.answer(questions(12, schema=Vote, seed=3))
        assert server.counts.refused == refused
        body = server.api.calls[0]
        found = {name for name in ("max_tokens", "max_completion_tokens", "temperature", "seed") if name in body}
        form = body.get("response_format", {}).get("type")
        assert [found | ({form} if form else set())] == bodies
        assert ("Reply with one JSON object" in body["messages"][0]["content"]) == told


def test_a_server_that_ignores_the_schema_is_told_it_in_words(tmp_path):
    with ModelServer(traits=Traits(schema="ignored")) as server:
        server.api.keep_calls = True
        with opened(tmp_path, server.url) as calls:
            calls.answer(questions(4, schema=Vote))
        first = [body for body in server.api.calls if len(body["messages"]) == 2]
        told = ["Reply with one JSON object" in body["messages"][0]["content"] for body in first]
        assert told == [False, True, True, True]
        assert all("response_format" in body for body in first)


def test_plain_calls_need_no_schema_and_are_never_repaired(tmp_path):
    with ModelServer(faults=Faults(rates={"malformed": 1.0})) as server, opened(tmp_path, server.url) as calls:
        assert all(outcome.text.startswith("Sure!") for outcome in calls.answer(questions(3)))
        assert server.counts.received == 3


def test_a_model_that_thinks_gets_room_for_it(tmp_path):
    with ModelServer(traits=Traits(reasons=True, thinking_tokens=200)) as server, opened(tmp_path, server.url) as calls:
        outcomes = calls.answer(questions(5))
        assert all(outcome.text for outcome in outcomes)
        assert server.counts.received == 6
        assert calls.summary().calls == 6


def test_calls_that_were_under_way_before_a_model_was_seen_to_think_are_made_again_with_room(tmp_path):
    with ModelServer() as server, opened(tmp_path, server.url, concurrency=6) as calls:
        calls.answer([question(100)])
        server.api.traits = Traits(reasons=True, thinking_tokens=200, latency_seconds=0.1)
        assert all(isinstance(outcome, Reply) for outcome in calls.answer(questions(6)))
        assert 8 <= server.counts.received <= 13, "each is cut off once at most"


SILENCES = {
    "empty": "sends empty replies",
    "thoughts-only": "sends its thoughts and no answer, for example “I look at the image. The answer is A”",
    "thoughts-in-content": "sends its thoughts and no answer",
    "max-tokens": "was cut off before it answered",
    "failed-choice": "Upstream overloaded",
    "failed-beside": "Upstream overloaded",
    "finish-error": "gave up on the answer",
}
"""Answers that say nothing, and what is told of them."""


@pytest.mark.parametrize("fault", SILENCES)
def test_an_answer_that_says_nothing_is_asked_for_again_and_every_try_is_paid(tmp_path, fault):
    faults = Faults(script=["", fault])
    with ModelServer(faults=faults) as server, opened(tmp_path, server.url, concurrency=1) as calls:
        first, second = calls.answer(questions(2))
        assert first.text
        assert second.text
        assert calls.summary().calls == server.counts.answered.total() == 3


@pytest.mark.parametrize("fault", SILENCES)
def test_what_says_nothing_every_time_is_a_failed_call_and_a_later_run_asks_again(tmp_path, fault):
    with ModelServer(faults=Faults(script=["", *[fault] * 3])) as server:
        with opened(tmp_path, server.url, concurrency=1) as calls:
            first, second = calls.answer(questions(2))
            assert isinstance(first, Reply)
            assert isinstance(second, CallFailure)
            assert second.reason == "gave-up"
            assert SILENCES[fault] in second.detail
            assert calls.summary().calls == server.counts.answered.total() > 2
        server.api.faults.script.clear()
        with opened(tmp_path, server.url) as calls:
            assert all(isinstance(outcome, Reply) for outcome in calls.answer(questions(2)))


@pytest.mark.parametrize("fault", SILENCES)
def test_a_model_that_never_says_anything_ends_the_run_with_an_example_and_the_remedy(tmp_path, fault):
    with ModelServer(faults=Faults(rates={fault: 1.0})) as server, opened(tmp_path, server.url) as calls:
        with pytest.raises(CallError) as caught:
            calls.answer(questions(20))
        assert SILENCES[fault] in str(caught.value)
        assert server.counts.received <= 3


def test_answers_that_say_nothing_of_an_earlier_version_are_asked_for_again(tmp_path):
    with ModelServer() as server:
        with opened(tmp_path, server.url) as calls:
            calls.answer(questions(2))
        (file,) = (tmp_path / "ledger").glob("*.sqlite*")
        with sqlite3.connect(file) as connection:
            connection.execute("update replies set text = '', reasoning = 'The answer is B' where rowid = 1")
        with opened(tmp_path, server.url) as calls:
            assert all(outcome.text for outcome in calls.answer(questions(2)))
        assert server.counts.received == 3


@pytest.mark.parametrize("fault", ["cut", "not-json", "overloaded", "timeout", "rate-limited-wait", "dropped"])
def test_what_passes_is_tried_again(tmp_path, fault):
    faults = Faults(script=["", fault], retry_after=0.05)
    with ModelServer(faults=faults) as server, opened(tmp_path, server.url, timeout_seconds=0.5) as calls:
        first, second = calls.answer(questions(2))
        assert isinstance(first, Reply)
        assert isinstance(second, Reply)
        assert server.counts.received == 3
        assert calls.summary().calls == 2


def test_a_wait_of_nothing_does_not_use_up_all_tries_at_once(tmp_path, monkeypatch):
    waited: list[float] = []

    async def sleep(seconds, *, before=asyncio.sleep):
        waited.append(seconds)
        await before(0)

    monkeypatch.setattr("stvqa.teachers.calls.live.asyncio.sleep", sleep)
    faults = Faults(script=["", *["rate-limited-wait"] * 4], retry_after=0.0)
    with ModelServer(faults=faults) as server, opened(tmp_path, server.url, backoff_seconds=0.2) as calls:
        assert all(isinstance(outcome, Reply) for outcome in calls.answer(questions(2)))
    waits = [seconds for seconds in waited if seconds]
    assert len(waits) >= 4
    assert waits[3] > 0.4, "longer with each try"


@pytest.mark.parametrize(
    ("fault", "reason", "paid"),
    [
        ("refusal", "refused", 2),
        ("content-filter", "content-filter", 2),
        ("safety", "content-filter", 2),
        ("content-filter-400", "content-filter", 1),
        ("context-too-long", "context-too-long", 1),
    ],
)
def test_what_no_other_try_mends_is_a_failure_and_never_an_answer(tmp_path, fault, reason, paid):
    with ModelServer(faults=Faults(script=["", fault])) as server:
        with opened(tmp_path, server.url, concurrency=1) as calls:
            first, second = calls.answer(questions(2))
            assert isinstance(first, Reply)
            assert isinstance(second, CallFailure)
            assert second.reason == reason
            assert second.detail
            assert calls.summary().calls == paid
        with opened(tmp_path, server.url) as calls:
            again = calls.answer(questions(2))[1]
            # A refusal is an answer and stays; what said nothing is asked again, another server may answer it.
            assert isinstance(again, CallFailure if fault == "refusal" else Reply)


def test_figures_that_cannot_be_are_counted_as_unknown(tmp_path):
    faults = Faults(script=["", "wrong-usage", "no-usage"])
    with ModelServer(faults=faults) as server, opened(tmp_path, server.url, concurrency=1) as calls:
        calls.answer(questions(3, model="gpt-4o"))
        usage = calls.usage("verify")["gpt-4o"]
        assert (usage.calls, usage.uncounted) == (3, 2)
        assert usage.usd > usage.estimated_usd > 0.8 * usage.usd


def test_a_call_that_fails_every_time_stays_open_for_a_later_run(tmp_path):
    with ModelServer(faults=Faults(script=["", *["server-error"] * 3])) as server:
        with opened(tmp_path, server.url, concurrency=1, tries=3) as calls:
            first, second = calls.answer(questions(2))
            assert isinstance(first, Reply)
            assert (second.reason, "500" in second.detail) == ("gave-up", True)
        with opened(tmp_path, server.url) as calls:
            assert isinstance(calls.answer(questions(2))[1], Reply)
        assert server.counts.answered.total() == 2


def test_an_image_that_cannot_be_read_fails_its_calls_alone(tmp_path):
    with ModelServer() as server, opened(tmp_path, server.url) as calls:
        good, bad = calls.answer([question(1, image="x.jpg"), question(2, image="")])
        assert isinstance(good, Reply)
        assert (bad.reason, bad.detail) == ("image-unreadable", "a.jpg: no such file")


def test_when_everything_fails_the_run_ends_instead_of_trying_forever(tmp_path):
    with ModelServer() as server, opened(tmp_path, server.url, concurrency=4, tries=2) as calls:
        calls.answer([question(0)])
        server.api.faults = Faults(rates={"server-error": 1.0})
        with pytest.raises(CallError, match=r"16 calls of some-model at .* in a row brought no answer"):
            calls.answer(questions(200))
        assert server.counts.received < 60


def test_a_ledger_that_cannot_be_written_stops_the_calls_at_once(tmp_path, monkeypatch):
    def fails(connection, key, answer, *, final):
        raise sqlite3.OperationalError("database or disk is full")

    with ModelServer() as server, opened(tmp_path, server.url, concurrency=2) as calls:
        calls.answer(questions(1))
        monkeypatch.setattr("stvqa.store.ledger.record", fails)
        with pytest.raises(StorageError, match="cannot use"):
            calls.answer(questions(300))
        assert server.counts.received < 150
        monkeypatch.undo()
        assert len(calls.answer(questions(20))) == 20
