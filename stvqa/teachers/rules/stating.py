"""Writers for facts: who holds what, where a thing is, what there is and how many.

Yes-or-no questions are worded alike whatever the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from stvqa import vocabulary
from stvqa.programs.claims import DIRECTION_PHRASES
from stvqa.records import Claim, Count, Direction, Exists, Not, Relates
from stvqa.teachers.contract import Worded
from stvqa.teachers.rules.phrases import Phrases, either, sentence

__all__ = ["STATING"]


def _whereabouts(phrases: Phrases, claims: Sequence[Claim]) -> Worded:
    places = cast("Sequence[Relates]", claims)
    subject = phrases.the(places[0].subject)
    text = phrases.pick(f"Where is {subject}?", f"Where can {subject} be found?", f"Where in the scene is {subject}?")
    return Worded(text, _phrased(phrases, places))


def _predicate(phrases: Phrases, claims: Sequence[Claim]) -> Worded:
    places = cast("Sequence[Relates]", claims)
    subject, target = phrases.the(places[0].subject), phrases.the(places[0].object)
    if vocabulary.predicate_kind(places[0].predicate) == "depth":
        text = phrases.pick(
            f"As seen from the camera, where is {subject} in relation to {target}?",
            f"From the camera's point of view, how is {subject} placed with respect to {target}?",
        )
        return Worded(text, _phrased(phrases, places))
    text = phrases.pick(
        f"Where is {subject} in relation to {target}?",
        f"Which describes how {subject} and {target} are placed?",
        f"How is {subject} placed with respect to {target}?",
    )
    if text.startswith("Which"):
        return Worded(
            text,
            tuple(f"{sentence(subject)} is {option[0].lower()}{option[1:]}" for option in _phrased(phrases, places)),
        )
    return Worded(text, _phrased(phrases, places))


def _behind(phrases: Phrases, claims: Sequence[Claim]) -> Worded:
    pair = cast("Sequence[Relates]", claims)
    named = [phrases.the(item.subject) for item in pair]
    word = pair[0].predicate
    text = phrases.pick(
        f"As seen from the camera, which is {word} the other: {either(named)}?",
        f"From where the camera stands, which of the two is {word} the other, {either(named)}?",
    )
    return Worded(text, tuple(sentence(name) for name in named))


def _object_asked(phrases: Phrases, claims: Sequence[Claim]) -> Worded:
    """What A holds, touches, rides, looks at."""
    triples = cast("Sequence[Relates]", claims)
    subject = phrases.the(triples[0].subject)
    phrase = vocabulary.predicate_phrase(triples[0].predicate)
    text = phrases.pick(
        f"What is {subject} {phrase}?",
        f"Which of these is {subject} {phrase}?",
        f"{sentence(subject)} is {phrase} which of these?",
    )
    return Worded(text, tuple(sentence(phrases.the(item.object)) for item in triples))


def _subject_asked(phrases: Phrases, claims: Sequence[Claim]) -> Worded:
    """Who holds, touches, rides B."""
    triples = cast("Sequence[Relates]", claims)
    target = phrases.the(triples[0].object)
    phrase = vocabulary.predicate_phrase(triples[0].predicate)
    people = all(phrases.traits(item.subject).person for item in triples)
    text = f"{'Who' if people else 'Which of these'} is {phrase} {target}?"
    return Worded(text, tuple(sentence(phrases.the(item.subject)) for item in triples))


def _yes_or_no(phrases: Phrases, claims: Sequence[Claim]) -> Worded:
    asked = next(claim for claim in claims if not isinstance(claim, Not))
    options = tuple("No" if isinstance(claim, Not) else "Yes" for claim in claims)
    if isinstance(asked, Exists):
        return Worded(_is_there(phrases, asked), options)
    if isinstance(asked, Direction):
        subject, target = phrases.the(asked.subject), phrases.the(asked.object)
        where = DIRECTION_PHRASES[asked.direction]
        text = phrases.pick(
            f"Is {subject} {where} {target} in the image?",
            f"In the image, is {subject} {where} {target}?",
            f"Does {subject} appear {where} {target} in the image?",
        )
        return Worded(text, options)
    triple = cast("Relates", asked)
    subject, target = phrases.the(triple.subject), phrases.the(triple.object)
    return Worded(f"Is {subject} {vocabulary.predicate_phrase(triple.predicate)} {target}?", options)


def _is_there(phrases: Phrases, asked: Exists) -> str:
    thing, target = vocabulary.indefinite(asked.name), phrases.the(asked.object)
    if asked.relation in DIRECTION_PHRASES:
        where = f"{DIRECTION_PHRASES[asked.relation]} {target}"
        return phrases.pick(f"Is there {thing} {where} in the image?", f"In the image, can {thing} be seen {where}?")
    where = f"{vocabulary.predicate_phrase(asked.relation)} {target}"
    return phrases.pick(f"Is there {thing} {where}?", f"Can {thing} be seen {where}?")


def _count(phrases: Phrases, claims: Sequence[Claim]) -> Worded:
    numbers = cast("Sequence[Count]", claims)
    many = vocabulary.plural(numbers[0].name)
    text = phrases.pick(
        f"How many {many} are visible in the image?",
        f"How many {many} can be seen in the image?",
        f"What is the number of {many} in the image?",
    )
    return Worded(text, tuple(str(item.equals) for item in numbers))


def _phrased(phrases: Phrases, places: Sequence[Relates]) -> tuple[str, ...]:
    return tuple(
        sentence(f"{vocabulary.predicate_phrase(item.predicate)} {phrases.the(item.object)}") for item in places
    )


STATING: dict[str, Callable[[Phrases, Sequence[Claim]], Worded]] = {
    "whereabouts": _whereabouts,
    "predicate": _predicate,
    "behind": _behind,
    "held": _object_asked,
    "holder": _subject_asked,
    "gaze": _object_asked,
    "definite": _yes_or_no,
    "triple": _yes_or_no,
    "exists": _yes_or_no,
    "count": _count,
}
"""Writers by form."""
