"""Thumbnails: every image once, small enough that the page can carry all of them.

    side_for(3500)                        # 400, the longest side in pixels
    list(thumbnails([b"..."], side=400))     # [b"RIFF...WEBP..."]; empty for what is no image

WebP, since it is half the size of JPEG at the same look and every browser since 2020 reads it.
"""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from PIL import Image

from stvqa.pictures import ImageUnreadable, decode

__all__ = ["side_for", "thumbnails"]

_SIDES = ((500, 640), (1500, 480), (10_000, 400))
_SMALLEST_SIDE = 256
"""Most images, and their longest side: 3,500 photographs of 400 pixels are some 30 MB, a third more in base64, and
such a page is written in half a minute and still opens within a second."""
_THREADS = 2
_AHEAD = 8
_QUALITY = 65
_METHOD = 2
"""Of WebP's 0 to 6; 4 takes twice the time for 5 % fewer bytes."""


def side_for(count: int) -> int:
    """The longest side, in pixels, of each of `count` thumbnails."""
    return next((side for most, side in _SIDES if count <= most), _SMALLEST_SIDE)


def thumbnails(images: Iterable[bytes], *, side: int) -> Iterator[bytes]:
    """A WebP for each image file, in order; empty bytes where it cannot be decoded.

    Two threads work (Pillow lets go of the interpreter), a few images ahead of what is taken.

    Args:
        images: taken one by one.
        side: longest side in pixels; smaller images keep their size.
    """
    waiting: deque[Future[bytes]] = deque()
    with ThreadPoolExecutor(_THREADS) as pool:
        for data in images:
            waiting.append(pool.submit(_thumbnail, data, side))
            if len(waiting) >= _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _thumbnail(data: bytes, side: int) -> bytes:
    try:
        small = decode(data, smallest=side)  # lets the JPEG reader skip pixels that would be thrown away
    except ImageUnreadable:
        return b""
    small.thumbnail((side, side), Image.Resampling.HAMMING)
    buffer = io.BytesIO()
    small.save(buffer, "WEBP", quality=_QUALITY, method=_METHOD)
    return buffer.getvalue()
