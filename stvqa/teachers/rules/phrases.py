"""Small pieces of English that all writers share.

phrases.the("cup.1")     # "the red cup"
sentence("to the left")  # "To the left"
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from stvqa import vocabulary

__all__ = ["Phrases", "either", "sentence"]


class Phrases(NamedTuple):
    """How to speak of the objects of one question.

    Attributes:
        spoken: reference without article by object id ("red cup").
        names: plain name by object id.
        chance: picks among phrasings.
    """

    spoken: Mapping[str, str]
    names: Mapping[str, str]
    chance: random.Random

    def the(self, object_id: str) -> str:
        """The object with its article."""
        return f"the {self.spoken[object_id]}"

    def pick(self, *wordings: str) -> str:
        """One of some phrasings."""
        return self.chance.choice(wordings)

    def traits(self, object_id: str) -> vocabulary.Traits:
        """What the vocabulary knows of the object."""
        return vocabulary.traits(self.names[object_id])


def sentence(text: str) -> str:
    """The text with its first letter raised."""
    return text[:1].upper() + text[1:]


def either(items: Sequence[str]) -> str:
    """Items as alternatives: "the cup, the bowl or the vase"."""
    return f"{', '.join(items[:-1])} or {items[-1]}"
