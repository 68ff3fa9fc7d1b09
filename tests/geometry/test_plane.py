from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stvqa.geometry import angles_between, bearings

angle = st.floats(-720, 720)


@pytest.mark.parametrize(
    ("vector", "bearing"), [((0, 1), 0), ((1, 0), 90), ((0, -1), 180), ((-1, 0), 270), ((1, 1), 45)]
)
def test_bearings_turn_from_away_to_the_right(vector, bearing):
    assert bearings(np.array([vector], dtype=float))[0] == pytest.approx(bearing)


@given(angle, angle)
def test_angles_are_symmetric_and_at_most_half_a_turn(first, second):
    turn = float(angles_between(first, second))
    assert 0 <= turn <= 180
    assert turn == pytest.approx(float(angles_between(second, first)))
    assert turn == pytest.approx(float(angles_between(first + 360, second)), abs=1e-6)
