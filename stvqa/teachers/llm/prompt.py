r"""The words of a teacher's prompt: one image, the focus graphs of a few items, and the items.

    prompt = write_prompt(Sheet((prospect, another)))
    prompt.system     # the same for every call, so that providers cache it
    prompt.user       # 'Image: 800 x 600 pixels\nObjects:\nman.1: 120 45 300 480\n...'

The whole scene graph never goes there: only what the items ask about out of their own focus graphs, each object and
relationship once. Look-alikes that are not asked about stay out; how to tell an object from them stands beside its id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from stvqa.programs.claims import names_of, objects_of
from stvqa.programs.focus import focus_graph, merged_focus
from stvqa.programs.notation import write_claim
from stvqa.programs.references import references
from stvqa.programs.view import SceneView
from stvqa.prompts import fill, load_prompt
from stvqa.records import Heading, ObjectSpace, Prospect, Ranks, SceneGraph, SceneObject, Side
from stvqa.teachers.llm.open_items import OpenItem

__all__ = ["PROMPTS", "Prompt", "Sheet", "prompt_texts", "spoken_of", "tells_whole_scene", "write_prompt"]

PROMPTS = (("teacher", "system"), ("teacher", "user"), ("teacher-repair", "user"))
"""Templates that make up the prompts."""

_FEW_OBJECTS = 4


class Sheet(NamedTuple):
    """What one call asks for: items of one image, numbered from 1, the open one last.

    Attributes:
        remarks: what was wrong with an earlier answer, by the item's number; not empty in a repair.
    """

    prospects: tuple[Prospect, ...]
    open: OpenItem | None = None
    remarks: Mapping[int, str] = {}

    @property
    def items(self) -> list[Prospect | OpenItem]:
        """In the order of their numbers."""
        return [*self.prospects, *([self.open] if self.open else [])]


class Prompt(NamedTuple):
    """Texts of the two messages."""

    system: str
    user: str


def prompt_texts() -> dict[str, str]:
    """The templates by name, for the hash of the stage that uses them."""
    return {f"{name}/{part}": load_prompt(name, part) for name, part in PROMPTS}


def write_prompt(sheet: Sheet) -> Prompt:
    """The messages for one sheet."""
    user = fill(load_prompt("teacher", "user"), **_values(sheet, merged_focus([_asked(item) for item in sheet.items])))
    if sheet.remarks:
        remarks = "\n".join(f"{number}. {remark}" for number, remark in sorted(sheet.remarks.items()))
        user = fill(load_prompt("teacher-repair", "user"), task=user, remarks=remarks)
    return Prompt(load_prompt("teacher", "system"), user)


def tells_whole_scene(sheet: Sheet) -> bool:
    """Whether the prompt would name every object of the scene, which none shall do.

    Scenes of a few objects are let be where a single item asks about all of them: there the scene is its focus.
    """
    told = {part.id for item in sheet.items for part in _asked(item).objects}
    least = _FEW_OBJECTS if len(sheet.items) == 1 else 0
    return any(least < item.scene_objects <= len(told) for item in sheet.prospects)


def spoken_of(item: Prospect | OpenItem) -> dict[str, str]:
    """What to call each object that an item asks about, without article, by id."""
    asked = {part.id for part in _asked(item).objects}
    return {name: words for name, words in references(SceneView(item.focus)).items() if name in asked}


def _asked(item: Prospect | OpenItem) -> SceneGraph:
    """The objects that an item asks about, and the relationships among them."""
    view = SceneView(item.focus)
    if isinstance(item, OpenItem):
        return focus_graph(item.focus, sorted(view.row(name) for name in item.objects))
    rows = {view.row(name) for claim in item.program.claims for name in objects_of(claim)}
    for name in {name for claim in item.program.claims for name in names_of(claim)}:
        rows.update(view.possibly_called(name))
    return focus_graph(item.focus, sorted(rows))


def _values(sheet: Sheet, scene: SceneGraph) -> dict[str, object]:
    spoken = {name: words for item in sheet.items for name, words in spoken_of(item).items()}
    facts = _facts_needed(sheet)
    if scene.space_evidence == "estimated":
        facts = {_ESTIMATED if name == "depth" else name for name in facts}
    return {
        "width": scene.width,
        "height": scene.height,
        "objects": "\n".join(_object_line(item, spoken.get(item.id, item.name), facts) for item in scene.objects),
        "relations": _relations(scene),
        "items": "\n".join(_item_line(number, item) for number, item in enumerate(sheet.items, start=1)),
    }


_ESTIMATED = "estimated depth (no unit, larger is farther)"
"""What the depth of a depth model is called: few give metres, and a scene does not tell whose it is."""

_FACTS_OF_A_MEASURE = {"camera_distance": "depth", "height": "size", "volume": "size", "distance": "at"}


def _facts_needed(sheet: Sheet) -> set[str]:
    """What of `ObjectSpace` the claims go by."""
    claims = [claim for item in sheet.prospects for claim in item.program.claims]
    facts = {_FACTS_OF_A_MEASURE.get(claim.measure, "") for claim in claims if isinstance(claim, Ranks)}
    if any(isinstance(claim, Side) for claim in claims):
        facts |= {"at", "heading"}
    if any(isinstance(claim, Heading) for claim in claims):
        facts.add("heading")
    return facts


def _object_line(item: SceneObject, words: str, facts: set[str]) -> str:
    called = "" if words == item.id.rsplit(".", 1)[0].replace("_", " ") else f' "{words}"'
    line = f"{item.id}{called}: {' '.join(str(round(side)) for side in item.box)}"
    space = item.space or ObjectSpace()
    known: dict[str, Sequence[float | None]] = {
        "depth": (space.depth_m,),
        _ESTIMATED: (space.depth_m,),
        "size": space.size_m or (),
        "at": space.position_m or (),
        "heading": (space.heading_degrees,),
    }
    for name, values in known.items():
        numbers = [f"{value:.4g}" for value in values if value is not None]
        if name in facts and numbers:
            line += f"; {name} {' '.join(numbers)}"
    return line


def _relations(scene: SceneGraph) -> str:
    """The triples, one a line; a line that says so where there are none."""
    if not scene.relationships:
        return "No relation among them is known."
    return "\n".join(
        ["Relations:", *(" ".join([one.subject, one.predicate, one.object]) for one in scene.relationships)]
    )


def _item_line(number: int, item: Prospect | OpenItem) -> str:
    if isinstance(item, OpenItem):
        return f"{number}. {item.category}, {item.options} options, open: {item.ask}"
    claims = " | ".join(write_claim(claim) for claim in item.program.claims)
    return f"{number}. {item.category}, {item.level}, {item.option_count} options: {claims}"
