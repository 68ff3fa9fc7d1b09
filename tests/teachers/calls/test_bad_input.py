"""One clear message that names the remedy; nothing paid for is lost; the key appears nowhere."""

from __future__ import annotations

import logging
import socket
import traceback

import pytest
from calling import opened, question, questions
from model_server import Faults, ModelServer, Traits

from stvqa.errors import CallError
from stvqa.teachers.calls import CallOptions, Reply
from stvqa.teachers.calls.opening import check_calls
from stvqa.teachers.calls.options import find_server
from stvqa.teachers.calls.secret import Secret

KEY = "sk-proj-abcDEF0123456789secret"


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


def test_neither_a_key_nor_a_server_names_both_remedies(tmp_path):
    with pytest.raises(CallError, match=r"OPENAI_API_KEY.*--base-url"):
        check_calls(CallOptions(), ["gpt-4o"])
    with opened(tmp_path) as calls, pytest.raises(CallError, match=r"OPENAI_API_KEY.*--base-url"):
        calls.answer(questions(1))


def test_a_file_to_write_to_needs_neither_and_the_same_without_one_does(tmp_path):
    check_calls(CallOptions(batch_out=tmp_path / "calls.jsonl"), ["gpt-4o"])
    with pytest.raises(CallError, match="OPENAI_API_KEY"):
        check_calls(CallOptions(), ["gpt-4o"])


def test_the_server_comes_from_the_environment_too(monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1/")
    assert find_server(CallOptions()).shown == "http://127.0.0.1:9/v1"
    assert find_server(CallOptions(base_url="http://[::1]:7/v1")).shown == "http://[::1]:7/v1"
    monkeypatch.delenv("OPENAI_BASE_URL")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert find_server(CallOptions()).shown == "https://api.openai.com/v1"
    assert KEY not in repr(find_server(CallOptions()))


@pytest.mark.parametrize("url", ["127.0.0.1:8000", "ftp://host/v1", "http://", "https:///v1"])
def test_a_url_that_is_none(url):
    with pytest.raises(CallError, match="write it like http://127"):
        find_server(CallOptions(base_url=url))


@pytest.mark.parametrize(
    ("traits", "faults", "message"),
    [
        (Traits(api_key="right"), [], r"refuses the key \(.*\): put a valid one into OPENAI_API_KEY"),
        (
            Traits(models=("llava", "qwen")),
            [],
            r"knows no model some-model .*: check the model's name.* it knows llava, qwen",
        ),
        (Traits(images=False), [], r"some-model at http\S+ does not take images .*: name one that does"),
        (Traits(), ["quota"], "refuses for want of money or quota .*: top up the account"),
    ],
)
def test_what_the_user_has_to_mend_is_one_message(tmp_path, monkeypatch, traits, faults, message):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with (
        ModelServer(traits=traits, faults=Faults(script=list(faults))) as server,
        opened(tmp_path, server.url) as calls,
    ):
        with pytest.raises(CallError, match=message) as caught:
            calls.answer(questions(20, image="x.jpg"))
        assert "\n" not in str(caught.value)
        assert server.counts.answered.total() == 0
        assert server.counts.received <= 2, "found out by one call, not by twenty"


def test_a_model_that_drops_images_without_a_word_is_found_out(tmp_path):
    with ModelServer(traits=Traits(drops_images=True)) as server:
        for _ in range(2):
            with opened(tmp_path, server.url) as calls, pytest.raises(CallError, match="does not look at them"):
                calls.answer(questions(20, image="x.jpg"))
        assert server.counts.answered.total() <= 3
        with opened(tmp_path, server.url) as calls:
            assert len(calls.answer(questions(5))) == 5
            assert calls.summary().calls == server.counts.answered.total()


def test_a_model_that_sees_is_asked_so_once(tmp_path):
    with ModelServer() as server:
        for stop in (5, 9):
            with opened(tmp_path, server.url) as calls:
                calls.answer(questions(stop, image="x.jpg"))
                assert calls.summary().calls == server.counts.answered.total() == stop + 1
                assert calls.usage("verify")["some-model"].calls == stop


def test_answers_that_came_before_are_kept(tmp_path):
    with ModelServer(traits=Traits(models=("some-model",))) as server:
        with opened(tmp_path, server.url) as calls:
            calls.answer(questions(10))
            server.api.faults = Faults(script=["", "", "unauthorized"])
            with pytest.raises(CallError, match="refuses the key"):
                calls.answer(questions(40))
            paid = server.counts.answered.total()
            assert calls.summary().calls == paid
            assert calls.summary().calls < 40
        server.api.faults = Faults()
        with opened(tmp_path, server.url) as calls:
            assert all(isinstance(outcome, Reply) for outcome in calls.answer(questions(40)))
            assert calls.ledger.interrupted == 0
        assert server.counts.answered.total() == 40
        assert max(server.counts.answered.values()) == 1


def test_nobody_listens(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with opened(tmp_path, f"http://127.0.0.1:{port}/v1") as calls:
        with pytest.raises(CallError, match=rf"nobody answers at http://127.0.0.1:{port}/v1 .*: start the server"):
            calls.answer(questions(50))
        assert calls.ledger.owners(calls._asked["verify"]) == {}


def test_a_server_that_goes_away_halfway(tmp_path):
    with ModelServer() as server:
        url = server.url
        with opened(tmp_path, url) as calls:
            calls.answer(questions(5))
    with opened(tmp_path, url, tries=2) as calls:
        assert all(isinstance(outcome, Reply) for outcome in calls.answer(questions(5)))
        with pytest.raises(CallError, match=r"nobody answers.*every answer that came is kept"):
            calls.answer(questions(9))


def test_every_prompt_too_long_ends_the_run_with_the_remedy(tmp_path):
    with ModelServer(traits=Traits(context_tokens=5)) as server, opened(tmp_path, server.url) as calls:
        with pytest.raises(
            CallError, match=r"the prompt is too long for some-model .*: serve the model with a longer context"
        ):
            calls.answer(questions(100))
        assert server.counts.received < 40


def test_one_prompt_too_long_fails_alone(tmp_path):
    long = question(1)._replace(
        messages=(question(1).messages[0], question(1).messages[1]._replace(text="long " * 500))
    )
    with ModelServer(traits=Traits(context_tokens=100)) as server, opened(tmp_path, server.url) as calls:
        good, bad = calls.answer([question(0), long])
        assert isinstance(good, Reply)
        assert bad.reason == "context-too-long"


def test_a_long_time_to_wait_is_told_instead_of_slept(tmp_path):
    faults = Faults(rates={"rate-limited-wait": 1.0}, retry_after=7200)
    message = "asks to wait for 120 minutes"
    with (
        ModelServer(faults=faults) as server,
        opened(tmp_path, server.url) as calls,
        pytest.raises(CallError, match=message),
    ):
        calls.answer(questions(3))


def test_a_server_that_refuses_everything_without_a_reason(tmp_path):
    with ModelServer() as server, opened(tmp_path, server.url) as calls:
        server.api._refused = _bad_request
        with pytest.raises(CallError, match=r"does not accept the call \(400: Bad Request\)"):
            calls.answer(questions(100, seed=1))
        assert server.counts.received < 80


def _bad_request(body, call):
    from model_api import error_response

    return error_response(400, "Bad Request")


def test_the_key_appears_nowhere(tmp_path, monkeypatch, caplog):
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    traits = Traits(api_key=f"{KEY}-other", echoes_key=True)
    with ModelServer(traits=traits) as server, opened(tmp_path, server.url) as calls:
        with pytest.raises(CallError) as caught:
            calls.answer(questions(3))
        told = "".join(traceback.format_exception(caught.value))
        assert KEY not in told
        assert "sk-proj" not in told
        server.api.traits.api_key = KEY
        calls.answer(questions(3))
        assert KEY not in repr(calls.options) + repr(vars(calls))
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]
    assert KEY not in caplog.text


def test_credentials_in_a_url_are_sent_and_not_shown(tmp_path):
    with ModelServer() as server:
        url = server.url.replace("http://", "http://me:hush@")
        with opened(tmp_path, url) as calls:
            assert isinstance(calls.answer(questions(1))[0], Reply)
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"hush" in path.read_bytes()]
    with opened(tmp_path / "other", url) as calls, pytest.raises(CallError) as caught:
        calls.answer(questions(1))
    assert "hush" not in str(caught.value)


def test_texts_are_cleaned_of_keys():
    clean = Secret(KEY).clean
    assert clean(f"key {KEY}!") == "key [key]!"
    assert clean("Authorization: Bearer eyJhbGciOi.abc was refused") == "Authorization: Bearer [key] was refused"
    assert clean("provided: sk-abcd*****wxyz.\nMore") == "provided: [key]. More"
    assert KEY not in repr(Secret(KEY))
    assert len(clean("x" * 1000)) == 1000
    assert len(Secret(KEY).shown("x" * 1000)) == 300
