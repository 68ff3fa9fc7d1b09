"""What the teacher is told, word for word. A change of a prompt is a change of the files in `golden/`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prospects import demo_scenes, kitchen, prospects_of
from scenes import scene, scenes, space, thing

from stvqa.programs.claims import objects_of
from stvqa.programs.notation import parse_claim
from stvqa.records import ObjectSpace, SceneGraph
from stvqa.stages.contract import random_for
from stvqa.teachers.llm import Sheet, open_item, prompt_texts, tells_whole_scene, write_prompt

GOLDEN = Path(__file__).parent / "golden"


def pick(prospects, *forms):
    return tuple(next(item for item in prospects if item.form == form) for form in forms)


def golden(name, text):
    assert text == (GOLDEN / name).read_text(encoding="utf-8").rstrip("\n")


def test_the_system_prompt():
    prompt = write_prompt(Sheet(pick(kitchen(), "axis")))
    golden("system.txt", prompt.system)
    assert prompt.system == prompt_texts()["teacher/system"]


def test_an_ordinary_sheet():
    golden("user.txt", write_prompt(Sheet(pick(kitchen(), "axis", "image_height", "predicate", "quadrants"))).user)


def test_a_sheet_with_an_open_item_and_colours():
    graph = scene(
        [
            thing("cup.1", (100, 100, 200, 200), colour="red"),
            thing("cup.2", (700, 700, 800, 800), colour="blue"),
            thing("dog.1", (100, 700, 200, 800)),
        ]
    )
    planned = prospects_of(graph)
    item = open_item("depth", planned, chance=random_for(3, "generate", "x"))
    golden("open.txt", write_prompt(Sheet(pick(planned, "halves"), item)).user)


def test_a_sheet_of_what_only_space_decides():
    def at(x, z, heading=None):
        return space(at=(x, 0, z), size=(0.5, 1.25, 0.5), heading=heading)

    graph = scene(
        [
            thing("man.1", (100, 300, 250, 800), space=at(-2, 6, 90)),
            thing("dog.1", (600, 700, 750, 850), space=at(1, 2.123456, 0)),
            thing("table.1", (400, 500, 560, 620), space=at(0, 12)),
        ],
        simulated=True,
    )
    planned = prospects_of(graph)
    golden("space.txt", write_prompt(Sheet(pick(planned, "camera_distance", "side"))).user)
    assert "depth" not in write_prompt(Sheet(pick(planned, "axis"))).user


def test_a_repair():
    sheet = Sheet(pick(kitchen(), "axis", "image_height"), remarks={2: "“Which?” The man / The dog: too-close: $5"})
    golden("repair.txt", write_prompt(sheet).user)


def test_the_example_in_the_system_prompt_is_itself_sound():
    from stvqa.programs.wording import contradiction
    from stvqa.teachers.llm import read_questions

    [written] = read_questions(prompt_texts()["teacher/system"].rpartition("\n")[2]).written.values()
    claims = [parse_claim(text) for text in written.program]
    assert contradiction(written.question, written.options, claims, spoken={"book.2": "red book"}) is None
    assert claims[written.right].direction == "left"


def test_every_call_of_the_notation_is_told():
    system = prompt_texts()["teacher/system"]
    told = set(re.findall(r"\b([a-z_]+)\(", system.partition("\nClaims\n")[2]))
    told |= set(re.findall(r"(?:, )((?:mainly_)?(?:right|above|below)|least)\b", system))
    for op in ("inside", "located", "count", "relates", "side", "heading", "exists", "not", "all", "most", "least"):
        assert op in told
    for way in ("left", "right", "above", "below"):
        assert {way, f"mainly_{way}"} <= told
    for measure in ("image_height", "image_width", "image_area", "height", "volume", "camera_distance", "distance"):
        assert re.search(rf"\b{measure}\b", system)


def lines_of(user):
    return user.partition("Objects:\n")[2].partition("\nItems:")[0].splitlines()


@given(scenes(least=4, most=9), st.integers(0, 3))
@settings(max_examples=40)
def test_only_what_the_items_ask_about_stands_in_a_prompt_and_nothing_twice(graph, start):
    planned = prospects_of(graph)[start::7][:4]
    if not planned:
        return
    lines = lines_of(write_prompt(Sheet(tuple(planned))).user)
    told = {line.split(":")[0].split(" ")[0] for line in lines if re.match(r"\S+\.\d+(?: \"[^\"]+\")?: ", line)}
    assert len(lines) == len(set(lines))
    assert told <= {item.id for prospect in planned for item in prospect.focus.objects}
    for prospect in planned:
        assert {name for claim in prospect.program.claims for name in objects_of(claim)} <= told


@pytest.fixture(scope="module")
def planned_scenes() -> list[tuple[SceneGraph, list]]:
    return [(graph, prospects_of(graph)) for graph in demo_scenes(12)]


def test_a_sheet_that_would_tell_of_the_whole_scene_is_known(planned_scenes):
    for graph, planned in planned_scenes:
        everything = Sheet(tuple(planned))
        told = {item.split(":")[0].split(" ")[0] for item in lines_of(write_prompt(everything).user)}
        assert tells_whole_scene(everything) == ({item.id for item in graph.objects} <= told)
        assert not tells_whole_scene(Sheet(pick(planned, "halves")))


def test_of_a_scene_of_a_few_objects_one_question_may_need_all():
    pair = prospects_of(scene({"cup.1": (100, 100, 200, 200), "dog.1": (700, 700, 800, 800)}))
    of_both = [item for item in pair if item.category == "relation"]
    assert not tells_whole_scene(Sheet(tuple(of_both[:1])))
    assert tells_whole_scene(Sheet(tuple(of_both[:2])))


def test_all_calls_begin_alike(planned_scenes):
    """Providers cache what is the same from the first token on."""
    systems = {write_prompt(Sheet(tuple(planned[:3]))).system for _, planned in planned_scenes}
    assert len(systems) == 1


def test_estimated_depth_is_not_told_as_metres():
    boxes = {"man.1": (100, 300, 250, 800), "dog.1": (600, 700, 750, 850), "table.1": (400, 500, 560, 620)}
    depths = dict(zip(boxes, (9.5, 1.23456, 4.0), strict=True))
    things = [thing(name, box, space=ObjectSpace(depth_m=depths[name])) for name, box in boxes.items()]
    graph = scene(things).model_copy(update={"space_evidence": "estimated"})
    user = write_prompt(Sheet(pick(prospects_of(graph), "camera_distance"))).user
    assert "dog.1: 600 700 750 850; estimated depth (no unit, larger is farther) 1.235\n" in user
    assert "; depth " not in user
