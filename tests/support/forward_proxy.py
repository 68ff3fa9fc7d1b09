"""A forward proxy on loopback: passes requests on and makes tunnels, or refuses them in ways of its own.

with ForwardProxy(login="me:hush") as proxy:
    ...                          # proxy.url, proxy.requests: the first lines that it was sent
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import threading
from typing import Self
from urllib.parse import urlsplit

__all__ = ["ForwardProxy"]


class ForwardProxy:
    """A proxy in a thread of this process, from `with` to its end.

    Args:
        login: user:password that it asks for; None for none.
        refusal: a status line and a page, sent instead of passing anything on: ("502 Bad Gateway", "<html>...").
    """

    def __init__(self, *, login: str | None = None, refusal: tuple[str, str] | None = None) -> None:
        self.requests: list[str] = []
        self.port = 0
        self._wanted = None if login is None else f"basic {base64.b64encode(login.encode()).decode()}".lower()
        self._refusal = refusal
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None, "connections are served in tasks"
        self._tasks.add(task)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await self._converse(reader, writer)
        writer.close()
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            await writer.wait_closed()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request a connection."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.rstrip().split("\r\n")
        self.requests.append(first)
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        method, target, _ = first.split(" ")
        if self._wanted is not None and headers.get("proxy-authorization", "").lower() != self._wanted:
            return await _answer(writer, "407 Proxy Authentication Required", "<html>Log in, please</html>")
        if self._refusal is not None:
            return await _answer(writer, *self._refusal)
        parts = urlsplit(f"//{target}" if method == "CONNECT" else target)
        there, onward = await asyncio.open_connection(parts.hostname, parts.port)
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            path = parts._replace(scheme="", netloc="").geturl()
            kept = [line for line in lines if not line.lower().startswith(("connection:", "proxy-"))]
            words = "\r\n".join((f"{method} {path} HTTP/1.1", *kept, "Connection: close", "", ""))
            onward.write(words.encode("latin-1") + body)
            answer = await there.readuntil(b"\r\n\r\n")
            writer.write(answer.removesuffix(b"\r\n") + b"Connection: close\r\n\r\n")
        try:
            await asyncio.gather(_relay(reader, onward), _relay(there, writer))
        finally:
            onward.close()
        return None


async def _answer(writer: asyncio.StreamWriter, status: str, page: str) -> None:
    data = page.encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {len(data)}\r\nConnection: close\r\n\r\n"
    writer.write(head.encode() + data)
    await writer.drain()


async def _relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.write_eof()
