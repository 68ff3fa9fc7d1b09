"""Salience, traits and the article."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stvqa.vocabulary import Salience, Traits, indefinite, salience, traits


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("thing", ["man", "car", "red cup", "street sign", "scissors", "sheep", "zorb", "tree", "food", "laptop"]),
        ("part", ["arm", "wheels", "handle", "table leg", "leaf", "window", "window of building", "bus roof", "hair"]),
        ("clothing", ["shirt", "jeans", "shoes", "pair of shoes", "glasses", "baseball cap"]),
        ("stuff", ["sky", "grass", "water", "white wall", "floor", "road", "snow", "sand", "clouds", "field"]),
        ("group", ["people", "crowd", "cars", "herd of cows", "row of chairs", "family", "skis", "young men"]),
        ("abstract", ["shadow", "reflection", "sunlight", "air quality", "part", "side of building", "line", "letter"]),
        ("abstract", ["number 2", "words", "background", "photo", "scene", "design", "pattern", "area", "747"]),
    ],
)
def test_salience(kind: str, names: list[str]) -> None:
    expected = {name: kind for name in names if name != "air quality"}
    assert {name: salience(name) for name in expected} == expected


def test_traits_come_down_the_tree() -> None:
    assert traits("policemen") == Traits(agent=True, person=True, has_front=True)
    assert traits("puppy") == Traits(agent=True, has_front=True)
    assert traits("yellow taxi") == Traits(has_front=True, vehicle=True)
    assert traits("coffee mug") == Traits(portable=True, container=True)
    assert traits("bookshelf") == Traits(furniture=True, container=True, has_front=True)
    assert traits("couch").has_front
    assert traits("television").has_front
    assert traits("house").has_front
    assert not traits("statue").agent
    assert not traits("table").has_front
    assert traits("zorb") == Traits()


@pytest.mark.parametrize(
    "name",
    [
        "bed",
        "cabinet",
        "shelf",
        "bookshelf",
        "desk",
        "door",
        "picture",
        "painting",
        "television",
        "monitor",
        "computer",
        "clock",
        "sofa",
        "couch",
        "chair",
        "armchair",
        "bench",
        "stove",
        "oven",
        "refrigerator",
        "microwave",
        "mirror",
        "building",
        "house",
        "sign",
    ],
)
def test_what_has_a_front_makes_in_front_of_ambiguous(name: str) -> None:
    assert traits(name).has_front


@pytest.mark.parametrize(
    "name",
    [
        *("stroller", "baby carriage", "wheelchair", "shopping cart", "cart", "wagon", "wheelbarrow", "sled"),
        *("lawn mower", "counter", "bar", "booth", "kiosk", "altar", "stage", "fireplace", "gas pump", "mailbox"),
        *("teddy bear", "doll", "stuffed animal", "puppet", "figurine", "robot", "toy car", "bleachers", "goldfish"),
        *(
            "phone",
            "heater",
            "vending machine",
            "parking meter",
            "tombstone",
            "poster",
            "music stand",
            "basketball hoop",
        ),
    ],
)
def test_what_is_pushed_served_at_or_has_a_face_has_a_front(name: str) -> None:
    assert traits(name).has_front


@pytest.mark.parametrize("name", ["table", "cup", "box", "tree", "lamp", "rock", "stool", "balloon", "ceiling fan"])
def test_what_looks_the_same_from_all_sides_has_no_front(name: str) -> None:
    assert not traits(name).has_front


@pytest.mark.parametrize("name", ["pluged", "plugged", "padding", "red plugged", "zorb padding", "glimmering"])
def test_unknown_forms_of_verbs_name_nothing(name: str) -> None:
    assert salience(name) == "abstract"


@pytest.mark.parametrize(
    "name",
    [
        "building",
        "painting",
        "ceiling",
        "railing",
        "wing",
        "ring",
        "bed",
        "shed",
        "weed",
        "seed",
        "cupboard",
        "awning",
        "sled",
        "moped",
        "earring",
        "swing",
        "king",
        "siding",
        "molding",
        "zorb",
    ],
)
def test_nouns_that_look_like_forms_of_verbs_stay(name: str) -> None:
    assert salience(name) != "abstract"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("furniture", "some furniture"),
        ("wooden furniture", "some wooden furniture"),
        ("silverware", "some silverware"),
        ("sports equipment", "some sports equipment"),
        ("clothing", "some clothing"),
        ("trash", "some trash"),
        ("trash can", "a trash can"),
        ("garbage", "some garbage"),
        ("toothpaste", "some toothpaste"),
        ("chalk", "some chalk"),
        ("graffiti", "some graffiti"),
        ("jewelry", "some jewelry"),
        ("luggage", "some luggage"),
        ("piece of luggage", "a piece of luggage"),
        ("loaf of bread", "a loaf of bread"),
        ("suitcase", "a suitcase"),
        ("fork", "a fork"),
        ("x ray", "an x ray"),
        ("handkerchiefs", "some handkerchiefs"),
        ("cup", "a cup"),
        ("umbrella", "an umbrella"),
        ("hour hand", "an hour hand"),
        ("unicorn", "a unicorn"),
        ("umpire", "an umpire"),
        ("scissors", "some scissors"),
        ("jeans", "some jeans"),
        ("water", "some water"),
        ("people", "some people"),
        ("sheep", "a sheep"),
        ("slice of pizza", "a slice of pizza"),
    ],
)
def test_indefinite(name: str, expected: str) -> None:
    assert indefinite(name) == expected


@given(st.text(max_size=30))
def test_any_text_has_a_class(name: str) -> None:
    assert salience(name) in get_args(Salience)
    assert isinstance(traits(name), Traits)
