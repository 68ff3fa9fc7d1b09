"""The address of a Dask scheduler, as people write it: what can be told before anything is sent.

check_address("tcp://127.0.0.1:8786")
check_address("http://127.0.0.1:8787/status")   # RecipeError: ... is the address of a web page (the dashboard) ...
"""

from __future__ import annotations

import re
import socket
from contextlib import suppress
from urllib.parse import urlsplit

from stvqa.errors import RecipeError, StvqaError

__all__ = ["check_address", "is_address", "meant_address"]

_SCHEMES = ("tcp", "tls", "ws", "wss", "ucx")
_IN_PROCESS = "inproc"
_EXAMPLE = "write it as the scheduler printed it when it started, for example tcp://host:8786"
_MORE = "more than a host and a port stands there"
_CONNECT_SECONDS = 5.0
_LETTERS_MOST = 300
_LETTERS_SHOWN = 80


def is_address(name: str) -> bool:
    """Whether this is meant as an address."""
    return "://" in name


def meant_address(name: str) -> str:
    """A hint for a name that looks like an address without its beginning; "" for others."""
    return f"; did you mean tcp://{name}?" if re.fullmatch(r"\S+:\d+", name) else ""


def check_address(address: str) -> None:
    """Refuses an address where no scheduler can be.

    Raises:
        RecipeError: it is not an address of a Dask scheduler.
        StvqaError: its host is unknown, or nobody listens there.
    """
    if len(address) > _LETTERS_MOST or any(letter.isspace() or not letter.isprintable() for letter in address):
        shown = ascii(address[:_LETTERS_SHOWN])
        raise RecipeError(
            f"--scheduler {shown}: no address has spaces, control characters or {_LETTERS_MOST:,} letters"
        )
    if "@" in address:  # what stands before it may be a password
        raise RecipeError(f"--scheduler ...@{address.rpartition('@')[2]}: {_MORE}: {_EXAMPLE}")
    scheme = address.partition("://")[0]
    if scheme == _IN_PROCESS:
        return
    if scheme in ("http", "https"):
        raise RecipeError(
            f"--scheduler {address}: that is the address of a web page (the dashboard); the scheduler's own begins "
            f"with tcp:// and has another port: {_EXAMPLE}"
        )
    if scheme not in _SCHEMES:
        raise RecipeError(f"--scheduler {address}: {scheme}:// is not spoken by Dask schedulers: {_EXAMPLE}")
    host, port = _host_and_port(address)
    _check_listening(address, host=host, port=port)


def _host_and_port(address: str) -> tuple[str, int]:
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        hint = "an IPv6 host stands in brackets, as in tcp://[::1]:8786" if address.count(":") > 2 else _EXAMPLE
        raise RecipeError(f"--scheduler {address}: {error}: {hint}") from error
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise RecipeError(f"--scheduler {address}: {_MORE}: {_EXAMPLE}")
    if not host:
        raise RecipeError(f"--scheduler {address}: there is no host in it: {_EXAMPLE}")
    if port is None or port == 0:
        raise RecipeError(f"--scheduler {address}: there is no port in it: {_EXAMPLE}")
    return host, port


def _check_listening(address: str, *, host: str, port: int) -> None:
    """Whether anybody listens; a host that does not say so in time is left to Dask, which waits longer."""
    with suppress(TimeoutError):
        try:
            socket.create_connection((host, port), timeout=_CONNECT_SECONDS).close()
        except socket.gaierror as error:
            raise StvqaError(f"--scheduler {address}: the host {host} is unknown ({error.strerror})") from error
        except UnicodeError as error:
            raise RecipeError(f"--scheduler {address}: no host can have the name {host}: {_EXAMPLE}") from error
        except TimeoutError:
            raise
        except OSError as error:
            said = error.strerror or str(error)
            raise StvqaError(
                f"--scheduler {address}: no Dask scheduler answers there ({said}): check the address, or start the "
                "scheduler there"
            ) from error
