from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stvqa.programs.notation import ClaimSyntaxError, parse_claim, write_claim
from stvqa.programs.proposals import GRIDS
from stvqa.records import (
    AllOf,
    Count,
    Direction,
    Exists,
    Heading,
    Inside,
    Located,
    Mainly,
    Not,
    Ranks,
    Relates,
    Side,
)

IDS = st.sampled_from(["cup.1", "traffic_light.2", "t-shirt.3", "man.14", "dog.1"])
WAYS = st.sampled_from(["left", "right", "above", "below"])
PREDICATES = st.sampled_from(["on", "in front of", "looking at", "sitting on top of"])


@st.composite
def ranks(draw):
    among = tuple(sorted(draw(st.sets(IDS, min_size=2, max_size=4))))
    measure = draw(st.sampled_from(["image_height", "volume", "camera_distance", "image_distance", "distance"]))
    reference = "lamp.1" if measure in ("image_distance", "distance") else None
    return Ranks(
        subject=draw(st.sampled_from(among)),
        extreme=draw(st.sampled_from(["most", "least"])),
        measure=measure,
        among=among,
        reference=reference,
    )


SIMPLE = st.one_of(
    st.builds(Direction, subject=IDS, direction=WAYS, object=IDS),
    st.builds(Mainly, subject=IDS, direction=WAYS, object=IDS),
    st.builds(Inside, subject=IDS, object=IDS),
    st.sampled_from([Located(subject="cup.1", grid=grid, cell=cell) for grid in GRIDS for cell in GRIDS[grid]]),
    st.builds(Count, name=st.sampled_from(["cup", "traffic light"]), equals=st.integers(0, 40)),
    st.builds(Relates, subject=IDS, predicate=PREDICATES, object=IDS),
    st.builds(Side, observer=IDS, side=st.sampled_from(["front", "behind", "left", "right"]), object=IDS),
    st.builds(Heading, subject=IDS, facing=st.sampled_from(["away", "right", "towards", "left"])),
    st.builds(Exists, name=st.sampled_from(["cup", "traffic light"]), relation=PREDICATES | WAYS, object=IDS),
    ranks(),
)
CLAIMS = st.recursive(
    SIMPLE,
    lambda inner: (
        st.builds(Not, claim=inner) | st.builds(AllOf, claims=st.lists(inner, min_size=2, max_size=3).map(tuple))
    ),
    max_leaves=4,
)


@given(CLAIMS)
def test_what_is_written_is_read_back(claim):
    assert parse_claim(write_claim(claim)) == claim


@given(CLAIMS, st.sampled_from(["{}", "  {}\n", "`{}`"]))
def test_white_space_does_not_matter(claim, shape):
    if shape == "`{}`":
        text = write_claim(claim).replace("(", "( ").replace(",", " ,  ")
    else:
        text = shape.format(write_claim(claim))
    assert parse_claim(text) == claim


def test_how_it_looks():
    claim = Ranks(
        subject="dog.1", extreme="least", measure="image_distance", among=("cup.1", "dog.1"), reference="man.1"
    )
    assert write_claim(claim) == "least(image_distance to man.1, dog.1, cup.1)"
    assert write_claim(Not(claim=Direction(subject="a.1", direction="left", object="b.1"))) == "not(left(a.1, b.1))"
    assert parse_claim("left('a.1', \"b.1\")") == Direction(subject="a.1", direction="left", object="b.1")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not of the form"),
        ("cup.1 is left of dog.1", "not of the form"),
        ("left(cup.1)", "2 arguments, not 1"),
        ("left(cup.1, dog.1, man.1)", "2 arguments, not 3"),
        ("beside(cup.1, dog.1)", "no call “beside”"),
        ("mainly_inside(cup.1, dog.1)", "no call"),
        ("count(cup, many)", "'many' is not allowed"),
        ("count(cup, -1)", "is not allowed"),
        ("located(cup.1, columns, top)", "columns has the cells left, middle, right"),
        ("located(cup.1, ninths, top)", "is not allowed"),
        ("most(beauty, cup.1, dog.1)", "is not allowed"),
        ("most(image_height, cup.1)", "at least one rival"),
        ("most(image_height, cup.1, cup.1)", "is not allowed"),
        ("most(image_height to man.1, cup.1, dog.1)", "and only there"),
        ("most(distance, cup.1, dog.1)", "and only there"),
        ("most(distance to cup.1, cup.1, dog.1)", "must differ"),
        ("not(left(a.1, b.1)", "a bracket is missing"),
        ("left(a.1, b.1))", "a bracket too many"),
        ("not(left(a.1, b.1), left(a.1, b.1))", "1 arguments, not 2"),
        ("all(left(a.1, b.1))", "is not allowed"),
        ("left(" + "a" * 700 + ", b.1)", "a claim of"),
    ],
)
def test_what_is_no_claim(text, said):
    with pytest.raises(ClaimSyntaxError) as caught:
        parse_claim(text)
    assert said in str(caught.value)
