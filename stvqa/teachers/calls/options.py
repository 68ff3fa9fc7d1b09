"""How calls are made: where, how many at once, and what they may cost. Nothing of it changes an answer.

CallOptions(base_url="http://127.0.0.1:8000/v1", concurrency=64, max_usd=5.0)
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit

from stvqa.errors import CallError

__all__ = ["CallOptions", "Server", "find_server"]

_OPENAI = "https://api.openai.com/v1"
_NO_KEY = "none"
"""What is sent to servers that want no key; the client insists on some."""


class CallOptions(NamedTuple):
    """Options of calls. The key is no option: it comes from the environment alone.

    Attributes:
        base_url: of the server; None: OPENAI_BASE_URL, else OpenAI's own where there is a key.
        max_usd / max_calls: limits over all that the run's ledger ever paid; None for none.
        prices: a price list of the user's own; None: the one that comes with stvqa.
        concurrency: calls at once, at most.
        timeout_seconds: for one try of one call.
        tries: of one call, before it is given up for this run.
        backoff_seconds: before the second try; doubled for each one after it.
        batch: through the server's Batch API.
        batch_poll_seconds: between two looks at a batch.
        batch_out: calls go to this file, and the run stops.
        batch_in: answers are read from this file first.
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


class Server(NamedTuple):
    """Where calls go.

    Attributes:
        url: as it was given, credentials in it included: never to be shown.
        shown: the same without them, for messages and the ledger.
        has_key: a key is in the environment.
    """

    url: str
    shown: str
    has_key: bool

    def __repr__(self) -> str:
        return f"Server({self.shown})"

    @property
    def key(self) -> str:
        """The key to send; looked up where it is needed and kept nowhere."""
        return os.environ.get("OPENAI_API_KEY") or _NO_KEY


def find_server(options: CallOptions) -> Server:
    """The server by option, else by environment.

    Raises:
        CallError: neither a URL nor a key is there, or the URL is none.
    """
    url = options.base_url or os.environ.get("OPENAI_BASE_URL")
    has_key = bool(os.environ.get("OPENAI_API_KEY"))
    if not url and not has_key:
        raise CallError(
            "no model can be asked: put a key of OpenAI into the environment variable OPENAI_API_KEY, or name a server "
            "of your own with --base-url (vLLM, Ollama, `transformers serve`: http://127.0.0.1:8000/v1)"
        )
    url = (url or _OPENAI).rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        shown = url if "@" not in url else "that"
        raise CallError(f"--base-url {shown}: it is no http(s) URL: write it like http://127.0.0.1:8000/v1")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    place = f"{host}:{parts.port}" if parts.port else host
    return Server(url, urlunsplit((parts.scheme, place, parts.path, "", "")), has_key)
