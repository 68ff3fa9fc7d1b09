"""Number and article of names."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stvqa.vocabulary import is_plural, plural, singular
from stvqa.vocabulary.inflection import article, head_span
from stvqa.vocabulary.lexicon import lexicon
from stvqa.vocabulary.word_forms import PLURAL_ONLY

PAIRS = [
    tuple(word.replace("-", " ") for word in line.split())
    for line in (Path(__file__).parent / "number.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]
WORDS = st.text(alphabet="abcdefghijklmnopqrstuvwxyz", min_size=4, max_size=12)


def test_every_pair_of_the_table_is_made_both_ways() -> None:
    assert len(PAIRS) == 304
    assert [pair for pair in PAIRS if plural(pair[0]) != pair[1]] == []
    # "glasses" alone means eyewear.
    assert [pair for pair in PAIRS if singular(pair[1]) != pair[0] and pair[0] != "glass"] == []
    assert [pair for pair in PAIRS if singular(pair[0]) != pair[0]] == []


def test_is_plural_follows_the_table() -> None:
    assert [many for one, many in PAIRS if one != many and not is_plural(many)] == []
    assert [one for one, many in PAIRS if one != many and is_plural(one)] == []


@pytest.mark.parametrize(
    "name", ["scissors", "pants", "sunglasses", "cattle", "men", "salt and pepper", "boys playing"]
)
def test_plural_names(name: str) -> None:
    assert is_plural(name)


@pytest.mark.parametrize(
    "name", ["sheep", "bus", "grass", "black and white cow", "man with glasses", "tennis", "bird's"]
)
def test_singular_names(name: str) -> None:
    assert not is_plural(name)


def test_a_phrase_is_inflected_at_its_head() -> None:
    assert plural("bottle of water") == "bottles of water"
    assert singular("men in red shirts") == "man in red shirts"
    assert plural("dog running") == "dogs running"
    assert plural("red hanging lamp") == "red hanging lamps"
    assert singular("wine glasses") == "wine glass"
    assert singular("black glasses") == "black glasses"


def test_head_span_cuts_after_a_noun_only() -> None:
    assert head_span("legs of table") == ("legs", " of table")
    assert head_span("yellow parked car") == ("yellow parked car", "")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cup", "a"),
        ("umbrella", "an"),
        ("umpire", "an"),
        ("uninflated ball", "an"),
        ("unicorn", "a"),
        ("uniform", "a"),
        ("utensil", "a"),
        ("urinal", "a"),
        ("hour hand", "an"),
        ("house", "a"),
        ("one way sign", "a"),
        ("onion", "an"),
        ("eucalyptus", "a"),
        ("egg", "an"),
        ("suv", "an"),
        ("tv", "a"),
        ("x ray", "an"),
        ("atm", "an"),
    ],
)
def test_article(name: str, expected: str) -> None:
    assert article(name) == expected


@given(WORDS)
def test_singular_of_a_singular_is_itself(word: str) -> None:
    once = singular(word)
    if not is_plural(once):
        assert singular(once) == once


def test_number_goes_both_ways_for_every_name_of_the_tree() -> None:
    names = [name for name in lexicon().entries if not name.startswith("*")]
    assert [name for name in names if plural(plural(name)) != plural(name)] == []
    lost = {name.rpartition(" ")[2] for name in names if singular(plural(name)) != name and not is_plural(name)}
    # Of these the plural is what people say, and it is a name of its own; "axes" is the plural of two words.
    assert {plural(word) for word in lost} - PLURAL_ONLY == {"axes"}


@given(st.text(max_size=30))
def test_any_text_is_taken(text: str) -> None:
    assert isinstance(singular(text) + plural(text) + article(text), str)
    assert isinstance(is_plural(text), bool)
