from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stvqa.rewards.overlap import aligned_iou, ciou, giou, iou, mapped, nearness

sides = st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted).filter(lambda pair: pair[1] - pair[0] > 1e-3)
boxes = st.tuples(sides, sides).map(lambda pair: (pair[0][0], pair[1][0], pair[0][1], pair[1][1]))


def one(measure, first, second):
    return float(measure(np.array([first], dtype=float), np.array([second], dtype=float))[0])


def plain_ciou(a, b):
    """The definition, number by number."""
    common = max(0, min(a[2], b[2]) - max(a[0], b[0])) * max(0, min(a[3], b[3]) - max(a[1], b[1]))
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common
    share = common / union
    hull = (max(a[2], b[2]) - min(a[0], b[0]), max(a[3], b[3]) - min(a[1], b[1]))
    apart = ((a[0] + a[2] - b[0] - b[2]) / 2) ** 2 + ((a[1] + a[3] - b[1] - b[3]) / 2) ** 2
    angle = 4 / math.pi**2 * (math.atan((a[2] - a[0]) / (a[3] - a[1])) - math.atan((b[2] - b[0]) / (b[3] - b[1]))) ** 2
    weight = angle / (1 - share + angle) if angle else 0
    return share - apart / (hull[0] ** 2 + hull[1] ** 2) - weight * angle


@given(boxes, boxes)
def test_ciou_is_the_published_measure(first, second):
    assert one(ciou, first, second) == pytest.approx(plain_ciou(first, second), abs=1e-9)


@given(boxes, boxes)
def test_measures_are_symmetric_and_bounded(first, second):
    for measure, low in ((iou, 0), (giou, -1), (ciou, -1.5), (aligned_iou, 0), (nearness, 0)):
        value = one(measure, first, second)
        assert low <= value <= 1 + 1e-12
        assert value == pytest.approx(one(measure, second, first), abs=1e-12)
    assert one(giou, first, second) <= one(iou, first, second) + 1e-12
    assert one(ciou, first, second) <= one(iou, first, second) + 1e-12
    assert one(nearness, first, second) <= one(aligned_iou, first, second) + 1e-12


@given(boxes)
def test_equal_boxes_are_worth_one(box):
    for measure in (iou, giou, ciou, aligned_iou, nearness):
        assert one(measure, box, box) == pytest.approx(1)
    assert mapped(np.array([1.0, 0.0, -1.0])).tolist() == [1, 0.5, 0]


def test_nearness_grows_all_the_way():
    true = (0.4, 0.4, 0.6, 0.5)
    values = [one(nearness, (0.4 + shift, 0.4, 0.6 + shift, 0.5), true) for shift in (0.4, 0.3, 0.2, 0.1, 0.0)]
    assert values == sorted(values)
    assert values[0] > 0.1
    assert one(iou, (0.8, 0.4, 1.0, 0.5), true) == 0
    assert one(nearness, (0, 0, 1, 1), true) < 0.03
    assert one(nearness, (0.49, 0.449, 0.491, 0.45), true) < 0.001


@pytest.mark.parametrize(
    "box",
    [(math.nan, 0, 1, 1), (0, 0, math.inf, 1), (-math.inf, 0, math.inf, 1), (0, 0, 1e308, 1e308), (1e200, 0, 1, 1)],
)
def test_what_is_not_finite_is_worth_nothing(box):
    with np.errstate(all="ignore"):
        assert one(ciou, box, (0.1, 0.1, 0.5, 0.5)) == -1


def test_boxes_without_area_divide_by_nothing():
    for box in ((0.2, 0.2, 0.2, 0.5), (0.2, 0.2, 0.2, 0.2), (0.2, 0.2, 0.6, 0.2)):
        for measure in (iou, giou, ciou, aligned_iou, nearness):
            assert math.isfinite(one(measure, box, (0.1, 0.1, 0.5, 0.5)))
            assert math.isfinite(one(measure, box, box))
