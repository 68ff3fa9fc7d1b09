"""Replies that name no option are the verifier's fault, and no verdict on the questions."""

from __future__ import annotations

import pytest
from questions import question

from stvqa.errors import CallError
from stvqa.records import Vote
from stvqa.teachers.verifier import Case, Hearing, Presenter, Ruling, refuse_unreadable

PRESENTERS = (Presenter("first"), Presenter("second", max_output_tokens=99))


def ruling(*choices, verifier="first", blind=False):
    votes = tuple(
        Vote(verifier=verifier, rotation=0, mirrored=False, blind=blind, choice=choice, reply=f"said {choice}")
        for choice in choices
    )
    case = Case(question(), 0, False, None, (0, 1))
    return Ruling(case, "refused", "verifier-unclear", (Hearing("refused", "verifier-unclear", votes),))


def test_most_replies_of_one_verifier_are_enough():
    second = ruling(None, None, 1, verifier="second")
    with pytest.raises(CallError, match=r"verifier second: 2 of its 3 replies name no option, for example “said None”"):
        refuse_unreadable([ruling(0, 1, 1), second], PRESENTERS)
    with pytest.raises(CallError, match="more room than 99 tokens"):
        refuse_unreadable([second], PRESENTERS)


def test_half_of_them_blind_ones_and_none_at_all_are_not():
    refuse_unreadable([ruling(None, 0), ruling(None, None, blind=True)], PRESENTERS)
    refuse_unreadable([], PRESENTERS)
