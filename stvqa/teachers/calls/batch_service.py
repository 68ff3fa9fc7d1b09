"""The server's side of batches: files and batches of the Batch API, and what their errors mean.

service = BatchService(endpoint)
batch_id = await service.make("9c0f...", file)       # the name goes along as metadata
await service.find("9c0f...")                        # the same id, for a run that was killed before it noted it
seen = await service.look(batch_id)                  # SeenBatch(status="completed", files=("file-1",), ...)
await service.fetch("file-1", into=file)
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, aclosing
from typing import Any, BinaryIO, Literal, NamedTuple

import httpx2
import openai
from openai import omit

from stvqa.errors import CallError
from stvqa.records.base import Record
from stvqa.teachers.calls.batch_lines import CHAT_PATH
from stvqa.teachers.calls.endpoint import Endpoint
from stvqa.teachers.calls.receiving import decoded_parts

__all__ = ["BatchService", "NotedBatch", "SeenBatch"]

_METADATA = "stvqa"
_SOMETHING_ELSE = "it answered with something else"
_KEPT = "every answer that came is kept, and the same command goes on"
_MOST_PAGES = 500
"""Of a list of batches; a server that goes on beyond it has no end."""
_FILE_BYTES = 1024 * 1024 * 1024
"""Of a file of answers; the calls of a batch have 200 MB at most, with their pictures."""
_SLOWEST_BYTES_A_SECOND = 32 * 1024
_ENDED = frozenset({"completed", "expired", "cancelled", "failed"})


class NotedBatch(Record):
    """A batch as the ledger notes it.

    Attributes:
        name: ours.
        server: where it was sent, without credentials.
        model: of all its calls.
        batch_id: the server's; "" until it is made.
        state: `made` until its answers are in the ledger.
    """

    name: str
    server: str
    model: str
    batch_id: str = ""
    state: Literal["made", "ended"] = "made"

    @property
    def owner(self) -> str:
        """Of its calls, in the ledger."""
        return f"batch:{self.name}"


class SeenBatch(NamedTuple):
    """A batch as the server tells of it.

    Attributes:
        status: the server's word; `gone` where it knows no such batch.
        files: of answers and of errors, as far as there are any.
        errors: why it failed as a whole, or "".
    """

    status: str
    files: tuple[str, ...] = ()
    errors: str = ""

    @property
    def has_ended(self) -> bool:
        """Whether nothing more comes of it."""
        return self.status in _ENDED or self.status == "gone"


class BatchService:
    """Files and batches of one server. All methods raise CallError where it does not do what is asked."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._client = endpoint.client

    async def make(self, name: str, file: BinaryIO) -> str:
        """Uploads calls and makes a batch of them; gives its id."""
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        try:
            uploaded = await self._client.files.with_raw_response.create(
                file=(f"{name}.jsonl", file), purpose="batch", timeout=self._seconds_for(size)
            )
            made = await self._client.batches.with_raw_response.create(
                input_file_id=self._id(self._object(uploaded.content)),
                endpoint=CHAT_PATH,
                completion_window="24h",
                metadata={_METADATA: name},
            )
        except openai.OpenAIError as error:
            raise self._error(error, "make a batch") from None
        return self._id(self._object(made.content))

    async def find(self, name: str) -> str | None:
        """The id of the batch that was made under a name; None where none was."""
        try:
            async for made in self._listed():
                metadata = made.get("metadata")
                if isinstance(metadata, Mapping) and metadata.get(_METADATA) == name:
                    return self._id(made)
        except openai.OpenAIError as error:
            raise self._error(error, "list the batches") from None
        return None

    async def look(self, batch_id: str) -> SeenBatch:
        """How far a batch is."""
        try:
            reply = await self._client.batches.with_raw_response.retrieve(batch_id)
        except openai.NotFoundError:
            return SeenBatch("gone")
        except openai.OpenAIError as error:
            raise self._error(error, f"look at batch {batch_id}") from None
        seen = self._object(reply.content)
        files = [name for name in (seen.get("output_file_id"), seen.get("error_file_id")) if name]
        status = seen.get("status")
        if not isinstance(status, str) or not all(isinstance(name, str) for name in files):
            raise self._no_batches(_SOMETHING_ELSE)
        return SeenBatch(status, tuple(files), self._endpoint.secret.shown("; ".join(_messages(seen.get("errors")))))

    async def fetch(self, file_id: str, into: BinaryIO) -> None:
        """Writes the content of a file of answers into another, piece by piece.

        Args:
            file_id: the server's.
            into: a file, which the content is added to.
        """
        began, count = time.monotonic(), 0
        try:
            async with AsyncExitStack() as opened:
                content = self._client.files.with_streaming_response.content(file_id)
                response = (await opened.enter_async_context(content)).http_response
                parts = await opened.enter_async_context(aclosing(decoded_parts(response, most=_FILE_BYTES)))
                async for part in parts:
                    count += len(part)
                    if time.monotonic() - began > self._seconds_for(count):
                        raise self._too_slow(file_id, count)
                    await asyncio.to_thread(into.write, part)
        except (openai.OpenAIError, httpx2.RequestError) as error:
            raise self._error(error, f"fetch {file_id}") from None

    def _seconds_for(self, size: int) -> float:
        """What so many bytes may take on a slow connection."""
        return self._endpoint.timeout_seconds + size / _SLOWEST_BYTES_A_SECOND

    def _too_slow(self, file_id: str, count: int) -> CallError:
        where = self._endpoint.server.shown
        told = f"{where} sends {file_id} too slowly ({count:,} bytes in {self._seconds_for(count):.0f} s)"
        return CallError(f"{told}: try later; {_KEPT}")

    async def _listed(self) -> AsyncIterator[Mapping[str, Any]]:
        """All batches that the server tells of, page by page."""
        after = ""
        for _ in range(_MOST_PAGES):
            page = self._object((await self._client.batches.with_raw_response.list(after=after or omit)).content)
            batches = page.get("data")
            if not isinstance(batches, list) or not all(isinstance(made, Mapping) for made in batches):
                raise self._no_batches(_SOMETHING_ELSE)
            for made in batches:
                yield made
            if not batches or page.get("has_more") is False:
                return
            before, after = after, self._id(batches[-1])
            if after == before:  # it gives the same page again
                return

    def _object(self, content: bytes) -> Mapping[str, Any]:
        """The JSON object of a response; the client library takes anything for what it waits for."""
        try:
            value = json.loads(content)
        except (ValueError, RecursionError):  # deeper than any response is
            value = None
        if not isinstance(value, Mapping):
            raise self._no_batches(_SOMETHING_ELSE)
        return value

    def _id(self, value: Mapping[str, Any]) -> str:
        """The id of a file or of a batch."""
        found = value.get("id")
        if not isinstance(found, str) or not found:
            raise self._no_batches(_SOMETHING_ELSE)
        return found

    def _no_batches(self, why: str) -> CallError:
        where = self._endpoint.server.shown
        return CallError(f"{where} has no Batch API ({why}): leave out --batch, or use --batch-out FILE")

    def _error(self, error: Exception, what: str) -> CallError:
        where = self._endpoint.server.shown
        if not isinstance(error, openai.APIStatusError):
            return CallError(f"cannot {what}: {self._endpoint.disconnected(error).detail}; {_KEPT}")
        if (elsewhere := self._endpoint.redirected(error)) is not None:
            return CallError(elsewhere.detail)
        refusal = self._endpoint.refusal(error)
        if error.status_code in (404, 405, 501):
            return self._no_batches(refusal.shown)
        if error.status_code == 401:
            return CallError(f"{where} refuses the key ({refusal.shown}): put a valid one into OPENAI_API_KEY")
        return CallError(f"cannot {what} at {where} ({error.status_code}: {refusal.shown}): try later; {_KEPT}")


def _messages(errors: object) -> list[str]:
    """What the `errors` of a batch say."""
    listed = errors.get("data") if isinstance(errors, Mapping) else None
    said = [item.get("message") for item in listed if isinstance(item, Mapping)] if isinstance(listed, list) else []
    return [text for text in said if isinstance(text, str) and text]
