"""The scene as a mirror shows it: left and right swapped, and which option is right there.

    mirrored_answer(claims, graph, margins, answer=0)     # 1: "to the left" became "to the right"

The claims stay as they are, since question and options are asked word for word again; the graph is turned.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from stvqa.programs.claims import names_of, objects_of
from stvqa.programs.decide import Decider
from stvqa.records import AllOf, Box, Claim, Margins, Not, ObjectSpace, SceneGraph, SceneObject

__all__ = ["mirror_claim", "mirror_graph", "mirrored_answer"]

_SIDES = re.compile(r"\b(left|right)\b")
_OTHER = {"left": "right", "right": "left"}
_SIDED_FIELDS = ("direction", "cell", "side", "facing", "relation", "predicate")
"""Fields of claims whose words tell left from right: `left`, `top left`, `left of`."""


def mirror_graph(graph: SceneGraph) -> SceneGraph:
    """The graph of the mirrored image: boxes, places, headings and the words of predicates turned."""
    return graph.model_copy(
        update={
            "objects": tuple(_mirror_object(item, graph.width) for item in graph.objects),
            "relationships": tuple(
                item.model_copy(update={"predicate": _swap(item.predicate)}) for item in graph.relationships
            ),
            "exhaustive": graph.exhaustive.model_copy(
                update={"predicates": tuple(_swap(name) for name in graph.exhaustive.predicates)}
            ),
        }
    )


def mirror_claim(claim: Claim) -> Claim:
    """The claim that holds of the mirrored image exactly where this one holds of the image."""
    match claim:
        case Not():
            return Not(claim=mirror_claim(claim.claim))
        case AllOf():
            return AllOf(claims=tuple(mirror_claim(part) for part in claim.claims))
    changes = {name: _swap(getattr(claim, name)) for name in _SIDED_FIELDS if hasattr(claim, name)}
    return claim.model_copy(update=changes)


def mirrored_answer(claims: Sequence[Claim], graph: SceneGraph, margins: Margins, *, answer: int) -> int | None:
    """The option that is right of the mirrored image, where that is another one than `answer`.

    Args:
        claims: one an option, in the options' order.
        graph: of the image as it is; what is right in the mirror is decided on the mirrored graph.
        margins: how clear a case must be.
        answer: index of the claimed answer. Where it is wrong (a planted one), no graph tells what is right in
            the mirror: then it is the option that says of the mirror what `answer` says of the image.

    Returns:
        An index; None where the mirror changes nothing, makes no one option right, or where a name says left or
        right itself ("the left shoe"), so that the words no longer fit.
    """
    turned = [mirror_claim(claim) for claim in claims]
    if turned == list(claims) or _is_named_by_side(claims, graph):
        return None
    values = [verdict.value for verdict in _verdicts(claims, graph, margins)]
    if [index for index, value in enumerate(values) if value] == [answer]:
        values = [verdict.value for verdict in _verdicts(claims, mirror_graph(graph), margins)]
        if values.count(True) != 1 or values.count(False) != len(values) - 1:
            return None
        found = values.index(True)
    else:
        same = [index for index, claim in enumerate(claims) if claim == turned[answer]]
        if len(same) != 1:
            return None
        found = same[0]
    return found if found != answer else None


def _verdicts(claims: Sequence[Claim], graph: SceneGraph, margins: Margins) -> Iterator[Any]:
    decider = Decider(graph, margins)
    return (decider.decide(claim) for claim in claims)


def _is_named_by_side(claims: Sequence[Claim], graph: SceneGraph) -> bool:
    called: Mapping[str, str] = {item.id: item.name for item in graph.objects}
    spoken = [called.get(item, item) for claim in claims for item in objects_of(claim)]
    return any(_SIDES.search(name) for name in [*spoken, *(name for claim in claims for name in names_of(claim))])


def _swap(words: str) -> str:
    return _SIDES.sub(lambda match: _OTHER[match[1]], words)


def _mirror_object(item: SceneObject, width: float) -> SceneObject:
    box = Box(width - item.box.x2, item.box.y1, width - item.box.x1, item.box.y2)
    return item.model_copy(update={"box": box, "space": None if item.space is None else _mirror_space(item.space)})


def _mirror_space(space: ObjectSpace) -> ObjectSpace:
    changes: dict[str, Any] = {}
    if space.position_m is not None:
        x, y, z = space.position_m
        changes["position_m"] = (-x, y, z)
    if space.heading_degrees is not None:
        changes["heading_degrees"] = (360 - space.heading_degrees) % 360
    return space.model_copy(update=changes)
