"""Edits of valid values: of JSON by its structure, and of files by their bytes.

    draw(edited_json({"objects": [{"id": 7}]}))    # Edited({"objects": [{"id": -1}]}, ("objects/0/id := -1",))
    draw(edited_bytes(b"..."))                     # Edited(b"..", ("cut at 2",))

A draw is short to tell and shrinks to fewer and simpler edits.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any, NamedTuple

from hypothesis import strategies as st

from fuzz.hostile import deep, scalars, texts, twice

__all__ = ["Draw", "Edited", "edited_bytes", "edited_json", "shown"]

Draw = st.DrawFn
_SHOWN_LETTERS = 60
_MOST_PLACES = 4_000
_OPERATIONS = (
    *("replace", "replace", "remove", "repeat", "swap", "wrap", "nest", "rename"),
    *("add", "lengthen", "negate", "twice", "many", "as-text"),
)


class Edited(NamedTuple):
    """A value after some edits, and the edits in words."""

    value: Any
    edits: tuple[str, ...]


class _Place(NamedTuple):
    """A value within another: its parent, and key or index there."""

    parent: Any
    key: Any
    path: str

    @property
    def value(self) -> Any:  # noqa: ANN401 (any JSON)
        return self.parent[self.key]


def shown(value: object) -> str:
    """A value in a line."""
    text = ascii(value)
    return text if len(text) <= _SHOWN_LETTERS else f"{text[:_SHOWN_LETTERS]}... ({len(text):,} letters)"


@st.composite
def edited_json(draw: Draw, value: object, *, most: int = 3) -> Edited:
    """One to `most` edits of a JSON value; the given one is left alone."""
    holder: list[Any] = [copy.deepcopy(value)]
    edits = tuple(_edit(draw, holder) for _ in range(draw(st.integers(1, most))))
    return Edited(holder[0], edits)


def _edit(draw: Draw, holder: list[Any]) -> str:
    places = list(_places(holder))
    place = draw(st.sampled_from(places))
    operation = draw(st.sampled_from(_OPERATIONS))
    return f"{place.path or '.'}: {_applied(draw, operation, place, places)}"


def _places(holder: list[Any]) -> Iterator[_Place]:
    waiting = [_Place(holder, 0, "")]
    found = 0
    while waiting and found < _MOST_PLACES:
        place = waiting.pop(0)
        yield place
        found += 1
        value = place.value
        keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
        waiting += [_Place(value, key, f"{place.path}/{key}".lstrip("/")) for key in keys]


def _applied(draw: Draw, operation: str, place: _Place, places: list[_Place]) -> str:
    """Carries an operation out; one that does not fit the value replaces it."""
    value, parent = place.value, place.parent
    is_member = place.path != ""
    if operation == "remove" and is_member:
        del parent[place.key]
        return "removed"
    if operation == "repeat" and isinstance(parent, list) and is_member:
        parent.insert(place.key, copy.deepcopy(value))
        return "there twice"
    if operation == "swap":
        other = draw(st.sampled_from(places))
        parent[place.key] = copy.deepcopy(other.value)
        return f"the value of {other.path or 'the whole'}"
    if operation == "rename" and isinstance(parent, dict):
        name = draw(texts())
        parent[name] = parent.pop(place.key)
        return f"named {shown(name)}"
    if operation == "twice" and isinstance(parent, dict):
        parent[twice(str(place.key))] = draw(scalars())
        return "its key twice"
    return _remade(draw, operation, place)


def _remade(draw: Draw, operation: str, place: _Place) -> str:
    """Operations that put a new value in the place."""
    value = place.value
    if operation == "wrap":
        made: Any = draw(st.sampled_from(([value], {"value": value}, [[value]], [value, value])))
    elif operation == "nest":
        made = deep(draw(st.sampled_from((10, 100, 1_000, 10_000))), draw(st.sampled_from(("list", "dict"))))
    elif operation == "add" and isinstance(value, dict):
        made = {**value, draw(texts()): draw(scalars())}
    elif operation == "many" and isinstance(value, list) and value:
        made = value * draw(st.sampled_from((2, 50, 400)))
    elif operation == "lengthen" and isinstance(value, str):
        made = draw(st.sampled_from((value + draw(texts()), draw(texts()) + value, value * 50, value.upper())))
    elif operation == "negate" and isinstance(value, int | float):
        made = draw(st.sampled_from((-value, value * 1000, value + 0.5, float(value), 10**20 + value)))
    elif operation == "as-text" and isinstance(value, int | float | bool | None):
        made = str(value)
    else:
        made = draw(scalars())
    place.parent[place.key] = made
    return f":= {shown(made)}"


@st.composite
def edited_bytes(draw: Draw, data: bytes, *, most: int = 2) -> Edited:
    """One to `most` edits of a file's content."""
    edits = []
    for _ in range(draw(st.integers(1, most))):
        data, told = _damaged(draw, data)
        edits.append(told)
    return Edited(data, tuple(edits))


def _damaged(draw: Draw, data: bytes) -> tuple[bytes, str]:
    kind = draw(
        st.sampled_from(("flip", "cut", "cut-out", "put-in", "twice", "empty", "zeros", "bom", "utf-16", "shift"))
    )
    place = draw(st.integers(0, max(0, len(data) - 1)))
    if kind == "flip" and data:
        bits = draw(st.integers(1, 255))
        return data[:place] + bytes([data[place] ^ bits]) + data[place + 1 :], f"byte {place:,} flipped by {bits}"
    if kind == "cut":
        return data[:place], f"cut at {place:,}"
    if kind == "cut-out":
        stop = place + draw(st.sampled_from((1, 4, 64, 1_000)))
        return data[:place] + data[stop:], f"bytes {place:,} to {stop:,} cut out"
    if kind == "put-in":
        new = draw(
            st.one_of(st.binary(max_size=8), st.sampled_from((b"\x00" * 64, b"\xff" * 9, b"[" * 5_000, b'"', b"\n")))
        )
        return data[:place] + new + data[place:], f"{shown(new)} put in at {place:,}"
    if kind == "zeros":
        return data[:place] + b"\x00" * len(data[place:]), f"zeros from {place:,} on"
    if kind == "shift":
        return data[place:], f"begins at {place:,}"
    whole = {"twice": data * 2, "bom": b"\xef\xbb\xbf" + data, "utf-16": data.decode("latin-1").encode("utf-16")}
    return whole.get(kind, b""), {"empty": "emptied", "flip": "emptied"}.get(kind, kind)
