"""Keys and tokens: what was pasted around them is dropped, anything else that no key holds is told by its place.

read_key("OPENAI_API_KEY")        # "sk-..." for a value of “sk-...” with a line end, and for "Bearer sk-..."
"""

from __future__ import annotations

import os
import re

from stvqa.environment.pasted import character_name, strange_character, unpasted
from stvqa.errors import InputError

__all__ = ["clean_key", "read_key"]

_SCHEME = re.compile(r"bearer\s+", re.IGNORECASE)


def read_key(name: str) -> str:
    """The key in an environment variable, "" where there is none; see `clean_key`."""
    return clean_key(os.environ.get(name, ""), name=name)


def clean_key(value: str, *, name: str) -> str:
    """A key as it can be sent.

    Args:
        value: as it was given.
        name: where it was given, for messages.

    Raises:
        InputError: it holds a character that no key holds. The message never shows the key.
    """
    key = unpasted(value)
    key = unpasted(_SCHEME.sub("", key, count=1)) if _SCHEME.match(key) else key
    index = strange_character(key)
    if index is not None:
        place = value.index(key) + index + 1
        told = f"{name}: character {place} of {len(value)} is {character_name(key[index])}, which no key holds"
        raise InputError(f"{told}: copy the key again, and set {name} to it alone")
    return key
