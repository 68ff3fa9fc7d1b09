"""Degenerate completions: what a policy finds that looks for pay without looking at the image.

    for hack in hacks(truth, prompt=training_prompt(...), seed=1):
        reward.score(hack.text, truth).total

Where a hack has an answer it is the right one, and where it names objects they are the right ones: the worst case,
in which every gate stands open. What such a completion earns beyond its answer and its form is an upper bound of what
guessing can earn. (`all-letters` is the other way round: all is right but the answer, which names every letter.)
"""

from __future__ import annotations

import hashlib
import json
from itertools import cycle, islice, permutations
from typing import Literal, NamedTuple, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from stvqa.completion import LETTERS, Completion, render
from stvqa.rewards.scenes import Scene, Triple
from stvqa.rewards.truth import Truth, render_truth
from stvqa.vocabulary import concept

__all__ = ["HACK_NAMES", "Hack", "HackName", "hacks"]

Array = NDArray[np.float64]

HackName: TypeAlias = Literal[
    "empty",
    "empty-blocks",
    "empty-scene",
    "full-image-box",
    "full-image-boxes",
    "centre-boxes",
    "random-boxes",
    "shuffled-boxes",
    "box-flood",
    "truth-and-flood",
    "relation-flood",
    "all-letters",
    "copied-prompt",
]
"""
empty             no text at all
empty-blocks      the four tags with nothing in them
empty-scene       no objects, right answer
full-image-box    one object of the right name, over the whole image
full-image-boxes  the right objects and relations, each box over the whole image
centre-boxes      the same, each box the middle half of the image
random-boxes      the same with random boxes
shuffled-boxes    the same with the true boxes, turned until each object has the box of another kind of thing; left out
                  where no turn does it (two dogs and a cat), since the scene would still be right in part
box-flood         a hundred boxes on a grid under the right names
truth-and-flood   the truth, and after it the hundred boxes; left out where there is no object
relation-flood    the right objects with full-image boxes, each pair related in every way that the truth knows
all-letters       the truth, but "A or B or C ..." as its answer
copied-prompt     the prompt itself
"""

HACK_NAMES: tuple[HackName, ...] = get_args(HackName)

_GRID = 10
_MOST_PAIRS = 200


class Hack(NamedTuple):
    """One degenerate completion."""

    name: HackName
    text: str


def hacks(truth: Truth, *, prompt: str, seed: int = 0) -> list[Hack]:
    """The hacks that there are for one truth, in the order of `HACK_NAMES`; the same for the same arguments.

    Args:
        truth: without a scene, only the hacks that need none are made: no text, every letter, the prompt.
        prompt: the text that asks for the completion.
        seed: of the random boxes.
    """
    texts: dict[HackName, str] = {
        "empty": "",
        "all-letters": render_truth(truth._replace(answer=_all_letters(truth), options=())),
        "copied-prompt": prompt,
    }
    if truth.scene is not None:
        texts |= _of_scene(truth, truth.scene, seed=seed)
    return [Hack(name, texts[name]) for name in HACK_NAMES if name in texts]


def _of_scene(truth: Truth, scene: Scene, *, seed: int) -> dict[HackName, str]:
    """The hacks that are made of a scene."""
    count = len(scene.ids)
    full = np.tile(np.array([[0.0, 0.0, *truth.size]]), (count, 1))
    centre = np.rint(full / 2 + np.tile(np.array(truth.size) / 4, 2))
    grid = _grid(truth)
    texts: dict[HackName, str] = {
        "empty-blocks": render(Completion("", "", "", "")),
        "empty-scene": _completion(truth, Scene((), np.empty((0, 4)), ())),
        "full-image-boxes": _completion(truth, scene._replace(boxes=full)),
        "centre-boxes": _completion(truth, scene._replace(boxes=centre)),
        "random-boxes": _completion(truth, scene._replace(boxes=_random_boxes(truth, seed=seed))),
        "relation-flood": _completion(truth, scene._replace(boxes=full, triples=_all_triples(scene))),
    }
    if count:
        texts["full-image-box"] = _completion(truth, Scene(scene.ids[:1], full[:1], ()))
        texts["box-flood"] = _completion(truth, Scene(grid.ids, grid.boxes, ()))
        flooded = Scene((*scene.ids, *grid.ids), np.concatenate([scene.boxes, grid.boxes]), scene.triples)
        texts["truth-and-flood"] = _completion(truth, flooded)
    order = _shuffled(scene)
    if order:
        texts["shuffled-boxes"] = _completion(truth, scene._replace(boxes=scene.boxes[order]))
    return texts


def _shuffled(scene: Scene) -> list[int]:
    """Places of the boxes, turned so far that each object has the box of another kind of thing; empty if none does."""
    concepts, count = [concept(label) for label in scene.labels], len(scene.ids)
    for turn in range(1, count):
        order = [(place + turn) % count for place in range(count)]
        if all(concepts[order[place]] != concepts[place] for place in range(count)):
            return order
    return []


def _completion(truth: Truth, scene: Scene) -> str:
    return render_truth(truth._replace(scene=scene))


def _random_boxes(truth: Truth, *, seed: int) -> Array:
    """As many boxes as the truth has, corners uniform over the image, each with some area; from sha256 of the seed."""
    assert truth.scene is not None
    what = json.dumps([seed, "random-boxes", truth.scene.ids, truth.answer])
    source = np.random.default_rng(int.from_bytes(hashlib.sha256(what.encode()).digest()[:8]))
    width, height = truth.size
    corners = np.sort(source.random((len(truth.scene.ids), 2, 2)), axis=1).reshape(-1, 4)
    boxes = np.floor(corners * np.array([width - 1, height - 1] * 2))
    boxes[:, 2:] = np.maximum(boxes[:, 2:], boxes[:, :2] + 1)
    return np.asarray(boxes)


def _grid(truth: Truth) -> Scene:
    """A hundred boxes that tile the image, under the names of the truth in turn."""
    assert truth.scene is not None
    width, height = truth.size
    across, down = np.linspace(0, width, _GRID + 1).round(), np.linspace(0, height, _GRID + 1).round()
    boxes = np.array(
        [(across[x], down[y], across[x + 1], down[y + 1]) for y in range(_GRID) for x in range(_GRID)], dtype=np.float64
    )
    names = islice(cycle([name.rsplit(".", 1)[0] for name in truth.scene.ids]), len(boxes))
    return Scene(tuple(f"{name}.{1000 + place}" for place, name in enumerate(names)), boxes, ())


def _all_triples(scene: Scene) -> tuple[Triple, ...]:
    """Every ordered pair of objects with every predicate of the scene."""
    predicates = list(dict.fromkeys(triple.predicate for triple in scene.triples))
    pairs = islice(permutations(scene.ids, 2), _MOST_PAIRS)
    return tuple(Triple(first, predicate, second) for first, second in pairs for predicate in predicates)


def _all_letters(truth: Truth) -> str:
    return " or ".join(LETTERS[: len(truth.options) or len(LETTERS)])
