"""What a server sends beyond all measure is one failed call: bytes, codings, redirects, and keys that it echoes."""

from __future__ import annotations

import base64
import gzip
import json
import time
import zlib

import pytest
from scripted_server import Script, asked

from stvqa.teachers.calls.error_words import read_error
from stvqa.teachers.calls.receiving import reply_bytes
from stvqa.teachers.calls.redirects import redirected
from stvqa.teachers.calls.secret import Secret

MOST = reply_bytes(60)
KEY = "sk-proj-AbCdEfGh0123456789IjKlMn"


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


def completion(text: str = "hello", **more: object) -> bytes:
    message = {"content": text, **more}
    return json.dumps({"choices": [{"message": message, "finish_reason": "stop"}]}).encode()


def response(body: bytes, *, status: str = "200 OK", headers: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def chunked(body: bytes, *, size: int = 4096) -> bytes:
    pieces = (body[start : start + size] for start in range(0, len(body), size))
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"


def padded(size: int) -> bytes:
    """A completion of so many bytes."""
    body = completion()
    return body + b" " * (size - len(body))


PLAIN = response(completion())


@pytest.mark.parametrize("tokens", [0, 60, 4000])
def test_a_reply_of_the_most_bytes_is_read_and_one_of_a_byte_more_is_not(tokens):
    most = reply_bytes(tokens)
    for send in (response, chunked, lambda body: b"HTTP/1.1 200 OK\r\n\r\n" + body):
        assert asked(Script([send(padded(most))], then_open=False), tokens=tokens) == ["hello"]
        (verdict,) = asked(Script([send(padded(most + 1))], then_open=False), tokens=tokens)
        assert (verdict.kind, verdict.reason) == ("fail", "reply-too-long")
        assert f"longer than {most:,} bytes" in verdict.detail


def test_the_cap_grows_with_the_tokens_up_to_a_limit():
    assert reply_bytes(0) < reply_bytes(60) < reply_bytes(100_000) <= reply_bytes(10**9) == reply_bytes(10**12)
    assert reply_bytes(-5) == reply_bytes(0)


def test_what_comes_beyond_the_cap_is_not_waited_for_and_the_next_call_is_answered():
    huge = response(padded(60_000_000))
    script = Script([huge], pieces=65_536)
    (verdict,) = asked(script)
    assert verdict.reason == "reply-too-long"
    assert script.sent < 20_000_000, "the connection was closed"
    script = Script([response(padded(MOST + 1)), PLAIN])
    verdict, after = asked(script, 2)
    assert (verdict.reason, after) == ("reply-too-long", "hello")


@pytest.mark.parametrize("status", ["400 Bad Request", "500 Internal Server Error", "404 Not Found"])
@pytest.mark.parametrize("coded", [False, True])
def test_of_a_long_error_the_beginning_is_read(status, coded):
    said = b"the pond is frozen" + b" " * 5_000_000
    body, headers = (gzip.compress(said), "Content-Encoding: gzip\r\n") if coded else (said, "")
    script = Script([response(body, status=status, headers=headers)] * 2, pieces=65_536, then_open=False)
    (verdict,) = asked(script)
    assert "the pond is frozen" in verdict.detail


def bomb(window: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, window)
    return b"".join([packer.compress(b" " * 1_000_000) for _ in range(100)] + [packer.flush()])


@pytest.mark.parametrize(("coding", "window"), [("gzip", 31), ("deflate", 15), ("deflate", -15)])
def test_a_small_body_that_unfolds_beyond_the_cap(coding, window):
    body = bomb(window)
    assert len(body) < MOST
    (verdict,) = asked(Script([response(body, headers=f"Content-Encoding: {coding}\r\n")]))
    assert (verdict.kind, verdict.reason) == ("fail", "reply-too-long")


def test_bytes_that_unfold_to_nothing_count_as_they_come():
    body = gzip.compress(completion()) + b"\0" * (MOST + 1)
    (verdict,) = asked(Script([response(body, headers="Content-Encoding: gzip\r\n")]))
    assert verdict.reason == "reply-too-long"


@pytest.mark.parametrize("coding", ["gzip, gzip", "gzip,deflate", "br", "zstd", "x" * 500])
def test_codings_that_were_not_asked_for(coding):
    body = gzip.compress(gzip.compress(completion()))
    verdict, after = asked(Script([response(body, headers=f"Content-Encoding: {coding}\r\n"), PLAIN]), 2)
    assert (verdict.kind, verdict.reason, after) == ("fail", "reply-coded", "hello")
    assert len(verdict.detail) < 200


@pytest.mark.parametrize("status", ["200 OK", "500 Oops"])
def test_a_time_for_the_whole_of_a_response_also_of_an_error(status):
    script = Script([response(b" " * 400, status=status)], pieces=1, pause=0.02)
    (verdict,) = asked(script, seconds=0.3)
    assert (verdict.kind, verdict.reason) == ("retry", "timeout")


HEADS = {
    "a long line": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000,
    "many lines": b"HTTP/1.1 200 OK\r\n" + b"X: x\r\n" * 10_000,
    "trailers": chunked(completion())[:-2] + b"X: x\r\n" * 10_000,
    "HTTP/0.9": b"hello\r\n\r\n",
    "a chunk beyond all": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"F" * 40 + b"\r\n",
    "a chunk below nothing": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "a length below nothing": b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello",
}


@pytest.mark.parametrize("name", HEADS)
def test_heads_that_are_none_are_tried_again(name):
    (verdict,) = asked(Script([HEADS[name]], then_open=False))
    assert (verdict.kind, verdict.reason) == ("retry", "dropped")


def test_interim_responses_are_passed_over_and_end_with_the_time():
    interim = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    assert asked(Script([interim * 1000 + PLAIN])) == ["hello"]
    (verdict,) = asked(Script([interim * 400], pieces=len(interim), pause=0.01), seconds=0.3)
    assert verdict.reason == "timeout"


def test_nested_names_and_counts_fault_nothing():
    deep = "[" * 900 + "]" * 900
    body = f'{{"model": {deep}, "choices": [{{"message": {{"content": "hello"}}, "finish_reason": {deep}}}], '
    for usage in ("[" * 900 + "]" * 900, '{"prompt_tokens": NaN}', '{"prompt_tokens": 9223372036854775808}', "1e999"):
        assert asked(Script([response(f'{body}"usage": {usage}}}'.encode())])) == ["hello"]
    (verdict,) = asked(Script([response(f'{body}"usage": {"9" * 5000}}}'.encode())]))
    assert (verdict.kind, verdict.reason) == ("retry", "not-json")


REDIRECTS = ("301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect")


@pytest.mark.parametrize("status", REDIRECTS)
def test_a_redirect_is_told_and_not_followed(status):
    target = "https://me:hush@models.example.com:8/v2/chat/completions?key=hush"
    script = Script([response(b"", status=status, headers=f"Location: {target}\r\n"), PLAIN])
    (verdict,) = asked(script)
    assert (verdict.kind, verdict.reason) == ("stop", "redirected")
    assert verdict.detail.endswith("give it as --base-url https://models.example.com:8/v2")
    assert "hush" not in verdict.detail
    assert len(script.heads) == 1


@pytest.mark.parametrize(
    ("location", "told"),
    [
        ("/v2/chat/completions", "--base-url http://host/v2"),
        ("https://host/v1/chat/completions/", "--base-url https://host/v1"),
        ("//other/v1/chat/completions", "--base-url http://other/v1"),
        ("https://host/login", "--base-url https://host/login"),
        ("http://[::1]:8/v1/chat/completions", "--base-url http://[::1]:8/v1"),
        ("", "sends calls on (308), and is not followed: check --base-url"),
        ("ftp://other/v1", "to ftp://other/v1, which is no http(s) address"),
        ("file:///etc/passwd", "which is no http(s) address"),
        ("http://[::1", "which is no http(s) address"),
        ("http://host:99999/", "which is no http(s) address"),
        ("http://a\x1b[31m/", "which is no http(s) address"),
        (f"http://{KEY}.example.com/v1", "--base-url http://[key].example.com/v1"),
    ],
)
def test_where_a_redirect_points_to(location, told):
    asked_at = "http://host/v1/chat/completions"
    secret = Secret("", also=[KEY.lower()])
    verdict = redirected(308, location, asked=asked_at, url="http://host/v1", secret=secret)
    assert told in verdict.detail


@pytest.mark.parametrize("status", [200, 300, 304, 305, 400])
def test_what_is_no_redirect(status):
    assert redirected(status, "http://other", asked="http://host", url="http://host", secret=Secret("")) is None


ECHOES = {
    "whole": KEY,
    "base64": base64.b64encode(f"Bearer {KEY}".encode()).decode(),
    "a piece": KEY[10:22],
    "stars": f"{KEY[:6]}******{KEY[-4:]}",
}


@pytest.mark.parametrize("name", ECHOES)
def test_a_key_that_an_answer_echoes_is_taken_out_of_it(name, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    (text,) = asked(Script([response(completion(f"B\n  {ECHOES[name]}"))]))
    assert text.startswith("B\n  ")
    assert "[key]" in text
    assert not any(KEY[start : start + 8] in text for start in range(len(KEY) - 7))


def test_a_login_that_an_answer_echoes_is_taken_out_of_it():
    echoed = base64.b64encode(b"ada:geheim7").decode()
    assert asked(Script([response(completion(f"{echoed} geheim7"))]), login="ada:geheim7@") == ["[key] [key]"]


def test_the_words_of_a_long_error_are_found_in_little_time():
    for text in (
        "image" * 50_000,
        "exceed" * 40_000,
        "<html>" + "<script" * 30_000,
        "<html>" + "<!--" * 60_000,
        "retry after " + "9" * 250_000,
        "x " * 120_000,
        "a" * 250_000,
    ):
        began = time.process_time()
        said = read_error({"error": {"message": text}})
        secret = Secret("")
        assert len(said.message) < 11_000
        secret.clean(said.message)
        assert time.process_time() - began < 20


def test_of_a_long_error_both_ends_are_read():
    picture = "data:image/jpeg;base64," + "A" * 100_000
    said = read_error({"error": {"message": f"first {picture} {'word ' * 50_000} last"}}).message
    assert said.startswith("first data:image")
    assert said.endswith("word last")
    assert "A" * 300 not in said
