"""The Hub's token, address and proxy: what was pasted around them is harmless, all else is one line before any work."""

from __future__ import annotations

import os

import pytest
from hub_server import WRITER

from stvqa.errors import HubError
from stvqa.hub import Remote, has_token, hub_address

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # of the client's own uploads


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.mark.parametrize("value", [f"\u201c{WRITER}\u201d\n", f"Bearer {WRITER}", f"\ufeff{WRITER}"])
def test_what_was_pasted_around_a_token(hub, run, ready, send, monkeypatch, value):
    monkeypatch.setenv("HF_TOKEN", value)
    assert has_token()
    send(run, token=None)
    assert Remote("me/tiny", endpoint=hub.url).state() is not None


def test_what_no_token_holds(hub, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_ab\u2019c")
    for ask in (has_token, lambda: Remote("me/tiny", endpoint=hub.url)):
        with pytest.raises(HubError, match=r"^HF_TOKEN: character 6 of 7 is U\+2019 .*: copy the key again"):
            ask()


def test_an_address_that_is_none(monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "hub.example.com")
    with pytest.raises(HubError, match=r"^HF_ENDPOINT hub.example.com: it is no http"):
        hub_address()


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("http://me:hush@127.0.0.1:9", r"cannot reach {url} through the proxy http://127.0.0.1:9 \(HTTP_PROXY\) "),
        ("http://me:hush@host:port", "a proxy of the environment cannot be used"),
    ],
)
def test_a_proxy_that_does_not_do(hub, monkeypatch, value, told):
    from huggingface_hub.utils import close_session

    monkeypatch.setenv("HTTP_PROXY", value)
    close_session()  # the client keeps the proxies that it began with
    try:
        with pytest.raises(HubError, match=told.format(url=hub.url)) as caught:
            Remote("me/tiny", endpoint=hub.url, token=WRITER).state()
        assert "hush" not in str(caught.value)
    finally:
        close_session()


def test_a_login_in_the_address_of_the_hub_is_used_and_published_nowhere(hub, monkeypatch):
    address = hub.url.replace("http://", "http://ada:geheim7@")
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", address)
    monkeypatch.setenv("HF_ENDPOINT", address)
    assert hub_address() == hub.url
    remote = Remote("me/tiny", token=WRITER)
    assert remote.url == f"{hub.url}/datasets/me/tiny"
    assert remote.endpoint == address
    away = Remote("me/tiny", endpoint="http://ada:geheim7@127.0.0.1:9", token=WRITER)
    with pytest.raises(HubError) as caught:
        away.state()
    assert "geheim7" not in str(caught.value)
