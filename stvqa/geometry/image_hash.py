"""Difference hashes of images, and groups of images that are nearly the same.

    difference_hash(image)                                                       # "3c7e5a1899bdc3e7"
    near_duplicates(["00000000000000ff", "00000000000000fe", "ffffffff00000000"])   # [0, 0, 1]

The hash is dHash (Krawetz, "Kind of Like That", 2013): the image in grey at 9 x 8 pixels, one bit for each
two neighbours in a row, set where the left one is brighter. It survives scaling, recompression and small
changes of brightness.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from stvqa.pictures import eight_bit

__all__ = ["HASH_BITS", "difference_hash", "hash_distance", "near_duplicates"]

HASH_BITS = 64
_COLUMNS, _ROWS = 9, 8

Hashes = NDArray[np.uint64]
Indices = NDArray[np.int64]


def difference_hash(image: Image.Image) -> str:
    """64 bits as 16 hex digits, row by row from the top left, first bit highest.

    Raises:
        ImageUnreadable: numbers of no known range, see `stvqa.pictures.eight_bit`.
    """
    grey = np.asarray(eight_bit(image).convert("L").resize((_COLUMNS, _ROWS), Image.Resampling.BOX), dtype=np.int16)
    bits = grey[:, :-1] > grey[:, 1:]
    return np.packbits(bits).tobytes().hex()


def hash_distance(first: str, second: str) -> int:
    """In how many of 64 bits two difference hashes differ."""
    return (int(first, 16) ^ int(second, 16)).bit_count()


def near_duplicates(hashes: Sequence[str], *, bits: int = 3) -> list[int]:
    """Groups hashes that differ in at most `bits` bits, chains included (a ~ b, b ~ c: one group).

    Two hashes within `bits` bits agree wholly in one of `bits + 1` bands, since so few differences
    cannot touch them all (pigeonhole). So only hashes that share a band are compared.

    Args:
        hashes: 16 hex digits each.
        bits: largest Hamming distance, 0 to 63.

    Returns:
        For each hash the number of its group; groups are numbered by first appearance.

    Raises:
        ValueError: `bits` out of range, or a hash that is not 16 hex digits.
    """
    if not 0 <= bits < HASH_BITS:
        raise ValueError(f"bits is {bits}, it has to be 0 to {HASH_BITS - 1}")
    if wrong := next((text for text in hashes if len(text) * 4 != HASH_BITS), None):
        raise ValueError(f"{wrong!r} is not a hash of {HASH_BITS // 4} hex digits")
    # A tenth of a second to import, and every process imports this package; few group hashes.
    from scipy.sparse import coo_array  # noqa: PLC0415
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

    values, where = np.unique(np.array([int(text, 16) for text in hashes], dtype=np.uint64), return_inverse=True)
    firsts: list[Indices] = []
    seconds: list[Indices] = []
    edges = np.linspace(0, HASH_BITS, bits + 2).astype(int)
    for low, high in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        _compare_within_band(values, low, high, bits=bits, found=(firsts, seconds))
    pairs = (np.concatenate([np.empty(0, np.int64), *firsts]), np.concatenate([np.empty(0, np.int64), *seconds]))
    graph = coo_array((np.ones(len(pairs[0]), dtype=np.int8), pairs), shape=(len(values), len(values)))
    _, components = connected_components(graph, directed=False)
    return _numbered_by_appearance(components[where])


def _compare_within_band(
    values: Hashes, low: int, high: int, *, bits: int, found: tuple[list[Indices], list[Indices]]
) -> None:
    """Adds to `found` the pairs of positions that agree in bits `low` to `high` and differ in at most `bits`.

    Sorted by the band, hashes that share it are neighbours: all are held against the next but one, the
    next but two ... until no bucket is so long. Each step is one array operation over what is left.
    """
    mask = np.uint64(((1 << (high - low)) - 1) << low)
    order = np.argsort(values & mask, kind="stable")
    bands, ordered = (values & mask)[order], values[order]
    left = np.arange(len(values) - 1)
    step = 1
    while len(left):
        left = left[bands[left] == bands[left + step]]
        near = np.bitwise_count(ordered[left] ^ ordered[left + step]) <= bits
        found[0].append(order[left[near]])
        found[1].append(order[left[near] + step])
        step += 1
        left = left[left + step < len(values)]


def _numbered_by_appearance(groups: NDArray[np.int32]) -> list[int]:
    numbers: dict[int, int] = {}
    return [numbers.setdefault(group, len(numbers)) for group in groups.tolist()]
