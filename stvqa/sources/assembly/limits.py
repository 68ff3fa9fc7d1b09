"""How much one image's annotation may hold, for all sources: more is no annotation, and takes memory without bound.

    oversized(20_000, 3)        # Oversize("too-many-objects", "20,000 objects, and an image may have 1,000: ...")

The largest images of Visual Genome, GQA and VG150 hold a few hundred objects and a few thousand relationships (GQA's
left and right of nearly every pair), in less than a megabyte; names have up to six words.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from stvqa.pictures import is_plain_name
from stvqa.sources.assembly.raw import RawObject
from stvqa.vocabulary import LONGEST_NAME

__all__ = [
    "ID_UNUSABLE",
    "LONGEST_TEXT",
    "MOST_ATTRIBUTES",
    "MOST_NAMES",
    "MOST_OBJECTS",
    "MOST_PLACES",
    "MOST_RECORD_BYTES",
    "MOST_RELATIONSHIPS",
    "TOO_LARGE",
    "Oversize",
    "OversizeError",
    "id_fault",
    "long_part",
    "long_text",
    "oversized",
    "too_large",
]

MOST_OBJECTS = 1_000
"""Of an image; all pairs of them are looked at."""

MOST_PLACES = 100
"""Of one object id: boxes that do not lie on each other."""

MOST_RELATIONSHIPS = 20_000
"""Of an image, as annotated."""

MOST_NAMES = 20
"""Of one object."""

MOST_ATTRIBUTES = 100
"""Of one object."""

LONGEST_TEXT = LONGEST_NAME
"""Letters of a name, an attribute or a predicate."""

MOST_RECORD_BYTES = 4 * 2**20
"""Of the JSON of one image; read, it takes some forty times as much."""

TOO_LARGE = "annotation-too-large"
ID_UNUSABLE = "image-id-unusable"


class Oversize(NamedTuple):
    """Why an image's annotation is too large: the reason's slug, and its detail."""

    reason: str
    detail: str


class OversizeError(Exception):
    """An annotation that turned out too large while it was read.

    Attributes:
        oversize: what there is too much of.
    """

    def __init__(self, oversize: Oversize) -> None:
        super().__init__(oversize.detail)
        self.oversize = oversize


def oversized(objects: int, relationships: int) -> Oversize | None:
    """What there is too much of in an image; None where all is within bounds."""
    for reason, count, most, what in (
        ("too-many-objects", objects, MOST_OBJECTS, "objects"),
        ("too-many-relationships", relationships, MOST_RELATIONSHIPS, "relationships"),
    ):
        if count > most:
            return Oversize(reason, f"{count:,} {what}, and an image may have {most:,}: take some out")
    return None


def too_large(size: int) -> Oversize | None:
    """Whether the JSON of an image has too many bytes to be read."""
    if size <= MOST_RECORD_BYTES:
        return None
    return Oversize(TOO_LARGE, f"its annotation has {size:,} bytes, and {MOST_RECORD_BYTES:,} are read")


def id_fault(image_id: str) -> str:
    """Why an image id cannot be the name of a picture's file; empty where it can."""
    if is_plain_name(image_id):
        return ""
    shown = image_id[:40]
    return f"{shown!r}{'...' if len(image_id) > len(shown) else ''} is not the plain name of a file"


def long_part(raw: RawObject) -> str:
    """What of an object is too long or too much; empty where nothing is."""
    if len(raw.names) > MOST_NAMES:
        return f"{len(raw.names):,} names, and an object may have {MOST_NAMES}"
    if len(raw.attributes) > MOST_ATTRIBUTES:
        return f"{len(raw.attributes):,} attributes, and an object may have {MOST_ATTRIBUTES}"
    return _long_text((*raw.names, *raw.attributes))


def long_text(text: str) -> str:
    """That a text is too long; empty where it is not."""
    return _long_text((text,))


def _long_text(texts: Sequence[str]) -> str:
    longest = max((len(text) for text in texts), default=0)
    return f"a text of {longest:,} letters, and {LONGEST_TEXT} are read" if longest > LONGEST_TEXT else ""
