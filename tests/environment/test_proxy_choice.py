"""Which proxy stands before a server, if any: NO_PROXY first, then the scheme's own variable, then ALL_PROXY."""

from __future__ import annotations

import os

import pytest

from stvqa.environment import find_proxy
from stvqa.errors import InputError

URL = "https://api.example.com/v1"


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


def found(monkeypatch, url=URL, **variables):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    proxy = find_proxy(url)
    return None if proxy is None else str(proxy)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, None),
        ({"HTTP_PROXY": "http://p:1"}, None),
        ({"HTTPS_PROXY": "http://p:1"}, "http://p:1 (HTTPS_PROXY)"),
        ({"https_proxy": "p:1", "ALL_PROXY": "http://q:2"}, "http://p:1 (https_proxy)"),
        ({"ALL_PROXY": "http://q"}, "http://q:80 (ALL_PROXY)"),
        ({"HTTPS_PROXY": "https://p"}, "https://p:443 (HTTPS_PROXY)"),
        ({"HTTPS_PROXY": ' "http://p:1/" '}, "http://p:1 (HTTPS_PROXY)"),
        ({"HTTPS_PROXY": "http://me:hush@[::1]:1"}, "http://[::1]:1 (HTTPS_PROXY)"),
        ({"HTTPS_PROXY": ""}, None),
    ],
)
def test_the_variable_that_counts(monkeypatch, variables, expected):
    assert found(monkeypatch, **variables) == expected


@pytest.mark.parametrize(
    ("url", "exceptions", "is_direct"),
    [
        (URL, "*", True),
        (URL, "example.com", True),
        (URL, ".example.com", True),
        (URL, "*.example.com", True),
        (URL, "localhost, api.example.com", True),
        (URL, "api.example.com:443", True),
        (URL, "api.example.com:8443", False),
        (URL, "ple.com", False),
        (URL, "", False),
        (URL, "other.com", False),
        (URL, "other.com api.example.com", True),
        (URL, "api.example.com.", True),
        (URL, "api.example.com.:443", True),
        ("https://api.example.com./v1", "api.example.com", True),
        ("https://[::1]:8000/v1", "[::1]:8000", True),
        ("https://[::1]:8000/v1", "[::1]:8001", False),
        ("https://[fd00::1]/v1", "fd00::/8", True),
        ("https://10.1.2.3/v1", "10.0.0.0/8:443", True),
        ("https://10.1.2.3/v1", "10.0.0.0/8:80", False),
        ("https://10.1.2.3/v1", "10.0.0.0/8", True),
        ("https://11.1.2.3/v1", "10.0.0.0/8, rubbish/99", False),
        ("https://[::1]:8/v1", "::1", True),
        ("https://[fd00::1]/v1", "[fd00::]/8", True),
    ],
)
def test_no_proxy_comes_before_whatever_a_proxy_variable_holds(monkeypatch, url, exceptions, is_direct):
    monkeypatch.setenv("NO_PROXY", exceptions)
    monkeypatch.setenv("HTTPS_PROXY", "socks5h://127.0.0.1:9")
    if is_direct:
        assert find_proxy(url) is None
        return
    with pytest.raises(InputError, match=r"^HTTPS_PROXY names a SOCKS proxy \(socks5h\).*NO_PROXY"):
        find_proxy(url)


@pytest.mark.parametrize("value", ["http://p:x", "http://[::1", "ftp://p:1", "http://", "http://a b:1", "http://p:0"])
def test_addresses_that_are_none(monkeypatch, value):
    with pytest.raises(InputError, match=r"^HTTPS_PROXY holds no address of a proxy: write it like http://"):
        found(monkeypatch, HTTPS_PROXY=value)


def test_the_password_is_shown_nowhere(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://me:hush@p:1")
    proxy = find_proxy(URL)
    assert "hush" not in repr(proxy) + str(proxy) + proxy.url + proxy.remedy
    assert proxy.authorization == "Basic bWU6aHVzaA=="
