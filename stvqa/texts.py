r"""What a text from elsewhere may hold: the one rule for what is published, and how any text is shown.

    unfit("Where is the <b>cup</b>?")         # "it holds markup (“<b”)"
    unfit("Where is the cup?")                # ""
    hinted("Hint: left. Where is the cup?", ("Left", "Right"), 0)     # "the question holds “Hint:”"
    shown("cup\x1b[2J")                       # "cup\\u001b[2J"

Questions, options and names are plain sentences. Control and format characters (escapes, characters that turn the
direction of writing, zero width), markup (HTML, Markdown, tokens of chat templates) and addresses have no place in
them: somebody may put them there to steer a page, a terminal, or the model that is trained on them. Everything here
takes time in proportion to the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

__all__ = ["LONGEST_TEXT", "hinted", "one_line", "reply_shown", "shown", "tidied", "unfit", "unsafe"]

LONGEST_TEXT = 400
"""Characters of a question, an option or a name."""

_CACHE = 1 << 14
_QUOTED = 24
"""Characters of a text that a message repeats."""
_MOST_ACCENTS = 2
"""Marks on one letter; more are a way to paint over the lines above and below."""

_UNSEEN = frozenset(
    [
        *"\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0\ufffc\ufffd",
        *map(chr, range(0xFE00, 0xFE10)),
        *map(chr, range(0xE0100, 0xE01F0)),
    ]
)
"""Letters and marks that nobody sees, choosers of variants, and what stands for text that could not be decoded."""
_NO_TEXT = {
    "Cc": "control",
    "Cf": "format",
    "Cs": "half-surrogate",
    "Co": "private",
    "Cn": "unassigned",
    "Zl": "line-separating",
}
_NO_TEXT |= {"Zp": "paragraph-separating"}
"""Unicode categories that are refused, and never shown as they are."""
_SYMBOLS = frozenset({"So", "Sk"})
_PLAIN_SYMBOLS = frozenset("°©®™^")
_CERTAIN = re.compile(r"(?! *-)[A-Za-z0-9 ,?'()%-]*\.?")
"""Texts in which nothing of all that follows can be; most texts, found quickly."""

_ACTIVE = (
    r"<[A-Za-z/!?|<]|\|>"  # HTML, tokens of chat templates
    r"|&(?:#\w{1,10}|[A-Za-z]\w{1,30});"  # entities
    r"|\]\s{0,4}[(\[]|!\["  # links and images of Markdown
    r"|\[/?INST\]"
)
_TYPESET = (
    r"[`*\\|]|~~|__|(?<!\w)_|_(?!\w)|\$\$|\{\{|\}\}|\{%"  # code, emphasis, tables, formulas, templates
    r"|^\s{0,4}(?:#{1,6}\s|>|[-+]\s)"
)
_MARKUP = re.compile(f"{_ACTIVE}|{_TYPESET}")
_OBEYED = re.compile(_ACTIVE)
_ADDRESS = re.compile(
    r"(?<![A-Za-z0-9])[A-Za-z][A-Za-z0-9+.-]{0,20}://|//[A-Za-z0-9]"
    r"|\bwww\d?\."
    r"|\b(?:mailto|javascript|vbscript|data|file|tel|ftp):\S"
    r"|@\w"
    r"|\b[A-Za-z0-9-]{1,60}\.[A-Za-z]{2,10}/"
    r"|[A-Za-z0-9]\.(?:com|org|net|edu|gov|info|biz|io|ai|co|dev|app|xyz|link|ly|gg|me|ru|cn|de|uk|fr|eu)\b"
    r"|\b\d{1,3}(?:\.\d{1,3}){3}\b",
    re.IGNORECASE,
)
_HINT = re.compile(
    r"\bhint\s?:|[(\[]\s?hint\b|\banswer(?: is\b|\s?[:=])|\b(?:option|choose|pick|select|letter) (?-i:[A-D])\b",
    re.IGNORECASE,
)
"""In a question."""
_RULED = re.compile(
    r"\b(?:in)?correct\b|\bhint\b|\banswer\b|\b(?:right|wrong|true|false) (?:one|option|choice)\b"
    r"|[(\[]\s?(?:wrong|true|false|yes|no|x)\s?[)\]]",
    re.IGNORECASE,
)
"""In an option: what says of itself that it is right, or is not."""
_MARKS = re.compile(r"[^\w\s'\u2019,&%+-]")
_INSIDE = re.compile(r"(?<=\w)[./:](?=\w)|\.(?= )")
"""Signs inside of words and after shortened ones: `salt/pepper`, `St. Paul's`."""
_ENDS = "'\u2019,&%+-"
_SCRIPTS = ("LATIN", "CYRILLIC", "GREEK")
"""Alphabets with letters that look alike."""
_FEWEST_CAPITALS = 4

_OWN_TAG = re.compile(r"</?(?:think|observe|scene|answer)>")
_REPLY_MARKUP = re.compile(rf"(?:{_ACTIVE})[^\s<>]*>?")
_REPLY_ADDRESS = re.compile(rf"(?:{_ADDRESS.pattern})\S*", re.IGNORECASE)


def tidied(text: str) -> str:
    """The text with plain, single blanks, none at its ends, and with letters and their accents joined."""
    if not text.isascii():
        joined = unicodedata.normalize("NFC", text)
        text = "".join(" " if unicodedata.category(one) == "Zs" else one for one in joined)
    return re.sub(" {2,}", " ", text).strip()


def unfit(text: str, *, longest: int = LONGEST_TEXT) -> str:
    """Why a text cannot stand in a question, an option or a name; "" for one that can.

    Args:
        text: as it came, blanks at its ends included.
        longest: characters.
    """
    if len(text) > longest:
        return f"it has {len(text):,} characters, and {longest:,} are the most"
    return _unfit(text)


@lru_cache(maxsize=_CACHE)
def _unfit(text: str) -> str:
    if _CERTAIN.fullmatch(text):
        return ""
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    found = _ADDRESS.search(plain)
    if found is not None:
        return f"it holds an address (“{_quoted(plain, found.start())}”)"
    found = _MARKUP.search(text)
    if found is not None:
        return f"it holds markup (“{_quoted(text, found.start())}”)"
    return "" if text.isascii() and text.isprintable() else _strange(text) or _mixed(text)


def _strange(text: str) -> str:
    """The first character that no plain sentence has."""
    accents = 0
    for one in text:
        kind = unicodedata.category(one)
        accents = accents + 1 if kind in ("Mn", "Me") else 0
        if one in _UNSEEN:
            return f"it holds the unseen character {_named(one)}"
        if kind in _NO_TEXT:
            return f"it holds the {_NO_TEXT[kind]} character {_named(one)}"
        if kind in _SYMBOLS and one not in _PLAIN_SYMBOLS:
            return f"it holds the symbol {_named(one)}"
        if accents > _MOST_ACCENTS:
            return f"it holds {accents} marks on one letter, the last {_named(one)}"
    return ""


def _mixed(text: str) -> str:
    """Whether letters of several alphabets stand where one looks like the other."""
    names = {unicodedata.name(one, "").split(" ")[0] for one in text if one.isalpha()}
    mixed = [script.title() for script in _SCRIPTS if script in names]
    return f"it mixes {' and '.join(mixed)} letters" if len(mixed) > 1 else ""


def unsafe(text: str) -> str:
    """Why a text cannot even be the raw word of a source, which is cleaned before it is published; "" where it can.

    Signs that are only typeset ("* star", "tv | monitor") are cleaned away.
    """
    if _CERTAIN.fullmatch(text):
        return ""
    found = _ADDRESS.search(text) or _OBEYED.search(text)
    return f"it holds “{_quoted(text, found.start())}”" if found is not None else _strange(text)


def hinted(text: str, options: Sequence[str], answer: int) -> str:
    """What tells the right option from the others by its looks alone, or says which it is; "" where nothing does.

    Args:
        text: the question.
        options: at least two.
        answer: index of the right one.
    """
    found = _HINT.search(text)
    if found is not None:
        return f"the question holds “{_quoted(text, found.start())}”"
    for option in options:
        found = _RULED.search(option)
        if found is not None:
            return f"an option holds “{_quoted(option, found.start())}”"
    marks = [_marks(option) for option in options]
    others = [found for place, found in enumerate(marks) if place != answer]
    for where, alone in (
        ("only the right option has", marks[answer].difference(*others)),
        ("all but the right option have", frozenset.intersection(*others) - marks[answer]),
    ):
        if alone:
            return f"{where} “{min(alone)}”"
    return ""


def _marks(option: str) -> frozenset[str]:
    """Signs of an option that are no part of plain words, and whether it is in capitals."""
    capitals = option.isupper() and sum(map(str.isalpha, option)) >= _FEWEST_CAPITALS
    signs = [one for one in _MARKS.findall(_INSIDE.sub("", option)) if not unicodedata.category(one).startswith("M")]
    last = [f"{option[-1]} at its end"] if option.endswith(tuple(_ENDS)) else []
    return frozenset([*signs, *last, *(["capitals"] if capitals else [])])


def shown(text: str) -> str:
    r"""The text with everything that a terminal or a page would obey written out: `\u001b`.

    New lines and tabs stay. What is written out is what JSON calls the same character, so JSON stays JSON.
    """
    return text if text.isprintable() else text.translate(_SHOWN)


def one_line(text: str) -> str:
    r"""The same on one line; new lines and tabs become `\u000a` and `\u0009`."""
    return shown(text).replace("\n", _written("\n")).replace("\t", _written("\t"))


def reply_shown(text: str) -> str:
    """A model's reply as it may be published: control characters written out, addresses and foreign markup masked."""
    masked = _REPLY_MARKUP.sub(lambda found: found[0] if _OWN_TAG.match(text, found.start()) else "[markup]", text)
    return shown(_REPLY_ADDRESS.sub("[address]", masked))


class _Shown(dict[int, str | int]):
    """Code points as they are shown, each looked up once."""

    def __missing__(self, code: int) -> str | int:
        one = chr(code)
        hidden = unicodedata.category(one) in _NO_TEXT and one not in "\n\t"
        self[code] = _written(one) if hidden else code
        return self[code]


_SHOWN = _Shown()


def _written(one: str) -> str:
    """A character as JSON escapes it, two halves for one beyond U+FFFF."""
    code = ord(one)
    if code < 0x10000:
        return f"\\u{code:04x}"
    high, low = divmod(code - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"


def _named(one: str) -> str:
    name = unicodedata.name(one, "")
    return f"U+{ord(one):04X}" + (f" {name}" if name else "")


def _quoted(text: str, start: int) -> str:
    return one_line(text[start : start + _QUOTED])
