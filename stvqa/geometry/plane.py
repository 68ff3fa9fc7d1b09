"""Directions in a plane, in degrees.

>>> bearings(np.array([[0.0, 1.0], [1.0, 0.0]]))
array([ 0., 90.])
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["angles_between", "bearings"]

Array = NDArray[np.float64]


def bearings(vectors: Array) -> Array:
    """Headings of ground-plane vectors (x right, z away from the camera), shape (n, 2) -> (n,).

    0 points away from the camera, 90 to the image's right, 180 to the camera, 270 to the left.
    """
    return np.asarray(np.degrees(np.arctan2(vectors[:, 0], vectors[:, 1])) % 360)


def angles_between(first: Array | float, second: Array | float) -> Array:
    """Least absolute difference of two directions, in [0, 180] degrees."""
    difference = np.abs(np.asarray(first, dtype=np.float64) - np.asarray(second, dtype=np.float64)) % 360
    return np.asarray(np.minimum(difference, 360 - difference))
