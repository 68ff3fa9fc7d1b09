"""What a server may send: so many bytes, in a coding that was asked for, within a time; more is one failed call.

    client = BoundedClient(verify=context, base_url="http://127.0.0.1:8000/v1", ...)
    with at_most(reply_bytes(2000)):
        ...                             # a longer response raises Unreceivable; of an error the beginning is read

The cap holds before and after decompression. Heads are aiohttp's to bound (8 KiB a line, 128 lines).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextvars import ContextVar
from typing import Any, Final

import aiohttp
import httpx2
import openai

__all__ = ["LISTING_BYTES", "BoundedClient", "Unreceivable", "at_most", "decoded_parts", "reply_bytes"]

_PLAIN_BYTES: Final = 256 * 1024
"""Of a reply beside its tokens: figures, filters' verdicts, thoughts beyond the limit."""
_BYTES_PER_TOKEN: Final = 256
"""A token of many letters, each written as an escape of JSON."""
_MOST_REPLY_BYTES: Final = 64 * 1024 * 1024
"""Whatever number of tokens is asked for."""
_ERROR_BYTES: Final = 256 * 1024
"""Of an error's body; what follows is not read, and says nothing more."""
LISTING_BYTES: Final = 8 * 1024 * 1024
"""Of a list of models or batches; the longest lists known have one."""

_OF_THE_BODY = frozenset({"content-encoding", "content-length", "transfer-encoding"})
"""Headers that tell how a body was sent."""

_cap: ContextVar[int] = ContextVar("most bytes of a response", default=LISTING_BYTES)


class Unreceivable(httpx2.RequestError):
    """A response that is not read to its end.

    Attributes:
        reason: slug.
    """

    def __init__(self, reason: str, message: str, *, request: httpx2.Request | None = None) -> None:
        super().__init__(message, request=request)
        self.reason = reason


def reply_bytes(tokens: int) -> int:
    """Bytes that a reply to a call may have that asked for so many tokens."""
    return min(_PLAIN_BYTES + _BYTES_PER_TOKEN * max(0, tokens), _MOST_REPLY_BYTES)


@contextlib.contextmanager
def at_most(count: int) -> Iterator[None]:
    """Within the block, a response may have so many bytes, decompressed and as it comes."""
    token = _cap.set(count)
    try:
        yield
    finally:
        _cap.reset(token)


class BoundedClient(openai.DefaultAioHttpClient):
    """The client library's, which follows no redirect and reads no response beyond the cap.

    The time that a request has is for the whole of it, the body of its response included. Errors of aiohttp that its
    adapter lets through (responses that are no HTTP) are errors of this library's too.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, follow_redirects=False)

    async def send(self, request: httpx2.Request, *, stream: bool = False, **options: Any) -> httpx2.Response:
        """Sends a request; see `httpx2.AsyncClient.send`.

        Raises:
            Unreceivable: the response is too long, or in a coding that was not asked for.
        """
        seconds = request.extensions.get("timeout", {}).get("read")
        try:
            async with asyncio.timeout(seconds):  # that of the adapter begins anew with each byte
                response = await super().send(request, stream=True, **options)
                return response if stream and response.is_success else await _received(response)
        except TimeoutError as error:
            raise httpx2.ReadTimeout(f"no whole response within {seconds:g} s", request=request) from error
        except (aiohttp.ClientError, OSError) as error:
            raise httpx2.RemoteProtocolError(str(error), request=request) from error


async def decoded_parts(response: httpx2.Response, *, most: int) -> AsyncGenerator[bytes]:
    """The body piece by piece, decompressed; the response is closed with it.

    Args:
        response: whose body was not read.
        most: bytes, as they come and decompressed.

    Raises:
        Unreceivable: it has more, or a coding that was not asked for.
    """
    coding = response.headers.get("content-encoding", "").strip().lower()
    asked = response.request.headers.get("accept-encoding", "").split(",")
    # Several at once are refused as well: they could unfold far beyond what comes out in the end.
    if coding not in ("", "identity", *(name.strip() for name in asked)):
        await response.aclose()
        told = f"the response is compressed as {coding[:40]}, which was not asked for, and was not read"
        raise Unreceivable("reply-coded", told, request=response.request)
    response.stream = _Counted(response.stream, most=most, request=response.request)
    count = 0
    async with contextlib.aclosing(response.aiter_bytes()) as parts:
        async for part in parts:
            room = most - count
            count += len(part)
            if count > most:
                yield part[:room]
                raise _too_long(most, response.request)
            yield part


class _Counted(httpx2.AsyncByteStream):
    """A stream that ends in an error after so many bytes."""

    def __init__(self, stream: object, *, most: int, request: httpx2.Request) -> None:
        assert isinstance(stream, httpx2.AsyncByteStream), "responses of an asynchronous client"
        self._stream = stream
        self._most = most
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        count = 0
        async for part in self._stream:
            count += len(part)
            if count > self._most:
                raise _too_long(self._most, self._request)
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()


def _too_long(most: int, request: httpx2.Request) -> Unreceivable:
    told = f"the response is longer than {most:,} bytes, the most for what was asked, and was not read to its end"
    return Unreceivable("reply-too-long", told, request=request)


async def _received(response: httpx2.Response) -> httpx2.Response:
    """The response with its body read, of an error as much of it as counts."""
    most = _cap.get() if response.is_success else _ERROR_BYTES
    length = response.headers.get("content-length", "")
    if length.isdigit() and int(length[:20]) <= most and "content-encoding" not in response.headers:
        await response.aread()  # aiohttp reads no more than was announced
        return response
    read = bytearray()
    try:
        async with contextlib.aclosing(decoded_parts(response, most=most)) as parts:
            async for part in parts:
                read += part
    except Unreceivable:
        if response.is_success:
            raise
    kept = [pair for pair in response.headers.multi_items() if pair[0] not in _OF_THE_BODY]
    return httpx2.Response(response.status_code, headers=kept, content=bytes(read), request=response.request)
