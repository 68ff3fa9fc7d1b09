"""What the Hub's client raises: what is worth another try, and what to tell of the rest.

with client_errors(repo="me/STVQA-7K", url="https://..."):
    api.create_commit(...)            # raises Failure(passing=True, ...) for a 503, a 412, a dropped connection
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

from huggingface_hub.errors import HfHubHTTPError, LocalTokenNotFoundError, OfflineModeIsEnabled

from stvqa.environment import find_proxy
from stvqa.errors import HubError, InputError
from stvqa.secrecy import without_keys

__all__ = ["Failure", "client_errors"]

_TRANSPORT: type[Exception] = next(base for base in HfHubHTTPError.__mro__ if base.__name__ == "HTTPError")
"""Base of all errors of the HTTP library under huggingface_hub, whose name has changed between its versions."""

_INVALID_URL: type[Exception] = import_module(_TRANSPORT.__module__.partition(".")[0]).InvalidURL
_UNOPENED = (ImportError, _INVALID_URL)
"""What the HTTP library raises as it opens the environment's proxies: a SOCKS proxy without the package for one, an
address that is none."""

_FAILURES = (
    _TRANSPORT,
    ConnectionError,
    TimeoutError,
    LocalTokenNotFoundError,
    RuntimeError,
    ValueError,
    *_UNOPENED,
)
"""What the client raises when something goes wrong on the way: its own errors, those of the HTTP library, builtin
ones of Xet storage, RuntimeError around a failed upload, ValueError around what LFS or the card's check refuses."""

_PASSING = frozenset({408, 409, 412, 425, 429, 500, 502, 503, 504})
_CONFLICTS = frozenset({409, 412})
_QUOTA = re.compile(r"storage (?:limit|quota)|quota|payment required|billing|upgrade your plan", re.IGNORECASE)
_LOG_IN = "log in again (`hf auth login`), or set HF_TOKEN anew"
_NOTHING = "nothing was committed"
_AGAIN = "run the same command again: what has arrived is not sent twice"


class Failure(HubError):  # noqa: N818 (of one call, which may be made again)
    """A call of the client that failed, with the message for the user.

    Attributes:
        reason: the message without what to do.
        passing: whether the same may well succeed a moment later: trouble of the Hub or the line, another's commit.
        xet: whether it comes from Xet storage, which plain HTTP can stand in for.
    """

    def __init__(self, message: str, *, reason: str, passing: bool = False, xet: bool = False) -> None:
        super().__init__(message)
        self.reason = reason
        self.passing = passing
        self.xet = xet


@contextmanager
def client_errors(*, repo: str, url: str, left: str = _NOTHING) -> Iterator[None]:
    """Turns what the client raises inside the block into a `Failure`.

    Args:
        repo / url: what to call the repository and the Hub in messages.
        left: what the repository holds when the call is refused, as the end of a sentence.

    Raises:
        Failure: the call failed.
    """
    try:
        yield
    except _FAILURES as error:
        message = _message(error, repo=repo, url=url, left=left)
        reason = message.partition("): ")[0] + ")"
        raise Failure(message, reason=reason, passing=_is_passing(error), xet=_concerns_xet(error)) from error


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what it was raised from."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def _status(error: BaseException) -> int | None:
    for item in _chain(error):
        if isinstance(item, HfHubHTTPError) and item.response is not None:
            return int(item.response.status_code)
    return None


def _is_passing(error: Exception) -> bool:
    status = _status(error)
    if status is not None:
        return status in _PASSING and not _QUOTA.search(_words(error))
    if any(isinstance(item, OfflineModeIsEnabled | LocalTokenNotFoundError) for item in _chain(error)):
        return False
    on_the_way = any(isinstance(item, _TRANSPORT | ConnectionError | TimeoutError) for item in _chain(error))
    return on_the_way or _concerns_xet(error)


def _concerns_xet(error: Exception) -> bool:
    """Whether it comes from Xet storage, which raises builtin errors where all else raises the HTTP library's."""
    if isinstance(error, _TRANSPORT | OfflineModeIsEnabled):
        return False
    return type(error).__module__.startswith("hf_xet") or isinstance(error, ConnectionError | TimeoutError)


def _words(error: Exception) -> str:
    """What the Hub said, in one line, without anything like a token."""
    told = next((item.server_message for item in _chain(error) if isinstance(item, HfHubHTTPError)), None)
    inner = list(_chain(error))[-1]
    return without_keys(" ".join((told or str(inner) or type(inner).__name__).split()))[:300]


def _message(error: Exception, *, repo: str, url: str, left: str) -> str:
    status, words = _status(error), _words(error)
    if isinstance(error, UnicodeEncodeError):  # of the one header that is the user's
        return f"the token holds characters that no token has: {_LOG_IN}; {left}"
    if any(isinstance(item, OfflineModeIsEnabled) for item in _chain(error)):
        return f"HF_HUB_OFFLINE forbids to talk to {url}: unset it, or use --dry-run"
    if _QUOTA.search(words) or status == 402:
        return (
            f"the Hub has no room for {repo} ({words}): free some storage of that account, choose another --repo, or "
            f"make it public with --public if the quota is that of private repositories; {left}"
        )
    if status is None and (proxy := _proxy_trouble(error, url)):
        return f"{proxy}; {left}"
    if status is None and not _is_passing(error):
        return f"the upload to {repo} failed ({words}); {left}"
    if status is None:
        return f"cannot reach {url} ({words}): check the network and HF_ENDPOINT, then {_AGAIN}"
    if status in _CONFLICTS:
        return f"somebody else keeps changing {repo} ({words}): wait until they are done, then {_AGAIN}"
    if status in _PASSING:
        return f"{url} has trouble ({status}: {words}): wait a while, then {_AGAIN}"
    return f"{_refusal(status, words, repo)}; {left}"


def _proxy_trouble(error: Exception, url: str) -> str:
    """What is wrong with the proxy on the way, or ""."""
    if isinstance(error, _UNOPENED):  # it opens all of them, those that this Hub does not need included
        remedy = "mend or unset HTTP_PROXY, HTTPS_PROXY, ALL_PROXY"
        return f"a proxy of the environment cannot be used ({_words(error)}): {remedy}"
    try:
        proxy = find_proxy(url)
    except InputError:  # SOCKS, which the HTTP library can do with a package more
        return ""
    if proxy is None or not any(isinstance(item, _TRANSPORT) for item in _chain(error)):
        return ""
    return f"cannot reach {url} through the proxy {proxy} ({_words(error)}): {proxy.remedy}, then {_AGAIN}"


def _refusal(status: int, words: str, repo: str) -> str:
    if status == 401:
        return f"the Hub does not know this token ({words}): {_LOG_IN}"
    if status == 403:
        return f"this token may not write to {repo} ({words}): use one with write access, or another --repo"
    if status == 404:
        return f"there is no {repo}, or this token may not see it ({words}): check --repo and the token"
    return f"the Hub refuses the push to {repo} ({status}: {words})"
