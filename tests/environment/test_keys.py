"""What was pasted around a key is harmless; what stands inside of it is told by its place, never shown."""

from __future__ import annotations

import pytest

from stvqa.environment import check_address, clean_key, read_key, shown_address
from stvqa.errors import InputError


@pytest.mark.parametrize(
    "value",
    [
        "sk-abc",
        "sk-abc\n",
        "sk-abc\r\n",
        "  sk-abc\t",
        '"sk-abc"',
        "'sk-abc'",
        "\u201csk-abc\u201d",
        "\u2018sk-abc\u2019\n",
        "\u201esk-abc\u201c",
        "\u00absk-abc\u00bb",
        "`sk-abc`",
        "\ufeffsk-abc",
        "sk-abc\u200b",
        "\u00a0sk-abc",
        "Bearer sk-abc",
        'bearer "sk-abc"\n',
        '"Bearer sk-abc"',
    ],
)
def test_what_was_pasted_around_a_key(value, monkeypatch):
    monkeypatch.setenv("SOME_KEY", value)
    assert read_key("SOME_KEY") == "sk-abc"


@pytest.mark.parametrize("value", ["", " ", "\n", '""', "\u201c\u201d"])
def test_no_key(value, monkeypatch):
    monkeypatch.setenv("SOME_KEY", value)
    assert read_key("SOME_KEY") == ""
    monkeypatch.delenv("SOME_KEY")
    assert read_key("SOME_KEY") == ""


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("sk-a bc", "character 5 of 7 is a blank"),
        ("sk-abc\nsk-def", "character 7 of 13 is a line end"),
        ("sk\u2011abc", "character 3 of 6 is U\\+2011 NON-BREAKING HYPHEN"),
        (" sk-\u200babc", "character 5 of 8 is U\\+200B ZERO WIDTH SPACE"),
        ("sk-\u0430bc", "character 4 of 6 is U\\+0430 CYRILLIC SMALL LETTER A"),
        ("sk-\x00bc", "character 4 of 6 is U\\+0000 a control character"),
        ("sk-\udce9bc", "character 4 of 6 is U\\+DCE9"),
    ],
)
def test_what_no_key_holds(value, told):
    with pytest.raises(InputError, match=f"^SOME_KEY: {told}.*: copy the key again") as caught:
        clean_key(value, name="SOME_KEY")
    assert "bc" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "value", ["http://[::1]:8/v1", "http://ü.example/v1", " http://host/v1\n", "\u201chttps://host/v1?a=b\u201d"]
)
def test_addresses(value):
    assert check_address(value, name="--base-url") == value.strip(" \n\u201c\u201d")


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("host:8000/v1", "host:8000/v1: it is no http"),
        ("http://host:80x/v1", "http://host:80x/v1: it is no http"),
        ("http://host:99999/v1", "it is no http"),
        ("http://[::1/v1", "it is no http"),
        ("http://", "it is no http"),
        ("http://a..b/v1", "it is no http"),
        (f"http://{'a' * 70}.com/v1", "it is no http"),
        ("", "it is no http"),
        ("http://me:hush@:80", "that: it is no http"),
        ("http://host:0/v1", "a port is a number from 1 to 65535"),
        ("http://host:-1/v1", "a port is a number from 1 to 65535"),
        ("http://host:\uff18\uff10/v1", "a port is a number from 1 to 65535"),
        ("http://::1:8000/v1", r"an IPv6 address stands in brackets, as in http://\[::1\]:8000"),
        ("http://[::1", "its brackets do not fit"),
        ("http:///v1", "it names no host"),
        ("ftp://host/v1", "it begins with ftp:"),
        ("file:///etc/passwd", "it begins with file:"),
        ("unix:/run/socket", "it begins with unix:"),
        ("127.0.0.1:8000/v1", "it lacks http:// or https://"),
        ("http:/host/v1", "it lacks http:// or https://"),
        ("http://ho%73t/v1", "its host is none"),
        ("http://a b/v1", "the address holds a blank"),
        ("http://a/\nv1", "the address holds a line end"),
        ("http://a\u200b/v1", "the address holds U\\+200B"),
    ],
)
def test_addresses_that_are_none(value, told):
    with pytest.raises(InputError, match=f"^--base-url.*{told}") as caught:
        check_address(value, name="--base-url")
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://me:hush@host/v1?key=hush#hush", "https://host/v1"),
        ("http://me:hu@sh@host:8000/v1", "http://host:8000/v1"),
        ("http://:hush@[::1]:8000/v1/", "http://[::1]:8000/v1/"),
        ("HTTP://HOST", "http://host"),
    ],
)
def test_an_address_as_it_is_shown(url, shown):
    assert shown_address(url) == shown


@pytest.mark.parametrize("url", ["", "host/v1", "ftp://me:hush@host", "http:///v1", "http://host:99999", "http://[::1"])
def test_nothing_is_shown_of_what_is_no_address(url):
    with pytest.raises(ValueError, match=r"\w") as caught:
        shown_address(url)
    assert "hush" not in str(caught.value)
