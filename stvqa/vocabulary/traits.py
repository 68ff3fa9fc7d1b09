"""What things are like as far as questions need it: salience, traits, and the article in front.

    salience("windows")    # "part"
    traits("taxi")         # Traits(agent=False, ..., has_front=True, vehicle=True, ...)
    indefinite("jeans")    # "some jeans"

All of it is written in `nouns.txt` and comes down the tree.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, NamedTuple, cast

from stvqa.vocabulary.inflection import article, head_span, is_plural
from stvqa.vocabulary.names import clean_name
from stvqa.vocabulary.taxonomy import meaning
from stvqa.vocabulary.word_forms import ALWAYS_PLURAL, MASS

__all__ = ["Salience", "Traits", "indefinite", "salience", "traits"]

_CACHE = 65536

Salience = Literal["thing", "part", "clothing", "stuff", "group", "abstract"]
"""thing: a whole object; part: of a thing; clothing: worn; stuff: ground, sky and other backgrounds;
group: several things under one name; abstract: marks, images, events and names that say nothing."""


class Traits(NamedTuple):
    """What a thing can do and how it stands.

    Attributes:
        agent: a person or an animal: it can look, hold and act.
        person: a human being.
        portable: a person can hold it in the hands.
        has_front: it has a front of its own, so that "in front of" it can mean two things.
        vehicle: it is driven, ridden or pulled.
        furniture: it furnishes a room or a garden.
        container: other things are kept in it.
    """

    agent: bool = False
    person: bool = False
    portable: bool = False
    has_front: bool = False
    vehicle: bool = False
    furniture: bool = False
    container: bool = False


@lru_cache(maxsize=_CACHE)
def salience(name: str) -> Salience:
    """Returns the class of a name; several things under one name are a group.

    Unknown names are things, but where they look like a form of a verb they name nothing that a reader
    would find ("plugged"): abstract, as "" is.
    """
    sense = meaning(name)
    if not sense.concept or (sense.entry is None and sense.concept.endswith(("ed", "ing"))):
        return "abstract"
    kind = sense.entry.salience if sense.entry is not None else "thing"
    if kind == "thing" and (sense.collective or _several(clean_name(name))):
        return "group"
    return cast("Salience", kind)


def _several(name: str) -> bool:
    return is_plural(name) and name.rsplit(" ", 1)[-1] not in ALWAYS_PLURAL


@lru_cache(maxsize=_CACHE)
def traits(name: str) -> Traits:
    """Returns the traits of a name; all false where nothing is known of it."""
    entry = meaning(name).entry
    if entry is None:
        return Traits()
    flags = entry.flags
    return Traits(
        agent="agent" in flags,
        person="person" in flags,
        portable="portable" in flags,
        has_front="front" in flags,
        vehicle="vehicle" in flags,
        furniture="furniture" in flags,
        container="container" in flags,
    )


@lru_cache(maxsize=_CACHE)
def indefinite(name: str) -> str:
    """Returns the name as it is first spoken of: "a cup", "an umbrella", "some scissors", "some water"."""
    entry = meaning(name).entry
    head, rest = head_span(name)
    # In "a loaf of bread" the bread is counted by the loaf.
    uncounted = entry is not None and "mass" in entry.flags and not rest.startswith(" of ")
    if is_plural(name) or uncounted or head.rpartition(" ")[2] in MASS:
        return f"some {name}"
    return f"{article(name)} {name}"
