"""What it means that no response came: from the exceptions of the HTTP library to a verdict.

disconnected(error, server="http://127.0.0.1:8000/v1", proxy=None, seconds=120.0, secret=secret)
# Verdict(kind="retry", reason="nobody-listens", detail="nobody answers at http://127.0.0.1:8000/v1 (...): ...")

The client library's adapter to aiohttp names most of its errors a timeout of connecting, a connection that was refused
and one that broke off included. So what counts is the error of aiohttp, from which it was raised.
"""

from __future__ import annotations

from collections.abc import Iterator

import aiohttp

from stvqa.environment import Proxy
from stvqa.teachers.calls.receiving import Unreceivable
from stvqa.teachers.calls.refusals import Refusal, Verdict
from stvqa.teachers.calls.secret import Secret

__all__ = ["disconnected", "proxy_refusal"]

_PROXY_STATUSES = frozenset({403, 407, 502, 503, 504})
_PASSING = frozenset({502, 503, 504})
_UNREACHED = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)


def disconnected(error: BaseException, *, server: str, proxy: Proxy | None, seconds: float, secret: Secret) -> Verdict:
    """What to do after a call without a response.

    Args:
        error: of the client library.
        server: its address, as it may be shown.
        proxy: that stands before it.
        seconds: within which an answer has to come.
        secret: takes keys out of what is said.
    """
    causes = list(_causes(error))
    unreceivable = next((cause for cause in causes if isinstance(cause, Unreceivable)), None)
    if unreceivable is not None:  # it may be paid for, and asking again would be paid again
        return Verdict("fail", unreceivable.reason, secret.shown(str(unreceivable)))
    said = secret.shown(str(causes[-1])) or type(causes[-1]).__name__
    refused = next((cause for cause in causes if isinstance(cause, aiohttp.ClientHttpProxyError)), None)
    if proxy is not None and refused is not None:
        return _refused(proxy, status=refused.status, said=secret.shown(refused.message))
    is_unreached = any(isinstance(cause, _UNREACHED) for cause in causes)
    is_certificate = any(isinstance(cause, aiohttp.ClientSSLError) for cause in causes)
    if is_unreached and not is_certificate and proxy is not None:
        detail = f"the proxy {proxy} before {server} does not answer ({said}): {proxy.remedy}"
        return Verdict("retry", "nobody-listens", detail)
    if is_certificate:
        remedy = "check whether its --base-url begins with https:// or http://, and its certificate (SSL_CERT_FILE)"
        detail = f"there is no trusted connection to {server} ({said}): {remedy}"
        return Verdict("retry", "nobody-listens", detail)
    if is_unreached:
        remedy = "start the server there, or give another --base-url"
        return Verdict("retry", "nobody-listens", f"nobody answers at {server} ({said}): {remedy}")
    if any(isinstance(cause, TimeoutError) for cause in causes):
        return Verdict("retry", "timeout", f"no answer within {seconds:g} s")
    return Verdict("retry", "dropped", f"the connection broke off ({said})")


def proxy_refusal(refusal: Refusal, *, proxy: Proxy, is_json: bool) -> Verdict | None:
    """The verdict about a response that a proxy made itself; None where the server behind it spoke.

    Args:
        refusal: the response.
        proxy: through which it came, in plain HTTP.
        is_json: its body is what servers of models send; proxies send pages.
    """
    if refusal.status != 407 and (is_json or refusal.status not in _PROXY_STATUSES):
        return None
    return _refused(proxy, status=refusal.status, said=refusal.shown)


def _refused(proxy: Proxy, *, status: int, said: str) -> Verdict:
    if status == 407:
        remedy = f"put them into {proxy.variable} (http://user:password@host:port), or {proxy.remedy}"
        return Verdict("stop", "proxy", f"the proxy {proxy} wants a user and a password ({status}: {said}): {remedy}")
    detail = f"the proxy {proxy} does not let calls of {proxy.host} through ({status}: {said}): {proxy.remedy}"
    return Verdict("retry" if status in _PASSING else "stop", "proxy", detail)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it was raised from, the first cause last."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
