"""How many parts a picture's file has, counted before Pillow walks through them one by one.

    refuse_many_parts(file)       # a JPEG of eight million comments is refused after ten thousand
    refuse_many_scans(data)       # a progressive JPEG of twenty thousand scans would be decoded for hours

A file of 30 MB can hold millions of empty segments, chunks or blocks, and readers take seconds to minutes, and up to a
gigabyte, for what says nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

from stvqa.pictures.unreadable import ImageUnreadable

__all__ = ["MOST_PARTS", "MOST_SCANS", "jpeg_segments", "refuse_many_parts", "refuse_many_scans"]

MOST_PARTS = 10_000
"""Segments of a JPEG before its pixels, chunks of a PNG, blocks of a GIF before its first picture. Real files have a
few dozen; a PNG of 32 MB in chunks of 8 KB has 4,000."""

MOST_HEAD_BYTES = 8 * 2**20
"""Of a JPEG before its pixels: readers join pieces one by one, in time that grows with the square."""

MOST_SCANS = 100
"""Scans of a progressive JPEG; encoders write about ten, cameras' files of several pictures twice that."""

_JPEG, _PNG, _GIF = b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b"GIF8"
_START_OF_SCAN, _END = 0xDA, 0xD9
_WITHOUT_LENGTH = frozenset({0x00, 0x01, *range(0xD0, 0xDA)})
_GIF_EXTENSION, _GIF_PICTURE = b"!", b","


def refuse_many_parts(file: BinaryIO) -> None:
    """Counts the parts of a file up to its pixels; the file is then at its beginning again.

    Raises:
        ImageUnreadable: they are more than `MOST_PARTS`.
    """
    start = file.read(len(_PNG))
    parts: Iterator[object] = iter(())
    if start.startswith(_JPEG):
        file.seek(len(_JPEG))
        parts = _of_a_short_head(jpeg_segments(file))
    elif start == _PNG:
        parts = _png_chunks(file)
    elif start.startswith(_GIF):
        parts = _gif_blocks(file)
    count = sum(1 for _ in islice(parts, MOST_PARTS + 1))
    file.seek(0)
    if count > MOST_PARTS:
        raise ImageUnreadable(f"its file has more than {MOST_PARTS:,} parts: store it anew")


def refuse_many_scans(data: bytes) -> None:
    """Counts the scans of a JPEG.

    Raises:
        ImageUnreadable: they are more than `MOST_SCANS`.
    """
    if data.startswith(_JPEG) and (count := data.count(bytes([0xFF, _START_OF_SCAN]))) > MOST_SCANS:
        raise ImageUnreadable(f"its pixels stand in {count:,} scans, and {MOST_SCANS} are read: store it anew")


def jpeg_segments(file: BinaryIO) -> Iterator[tuple[int, int, int]]:
    """Marker, first byte and length of each segment before the pixels, markers included; bytes of filling are segments
    of one byte and marker 0xFF.

    Args:
        file: after its start marker.
    """
    place = file.tell()
    while len(head := file.read(4)) >= 2 and head[0] == 0xFF:
        marker = head[1]
        if marker in (_START_OF_SCAN, _END):
            return
        if marker == 0xFF:
            length = 1
        elif marker in _WITHOUT_LENGTH or len(head) < 4:
            length = 2
        else:
            length = 2 + int.from_bytes(head[2:4])
        yield marker, place, length
        place += length
        file.seek(place)


def _of_a_short_head(segments: Iterator[tuple[int, int, int]]) -> Iterator[None]:
    for _, start, length in segments:
        if start + length > MOST_HEAD_BYTES:
            raise ImageUnreadable(f"its head has more than {MOST_HEAD_BYTES:,} bytes: store it anew")
        yield None


def _png_chunks(file: BinaryIO) -> Iterator[None]:
    while len(head := file.read(8)) == 8 and head[4:] != b"IEND":
        yield None
        file.seek(int.from_bytes(head[:4]) + 4, os.SEEK_CUR)


def _gif_blocks(file: BinaryIO) -> Iterator[None]:
    """Sub-blocks of the extensions that stand before the first picture."""
    file.seek(0)
    head = file.read(13)
    if len(head) == 13 and head[10] & 0x80:
        file.seek(3 << ((head[10] & 7) + 1), os.SEEK_CUR)
    while (kind := file.read(1)) and kind != _GIF_PICTURE:
        yield None
        if kind != _GIF_EXTENSION:
            continue
        file.read(1)
        while (size := file.read(1)) not in (b"", b"\0"):
            yield None
            file.seek(size[0], os.SEEK_CUR)
