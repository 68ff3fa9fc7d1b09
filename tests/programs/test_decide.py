from __future__ import annotations

import pytest
from hypothesis import given
from scenes import scene, scenes, space, thing

from stvqa.programs.decide import Decider
from stvqa.programs.view import UnknownObjectError
from stvqa.records import (
    AllOf,
    Count,
    Direction,
    Exhaustive,
    Exists,
    Heading,
    Inside,
    Located,
    Mainly,
    Margins,
    Not,
    Ranks,
    Relates,
    Side,
)


def decide(graph, claim, **margins):
    return Decider(graph, Margins(**margins)).decide(claim)


def direction(way, subject="cup.1", target="table.1"):
    return Direction(subject=subject, direction=way, object=target)


@pytest.mark.parametrize(
    ("cup", "way", "value"),
    [
        ((100, 500, 150, 550), "left", True),
        ((100, 500, 150, 550), "right", False),
        ((100, 500, 150, 550), "above", None),
        ((500, 100, 550, 150), "above", True),
        ((500, 100, 550, 150), "below", False),
        ((480, 500, 540, 560), "left", None),
        ((410, 500, 460, 550), "left", None),
    ],
    ids=["left", "not right", "level", "above", "not below", "same centre", "inside its span"],
)
def test_direction_needs_offset_centres_outside_each_other(cup, way, value):
    graph = scene({"cup.1": cup, "table.1": (400, 450, 600, 600)})
    assert decide(graph, direction(way)).value is value


def test_what_sticks_out_on_the_asked_side_is_not_clearly_false():
    around = scene({"car.1": (72, 100, 604, 300), "book.1": (139, 150, 209, 200)})
    assert decide(around, direction("left", "car.1", "book.1")).value is None
    assert decide(around, direction("right", "car.1", "book.1")).value is None


def test_direction_margin_counts_in_units_of_the_offset():
    graph = scene({"cup.1": (0, 0, 100, 100), "table.1": (200, 0, 300, 100)})
    verdict = decide(graph, direction("left"), offset=0.05)
    assert verdict.margin == pytest.approx(4.0)
    assert (verdict.value, verdict.evidence) == (True, "geometric")
    assert decide(graph, direction("left"), offset=0.21).value is None


@given(scenes())
def test_opposite_directions_are_never_both_true_and_one_decides_the_other(graph):
    decider = Decider(graph, Margins())
    first, second = graph.objects[0].id, graph.objects[1].id
    for way, opposite in (("left", "right"), ("above", "below")):
        one = decider.decide(direction(way, first, second))
        other = decider.decide(direction(opposite, first, second))
        swapped = decider.decide(direction(opposite, second, first))
        assert (one.value, one.margin) == (swapped.value, swapped.margin)
        if one.value:
            assert other.value is False


@given(scenes())
def test_at_most_one_sector_and_one_cell_are_true(graph):
    decider = Decider(graph, Margins())
    first, second = graph.objects[0].id, graph.objects[1].id
    sectors = [Mainly(subject=first, direction=way, object=second) for way in ("left", "right", "above", "below")]
    assert sum(decider.decide(claim).value is True for claim in sectors) <= 1
    for grid, cells in {"columns": ("left", "middle", "right"), "halves": ("left", "right")}.items():
        claims = [Located(subject=first, grid=grid, cell=cell) for cell in cells]
        assert sum(decider.decide(claim).value is True for claim in claims) <= 1


def test_mainly_is_too_close_near_a_diagonal():
    graph = scene({"cup.1": (100, 100, 200, 200), "table.1": (600, 600, 700, 700)})
    assert decide(graph, Mainly(subject="cup.1", direction="left", object="table.1")).value is None
    flat = scene({"cup.1": (100, 500, 200, 600), "table.1": (600, 520, 700, 620)})
    assert decide(flat, Mainly(subject="cup.1", direction="left", object="table.1")).value is True
    assert decide(flat, Mainly(subject="cup.1", direction="above", object="table.1")).value is False


def test_inside_needs_nearly_all_of_a_smaller_box():
    graph = scene({"cup.1": (100, 100, 200, 200), "table.1": (90, 90, 400, 400), "tree.1": (150, 100, 260, 200)})
    assert decide(graph, Inside(subject="cup.1", object="table.1")).value is True
    assert decide(graph, Inside(subject="table.1", object="cup.1")).value is None
    assert decide(graph, Inside(subject="cup.1", object="tree.1")).value is None


def test_located_wants_the_centre_off_the_lines_and_most_of_the_box():
    claim = Located(subject="cup.1", grid="halves", cell="left")
    assert decide(scene({"cup.1": (100, 0, 200, 100)}), claim).value is True
    assert decide(scene({"cup.1": (410, 0, 500, 100)}), claim).value is None
    assert decide(scene({"cup.1": (0, 0, 780, 100)}), claim).value is None
    assert decide(scene({"cup.1": (700, 0, 800, 100)}), claim).value is False


class TestRanks:
    graph = scene({"man.1": (0, 0, 100, 300), "dog.1": (200, 0, 300, 100), "cup.1": (400, 0, 440, 95)})

    def ranks(self, subject, extreme="most", measure="image_height", **more):
        return Ranks(subject=subject, extreme=extreme, measure=measure, among=("cup.1", "dog.1", "man.1"), **more)

    def test_the_first_by_a_margin_wins_and_others_are_refuted(self):
        assert decide(self.graph, self.ranks("man.1")).value is True
        assert decide(self.graph, self.ranks("dog.1")).value is False

    def test_nearly_equal_is_too_close(self):
        assert decide(self.graph, self.ranks("cup.1", "least")).value is None
        assert decide(self.graph, self.ranks("man.1", "least")).value is False

    def test_area_needs_both_sides_larger(self):
        graph = scene({"man.1": (0, 0, 50, 600), "dog.1": (200, 0, 300, 100)})
        claim = Ranks(subject="man.1", extreme="most", measure="image_area", among=("man.1", "dog.1"))
        assert decide(graph, claim).value is None

    def test_space_measures_are_unknown_without_space(self):
        assert decide(self.graph, self.ranks("man.1", measure="camera_distance")).value is None

    def test_space_measures_with_space(self):
        near, far = space(at=(0, 0, 3)), space(at=(1, 0, 9))
        graph = scene(
            [thing("man.1", (0, 0, 9, 9), space=near), thing("dog.1", (50, 0, 90, 90), space=far)], simulated=True
        )
        among = ("dog.1", "man.1")
        verdict = decide(graph, Ranks(subject="man.1", extreme="least", measure="camera_distance", among=among))
        assert (verdict.value, verdict.evidence) == (True, "simulated")

    def test_larger_means_taller_and_longer_too(self):
        horse = thing("horse.1", (0, 0, 9, 9), space=space(size=(0.57, 1.43, 2.59)))
        tent = thing("tent.1", (50, 0, 90, 90), space=space(size=(2.25, 1.38, 2.46)))
        shed = thing("house.1", (100, 0, 190, 90), space=space(size=(3, 2.5, 4)))
        graph = scene([horse, tent, shed], simulated=True)
        claim = Ranks(subject="tent.1", extreme="most", measure="volume", among=("horse.1", "tent.1"))
        assert decide(graph, claim).value is None
        claim = Ranks(subject="house.1", extreme="most", measure="volume", among=("horse.1", "house.1"))
        assert decide(graph, claim).value is True

    def test_image_distance_needs_gap_and_centres_to_agree(self):
        graph = scene({"cup.1": (0, 0, 50, 50), "dog.1": (100, 0, 150, 50), "man.1": (700, 0, 800, 100)})
        claim = Ranks(
            subject="dog.1", extreme="least", measure="image_distance", among=("dog.1", "man.1"), reference="cup.1"
        )
        assert decide(graph, claim).value is True
        overlapping = scene({"cup.1": (0, 0, 50, 50), "dog.1": (100, 0, 150, 50), "man.1": (40, 0, 900, 900)})
        assert decide(overlapping, claim).value is None


class TestRelates:
    near = {"man.1": (0, 0, 200, 400), "cup.1": (150, 100, 250, 200), "book.1": (700, 700, 900, 900)}

    def relates(self, predicate, subject="man.1", target="cup.1"):
        return Relates(subject=subject, predicate=predicate, object=target)

    def test_a_triple_and_its_inverse_are_true(self):
        graph = scene(self.near, [("man.1", "behind", "cup.1")])
        assert decide(graph, self.relates("behind")).value is True
        verdict = decide(graph, self.relates("in front of", "cup.1", "man.1"))
        assert (verdict.value, verdict.margin, verdict.evidence) == (True, None, "annotated")

    def test_what_is_not_annotated_is_not_false(self):
        assert decide(scene(self.near), self.relates("holding")).value is None

    def test_an_exhaustive_predicate_makes_absence_a_proof(self):
        graph = scene(self.near, exhaustive=Exhaustive(predicates=("holding",)))
        assert decide(graph, self.relates("holding")).value is False
        stated = scene(self.near, [("man.1", "holding", "cup.1")], exhaustive=Exhaustive(predicates=("holding",)))
        assert decide(stated, self.relates("holding")).value is True

    def test_a_gap_refutes_contact(self):
        verdict = decide(scene(self.near), self.relates("holding", target="book.1"))
        assert (verdict.value, verdict.evidence) == (False, "geometric")
        assert verdict.margin <= -1

    def test_a_triple_against_a_gap_is_too_close(self):
        graph = scene(self.near, [("man.1", "holding", "book.1")])
        assert decide(graph, self.relates("holding", target="book.1")).value is None

    @pytest.mark.parametrize("target", ["kite.1", "dog.1"])
    def test_what_may_be_held_by_a_string_or_a_leash_is_not_refuted_by_a_gap(self, target):
        graph = scene({"man.1": (0, 0, 200, 400), target: (700, 700, 900, 900)})
        assert decide(graph, self.relates("holding", target=target)).value is None

    def test_what_stands_over_a_thing_may_be_on_it_by_way_of_another(self):
        boxes = {"vase.1": (100, 100, 150, 200), "table.1": (50, 400, 400, 600), "desk.1": (600, 400, 900, 600)}
        assert decide(scene(boxes), self.relates("on", "vase.1", "table.1")).value is None
        assert decide(scene(boxes), self.relates("on", "vase.1", "desk.1")).value is False

    def test_boxes_that_lie_the_other_way_contradict_a_direction(self):
        boxes = {"lamp.1": (100, 700, 150, 800), "table.1": (80, 300, 300, 500)}
        graph = scene(boxes, [("lamp.1", "above", "table.1")])
        assert decide(graph, self.relates("above", "lamp.1", "table.1")).value is None
        assert decide(scene(boxes), self.relates("above", "lamp.1", "table.1")).value is False
        assert decide(scene(boxes), self.relates("below", "lamp.1", "table.1")).value is None

    def test_of_several_reasons_the_first_in_the_alphabet_is_told(self):
        words = ["on", "above", "over", "on top of", "riding", "sitting on"]
        boxes = {"cup.1": (100, 100, 200, 200), "table.1": (90, 190, 400, 400)}
        for order in (words, words[::-1]):
            graph = scene(
                boxes, [("cup.1", word, "table.1") for word in order], exhaustive=Exhaustive(predicates=("on",))
            )
            decider = Decider(graph, Margins())
            assert decider.view.triples["cup.1", "table.1"] == tuple(sorted(words))
            assert "above" in decider.decide(self.relates("under", "cup.1", "table.1")).why

    def test_looking_away_is_no_gaze(self):
        boxes = {"man.1": (450, 400, 550, 600), "cup.1": (100, 450, 200, 550), "dog.1": (800, 450, 900, 550)}
        graph = scene(boxes, [("man.1", "looking away from", "cup.1")])
        assert decide(graph, self.relates("looking at", target="dog.1")).value is None

    def test_an_exclusive_triple_refutes(self):
        graph = scene(self.near, [("cup.1", "on", "man.1")])
        assert decide(graph, self.relates("under", "cup.1", "man.1")).value is False
        assert decide(graph, self.relates("in front of", "cup.1", "man.1")).value is None

    def test_who_looks_one_way_does_not_look_the_other(self):
        boxes = {
            "man.1": (450, 400, 550, 600),
            "cup.1": (100, 450, 200, 550),
            "dog.1": (800, 450, 900, 550),
            "car.1": (100, 700, 200, 800),
        }
        graph = scene(boxes, [("man.1", "looking at", "cup.1")])
        assert decide(graph, self.relates("looking at", target="dog.1")).value is False
        assert decide(graph, self.relates("looking at", target="car.1")).value is None

    def test_what_lies_beside_one_of_two_things_looked_at_is_not_ruled_out_by_the_other(self):
        boxes = {
            "man.1": (450, 400, 550, 600),
            "cup.1": (100, 450, 200, 550),
            "dog.1": (800, 450, 900, 550),
            "car.1": (800, 570, 900, 650),
            "cow.1": (450, 10, 550, 110),
        }
        graph = scene(boxes, [("man.1", "looking at", "cup.1"), ("man.1", "watching", "dog.1")])
        assert decide(graph, self.relates("looking at", target="car.1")).value is None
        assert decide(graph, self.relates("looking at", target="cow.1")).value is False

    def test_a_body_that_faces_one_way_says_nothing_of_its_eyes(self):
        boxes = {"man.1": (450, 400, 550, 600), "cup.1": (100, 450, 200, 550), "dog.1": (800, 450, 900, 550)}
        graph = scene(boxes, [("man.1", "facing", "cup.1")])
        assert decide(graph, self.relates("looking at", target="dog.1")).value is None
        assert decide(graph, self.relates("facing", target="dog.1")).value is False

    def test_what_hangs_on_a_thing_and_lies_below_it_is_not_refuted_to_be_under_it(self):
        boxes = {"lamp.1": (400, 300, 450, 400), "canopy.1": (200, 100, 700, 250)}
        graph = scene(boxes, [("lamp.1", "on", "canopy.1")])
        assert decide(graph, self.relates("under", "lamp.1", "canopy.1")).value is None
        both = scene(boxes, [("lamp.1", "on", "canopy.1"), ("lamp.1", "under", "canopy.1")])
        assert decide(both, self.relates("on", "lamp.1", "canopy.1")).value is None


class TestCount:
    graph = scene(
        {"cup.1": (0, 0, 50, 50), "cup.2": (100, 0, 150, 50), "dog.1": (300, 300, 400, 400)},
        exhaustive=Exhaustive(objects=True),
    )

    def test_exact_where_the_graph_is_exhaustive(self):
        assert decide(self.graph, Count(name="cup", equals=2)).value is True
        assert decide(self.graph, Count(name="cup", equals=3)).value is False
        assert decide(self.graph, Count(name="boat", equals=0)).value is True

    def test_a_lower_bound_where_it_is_not(self):
        graph = self.graph.model_copy(update={"exhaustive": Exhaustive()})
        assert decide(graph, Count(name="cup", equals=1)).value is False
        assert decide(graph, Count(name="cup", equals=2)).value is None
        assert decide(graph, Count(name="cup", equals=3)).value is None

    def test_boxes_that_may_be_one_thing_are_too_close(self):
        graph = scene({"cup.1": (0, 0, 50, 50), "cup.2": (5, 0, 55, 50)}, exhaustive=Exhaustive(objects=True))
        assert decide(graph, Count(name="cup", equals=2)).value is None

    def test_a_group_is_never_counted_as_one(self):
        graph = scene({"person.1": (0, 0, 50, 50), "people.1": (200, 0, 400, 50)}, exhaustive=Exhaustive(objects=True))
        assert decide(graph, Count(name="person", equals=2)).value is None


class TestExists:
    boxes = {"cup.1": (0, 0, 50, 50), "cup.2": (900, 0, 950, 50), "table.1": (400, 0, 600, 50)}

    def test_one_instance_is_enough(self):
        claim = Exists(name="cup", relation="left", object="table.1")
        assert decide(scene(self.boxes), claim).value is True

    def test_none_needs_an_exhaustive_graph(self):
        claim = Exists(name="dog", relation="left", object="table.1")
        assert decide(scene(self.boxes), claim).value is None
        assert decide(scene(self.boxes, exhaustive=Exhaustive(objects=True)), claim).value is False

    def test_one_instance_that_is_too_close_leaves_it_open(self):
        boxes = {"cup.1": (480, 0, 520, 50), "table.1": (400, 0, 600, 50)}
        claim = Exists(name="cup", relation="left", object="table.1")
        assert decide(scene(boxes, exhaustive=Exhaustive(objects=True)), claim).value is None


class TestSpace:
    def graph(self, heading):
        man = thing("man.1", (400, 400, 500, 600), space=space(at=(0, 0, 10), heading=heading))
        dog = thing("dog.1", (700, 400, 800, 500), space=space(at=(5, 0, 10), heading=None))
        return scene([man, dog], simulated=True)

    @pytest.mark.parametrize(("heading", "side"), [(90, "front"), (0, "right"), (270, "behind"), (180, "left")])
    def test_sides_are_those_of_the_observer(self, heading, side):
        for name in ("front", "right", "behind", "left"):
            verdict = decide(self.graph(heading), Side(observer="man.1", side=name, object="dog.1"))
            assert verdict.value is (name == side)

    def test_a_heading_between_two_sectors_is_too_close(self):
        assert decide(self.graph(45), Side(observer="man.1", side="front", object="dog.1")).value is None

    def test_without_heading_or_beside_each_other_nothing_is_known(self):
        assert decide(self.graph(0), Side(observer="dog.1", side="front", object="man.1")).value is None

    @pytest.mark.parametrize(("heading", "facing"), [(0, "away"), (90, "right"), (180, "towards"), (270, "left")])
    def test_headings_as_the_camera_sees_them(self, heading, facing):
        for name in ("away", "right", "towards", "left"):
            assert decide(self.graph(heading), Heading(subject="man.1", facing=name)).value is (name == facing)


@given(scenes())
def test_not_and_all_of_follow_logic(graph):
    decider = Decider(graph, Margins())
    first, second = graph.objects[0].id, graph.objects[1].id
    left, above = direction("left", first, second), direction("above", first, second)
    value = decider.decide(left).value
    assert decider.decide(Not(claim=left)).value is (None if value is None else not value)
    both, values = (
        decider.decide(AllOf(claims=(left, above))).value,
        [decider.decide(item).value for item in (left, above)],
    )
    assert both is (False if False in values else None if None in values else True)


def test_an_unknown_object_is_an_error_not_a_verdict():
    with pytest.raises(UnknownObjectError, match=r"cup\.9"):
        decide(scene({"cup.1": (0, 0, 9, 9)}), direction("left", "cup.9", "cup.1"))


def test_a_measure_without_its_reference_or_with_one_too_many_decides_nothing():
    graph = scene({"cup.1": (0, 0, 50, 50), "dog.1": (300, 300, 900, 900), "car.1": (100, 0, 200, 90)})
    among = ("cup.1", "dog.1")
    far = Ranks(subject="dog.1", extreme="most", measure="image_distance", among=among)
    tall = Ranks(subject="dog.1", extreme="most", measure="image_height", among=among, reference="car.1")
    assert decide(graph, far).value is None
    assert decide(graph, tall).value is None
    assert decide(graph, far.model_copy(update={"reference": "car.1"})).value is True
    assert decide(graph, tall.model_copy(update={"reference": None})).value is True


def test_a_cell_that_its_grid_does_not_have_decides_nothing():
    graph = scene({"cup.1": (0, 0, 50, 50)})
    assert decide(graph, Located(subject="cup.1", grid="halves", cell="middle")).value is None


@pytest.mark.parametrize(("start", "way", "opposite"), [(0, "left", "right"), (1, "above", "below")])
def test_what_sticks_out_on_either_side_is_clearly_on_none(start, way, opposite):
    """Found by mirroring scenes: both ends of an axis have to be judged alike."""
    long, short = ((0, 0, 250, 40), (151, 0, 199, 40)) if start == 0 else ((0, 0, 40, 250), (0, 151, 40, 199))
    graph = scene({"cup.1": long, "table.1": short})
    assert decide(graph, direction(opposite)).value is None
    assert decide(graph, direction(way, "table.1", "cup.1")).value is None
