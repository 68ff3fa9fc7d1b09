"""Asks a verifier about a question until its policy settles it, then in the mirror and without the image.

    results = in_waves([hear(case, presenter, policy="two_of") for case in cases], calls)
    results[0].verdict, results[0].votes     # "accepted", (Vote(...), Vote(...))

Each hearing is a generator: it yields the calls that it needs next and is sent their outcomes. `in_waves` hands
the next calls of all hearings over together, so nothing depends on the order in which answers arrive.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Literal, NamedTuple, TypeVar

from stvqa.records import Question, Vote
from stvqa.teachers.calls import CallFailure, CallRequest, Calls, Reply
from stvqa.teachers.verifier.policies import MOST_VOTES, Policy, settle
from stvqa.teachers.verifier.presenting import Presenter, Showing, read_vote

__all__ = [
    "Asking",
    "BlindRun",
    "Case",
    "Hearing",
    "Outcome",
    "Verdict",
    "hear",
    "hear_blind",
    "hear_in_mirror",
    "in_waves",
]

Outcome = Reply | CallFailure
Verdict = Literal["accepted", "refused", "undecided", "unaskable"]
T = TypeVar("T")
Asking = Generator[list[CallRequest], list[Outcome], T]

_PLANTED_SAMPLES = 100
"""Samples of planted wrong answers begin here: they are heard on answers of their own. On the answers that
accepted the question itself every planted one would be refused, which measures nothing."""
_TRIES = 2
"""A call that failed goes out once more with the wave after; the client has done its own retries before."""
_OPEN_CALL = "gave-up"
_FIRST_VOTES = 2


class Case(NamedTuple):
    """A question and what is claimed to be its answer.

    Attributes:
        answer: index of the claimed option; a wrong one where `planted`.
        in_mirror: index of the option that the claim makes right of the mirrored image; None: not asked there.
        rotations: of the four answers that a policy may ask for.
        mirror_rotation: of the answer in the mirror.
    """

    question: Question
    answer: int
    planted: bool
    in_mirror: int | None
    rotations: tuple[int, ...]
    mirror_rotation: int = 0


class Hearing(NamedTuple):
    """What one verifier makes of one case.

    Attributes:
        verdict: `undecided`: a call failed and may yet be answered; `unaskable`: one failed for good.
        reason: slug, empty for an accepted case.
        votes: all answers that came, in the order asked.
    """

    verdict: Verdict
    reason: str
    votes: tuple[Vote, ...]
    failure: CallFailure | None = None


class BlindRun(NamedTuple):
    """Whether a model that sees no image is right under every rotation.

    Attributes:
        correct: None where a call failed.
    """

    correct: bool | None
    votes: tuple[Vote, ...]
    failure: CallFailure | None = None

    @property
    def is_open(self) -> bool:
        """Whether the call that failed may yet be answered."""
        return self.failure is not None and _is_open(self.failure)


def hear(case: Case, presenter: Presenter, *, policy: Policy) -> Asking[Hearing]:
    """Votes until the policy settles the case."""
    votes: list[Vote] = []
    while isinstance(step := settle(policy, [vote.choice == case.answer for vote in votes]), int):
        asked = range(len(votes), len(votes) + step)
        outcomes = yield from _ask(case, presenter, [_showing(case, number) for number in asked])
        votes += outcomes.votes
        if outcomes.failure is not None:
            return _failed(votes, outcomes.failure)
    if step == "accepted":
        return Hearing("accepted", "", tuple(votes))
    clear = any(vote.choice not in (None, case.answer) for vote in votes)
    return Hearing("refused", "verifier-disagrees" if clear else "verifier-unclear", tuple(votes))


def hear_in_mirror(case: Case, presenter: Presenter, *, heard: Hearing) -> Asking[Hearing]:
    """The hearing of a case that the policy accepted, with one answer about the mirrored image, which must be right."""
    showing = _showing(case, MOST_VOTES)._replace(rotation=case.mirror_rotation, mirrored=True, later=False)
    outcomes = yield from _ask(case, presenter, [showing])
    votes = (*heard.votes, *outcomes.votes)
    if outcomes.failure is not None:
        return _failed(votes, outcomes.failure)
    choice = votes[-1].choice
    if choice == case.in_mirror:
        return heard._replace(votes=votes)
    return Hearing("refused", "verifier-unclear" if choice is None else "mirror-disagrees", votes)


def hear_blind(case: Case, presenter: Presenter) -> Asking[BlindRun]:
    """The question without its image under one rotation and, where that is answered rightly, under all others."""
    votes: list[Vote] = []
    options = len(case.question.options)
    turns = [(case.rotations[0] + turn) % options for turn in range(options)]
    for some in (turns[:1], turns[1:]):
        showings = [Showing(rotation=turn, blind=True, purpose="blind") for turn in some]
        outcomes = yield from _ask(case, presenter, showings)
        votes += outcomes.votes
        if outcomes.failure is not None:
            return BlindRun(None, tuple(votes), outcomes.failure)
        if any(vote.choice != case.answer for vote in votes):
            return BlindRun(False, tuple(votes))
    return BlindRun(True, tuple(votes))


def in_waves(hearings: Sequence[Asking[T]], calls: Calls) -> list[T]:
    """Runs hearings side by side.

    Args:
        hearings: not yet begun.
        calls: makes the calls.

    Returns:
        What each came to, in their order.
    """
    results: dict[int, T] = {}
    waiting: dict[int, _Waiting] = {}

    def proceed(number: int, outcomes: list[Outcome] | None) -> None:
        try:
            asked = next(hearings[number]) if outcomes is None else hearings[number].send(outcomes)
        except StopIteration as end:
            waiting.pop(number, None)
            results[number] = end.value
        else:
            waiting[number] = _Waiting(asked)

    for number in range(len(hearings)):
        proceed(number, None)
    while waiting:
        wave = [(number, place) for number, item in waiting.items() for place in item.to_ask]
        outcomes = calls.answer([waiting[number].requests[place] for number, place in wave])
        for (number, place), outcome in zip(wave, outcomes, strict=True):
            waiting[number].outcomes[place] = outcome
        for number, item in list(waiting.items()):
            item.tries += 1
            if item.tries == _TRIES or not item.to_ask:
                proceed(number, [item.outcomes[place] for place in range(len(item.requests))])
    return [results[number] for number in range(len(hearings))]


class _Waiting:
    """A hearing that has asked and waits.

    Attributes:
        outcomes: by place of the request, as far as there are any.
        tries: how often its open calls went out.
    """

    def __init__(self, requests: list[CallRequest]) -> None:
        self.requests = requests
        self.outcomes: dict[int, Outcome] = {}
        self.tries = 0

    @property
    def to_ask(self) -> list[int]:
        """Places of the requests that have no answer, and may get one."""
        places = range(len(self.requests))
        return [place for place in places if place not in self.outcomes or _is_open(self.outcomes[place])]


class _Asked(NamedTuple):
    """Votes that came, and the first failure."""

    votes: list[Vote]
    failure: CallFailure | None


def _ask(case: Case, presenter: Presenter, showings: Sequence[Showing]) -> Asking[_Asked]:
    outcomes = yield [presenter.vote(case.question, showing) for showing in showings]
    votes, failure = [], None
    for showing, outcome in zip(showings, outcomes, strict=True):
        if isinstance(outcome, Reply):
            votes.append(read_vote(outcome, case.question, showing, verifier=presenter.model))
        elif failure is None or _is_open(failure):
            failure = outcome
    return _Asked(votes, failure)


def _showing(case: Case, number: int) -> Showing:
    rotation = case.rotations[number] if number < len(case.rotations) else 0
    showing = Showing(rotation=rotation, sample=number, later=number >= _FIRST_VOTES)
    return showing._replace(sample=_PLANTED_SAMPLES + number, purpose="canary") if case.planted else showing


def _failed(votes: Sequence[Vote], failure: CallFailure) -> Hearing:
    verdict: Verdict = "undecided" if _is_open(failure) else "unaskable"
    return Hearing(verdict, f"call-{failure.reason}", tuple(votes), failure)


def _is_open(outcome: Outcome) -> bool:
    return isinstance(outcome, CallFailure) and outcome.reason == _OPEN_CALL
