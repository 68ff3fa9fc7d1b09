"""Scenes as arrays: the ids, boxes and triples of a truth or of a completion.

Scene(ids=("cup.1",), boxes=array([[10., 20., 60., 90.]]), triples=())
label_of("traffic_light.2")                       # "traffic light"

What makes a scene well-formed is for `stvqa.rewards.formats`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["MOST_OBJECTS", "Scene", "Triple", "label_of", "read_boxes", "taking_part", "usable"]

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

MOST_OBJECTS = 1024
"""Objects of a scene that take part in matching, the first ones as written; all of them are counted. A truth may not
have more."""

_MOST_COMPARED = 32_768
"""Objects of a completion times true objects. It bounds the time of measuring and of the assignment; 181 objects
against 181 true ones are all compared."""

_LONGEST_LABEL = 64


class Triple(NamedTuple):
    """A relationship as it is written in a scene."""

    subject: str
    predicate: str
    object: str


class Scene(NamedTuple):
    """Objects and triples of one scene.

    Attributes:
        ids: `name.N`, one an object.
        boxes: x1, y1, x2, y2 in units of the frame, shape (n, 4), as written: they may be unusable.
    """

    ids: tuple[str, ...]
    boxes: Array
    triples: tuple[Triple, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the objects as people say them."""
        return tuple([label_of(name) for name in self.ids])


def taking_part(true_objects: int) -> int:
    """How many objects of a completion are held against so many true ones: the first ones as written."""
    return max(1, min(MOST_OBJECTS, _MOST_COMPARED // max(1, true_objects)))


def label_of(object_id: str) -> str:
    """`traffic_light.2` to `traffic light`: what stands before the first dot, hyphens and underscores as spaces.

    More than 64 characters name nothing, and are cut there.
    """
    return _label_of(object_id[: _LONGEST_LABEL + 1])  # cut before it is remembered: an id may be of any length


@lru_cache(maxsize=65536)
def _label_of(beginning: str) -> str:
    name = beginning.split(".", 1)[0]
    return name[:_LONGEST_LABEL].replace("_", " ").replace("-", " ").strip().lower()


def read_boxes(boxes: Sequence[Sequence[Any]]) -> Array:
    """Lists of four numbers as an array of shape (n, 4); whole numbers too large for a float become infinite.

    Raises:
        ValueError: a box has another length.
        TypeError: a side is no number.
    """
    if not boxes:
        return np.empty((0, 4))
    try:
        array = np.array(boxes, dtype=np.float64)
    except OverflowError:
        array = np.array([[_finite_or_infinite(side) for side in box] for box in boxes], dtype=np.float64)
    if array.ndim != 2 or array.shape[1] != 4:
        raise ValueError(f"boxes have shape {array.shape}, not (n, 4)")
    return array


def _finite_or_infinite(side: float) -> float:
    try:
        return float(side)
    except OverflowError:
        return float("inf") if side > 0 else float("-inf")


def usable(boxes: Array) -> Flags:
    """Which boxes, in shares of the image, have finite sides in order and some area inside the image; shape (n,)."""
    with np.errstate(invalid="ignore"):
        clipped = np.clip(boxes, 0, 1)
        ordered = (clipped[:, 0] < clipped[:, 2]) & (clipped[:, 1] < clipped[:, 3])
    return np.asarray(ordered & np.isfinite(boxes).all(axis=1))
