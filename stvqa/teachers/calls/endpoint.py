"""One server behind the OpenAI API: one try of one call, and what came of it in words of our own.

    endpoint = Endpoint(server, timeout_seconds=120.0)
    await endpoint.ask(body, key="3fa9...")      # Answer(...) or a Verdict

Retries are not its business, nor the client library's (`max_retries=0`): they belong to those who know the limits.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import openai

from stvqa.store.ledger_rows import Answer
from stvqa.teachers.calls.options import Server
from stvqa.teachers.calls.refusals import Refusal, Secret, Verdict, judge
from stvqa.teachers.calls.transport import CallTransport
from stvqa.teachers.calls.wire import NotACompletion, read_completion

__all__ = ["Endpoint"]

_CONNECT_SECONDS = 10.0
_MODELS_SHOWN = 8


class Endpoint:
    """A server. Used by one event loop; the key stays inside the client library.

    Args:
        server: where it is.
        timeout_seconds: for one try.

    Attributes:
        client: for requests that are few (files, batches, the list of models).
    """

    def __init__(self, server: Server, *, timeout_seconds: float) -> None:
        self.server = server
        self.secret = Secret(server.key if server.has_key else "")
        self._timeout_seconds = timeout_seconds
        self._trust = ssl.create_default_context()
        self.client = self._open(None)
        self._caller = self.client if _has_proxy(server.url) else self._open(CallTransport(self._trust))

    def _open(self, transport: CallTransport | None) -> openai.AsyncOpenAI:
        timeout = openai.Timeout(self._timeout_seconds, connect=min(self._timeout_seconds, _CONNECT_SECONDS))
        http_client = openai.DefaultAsyncHttpxClient(
            verify=self._trust, timeout=timeout, base_url=self.server.url, transport=transport
        )
        return openai.AsyncOpenAI(
            api_key=self.server.key,
            base_url=self.server.url,
            max_retries=0,
            timeout=timeout,
            http_client=http_client,
        )

    async def close(self) -> None:
        """Closes the connections."""
        await self._caller.close()
        await self.client.close()

    async def ask(self, body: Mapping[str, Any], *, key: str, images: bool) -> Answer | Verdict:
        """One try.

        Args:
            body: of the chat completion.
            key: of the call; sent as `X-Client-Request-Id`, so that it can be found in the provider's log.
            images: the call has images.
        """
        model = str(body["model"])
        content = json.dumps(body, separators=(",", ":")).encode()
        try:
            # `chat.completions.create` would walk through the body looking for types to convert: there are none.
            # It would also draw a random key for retries of its own: there are none, and that key is never sent.
            reply = await self._caller.post(
                "/chat/completions",
                cast_to=bytes,
                content=content,
                options={"headers": {"X-Client-Request-Id": key}, "idempotency_key": key},
            )
        except openai.APIStatusError as error:
            refusal = Refusal.of(error.status_code, error.body, error.response.headers, secret=self.secret)
            verdict = judge(refusal, model=model, url=self.server.shown, images=images)
            return await self._with_models(verdict)
        except openai.APITimeoutError:
            return Verdict("retry", "timeout", f"no answer within {self._timeout_seconds:g} s")
        except openai.APIConnectionError as error:
            return self._disconnected(error)
        try:
            value = json.loads(reply)
        except ValueError:
            return Verdict("retry", "not-json", "the server's reply is not JSON")
        return self._answer(value, model=model, images=images)

    def _answer(self, value: object, *, model: str, images: bool) -> Answer | Verdict:
        """The answer in a response with status 200; some proxies send their errors so."""
        if isinstance(value, Mapping) and "error" in value and "choices" not in value:
            error = value["error"]
            code = error.get("code") if isinstance(error, Mapping) else None
            refusal = Refusal.of(code if isinstance(code, int) else 500, value, {}, secret=self.secret)
            return judge(refusal, model=model, url=self.server.shown, images=images)
        try:
            return read_completion(value)
        except NotACompletion as error:
            return Verdict("retry", "no-completion", str(error))

    def _disconnected(self, error: openai.APIConnectionError) -> Verdict:
        cause = error.__cause__ or error
        said = self.secret.clean(str(cause)) or type(cause).__name__
        if type(cause).__name__ in ("ConnectError", "UnsupportedProtocol"):
            remedy = "start the server there, or give another --base-url"
            return Verdict("retry", "nobody-listens", f"nobody answers at {self.server.shown} ({said}): {remedy}")
        return Verdict("retry", "dropped", f"the connection broke off ({said})")

    async def _with_models(self, verdict: Verdict) -> Verdict:
        """A verdict about an unknown model, with the names that the server does know."""
        if verdict.reason != "unknown-model":
            return verdict
        try:
            known = [model.id async for model in self.client.models.list()]
        except openai.OpenAIError:
            return verdict
        names = ", ".join(known[:_MODELS_SHOWN]) + (", ..." if len(known) > _MODELS_SHOWN else "")
        return verdict._replace(detail=f"{verdict.detail}; it knows {self.secret.clean(names) or 'none'}")


def _has_proxy(url: str) -> bool:
    """Whether the environment sends requests to this URL through a proxy, which is the library's business."""
    parts = urlsplit(url)
    proxies = getproxies()
    return bool({parts.scheme, "all"} & set(proxies)) and not proxy_bypass(parts.hostname or "")
