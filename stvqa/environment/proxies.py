"""The proxy that the environment puts before a server, by the rules that curl and most clients keep.

    find_proxy("https://api.openai.com/v1")
    # Proxy(variable="HTTPS_PROXY", url="http://proxy:3128", authorization="Basic ...", host="api.openai.com"), or None

`NO_PROXY` comes first: names with what is below them, `*.name`, addresses, networks (10.0.0.0/8), each with or without
a port, or `*`. Where it names the server, whatever a proxy variable holds does not matter.
"""

from __future__ import annotations

import ipaddress
import os
import re
from base64 import b64encode
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import (  # type: ignore[attr-defined]  # typeshed lacks the last one
    getproxies,
    proxy_bypass,
    proxy_bypass_environment,
)

from stvqa.environment.pasted import unpasted
from stvqa.errors import InputError

__all__ = ["Proxy", "find_proxy"]

_PORTS = {"http": 80, "https": 443}
_BETWEEN = re.compile(r"[,\s]+")
_SYSTEM = "the proxy in the system's settings"


class Proxy(NamedTuple):
    """A proxy.

    Attributes:
        variable: of the environment that names it.
        url: without user and password.
        authorization: value of the header `Proxy-Authorization`, never to be shown; "" where it wants none.
        host: of the server that it stands before.
    """

    variable: str
    url: str
    authorization: str
    host: str

    def __repr__(self) -> str:
        return f"Proxy({self})"

    def __str__(self) -> str:
        return f"{self.url} ({self.variable})"

    @property
    def remedy(self) -> str:
        """What to do where it does not let calls through."""
        return f"mend {self.variable}, or add {self.host} to NO_PROXY if it can be reached without a proxy"


def find_proxy(url: str) -> Proxy | None:
    """The proxy on the way to an http(s) URL; None where there is none.

    Raises:
        InputError: it is a SOCKS proxy, or its address is none.
    """
    target = urlsplit(url)
    host, proxies = target.hostname or "", getproxies()
    scheme = target.scheme if proxies.get(target.scheme) else "all"
    if not proxies.get(scheme) or _is_direct(host, target, proxies.get("no", "")):
        return None
    variable = _variable(scheme)
    value = unpasted(proxies[scheme])
    return _checked(value if "://" in value else f"http://{value}", variable=variable, host=host)


def _checked(value: str, *, variable: str, host: str) -> Proxy:
    instead = f"add {host} to NO_PROXY if it can be reached without a proxy"
    try:
        parts = urlsplit(value)
        place, port = parts.hostname, parts.port
    except ValueError:
        place, port = None, None
    else:
        if parts.scheme.startswith("socks"):
            told = f"{variable} names a SOCKS proxy ({parts.scheme}), which calls cannot go through"
            raise InputError(f"{told}: name an HTTP proxy (http://host:port) in its place, or {instead}")
    is_plain = all(letter.isprintable() and not letter.isspace() for letter in value)
    if not place or port == 0 or parts.scheme not in _PORTS or not is_plain:
        told = f"{variable} holds no address of a proxy"
        raise InputError(f"{told}: write it like http://proxy.example.com:3128, or {instead}")
    named = f"[{place}]" if ":" in place else place
    login = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
    authorization = "" if login == ":" else f"Basic {b64encode(login.encode()).decode()}"
    return Proxy(variable, f"{parts.scheme}://{named}:{port or _PORTS[parts.scheme]}", authorization, host)


def _variable(scheme: str) -> str:
    names = (f"{scheme}_proxy", f"{scheme.upper()}_PROXY")
    return next((name for name in names if os.environ.get(name)), _SYSTEM)


def _is_direct(host: str, target: SplitResult, exceptions: str) -> bool:
    port = target.port or _PORTS.get(target.scheme, 80)
    if proxy_bypass(f"{host}:{port}"):
        return True
    entries = [entry for entry in map(_plain_entry, _BETWEEN.split(exceptions)) if entry]
    name = host.rstrip(".")
    return bool(proxy_bypass_environment(f"{name}:{port}", {"no": ",".join(entries)})) or _is_in_network(
        name, port, entries
    )


def _plain_entry(entry: str) -> str:
    """An exception without a star before a name and without the dot that ends a whole one."""
    name, colon, port = entry.removeprefix("*").rpartition(":")
    if not colon or not port.isdigit() or "[" in port:
        return entry.removeprefix("*").rstrip(".")
    return f"{name.rstrip('.')}:{port}"


def _is_in_network(host: str, port: int, entries: list[str]) -> bool:
    """Whether an entry is the host's address or a network around it, with its port or without one."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    for entry in entries:
        network, only = _network_and_port(entry)
        try:
            if only in ("", str(port)) and address in ipaddress.ip_network(network, strict=False):
                return True
        except ValueError:
            continue
    return False


def _network_and_port(entry: str) -> tuple[str, str]:
    """`10.0.0.0/8:80`, `[::1]:8000` and `fd00::/8`, each without its port, and the port as digits or ""."""
    if entry.startswith("["):
        address, _, behind = entry[1:].partition("]")
        bits, _, port = behind.partition(":")
        return f"{address}{bits}", port
    network, _, port = entry.partition(":")
    return (network, port) if ":" not in port else (entry, "")
