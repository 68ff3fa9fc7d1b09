"""HTTP/1.1 for calls: what carries the client library's requests, one connection a call, kept open for the next one.

    http_client = openai.DefaultAsyncHttpxClient(transport=CallTransport(ssl_context))
    openai.AsyncOpenAI(base_url=..., http_client=http_client)

A call is one small exchange, hundreds of which happen each second. Here one goes out in a single write and comes to
its caller in a single wake-up; the library's own pool, made for streams, proxies and HTTP/2, takes several times the
time for the same (see `Endpoint`, which still uses it where a proxy stands in between).
"""

from __future__ import annotations

import asyncio
import ssl
from collections import defaultdict
from collections.abc import Generator
from typing import NamedTuple

import httpx2

__all__ = ["CallTransport"]

_LARGEST_HEAD = 256 * 1024
_IDLE_SECONDS = 4.0
"""How long a connection waits for its next call; common servers close theirs after 5."""

_NO_BODY = (204, 304)

_Headers = list[tuple[bytes, bytes]]


class _Reply(NamedTuple):
    """A whole response; `reusable`: another request may follow on the connection."""

    status: int
    headers: _Headers
    body: bytes
    reusable: bool


class _Malformed(Exception):  # noqa: N818 (an outcome of reading, not a fault)
    """What came is no HTTP/1.1 response, or only a part of one."""


class _Origin(NamedTuple):
    scheme: str
    host: str
    port: int


class CallTransport(httpx2.AsyncBaseTransport):
    """Connections to any server; used by one event loop.

    The library's timeouts hold: `connect` for a new connection, `read` for the whole exchange.

    Args:
        trust: certificates to accept.
    """

    def __init__(self, trust: ssl.SSLContext) -> None:
        self._trust = trust
        self._idle: defaultdict[_Origin, list[_Connection]] = defaultdict(list)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """One exchange.

        Raises:
            httpx2.TransportError: nobody listens, no answer in time, or the connection broke off.
        """
        url, limits = request.url, request.extensions.get("timeout", {})
        origin = _Origin(url.scheme, url.raw_host.decode("ascii"), url.port or (443 if url.scheme == "https" else 80))
        data = _request_bytes(request, await request.aread())
        connection = self._kept(origin) or await self._connect(origin, limits.get("connect"))
        try:
            async with asyncio.timeout(limits.get("read")):
                reply = await connection.exchange(data)
        except TimeoutError as error:
            raise httpx2.ReadTimeout("no answer in time") from error
        except _Malformed as error:
            raise httpx2.RemoteProtocolError(str(error)) from error
        except OSError as error:
            raise httpx2.ReadError(str(error) or type(error).__name__) from error
        finally:
            if connection.is_free:
                self._idle[origin].append(connection)
            else:
                connection.abort()
        return httpx2.Response(reply.status, headers=reply.headers, content=reply.body)

    async def aclose(self) -> None:
        """Closes all connections that no call is using."""
        for connections in self._idle.values():
            for connection in connections:
                connection.abort()
        self._idle.clear()
        await asyncio.sleep(0)  # the loop closes the sockets in its next turn

    def _kept(self, origin: _Origin) -> _Connection | None:
        """The connection that was used last, if the server has not closed it."""
        oldest = asyncio.get_running_loop().time() - _IDLE_SECONDS
        idle = self._idle[origin]
        while idle:
            connection = idle.pop()
            if connection.is_free and connection.used_at > oldest:
                return connection
            connection.abort()
        return None

    async def _connect(self, origin: _Origin, seconds: float | None) -> _Connection:
        loop = asyncio.get_running_loop()
        secure = self._trust if origin.scheme == "https" else None
        try:
            async with asyncio.timeout(seconds):
                _, connection = await loop.create_connection(_Connection, origin.host, origin.port, ssl=secure)
        except TimeoutError as error:
            raise httpx2.ConnectTimeout("no connection in time") from error
        except OSError as error:  # names that are not known and certificates that are not trusted included
            raise httpx2.ConnectError(str(error)) from error
        return connection


class _Connection(asyncio.Protocol):
    """One connection; one exchange at a time."""

    def __init__(self) -> None:
        self.used_at = 0.0
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._reading: Generator[None, bool, _Reply] | None = None
        self._turn: asyncio.Future[_Reply] | None = None
        self._open = False

    @property
    def is_free(self) -> bool:
        """Whether another request may be sent: the last one is answered, nothing came that nobody asked for."""
        return self._open and self._turn is None and not self._buffer

    async def exchange(self, data: bytes) -> _Reply:
        """Sends a request and gives the response.

        Raises:
            _Malformed: of what came.
            OSError: the connection broke.
        """
        assert self._transport is not None, "a connection is made before it is used"
        loop = asyncio.get_running_loop()
        self._turn = loop.create_future()
        self._reading = _response(self._buffer)
        next(self._reading)
        self._transport.write(data)
        reply = await self._turn
        # Reached after a whole response alone: in all other cases `is_free` stays False, and the connection ends.
        self._turn, self.used_at = None, loop.time()
        self._open = self._open and reply.reusable
        return reply

    def abort(self) -> None:
        """Closes at once."""
        self._open = False
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport), "connections are streams"
        self._transport, self._open = transport, True

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._read(ended=False)

    def eof_received(self) -> None:
        self._open = False
        self._read(ended=True)

    def connection_lost(self, error: Exception | None) -> None:
        self._open = False
        if error is not None and self._turn is not None and not self._turn.done():
            self._turn.set_exception(error)
        self._read(ended=True)

    def _read(self, *, ended: bool) -> None:
        """Goes on with the response that is being read; what came while none was, makes the connection useless."""
        if self._reading is None or self._turn is None or self._turn.done():
            return
        try:
            self._reading.send(ended)
        except StopIteration as end:
            self._turn.set_result(end.value)
        except _Malformed as error:
            self._turn.set_exception(error)


def _request_bytes(request: httpx2.Request, body: bytes) -> bytes:
    lines = [b"%s %s HTTP/1.1" % (request.method.encode("ascii"), request.url.raw_path)]
    for name, value in request.headers.raw:
        if b"\r" in value or b"\n" in value or b"\0" in value:
            raise httpx2.LocalProtocolError(f"the header {name.decode('ascii', 'replace')} holds a line break")
        lines.append(b"%s: %s" % (name, value))
    return b"\r\n".join((*lines, b"", body))


def _response(buffer: bytearray) -> Generator[None, bool, _Reply]:
    """Reads one response from the front of `buffer`. Sent False when more has come, True when no more will.

    Raises:
        _Malformed: it is none.
    """
    status = 100
    while 100 <= status < 200:  # such a head announces the one that counts
        first, *lines = (yield from _until(buffer, b"\r\n\r\n")).split(b"\r\n")
        version, _, rest = first.partition(b" ")
        if version not in (b"HTTP/1.1", b"HTTP/1.0") or not rest[:3].isdigit():
            raise _Malformed("what came is no HTTP response")
        status = int(rest[:3])
    headers = [_header(line) for line in lines]
    named = {name.lower(): value.lower() for name, value in headers}
    reusable = version == b"HTTP/1.1" and b"close" not in named.get(b"connection", b"")
    if status in _NO_BODY:
        return _Reply(status, headers, b"", reusable)
    if b"chunked" in named.get(b"transfer-encoding", b""):
        return _Reply(status, headers, (yield from _chunks(buffer)), reusable)
    length = named.get(b"content-length")
    if length is None:
        while not (yield):
            pass
        return _Reply(status, headers, bytes(buffer), reusable=False)
    if not length.isdigit():
        raise _Malformed("the length of what came is no number")
    return _Reply(status, headers, (yield from _exactly(buffer, int(length))), reusable)


def _header(line: bytes) -> tuple[bytes, bytes]:
    name, colon, value = line.partition(b":")
    if not colon or not name or name != name.strip():
        raise _Malformed("a header of what came is broken")
    return name, value.strip()


def _chunks(buffer: bytearray) -> Generator[None, bool, bytes]:
    body = []
    while True:
        length, _, _ = (yield from _until(buffer, b"\r\n")).partition(b";")
        try:
            size = int(length, 16)
        except ValueError as error:
            raise _Malformed("the length of a chunk is no number") from error
        if size == 0:
            break
        body.append((yield from _exactly(buffer, size)))
        if (yield from _until(buffer, b"\r\n")):
            raise _Malformed("a chunk is longer than it says")
    while (yield from _until(buffer, b"\r\n")):
        pass  # trailers
    return b"".join(body)


def _until(buffer: bytearray, end: bytes) -> Generator[None, bool, bytes]:
    while (at := buffer.find(end)) < 0:
        if len(buffer) > _LARGEST_HEAD:
            raise _Malformed("a line of what came does not end")
        yield from _more()
    piece = bytes(buffer[:at])
    del buffer[: at + len(end)]
    return piece


def _exactly(buffer: bytearray, count: int) -> Generator[None, bool, bytes]:
    while len(buffer) < count:
        yield from _more()
    piece = bytes(buffer[:count])
    del buffer[:count]
    return piece


def _more() -> Generator[None, bool, None]:
    if (yield):
        raise _Malformed("the connection ended in the middle of the response")
