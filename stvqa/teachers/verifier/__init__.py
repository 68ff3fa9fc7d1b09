"""The verifier: a model answers the questions from their images, and is measured while it does."""

from stvqa.completion.choices import read_choice
from stvqa.teachers.verifier.forecasting import Expected, expect_calls
from stvqa.teachers.verifier.hearing import Case, Hearing
from stvqa.teachers.verifier.judging import Judge, Ruling
from stvqa.teachers.verifier.policies import Policy, rotations, settle
from stvqa.teachers.verifier.presenting import PROMPTS, Presenter, Showing
from stvqa.teachers.verifier.reserve import BlindShare, Goal, Reserve
from stvqa.teachers.verifier.tally import tally
from stvqa.teachers.verifier.trial import Pool, Trial, read_pool, read_questions
from stvqa.teachers.verifier.unreadable import refuse_unreadable

__all__ = [
    "PROMPTS",
    "BlindShare",
    "Case",
    "Expected",
    "Goal",
    "Hearing",
    "Judge",
    "Policy",
    "Pool",
    "Presenter",
    "Reserve",
    "Ruling",
    "Showing",
    "Trial",
    "expect_calls",
    "read_choice",
    "read_pool",
    "read_questions",
    "refuse_unreadable",
    "rotations",
    "settle",
    "tally",
]
