"""What is said of one pair in plain floats is what the matrices say of all pairs."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from scenes import scene, scenes

from stvqa.programs.clearances import CELLS, DIRECTIONS, Clearances
from stvqa.programs.pairs import PairClearances
from stvqa.programs.view import SceneView
from stvqa.records import Margins

MEASURES = ("image_height", "image_width", "image_area", "height", "volume", "camera_distance")
DISTANCES = ("image_distance", "distance")


def both(graph, **margins):
    clearances = Clearances(SceneView(graph), Margins(**margins))
    return clearances, PairClearances(clearances), range(len(graph.objects))


def same(one, other):
    return (math.isnan(one) and math.isnan(other)) or one == pytest.approx(other, rel=1e-12, abs=1e-12)


@given(scenes())
def test_directions_agree_with_the_matrices(graph):
    clearances, pairs, rows = both(graph)
    for index, way in enumerate(DIRECTIONS):
        for one in rows:
            for other in rows:
                assert same(pairs.direction(way, one, other), float(clearances.direction(way)[one, other]))
                assert same(pairs.mainly(way, one, other), float(clearances.mainly[index, one, other]))


@given(scenes())
def test_cells_agree_with_the_matrices(graph):
    clearances, pairs, rows = both(graph)
    for grid, cells in CELLS.items():
        for index, cell in enumerate(cells):
            for row in rows:
                assert same(pairs.located(grid, cell, row), float(clearances.located(grid)[index, row]))


@given(scenes())
def test_measures_agree_with_the_matrices(graph):
    clearances, pairs, rows = both(graph)
    asked = [(name, None) for name in MEASURES] + [(name, row) for name in DISTANCES for row in rows]
    for measure, reference in asked:
        for one in rows:
            for other in rows:
                matrix = clearances.dominance(measure, reference)
                assert same(pairs.dominance(measure, reference, one, other), float(matrix[one, other]))


def test_apart_counts_the_gap_in_units_of_the_margin():
    graph = scene({"cup.1": (0, 0, 100, 100), "dog.1": (130, 140, 300, 300), "car.1": (50, 50, 140, 150)})
    _, pairs, _ = both(graph, apart=0.05)
    assert pairs.apart(0, 1) == pytest.approx(50 / (0.05 * 1000))
    assert pairs.apart(0, 2) == 0
    assert not pairs.is_over_or_under(0, 1)
    assert pairs.is_over_or_under(1, 2)


def test_inside_needs_cover_and_a_larger_box():
    graph = scene({"cup.1": (100, 100, 200, 200), "table.1": (0, 0, 500, 500), "mug.1": (98, 98, 202, 202)})
    _, pairs, _ = both(graph)
    assert pairs.inside(0, 1) == pytest.approx(1 / 0.9)
    assert pairs.inside(1, 0) < -1
    assert 0 < pairs.inside(0, 2) < 1


def test_a_turn_counts_in_units_of_the_gaze_margin():
    graph = scene({"man.1": (0, 0, 100, 100), "cup.1": (200, 0, 300, 100), "dog.1": (0, 200, 100, 300)})
    _, pairs, _ = both(graph, gaze_degrees=45)
    assert pairs.turned(0, 1, 2) == pytest.approx(2)
    assert pairs.turned(0, 1, 1) == 0
