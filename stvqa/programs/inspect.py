"""What is wrong with a question, if anything: the checks that every question passes, whoever wrote it.

    fault = inspect(Posed(text, options, answer, claims), graph, Margins())
    fault.reason if fault else "sound"       # "distractor-not-refuted"

The same function checks questions in a run and rows of a published set.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from stvqa import vocabulary
from stvqa.programs.claims import names_of, objects_of
from stvqa.programs.decide import Decider
from stvqa.programs.view import UnknownObjectError
from stvqa.records import Claim, Margins, SceneGraph
from stvqa.texts import hinted, one_line, tidied, unfit

__all__ = ["Fault", "Posed", "inspect", "inspect_wording", "plain", "says"]

_FEWEST, _MOST = 2, 4
_ID_SHOWN = 80
_WORDS = re.compile(r"[^\W_]+")


class Posed(NamedTuple):
    """A question as it is put: options in the order of the claims, `answer` an index into both."""

    text: str
    options: Sequence[str]
    answer: int
    claims: Sequence[Claim]


class Fault(NamedTuple):
    """Why a question is refused: a slug, and a sentence with the values."""

    reason: str
    detail: str


def inspect(posed: Posed, graph: SceneGraph, margins: Margins) -> Fault | None:
    """The first fault found, or None for a sound question.

    Reasons: `empty-text`, `options-count`, `options-repeat`, `answer-out-of-range`, `text-unfit`, `answer-marked`,
    `claims-do-not-fit`, `name-unfit`, `unknown-object`, `object-not-named`, `answer-leaks`, `answer-not-proved`,
    `distractor-not-refuted`.
    """
    return _form(posed) or _names(graph) or _words(posed, graph) or _truth(posed, graph, margins)


def inspect_wording(text: str, options: Sequence[str], answer: int) -> Fault | None:
    """The first fault of a question that has no program: its form, and whether it gives its answer away.

    Reasons: `empty-text`, `options-count`, `options-repeat`, `answer-out-of-range`, `text-unfit`, `answer-marked`,
    `answer-leaks`.
    """
    return _options(text, options, answer) or _leak(text, options, answer)


@lru_cache(maxsize=8192)
def plain(text: str) -> str:
    """Lower case, words only: how two options are compared."""
    return " ".join(_WORDS.findall(text.lower()))


def says(words: str, phrases: Iterable[str]) -> bool:
    """Whether plain words, with a blank at either end, hold one of the phrases as whole words."""
    return any(f" {phrase} " in words for phrase in phrases)


def _options(text: str, options: Sequence[str], answer: int) -> Fault | None:
    if not _FEWEST <= len(options) <= _MOST:
        return Fault("options-count", f"{len(options)} options")
    for said in (text, *options):
        if why := unfit(said):
            return Fault("text-unfit", f"{'the question' if said is text else 'an option'}: {why}")
    if not plain(text):
        return Fault("empty-text", "the question has no words")
    words = [plain(option) for option in options]
    if not all(words) or len(set(words)) < len(words):
        return Fault("options-repeat", f"options {list(options)}")
    if any(said != tidied(said) for said in (text, *options)):
        return Fault("text-unfit", "the question or an option holds blanks that nobody needs")
    if not 0 <= answer < len(options):
        return Fault("answer-out-of-range", f"answer {answer} of {len(options)} options")
    hint = hinted(text, options, answer)
    return Fault("answer-marked", hint) if hint else None


def _names(graph: SceneGraph) -> Fault | None:
    """All that the published scene says in words."""
    for item in graph.objects:
        for said in (item.id, item.name, *item.names, *item.attributes):
            if why := unfit(said):
                return Fault("name-unfit", f"a word for the object {one_line(item.id[:_ID_SHOWN])}: {why}")
    for triple in graph.relationships:
        if why := unfit(triple.predicate):
            return Fault("name-unfit", f"a predicate: {why}")
    return None


def _form(posed: Posed) -> Fault | None:
    fault = _options(posed.text, posed.options, posed.answer)
    if fault is not None:
        return fault
    if len(posed.claims) != len(posed.options):
        return Fault("claims-do-not-fit", f"{len(posed.claims)} claims for {len(posed.options)} options")
    return None


def _words(posed: Posed, graph: SceneGraph) -> Fault | None:
    """Every object of the claims is in the graph and is named; the text singles no option out."""
    names = {item.id: item.name for item in graph.objects}
    said = f" {plain(posed.text)} {' '.join(plain(option) for option in posed.options)} "
    for claim in posed.claims:
        for item in objects_of(claim):
            if item not in names:
                return Fault("unknown-object", f"{item} is not in the focus graph")
            if f" {plain(names[item])} " not in said:
                return Fault("object-not-named", f"neither question nor options speak of the {names[item]}")
        for name in names_of(claim):
            if f" {plain(name)} " not in said and f" {plain(vocabulary.plural(name))} " not in said:
                return Fault("object-not-named", f"neither question nor options speak of {name}")
    return _leak(posed.text, posed.options, posed.answer)


def _leak(text: str, options: Sequence[str], answer: int) -> Fault | None:
    """The answer stands in the question word for word, and another option does not besides, even in scattered words.

    "Is it to the left or to the right of the table?" names "To the left of the table" as well as the opposite. What
    tells another option from the answer has to stand outside of the answer: "the red cup" does not name "the cup" too.
    """
    said, right = f" {plain(text)} ", plain(options[answer])
    if f" {right} " not in said:
        return None
    besides = said.replace(f" {right} ", " | ")
    rest, shared = set(besides.split()), set(right.split())
    for option in (plain(option) for place, option in enumerate(options) if place != answer):
        own = set(option.split()) - shared
        if f" {option} " not in besides and not (own and own <= rest):
            return Fault("answer-leaks", f"the question holds the answer “{options[answer]}” but not every option")
    return None


def _truth(posed: Posed, graph: SceneGraph, margins: Margins) -> Fault | None:
    decider = Decider(graph, margins)
    for index, (claim, option) in enumerate(zip(posed.claims, posed.options, strict=True)):
        try:
            verdict = decider.decide(claim)
        except UnknownObjectError as error:
            return Fault("unknown-object", f"{error} is not in the focus graph")
        if index == posed.answer and verdict.value is not True:
            return Fault("answer-not-proved", f"“{option}” is {_said(verdict.value)}: {verdict.why}")
        if index != posed.answer and verdict.value is not False:
            return Fault("distractor-not-refuted", f"“{option}” is {_said(verdict.value)}: {verdict.why}")
    return None


def _said(value: bool | None) -> str:
    return "too close to call" if value is None else str(value).lower()
