from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stvqa.teachers.llm import WrittenQuestion, WrittenQuestions, read_questions


def entry(item=1, **changes):
    return {
        "item": item,
        "question": "Where is the cup?",
        "options": ["Left", "Right"],
        "answer": "B",
        "program": ["left(cup.1, dog.1)", "right(cup.1, dog.1)"],
        "level": "easy",
        "rating": 7,
        "why": "so",
        **changes,
    }


def reply(*entries):
    return json.dumps({"questions": list(entries)})


@given(st.lists(st.integers(1, 9), unique=True, min_size=1, max_size=6), st.text(max_size=30), st.text(max_size=30))
def test_a_whole_reply_is_read_whatever_stands_around_it(items, before, after):
    read = read_questions(f"{before.replace('[', '').replace('questions', '')}\n{reply(*map(entry, items))}{after}")
    assert sorted(read.written) == sorted(items)
    assert (read.faults, read.fault) == ({}, "")


def test_what_is_read_is_what_the_schema_asks_for():
    whole = WrittenQuestions(questions=(WrittenQuestion(**entry()),))
    read = read_questions(whole.model_dump_json())
    assert read.written == {1: whole.questions[0]}
    schema = WrittenQuestions.model_json_schema()
    fields = schema["$defs"]["WrittenQuestion"]
    assert fields["required"] == list(fields["properties"])
    assert fields["additionalProperties"] is False


@pytest.mark.parametrize(("said", "letter"), [("b", "B"), ("(B)", "B"), ("B.", "B"), ("Right", "B"), ("Left", "A"), ("A", "A")])  # fmt: skip
def test_answers_that_are_clear(said, letter):
    assert read_questions(reply(entry(answer=said))).written[1].answer == letter


@pytest.mark.parametrize("said", ["", "E", "A or B", "Both", "The answer is B", "AB", None, 1])
def test_answers_that_are_not_are_never_guessed(said):
    read = read_questions(reply(entry(answer=said)))
    assert read.written == {}
    assert "answer" in read.faults[1]


def test_one_bad_entry_spoils_no_other():
    read = read_questions(reply(entry(1, rating=40), entry(2), entry(3, options=None), entry(4, level="extreme"), "x"))
    assert list(read.written) == [2]
    assert read.faults[1] == "rating: Value error, a rating is 1 to 10"
    assert set(read.faults) == {1, 3, 4}
    assert read.fault == "an entry without the number of its item"


def test_the_first_of_two_entries_for_one_item_stands():
    read = read_questions(reply(entry(1, why="first"), entry(1, why="second"), entry(2, rating=0), entry(2)))
    assert read.written[1].why == "first"
    assert set(read.written) == {1, 2}
    assert read.faults == {}


def test_unknown_keys_are_put_aside():
    assert read_questions(reply(entry(notes="..."))).written[1].item == 1


@pytest.mark.parametrize("share", [0.3, 0.5, 0.7, 0.9])
def test_what_came_before_the_end_of_a_broken_reply_is_kept(share):
    text = reply(*map(entry, range(1, 6)))
    read = read_questions(text[: int(len(text) * share)])
    assert list(read.written) == list(range(1, int(5 * share) + 1))
    assert "breaks off" in read.fault


@pytest.mark.parametrize(
    "text",
    ["", "I cannot help with that.", "{}", '{"questions": 3}', '{"questions": []}', "[]", "null", "[[[[", "[" * 5000],
)
def test_replies_that_hold_nothing(text):
    read = read_questions(text)
    assert read.written == {}
    assert read.fault


def test_a_bare_list_is_read_too():
    assert list(read_questions(json.dumps([entry(1), entry(2)])).written) == [1, 2]


@given(st.text(max_size=400))
def test_nothing_makes_the_reader_fail(text):
    for reply in (text, '{"questions": [' + text):
        read = read_questions(reply)
        assert read.written or read.faults or read.fault
