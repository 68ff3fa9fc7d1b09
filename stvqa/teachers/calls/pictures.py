"""Images of calls: what they are keyed by, and how they are sent.

    pictures = Pictures(source)
    pictures.digest(picture)      # sha256 of the stored bytes: cheap, asked for every call
    pictures.data_url(picture)    # "data:image/jpeg;base64,...": decoded, mirrored, resized, encoded when it is sent

An image is keyed by the bytes that are stored and by what is done to them, not by the JPEG that is sent, so that
another version of the encoder pays for no call again. Few rendered images are held at a time.
"""

from __future__ import annotations

import base64
import hashlib
import io
import math
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple, Protocol

from PIL import Image, ImageOps

from stvqa.pictures import one_at_a_time
from stvqa.records import ImageReference
from stvqa.teachers.calls.contract import CallRequest, Picture

__all__ = ["PictureSource", "PictureUnavailable", "Pictures", "SentSize", "picture_urls", "sent_size"]

_QUALITY = 90
_RENDERED_KEPT = 128
_RECIPE = 2
"""Of resizing and encoding; raised when what is sent becomes another image."""


class PictureUnavailable(Exception):  # noqa: N818 (named for the outcome `image-unreadable`)
    """The pixels of one image cannot be had; `str()` says why."""


class PictureSource(Protocol):
    """Where images come from; the sources' own readers behind a contract, since teachers do not import sources."""

    def stored(self, reference: ImageReference, *, width: int, height: int) -> bytes:
        """The image as it is stored; raises PictureUnavailable."""

    def opened(self, reference: ImageReference, *, width: int, height: int) -> Image.Image:
        """The image decoded, in RGB, width x height pixels; raises PictureUnavailable."""


class SentSize(NamedTuple):
    """Pixels of an image as it is sent."""

    width: int
    height: int


def sent_size(picture: Picture) -> SentSize:
    """Its own size, or the largest of the same shape within the cap."""
    scale = min(1.0, math.sqrt(picture.max_pixels / (picture.width * picture.height)))
    return SentSize(max(1, int(picture.width * scale)), max(1, int(picture.height * scale)))


class Pictures:
    """Digests and data URLs of images, each made once where it is asked for often. Safe to use from many threads."""

    def __init__(self, source: PictureSource) -> None:
        self._source = source
        self._lock = threading.Lock()
        self._digests: dict[tuple[ImageReference, int, int], str] = {}
        self._rendered: OrderedDict[Picture, str] = OrderedDict()
        self._turns: dict[object, threading.Lock] = {}

    def digest(self, picture: Picture) -> str:
        """sha256 in hex of the stored bytes and of what is done to them.

        Raises:
            PictureUnavailable: there is no image.
        """
        place = (picture.reference, picture.width, picture.height)
        if place not in self._digests:
            with self._turn(place):
                if place not in self._digests:
                    data = self._source.stored(picture.reference, width=picture.width, height=picture.height)
                    self._digests[place] = hashlib.sha256(data).hexdigest()
        stored = self._digests[place]
        done = f"{_RECIPE} {stored} {sent_size(picture)} {picture.mirrored}"
        return hashlib.sha256(done.encode()).hexdigest()

    def data_url(self, picture: Picture) -> str:
        """The image as it is sent: JPEG, at most `max_pixels`, as a data URL.

        Raises:
            PictureUnavailable: it does not decode.
        """
        with self._turn(picture):
            if (ready := self.rendered(picture)) is not None:
                return ready
            url = self._render(picture)
            with self._lock:
                self._rendered[picture] = url
                if len(self._rendered) > _RENDERED_KEPT:
                    self._rendered.popitem(last=False)
        return url

    def rendered(self, picture: Picture) -> str | None:
        """What `data_url` gives, if it is still held."""
        with self._lock:
            if (url := self._rendered.get(picture)) is not None:
                self._rendered.move_to_end(picture)
            return url

    @contextmanager
    def _turn(self, what: object) -> Iterator[None]:
        """One thread at a time for one image: calls about an image come together, and one of them does the work."""
        with self._lock:
            turn = self._turns.setdefault(what, threading.Lock())
        try:
            with turn:
                yield
        finally:
            with self._lock:
                self._turns.pop(what, None)

    def _render(self, picture: Picture) -> str:
        with one_at_a_time(picture.width, picture.height):
            image = self._source.opened(picture.reference, width=picture.width, height=picture.height)
            size = sent_size(picture)
            if size != image.size:
                image = image.resize(size, Image.Resampling.HAMMING)
            if picture.mirrored:
                image = ImageOps.mirror(image)
            buffer = io.BytesIO()
            image.save(buffer, "JPEG", quality=_QUALITY)
        return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def picture_urls(request: CallRequest, pictures: Pictures) -> tuple[str, ...]:
    """Data URLs of all images of a call, in the order of its messages.

    Raises:
        PictureUnavailable: one of them cannot be had.
    """
    return tuple(pictures.data_url(picture) for message in request.messages for picture in message.images)
