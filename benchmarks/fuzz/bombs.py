"""A model server on loopback that does harm: `URL/gzip/v1` answers with a gzip bomb, `URL/endless/v1` without end.

with BombServer() as server:
    server.url      # "http://127.0.0.1:43567"
"""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Final, Self

from fuzz.loopback import read_request, response

__all__ = ["BombServer"]

_LARGE = 100_000_000
_JSON = (("Content-Type", "application/json"),)
_DRIP_SECONDS = 1.0
_BLOCK = b"x" * 65_536


def _completion(text: str) -> bytes:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 9, "completion_tokens": 9}
    return json.dumps({"object": "chat.completion", "model": "m", "choices": [choice], "usage": usage}).encode()


def _gzip() -> Iterator[bytes]:
    """2 MB that are 2 GB."""
    block = gzip.compress(b" " * 100_000_000)
    yield response(200, (*_JSON, ("Content-Encoding", "gzip")), block * 20)


def _endless() -> Iterator[bytes]:
    yield b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"choices": [{"message": {"content": "'
    while True:
        yield _BLOCK


def _drip() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n"
    while True:
        yield b" "
        time.sleep(_DRIP_SECONDS)


def _endless_head() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\n"
    while True:
        yield b"X-More: " + b"x" * 1000 + b"\r\n"


def _silent() -> Iterator[bytes]:
    time.sleep(600)
    yield b""


_DOES: Final[Mapping[str, Callable[[], Iterator[bytes]]]] = {
    "good": lambda: iter((response(200, _JSON, _completion("A")),)),
    "gzip": _gzip,
    "large": lambda: iter((response(200, _JSON, _completion("x" * _LARGE)),)),
    "large-error": lambda: iter((response(400, _JSON, b'{"error": "' + b"x" * _LARGE + b'"}'),)),
    "deep": lambda: iter((response(200, _JSON, b'{"choices": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"),)),
    "endless": _endless,
    "drip": _drip,
    "endless-head": _endless_head,
    "silent": _silent,
}


class BombServer:
    """Serves in threads of this process, from `with` to its end."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)

    @property
    def url(self) -> str:
        """Without what it shall do."""
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                connection, _ = self._socket.accept()
                threading.Thread(target=_converse, args=(connection,), daemon=True).start()


def _converse(connection: socket.socket) -> None:
    with connection, contextlib.suppress(OSError):
        request = read_request(connection)
        if request:
            does = request.split(b" ", 2)[1].decode().split("/")[1]
            for piece in _DOES.get(does, _DOES["good"])():
                connection.sendall(piece)
