from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from stvqa.geometry import areas, as_boxes, centres, covered_shares, gaps, intersections, ious, sides

side = st.integers(0, 200)
box = st.tuples(side, side, st.integers(1, 100), st.integers(1, 100)).map(
    lambda values: (values[0], values[1], values[0] + values[2], values[1] + values[3])
)
some = st.lists(box, min_size=1, max_size=8).map(as_boxes)


@given(some, some)
def test_pairwise_measures_agree_with_shapely(first, second):
    one, other = shapely.box(*first.T)[:, None], shapely.box(*second.T)[None, :]
    common = shapely.area(shapely.intersection(one, other))
    assert np.allclose(intersections(first, second), common)
    assert np.allclose(ious(first, second), common / shapely.area(shapely.union(one, other)))
    assert np.allclose(gaps(first, second), shapely.distance(one, other))


@given(some)
def test_covered_share_is_the_union_of_the_others(boxes):
    shapes = shapely.box(*boxes.T)
    for row, shape in enumerate(shapes):
        over = [
            other
            for index, other in enumerate(shapes)
            if index != row and shapely.area(shapely.intersection(shape, other)) < 0.999 * shape.area
        ]
        expected = shapely.area(shapely.intersection(shape, shapely.union_all(over))) / shape.area if over else 0
        assert covered_shares(boxes)[row] == pytest.approx(expected)


def test_simple_measures_and_empty_input():
    boxes = as_boxes([(0, 0, 10, 20)])
    assert centres(boxes).tolist() == [[5, 10]]
    assert sides(boxes).tolist() == [[10, 20]]
    assert areas(boxes).tolist() == [200]
    assert as_boxes([]).shape == (0, 4)
    assert ious(as_boxes([]), boxes).shape == (0, 1)
    assert ious(as_boxes([(1, 1, 1, 1)]), as_boxes([(1, 1, 1, 1)])).tolist() == [[0.0]]


def test_a_box_inside_another_is_not_covered_by_it():
    shares = covered_shares(as_boxes([(10, 10, 20, 20), (0, 0, 100, 100)]))
    assert shares.tolist() == pytest.approx([0.0, 0.01])
