"""Calls through a proxy, and past one; what is wrong with it is said of it, not of the server behind."""

from __future__ import annotations

import os
import socket

import pytest
from calling import opened, questions
from forward_proxy import ForwardProxy
from model_server import ModelServer

from stvqa.errors import CallError
from stvqa.teachers.calls import CallOptions, Reply
from stvqa.teachers.calls.opening import check_calls

PAGE = "<html><head><title>ERROR</title></head><body><h1>The host cannot be reached</h1></body></html>"


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name.startswith("OPENAI_"):
            monkeypatch.delenv(name)


@pytest.fixture
def deaf():
    """An address where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{free.getsockname()[1]}"


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"])
def test_calls_go_through_the_proxy(tmp_path, monkeypatch, name):
    with ForwardProxy() as proxy, ModelServer() as server:
        monkeypatch.setenv(name, proxy.url)
        with opened(tmp_path, server.url) as calls:
            assert all(isinstance(outcome, Reply) for outcome in calls.answer(questions(3)))
        assert proxy.requests == [f"POST {server.url}/chat/completions HTTP/1.1"] * 3


@pytest.mark.parametrize("exception", ["127.0.0.1", "*", "127.0.0.0/8", "example.com, 127.0.0.1"])
def test_calls_go_past_a_proxy_that_they_do_not_need(tmp_path, monkeypatch, deaf, exception):
    monkeypatch.setenv("HTTP_PROXY", deaf)
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", exception)
    with ModelServer() as server, opened(tmp_path, server.url) as calls:
        assert isinstance(calls.answer(questions(1))[0], Reply)


def test_a_proxy_that_does_not_answer_is_named(tmp_path, monkeypatch, deaf):
    monkeypatch.setenv("HTTP_PROXY", deaf.replace("//", "//me:hush@"))
    with ModelServer() as server, opened(tmp_path, server.url) as calls:
        with pytest.raises(CallError) as caught:
            calls.answer(questions(20))
        assert server.counts.received == 0
    told = str(caught.value)
    assert f"the proxy {deaf} (HTTP_PROXY) before {server.url} does not answer" in told
    assert "add 127.0.0.1 to NO_PROXY" in told
    assert "hush" not in told


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_wants_a_password(tmp_path, monkeypatch, scheme):
    with ForwardProxy(login="me:hush") as proxy, ModelServer() as server:
        url = server.url.replace("http:", f"{scheme}:")
        monkeypatch.setenv(f"{scheme}_proxy", proxy.url.replace("//", "//me:wrong@"))
        with opened(tmp_path, url) as calls, pytest.raises(CallError, match="wants a user and a password") as caught:
            calls.answer(questions(20))
        told = str(caught.value)
        assert f"the proxy {proxy.url} ({scheme}_proxy)" in told
        assert "wrong" not in told
        assert server.counts.received == 0
        assert len(proxy.requests) == 1


def test_a_password_that_is_right(tmp_path, monkeypatch):
    with ForwardProxy(login="me:h@sh") as proxy, ModelServer() as server:
        monkeypatch.setenv("http_proxy", proxy.url.replace("//", "//me:h%40sh@"))
        with opened(tmp_path, server.url) as calls:
            assert isinstance(calls.answer(questions(1))[0], Reply)


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("status", ["403 Forbidden", "502 Bad Gateway"])
def test_what_a_proxy_refuses_is_said_to_be_its_own(tmp_path, monkeypatch, scheme, status):
    with ForwardProxy(refusal=(status, PAGE)) as proxy, ModelServer() as server:
        url = server.url.replace("http:", f"{scheme}:")
        monkeypatch.setenv(f"{scheme}_proxy", proxy.url)
        with opened(tmp_path, url, tries=2) as calls, pytest.raises(CallError) as caught:
            calls.answer(questions(20))
        told = str(caught.value)
        assert f"the proxy {proxy.url} ({scheme}_proxy) does not let calls of 127.0.0.1 through ({status[:3]}: " in told
        assert server.counts.received == 0


def test_an_error_of_the_server_behind_a_proxy_stays_the_servers(tmp_path, monkeypatch):
    with ForwardProxy() as proxy, ModelServer() as server:
        monkeypatch.setenv("http_proxy", proxy.url)
        server.api.traits.models = ("other",)
        with opened(tmp_path, server.url) as calls, pytest.raises(CallError, match="it knows other"):
            calls.answer(questions(2))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("socks5://127.0.0.1:9", r"^http_proxy names a SOCKS proxy \(socks5\).*: name an HTTP proxy"),
        ("http://me:hush@host:port", "^http_proxy holds no address of a proxy: write it like"),
        ("http://me:hush@a b:3128", "^http_proxy holds no address of a proxy: write it like"),
    ],
)
def test_a_proxy_that_cannot_be_is_told_before_any_work(monkeypatch, value, message):
    monkeypatch.setenv("http_proxy", value)
    with pytest.raises(CallError, match=message) as caught:
        check_calls(CallOptions(base_url="http://127.0.0.1:9/v1"), ["m"])
    assert "hush" not in str(caught.value)


def test_files_batches_and_models_go_the_same_way_with_the_same_query(tmp_path, monkeypatch):
    with ForwardProxy() as proxy, ModelServer() as server:
        monkeypatch.setenv("http_proxy", proxy.url)
        url = f"{server.url}?api-version=2024-06-01"
        with opened(tmp_path, url, batch=True) as calls:
            assert all(isinstance(outcome, Reply) for outcome in calls.answer(questions(3)))
        server.api.traits.models = ("other",)
        with opened(tmp_path / "more", url) as calls, pytest.raises(CallError, match="it knows other"):
            calls.answer(questions(1))
        targets = [first.split(" ")[1].removeprefix(server.url) for first in proxy.requests]
        assert all(target.endswith("?api-version=2024-06-01") for target in targets), targets
        assert {target.split("?")[0].split("/")[1] for target in targets} == {"chat", "files", "batches", "models"}


def test_a_batch_that_cannot_get_past_the_proxy(tmp_path, monkeypatch, deaf):
    with ModelServer() as server:
        with opened(tmp_path, server.url, batch=True) as calls:
            calls.answer(questions(1))
        monkeypatch.setenv("http_proxy", deaf)
        with opened(tmp_path, server.url, batch=True) as calls, pytest.raises(CallError) as caught:
            calls.answer(questions(3))
        assert f"the proxy {deaf} (http_proxy) before {server.url} does not answer" in str(caught.value)
