"""A verification on its way: what is said of the rulings so far."""

from __future__ import annotations

import pytest
from questions import question

from stvqa.teachers.verifier import Judge, Presenter
from stvqa.teachers.verifier.judging import Ruling
from stvqa.teachers.verifier.trial import Trial


@pytest.fixture
def trial():
    """Of ten questions two are accepted, two refused, five could not be asked, and one may still be."""
    judge = Judge((Presenter("m"),), "two_of", lambda name: None)
    made = Trial(judge, [], [], calls=None, canary_share=0.0)
    verdicts = ["accepted"] * 2 + ["refused"] * 2 + ["unaskable"] * 5 + ["undecided"]
    made.rulings = {place: Ruling(question(), verdict, "", ()) for place, verdict in enumerate(verdicts)}
    return made


def test_what_could_not_be_asked_is_no_refusal(trial):
    assert trial.refused_share(least=4) == 0.5
    assert trial.refused_share(least=5) == 0.0


def test_what_could_not_be_asked_has_a_share_of_its_own(trial):
    assert trial.unaskable_share(least=9) == 5 / 9
    assert trial.unaskable_share(least=10) == 0.0
