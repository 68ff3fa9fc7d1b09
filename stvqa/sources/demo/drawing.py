"""A drawing: the parts of one class put into arrays, made once per class and variant.

chair = assemble(parts)          # chair.points (n, 3), chair.size = width, height, length in metres
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stvqa.sources.demo.solids import FloatArray, Part, Point

__all__ = ["Drawing", "assemble"]


@dataclass(frozen=True, slots=True)
class Drawing:
    """Arrays over all parts of a drawing; local frame and units of `stvqa.sources.demo.solids`.

    Attributes:
        points: (n, 3) vertices of all parts, one after the other.
        starts: (parts,) index of the first vertex of each part.
        corners: (parts, 8, 3) parallelepiped around each part.
        faces: for each part its faces (indices into the part's own vertices) with materials.
        two_sided: for each part whether it is a flat sheet.
        low: lowest x, y, z of all points.
        middle: middle of their bounds. size: width, height, length.
    """

    points: FloatArray
    starts: npt.NDArray[np.int64]
    corners: FloatArray
    faces: tuple[tuple[tuple[tuple[int, ...], str], ...], ...]
    two_sided: tuple[bool, ...]
    low: Point
    middle: Point
    size: Point


def assemble(parts: Sequence[Part]) -> Drawing:
    """Joins parts."""
    points = np.concatenate([part.points for part in parts])
    low, high = points.min(axis=0), points.max(axis=0)
    starts = np.cumsum([0] + [len(part.points) for part in parts[:-1]])
    return Drawing(
        points=points,
        starts=np.asarray(starts, dtype=np.int64),
        corners=np.stack([part.corners for part in parts]),
        faces=tuple(part.faces for part in parts),
        two_sided=tuple(part.two_sided for part in parts),
        low=_point(low),
        middle=_point((low + high) / 2),
        size=_point(high - low),
    )


def _point(values: FloatArray) -> Point:
    x, y, z = values.tolist()
    return (x, y, z)
