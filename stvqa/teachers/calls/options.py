"""How calls are made: where, how many at once, and what they may cost. Nothing of it changes an answer.

CallOptions(base_url="http://127.0.0.1:8000/v1", concurrency=64, max_usd=5.0)
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import unquote, urlsplit

from stvqa.environment import check_address, find_proxy, read_key, shown_address
from stvqa.errors import CallError, InputError

__all__ = ["CHAT_ROUTE", "CallOptions", "Server", "find_server"]

CHAT_ROUTE: Final = "/chat/completions"
"""Below the address of a server; an address that ends in it is let pass."""

_OPENAI = "https://api.openai.com/v1"
_KEY = "OPENAI_API_KEY"
_NO_KEY = "none"
"""What is sent to servers that want no key; the client insists on some."""


class CallOptions(NamedTuple):
    """Options of calls. The key is no option: it comes from the environment alone.

    Attributes:
        base_url: of the server; None: OPENAI_BASE_URL, else OpenAI's own where there is a key.
        max_usd / max_calls: limits over all that the run's ledger ever paid, or may be billed for: answers, tries that
            brought none, calls under way in any process, batch or file. None for none.
        prices: a price list of the user's own; None: the one that comes with stvqa.
        concurrency: calls at once, at most.
        timeout_seconds: for one try of one call.
        tries: of one call, before it is given up for this run.
        backoff_seconds: before the second try; doubled for each one after it.
        batch: through the server's Batch API.
        batch_poll_seconds: between two looks at a batch.
        batch_out: calls go to this file, and the run stops.
        batch_in: answers are read from this file first.
        pay_again: goes on where the ledger lacks answers that were paid: it is lost, damaged or an older copy.
    """

    base_url: str | None = None
    max_usd: float | None = None
    max_calls: int | None = None
    prices: Path | None = None
    concurrency: int = 32
    timeout_seconds: float = 120.0
    tries: int = 8
    backoff_seconds: float = 0.5
    batch: bool = False
    batch_poll_seconds: float = 30.0
    batch_out: Path | None = None
    batch_in: Path | None = None
    pay_again: bool = False


class Server(NamedTuple):
    """Where calls go.

    Attributes:
        url: as it was given, credentials in it included: never to be shown.
        shown: the same without them and without a query: where requests go, and what messages and the ledger show.
        has_key: a key is in the environment.
        query: of every request (`api-version=...`); it may hold a key.
        login: user and password of the URL, None where it has none.
    """

    url: str
    shown: str
    has_key: bool
    query: str
    login: tuple[str, str] | None

    def __repr__(self) -> str:
        return f"Server({self.shown})"

    @property
    def key(self) -> str:
        """The key to send; looked up where it is needed and kept nowhere."""
        return read_key(_KEY) or _NO_KEY


def find_server(options: CallOptions) -> Server:
    """The server by option, else by environment.

    Raises:
        CallError: neither a URL nor a key is there; or the URL, the key or the proxy on the way is none.
    """
    try:
        return _find_server(options)
    except InputError as error:
        raise CallError(str(error)) from error


def _find_server(options: CallOptions) -> Server:
    name = "--base-url" if options.base_url else "OPENAI_BASE_URL"
    given = options.base_url or os.environ.get("OPENAI_BASE_URL")
    has_key = bool(read_key(_KEY))
    if not given and not has_key:
        raise CallError(
            "no model can be asked: put a key of OpenAI into the environment variable OPENAI_API_KEY, or name a server "
            "of your own with --base-url (vLLM, Ollama, `transformers serve`: http://127.0.0.1:8000/v1)"
        )
    url = check_address(given or _OPENAI, name=name)
    parts = urlsplit(url)
    shown = shown_address(url).rstrip("/").removesuffix(CHAT_ROUTE).rstrip("/")
    login = (unquote(parts.username or ""), unquote(parts.password or ""))
    find_proxy(shown)  # raises while nothing is under way yet
    return Server(url, shown, has_key, parts.query, login if any(login) else None)
