"""Boxes in the picture plane, angles in the ground plane, hashes of pictures; knows nothing of scene graphs."""

from stvqa.geometry.boxes import (
    areas,
    as_boxes,
    centres,
    covered_shares,
    gaps,
    intersections,
    ious,
    sides,
)
from stvqa.geometry.image_hash import difference_hash, hash_distance, near_duplicates
from stvqa.geometry.plane import angles_between, bearings

__all__ = [
    "angles_between",
    "areas",
    "as_boxes",
    "bearings",
    "centres",
    "covered_shares",
    "difference_hash",
    "gaps",
    "hash_distance",
    "intersections",
    "ious",
    "near_duplicates",
    "sides",
]
