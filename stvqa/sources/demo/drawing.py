"""A drawing: the parts of one class put into arrays, made once per class and variant.

    chair = assemble(parts)          # chair.points (n, 3), chair.high - chair.low = width, height, length in metres
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stvqa.sources.demo.solids import FloatArray, Part

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
        low / high: (3,) bounds of all points.
    """

    points: FloatArray
    starts: npt.NDArray[np.int64]
    corners: FloatArray
    faces: tuple[tuple[tuple[tuple[int, ...], str], ...], ...]
    two_sided: tuple[bool, ...]
    low: FloatArray
    high: FloatArray


def assemble(parts: Sequence[Part]) -> Drawing:
    """Joins parts. The lowest point is moved to y = 0, the middle of the footprint stays where it was drawn."""
    points = np.concatenate([part.points for part in parts])
    lift = np.array([0.0, -float(points[:, 1].min()), 0.0])
    points = points + lift
    starts = np.cumsum([0] + [len(part.points) for part in parts[:-1]])
    return Drawing(
        points=points,
        starts=np.asarray(starts, dtype=np.int64),
        corners=np.stack([part.corners for part in parts]) + lift,
        faces=tuple(part.faces for part in parts),
        two_sided=tuple(part.two_sided for part in parts),
        low=points.min(axis=0),
        high=points.max(axis=0),
    )
