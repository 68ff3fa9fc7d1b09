from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stvqa.teachers.calls import ReplyUnreadable, read_reply
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


@pytest.mark.parametrize(
    ("said", "letter"),
    [
        *(("b", "B"), ("(B)", "B"), ("B.", "B"), ("Right", "B"), ("Left", "A"), ("A", "A")),
        *(("The answer is B", "B"), ("right.", "B"), ("B: Right", "B"), ("**A**", "A")),
    ],
)
def test_answers_that_are_clear(said, letter):
    assert read_questions(reply(entry(answer=said))).written[1].answer == letter


@pytest.mark.parametrize("said", ["", "E", "A or B", "Both", "A: Right", "AB", None, 1])
def test_answers_that_are_not_are_never_guessed(said):
    read = read_questions(reply(entry(answer=said)))
    assert read.written == {}
    assert "answer" in read.faults[1].detail


def test_one_bad_entry_spoils_no_other():
    bad = [entry(1, answer="X"), entry(3, options=None), entry(4, question=7), entry(item=None), "x", None, 3, []]
    for order in (bad, bad[::-1]):
        read = read_questions(reply(entry(2), *order, entry(5)))
        assert list(read.written) == [2, 5]
        assert set(read.faults) == {1, 3, 4}
        assert read.faults[1].reason == "malformed-entry"
        assert read.faults[1].detail.startswith("answer: Input should be 'A', 'B', 'C' or 'D'")
        assert read.fault in ("an entry without the number of its item", "an entry that cannot be read")


@pytest.mark.parametrize(
    "broken", ['{"item": 2, "question": "the "red" one"}', '{"item": 2, "rating": ' + "9" * 5000 + "}"]
)
def test_an_entry_that_is_no_json_costs_itself_alone(broken):
    whole = [json.dumps(entry(number)) for number in (1, 3)]
    read = read_questions(f'{{"questions": [{whole[0]}, {broken}, {whole[1]}]}}')
    assert list(read.written) == [1, 3]
    assert read.fault == "an entry that cannot be read"


@pytest.mark.parametrize(("before", "after"), [('{"a":', "}"), ("[", "]")])
@pytest.mark.parametrize("levels", [900, 5_000, 200_000])
def test_an_entry_that_is_nested_too_deeply_costs_itself_alone(before, after, levels):
    deep = before * levels + "1" + after * levels
    spoilt = json.dumps(entry(2)).replace('"so"', deep)
    read = read_questions(f'{{"questions": [{json.dumps(entry(1))}, {spoilt}, {json.dumps(entry(3))}]}}')
    assert sorted(set(read.written) - {2}) == [1, 3]
    assert read_questions(f'{{"questions": [{deep}]}}').written == {}


def test_half_a_surrogate_in_a_text_is_the_fault_of_its_entry_alone():
    text = reply(entry(1, question="Where is the cup \ud83d?"), entry(2, why="so \udc00"), entry(3))
    assert "\\ud83d" in text, "as escapes of JSON, which are plain letters on the wire"
    read = read_questions(text)
    assert set(read.written) == {2, 3}
    assert read.faults[1].reason == "text-unfit"
    for written in read.written.values():
        written.model_dump_json().encode()


UNFIT = {
    "escape": "the cup\x1b[2J",
    "right-to-left override": "the \u202epuc",
    "zero width": "the c\u200bup",
    "HTML": "the <b>cup</b>",
    "entity": "the &lt;cup",
    "link": "the [cup](there)",
    "address": "the cup of www.example.org",
    "e-mail": "the cup of me@example.org",
    "line break": "the cup\n(A) left",
    "long": "the cup " * 60,
}


@pytest.mark.parametrize("said", UNFIT.values(), ids=UNFIT)
@pytest.mark.parametrize("where", ["question", "options"])
def test_words_that_cannot_be_published_are_refused_by_the_schema(where, said):
    read = read_questions(reply(entry(1, **{where: [said, "Right"] if where == "options" else said}), entry(2)))
    assert set(read.written) == {2}
    assert read.faults[1].reason == "text-unfit"
    assert where in read.faults[1].detail


@pytest.mark.parametrize("said", UNFIT.values(), ids=UNFIT)
def test_a_rationale_that_cannot_be_published_costs_no_question(said):
    assert read_questions(reply(entry(1, why=said))).written[1].why == ""


def test_blanks_and_full_stops_are_evened():
    written = read_questions(
        reply(entry(question=" Where\u00a0is  the cup? ", options=["To the left.", "To the right"]))
    )
    assert written.written[1].question == "Where is the cup?"
    assert written.written[1].options == ("To the left", "To the right")
    assert read_questions(reply(entry(options=["Left.", "Right."]))).written[1].options == ("Left.", "Right.")


LISTS = ["```json\n{}\n```\nBetter:\n```json\n{}\n```", "as asked {{x}}, not [{{x}}]:\n{}\n{}", "{} {}"]


@pytest.mark.parametrize("shape", LISTS)
def test_of_several_bare_lists_the_last_one_counts(shape):
    draft, final = json.dumps([entry(question="DRAFT?")]), json.dumps([entry(1), entry(2)])
    read = read_questions(shape.format(draft, final))
    assert [written.question for written in read.written.values()] == [entry()["question"]] * 2


@pytest.mark.parametrize("between", ["\n", " and then ", ", "])
def test_entries_that_stand_one_by_one_are_all_read(between):
    text = "{as asked}\n" + between.join(json.dumps(entry(number)) for number in (1, 2, 3))
    assert list(read_questions(text).written) == [1, 2, 3]


def test_a_tag_of_thoughts_inside_a_text_is_no_thought():
    read = read_questions(reply(entry(1, question="What does </think> mean, and <think>?"), entry(2)))
    assert read.written[2].question == entry()["question"]
    assert read.faults[1].reason == "text-unfit", "it is read, and then it is no plain text"


def without(name):
    return {key: value for key, value in entry().items() if key != name}


HARMLESS = [
    *(entry(item=item) for item in ("1", " 1. ", "#1", "item 1", "Item 1:", 1.0)),
    *(entry(level=level) for level in ("Easy", " HARD ", "extreme", "", None, 3)),
    *(entry(rating=rating) for rating in (8.5, "8", "8/10", 40, 0, -1, None, "good", True, float("nan"), 1e999)),
    *(entry(why=why) for why in (None, 3, ["because"])),
    *(without(name) for name in ("level", "rating", "why")),
    entry(notes="...", confidence=0.9),
    entry(options=["(A) Left", "(B) Right"]),
    entry(options=["A. Left", "B. Right"], answer="B. Right"),
    entry(options={"A": "Left", "B": "Right"}),
]


@pytest.mark.parametrize("sent", HARMLESS, ids=repr)
def test_what_is_clear_is_read_and_what_is_not_used_cannot_spoil_it(sent):
    text = reply(sent)
    read = read_questions(text)
    assert (read.faults, read.fault) == ({}, "")
    (found,) = read.written.values()
    assert (found.item, found.question, found.options, found.answer) == (1, "Where is the cup?", ("Left", "Right"), "B")
    assert found.program == tuple(entry()["program"])
    assert read_reply(text, WrittenQuestions).questions == (found,)


@pytest.mark.parametrize(("sent", "rating"), [(8.5, 9), (8.4, 8), ("8", 8), ("7.5/10", 8), (10, 10), (10.5, None), (0, None)])  # fmt: skip
def test_ratings(sent, rating):
    assert read_questions(reply(entry(rating=sent))).written[1].rating == rating


def test_counts_may_be_numbers():
    assert read_questions(reply(entry(options=[1, 2], answer="B"))).written[1].options == ("1", "2")
    assert read_questions(reply(entry(options=[3, 2], answer="3"))).written[1].answer == "A"


def test_a_program_that_is_none_is_none():
    for sent in ("left(cup.1, dog.1)", {}, [1], None):
        assert read_questions(reply(entry(program=sent))).written[1].program is None
    assert read_questions(reply(without("program"))).written[1].program is None


DRAFT, FINAL = reply(entry(question="DRAFT")), reply(entry(question="FINAL"))


@pytest.mark.parametrize(
    "text",
    [
        f"<think>First: {DRAFT} No.</think>{FINAL}",
        f"First: {DRAFT} No.</think>\n{FINAL}",
        f"[THINK]{DRAFT}[/THINK]{FINAL}",
        f"<|channel|>analysis<|message|>{DRAFT}<|end|><|start|>assistant<|channel|>final<|message|>{FINAL}<|return|>",
        f"<think>{DRAFT}</think>\n```json\n{FINAL}\n```",
        f"<think>{DRAFT}</think><|begin_of_box|>{FINAL}<|end_of_box|>",
        f"\ufeff{FINAL}",
        f"First {DRAFT}. Better: {FINAL}",
        f'I give {{"questions": [...]}} as asked: {FINAL}',
        json.dumps(entry(question="FINAL")),
    ],
)
def test_drafts_are_never_the_reply_and_the_check_reads_what_the_reader_reads(text):
    assert read_questions(text).written[1].question == "FINAL"
    assert read_reply(text, WrittenQuestions).questions[0].question == "FINAL"


@pytest.mark.parametrize("text", [f"<think>{DRAFT}", f"{DRAFT}</think>", f"<|channel|>analysis<|message|>{DRAFT}"])
def test_a_draft_alone_is_no_reply(text):
    assert read_questions(text).written == {}
    with pytest.raises(ReplyUnreadable):
        read_reply(text, WrittenQuestions)


def test_a_reply_is_sent_back_only_if_nothing_in_it_can_be_used():
    usable = [reply(entry(1, answer="X"), entry(2)), reply(entry(1), entry(2))[:-120], reply()]
    assert [len(read_reply(text, WrittenQuestions).questions) for text in usable] == [1, 1, 0]
    for text, reason in (("{}", "no list"), (reply(entry(answer="X")), "answer"), ("", "no list")):
        with pytest.raises(ReplyUnreadable, match=reason):
            read_reply(text, WrittenQuestions)


def test_the_first_of_two_entries_for_one_item_stands():
    read = read_questions(reply(entry(1, why="first"), entry(1, why="second"), entry(2, answer="X"), entry(2)))
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
