"""Keys, tokens and passwords are taken out of texts, in every form in which servers send them back.

    without_keys("401: sk-proj-AbCd****wxyz is no key")     # "401: [key] is no key", for messages and logs
    KnownKeys([key]).taken_out("My key: c2stcHJvai1...")    # "My key: [key]", for what is stored

A known key is found whole, in base64 (also inside of a longer text that was encoded), in hex, escaped for addresses,
JSON or pages, in pieces of eight letters, and with stars in the middle. What only looks like a key is taken out of
messages and logs alone: in an answer it may be a word.
"""

from __future__ import annotations

import base64
import html
import json
import os
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final
from urllib.parse import quote, unquote, urlsplit

__all__ = ["KnownKeys", "login_secrets", "without_keys", "without_known_keys"]

_KEY: Final = "[key]"
_SHORTEST_LETTERS = 4
_LONGEST_WORD_LETTERS = 11
"""A key of letters alone, or of digits alone, may be a word of an answer if it is no longer: `none`, `ollama`."""
_PIECE_LETTERS = 8
_WHOLE_LETTERS = 16
"""Of the shortest key that is looked for in pieces; pieces of a shorter one are no secret worth a wrong find."""
_ANCHOR_LETTERS, _ANCHOR_STEP = 5, 4
"""Every piece holds one of the anchors, which stand `_ANCHOR_STEP` letters apart in the key."""
_PATHS = ("/", "~", ".")
"""How the name of a file begins that holds a key; its pieces stand in many a message."""
_END_LETTERS = 4
"""Of what is left of a key before or behind stars."""

_SECRET_NAME = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD|PASSWD)S?$", re.IGNORECASE)
_ADDRESS_NAME = re.compile(r"^(OPENAI_BASE_URL|HF_ENDPOINT|(https?|all)_proxy)$", re.IGNORECASE)
_MASK = re.compile(r"\*{2,}|\.{3,}|\u2026+|\u2022{2,}|\[\.\.\.\]")
_MASKS = ("**", "...", "\u2026", "\u2022\u2022")
_LOGIN = re.compile(r"(://)[^/\s'\"<>]*@")
_LOOKS = (
    (re.compile(r"\b(?:sk|hf|gsk|key|pk)[-_][A-Za-z0-9_*-]{6,}"), _KEY),
    (re.compile(r"\b(bearer|basic)\s+[^\s'\",]+", re.IGNORECASE), rf"\1 {_KEY}"),
    (_LOGIN, rf"\1{_KEY}@"),
    (re.compile(r"([?&][\w.-]*(?:key|token|secret|sig|signature|password)=)[^&\s'\"]+", re.IGNORECASE), rf"\1{_KEY}"),
    (re.compile(r"((?:api[-_]?key|password|secret)['\"]?\s*[:=]\s*['\"]?)[^\s'\",}&]+", re.IGNORECASE), rf"\1{_KEY}"),
)
"""Keys by their looks, of headers, of addresses (`user:password@`, `?key=`) and of settings."""


class KnownKeys:
    """Takes keys out of texts; never shows them itself.

    Args:
        keys: as they are sent.
    """

    def __init__(self, keys: Iterable[str]) -> None:
        self._keys = tuple(dict.fromkeys(key for key in keys if len(key) >= _SHORTEST_LETTERS))
        telling = [key for key in self._keys if not _may_be_a_word(key)]
        self._all_forms, self._telling_forms = _forms(self._keys), _forms(telling)
        self._long = [key for key in self._keys if len(key) >= _WHOLE_LETTERS and not key.startswith(_PATHS)]
        self._anchors = [
            key[start : start + _ANCHOR_LETTERS]
            for key in self._long
            for start in range(0, len(key) - _ANCHOR_LETTERS + 1, _ANCHOR_STEP)
        ]

    def __repr__(self) -> str:
        return "KnownKeys(...)"

    def taken_out(self, text: str, *, words_too: bool = False) -> str:
        """The text without the keys; the same object where it holds none.

        Args:
            text: of any length; the time is linear in it.
            words_too: also keys that may be plain words, as is right in a message and wrong in an answer.
        """
        for form in self._all_forms if words_too else self._telling_forms:
            if form in text:
                text = text.replace(form, _KEY)
        if any(anchor in text for anchor in self._anchors):
            for key in self._long:
                text = _without_pieces(text, key)
        if self._long and any(mask in text for mask in _MASKS):
            text = _without_masked(text, self._long)
        return text


def login_secrets(address: str) -> list[str]:
    """What an address holds before its host: the password, and user and password as they are sent, also as a token."""
    try:
        parts = urlsplit(address if "://" in address else f"//{address}")
    except ValueError:  # no address at all
        return []
    if not parts.password:
        return []
    user, password = unquote(parts.username or ""), unquote(parts.password)
    token = base64.b64encode(f"{user}:{password}".encode(errors="surrogatepass")).decode()
    both = [f"{user}:{password}", f"{parts.username}:{parts.password}"]
    return list(dict.fromkeys([token, *both, password, parts.password]))


def without_keys(text: str, *, keys: Iterable[str] = ()) -> str:
    """A text of others without these keys and those of the environment, and without anything that looks like one.

    A key of less than four letters stays: it is none, and every word would be full of it.
    """
    text = _known((*keys, *_environment())).taken_out(text, words_too=True)
    for pattern, replacement in _LOOKS:
        text = pattern.sub(replacement, text)
    return text


def without_known_keys(text: str) -> str:
    """A text of our own without the keys of the environment and without logins of addresses.

    Beside those, nothing that looks like a key is taken out: it may be a word or a name.
    """
    return _LOGIN.sub(rf"\1{_KEY}@", _known(_environment()).taken_out(text))


def _environment() -> tuple[str, ...]:
    """Keys and passwords of the environment."""
    found: list[str] = []
    for name, value in os.environ.items():
        if _SECRET_NAME.search(name):
            found.append(value.strip())
        elif _ADDRESS_NAME.match(name):
            found += login_secrets(value.strip())
    return tuple(found)


@lru_cache(maxsize=16)
def _known(keys: tuple[str, ...]) -> KnownKeys:
    return KnownKeys(keys)


def _may_be_a_word(key: str) -> bool:
    return len(key) <= _LONGEST_WORD_LETTERS and (key.isalpha() or key.isdigit())


def _forms(keys: Iterable[str]) -> list[str]:
    """All that the keys look like in texts, the longest first: one may be a part of another."""
    return sorted({form for key in keys for form in _forms_of(key)}, key=lambda form: (-len(form), form))


def _forms_of(key: str) -> Iterator[str]:
    yield key
    raw = key.encode(errors="surrogatepass")
    yield from (raw.hex(), raw.hex().upper())
    quoted = quote(key, safe="", errors="surrogatepass")
    yield from (quoted, re.sub(r"%..", lambda match: match[0].lower(), quoted), html.escape(key))
    for escaped in (json.dumps(key), json.dumps(key, ensure_ascii=False)):
        yield from (escaped[1:-1], escaped[1:-1].replace("/", r"\/"))
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield from (encode(raw).decode(), encode(raw).decode().rstrip("="))
        yield from _within_base64(raw, encode)


def _within_base64(raw: bytes, encode: object) -> Iterator[str]:
    """What stands for the key in the base64 of a longer text, by its place in a group of three bytes."""
    assert callable(encode), "one of the two encoders"
    for before in range(3):
        whole = encode(b"\0" * before + raw).decode().rstrip("=")
        end = len(whole) - ((before + len(raw)) % 3 != 0)  # the last letter holds bits of what follows
        inner = whole[(0, 2, 3)[before] : end]
        if len(inner) >= _PIECE_LETTERS:
            yield inner


def _without_pieces(text: str, key: str) -> str:
    """The text without runs of the key of eight letters or more."""
    pieces = {key[start : start + _PIECE_LETTERS] for start in range(len(key) - _PIECE_LETTERS + 1)}
    kept: list[str] = []
    place = begin = 0
    while place <= len(text) - _PIECE_LETTERS:
        end = place
        while text[end : end + _PIECE_LETTERS] in pieces:
            end += 1
        if end == place:
            place += 1
            continue
        kept += (text[begin:place], _KEY)
        place = begin = end - 1 + _PIECE_LETTERS
    return "".join([*kept, text[begin:]])


def _without_masked(text: str, keys: Iterable[str]) -> str:
    """The text without keys whose middle is stars or dots, where four letters of an end are left."""
    kept: list[str] = []
    begin = 0
    for mask in _MASK.finditer(text):
        if mask.start() < begin:
            continue
        before = max(_beginning(text[max(begin, mask.start() - len(key)) : mask.start()], key) for key in keys)
        behind = max(_end(text[mask.end() : mask.end() + len(key)], key) for key in keys)
        if before or behind:
            kept += (text[begin : mask.start() - before], _KEY)
            begin = mask.end() + behind
    return "".join([*kept, text[begin:]])


def _beginning(text: str, key: str) -> int:
    """Letters of the key's beginning that the text ends with; 0 for less than four."""
    counts = range(min(len(text), len(key)), _END_LETTERS - 1, -1)
    return next((count for count in counts if text.endswith(key[:count])), 0)


def _end(text: str, key: str) -> int:
    """Letters of the key's end that the text begins with; 0 for less than four."""
    counts = range(min(len(text), len(key)), _END_LETTERS - 1, -1)
    return next((count for count in counts if text.startswith(key[-count:])), 0)
