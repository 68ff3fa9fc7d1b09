"""The mirrored scene: another way to the same truth, so it is held against the claims turned by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scenes import scene, scenes, space, thing

from stvqa.programs.decide import Decider
from stvqa.programs.mirror import mirror_claim, mirror_graph, mirrored_answer
from stvqa.records import (
    AllOf,
    Count,
    Direction,
    Exists,
    Heading,
    Located,
    Mainly,
    Margins,
    Not,
    Ranks,
    Relates,
    Side,
)

MARGINS = Margins()
WAYS = ("left", "right", "above", "below")


def claims_over(graph):
    """Every kind of claim that has a side, over the objects of a graph."""
    ids = [item.id for item in graph.objects]
    one, other = st.sampled_from(ids), st.sampled_from(ids)
    cells = {"columns": ("left", "middle", "right"), "rows": ("top", "middle", "bottom"), "halves": ("left", "right")}
    cells["quadrants"] = ("top left", "top right", "bottom left", "bottom right")
    located = st.sampled_from([(grid, cell) for grid, names in cells.items() for cell in names])
    plain = st.one_of(
        st.builds(Direction, subject=one, direction=st.sampled_from(WAYS), object=other),
        st.builds(Mainly, subject=one, direction=st.sampled_from(WAYS), object=other),
        st.builds(lambda item, where: Located(subject=item, grid=where[0], cell=where[1]), one, located),
        st.builds(Heading, subject=one, facing=st.sampled_from(("away", "right", "towards", "left"))),
        st.builds(Side, observer=one, side=st.sampled_from(("front", "behind", "left", "right")), object=other),
        st.builds(Exists, name=st.sampled_from(("cup", "dog")), relation=st.sampled_from(WAYS), object=one),
        st.builds(Relates, subject=one, predicate=st.sampled_from(("left of", "on", "behind")), object=other),
        st.builds(Count, name=st.sampled_from(("cup", "dog")), equals=st.integers(0, 3)),
    )
    return st.one_of(
        plain,
        st.builds(lambda claim: Not(claim=claim), plain),
        st.builds(lambda first, second: AllOf(claims=(first, second)), plain, plain),
    )


@given(st.data())
def test_a_claim_holds_in_the_mirror_exactly_where_its_mirror_holds_outside(data):
    graph = data.draw(scenes())
    claim = data.draw(claims_over(graph))
    inside = Decider(mirror_graph(graph), MARGINS).decide(mirror_claim(claim))
    outside = Decider(graph, MARGINS).decide(claim)
    assert inside.value == outside.value
    if outside.margin is not None and inside.margin is not None:
        assert inside.margin == pytest.approx(outside.margin, abs=2e-3)


@given(st.data())
def test_mirrored_twice_is_as_before(data):
    graph = data.draw(scenes())
    claim = data.draw(claims_over(graph))
    assert mirror_claim(mirror_claim(claim)) == claim
    again = mirror_graph(mirror_graph(graph))
    assert again.relationships == graph.relationships
    for one, other in zip(again.objects, graph.objects, strict=True):
        assert one.box == pytest.approx(other.box)
        if other.space is not None and other.space.heading_degrees is not None:
            assert one.space.heading_degrees == pytest.approx(other.space.heading_degrees, abs=1e-9)


def direction(way, subject="cup.1", target="table.1"):
    return Direction(subject=subject, direction=way, object=target)


GRAPH = scene({"cup.1": (100, 500, 150, 550), "table.1": (400, 450, 600, 600), "bowl.1": (800, 500, 860, 550)})


def test_left_becomes_right():
    claims = (direction("left"), direction("right"))
    assert mirrored_answer(claims, GRAPH, MARGINS, answer=0) == 1


def test_which_of_these_becomes_the_one_on_the_other_side():
    claims = (direction("left"), direction("left", "bowl.1"))
    assert mirrored_answer(claims, GRAPH, MARGINS, answer=0) == 1


def test_yes_becomes_no():
    claims = (direction("left"), Not(claim=direction("left")))
    assert mirrored_answer(claims, GRAPH, MARGINS, answer=0) == 1


def test_not_asked_where_no_option_is_right_in_the_mirror():
    claims = (direction("left"), direction("left", "lamp.1"))
    graph = scene({"cup.1": (100, 500, 150, 550), "table.1": (400, 450, 600, 600), "lamp.1": (480, 300, 520, 350)})
    assert mirrored_answer(claims, graph, MARGINS, answer=0) is None
    mainly = (Mainly(subject="cup.1", direction="left", object="table.1"),)
    upward = Mainly(subject="cup.1", direction="above", object="table.1")
    assert mirrored_answer((*mainly, upward), GRAPH, MARGINS, answer=0) is None


def test_not_asked_where_the_mirror_changes_nothing():
    above = (direction("above", "lamp.1"), direction("below", "lamp.1"))
    graph = scene({"lamp.1": (480, 100, 520, 150), "table.1": (400, 450, 600, 600)})
    assert mirrored_answer(above, graph, MARGINS, answer=0) is None
    taller = tuple(
        Ranks(subject=name, extreme="most", measure="image_height", among=("lamp.1", "table.1"))
        for name in ("lamp.1", "table.1")
    )
    assert mirrored_answer(taller, graph, MARGINS, answer=1) is None


def test_not_asked_where_a_name_says_the_side_itself():
    graph = scene([thing("shoe.1", (100, 500, 150, 550), name="left shoe"), thing("table.1", (400, 450, 600, 600))])
    claims = (direction("left", "shoe.1"), direction("right", "shoe.1"))
    assert mirrored_answer(claims, graph, MARGINS, answer=0) is None


def test_own_point_of_view_turns_too():
    places = {"man.1": space(at=(0, 0, 5), heading=0.0), "dog.1": space(at=(-3, 0, 5))}
    boxes = {"man.1": (480, 300, 520, 700), "dog.1": (100, 600, 200, 700)}
    graph = scene([thing(name, boxes[name], space=places[name]) for name in boxes], simulated=True)
    claims = tuple(Side(observer="man.1", side=way, object="dog.1") for way in ("front", "left", "right"))
    assert mirrored_answer(claims, graph, MARGINS, answer=1) == 2


def test_a_planted_answer_is_expected_to_flip_as_if_it_were_true():
    claims = (direction("left"), direction("right"))
    assert mirrored_answer(claims, GRAPH, MARGINS, answer=1) == 0
    which = (direction("left"), direction("left", "bowl.1"))
    assert mirrored_answer(which, GRAPH, MARGINS, answer=1) is None
