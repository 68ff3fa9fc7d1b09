"""Forms of the verbs that occur in predicates, from `verbs.txt`.

    verbs()["sat"]     # Verb(kind="posture", present="sitting", is_past=True)

Regular forms are made by rule, irregular ones stand in the file.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from stvqa.vocabulary.lexicon import packaged_lines
from stvqa.vocabulary.word_forms import word_set

__all__ = ["Verb", "present_participle", "verbs"]

_DOUBLED = word_set(
    """sit set run swim put cut hit pet hug grip grab pat rub stop step drag clip pin nap bat tip plan trot drip prop
    ship skip skim chat spin win begin dig bet let get shop hop mop wrap strap unwrap slip snap tap trim scrub plug fit
    jog jut clap drop pot rip slap stir knit skid shut split spot spit swat tug tag knot dip zip top cup"""
)
"""Verbs whose last consonant doubles before -ing and -ed."""


class Verb(NamedTuple):
    """One verb of predicates.

    Attributes:
        kind: `posture` where the preposition after it says where, or else the predicate's own kind.
        present: the -ing form.
        is_past: whether the looked-up form is a past tense or participle.
    """

    kind: str
    present: str
    is_past: bool


def present_participle(base: str) -> str:
    """Returns the -ing form: "ride" -> "riding", "sit" -> "sitting", "lie" -> "lying"."""
    if base in _DOUBLED:
        return base + base[-1] + "ing"
    if base.endswith("ie"):
        return base[:-2] + "ying"
    if base.endswith("e") and not base.endswith(("ee", "ye")):
        return base[:-1] + "ing"
    return base + "ing"


@lru_cache(maxsize=1)
def verbs() -> dict[str, Verb]:
    """Returns every form of every listed verb to the verb; the first line that lists a form wins."""
    forms: dict[str, Verb] = {}
    for line in packaged_lines("verbs.txt"):
        kind, _, rest = line.partition(":")
        for entry in rest.split(","):
            base, *irregular = entry.split()
            present = present_participle(base)
            for form in (base, _third_person(base), present):
                forms.setdefault(form, Verb(kind.strip(), present, is_past=form in irregular))
            for form in (*irregular, _past(base)):
                forms.setdefault(form, Verb(kind.strip(), present, is_past=True))
    return forms


def _third_person(base: str) -> str:
    if base.endswith(("s", "x", "z", "ch", "sh", "o")):
        return base + "es"
    if base.endswith("y") and base[-2] not in "aeiou":
        return base[:-1] + "ies"
    return base + "s"


def _past(base: str) -> str:
    if base in _DOUBLED:
        return base + base[-1] + "ed"
    if base.endswith("e"):
        return base + "d"
    if base.endswith("y") and base[-2] not in "aeiou":
        return base[:-1] + "ied"
    return base + "ed"
