"""Predicates: one spelling, what they claim, what they rule out."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stvqa.vocabulary import (
    PredicateKind,
    canonical_predicate,
    excludes,
    inverse,
    needs_contact,
    predicate_kind,
    predicate_phrase,
)
from stvqa.vocabulary.lexicon import packaged_lines
from stvqa.vocabulary.verb_forms import present_participle, verbs

SHARED = Path(__file__).parents[2].parent / "shared"


def _table() -> dict[str, list[str]]:
    rows = {}
    for line in packaged_lines("predicates.txt"):
        fields, _, variants = line.partition(":")
        rows[fields.split("|")[0].strip()] = [text.strip() for text in variants.split(",") if text.strip()]
    return rows


TABLE = _table()
RAW = st.one_of(
    st.sampled_from([*TABLE, *(variant for variants in TABLE.values() for variant in variants)]),
    st.lists(st.sampled_from([*TABLE, *verbs(), "the", "is", "right", "down", "ball", "been"]), max_size=4).map(
        " ".join
    ),
    st.text(max_size=25),
)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("ON", "on"),
        ("is sitting on a", "sitting on"),
        ("WEARING", "wearing"),
        ("wears", "wearing"),
        ("has on", "wearing"),
        ("in front", "in front of"),
        ("infront of", "in front of"),
        ("beside", "next to"),
        ("besides", "next to"),
        ("behind of", "behind"),
        ("holds", "holding"),
        ("hold", "holding"),
        ("agaist", "against"),
        ("atop", "on top of"),
        ("rides", "riding"),
        ("to the left of", "left of"),
        ("laying on", "lying on"),
        ("sat on", "sitting on"),
        ("parked on", "parked on"),
        ("spread on", "spread on"),
        ("standing right in front of the", "standing in front of"),
        ("sitting to left of", "sitting left of"),
        ("on on", "on"),
        ("juggling", "juggling"),
        ("decorated with", "decorated with"),
        ("have been placed on", "on"),
        ("is looking away from", "looking away from"),
        ("walks away from", "walking away from"),
        ("facing away from", "facing away from"),
        ("looks like", "looking like"),
        ("eats from", "eating from"),
        ("drinking from", "drinking from"),
        ("holding hands with", "holding hands with"),
        ("holds up", "holding up"),
        ("poking out of", "poking out of"),
        ("standing out of", "standing out of"),
        ("taking off from", "taking off from"),
        ("sitting down on", "sitting on"),
        ("riding in", "riding in"),
        ("blocked by", "blocked by"),
        ("of a", "of"),
        ("and", "and"),
        ("with", "with"),
        ("in back of", "at back of"),
        ("standing in the front of", "standing at front of"),
        ("in the front", "at front of"),
        ("in front of the", "in front of"),
    ],
)
def test_one_spelling(raw: str, expected: str) -> None:
    assert canonical_predicate(raw) == expected


@pytest.mark.parametrize(
    "raw", ["are fully", "not", "", "that", "is", "has been", "red", "not on", "man", "than", "?!"]
)
def test_junk_says_nothing(raw: str) -> None:
    assert canonical_predicate(raw) is None


@pytest.mark.parametrize(
    ("kind", "predicates"),
    [
        ("hold", ["holding", "carrying", "holding up", "holding out"]),
        ("wear", ["wearing"]),
        (
            "contact",
            [
                "holding hands with",
                "eating from",
                "drinking from",
                "touching",
                "riding",
                "leaning on",
                "pushing",
                "kicking",
                "eating",
                "against",
                "riding down",
            ],
        ),
        ("support", ["on", "on top of", "sitting on", "lying on", "parked on", "perched on"]),
        ("contain", ["in", "inside", "sleeping in"]),
        ("gaze", ["looking at", "watching", "facing", "gazing toward", "looking into"]),
        ("depth", ["in front of", "behind", "standing behind", "parked in front of"]),
        ("direction", ["above", "over", "below", "under", "left of", "right of", "sleeping under"]),
        ("part", ["of", "has", "with", "part of"]),
        ("proximity", ["near", "next to", "by", "standing next to"]),
        ("action", ["throwing", "juggling"]),
        ("other", ["for", "to", "from", "at", "and", "sitting at", "drawn by"]),
        ("other", ["looking away from", "facing away from", "looking like", "facing down", "poking out of"]),
        ("other", ["held by", "carried by", "ridden by", "eaten by", "covered by", "supported by", "watched by"]),
        ("other", ["worn by", "driven by", "hugged by", "looked at by", "standing out of", "looking out of"]),
    ],
)
def test_kinds(kind: str, predicates: list[str]) -> None:
    assert {predicate: predicate_kind(predicate) for predicate in predicates} == dict.fromkeys(predicates, kind)


@pytest.mark.parametrize("article", ["the ", ""])
@pytest.mark.parametrize(
    "raw", ["in {}back of", "at {}back of", "in {}rear of", "at {}front of", "sitting in {}back of"]
)
def test_a_part_of_a_thing_is_no_side_of_it(raw: str, article: str) -> None:
    predicate = canonical_predicate(raw.format(article))
    assert predicate is not None
    assert (predicate_kind(predicate), needs_contact(predicate), excludes(predicate)) == ("other", False, frozenset())
    assert predicate_phrase(predicate).endswith(("at the back of", "at the front of"))


def test_an_article_tells_the_front_of_a_bus_from_the_place_before_it() -> None:
    assert predicate_kind(canonical_predicate("in front of") or "") == "depth"
    assert predicate_kind(canonical_predicate("standing in front of") or "") == "depth"
    assert predicate_kind(canonical_predicate("in the front of") or "") == "other"
    assert predicate_kind(canonical_predicate("standing in the front of") or "") == "other"


@pytest.mark.parametrize(("raw", "no"), [("meets", "touching"), ("meeting", "touching"), ("seen in", "in")])
def test_what_only_seems_to_touch_or_hold(raw: str, no: str) -> None:
    predicate = canonical_predicate(raw)
    assert predicate not in {None, no}
    assert not needs_contact(predicate or no)


def test_contact() -> None:
    assert all(
        needs_contact(text) for text in ("on", "sitting on", "holding", "wearing", "riding", "in", "attached to")
    )
    assert all(needs_contact(text) for text in ("held by", "ridden by", "eaten by", "covered by", "supported by"))
    assert not any(needs_contact(text) for text in ("watched by", "hit by", "pulled by", "looked at by", "used by"))
    assert not any(
        needs_contact(text) for text in ("near", "above", "behind", "looking at", "kicking", "of", "pulling")
    )


def test_exclusions() -> None:
    assert {"under", "below"} <= excludes("on")
    assert "below" in excludes("above")
    assert "behind" in excludes("standing in front of")
    assert "right of" in excludes("left of")
    assert excludes("near") == {"far from"}
    assert excludes("holding") == frozenset()


def test_inverses() -> None:
    assert inverse("above") == "below"
    assert inverse("in front of") == "behind"
    assert inverse("holding") == "held by"
    assert inverse("near") == "near"
    assert inverse("sitting on") is None
    for name in TABLE:
        other = inverse(name)
        assert other is None or inverse(other) == name


def test_phrases() -> None:
    assert predicate_phrase("left of") == "to the left of"
    assert predicate_phrase("sitting left of") == "sitting to the left of"
    assert predicate_phrase("on") == "on"
    assert predicate_phrase("has") == "with"
    assert predicate_phrase("at top of") == "at the top of"
    assert predicate_phrase("containing") == "holding"
    assert predicate_phrase("reflection of") == "a reflection of"
    assert predicate_phrase("looking away from") == "looking away from"


def test_the_table_is_one_to_one() -> None:
    names = Counter([*TABLE, *(variant for variants in TABLE.values() for variant in variants)])
    assert [name for name, times in names.items() if times > 1] == []
    for name, variants in TABLE.items():
        assert {canonical_predicate(text) for text in (name, *variants)} == {name}


@given(RAW)
def test_canonical_predicates_are_fixed_points(raw: str) -> None:
    once = canonical_predicate(raw)
    if once is not None:
        assert canonical_predicate(once) == once
        assert predicate_kind(once) in get_args(PredicateKind)
        assert predicate_phrase(once)


@given(RAW, RAW)
def test_exclusion_is_symmetric(one: str, other: str) -> None:
    first, second = canonical_predicate(one), canonical_predicate(other)
    if first in TABLE and second in TABLE:
        assert (second in excludes(first)) == (first in excludes(second))
        assert first not in excludes(first)


def test_participles() -> None:
    made = [present_participle(base) for base in ("ride", "sit", "lie", "eat", "run", "see", "carry", "swim")]
    assert made == ["riding", "sitting", "lying", "eating", "running", "seeing", "carrying", "swimming"]
    assert verbs()["sat"].is_past
    assert verbs()["sits"].present == "sitting"


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real lists are not here")
def test_all_of_vg150_is_known() -> None:
    predicates = (SHARED / "facts" / "vg150_predicates.txt").read_text(encoding="utf-8").split("\n")
    assert [text for text in predicates if text and canonical_predicate(text) is None] == []


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real files are not here")
def test_real_predicates_are_nearly_all_understood() -> None:
    images = json.loads((SHARED / "vg" / "v1.2" / "relationships.json").read_text(encoding="utf-8"))
    raw = [relation["predicate"] for image in images for relation in image["relationships"]]
    refused = [text for text in raw if canonical_predicate(text) is None]
    assert len(refused) < 0.05 * len(raw), refused
