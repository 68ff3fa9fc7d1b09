"""Keys are found in every form in which servers send them back, and words of answers are left alone."""

from __future__ import annotations

import base64
import html
import json
import os
import re
import time
from urllib.parse import quote

import pytest

from stvqa.secrecy import KnownKeys, login_secrets, without_keys, without_known_keys

KEY = 'Zq7-proj_AbCdEf0123456789/GhIjKl+MnOp&Q"rS'
FORMS = {
    "whole": KEY,
    "base64": base64.b64encode(KEY.encode()).decode(),
    "base64 for addresses": base64.urlsafe_b64encode(KEY.encode()).decode().rstrip("="),
    "hex": KEY.encode().hex(),
    "hex in capitals": KEY.encode().hex().upper(),
    "of an address": quote(KEY, safe=""),
    "of an address in small letters": re.sub("%..", lambda match: match[0].lower(), quote(KEY, safe="")),
    "of JSON": json.dumps(KEY)[1:-1],
    "of JSON with slashes": json.dumps(KEY)[1:-1].replace("/", "\\/"),
    "of a page": html.escape(KEY),
    "beginning": KEY[:8],
    "end": KEY[-8:],
    "middle": KEY[9:25],
    "stars": f"{KEY[:4]}****{KEY[-4:]}",
    "stars before the end": f"********{KEY[-4:]}",
    "dots": f"{KEY[:6]}...{KEY[-4:]}",
    "ellipsis": f"{KEY[:6]}\u2026",
}


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    for name in [*os.environ]:
        if name.endswith(("KEY", "TOKEN", "SECRET")) or name in ("OPENAI_BASE_URL", "HF_ENDPOINT"):
            monkeypatch.delenv(name)


@pytest.mark.parametrize("name", FORMS)
def test_a_known_key_is_found_in_every_form(name):
    found = KnownKeys([KEY]).taken_out(f"Line one\n  it is {FORMS[name]}, said the server")
    assert found == "Line one\n  it is [key], said the server"


@pytest.mark.parametrize("before", ["", "a", "ab", "Bearer ", "user:"])
@pytest.mark.parametrize("behind", ["", "x", "xy", "xyz"])
def test_a_key_within_what_was_encoded(before, behind):
    echoed = base64.b64encode(f"{before}{KEY}{behind}".encode()).decode()
    left = KnownKeys([KEY]).taken_out(echoed)
    assert "[key]" in left
    assert len(left.replace("[key]", "")) <= len(echoed) - len(KEY)


@pytest.mark.parametrize("text", [KEY[:7], KEY[-3:], f"{KEY[:3]}***", "a ... b", "**bold** words", "the cup\u2026"])
def test_what_is_no_piece_of_a_key_stays(text):
    assert KnownKeys([KEY]).taken_out(text) is text


@pytest.mark.parametrize("dummy", ["none", "EMPTY", "ollama", "something", "12345", "abc"])
def test_a_key_that_may_be_a_word_stays_in_an_answer(dummy):
    text = f"There is {dummy} of these, {dummy}."
    assert KnownKeys([dummy]).taken_out(text) == text
    in_a_message = KnownKeys([dummy]).taken_out(text, words_too=True)
    assert (dummy in in_a_message) == (len(dummy) < 4)


def test_long_texts_take_no_longer_than_they_are_long():
    known = KnownKeys([KEY])
    for text in ("**" * 500_000, KEY[:7] * 140_000, "a" * 10**6, "." * 10**6):
        began = time.process_time()
        known.taken_out(text)
        assert time.process_time() - began < 20


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("http://me:hush@host/v1", ["bWU6aHVzaA==", "me:hush", "hush"]),
        ("http://me:p%40ss@host", ["bWU6cEBzcw==", "me:p@ss", "me:p%40ss", "p@ss", "p%40ss"]),
        ("me:hush@proxy:3128", ["bWU6aHVzaA==", "me:hush", "hush"]),
        ("http://host/v1", []),
        ("http://[::1", []),
        ("", []),
    ],
)
def test_the_login_of_an_address(address, found):
    assert login_secrets(address) == found


@pytest.mark.parametrize("name", ["OPENAI_BASE_URL", "HF_ENDPOINT", "HTTPS_PROXY", "http_proxy", "ALL_PROXY"])
def test_logins_of_the_environment_are_taken_out(monkeypatch, name):
    monkeypatch.setenv(name, "http://ada:geheim7@host:1/v1")
    for form in ("http://ada:geheim7@host:1/v1", "geheim7", base64.b64encode(b"ada:geheim7").decode()):
        for clean in (without_keys, without_known_keys):
            assert "geheim7" not in clean(form)
            assert "[key]" in clean(form)


def test_a_message_of_our_own_keeps_what_only_looks_like_a_key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    told = f"a basic recipe, secret: none; {KEY}; http://me:p/x; http://u:p@w@h/x"
    assert without_known_keys(told) == "a basic recipe, secret: none; [key]; http://me:p/x; http://[key]@h/x"


def test_names_of_files_that_hold_keys_are_not_looked_for_in_pieces(monkeypatch):
    monkeypatch.setenv("SSH_KEY", "/home/ada/.ssh/id_ed25519")
    assert without_known_keys("/home/ada/runs/demo is missing") == "/home/ada/runs/demo is missing"
    assert without_known_keys("/home/ada/.ssh/id_ed25519") == "[key]"
