"""What a proposer works with, and what it gives.

    Proposal("size", "image_height", (Ranks(subject="man.1", ...), Ranks(subject="dog.1", ...)))

A proposer looks through all pairs at once and proposes a few questions of its category. The first claim is
the true one. It proposes only what it has seen to be decided; `prune` decides each claim again, one by one.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from stvqa import vocabulary
from stvqa.programs.decide import Decider
from stvqa.records import Category, Claim

__all__ = ["Field", "Proposal"]

T = TypeVar("T")
_PROFILE = ("person", "agent", "portable", "vehicle", "furniture")


class Proposal(NamedTuple):
    """A question in claims; `claims[0]` is true, the others are false."""

    category: Category
    form: str
    claims: tuple[Claim, ...]


class Field(NamedTuple):
    """One scene, as a proposer sees it.

    Attributes:
        decider: programs over the scene.
        rows: rows of the objects that can be spoken of and are large enough.
        random: the only source of chance.
        limit: at most so many proposals of one form.
        options: how many options a question may have, 2 to 4.
    """

    decider: Decider
    rows: tuple[int, ...]
    random: random.Random
    limit: int
    options: tuple[int, ...] = (2, 3, 4)

    def id(self, row: int) -> str:
        """The object's id."""
        return self.decider.view.graph.objects[row].id

    def name(self, row: int) -> str:
        """The object's name."""
        return self.decider.view.graph.objects[row].name

    def alike(self, first: int, second: int) -> bool:
        """Whether one could stand for the other in a question without looking odd: same kind of agent or thing.

        A bed among things to hold, or a dog among people, would be ruled out without looking.
        """
        one, other = vocabulary.traits(self.name(first)), vocabulary.traits(self.name(second))
        return all(getattr(one, trait) == getattr(other, trait) for trait in _PROFILE)

    def pairs(self, holds: NDArray[np.bool_]) -> list[tuple[int, int]]:
        """Up to `limit` random pairs (row, row) of the objects that can be spoken of where `holds` is true.

        Args:
            holds: shape (n, n) over all objects of the scene.
        """
        rows = np.array(self.rows, dtype=np.intp)
        firsts, seconds = np.nonzero(holds[rows[:, None], rows])
        found = [pair for pair in zip(firsts.tolist(), seconds.tolist(), strict=True) if pair[0] != pair[1]]
        return [(self.rows[first], self.rows[second]) for first, second in self.sample(found, self.limit)]

    def sample(self, items: Sequence[T], count: int) -> list[T]:
        """Up to `count` of the items, in random order."""
        return self.random.sample(items, min(count, len(items)))

    def width(self, available: int) -> int:
        """How many options a question with so many true-or-false candidates gets."""
        return min(self.random.choice(self.options), available)
