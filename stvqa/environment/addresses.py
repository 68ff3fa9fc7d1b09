"""Addresses of servers, as people write them.

check_address("http://127.0.0.1:8000/v1/", name="--base-url")       # "http://127.0.0.1:8000/v1/"
shown_address("https://me:hush@host/v1?key=0123#top")               # "https://host/v1"
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit, urlunsplit

from stvqa.environment.pasted import character_name, unpasted
from stvqa.errors import InputError

__all__ = ["check_address", "shown_address"]

_SCHEMES = ("http", "https")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*(?=:(?![0-9]))")
_NO_HOST = re.compile(r"[\[\]\\^|<>\"`{}%]")
_LARGEST_PORT = 65535


def check_address(url: str, *, name: str) -> str:
    """The address without what was pasted around it.

    Args:
        url: as it was given.
        name: of the option or variable, for messages.

    Raises:
        InputError: it is no http(s) URL; credentials in it are not shown.
    """
    plain = unpasted(url)
    shown = plain if "@" not in plain and "?" not in plain else "that"
    blank = next((letter for letter in plain if letter.isspace() or not letter.isprintable()), None)
    if blank is not None:
        raise InputError(f"{name}: the address holds {character_name(blank)}: take it out")
    if fault := _fault(plain):
        told = f"{name} {shown}: it is no http(s) URL ({fault})"
        raise InputError(f"{told}: write it like http://127.0.0.1:8000/v1")
    return plain


def shown_address(url: str) -> str:
    """An address as it may be shown, stored and published: without user, password, query and fragment.

    Args:
        url: an http(s) URL.

    Raises:
        ValueError: it is none.
    """
    parts = urlsplit(url)
    if parts.scheme not in _SCHEMES or not parts.hostname:
        raise ValueError("it is no http(s) URL")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    place = host if parts.port is None else f"{host}:{parts.port}"
    return urlunsplit((parts.scheme, place, parts.path, "", ""))


def _fault(plain: str) -> str:
    """What is wrong with an address, or ""; the host, the port and the scheme are looked at."""
    try:
        parts = urlsplit(plain)
    except ValueError:
        return "its brackets do not fit"
    if parts.scheme not in _SCHEMES or "://" not in plain:
        named = _SCHEME.match(plain)
        if named is None or named[0].lower() in _SCHEMES:
            return "it lacks http:// or https://"
        return f"it begins with {named[0]}:"
    place = parts.netloc.rpartition("@")[2]
    if "[" not in place and _is_ipv6(place):
        return "an IPv6 address stands in brackets, as in http://[::1]:8000"
    if not parts.hostname:
        return "it names no host"
    if not _has_port(parts):
        return f"a port is a number from 1 to {_LARGEST_PORT}"
    return "" if _is_host(parts.hostname, bracketed="[" in place) else "its host is none"


def _has_port(parts: SplitResult) -> bool:
    """Whether its port is one, or it names none."""
    try:
        return parts.port != 0
    except ValueError:  # no number, or one that is too large
        return False


def _is_host(host: str, *, bracketed: bool) -> bool:
    if bracketed:
        return _is_ipv6(host)
    try:
        host.encode("idna")
    except ValueError:
        return False
    return _NO_HOST.search(host) is None


def _is_ipv6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True
