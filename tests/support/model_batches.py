"""Files and batches of the loopback model server, as in the OpenAI Batch API.

A batch is worked off as soon as it is asked about after `Traits.batch_seconds`; a share of its lines
(`Traits.batch_expires`) is not come to, and it then ends as `expired`.
"""

from __future__ import annotations

import hashlib
import json
import time
from typing import TYPE_CHECKING, Any

from model_http import Request, Response, form_parts, json_response

if TYPE_CHECKING:
    from model_api import ModelApi

__all__ = ["Batches"]


class Batches:
    """Files and batches by their ids."""

    def __init__(self, api: ModelApi) -> None:
        self.api = api
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, dict[str, Any]] = {}
        self.fail_next: str = ""
        """Message with which the next batch fails as a whole; "" for none."""

    async def handle(self, request: Request, path: str) -> Response:
        """A request below /v1/files or /v1/batches."""
        words = path.removeprefix("/v1/").split("/")
        if words[0] == "files":
            return self._file(request, words[1:])
        if words[0] != "batches":
            return json_response({"error": {"message": f"no such path: {path}"}}, 404)
        if len(words) == 1 and request.method == "POST":
            return self._create(json.loads(request.body))
        if len(words) == 1:
            return json_response({"object": "list", "data": list(self.batches.values()), "has_more": False})
        if words[1] not in self.batches:
            return json_response({"error": {"message": f"No batch found with id {words[1]}"}}, 404)
        if words[2:] == ["cancel"]:
            self.batches[words[1]]["status"] = "cancelled"
        else:
            await self._work(self.batches[words[1]])
        return json_response(self.batches[words[1]])

    def _file(self, request: Request, words: list[str]) -> Response:
        if not words:
            return json_response(self._keep(form_parts(request)["file"]))
        if words[0] not in self.files:
            return json_response({"error": {"message": "No such File object"}}, 404)
        if words[1:] == ["content"]:
            return Response(body=self.files[words[0]], content_type="application/octet-stream")
        return json_response(_file_object(words[0], self.files[words[0]]))

    def _keep(self, content: bytes) -> dict[str, Any]:
        name = f"file-{len(self.files)}-{hashlib.sha256(content).hexdigest()[:8]}"
        self.files[name] = content
        return _file_object(name, content)

    def _create(self, wanted: dict[str, Any]) -> Response:
        if wanted["input_file_id"] not in self.files:
            return json_response({"error": {"message": "No such File object"}}, 400)
        lines = self.files[wanted["input_file_id"]].splitlines()
        name = f"batch_{len(self.batches)}"
        now = int(time.time())
        self.batches[name] = {
            "id": name,
            "object": "batch",
            "endpoint": wanted["endpoint"],
            "input_file_id": wanted["input_file_id"],
            "completion_window": wanted["completion_window"],
            "status": "in_progress",
            "created_at": now,
            "expires_at": now + 86_400,
            "metadata": wanted.get("metadata"),
            "request_counts": {"total": len(lines), "completed": 0, "failed": 0},
            "_begun": time.monotonic(),
        }
        if self.fail_next:
            error = {"code": "invalid_file", "message": self.fail_next, "line": 1, "param": None}
            self.batches[name] |= {"status": "failed", "errors": {"object": "list", "data": [error]}}
            self.fail_next = ""
        return json_response(self.batches[name])

    async def _work(self, batch: dict[str, Any]) -> None:
        """Answers all lines at once when the time has come."""
        if batch["status"] != "in_progress" or time.monotonic() - batch["_begun"] < self.api.traits.batch_seconds:
            return
        good, bad, expired = [], [], 0
        for number, line in enumerate(self.files[batch["input_file_id"]].splitlines()):
            wanted = json.loads(line)
            if self._expires(wanted["custom_id"]):
                expired += 1
                error = {"code": "batch_expired", "message": "This request could not be executed in time."}
                bad.append({"id": f"r{number}", "custom_id": wanted["custom_id"], "response": None, "error": error})
                continue
            response = await self.api.answer(wanted["body"], name=wanted["custom_id"], hurried=True)
            entry = _line(number, wanted["custom_id"], response)
            (good if entry["response"] and entry["response"]["status_code"] == 200 else bad).append(entry)
        batch["status"] = "expired" if expired else "completed"
        batch["request_counts"] |= {"completed": len(good), "failed": len(bad)}
        # Providers give no order; the reverse one is as good as any and catches who relies on it.
        batch["output_file_id"] = self._keep(_lines(good[::-1]))["id"] if good else None
        batch["error_file_id"] = self._keep(_lines(bad[::-1]))["id"] if bad else None

    def _expires(self, name: str) -> bool:
        drawn = int.from_bytes(hashlib.sha256(f"{len(self.batches)}\x1f{name}".encode()).digest()[:8], "big") / 2**64
        return drawn < self.api.traits.batch_expires


def _line(number: int, name: str, response: Response) -> dict[str, Any]:
    if response.dropped or response.cut_at is not None:
        error = {"code": "server_error", "message": "the request broke off"}
        return {"id": f"r{number}", "custom_id": name, "response": None, "error": error}
    try:
        body = json.loads(response.body)
    except ValueError:
        body = {"error": {"message": "not JSON"}}
    answer = {"status_code": response.status, "request_id": f"r{number}", "body": body}
    return {"id": f"r{number}", "custom_id": name, "response": answer, "error": None}


def _lines(entries: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(entry).encode() + b"\n" for entry in entries)


def _file_object(name: str, content: bytes) -> dict[str, Any]:
    return {"id": name, "object": "file", "bytes": len(content), "created_at": 0, "filename": name, "purpose": "batch"}
