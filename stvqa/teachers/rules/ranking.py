"""Writers for size, depth and distance: which comes first under a measure.

What the boxes prove is asked as a look ("looks taller in the image"); what space proves is asked as a fact
("is really taller"), and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, cast

from stvqa.records import Claim, Ranks
from stvqa.teachers.contract import Worded
from stvqa.teachers.rules.phrases import Phrases, either, sentence

__all__ = ["RANKING"]


class _Words(NamedTuple):
    """Comparative and superlative, for most and for least."""

    more: str
    most: str
    less: str
    least: str


_WORDS = {
    "image_height": _Words("taller", "tallest", "less tall", "least tall"),
    "image_width": _Words("wider", "widest", "narrower", "narrowest"),
    "image_area": _Words("larger", "largest", "smaller", "smallest"),
    "height": _Words("taller", "tallest", "less tall", "least tall"),
    "volume": _Words("larger", "largest", "smaller", "smallest"),
    "camera_distance": _Words("farther from", "farthest from", "closer to", "closest to"),
    "image_distance": _Words("farther from", "farthest from", "closer to", "closest to"),
    "distance": _Words("farther from", "farthest from", "closer to", "closest to"),
}


def _ranks(phrases: Phrases, claims: Sequence[Claim]) -> Worded:
    ranks = cast("Sequence[Ranks]", claims)
    first = ranks[0]
    words = _WORDS[first.measure]
    named = [phrases.the(item.subject) for item in ranks]
    two = len(ranks) == 2
    pair = (words.more, words.most) if first.extreme == "most" else (words.less, words.least)
    word = pair[0 if two else 1]
    target = "" if first.reference is None else phrases.the(first.reference)
    text = phrases.pick(*_TEXTS[first.measure](word, target, either(named), two))
    return Worded(text, tuple(sentence(name) for name in named))


def _look(word: str, _target: str, named: str, two: bool) -> tuple[str, ...]:
    article = "" if two else "the "
    return (
        f"Which looks {article}{word} in the image, {named}?",
        f"In the image, which appears {article}{word}: {named}?",
        f"As it appears in the image, which is {article}{word}: {named}?",
    )


def _fact(word: str, _target: str, named: str, two: bool) -> tuple[str, ...]:
    article = "" if two else "the "
    return (
        f"In reality, not just as it looks in the image, which is {article}{word}: {named}?",
        f"Going by real size rather than by size in the image, which is {article}{word}: {named}?",
    )


def _from_camera(word: str, _target: str, named: str, _two: bool) -> tuple[str, ...]:
    return (
        f"Which is {word} the camera, {named}?",
        f"Going by depth, which is {word} the camera: {named}?",
        f"In the scene, which is {word} the viewer: {named}?",
    )


def _in_image(word: str, target: str, named: str, _two: bool) -> tuple[str, ...]:
    return (
        f"In the image, which is {word} {target}: {named}?",
        f"Measured in the image, which is {word} {target}, {named}?",
        f"Which appears {word} {target} in the image, {named}?",
    )


def _in_space(word: str, target: str, named: str, _two: bool) -> tuple[str, ...]:
    return (
        f"In the real scene, taking depth into account, which is {word} {target}: {named}?",
        f"Which is really {word} {target} in three dimensions, {named}?",
    )


_TEXTS: dict[str, Callable[[str, str, str, bool], tuple[str, ...]]] = {
    "image_height": _look,
    "image_width": _look,
    "image_area": _look,
    "height": _fact,
    "volume": _fact,
    "camera_distance": _from_camera,
    "image_distance": _in_image,
    "distance": _in_space,
}

RANKING: dict[str, Callable[[Phrases, Sequence[Claim]], Worded]] = dict.fromkeys(_TEXTS, _ranks)
"""Writers by form, which is the measure's name."""
