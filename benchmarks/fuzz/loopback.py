"""A server on loopback that answers as a case says, over plain sockets: no library keeps it from nonsense.

server = RawServer()
server.start()
server.answer_with(200, (), b'{"choices": []}', sound=b"...", marked="Question 0?")
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Sequence

__all__ = ["RawServer", "read_request", "response"]


class RawServer:
    """Answers requests that hold a mark with the case's response, all others with a sound one."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._odd = self._sound = b""
        self._mark = b""

    @property
    def url(self) -> str:
        """Of its chat completions API."""
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"

    def start(self) -> None:
        """Serves in threads of this process until it ends."""
        threading.Thread(target=self._serve, daemon=True).start()

    def answer_with(
        self, status: int, headers: Sequence[tuple[str, str]], body: bytes, *, sound: bytes, marked: str
    ) -> None:
        """From now on, to requests that hold `marked`."""
        named = {name.lower() for name, _ in headers}
        kind = () if "content-type" in named else (("Content-Type", "application/json"),)
        self._odd = response(status, (*headers, *kind), body)
        self._sound = response(200, (("Content-Type", "application/json"),), sound)
        self._mark = marked.encode()

    def _serve(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(20)
            request = read_request(connection)
            if request:
                connection.sendall(self._odd if self._mark in request else self._sound)


def read_request(connection: socket.socket) -> bytes:
    """Head and body, by its Content-Length."""
    data = b""
    while b"\r\n\r\n" not in data:
        some = connection.recv(65_536)
        if not some:
            return b""
        data += some
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
    )
    while len(body) < length:
        some = connection.recv(65_536)
        if not some:
            break
        body += some
    return head + body


def response(status: int, headers: Sequence[tuple[str, str]], body: bytes) -> bytes:
    """A whole response; its connection ends with it."""
    lines = [f"HTTP/1.1 {status} Odd", *(f"{name}: {value}" for name, value in headers)]
    lines += [f"Content-Length: {len(body)}", "Connection: close"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", errors="replace") + body
