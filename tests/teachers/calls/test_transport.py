"""Responses as servers and proxies really write them, byte by byte; what is broken is told, never guessed at."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import ssl
from collections.abc import Sequence

import httpx2
import pytest

from stvqa.teachers.calls.transport import CallTransport

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


class Script:
    """Answers the requests of each connection with these bytes, one after the other, then closes it."""

    def __init__(self, answers: Sequence[bytes], *, pieces: int = 10**6, then_open: bool = True) -> None:
        self.answers = answers
        self.pieces = pieces
        self.then_open = then_open
        self.connections = 0
        self.requests: list[bytes] = []
        self.tasks: list[asyncio.Task[None] | None] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.tasks.append(asyncio.current_task())
        with contextlib.suppress(ConnectionError):
            await self.converse(reader, writer)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in self.answers:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                break
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            self.requests.append(head + await reader.readexactly(length))
            for start in range(0, len(answer), self.pieces):
                writer.write(answer[start : start + self.pieces])
                await asyncio.sleep(0)
        if self.then_open:
            await reader.read()


def exchanged(script: Script, count: int = 1, *, read: float = 5.0, **headers: str) -> list[httpx2.Response]:
    async def work() -> list[httpx2.Response]:
        server = await asyncio.start_server(script.serve, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1/chat"
        transport = CallTransport(ssl.create_default_context())
        timeout = httpx2.Timeout(read, connect=5.0)
        try:
            async with httpx2.AsyncClient(transport=transport, timeout=timeout) as client:
                return [await client.post(url, content=b"{}", headers=headers) for _ in range(count)]
        finally:
            server.close()
            await asyncio.gather(*filter(None, script.tasks))

    return asyncio.run(work())


@pytest.mark.parametrize("pieces", [1, 7, 10**6])
@pytest.mark.parametrize(
    "answer",
    [
        PLAIN,
        b"HTTP/1.1 100 Continue\r\n\r\n" + PLAIN,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nTrailer: z\r\n\r\n",
    ],
)
def test_whole_responses_leave_the_connection_to_the_next_call(answer, pieces):
    script = Script([answer, answer, answer], pieces=pieces)
    assert [response.text for response in exchanged(script, 3)] == ["hello"] * 3
    assert script.connections == 1
    assert all(request.endswith(b"\r\n\r\n{}") for request in script.requests)


def test_compressed():
    body = gzip.compress(b"hello")
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body)
    assert exchanged(Script([head + body]))[0].text == "hello"


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\n\r\nhello",
        b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 5\r\n\r\nhello",
    ],
)
def test_connections_that_end_with_their_response_are_not_used_again(answer):
    script = Script([answer], then_open=False)
    assert [response.text for response in exchanged(script, 2)] == ["hello"] * 2
    assert script.connections == 2


def test_what_comes_beyond_a_response_never_becomes_the_answer_of_another_call():
    script = Script([PLAIN + b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong", PLAIN])
    assert [response.text for response in exchanged(script, 2)] == ["hello"] * 2
    assert script.connections == 2


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
        b"SSH-2.0-OpenSSH_9\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
    ],
)
def test_broken_responses(answer):
    with pytest.raises(httpx2.RemoteProtocolError):
        exchanged(Script([answer], then_open=False))


def test_no_answer_in_time():
    with pytest.raises(httpx2.ReadTimeout):
        exchanged(Script([b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"]), read=0.05)


def test_nobody_listens():
    async def work() -> None:
        async with httpx2.AsyncClient(transport=CallTransport(ssl.create_default_context())) as client:
            await client.post("http://127.0.0.1:9/v1", content=b"{}")

    with pytest.raises(httpx2.ConnectError):
        asyncio.run(work())


def test_a_key_with_a_line_break_is_sent_nowhere_and_not_shown():
    script = Script([PLAIN])
    with pytest.raises(httpx2.LocalProtocolError, match="Authorization") as caught:
        exchanged(script, Authorization="Bearer secret\nX: y")
    assert "secret" not in str(caught.value)
    assert script.requests == []
