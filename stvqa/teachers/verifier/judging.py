"""Judges questions: cases with their mirrors and rotations, one or two verifiers, planted wrong answers, a blind run.

    judge = Judge((Presenter("gpt-4o"),), "two_of", chance)
    rulings = judge.rule(questions, planted={"demo:7/relation/1b..."}, calls=calls)
    rulings[0].verdict, rulings[0].blind_correct     # "accepted", False

All that is drawn is drawn by the question's id, so a question is judged alike in whatever wave it comes.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from stvqa.programs.mirror import mirrored_answer
from stvqa.records import Question, Vote
from stvqa.teachers.calls import Calls
from stvqa.teachers.verifier.hearing import (
    Asking,
    BlindRun,
    Case,
    Hearing,
    Verdict,
    hear,
    hear_blind,
    hear_in_mirror,
    in_waves,
)
from stvqa.teachers.verifier.policies import Policy, rotations
from stvqa.teachers.verifier.presenting import Presenter

__all__ = ["Chance", "Judge", "Ruling"]

Chance = Callable[[str], random.Random]
"""Randomness for what is named; same name, same numbers."""


class Ruling(NamedTuple):
    """What came of one case.

    Attributes:
        verdict: `accepted` where every verifier accepted; `refused` where one refused; else what failed.
        reason: slug of why it was not accepted.
        hearings: of each verifier, in order.
        blind: None where no blind run was made.
    """

    case: Case
    verdict: Verdict
    reason: str
    hearings: tuple[Hearing, ...]
    blind: BlindRun | None = None

    @property
    def votes(self) -> tuple[Vote, ...]:
        """All answers, those of the blind run last."""
        heard = tuple(vote for hearing in self.hearings for vote in hearing.votes)
        return heard + (self.blind.votes if self.blind else ())

    @property
    def detail(self) -> str:
        """One sentence about a case that was not accepted."""
        failure = next((item.failure for item in (*self.hearings, self.blind) if item and item.failure), None)
        if failure is not None and self.verdict != "refused":
            return failure.detail
        options, answer = self.case.question.options, self.case.answer
        said = ["unparsed" if vote.choice is None else f"“{options[vote.choice]}”" for vote in self.votes]
        mirrored = [" (mirrored)" if vote.mirrored else "" for vote in self.votes]
        heard = ", ".join(word + note for word, note in zip(said, mirrored, strict=True))
        return f"the answer is “{options[answer]}”, answers given: {heard}"

    @property
    def blind_correct(self) -> bool | None:
        """For the column of that name."""
        return None if self.blind is None else self.blind.correct


class Judge(NamedTuple):
    """One or two verifiers under one policy.

    Attributes:
        mirror: ask left/right questions of the mirrored image too.
        blind: mark what the first verifier answers without the image.
        chance: where rotations and planted answers are drawn from, by name.
    """

    presenters: tuple[Presenter, ...]
    policy: Policy
    chance: Chance
    mirror: bool = True
    blind: bool = True

    def rule(self, questions: Sequence[Question], *, planted: Collection[str], calls: Calls) -> list[Ruling]:
        """Rulings on all questions, in their order, then those on the planted wrong answers.

        Args:
            questions: to be judged.
            planted: ids of the questions of which a wrong answer is judged too.
            calls: makes the calls, wave by wave.
        """
        cases = [self.case(item) for item in questions]
        cases += [self.planted(item) for item in questions if item.question_id in planted]
        heard = in_waves([hear(case, who, policy=self.policy) for case in cases for who in self.presenters], calls)
        count = len(self.presenters)
        rulings = [_ruling(case, tuple(heard[place * count : (place + 1) * count])) for place, case in enumerate(cases)]
        return self._tested(rulings, calls)

    def _tested(self, rulings: Sequence[Ruling], calls: Calls) -> list[Ruling]:
        """Accepted cases in the mirror and, but for planted ones, which are never published, without the image."""
        asked: list[_Test] = []
        for place, ruling in enumerate(rulings):
            if ruling.verdict != "accepted":
                continue
            case = ruling.case
            if case.in_mirror is not None:
                for who, (presenter, heard) in enumerate(zip(self.presenters, ruling.hearings, strict=True)):
                    asked.append(_Test(place, who, hear_in_mirror(case, presenter, heard=heard)))
            if self.blind and not case.planted:
                asked.append(_Test(place, 0, hear_blind(case, self.presenters[0])))
        result = list(rulings)
        for test, outcome in zip(asked, in_waves([test.asking for test in asked], calls), strict=True):
            result[test.place] = _with_test(result[test.place], test.verifier, outcome)
        return result

    def draw_planted(self, questions: Sequence[Question], count: int) -> set[str]:
        """Ids of the questions to plant wrong answers of: proved ones, whose other options are known to be wrong."""
        proved = [item.question_id for item in questions if item.program is not None]
        return set(sorted(proved, key=lambda name: self.chance(f"{name}/canary").random())[: max(0, count)])

    def case(self, question: Question) -> Case:
        """The question with the answer that it came with."""
        return self._case(question, answer=question.answer, planted=False)

    def planted(self, question: Question) -> Case:
        """The same question with one of its wrong options claimed."""
        wrong = [index for index in range(len(question.options)) if index != question.answer]
        chosen = self.chance(f"{question.question_id}/planted").choice(wrong)
        return self._case(question, answer=chosen, planted=True)

    def _case(self, question: Question, *, answer: int, planted: bool) -> Case:
        chance = self.chance(f"{question.question_id}/{'planted-' * planted}rotations")
        turns = rotations(self.policy, len(question.options), chance)
        in_mirror = None
        if self.mirror and question.program is not None:
            in_mirror = mirrored_answer(question.program.claims, question.focus, question.margins, answer=answer)
        return Case(question, answer, planted, in_mirror, turns, chance.randrange(len(question.options)))


class _Test(NamedTuple):
    """One more thing to ask about an accepted case.

    Attributes:
        place: of its ruling.
        verifier: who is asked, by number.
    """

    place: int
    verifier: int
    asking: Asking[Hearing | BlindRun]


def _with_test(ruling: Ruling, verifier: int, outcome: Hearing | BlindRun) -> Ruling:
    """The ruling with what came of a test; what was refused stays so."""
    if isinstance(outcome, Hearing):
        hearings = (*ruling.hearings[:verifier], outcome, *ruling.hearings[verifier + 1 :])
        return _ruling(ruling.case, hearings)._replace(blind=ruling.blind)
    ruling = ruling._replace(blind=outcome)
    if outcome.failure is None or ruling.verdict == "refused":
        return ruling
    verdict: Verdict = "undecided" if outcome.is_open else "unaskable"
    return ruling._replace(verdict=verdict, reason=f"call-{outcome.failure.reason}")


def _ruling(case: Case, hearings: tuple[Hearing, ...]) -> Ruling:
    for verdict in ("refused", "unaskable", "undecided"):
        for hearing in hearings:
            if hearing.verdict == verdict:
                return Ruling(case, hearing.verdict, hearing.reason, hearings)
    return Ruling(case, "accepted", "", hearings)
