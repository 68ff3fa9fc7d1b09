"""The noun tree: concepts, what lies above them, what people mix up."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stvqa.vocabulary import ancestors, clean_name, concept, confusable, may_be_called, similarity, singular
from stvqa.vocabulary.lexicon import lexicon, packaged_lines, read_confusable, read_nouns
from stvqa.vocabulary.taxonomy import meaning

SHARED = Path(__file__).parents[2].parent / "shared"
KNOWN = sorted(name for name in lexicon().entries if not name.startswith("*"))
NAMES = st.one_of(
    st.sampled_from(KNOWN),
    st.sampled_from(KNOWN).map(lambda name: f"small red {name}"),
    st.tuples(st.sampled_from(KNOWN), st.sampled_from(KNOWN)).map(" ".join),
    st.text(alphabet="abcdefgh s", max_size=12),
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("guys", "man"),
        ("gentleman", "man"),
        ("lady", "woman"),
        ("bike", "bicycle"),
        ("people", "person"),
        ("sofa", "couch"),
        ("tv", "television"),
        ("plane", "airplane"),
        ("Cell-Phone", "phone"),
        ("kids", "child"),
        ("automobile", "car"),
        ("jean", "jeans"),
        ("glasses", "eyeglasses"),
        ("small red cars", "car"),
        ("man in a red shirt", "man"),
        ("herd of cows", "cow"),
        ("pair of shoes", "shoe"),
        ("bottle of water", "bottle"),
        ("the dog's tail", "tail"),
        ("zorb", "zorb"),
        ("shiny zorbs", "zorb"),
        ("", ""),
    ],
)
def test_concept(name: str, expected: str) -> None:
    assert concept(name) == expected


@pytest.mark.parametrize(
    ("name", "some"),
    [
        ("man", {"person", "adult"}),
        ("taxi", {"car", "vehicle"}),
        ("seagull", {"bird", "animal"}),
        ("oak", {"tree", "plant"}),
        ("delivery scooter", {"scooter", "vehicle"}),
        ("street sign", {"sign"}),
        ("shopping cart", {"cart"}),
        ("zorb lamp", {"lamp", "light fixture"}),
        ("zorb flib", {"flib"}),
    ],
)
def test_ancestors(name: str, some: set[str]) -> None:
    assert some <= ancestors(name)
    assert not any(above.startswith("*") for above in ancestors(name))


@pytest.mark.parametrize("name", ["hot dog", "teddy bear", "toy car", "computer mouse", "license plate", "rubber duck"])
def test_compounds_that_are_not_what_they_end_in(name: str) -> None:
    assert not {"dog", "bear", "car", "animal", "plate", "duck"} & ancestors(name)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("cup", "mug"),
        ("cup", "glass"),
        ("couch", "chair"),
        ("bench", "chair"),
        ("truck", "van"),
        ("bush", "tree"),
        ("plant", "bush"),
        ("table", "desk"),
        ("bag", "backpack"),
        ("purse", "backpack"),
        ("bowl", "plate"),
        ("street", "road"),
        ("street", "sidewalk"),
        ("boy", "man"),
        ("girl", "woman"),
        ("horse", "pony"),
        ("boat", "ship"),
        ("sign", "signs"),
        ("street sign", "sign"),
        ("coffee table", "table"),
        ("skier", "man"),
        ("umpire", "man"),
        ("teddy bear", "bear"),
        ("statue", "person"),
        ("taxi", "van"),
        ("zorb", "red zorb"),
        *(("man", group) for group in ("crowd", "audience", "team", "band", "fans", "crew", "couple", "family")),
        ("player", "team"),
        *(("herd", animal) for animal in ("cow", "horse", "zebra", "elephant")),
        ("flock", "sheep"),
        ("flock", "bird"),
        ("pet", "dog"),
        ("pet", "cat"),
        *(("board", board) for board in ("surfboard", "skateboard", "snowboard", "wakeboard")),
        ("car", "traffic"),
        ("car", "train car"),
        ("cart", "golf cart"),
        ("can", "trash can"),
        ("bag", "trash bag"),
        ("tree", "foliage"),
        ("apple", "produce"),
        ("cup", "dishes"),
        ("glass", "glasses"),
        ("pillow", "bedding"),
        ("phone", "device"),
        ("puppet", "dog"),
    ],
)
def test_names_that_people_mix_up(a: str, b: str) -> None:
    assert confusable(a, b)
    assert confusable(b, a)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("man", "woman"),
        ("boy", "girl"),
        ("boy", "woman"),
        ("grass", "tree"),
        ("bear", "zebra"),
        ("laptop", "box"),
        ("eye", "nose"),
        ("dog", "cat"),
        ("car", "bicycle"),
        ("cup", "fork"),
        ("giraffe", "zebra"),
        ("tree", "building"),
        ("bed", "table"),
        ("batter", "umpire"),
        ("toilet", "sink"),
        ("banana", "apple"),
        ("hot dog", "dog"),
        ("hat", "shoe"),
        ("zorb", "flib"),
        ("man", "ceiling fan"),
        ("jeep", "train car"),
        ("horse", "flock"),
        ("grass", "bush"),
        ("surfboard", "skateboard"),
    ],
)
def test_names_that_nobody_mixes_up(a: str, b: str) -> None:
    assert not confusable(a, b)


def test_may_be_called_goes_up_only() -> None:
    assert may_be_called("taxi", "car")
    assert may_be_called("guys", "people")
    assert may_be_called("street sign", "sign")
    assert may_be_called("crowd", "person")
    assert not may_be_called("car", "taxi")
    assert not may_be_called("cup", "mug")
    assert not may_be_called("statue", "person")


@given(NAMES, NAMES)
def test_laws_of_confusable_and_similarity(a: str, b: str) -> None:
    assert confusable(a, a)
    assert confusable(a, b) == confusable(b, a)
    assert similarity(a, b) == similarity(b, a)
    assert 0 <= similarity(a, b) <= 1
    assert (similarity(a, b) == 1) == (concept(a) == concept(b))
    if may_be_called(a, b):
        assert confusable(a, b)


@given(NAMES)
def test_a_concept_is_its_own_concept(name: str) -> None:
    assert concept(concept(name)) == concept(name)
    assert concept(name) not in ancestors(name)
    for above in ancestors(name):
        assert may_be_called(name, above)


def test_similarity_falls_with_distance() -> None:
    assert similarity("man", "guy") == 1
    assert similarity("car", "truck") > similarity("car", "boat") > similarity("car", "chair") > 0
    assert similarity("car", "zorb") == 0
    assert similarity("mug", "wine glass") >= 0.7


def test_every_name_stands_once_and_is_reached() -> None:
    seen: Counter[str] = Counter()
    for entry in read_nouns(packaged_lines("nouns.txt")):
        seen.update((entry.name, *entry.synonyms))
        for name in (entry.name, *entry.synonyms):
            if not name.startswith("*"):
                assert concept(name) == entry.name, name
                assert singular(clean_name(name)) == name
    assert [name for name, times in seen.items() if times > 1] == []
    assert len(KNOWN) > 4000


def test_salience_and_flags_of_the_table_are_known_words() -> None:
    entries = read_nouns(packaged_lines("nouns.txt"))
    assert {entry.salience for entry in entries} == {"thing", "part", "clothing", "stuff", "group", "abstract"}
    flags = frozenset[str]().union(*(entry.flags for entry in entries))
    assert flags == {"agent", "person", "portable", "front", "vehicle", "furniture", "container", "mass"}


def test_a_line_below_no_parent_is_refused() -> None:
    with pytest.raises(ValueError, match="indented too deep"):
        read_nouns(["animal", "    dog"])


def test_a_mixed_up_name_must_stand_in_the_tree() -> None:
    with pytest.raises(KeyError, match="zorb"):
        read_confusable(["cup, zorb"], lexicon().entries)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real lists are not here")
def test_all_of_vg150_is_known() -> None:
    names = (SHARED / "facts" / "vg150_objects.txt").read_text(encoding="utf-8").split("\n")
    assert [name for name in names if name and concept(name) not in lexicon().lines] == []


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real files are not here")
def test_real_names_are_nearly_all_known() -> None:
    images = json.loads((SHARED / "vg" / "v1.2" / "objects.json").read_text(encoding="utf-8"))
    names = [name for image in images for thing in image["objects"] for name in thing["names"]]
    unknown = [name for name in names if meaning(name).entry is None]
    assert len(unknown) < 0.05 * len(names), unknown
