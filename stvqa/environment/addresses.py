"""Addresses of servers, as people write them.

check_address("http://127.0.0.1:8000/v1/", name="--base-url")     # "http://127.0.0.1:8000/v1/"
"""

from __future__ import annotations

from urllib.parse import urlsplit

from stvqa.environment.pasted import character_name, unpasted
from stvqa.errors import InputError

__all__ = ["check_address"]


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
    try:
        parts = urlsplit(plain)
        (parts.hostname or "").encode("idna")
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets that do not close, a port that is no number, a name that cannot be
        is_address = False
    if not is_address:
        raise InputError(f"{name} {shown}: it is no http(s) URL: write it like http://127.0.0.1:8000/v1")
    return plain
