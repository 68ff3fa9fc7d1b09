"""Grades answers: which one option does a text name, and is it the right one?

    letter_of("(B) To the left", ("To the right", "To the left"))     # "B"
    letter_of("A or B or C or D", options)                            # ""

Answers are read as those of verifiers are (`stvqa.completion.choices`): one answer is one option, and a text that names
several, or a letter with the text of another option, names none. Where a question has no letters, its answer is its
text alone.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from stvqa.completion import LETTERS
from stvqa.completion.choices import LONGEST_ANSWER, fold, read_choice, split_letter

__all__ = ["equal_answers", "letter_of", "names_right_option"]

_UNKNOWN = (None,) * len(LETTERS)


def letter_of(answer: str, options: Sequence[str]) -> str:
    """The letter that an answer names.

    Args:
        answer: the text of an answer block.
        options: the option texts without letters; where there are none, a text after the letter is taken as it is
            unless it names another letter.

    Returns:
        `A` to `D`, or "" where the answer names no option, or more than one.
    """
    text = answer.strip()
    return "" if not text or len(text) > LONGEST_ANSWER else _letter_of(text, tuple(options))


@lru_cache(maxsize=65536)
def _letter_of(text: str, options: tuple[str, ...]) -> str:
    place = read_choice(text, options or _UNKNOWN)
    return "" if place is None else LETTERS[place : place + 1]  # a fifth option has no letter


def names_right_option(answer: str | None, *, gold: str, options: Sequence[str]) -> bool:
    """Whether an answer names the right option and no other.

    Args:
        answer: the text of the answer block; None where it is missing.
        gold: the gold answer: a letter, `(B) text`, or the text.
        options: the option texts, where they are known. Where they are not, a gold with letter and text is met by
            the letter, by the text, and by both together; a gold letter by that letter, whatever text follows.
    """
    if answer is None:
        return False
    if options:
        right = letter_of(gold, options)
        return bool(right) and letter_of(answer, options) == right
    return _meets(answer, gold)


def _meets(answer: str, gold: str) -> bool:
    """Whether an answer is that of the gold where no options are known."""
    lettered = split_letter(unicodedata.normalize("NFKC", gold.strip()))
    rest = "" if lettered is None else lettered.rest.strip().strip("*").strip()
    if lettered is None or lettered.place < 0 or (rest.strip(".") and not lettered.is_parted):
        return len(answer.strip()) <= LONGEST_ANSWER and fold(answer) == fold(gold)
    text = answer.strip()
    return len(text) <= LONGEST_ANSWER and _place_of(text, lettered.place, rest) == lettered.place


@lru_cache(maxsize=65536)
def _place_of(text: str, place: int, option: str) -> int | None:
    """The option that an answer names where the text of one is known, and perhaps not even that."""
    options: list[str | None] = list(_UNKNOWN)
    options[place] = option if fold(option) else None
    return read_choice(text, options)


def equal_answers(answer: str | None, *, gold: str, fold_case: bool) -> bool:
    """Whether an answer is, letter by letter, the gold answer; spaces at the ends do not matter."""
    if answer is None:
        return False
    first, second = answer.strip(), gold.strip()
    return first.lower() == second.lower() if fold_case else first == second
