"""When a verifier's answers accept a question: pure rules over right and wrong, nothing else.

    settle("two_of", [True, True])     # "accepted"
    settle("two_of", [True, False])    # 2: two more answers are needed

`two_of`: two answers under different rotations; if they split, two more; accepted at two of two or three of
four. A guesser who is right with chance p is accepted with p^2 + 2p(1-p)p^2: 37.5 % at two options, 16.0 % at
three, 8.6 % at four. Who always says one letter is right at most once in as many rotations as there are
options (twice in four answers at two and three options), so never accepted. No preference among letters does
better than no preference: the mean over rotations is a polynomial of elementary symmetric means of the letters'
chances, largest where they are equal (checked in the tests).

`paper`: any of four answers, options in one order: 94, 80 and 68 % for the same guesser. For comparison.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Literal

__all__ = ["MOST_VOTES", "Policy", "Settled", "rotations", "settle"]

Policy = Literal["two_of", "paper"]
Settled = Literal["accepted", "refused"]

MOST_VOTES = 4
_STEP = 2


def settle(policy: Policy, right: Sequence[bool]) -> Settled | int:
    """What follows from the answers so far.

    Args:
        policy: the rule.
        right: of each answer, in order, whether it chose the claimed option; unparsed ones did not. The number
            is one that this function asked for: 0, 2 or 4.

    Returns:
        `accepted`, `refused`, or how many more answers are needed.
    """
    hits, asked = sum(right), len(right)
    if asked == 0:
        return _STEP
    if policy == "paper":
        return "accepted" if hits else _STEP if asked < MOST_VOTES else "refused"
    if asked < MOST_VOTES and hits == 1:
        return _STEP
    return "accepted" if hits >= (2 if asked < MOST_VOTES else 3) else "refused"


def rotations(policy: Policy, options: int, chance: random.Random) -> tuple[int, ...]:
    """By how many places the options are rotated in each of the four answers.

    Under `two_of` no rotation stands twice before all have stood once: the right option stands at as many
    different letters as there are. Under `paper` all are the same.

    Args:
        policy: the rule.
        options: how many there are, 2 to 4.
        chance: where the order is drawn from.
    """
    if policy == "paper":
        return (chance.randrange(options),) * MOST_VOTES
    order: list[int] = []
    while len(order) < MOST_VOTES:
        order += chance.sample(range(options), options)
    return tuple(order[:MOST_VOTES])
