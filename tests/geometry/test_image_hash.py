"""Difference hashes, and their groups against brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from stvqa.geometry.image_hash import difference_hash, near_duplicates

HASHES = st.integers(0, 2**64 - 1)


@st.composite
def clustered(draw: st.DrawFn) -> list[int]:
    """Hashes near one another, so that distances about the limit occur."""
    centres = draw(st.lists(HASHES, min_size=1, max_size=3))
    flips = st.lists(st.integers(0, 63), max_size=6, unique=True)
    chosen = draw(st.lists(st.tuples(st.sampled_from(centres), flips), max_size=14))
    return [centre ^ sum(1 << bit for bit in bits) for centre, bits in chosen]


def brute_force(values: list[int], bits: int) -> list[int]:
    groups = list(range(len(values)))
    for i, first in enumerate(values):
        for j, second in enumerate(values[:i]):
            if (first ^ second).bit_count() <= bits and groups[i] != groups[j]:
                groups = [groups[j] if group == groups[i] else group for group in groups]
    numbers: dict[int, int] = {}
    return [numbers.setdefault(group, len(numbers)) for group in groups]


@given(values=clustered(), bits=st.integers(0, 8))
def test_groups_are_those_of_brute_force(values: list[int], bits: int) -> None:
    assert near_duplicates([f"{value:016x}" for value in values], bits=bits) == brute_force(values, bits)


@given(values=st.lists(HASHES, max_size=6))
def test_the_widest_limit_is_still_exact(values: list[int]) -> None:
    assert near_duplicates([f"{value:016x}" for value in values], bits=63) == brute_force(values, 63)


def test_no_hashes_no_groups() -> None:
    assert near_duplicates([]) == []


@pytest.mark.parametrize("bits", [-1, 64])
def test_limits_out_of_range_are_refused(bits: int) -> None:
    with pytest.raises(ValueError, match="0 to 63"):
        near_duplicates(["0" * 16], bits=bits)


def test_other_texts_than_hashes_are_refused() -> None:
    with pytest.raises(ValueError, match="16 hex digits"):
        near_duplicates(["abc"])


def test_a_ramp_has_the_bits_of_its_direction() -> None:
    ramp = np.tile(np.linspace(0, 255, 90, dtype=np.uint8), (80, 1))
    assert difference_hash(Image.fromarray(ramp)) == "0" * 16
    assert difference_hash(Image.fromarray(ramp[:, ::-1].copy())) == "f" * 16


def test_a_scaled_recompressed_brighter_copy_is_a_near_duplicate() -> None:
    noise = np.random.default_rng(7).integers(0, 200, (8, 9, 3), dtype=np.uint8)
    picture = Image.fromarray(noise).resize((360, 320), Image.Resampling.BICUBIC)
    copy = picture.resize((180, 160)).point(lambda value: value + 20)
    other = Image.fromarray(noise[::-1].copy()).resize((360, 320), Image.Resampling.BICUBIC)
    assert near_duplicates([difference_hash(image) for image in (picture, other, copy)]) == [0, 1, 0]
