from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stvqa.store.storable import storable


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("", ""),
        ("plain äöü 😀", "plain äöü 😀"),
        ("nought \0 inside", "nought \0 inside"),
        ("\ud83d", "\ufffd"),
        ("\ude00!", "\ufffd!"),
        ("a\ud83db", "a\ufffdb"),
        ("\ud83d\ude00", "😀"),
        ("\ud83d\ud83d\ude00\ude00", "\ufffd😀\ufffd"),
        ("\ude00\ud83d", "\ufffd\ufffd"),
        ("😀\ud83d😀", "😀\ufffd😀"),
    ],
)
def test_halves_are_joined_or_replaced_and_all_else_stays(text, stored):
    assert storable(text) == stored


@given(st.text(st.characters(codec=None, exclude_categories=())))
def test_any_text_can_be_stored_and_nothing_else_changes(text):
    stored = storable(text)
    assert stored.encode().decode() == stored
    assert storable(stored) == stored
    assert json.loads(json.dumps(stored)) == stored
    if not any("\ud800" <= letter <= "\udfff" for letter in text):
        assert stored == text
