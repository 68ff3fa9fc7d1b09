r"""Text that SQLite, Parquet and JSON can hold.

    storable("a\ud83db")          # "a\ufffdb": half a surrogate pair is no character, and has no encoding
    storable("\ud83d\ude00")      # "\U0001f600": two halves that belong together are one

JSON lets such halves through (`"\ud83d"`), and Python's strings hold them; nothing that writes UTF-8 does.
"""

from __future__ import annotations

__all__ = ["storable"]


def storable(text: str) -> str:
    """The same text, where it can be encoded; else with halves of surrogate pairs joined, or replaced by U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
