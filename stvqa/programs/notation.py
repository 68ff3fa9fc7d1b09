"""Claims as short lines of text: how a model is told of them, and how it writes them.

    write_claim(Direction(subject="cup.1", direction="left", object="laptop.1"))   # "left(cup.1, laptop.1)"
    parse_claim("most(image_height, man.1, dog.1)")                                # Ranks(subject="man.1", ...)

A call is a name and its arguments; ids and predicates hold no commas and no brackets. The system prompt of the teacher
(`prompts/teacher/system.txt`) lists the calls with their meaning; `parse_claim(write_claim(c)) == c`, but for the order
of `Ranks.among`, which is sorted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pydantic import TypeAdapter, ValidationError

from stvqa.programs.proposals import GRIDS
from stvqa.records import AllOf, Claim, Direction, Mainly, Not, Ranks

__all__ = ["ClaimSyntaxError", "parse_claim", "write_claim"]

_DIRECTIONS = ("left", "right", "above", "below")
_SIGNATURES: dict[str, tuple[str, ...]] = {
    "inside": ("subject", "object"),
    "located": ("subject", "grid", "cell"),
    "count": ("name", "equals"),
    "relates": ("subject", "predicate", "object"),
    "side": ("observer", "side", "object"),
    "heading": ("subject", "facing"),
    "exists": ("name", "relation", "object"),
}
"""Calls whose name is the claim's `op`, with the fields in the order of the arguments."""

_TO_A_REFERENCE = frozenset({"image_distance", "distance"})
_CALL = re.compile(r"\s*([a-z_]+)\s*\((.*)\)\s*", re.DOTALL)
_LONGEST = 600
_CLAIMS: TypeAdapter[Claim] = TypeAdapter(Claim)


class ClaimSyntaxError(ValueError):
    """A line that is no claim; the message says what is wrong with it."""


def write_claim(claim: Claim) -> str:
    """A claim as one line."""
    match claim:
        case Direction():
            return f"{claim.direction}({claim.subject}, {claim.object})"
        case Mainly():
            return f"mainly_{claim.direction}({claim.subject}, {claim.object})"
        case Ranks():
            measure = claim.measure if claim.reference is None else f"{claim.measure} to {claim.reference}"
            rivals = sorted(item for item in claim.among if item != claim.subject)
            return f"{claim.extreme}({', '.join([measure, claim.subject, *rivals])})"
        case Not():
            return f"not({write_claim(claim.claim)})"
        case AllOf():
            return f"all({', '.join(write_claim(part) for part in claim.claims)})"
    values = ", ".join(str(getattr(claim, name)) for name in _SIGNATURES[claim.op])
    return f"{claim.op}({values})"


def parse_claim(text: str) -> Claim:
    """The claim that a line states; white space and quotation marks round arguments do not matter.

    Raises:
        ClaimSyntaxError: no such call, too few or too many arguments, or a value that the call does not know.
    """
    if len(text) > _LONGEST:
        raise ClaimSyntaxError(f"a claim of {len(text)} characters")
    found = _CALL.fullmatch(text)
    if found is None:
        raise ClaimSyntaxError(f"“{text}” is not of the form name(argument, argument)")
    name, arguments = found[1], _arguments(found[2])
    try:
        claim = _CLAIMS.validate_python(_fields(name, arguments))
    except ValidationError as error:
        first = error.errors()[0]
        raise ClaimSyntaxError(f"“{text}”: {first['input']!r} is not allowed there") from error
    _refuse_nonsense(claim, text)
    return claim


def _fields(name: str, arguments: Sequence[str]) -> dict[str, object]:
    """The claim's fields as pydantic reads them."""
    if name in _DIRECTIONS or name.removeprefix("mainly_") in _DIRECTIONS:
        _expect(name, arguments, 2)
        op, direction = ("direction", name) if name in _DIRECTIONS else ("mainly", name.removeprefix("mainly_"))
        return {"op": op, "subject": arguments[0], "direction": direction, "object": arguments[1]}
    if name in ("most", "least"):
        if len(arguments) < 3:
            raise ClaimSyntaxError(f"{name} takes a measure, the winner and at least one rival")
        measure, _, reference = arguments[0].partition(" to ")
        among = tuple(sorted({*arguments[1:]}))
        ranks = {"op": "ranks", "subject": arguments[1], "extreme": name, "measure": measure.strip(), "among": among}
        return {**ranks, "reference": reference.strip() or None}
    if name == "not":
        _expect(name, arguments, 1)
        return {"op": "not", "claim": parse_claim(arguments[0])}
    if name == "all":
        return {"op": "all_of", "claims": tuple(parse_claim(argument) for argument in arguments)}
    if name not in _SIGNATURES:
        raise ClaimSyntaxError(f"there is no call “{name}”")
    _expect(name, arguments, len(_SIGNATURES[name]))
    return {"op": name, **dict(zip(_SIGNATURES[name], arguments, strict=True))}


def _expect(name: str, arguments: Sequence[str], count: int) -> None:
    if len(arguments) != count:
        raise ClaimSyntaxError(f"{name} takes {count} arguments, not {len(arguments)}")


def _arguments(text: str) -> list[str]:
    """Splits at the commas outside brackets."""
    depth, start, pieces = 0, 0, []
    for place, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth < 0:
            raise ClaimSyntaxError(f"“{text}”: a bracket too many")
        if letter == "," and depth == 0:
            pieces.append(text[start:place])
            start = place + 1
    if depth:
        raise ClaimSyntaxError(f"“{text}”: a bracket is missing")
    return [piece.strip().strip("\"'`").strip() for piece in [*pieces, text[start:]]]


def _refuse_nonsense(claim: Claim, text: str) -> None:
    """What the record allows and no program could decide."""
    if claim.op == "located" and claim.cell not in GRIDS[claim.grid]:
        raise ClaimSyntaxError(f"“{text}”: {claim.grid} has the cells {', '.join(GRIDS[claim.grid])}")
    if claim.op != "ranks":
        return
    if (claim.reference is not None) != (claim.measure in _TO_A_REFERENCE):
        raise ClaimSyntaxError(f"“{text}”: “to ID” stands with {' and '.join(sorted(_TO_A_REFERENCE))}, and only there")
    if len(claim.among) < 2 or claim.reference in claim.among:
        raise ClaimSyntaxError(f"“{text}”: the objects compared must differ, also from the one that is measured to")
