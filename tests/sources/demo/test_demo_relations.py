"""The exhaustive predicates, found again from the geometry alone."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from stvqa.sources.demo.relations import EXHAUSTIVE_PREDICATES, bearing, casual_triples, exact_triples
from stvqa.sources.demo.scenes import make_scene
from stvqa.sources.demo.seeded import seeded

CONTACT = 0.022
"""Farther apart than this, metres, nothing touches; drawings meet within it."""

LIVING = [
    "man",
    "woman",
    "boy",
    "girl",
    "dog",
    "cat",
    "rabbit",
    "horse",
    "zebra",
    "cow",
    "sheep",
    "elephant",
    "giraffe",
    "bird",
]

_RANDOM = np.random.default_rng(5).normal(size=(160, 3))
DIRECTIONS = _RANDOM / np.linalg.norm(_RANDOM, axis=1, keepdims=True)


def parts_of(thing):
    """World vertices of each part."""
    drawing = thing.shape.drawing
    world = np.array([thing.place(tuple(point)) for point in drawing.points.tolist()])
    return np.split(world, drawing.starts[1:])


def sides_of(points):
    centred = points - points.mean(axis=0)
    return np.linalg.svd(centred, full_matrices=False)[2]


def distance(first, second):
    """A lower bound, nearly tight, of the distance of two convex point sets: the widest gap over many directions."""
    between = second.mean(axis=0) - first.mean(axis=0)
    ways = np.concatenate(
        [DIRECTIONS, np.eye(3), sides_of(first), sides_of(second), [between / np.linalg.norm(between)]]
    )
    one, two = first @ ways.T, second @ ways.T
    return max((two.min(axis=0) - one.max(axis=0)).max(), (one.min(axis=0) - two.max(axis=0)).max())


def touch(first, second):
    boxes = [(p.min(axis=0), p.max(axis=0)) for p in (np.concatenate(first), np.concatenate(second))]
    if (boxes[0][0] > boxes[1][1] + CONTACT).any() or (boxes[1][0] > boxes[0][1] + CONTACT).any():
        return False
    for one, two in itertools.product(first, second):
        if (one.min(axis=0) > two.max(axis=0) + CONTACT).any() or (two.min(axis=0) > one.max(axis=0) + CONTACT).any():
            continue
        if distance(one, two) <= CONTACT:
            return True
    return False


@pytest.fixture(scope="module", params=range(60))
def scene(request):
    return make_scene(31, request.param)


def rests_within(scene, thing, host):
    """Whether something else of the same host lies between: an apple in a bowl on a table is a hair from the table."""
    return thing.bond is not None and thing.bond.host.bond is not None and thing.bond.host.bond.host is host


def test_touching_is_stated_where_surfaces_meet_and_nowhere_else(scene):
    triples = set(exact_triples(scene))
    parts = [parts_of(thing) for thing in scene.things]
    for i, k in itertools.combinations(range(len(parts)), 2):
        stated = (i, "touching", k) in triples
        assert stated == ((k, "touching", i) in triples)
        if rests_within(scene, scene.things[i], scene.things[k]) or rests_within(
            scene, scene.things[k], scene.things[i]
        ):
            continue
        names = scene.things[i].kind.name, scene.things[k].kind.name
        assert stated == touch(parts[i], parts[k]), names


def test_on_and_in_are_stated_where_a_thing_stands_on_a_top_or_lies_in_a_hollow(scene):
    triples = set(exact_triples(scene))
    for (i, thing), (k, host) in itertools.permutations(enumerate(scene.things), 2):
        x, bottom, z = thing.footprint().x, thing.footprint().bottom, thing.footprint().z
        angle = math.radians(host.heading)
        dx, dz = x - host.at[0], z - host.at[2]
        across = (dx * math.cos(angle) - dz * math.sin(angle)) / host.scale
        along = (dx * math.sin(angle) + dz * math.cos(angle)) / host.scale
        level = (bottom - host.at[1]) / host.scale
        carried = thing.bond is not None and thing.bond.manner in ("holding", "carrying", "wearing")
        for top in host.shape.model.tops:
            inside = top.x[0] <= across <= top.x[1] and top.z[0] <= along <= top.z[1]
            if inside and abs(level - top.y) < 0.01 and not carried:
                assert (i, "on", k) in triples
        hollow = host.shape.model.hollow
        if hollow is not None and math.hypot(across, along) < hollow.radius and abs(level - hollow.y) < 0.02:
            assert (i, "in", k) in triples
        if (i, "in", k) in triples:
            assert hollow is not None
            assert math.hypot(across, along) < hollow.radius


def test_people_hold_what_is_at_their_hands(scene):
    triples = set(exact_triples(scene))
    for i, k in itertools.permutations(range(len(scene.things)), 2):
        person, thing = scene.things[i], scene.things[k]
        hand, grip = person.shape.model.hand, thing.shape.model.grip
        at_hand = hand is not None and grip is not None and math.dist(person.place(hand), thing.place(grip)) < 0.02
        assert at_hand == ((i, "holding", k) in triples)
        if at_hand:
            assert (i, "carrying", k) in triples


def test_what_follows_from_a_triple_is_stated_too(scene):
    triples = set(exact_triples(scene))
    for subject, predicate, target in triples:
        assert subject != target
        if predicate in ("on", "in", "holding", "wearing", "riding", "sitting on"):
            direct = any(
                thing.bond is not None and thing.bond.host is host
                for thing, host in itertools.permutations((scene.things[subject], scene.things[target]), 2)
            )
            assert not direct or (subject, "touching", target) in triples
        if predicate in ("riding", "sitting on"):
            assert (subject, "on", target) in triples
    for first, second in itertools.permutations([t for t in triples if t.predicate == "on"], 2):
        bond = scene.things[first.subject].bond
        if first.object == second.subject and bond is not None and bond.manner == "on":
            assert (first.subject, "on", second.object) in triples


def test_who_looks_at_something_faces_it(scene):
    for subject, predicate, target in casual_triples(scene, seeded(1, "test", "x")):
        assert predicate not in EXHAUSTIVE_PREDICATES
        if predicate in ("looking at", "facing"):
            assert abs(bearing(scene.things[subject], scene.things[target])) < 10
            assert scene.things[subject].kind.name in LIVING
        if predicate == "behind":
            assert scene.sights[subject].depth > scene.sights[target].depth
        if predicate == "in front of":
            assert scene.sights[subject].depth < scene.sights[target].depth
