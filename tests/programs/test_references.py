from __future__ import annotations

import pytest
from scenes import scene, thing

from stvqa.programs.references import references
from stvqa.programs.view import SceneView


def spoken(*objects):
    return references(SceneView(scene(list(objects))))


def cup(number, colour=None):
    return thing(f"cup.{number}", (number * 10, 0, number * 10 + 9, 9), colour=colour)


def test_a_lone_name_is_enough_and_a_colour_tells_twins_apart():
    assert spoken(cup(1), thing("dog.1", (50, 0, 60, 9))) == {"cup.1": "cup", "dog.1": "dog"}
    assert spoken(cup(1, "red"), cup(2, "blue")) == {"cup.1": "red cup", "cup.2": "blue cup"}


def test_colours_that_one_person_calls_so_and_the_next_otherwise_tell_nothing_apart():
    assert spoken(cup(1, "silver"), cup(2, "grey")) == {}
    assert spoken(cup(1, "tan"), cup(2, "brown")) == {}
    assert spoken(cup(1, "silver"), cup(2, "black")) == {"cup.1": "silver cup", "cup.2": "black cup"}


def test_twins_that_nothing_tells_apart_are_not_spoken_of():
    assert spoken(cup(1, "red"), cup(2, "red")) == {}
    assert spoken(cup(1, "red"), cup(2)) == {}


def test_another_name_for_the_same_kind_of_thing_is_a_rival():
    assert spoken(cup(1), thing("mug.1", (50, 0, 60, 9))) == {}
    assert spoken(thing("man.1", (0, 0, 9, 9)), thing("people.1", (50, 0, 60, 9))) == {}


def test_parts_clothing_backgrounds_and_groups_are_not_spoken_of():
    names = ("wheel.1", "shirt.1", "sky.1", "people.1", "shadow.1")
    assert spoken(*(thing(name, (10 * n, 0, 10 * n + 9, 9)) for n, name in enumerate(names))) == {}


@pytest.mark.parametrize("colour", ["red", "blue", None])
def test_a_name_that_holds_a_colour_gets_no_other(colour):
    cars = thing("red_car.1", (0, 0, 9, 9), colour=colour), thing("car.1", (20, 0, 29, 9), colour="green")
    said = {"car.1": "green car"} if colour == "red" else {}
    assert spoken(*cars) == said


def test_a_name_that_holds_a_colour_is_enough_where_it_has_no_rival():
    assert spoken(thing("red_car.1", (0, 0, 9, 9), colour="blue")) == {"red_car.1": "red car"}


@pytest.mark.parametrize("name", ["woman", "man", "surfer", "baby"])
def test_no_person_is_told_by_a_colour(name):
    people = [
        thing(f"{name}.{n}", (20 * n, 0, 20 * n + 9, 9), colour=colour) for n, colour in ((1, "white"), (2, "black"))
    ]
    assert spoken(*people) == {}


def test_a_colour_of_a_person_tells_no_likeness_from_it():
    assert spoken(thing("statue.1", (0, 0, 9, 9), colour="white"), thing("man.1", (20, 0, 29, 9), colour="black")) == {}
