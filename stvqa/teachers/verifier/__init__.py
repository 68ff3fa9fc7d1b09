"""The verifier: a model answers the questions from their images, and is measured while it does."""

from stvqa.teachers.verifier.hearing import Case, Hearing
from stvqa.teachers.verifier.judging import Judge, Ruling, draw_planted
from stvqa.teachers.verifier.policies import Policy, rotations, settle
from stvqa.teachers.verifier.presenting import PROMPTS, Presenter, Showing
from stvqa.teachers.verifier.reading import read_choice
from stvqa.teachers.verifier.reserve import BlindShare, Goal, Reserve
from stvqa.teachers.verifier.tally import tally

__all__ = [
    "PROMPTS",
    "BlindShare",
    "Case",
    "Goal",
    "Hearing",
    "Judge",
    "Policy",
    "Presenter",
    "Reserve",
    "Ruling",
    "Showing",
    "draw_planted",
    "read_choice",
    "rotations",
    "settle",
    "tally",
]
