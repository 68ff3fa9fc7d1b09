"""Open items: questions that no program can prove, for categories that the source holds no evidence of.

    open_item("depth", prospects, chance=random_for(7, "generate", "vg:1/open"))
    # OpenItem(category="depth", ask="which of man.1 and dog.1 is closer to the camera", focus=..., ...)

Objects are those that prospects of the image speak of, so each can be named and found. The answer is the teacher's
word alone; its question is never called grounded (evidence `teacher`).
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

from stvqa import vocabulary
from stvqa.programs.claims import objects_of
from stvqa.programs.focus import focus_graph, merged_focus
from stvqa.programs.references import confusables
from stvqa.programs.view import SceneView
from stvqa.records import Category, Margins, Prospect, SceneGraph

__all__ = ["OPEN_CATEGORIES", "OpenItem", "open_item"]


class OpenItem(NamedTuple):
    """One question to be asked without a program.

    Attributes:
        item_id: becomes the question's id.
        ask: what to ask, with object ids.
        objects: ids that the question has to name.
        options: how many.
        focus: these objects and those they could be taken for.
        margins: of the image's prospects; nothing is measured with them.
    """

    item_id: str
    image_id: str
    category: Category
    form: str
    ask: str
    objects: tuple[str, ...]
    options: int
    focus: SceneGraph
    margins: Margins


class _Asked(NamedTuple):
    """What an open question would ask of some objects."""

    form: str
    ask: str
    objects: tuple[str, ...]
    options: int


def open_item(category: Category, prospects: Sequence[Prospect], *, chance: random.Random) -> OpenItem | None:
    """An open item of one image; None where its objects allow none of the category.

    Args:
        prospects: planned questions of the image, at least one.
    """
    scene = merged_focus([prospect.focus for prospect in prospects])
    spoken = sorted({item for prospect in prospects for claim in prospect.program.claims for item in objects_of(claim)})
    names = {item.id: item.name for item in scene.objects}
    asked = _WRITERS[category](spoken, names, chance)
    if asked is None:
        return None
    view = SceneView(scene)
    rivals = confusables(view)
    rows = {view.row(item) for item in asked.objects}
    rows.update(*(rivals[row] for row in rows))
    digest = hashlib.sha256(f"{asked.form}\n{asked.ask}".encode()).hexdigest()[:12]
    return OpenItem(
        item_id=f"{scene.image_id}/{category}/open-{digest}",
        image_id=scene.image_id,
        category=category,
        form=asked.form,
        ask=asked.ask,
        objects=asked.objects,
        options=asked.options,
        focus=focus_graph(scene, sorted(rows)),
        margins=prospects[0].margins,
    )


def _depth(spoken: Sequence[str], names: dict[str, str], chance: random.Random) -> _Asked | None:
    del names
    if len(spoken) < 2:
        return None
    pair = tuple(chance.sample(spoken, 2))
    word = chance.choice(("closer to", "farther from"))
    return _Asked("open_depth", f"which of {pair[0]} and {pair[1]} is {word} the camera", pair, 2)


def _orientation(spoken: Sequence[str], names: dict[str, str], chance: random.Random) -> _Asked | None:
    agents = [item for item in spoken if vocabulary.traits(names[item]).agent]
    if not agents:
        return None
    observer = chance.choice(agents)
    others = [item for item in spoken if item != observer]
    if not others or chance.random() < 0.5:
        return _Asked("open_heading", f"which way {observer} faces, as the camera sees it", (observer,), 4)
    target = chance.choice(others)
    ask = f"on which side of {observer}, from its own point of view, {target} is"
    return _Asked("open_side", ask, (observer, target), 4)


def _count(spoken: Sequence[str], names: dict[str, str], chance: random.Random) -> _Asked | None:
    if not spoken:
        return None
    counted = chance.choice(spoken)
    return _Asked("open_count", f"how many {vocabulary.plural(names[counted])} are visible", (counted,), 4)


def _reach(spoken: Sequence[str], names: dict[str, str], chance: random.Random) -> _Asked | None:
    agents = [item for item in spoken if vocabulary.traits(names[item]).agent]
    if not agents:
        return None
    agent = chance.choice(agents)
    return _Asked("open_reach", f"what {agent} is holding or touching", (agent,), 3)


_WRITERS: dict[Category, Callable[[Sequence[str], dict[str, str], random.Random], _Asked | None]] = {
    "depth": _depth,
    "orientation": _orientation,
    "count": _count,
    "reach": _reach,
}

OPEN_CATEGORIES: tuple[Category, ...] = tuple(_WRITERS)
"""Categories that may go without a program: boxes alone prove all the others."""
