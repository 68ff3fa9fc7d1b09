"""One server behind the OpenAI API: one try of one call, and what came of it in words of our own.

    endpoint = Endpoint(server, timeout_seconds=120.0)
    await endpoint.ask(body, key="3fa9...")      # Answer(...) or a Verdict

Retries are not its business, nor the client library's (`max_retries=0`): they belong to those who know the limits.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import aiohttp
import httpx2
import openai

from stvqa.environment import Proxy, find_proxy
from stvqa.store.ledger_rows import Answer
from stvqa.teachers.calls.disconnections import disconnected, proxy_refusal
from stvqa.teachers.calls.error_words import error_in
from stvqa.teachers.calls.options import CHAT_ROUTE, Server
from stvqa.teachers.calls.refusals import Refusal, Verdict, judge
from stvqa.teachers.calls.secret import Secret
from stvqa.teachers.calls.wire import NotACompletion, read_completion

__all__ = ["Endpoint"]

_CONNECT_SECONDS = 10.0
_MODELS_SHOWN = 8
_LONGEST_SWITCH = 7
"""Letters; a shorter value of a query is `true` or a number, and no key."""
_CONNECTIONS = httpx2.Limits(max_connections=100_000, keepalive_expiry=4.0)
"""As many at once as there are calls: others decide that. One waits 4 s for its next call; common servers close theirs
after 5."""


class _HttpClient(openai.DefaultAioHttpClient):
    """The client library's, without errors of aiohttp that its adapter lets through: responses that are no HTTP."""

    async def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        try:
            return await super().send(request, **options)
        except (aiohttp.ClientError, OSError) as error:
            raise httpx2.RemoteProtocolError(str(error), request=request) from error


class Endpoint:
    """A server. Used by one event loop; the key stays inside the client library.

    Args:
        server: where it is.
        timeout_seconds: for one try, from its beginning to the last byte of the response.

    Attributes:
        client: for requests that are few (files, batches, the list of models).
    """

    def __init__(self, server: Server, *, timeout_seconds: float) -> None:
        self.server = server
        self.secret = Secret(server.key if server.has_key else "", also=_hidden(server))
        self._timeout_seconds = timeout_seconds
        self._proxy = find_proxy(server.shown)
        timeout = openai.Timeout(timeout_seconds, connect=min(timeout_seconds, _CONNECT_SECONDS))
        http_client = _HttpClient(
            verify=ssl.create_default_context(),
            timeout=timeout,
            base_url=server.shown,
            params=httpx2.QueryParams(server.query),
            auth=server.login,
            limits=_CONNECTIONS,
            trust_env=False,  # the environment's proxy is found above, where it is checked and can be named
            **_proxy_options(self._proxy, is_tunnel=server.shown.startswith("https:")),
        )
        self.client = openai.AsyncOpenAI(
            api_key=server.key, base_url=server.shown, max_retries=0, timeout=timeout, http_client=http_client
        )

    async def close(self) -> None:
        """Closes the connections."""
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
            async with asyncio.timeout(self._timeout_seconds):  # the library's own begins anew with each byte
                # `chat.completions.create` would walk through the body looking for types to convert: there are none.
                # It would also draw a random key for retries of its own: there are none, and that key is never sent.
                reply = await self.client.post(
                    CHAT_ROUTE,
                    cast_to=bytes,
                    content=content,
                    options={"headers": {"X-Client-Request-Id": key}, "idempotency_key": key},
                )
        except openai.APIStatusError as error:
            return await self._refused(error, model=model, images=images)
        except (openai.APIConnectionError, TimeoutError) as error:
            return self.disconnected(error)
        try:
            value = json.loads(reply)
        except (ValueError, RecursionError):  # deeper than any reply is
            return Verdict("retry", "not-json", "the server's reply is not JSON")
        return self._answer(value, model=model, images=images)

    def refusal(self, error: openai.APIStatusError) -> Refusal:
        """What an error response says."""
        body = _decoded(error.response)
        return Refusal.of(error.status_code, body, error.response.headers, secret=self.secret)

    def disconnected(self, error: Exception) -> Verdict:
        """What it means that no response came."""
        return disconnected(
            error,
            server=self.server.shown,
            proxy=self._proxy,
            seconds=self._timeout_seconds,
            secret=self.secret,
        )

    async def _refused(self, error: openai.APIStatusError, *, model: str, images: bool) -> Verdict:
        refusal = self.refusal(error)
        if self._proxy is not None and self.server.shown.startswith("http:"):
            is_json = not isinstance(_decoded(error.response), str)
            verdict = proxy_refusal(refusal, proxy=self._proxy, is_json=is_json)
            if verdict is not None:
                return verdict
        verdict = judge(refusal, model=model, url=self.server.shown, images=images)
        return await self._with_models(verdict)

    def _answer(self, value: object, *, model: str, images: bool) -> Answer | Verdict:
        """The answer in a response with status 200; some proxies send their errors so."""
        if error_in(value):
            refusal = Refusal.of(200, value, {}, secret=self.secret)
            return judge(refusal, model=model, url=self.server.shown, images=images)
        try:
            return read_completion(value)
        except NotACompletion as error:
            return Verdict("retry", "no-completion", str(error))

    async def _with_models(self, verdict: Verdict) -> Verdict:
        """A verdict about an unknown model, with the names that the server does know."""
        if verdict.reason != "unknown-model":
            return verdict
        try:
            async with asyncio.timeout(min(self._timeout_seconds, _CONNECT_SECONDS)):
                known = _names_of(json.loads(await self.client.get("/models", cast_to=bytes)))
        except Exception:  # noqa: BLE001 (names are a help: whatever comes in their place, the verdict stands)
            return verdict
        names = ", ".join(known[:_MODELS_SHOWN]) + (", ..." if len(known) > _MODELS_SHOWN else "")
        return verdict._replace(detail=f"{verdict.detail}; it knows {self.secret.shown(names) or 'none'}")


def _hidden(server: Server) -> list[str]:
    """What else of an address is nobody's business: its password, and values of its query, but for a version's."""
    values = [
        value for name, value in parse_qsl(server.query) if len(value) > _LONGEST_SWITCH and name != "api-version"
    ]
    return values if server.login is None else [*values, server.login[1]]


def _names_of(listed: object) -> list[str]:
    """Names of models in the answer of /models; none where it is no such list."""
    models = listed.get("data") if isinstance(listed, Mapping) else None
    names = [model.get("id") for model in models if isinstance(model, Mapping)] if isinstance(models, list) else []
    return [name for name in names if isinstance(name, str)]


def _proxy_options(proxy: Proxy | None, *, is_tunnel: bool) -> dict[str, Any]:
    """Options of the HTTP client for a proxy.

    User and password go along as headers: of the request for the tunnel where one is made, else of each call. The
    adapter hands them to aiohttp in a way that is deprecated there.
    """
    if proxy is None:
        return {}
    headers = {"Proxy-Authorization": proxy.authorization} if proxy.authorization else {}
    if is_tunnel:
        return {"proxy": httpx2.Proxy(proxy.url, headers=headers)}
    return {"proxy": httpx2.Proxy(proxy.url), "headers": headers}


def _decoded(response: httpx2.Response) -> object:
    """The body of a response: JSON where it is some, else text."""
    try:
        return response.json()
    except (ValueError, RecursionError):  # deeper than any reply is
        return response.text
