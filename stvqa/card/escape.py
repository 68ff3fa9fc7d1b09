"""Data as text of a card: names and questions are shown as they are, and never become markup.

str(escaped("<b> *bold* | http://x.y"))   # &lt;b&gt; &#42;bold&#42; &#124; http&#58;//x.y
"""

from __future__ import annotations

import re
import unicodedata

from markupsafe import Markup

from stvqa.texts import shown

__all__ = ["escaped", "plain"]

_SPECIAL = {character: f"&#{ord(character)};" for character in '\\`*{}[]#|~!$"'}
_SPECIAL |= {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_TABLE = str.maketrans(_SPECIAL)
_EMPHASIS = re.compile(r"(?<![0-9A-Za-z])_|_(?![0-9A-Za-z])")
"""Underscores that could begin or end emphasis; inside a word they cannot."""
_LINKS = re.compile(r"(?i)(://|www\.|@)")
_RIGHT_TO_LEFT = ("R", "AL", "RLE", "RLO", "RLI")
_ISOLATE, _END_ISOLATE = "\u2068", "\u2069"


def plain(text: str) -> str:
    """One line; control characters, and those that nobody sees or that steer the direction of text, written out."""
    return shown(re.sub(r"\s+", " ", text))


def escaped(text: object) -> Markup:
    """Any value as one line of text that is safe anywhere in Markdown and HTML, cells of tables included.

    Text from right to left is isolated, so that it does not turn round its neighbours. What is markup already stays.
    """
    if isinstance(text, Markup):
        return text
    line = plain(str(text))
    harmless = _LINKS.sub(_broken_link, _EMPHASIS.sub("&#95;", line.translate(_TABLE)))
    if any(unicodedata.bidirectional(character) in _RIGHT_TO_LEFT for character in line):
        harmless = f"{_ISOLATE}{harmless}{_END_ISOLATE}"
    return Markup(harmless)  # noqa: S704 (this is the function that makes it safe)


def _broken_link(match: re.Match[str]) -> str:
    """Keeps renderers from making a link, or a mention, of plain text."""
    found = match.group(1)
    if found == "://":
        return "&#58;//"
    return "&#64;" if found == "@" else f"{found[:-1]}&#46;"
