"""The server's side of batches: files and batches of the Batch API, and what their errors mean.

service = BatchService(endpoint)
batch_id = await service.make("9c0f...", file)       # the name goes along as metadata
await service.find("9c0f...")                        # the same id, for a run that was killed before it noted it
seen = await service.look(batch_id)                  # SeenBatch(status="completed", files=("file-1",), ...)
await service.fetch("file-1")
"""

from __future__ import annotations

from typing import BinaryIO, Literal, NamedTuple

import openai

from stvqa.errors import CallError
from stvqa.records.base import Record
from stvqa.teachers.calls.batch_lines import CHAT_PATH
from stvqa.teachers.calls.endpoint import Endpoint

__all__ = ["BatchService", "NotedBatch", "SeenBatch"]

_METADATA = "stvqa"
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
        try:
            uploaded = await self._client.files.create(file=(f"{name}.jsonl", file), purpose="batch")
            made = await self._client.batches.create(
                input_file_id=uploaded.id,
                endpoint=CHAT_PATH,
                completion_window="24h",
                metadata={_METADATA: name},
            )
        except openai.OpenAIError as error:
            raise self._error(error, "make a batch") from None
        return made.id

    async def find(self, name: str) -> str | None:
        """The id of the batch that was made under a name; None where none was."""
        try:
            async for made in self._client.batches.list():
                if (made.metadata or {}).get(_METADATA) == name:
                    return made.id
        except openai.OpenAIError as error:
            raise self._error(error, "list the batches") from None
        return None

    async def look(self, batch_id: str) -> SeenBatch:
        """How far a batch is."""
        try:
            seen = await self._client.batches.retrieve(batch_id)
        except openai.NotFoundError:
            return SeenBatch("gone")
        except openai.OpenAIError as error:
            raise self._error(error, f"look at batch {batch_id}") from None
        files = tuple(name for name in (seen.output_file_id, seen.error_file_id) if name)
        errors = seen.errors.data if seen.errors and seen.errors.data else []
        said = "; ".join(item.message for item in errors if item.message)
        return SeenBatch(seen.status, files, self._endpoint.secret.shown(said))

    async def fetch(self, file_id: str) -> bytes:
        """The content of a file of answers."""
        try:
            content = await self._client.files.content(file_id)
        except openai.OpenAIError as error:
            raise self._error(error, f"fetch {file_id}") from None
        return content.content

    def _error(self, error: openai.OpenAIError, what: str) -> CallError:
        where = self._endpoint.server.shown
        kept = "every answer that came is kept, and the same command goes on"
        if not isinstance(error, openai.APIStatusError):
            told = f"cannot {what}: {self._endpoint.disconnected(error).detail}"
            return CallError(f"{told}; {kept}")
        refusal = self._endpoint.refusal(error)
        if error.status_code in (404, 405, 501):
            remedy = "leave out --batch, or use --batch-out FILE"
            return CallError(f"{where} has no Batch API ({refusal.shown}): {remedy}")
        if error.status_code == 401:
            return CallError(f"{where} refuses the key ({refusal.shown}): put a valid one into OPENAI_API_KEY")
        return CallError(f"cannot {what} at {where} ({error.status_code}: {refusal.shown}): try later; {kept}")
