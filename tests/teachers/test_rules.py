from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from questions import question
from scenes import scene, scenes, space, thing

from stvqa.programs.inspect import Posed, inspect
from stvqa.programs.proposals import PROPOSERS
from stvqa.records import CATEGORIES, Exhaustive, Margins, Prospect, SceneGraph
from stvqa.stages.contract import StageContext
from stvqa.stages.prune import Prune
from stvqa.teachers.rules import RulesTeacher
from stvqa.teachers.rules.phrases import either, sentence

ALL_FORMS = {
    "axis",
    "mainly",
    "diagonal",
    "which",
    "whereabouts",
    "predicate",
    "held",
    "holder",
    "gaze",
    "behind",
    "image_height",
    "image_width",
    "image_area",
    "height",
    "volume",
    "camera_distance",
    "image_distance",
    "distance",
    "columns",
    "rows",
    "halves",
    "quadrants",
    "side",
    "heading",
    "definite",
    "triple",
    "exists",
    "count",
}


def prospects(*graphs: SceneGraph) -> list[Prospect]:
    stage = Prune(min_area_share=0, max_area_share=1, per_form=4, min_visible_share=0)
    return [item for item in stage.run(iter(graphs), StageContext(seed=3)) if isinstance(item, Prospect)]


def rich_scenes():
    """One simulated and one annotated scene in which every form can be asked."""

    def at(x, z, heading=None, size=(0.5, 0.5, 0.5)):
        return space(at=(x, 0, z), size=size, heading=heading)

    simulated = scene(
        [
            thing("man.1", (100, 300, 250, 800), space=at(-2, 6, 90, (0.6, 1.8, 0.4))),
            thing("woman.1", (850, 300, 990, 700), space=at(4, 9, 180, (0.6, 1.6, 0.4))),
            thing("cup.1", (230, 500, 280, 560), space=at(-1.6, 6, None, (0.1, 0.1, 0.1))),
            thing("dog.1", (600, 700, 750, 850), space=at(1, 4, 0)),
            thing("table.1", (400, 500, 560, 620), space=at(0, 5, None, (2, 1, 1))),
            thing("book.1", (450, 460, 500, 510), space=at(0, 5, None, (0.2, 0.1, 0.2))),
            thing("chair.1", (700, 200, 800, 320), space=at(3, 12, 90)),
        ],
        [("man.1", "holding", "cup.1"), ("book.1", "on", "table.1")],
        exhaustive=Exhaustive(objects=True, predicates=("holding", "on")),
        simulated=True,
    )
    annotated = scene(
        {
            "man.1": (450, 400, 520, 600),
            "dog.1": (100, 450, 200, 550),
            "umbrella.1": (800, 450, 900, 550),
            "lamp.1": (300, 100, 350, 300),
            "tree.1": (600, 50, 700, 320),
            "table.1": (700, 800, 900, 950),
            "clock.1": (720, 730, 760, 810),
        },
        [("man.1", "looking at", "dog.1"), ("lamp.1", "behind", "tree.1"), ("clock.1", "on", "table.1")],
        image_id="test:2",
    )
    return simulated, annotated


def test_every_form_is_worded_and_sound():
    seen = set()
    for prospect in prospects(*rich_scenes()):
        for seed in range(6):
            worded = RulesTeacher().word(prospect, chance=random.Random(seed))
            posed = Posed(worded.text, worded.options, prospect.answer, prospect.program.claims)
            assert inspect(posed, prospect.focus, Margins()) is None, worded
            assert worded.text[0].isupper()
            assert worded.text.endswith("?")
        seen.add(prospect.form)
    assert seen == ALL_FORMS


@given(scenes(), st.integers(0, 3))
@settings(max_examples=40)
def test_words_depend_on_claims_and_chance_never_on_the_answer(graph, seed):
    for prospect in prospects(graph):
        worded = RulesTeacher().word(prospect, chance=random.Random(seed))
        other = prospect.model_copy(update={"answer": (prospect.answer + 1) % len(prospect.program.claims)})
        assert RulesTeacher().word(other, chance=random.Random(seed)) == worded
        assert len(set(worded.options)) == len(worded.options) == len(prospect.program.claims)


def test_picture_plane_and_own_point_of_view_are_named():
    for prospect in prospects(*rich_scenes()):
        text = RulesTeacher().word(prospect, chance=random.Random(1)).text
        if prospect.form in {"axis", "mainly", "diagonal", "which", "definite", "image_distance", "quadrants"}:
            assert "image" in text
        if prospect.form in {"height", "volume"}:
            assert "real" in text
        if prospect.form == "side":
            assert "faces" in text or "facing" in text or "point of view" in text or "Imagine" in text


def test_twins_are_told_apart_by_colour():
    objects = [
        thing("cup.1", (100, 100, 200, 200), colour="red"),
        thing("cup.2", (700, 700, 800, 800), colour="blue"),
        thing("dog.1", (100, 700, 200, 800)),
    ]
    texts = [RulesTeacher().word(item, chance=random.Random(1)) for item in prospects(scene(objects))]
    said = " ".join(text for worded in texts for text in (worded.text, *worded.options)).lower()
    assert "red cup" in said
    assert "the cup" not in said


def test_an_object_that_cannot_be_told_apart_is_refused():
    [prospect, *_] = prospects(scene({"cup.1": (100, 100, 200, 200), "dog.1": (700, 700, 800, 800)}))
    twin = thing("cup.2", (500, 100, 600, 200))
    crowded = prospect.focus.model_copy(update={"objects": (*prospect.focus.objects, twin)})
    with pytest.raises(LookupError, match="cannot be told"):
        RulesTeacher().word(prospect.model_copy(update={"focus": crowded}), chance=random.Random(1))


def test_every_category_has_a_proposer():
    assert set(PROPOSERS) == set(CATEGORIES)
    assert question().category in PROPOSERS


def test_small_words():
    assert sentence("to the left") == "To the left"
    assert either(["the cup", "the bowl", "the vase"]) == "the cup, the bowl or the vase"
