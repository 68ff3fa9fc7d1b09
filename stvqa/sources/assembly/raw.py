"""Annotation as it came, in one shape for all sources and versions.

RawObject(key="1058498", names=("clock",), x=421, y=91, width=79, height=339, attributes=("green", "tall"))
RawTriple(key="15927", subject="5045", predicate="ON", object="5046")
"""

from __future__ import annotations

from typing import NamedTuple

from stvqa.records import ImageReference

__all__ = ["RawObject", "RawTriple", "SceneFrame"]


class RawObject(NamedTuple):
    """One annotated object.

    Attributes:
        key: the source's own id, unique within the image.
        names: all names as annotated, raw.
        x, y: top left corner in pixels; may lie outside the image.
        width, height: pixels; may be zero, negative or reach beyond the image.
        attributes: adjectives as annotated, raw.
    """

    key: str
    names: tuple[str, ...]
    x: float
    y: float
    width: float
    height: float
    attributes: tuple[str, ...] = ()


class RawTriple(NamedTuple):
    """One annotated relationship; `subject` and `object` are keys of `RawObject`."""

    key: str
    subject: str
    predicate: str
    object: str


class SceneFrame(NamedTuple):
    """What a scene graph says beside its objects: whose it is, how large, and where the pixels are."""

    image_id: str
    source: str
    source_image_id: str
    coco_id: int | None
    width: int
    height: int
    image: ImageReference
