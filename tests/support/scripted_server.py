"""A server that answers with bytes as they are written in a test, and what comes of calls to it.

script = Script([b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\n{}"])
(outcome,) = asked(script)      # the text of an answer, or a verdict
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

from stvqa.store.ledger_rows import Answer
from stvqa.teachers.calls import CallOptions
from stvqa.teachers.calls.endpoint import Endpoint
from stvqa.teachers.calls.options import find_server
from stvqa.teachers.calls.refusals import Verdict

__all__ = ["Script", "asked"]


class Script:
    """Answers the requests of each connection with these bytes, one after the other, then closes it or waits.

    Args:
        pieces: bytes that are sent at once.
        pause: seconds between two of them.
    """

    def __init__(
        self, answers: Sequence[bytes], *, pieces: int = 10**6, pause: float = 0.0, then_open: bool = True
    ) -> None:
        self.answers = answers
        self.pieces = pieces
        self.pause = pause
        self.then_open = then_open
        self.connections = 0
        self.sent = 0  # bytes of answers
        self.heads: list[str] = []
        self.was_asked = asyncio.Event()
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
            self.heads.append(head.decode())
            self.was_asked.set()
            length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            await reader.readexactly(int(length or b"0"))
            for start in range(0, len(answer), self.pieces):
                writer.write(answer[start : start + self.pieces])
                await writer.drain()
                self.sent += len(answer[start : start + self.pieces])
                await asyncio.sleep(self.pause)
        if self.then_open:
            await reader.read()


def asked(
    script: Script,
    count: int = 1,
    *,
    seconds: float = 5.0,
    between: float = 0.0,
    path: str = "/v1",
    login: str = "",
    tokens: int = 60,
) -> list[str | Verdict]:
    """What comes of calls, one after the other: the text of an answer, or a verdict."""

    async def work() -> list[str | Verdict]:
        server = await asyncio.start_server(script.serve, "127.0.0.1", 0)
        url = f"http://{login}127.0.0.1:{server.sockets[0].getsockname()[1]}{path}"
        endpoint = Endpoint(find_server(CallOptions(base_url=url)), timeout_seconds=seconds)
        outcomes = []
        try:
            for number in range(count):
                outcome = await endpoint.ask({"model": "m", "max_tokens": tokens}, key=str(number), images=False)
                outcomes.append(outcome.text if isinstance(outcome, Answer) else outcome)
                await asyncio.sleep(between)
        finally:
            await endpoint.close()
            server.close()
            await asyncio.gather(*filter(None, script.tasks))
        return outcomes

    return asyncio.run(work())
