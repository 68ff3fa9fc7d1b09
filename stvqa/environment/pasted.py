"""What comes along when a value is copied from a page or a file: blanks, line ends, quotes, marks without width."""

from __future__ import annotations

import unicodedata

__all__ = ["character_name", "strange_character", "unpasted"]

_QUOTES = "\"'`\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u00ab\u00bb\u2039\u203a\u00b4"
_NAMES = {"\n": "a line end", "\r": "a line end", "\t": "a tab", " ": "a blank", "\u00a0": "a no-break space"}


def unpasted(text: str) -> str:
    """The text without blanks, line ends, quotes and characters without width around it."""
    start, end = 0, len(text)
    while start < end and _is_around(text[start]):
        start += 1
    while end > start and _is_around(text[end - 1]):
        end -= 1
    return text[start:end]


def strange_character(text: str) -> int | None:
    """Index of the first character that is no visible ASCII; None where all are."""
    return next((index for index, letter in enumerate(text) if not "!" <= letter <= "~"), None)


def character_name(letter: str) -> str:
    """A character in words, for messages."""
    return _NAMES.get(letter) or f"U+{ord(letter):04X} {unicodedata.name(letter, 'a control character')}"


def _is_around(letter: str) -> bool:
    return letter.isspace() or letter in _QUOTES or unicodedata.category(letter) in ("Cf", "Cc")
