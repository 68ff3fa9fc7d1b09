"""One try over real connections, byte by byte: whole responses are answers, all else is told, never guessed at."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import socket

import pytest
from scripted_server import Script, asked

from stvqa.store.ledger_rows import Answer
from stvqa.teachers.calls import CallOptions
from stvqa.teachers.calls.endpoint import Endpoint
from stvqa.teachers.calls.options import find_server
from stvqa.teachers.calls.refusals import Verdict

COMPLETION = json.dumps({"choices": [{"message": {"content": "hello"}, "finish_reason": "stop"}]}).encode()
HALVES = COMPLETION[:20], COMPLETION[20:]
PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(COMPLETION), COMPLETION)
WRONG = PLAIN.replace(b"hello", b"wrong")
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n%x;x=y\r\n%s\r\n0\r\nTrailer: z\r\n\r\n"
    % (
        len(HALVES[0]),
        HALVES[0],
        len(HALVES[1]),
        HALVES[1],
    )
)


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("pieces", [1, 7, 10**6])
@pytest.mark.parametrize("answer", [PLAIN, b"HTTP/1.1 100 Continue\r\n\r\n" + PLAIN, CHUNKED])
def test_whole_responses_leave_the_connection_to_the_next_call(answer, pieces):
    script = Script([answer, answer, answer], pieces=pieces)
    assert asked(script, 3) == ["hello"] * 3
    assert script.connections == 1


def test_compressed():
    body = gzip.compress(COMPLETION)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body)
    assert asked(Script([head + body])) == ["hello"]


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\n\r\n" + COMPLETION,
        PLAIN.replace(b"HTTP/1.1", b"HTTP/1.0"),
        PLAIN.replace(b"\r\n", b"\r\nConnection: Close\r\n", 1),
    ],
)
def test_connections_that_end_with_their_response_are_not_used_again(answer):
    script = Script([answer], then_open=False)
    assert asked(script, 2) == ["hello"] * 2
    assert script.connections == 2


def test_a_connection_that_the_server_closed_meanwhile_is_not_used_again():
    script = Script([PLAIN], then_open=False)
    assert asked(script, 3, between=0.05) == ["hello"] * 3
    assert script.connections == 3


def test_what_comes_beyond_a_response_never_becomes_the_answer_of_another_call():
    outcomes = asked(Script([PLAIN + WRONG, PLAIN]), 3)
    assert outcomes[0] == "hello"
    assert "wrong" not in outcomes


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        PLAIN[:-3],
        PLAIN.replace(b"Content-Length: ", b"Content-Length: x"),
        CHUNKED[:90],
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
        b"SSH-2.0-OpenSSH_9\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
    ],
)
def test_broken_responses_are_tried_again(answer):
    (verdict,) = asked(Script([answer], then_open=False))
    assert (verdict.kind, verdict.reason) == ("retry", "dropped")
    assert "broke off" in verdict.detail


@pytest.mark.parametrize("status", [b"200 OK", b"500 Internal Server Error"])
@pytest.mark.parametrize("body", [b"<html>", b"[" * 100_000 + b"]" * 100_000], ids=["a page", "nested too deeply"])
def test_bodies_that_are_no_json_fail_that_call_alone(status, body):
    head = b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n" % (status, len(body))
    verdict, after = asked(Script([head + body, PLAIN]), 2)
    assert (verdict.kind, after) == ("retry", "hello")


NO_MODELS = (b"<html>", b"null", b"[]", b'["a"]', b'{"data": [null]}', b'{"data": "x"}', b'{"data": [{"id": 7}]}')


@pytest.mark.parametrize("models", [*NO_MODELS, b"[" * 200_000])
def test_a_list_of_models_that_is_none_leaves_the_verdict_as_it_is(models):
    head = b"HTTP/1.1 404 Not Found\r\nContent-Length: %d\r\n\r\n%s"
    said = b'{"error": {"message": "model m not found", "code": "model_not_found"}}'
    listed = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(models), models)
    script = Script([head % (len(said), said), listed])
    (verdict,) = asked(script)
    assert (verdict.kind, verdict.reason) == ("stop", "unknown-model")


@pytest.mark.parametrize(
    "script",
    [
        Script([PLAIN[:-3]]),  # then silence
        Script([PLAIN], pieces=1, pause=0.02),  # a byte now and then, for longer than a call may take
    ],
)
def test_no_answer_in_time(script):
    (verdict,) = asked(script, seconds=0.3)
    assert verdict == Verdict("retry", "timeout", "no answer within 0.3 s")


def test_nobody_listens():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"

        async def work() -> Answer | Verdict:
            endpoint = Endpoint(find_server(CallOptions(base_url=url)), timeout_seconds=5.0)
            try:
                return await endpoint.ask({"model": "m"}, key="k", images=False)
            finally:
                await endpoint.close()

        verdict = asyncio.run(work())
    assert verdict.reason == "nobody-listens"
    assert f"nobody answers at {url}" in verdict.detail


def test_a_server_without_tls_that_is_asked_with_it():
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    async def work() -> Answer | Verdict:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        endpoint = Endpoint(find_server(CallOptions(base_url=url)), timeout_seconds=5.0)
        try:
            return await endpoint.ask({"model": "m"}, key="k", images=False)
        finally:
            await endpoint.close()
            server.close()

    verdict = asyncio.run(work())
    assert verdict.reason == "nobody-listens"
    assert "check whether its --base-url begins with https:// or http://" in verdict.detail


def test_a_cancelled_call_leaves_its_connection_to_nobody():
    async def work() -> list[str]:
        script = Script([PLAIN[:-3] + b" " * 3, WRONG], pieces=len(PLAIN) - 3, pause=0.2)
        server = await asyncio.start_server(script.serve, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        endpoint = Endpoint(find_server(CallOptions(base_url=url)), timeout_seconds=5.0)
        task = asyncio.create_task(endpoint.ask({"model": "m"}, key="0", images=False))
        await script.was_asked.wait()
        await asyncio.sleep(0.02)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        script.answers, script.pause, script.pieces = [PLAIN], 0.0, 10**6
        outcome = await endpoint.ask({"model": "m"}, key="1", images=False)
        await endpoint.close()
        server.close()
        await asyncio.gather(*filter(None, script.tasks))
        assert task.cancelled()
        assert script.connections == 2
        return [outcome.text]

    assert asyncio.run(work()) == ["hello"]


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/v1", "/v1/chat/completions"),
        ("/v1/", "/v1/chat/completions"),
        ("", "/chat/completions"),
        ("/v1/chat/completions", "/v1/chat/completions"),
        ("/v1/chat/completions/", "/v1/chat/completions"),
        (
            "/openai/deployments/x?api-version=2024-06-01",
            "/openai/deployments/x/chat/completions?api-version=2024-06-01",
        ),
        ("/v1/?a=1&a=2&b=%2B", "/v1/chat/completions?a=1&a=2&b=%2B"),
    ],
)
def test_where_a_call_goes(path, target):
    script = Script([PLAIN])
    assert asked(script, path=path) == ["hello"]
    assert script.heads[0].split(" ")[1] == target


def test_user_and_password_of_the_address_are_sent_in_place_of_a_key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-never")
    script = Script([PLAIN])
    assert asked(script, login="me:h%20ush@") == ["hello"]
    assert "authorization: basic bwu6acb1c2g=" in script.heads[0].lower()
    assert "sk-never" not in script.heads[0]


def test_what_was_pasted_around_a_key_is_not_sent(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", " “Bearer sk-abc”\n")
    script = Script([PLAIN])
    assert asked(script) == ["hello"]
    assert "authorization: bearer sk-abc\r\n" in script.heads[0].lower()


def test_what_an_address_holds_is_not_shown_where_a_server_echoes_it():
    said = b"Cannot POST /v1/chat/completions?code=SUPERSECRET1&debug=true for me:password9"
    answer = b"HTTP/1.1 400 Bad Request\r\nContent-Length: %d\r\n\r\n%s" % (len(said), said)
    script = Script([answer])
    (verdict,) = asked(script, path="/v1?code=SUPERSECRET1&debug=true", login="me:password9@")
    assert "debug=true" in verdict.detail
    assert "SUPERSECRET1" not in verdict.detail + verdict.words
    assert "password9" not in verdict.detail + verdict.words
    assert "code=SUPERSECRET1" in script.heads[0], "it is sent all the same"
