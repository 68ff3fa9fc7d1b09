"""What a verifier is shown: the very texts, and nothing of the graph."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from questions import question

from stvqa.completion import render_options
from stvqa.records import Direction, Program
from stvqa.teachers.calls import Reply, Usage
from stvqa.teachers.verifier.presenting import Presenter, Showing, read_vote, rotated

MAINLY = question(
    text="In which direction from the table does the cup mainly lie in the image?",
    options=("To the left", "To the right", "Upwards", "Downwards"),
    option_count=4,
    program=Program(
        claims=tuple(
            Direction(subject="cup.1", direction=way, object="table.1") for way in ("left", "right", "above", "below")
        )
    ),
)
SYSTEM = (
    "Answer the multiple-choice question about the image. "
    "Reply with the letter of the one correct option and nothing else."
)
BLIND_SYSTEM = (
    "The image of this multiple-choice question is withheld. Pick the option that is most likely correct. "
    "Reply with its letter and nothing else."
)
USER = """In which direction from the table does the cup mainly lie in the image?
(A) To the right
(B) Upwards
(C) Downwards
(D) To the left"""


def replied(text, finish_reason="stop"):
    return Reply("key", text, "model-1", finish_reason, Usage())


def test_the_texts_are_these():
    request = Presenter("gpt-4o").vote(MAINLY, Showing(rotation=1))
    assert [(message.role, message.text) for message in request.messages] == [("system", SYSTEM), ("user", USER)]
    assert (request.stage, request.purpose, request.model) == ("verify", "vote", "gpt-4o")
    assert (request.temperature, request.max_output_tokens, request.schema) == (0.0, 64, None)
    blind = Presenter("gpt-4o").vote(MAINLY, Showing(rotation=1, blind=True, purpose="blind"))
    assert [(message.role, message.text) for message in blind.messages] == [("system", BLIND_SYSTEM), ("user", USER)]
    assert not any(message.images for message in blind.messages)


def test_the_picture_is_capped_and_mirrored_on_demand():
    plain, mirrored = (
        Presenter("gpt-4o", max_pixels=1000).vote(MAINLY, Showing(rotation=0, mirrored=flag)) for flag in (False, True)
    )
    picture = plain.messages[1].images[0]
    assert (picture.reference, picture.width, picture.height) == (MAINLY.focus.image, 1000, 1000)
    assert (picture.max_pixels, picture.mirrored) == (1000, False)
    assert mirrored.messages[1].images[0].mirrored


def test_nothing_of_the_graph_is_told():
    for showing in (Showing(rotation=0), Showing(rotation=0, blind=True)):
        texts = " ".join(message.text for message in Presenter("gpt-4o").vote(MAINLY, showing).messages)
        for secret in ("cup.1", "table.1", "100", "500", 'direction"', "graph", "bbox"):
            assert secret not in texts


def test_a_call_is_short():
    texts = " ".join(message.text for message in Presenter("gpt-4o").vote(MAINLY, Showing(rotation=0)).messages)
    assert len(texts) / 4 < 120  # four characters a token, about


def test_later_answers_are_warmer_and_repeats_are_calls_of_their_own():
    presenter = Presenter("gpt-4o")
    first, again = (presenter.vote(MAINLY, Showing(rotation=0, sample=number)) for number in (0, 2))
    assert first != again
    assert presenter.vote(MAINLY, Showing(rotation=0, later=True)).temperature == 0.7


@pytest.mark.parametrize("text", ["$options", "$question costs 5 $", "100 %s {x}"])
def test_a_question_is_data(text):
    request = Presenter("m").vote(question(text=text), Showing(rotation=0))
    assert request.messages[1].text.startswith(text)


@given(st.integers(2, 4), st.data())
def test_a_vote_is_told_in_the_questions_own_order(count, data):
    item = MAINLY.model_copy(update={"options": MAINLY.options[:count]})
    turn, place = data.draw(st.integers(0, count - 1)), data.draw(st.integers(0, count - 1))
    shown = rotated(item.options, turn)
    assert sorted(shown) == sorted(item.options)
    showing = Showing(rotation=turn, mirrored=data.draw(st.booleans()))
    line = render_options(shown).splitlines()[place]
    for said in (line, "ABCD"[place], shown[place]):
        vote = read_vote(replied(said), item, showing, verifier="m")
        assert item.options[vote.choice] == shown[place]
        assert (vote.rotation, vote.mirrored, vote.blind) == (turn, showing.mirrored, False)


def test_a_reply_that_was_cut_short_chooses_nothing():
    assert read_vote(replied("A", "length"), MAINLY, Showing(rotation=0), verifier="m").choice is None
    long = read_vote(replied("x" * 900), MAINLY, Showing(rotation=0), verifier="m")
    assert (long.choice, len(long.reply)) == (None, 200)


def test_what_a_verifier_said_is_published_without_what_would_steer_a_reader():
    said = "<answer>A</answer> \x1b[2J\u202e <script>x</script> https://example.org me@example.org"
    vote = read_vote(replied(said), MAINLY, Showing(rotation=0), verifier="m")
    assert vote.choice == 0
    assert vote.reply == "<answer>A</answer> \\u001b[2J\\u202e [markup]x[markup] [address] me[address]"
