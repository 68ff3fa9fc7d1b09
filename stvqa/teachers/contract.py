"""What a teacher gives for a prospect.

Worded(text="Which looks taller in the image, the man or the dog?", options=("The man", "The dog"))
"""

from __future__ import annotations

import random
from typing import NamedTuple, Protocol

from stvqa.records import Prospect

__all__ = ["Teacher", "Worded"]


class Worded(NamedTuple):
    """A question and its options, the latter in the order of the prospect's claims."""

    text: str
    options: tuple[str, ...]


class Teacher(Protocol):
    """Writes one question for one prospect."""

    name: str

    def word(self, prospect: Prospect, *, chance: random.Random) -> Worded:
        """Words for the prospect; same prospect and same chance, same words."""
