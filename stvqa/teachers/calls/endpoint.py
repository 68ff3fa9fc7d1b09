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
from urllib.parse import parse_qsl

import httpx2
import openai

from stvqa.environment import Proxy, find_proxy
from stvqa.secrecy import login_secrets
from stvqa.store.ledger_rows import Answer
from stvqa.teachers.calls.disconnections import disconnected, proxy_refusal
from stvqa.teachers.calls.error_words import error_in
from stvqa.teachers.calls.options import CHAT_ROUTE, Server
from stvqa.teachers.calls.receiving import BoundedClient, at_most, reply_bytes
from stvqa.teachers.calls.redirects import redirected
from stvqa.teachers.calls.refusals import Refusal, Verdict, judge
from stvqa.teachers.calls.secret import Secret
from stvqa.teachers.calls.wire import NotACompletion, read_completion

__all__ = ["Endpoint"]

_CONNECT_SECONDS = 10.0
_MODELS_SHOWN = 8
_LIMIT_NAMES = ("max_tokens", "max_completion_tokens")
_LONGEST_SWITCH = 7
"""Letters; a shorter value of a query is `true` or a number, and no key."""
_CONNECTIONS = httpx2.Limits(max_connections=100_000, keepalive_expiry=4.0)
"""As many at once as there are calls: others decide that. One waits 4 s for its next call; common servers close theirs
after 5."""


class Endpoint:
    """A server. Used by one event loop; the key stays inside the client library.

    Args:
        server: where it is.
        timeout_seconds: for one try, from its beginning to the last byte of the response.

    Attributes:
        client: for requests that are few (files, batches, the list of models).
        timeout_seconds: as given.
    """

    def __init__(self, server: Server, *, timeout_seconds: float) -> None:
        self.server = server
        self.timeout_seconds = timeout_seconds
        self._proxy = find_proxy(server.shown)
        self.secret = Secret(server.key if server.has_key else "", also=_hidden(server, self._proxy))
        timeout = openai.Timeout(timeout_seconds, connect=min(timeout_seconds, _CONNECT_SECONDS))
        http_client = BoundedClient(
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
            with at_most(reply_bytes(_tokens_asked(body))):
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
        except openai.APIConnectionError as error:
            return self.disconnected(error)
        try:
            return self._answer(json.loads(reply), model=model, images=images)
        except (ValueError, RecursionError):  # deeper than any reply is, or numbers longer than any
            return Verdict("retry", "not-json", "the server's reply is not JSON")

    def refusal(self, error: openai.APIStatusError) -> Refusal:
        """What an error response says."""
        body = _decoded(error.response)
        return Refusal.of(error.status_code, body, error.response.headers, secret=self.secret)

    def redirected(self, error: openai.APIStatusError) -> Verdict | None:
        """What a redirect means; None for any other error response."""
        location = error.response.headers.get("location", "")
        asked = str(error.response.request.url)
        return redirected(error.status_code, location, asked=asked, url=self.server.shown, secret=self.secret)

    def disconnected(self, error: Exception) -> Verdict:
        """What it means that no response came."""
        return disconnected(
            error,
            server=self.server.shown,
            proxy=self._proxy,
            seconds=self.timeout_seconds,
            secret=self.secret,
        )

    async def _refused(self, error: openai.APIStatusError, *, model: str, images: bool) -> Verdict:
        if (verdict := self.redirected(error)) is not None:
            return verdict
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
            return self.secret.out_of(read_completion(value))
        except NotACompletion as error:
            return Verdict("retry", "no-completion", str(error))

    async def _with_models(self, verdict: Verdict) -> Verdict:
        """A verdict about an unknown model, with the names that the server does know."""
        if verdict.reason != "unknown-model":
            return verdict
        try:
            seconds = min(self.timeout_seconds, _CONNECT_SECONDS)
            listed = await self.client.get("/models", cast_to=bytes, options={"timeout": seconds})
            known = _names_of(json.loads(listed))
        except Exception:  # noqa: BLE001 (names are a help: whatever comes in their place, the verdict stands)
            return verdict
        names = ", ".join(known[:_MODELS_SHOWN]) + (", ..." if len(known) > _MODELS_SHOWN else "")
        return verdict._replace(detail=f"{verdict.detail}; it knows {self.secret.shown(names) or 'none'}")


def _hidden(server: Server, proxy: Proxy | None) -> list[str]:
    """What else is nobody's business: logins of server and proxy, and values of the query, but for a version's."""
    values = [
        value for name, value in parse_qsl(server.query) if len(value) > _LONGEST_SWITCH and name != "api-version"
    ]
    encoded = [] if proxy is None else [proxy.authorization.removeprefix("Basic ")]
    return [*values, *login_secrets(server.url), *encoded]


def _tokens_asked(body: Mapping[str, Any]) -> int:
    """The limit of output tokens in the body of a call, by either of its names."""
    return max((int(body[name]) for name in _LIMIT_NAMES if name in body), default=0)


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
