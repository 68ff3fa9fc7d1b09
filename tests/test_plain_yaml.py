from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stvqa.plain_yaml import YamlFault, read_yaml, read_yaml_file, write_yaml

BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join(['*' + before] * 10)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (BOMB, "line 2: aliases are not taken"),
        ("a: &a 1\nb: *a", "aliases are not taken"),
        ("a: &a {b: 1}\nc:\n  <<: *a\n", "aliases are not taken"),
        ("&a [*a]", "aliases are not taken"),
        ("[" * 5000, "stand in each other"),
        ("{a: " * 31, "stand in each other"),
        ("- " * 31 + "a", "stand in each other"),
        ("? " * 31 + "a", "stand in each other"),
        ("a: 1\na: 2", "key 'a' stands twice"),
        ("a:\n  - {b: 1, b: 2}", "key 'b' stands twice"),
        ("? [a]\n: 1", "no plain text"),
        ("? {a: 1}\n: 1", "no plain text"),
        ("a: !!python/object/apply:os.system [echo]", "tags are not taken"),
        ("a: !!python/name:os.system", "tags are not taken"),
        ("a: !mine 1", "tags are not taken"),
        ("a: " + "9" * 5000, "a number of 5,000 characters"),
        ("a: 2026-13-45", "a date that is none"),
        ("a: " + "1:" * 5000 + "1", "a number of 10,001 characters"),
        ("a: !!int x", ""),
        ("a: !!timestamp x", ""),
        ("a: !!binary 1", ""),
        ("a: !!set x", ""),
        ("a: b: c", "line 1"),
        ("a: \x1b[2J", ""),
        ("a: 1\n---\nb: 2", "another document"),
        ("%YAML 9.9\n---\na: 1", ""),
        ("a: " + "b" * 300_000, "262,144 are the most"),
    ],
)
def test_what_is_not_taken_is_one_fault(text, told):
    with pytest.raises(YamlFault) as caught:
        read_yaml(text)
    assert told in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("text", "value"),
    [("n: 40", {"n": 40}), ("", None), ("[a, {b: [1.5]}]", ["a", {"b": [1.5]}]), ("a: &a 1", {"a": 1}), ("no", False)],
)
def test_plain_values_are_read(text, value):
    assert read_yaml(text) == value


def test_for_the_hub_no_is_norwegian():
    assert read_yaml("language: no\npublic: true", norwegian=True) == {"language": "no", "public": True}


@given(st.text(max_size=200))
def test_any_text_is_a_value_or_one_fault(text):
    with suppress(YamlFault):
        read_yaml(text)


WORDS = st.text(st.characters(exclude_categories=("C", "Z")), max_size=9)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**60), 10**60) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=9,
)


@given(st.dictionaries(WORDS, VALUES, max_size=3))
def test_what_is_written_is_read_again(values):
    shared = {"first": values, "second": values}
    assert read_yaml(write_yaml(shared)) == shared


def test_a_file_that_is_too_long_is_not_read_to_its_end(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("a: 1\n" + "# " * 1000)
    with pytest.raises(YamlFault, match="more than 1,000 bytes"):
        read_yaml_file(path, most_bytes=1000)
    assert read_yaml_file(path) == {"a": 1}
    path.write_bytes(b"a: \xff")
    with pytest.raises(YamlFault, match="UTF-8"):
        read_yaml_file(path)
