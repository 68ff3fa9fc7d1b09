"""A small HTTP/1.1 server on asyncio: keep-alive, bodies by Content-Length, nothing more.

    server = await serve(handle, port=0)        # handle(Request) -> Response
    server.sockets[0].getsockname()[1]          # the port

It exists to be broken on purpose: a `Response` can be cut in the middle, or be no response at all.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

__all__ = ["Handler", "Request", "Response", "form_parts", "json_response", "serve"]

_LARGEST_HEAD = 64 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """One request; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Response:
    """One response.

    Attributes:
        cut_at: send only so many bytes of the body, then close the connection.
        dropped: send nothing and close the connection.
    """

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    cut_at: int | None = None
    dropped: bool = False


Handler = Callable[[Request], Awaitable[Response]]


def json_response(value: Any, status: int = 200, **headers: str) -> Response:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Response(status=status, body=json.dumps(value).encode(), headers=named)


async def serve(handle: Handler, *, port: int, host: str = "127.0.0.1") -> asyncio.Server:
    """Listens; port 0 takes a free one."""

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A client that goes away in the middle is what the tests are about.
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await _converse(reader, writer, handle)
        writer.close()
        with suppress(ConnectionError, asyncio.CancelledError):
            await writer.wait_closed()

    return await asyncio.start_server(connection, host, port, limit=_LARGEST_HEAD, backlog=1024)


async def _converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, handle: Handler) -> None:
    while (request := await _read(reader)) is not None:
        response = await handle(request)
        if response.dropped:
            writer.transport.abort()
            return
        body = response.body if response.cut_at is None else response.body[: response.cut_at]
        writer.write(_head(response) + body)
        await writer.drain()
        if response.cut_at is not None or request.headers.get("connection") == "close":
            return


async def _read(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            headers[name.strip().lower()] = value.strip()
    length = int(headers.get("content-length", "0"))
    body = await reader.readexactly(length) if length else b""
    return Request(method, path, headers, body)


def _head(response: Response) -> bytes:
    lines = [
        f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}",
        f"Content-Type: {response.content_type}",
        f"Content-Length: {len(response.body)}",
        *(f"{name}: {value}" for name, value in response.headers.items()),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def form_parts(request: Request) -> dict[str, bytes]:
    """Fields of a multipart/form-data body by name; a file's content stands under its field's name."""
    boundary = request.headers["content-type"].split("boundary=", 1)[1].strip('"').encode()
    parts = {}
    for piece in request.body.split(b"--" + boundary)[1:-1]:
        head, _, content = piece.partition(b"\r\n\r\n")
        name = head.split(b'name="', 1)[1].split(b'"', 1)[0].decode()
        parts[name] = content.removesuffix(b"\r\n")
    return parts
