"""Names as annotators typed them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stvqa.vocabulary import canonical_predicate, clean_name
from stvqa.vocabulary.names import mended_words


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Man", "man"),
        ("  the   red  car ", "red car"),
        ('"walk" sign', "walk sign"),
        ("'stop'", "stop"),
        ("man's hand", "man's hand"),
        ("man's", "man"),
        ("horses' legs", "horses' legs"),
        ("cork-board", "cork board"),
        ("traffic_light.2", "traffic light"),
        ("cup_2", "cup"),
        ("chair3", "chair"),
        ("light fixture 2", "light fixture"),
        ("two men", "men"),
        ("2 men", "men"),
        ("four way stop sign", "four way stop sign"),
        ("side walk", "sidewalk"),
        ("girrafe", "giraffe"),
        ("tennis raquet", "tennis racket"),
        ("T-Shirt", "t shirt"),
        ("tshirt", "t shirt"),
        ("tree tree", "tree"),
        ("café", "cafe"),
        ("SHIRT.", "shirt"),
    ],
)
def test_names_are_made_as_people_say_them(raw: str, expected: str) -> None:
    assert clean_name(raw) == expected


@pytest.mark.parametrize("raw", ["", " ", "a", "the", "747", "'", "it", "n/a", "_", "w", "...", "is", "日本"])
def test_what_names_nothing_is_empty(raw: str) -> None:
    assert clean_name(raw) == ""


@given(st.text(max_size=40))
def test_cleaning_is_done_once_and_for_all(raw: str) -> None:
    cleaned = clean_name(raw)
    assert clean_name(cleaned) == cleaned
    assert cleaned == cleaned.strip().lower()
    assert "  " not in cleaned


@given(st.lists(st.sampled_from([*mended_words(), "red", "the", "man", "2", "sign"]), max_size=4).map(" ".join))
def test_mended_names_stay_mended(raw: str) -> None:
    assert clean_name(clean_name(raw)) == clean_name(raw)


def test_no_misspelling_is_a_right_form() -> None:
    table = mended_words()
    assert [wrong for wrong, right in table.items() if right in table or wrong == right] == []
    assert [wrong for wrong in table if len(wrong.split()) > 2] == []


@pytest.mark.parametrize("text", ["_", " ", "1 ", " 1", "'s", "cup", "x'", "a1", "-"])
def test_a_text_of_very_many_letters_names_nothing(text: str) -> None:
    assert clean_name("cup" + text * 50_000) == ""
    assert canonical_predicate("on" + text * 50_000) is None


def test_numbering_is_taken_off_however_long_it_is() -> None:
    for text in (" 1" * 90, ".12" * 60, "_" * 150 + "7", "4" * 180):
        assert clean_name("cup" + text) == "cup"
