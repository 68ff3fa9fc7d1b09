"""The claims of the paper and our own, each as a difference of two arms in accuracy on unseen scenes.

    for claim in CLAIMS:
        verdict(difference(values[claim.first], values[claim.second]))     # "holds here"

An interval that includes 0 decides nothing, and the page says so.
"""

from __future__ import annotations

from typing import NamedTuple

from miniature.intervals import Interval

__all__ = ["CLAIMS", "Claim", "answer", "beside", "verdict"]


class Claim(NamedTuple):
    """Said of `first` over `second`.

    Attributes:
        source: the paper's figures (7B model, accuracy in %), or what else says so.
    """

    text: str
    first: str
    second: str
    source: str


CLAIMS = (
    Claim("Our default beats the sparse reward", "dense", "sparse", "this project"),
    Claim("The paper's dense reward beats it", "paper", "sparse", "70.5 against 67.2, 14 benchmarks"),
    Claim("The paper's beats supervision by answers", "paper", "sft-answers", "70.5 against 64.9, 14 benchmarks"),
    Claim("... and so does our default", "dense", "sft-answers", "this project"),
    Claim("... also supervision by whole completions", "dense", "sft", "not tried in the paper"),
    Claim("Our default beats the warm start", "dense", "base", "this project"),
    Claim("... also where that is made to think", "dense", "base-thinking", "this project"),
    Claim("Ungated and without the count, it falls below its start", "base", "paper-ungated", "74.9 to 23.7, its val"),
    Claim("Gate and count are better than neither", "paper", "paper-ungated", "76.3 against 23.7, its val"),
    Claim("Question-relevant graphs beat whole ones", "paper", "paper-whole", "part of 61.7 to 76.3, its val"),
    Claim("Wrong answers in the data cost", "dense", "dense-wrong", "this project"),
    Claim("Verified data beats unverified", "dense-verified", "dense-wrong", "87.9 against 76.3, its val"),
    Claim("Our default beats the reward of the text", "dense", "paper", "this project"),
    Claim("Our default beats the reward of the code", "dense", "paper-release", "this project"),
)
"""The first is the question of the page; the others stand beside it."""


def answer(found: Interval | None) -> str:
    """The page's title answered, by the interval of the first claim alone; "" before there is one."""
    if found is None or found.low is None or found.high is None:
        return ""
    if found.low > 0:
        return "Yes, here"
    return "No, here the sparse one beats it" if found.high < 0 else "No: no difference can be told here"


def beside(found: Interval, published: float) -> str:
    """What an interval says of a published gain."""
    assert found.low is not None
    assert found.high is not None
    if found.high < published:
        return "the interval lies below that: there is no gain of that size here"
    if found.low > published:
        return "the interval lies above that"
    return "the interval holds both that and 0: neither is excluded" if found.low <= 0 else "the interval holds that"


def verdict(found: Interval | None) -> str:
    """What an interval says of a claim."""
    if found is None:
        return "not run"
    if found.low is None or found.high is None:
        return "one seed: nothing can be said"
    if found.low > 0:
        return "holds here"
    if found.high < 0:
        return "the opposite holds here"
    return "cannot be told: the interval includes 0"
