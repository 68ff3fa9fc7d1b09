"""Where the elements of one huge JSON list (or dict) begin and end, so that each can be read on its own.

    index = index_elements(Path("scene_graphs.json"), shape="list")
    with index.path.open("rb") as file:
        graph = from_json(read_span(file, index.starts[0], index.stops[0]))

The official Visual Genome files are single lists of up to 744 MB, over 6 GB once loaded by the json
module. This module reads them once in chunks of a few MB and keeps two offsets an element. Brackets that
stand inside strings are told by the parity of the quotes before them; a quote is escaped when an odd run of
backslashes ends right before it; the depth is a cumulative sum over what remains. An element of a dict is
the whole member, `"key": value`; `read_member` parses one.

The scan proves that brackets and quotes close, not that each element is valid: its reader finds that out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic_core import from_json

from stvqa.errors import InputError

__all__ = ["CHUNK_BYTES", "MOST_ELEMENTS", "ElementIndex", "Member", "index_elements", "read_member", "read_span"]

CHUNK_BYTES = 1 << 19
"""Bytes read at a time. The scan holds a few arrays of this many bytes; they fit a processor's cache, which
makes half a MB a third faster than four (`benchmarks/json_readers.py`)."""

MOST_ELEMENTS = 1_000_000
"""Of a file; Visual Genome has 108,077 images."""

_QUOTE, _BACKSLASH, _COMMA = 0x22, 0x5C, 0x2C
_CASE_BIT = 0x20
_OPEN, _CLOSE = 0x7B, 0x7D
"""`{` and `}`; `[` and `]` become the same with `_CASE_BIT` set, and no other byte does."""
_BRACKET_BITS, _BRACKET_SUM = 0x26, 0x7F
"""With these bits set, all four brackets become 0x7F, and beside them only `Y`, `y`, `_` and DEL."""

_WHITESPACE = b" \t\n\r"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BRACKETS: dict[str, bytes] = {"list": b"[]", "dict": b"{}"}

Offsets = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class ElementIndex:
    """Offsets of all elements of one file, 16 bytes an element.

    Attributes:
        path: the file.
        starts: int64 of shape (elements,): byte after the comma or bracket before the element.
        stops: int64 of shape (elements,): byte of the comma or bracket after it. The span may begin and end
            with whitespace.
    """

    path: Path
    starts: Offsets
    stops: Offsets

    def __len__(self) -> int:
        return len(self.starts)


class Member(NamedTuple):
    """One member of a JSON dict."""

    key: str
    value: Any


def index_elements(
    path: Path, *, shape: Literal["list", "dict"] = "list", chunk_bytes: int = CHUNK_BYTES
) -> ElementIndex:
    """Finds all elements of the list, or members of the dict, that a file holds.

    Args:
        path: a UTF-8 JSON file of any size.
        shape: what the file's outermost value has to be.
        chunk_bytes: bytes read at a time, at least 1.

    Raises:
        InputError: the file is empty, cut short, of another shape, or goes on after its end; the message
            names file and byte.
    """
    scanner = _Scanner(path=path, brackets=_BRACKETS[shape], shape=shape)
    try:
        with path.open("rb") as file:
            if file.read(len(_BYTE_ORDER_MARK)) == _BYTE_ORDER_MARK:
                scanner.offset = len(_BYTE_ORDER_MARK)
            file.seek(scanner.offset)
            while data := file.read(chunk_bytes):
                scanner.feed(data)
                if scanner.count > MOST_ELEMENTS:
                    raise InputError(
                        f"{path} has more than {MOST_ELEMENTS:,} entries, and no set of images is as large: "
                        "fetch the file again, or split it"
                    )
            separators = scanner.finish()
            starts, stops = separators[:-1] + 1, separators[1:].copy()
            if len(starts) and _is_blank(file, int(starts[-1]), int(stops[-1])):
                if len(starts) > 1:
                    comma = starts[-1] - 1
                    raise InputError(
                        f"{path}: nothing stands between the comma at byte {comma} and the end of the list"
                    )
                starts, stops = starts[:0], stops[:0]
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error
    return ElementIndex(path=path, starts=starts, stops=stops)


def read_span(file: BinaryIO, start: int, stop: int) -> bytes:
    """The bytes of one element. A file that became shorter since it was indexed gives fewer."""
    file.seek(start)
    return file.read(stop - start)


def read_member(data: bytes) -> Member:
    """Parses the span of one dict member.

    Raises:
        ValueError: it is not one member.
    """
    members = from_json(b"{" + data + b"}")
    if len(members) != 1:
        raise ValueError(f"{len(members)} members where one was expected")
    return Member(*next(iter(members.items())))


class _Brackets(NamedTuple):
    positions: Offsets
    steps: Offsets
    """+1 or -1 for each."""


@dataclass(slots=True)
class _Scanner:
    """State between two chunks of one file.

    Attributes:
        offset: bytes of the file before the chunk.
        depth: brackets open.
        in_string: whether the last chunk ended within a string.
        escaping: whether it ended with an odd run of backslashes, which escapes the next byte.
        separators: positions of the outermost bracket, the commas directly in it, and its closing bracket.
        closed: whether the closing bracket was seen.
        count: of the separators.
    """

    path: Path
    brackets: bytes
    shape: str
    offset: int = 0
    depth: int = 0
    in_string: bool = False
    escaping: bool = False
    closed: bool = False
    count: int = 0
    separators: list[Offsets] = field(default_factory=list)

    def feed(self, data: bytes) -> None:
        """Takes the next chunk."""
        body = 0
        if not self.separators:
            body = self._begin(data)
        if self.separators:
            body = self._scan(data, body)
        if self.closed:
            self._refuse_tail(data, body)
        self.offset += len(data)

    def finish(self) -> Offsets:
        """Positions of the separators, the enclosing brackets included.

        Raises:
            InputError: the outermost value never began or never closed.
        """
        if not self.separators:
            raise InputError(f"{self.path} is empty; fetch the file again")
        if not self.closed:
            raise InputError(
                f"{self.path} is cut short: it ends at byte {self.offset} inside "
                f"{'a string' if self.in_string else f'{self.depth} open brackets'}; fetch the file again"
            )
        return np.concatenate(self.separators)

    def _begin(self, data: bytes) -> int:
        """Finds the opening bracket; returns the position after it, or 0 where there is only whitespace."""
        blank = len(data) - len(data.lstrip(_WHITESPACE))
        if blank == len(data):
            return 0
        if data[blank] != self.brackets[0]:
            raise InputError(
                f"{self.path} does not hold a JSON {self.shape}: byte {self.offset + blank} is "
                f"{data[blank : blank + 1]!r} where {self.brackets[:1].decode()!r} was expected"
            )
        self.separators.append(np.array([self.offset + blank], dtype=np.int64))
        self.depth = 1
        return blank + 1

    def _scan(self, data: bytes, body: int) -> int:
        """Scans a chunk from `body` on; returns where the outermost value ends, or the chunk's length."""
        if self.closed:
            return 0
        values = np.frombuffer(data, dtype=np.uint8)[body:]
        in_string = self._in_string(values)
        brackets, steps = _structural_brackets(values, in_string)
        depths = self.depth + np.cumsum(steps)
        ends = np.flatnonzero(depths == 0)
        stop = len(values)
        if len(ends):
            stop = int(brackets[ends[0]])
            brackets, depths = brackets[: ends[0]], depths[: ends[0]]
        found = self._commas_at_top(values[:stop], brackets, depths, in_string)
        self.count += len(found)
        self.separators.append(found + (self.offset + body))
        if len(ends):
            self.closed = True
            self.separators.append(np.array([self.offset + body + stop], dtype=np.int64))
            return body + stop + 1
        if len(depths):
            self.depth = int(depths[-1])
        self.in_string = bool(in_string[-1]) if len(in_string) else self.in_string
        return len(data)

    def _in_string(self, values: NDArray[np.uint8]) -> Mask:
        """For each byte whether it stands in a string, opening quotes included; notes how the last one escapes."""
        is_quote = values == _QUOTE
        escaped = _after_odd_runs(np.flatnonzero(values == _BACKSLASH), carried=self.escaping)
        self.escaping = bool(len(escaped)) and int(escaped[-1]) == len(values)
        is_quote[escaped[: len(escaped) - self.escaping]] = False
        inside: Mask = np.logical_xor.accumulate(is_quote)
        return ~inside if self.in_string else inside

    def _commas_at_top(self, values: NDArray[np.uint8], brackets: Offsets, depths: Offsets, in_string: Mask) -> Offsets:
        """Positions of the commas directly inside the outermost brackets.

        Only stretches at depth 1 are looked at; between two objects of a list such a stretch is `, `.
        """
        starts = np.concatenate(([0], brackets + 1))
        stops = np.concatenate((brackets, [len(values)]))
        at_top = np.concatenate(([self.depth], depths)) == 1
        data = values.tobytes()
        found: list[int] = []
        for start, stop in zip(starts[at_top].tolist(), stops[at_top].tolist(), strict=True):
            first = data.find(b",", start, stop)
            if first < 0:
                continue
            if data.find(b",", first + 1, stop) < 0 and not in_string[first]:
                found.append(first)
                continue
            commas = (values[start:stop] == _COMMA) & ~in_string[start:stop]
            found.extend((np.flatnonzero(commas) + start).tolist())
        return np.array(found, dtype=np.int64)

    def _refuse_tail(self, data: bytes, body: int) -> None:
        """Refuses anything but whitespace after the outermost value."""
        rest = data[body:].lstrip(_WHITESPACE)
        if rest:
            where = self.offset + len(data) - len(rest)
            raise InputError(
                f"{self.path} goes on after its {self.shape} ended: byte {where} is {rest[:1]!r}; "
                "it has to hold one JSON value"
            )


def _structural_brackets(values: NDArray[np.uint8], in_string: Mask) -> _Brackets:
    """Brackets outside strings, of a chunk."""
    candidates = np.flatnonzero((values | _BRACKET_BITS) == _BRACKET_SUM)
    kinds = values[candidates] | _CASE_BIT
    opening = kinds == _OPEN
    kept = (opening | (kinds == _CLOSE)) & ~in_string[candidates]
    return _Brackets(candidates[kept], np.where(opening[kept], 1, -1))


def _after_odd_runs(slashes: Offsets, *, carried: bool) -> Offsets:
    """Positions right after the odd runs of backslashes: what stands there is escaped.

    Args:
        slashes: sorted positions of all backslashes of a chunk.
        carried: whether an odd run ended right before the chunk; it lengthens a run at position 0.
    """
    if not len(slashes):
        return np.zeros(int(carried), dtype=np.int64)
    firsts = np.flatnonzero(np.diff(slashes, prepend=slashes[0] - 2) != 1)
    run_stops: Offsets = slashes[np.append(firsts[1:], len(slashes)) - 1] + 1
    lengths = run_stops - slashes[firsts]
    if carried and slashes[0] == 0:
        lengths[0] += 1
        carried = False
    escaped: Offsets = run_stops[lengths % 2 == 1]
    return np.concatenate(([0], escaped)) if carried else escaped


def _is_blank(file: BinaryIO, start: int, stop: int) -> bool:
    """Whether a span holds nothing but whitespace, read in bounded pieces."""
    file.seek(start)
    while start < stop:
        data = file.read(min(CHUNK_BYTES, stop - start))
        if not data or data.strip(_WHITESPACE):
            return False
        start += len(data)
    return True
