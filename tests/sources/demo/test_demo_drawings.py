"""Drawings: sound solids, and every class in every variant leaves a mark where it should."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from PIL import ImageChops

from stvqa.sources.demo.backdrop import paint_backdrop
from stvqa.sources.demo.camera import Camera
from stvqa.sources.demo.kinds import KINDS
from stvqa.sources.demo.people import HEAD_SIZES, POSES
from stvqa.sources.demo.render import _GREY_HAIR, OVERSAMPLING, _look_of, render_things
from stvqa.sources.demo.setting import Setting
from stvqa.sources.demo.shapes import shape_of
from stvqa.sources.demo.solids import ball, block, decorated, prism, sheet, shell, tube, turned
from stvqa.sources.demo.thing import Thing
from stvqa.sources.demo.visibility import measure

PEOPLE = ("man", "woman", "boy", "girl")
EXTRA = {
    "lamp": ("hanging", "table", "floor"),
    "clock": ("wall", "table"),
    "television": ("wall", "stand"),
    "bird": ("standing", "flying"),
}
EVERY = [
    (name, variant)
    for name, kind in KINDS.items()
    for variant in (tuple(POSES) if name in PEOPLE else EXTRA.get(name, kind.variants))
]


def test_there_are_more_than_fifty_classes():
    assert len(KINDS) >= 50
    assert all(name == name.lower() for name in KINDS)


@pytest.mark.parametrize(("name", "variant"), EVERY)
def test_every_class_is_drawn_where_its_mask_is(name, variant):
    kind = KINDS[name]
    thing = Thing(kind, variant, kind.colours[0] if kind.colours else "", 1.0, 205.0, (0.0, 0.0, 0.0))
    width, height, length = thing.size
    distance = 2.2 * max(width, height, length) + 0.6
    camera = Camera(200, 200, 150 * distance / max(width, height, length), 0.5 * height + 0.3 * distance, 16)
    thing.at = (0.0, 0.0, distance)
    thing.look(camera)
    (sight,) = measure([thing], camera)
    assert sight.pixels > 250
    setting = Setting("outdoor", camera, None, "sand", (0.1, 0.5, 0.5), (-0.4, 0.75, -0.5), 30.0)
    picture = render_things([thing], setting, random.Random(1))
    empty = paint_backdrop(setting, random.Random(1), oversampling=OVERSAMPLING).image.reduce(OVERSAMPLING)
    changed = np.asarray(ImageChops.difference(picture, empty)).max(axis=2)
    x1, y1, x2, y2 = sight.box
    assert (changed[y1:y2, x1:x2] > 12).sum() > 0.6 * sight.pixels


@pytest.mark.parametrize(("name", "variant"), EVERY)
def test_sizes_are_those_of_the_world_and_useful_places_lie_on_the_thing(name, variant):
    model, drawing = shape_of(name, variant)
    assert min(drawing.size) >= 0.01
    assert max(drawing.size) < 10
    for top in model.tops:
        assert top.y <= drawing.low[1] + drawing.size[1] + 1e-3
        assert drawing.low[0] <= top.x[0] <= top.x[1] <= drawing.low[0] + drawing.size[0]
        assert drawing.low[2] <= top.z[0] <= top.z[1] <= drawing.low[2] + drawing.size[2]
    for place in (model.grip, *(seat.point for seat in model.seats), *(spot.point for spot in model.spots)):
        if place is not None:
            nearest = np.abs(drawing.points - np.array(place)).max(axis=1).min()
            assert nearest < 0.9


PARTS = {
    "block": block(0.1, 0.2, 0.3, (0.4, 0.5, 0.6), "main", lean=20, roll=10),
    "tube": tube((0, 0, 0), (0.2, 1, 0.1), (0.2, 0.1), "main", squash=0.5),
    "ball": ball((0, 1, 0), (0.3, 0.2, 0.1), "main", lean=15),
    "prism": prism([(0, 0), (1, 0), (0.5, 1)], (-0.2, 0.2), "main", axis="z"),
}


@pytest.mark.parametrize("name", PARTS)
def test_solids_are_closed_convex_and_inside_their_frame(name):
    part = PARTS[name]
    middle = part.points.mean(axis=0)
    edges = {}
    for face, _ in part.faces:
        corners = part.points[list(face)]
        normal = np.cross(corners[1] - corners[0], corners[2] - corners[0])
        if normal @ (corners[0] - middle) < 0:
            normal = -normal
        assert ((part.points - corners[0]) @ normal).max() < 1e-9 * max(1, np.linalg.norm(normal)) + 1e-9
        for first, last in zip(face, (*face[1:], face[0]), strict=True):
            edges[frozenset((first, last))] = edges.get(frozenset((first, last)), 0) + 1
    assert set(edges.values()) == {2}
    axes = np.stack([part.corners[i] - part.corners[0] for i in (4, 2, 1)])
    inside = np.linalg.solve(axes.T, (part.points - part.corners[0]).T)
    assert inside.min() > -1e-9
    assert inside.max() < 1 + 1e-9


def test_sheets_shells_and_decorations():
    flat = sheet([(0, 0, 0), (1, 0, 0), (1, 1, 0)], "main")
    assert flat.two_sided
    assert np.ptp(flat.corners[:, 2]) < 0.01
    assert len(shell((0, 0.1), (0.1, 0.2), "main", sides=8)) == 9
    painted = decorated(block(0, 0, 0, (1, 1, 1), "main"), "second", [(0, 0, 0.5), (0.2, 0, 0.5), (0.2, 0.2, 0.5)])
    assert painted.faces[-1] == ((8, 9, 10), "second")
    (moved,) = turned([block(0, 0, 1, (0.1, 0.1, 0.1), "main")], 90, at=(0, 2, 0))
    assert np.allclose(moved.points.mean(axis=0), (1, 2.05, 0))


def test_a_turned_thing_points_its_front_where_its_heading_says():
    for heading, ahead in ((0, (0, 1)), (90, (1, 0)), (180, (0, -1)), (270, (-1, 0))):
        thing = Thing(KINDS["car"], "sedan", "red", 1.0, heading, (5.0, 0.0, 9.0))
        x, _, z = thing.place((0.0, 0.0, 1.0))
        assert math.isclose(x - 5, ahead[0], abs_tol=1e-9)
        assert math.isclose(z - 9, ahead[1], abs_tol=1e-9)


def materials_of(name):
    return {material for part in shape_of(name, "standing").model.parts for _, material in part.faces}


@pytest.mark.parametrize("pose", POSES)
def test_children_have_larger_heads_and_shorter_legs_than_adults(pose):
    sizes = {name: HEAD_SIZES[name] / shape_of(name, pose).drawing.size[1] for name in PEOPLE}
    assert min(sizes["boy"], sizes["girl"]) > 1.35 * max(sizes["man"], sizes["woman"])
    tops = {name: shape_of(name, "standing").model.back[1] for name in PEOPLE}
    assert max(tops["boy"], tops["girl"]) < 0.9 * min(tops["man"], tops["woman"])


def test_nobody_looks_bald_and_no_child_is_grey():
    for name in PEOPLE:
        assert {"skin", "hair", "shirt", "trousers"} <= materials_of(name)
        assert ("beard" in materials_of(name)) == (name == "man")
        looks = [_look_of(Thing(KINDS[name], "standing", "", 1.0, 0, (0, 0, 0), palette_seed=i)) for i in range(300)]
        assert all(abs(sum(look["hair"]) - sum(look["skin"])) > 100 for look in looks)
        assert any(look["hair"] == _GREY_HAIR for look in looks) == (name in ("man", "woman"))
