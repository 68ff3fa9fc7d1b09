"""The rows that a card shows: a few of different categories, with their boxes drawn.

[example.row.category for example in find_examples(dataset)]     # ["relation", "depth", "count"]
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from PIL import ImageDraw, ImageFont

from stvqa.completion import CellUnreadable, read_proof
from stvqa.errors import InputError
from stvqa.pictures import ImageSize, ImageUnreadable, decode
from stvqa.programs.claims import in_words, names_of, objects_of
from stvqa.programs.decide import Decider
from stvqa.programs.references import references
from stvqa.programs.view import SceneView, UnknownObjectError
from stvqa.records import Proof, Row, SceneObject
from stvqa.store.dataset import PublishedRow, read_dataset

__all__ = ["Example", "Reading", "Thing", "find_examples", "thumbnail"]

EXAMPLES = 3
_WIDTH = 480
_COLOURS = ("#e6194b", "#0a7d33", "#1f4fd8", "#d9730d", "#8e24aa", "#00838f", "#9e7700", "#c2185b")
_LABEL = 16
_VERDICTS = {True: "true", False: "false", None: "too close to call"}


class Thing(NamedTuple):
    """An object that the question is about: the number drawn at its box, and its name."""

    number: int
    name: str


class Reading(NamedTuple):
    """An option and the claim that decides it, in words.

    Attributes:
        verdict: what the program says of the claim when it is run: `true`, `false`, `too close to call`; empty where
            the graph lacks an object that the claim speaks of.
        right: whether the row gives this option as the answer.
    """

    letter: str
    option: str
    claim: str
    verdict: str
    right: bool


class Example(NamedTuple):
    """A row to show.

    Attributes:
        figure: path of the picture below the set's folder.
        picture: JPEG of at most 480 pixels' width.
        things / readings: what its program speaks of; empty where the row has none that can be read.
    """

    row: Row
    figure: str
    picture: bytes
    things: tuple[Thing, ...]
    readings: tuple[Reading, ...]


def find_examples(dataset: Path, *, count: int = EXAMPLES) -> tuple[Example, ...]:
    """The first rows of different categories and images, in the order of the set.

    A set of one image or one category gives what it has.

    Raises:
        InputError: a row that would be shown has no image that can be read.
    """
    found: list[PublishedRow] = []
    for item in read_dataset(dataset):
        if all(item.row.category != other.row.category and item.row.image_id != other.row.image_id for other in found):
            found.append(item)
        if len(found) == count:
            break
    return tuple(_example(item, number) for number, item in enumerate(found, start=1))


def _example(item: PublishedRow, number: int) -> Example:
    row = item.row
    proof = _proof(row)
    objects = list(_spoken_of(proof)) if proof else []
    names = references(SceneView(proof.graph)) if proof else {}
    return Example(
        row=row,
        figure=f"figures/example-{number}.jpg",
        picture=thumbnail(
            item.image, objects, name=f"row {row.row_id}", size=ImageSize(row.image_width, row.image_height)
        ),
        things=tuple(Thing(place, names.get(thing.id, thing.name)) for place, thing in enumerate(objects, start=1)),
        readings=tuple(_readings(row, proof, names)) if proof else (),
    )


def _proof(row: Row) -> Proof | None:
    """The row's program; None for one that nobody can read, which a set that was not verified may hold."""
    try:
        return read_proof(row.program) if row.program else None
    except CellUnreadable:
        return None


def _spoken_of(proof: Proof) -> Iterator[SceneObject]:
    """Objects that a claim names, and all that bear a name which a claim counts; in the order of the graph."""
    view = SceneView(proof.graph)
    wanted = {object_id for claim in proof.claims for object_id in objects_of(claim)}
    called = {row for claim in proof.claims for name in names_of(claim) for row in view.called(name)}
    for row, thing in enumerate(proof.graph.objects):
        if thing.id in wanted or row in called:
            yield thing


def _readings(row: Row, proof: Proof, names: dict[str, str]) -> Iterator[Reading]:
    decider = Decider(proof.graph, proof.margins)
    for letter, option, claim in zip("ABCD", row.options, proof.claims, strict=False):
        try:
            verdict = _VERDICTS[decider.decide(claim).value]
        except UnknownObjectError:
            verdict = ""
        yield Reading(letter, option, in_words(claim, names), verdict, letter == row.answer_only)


def thumbnail(data: bytes, objects: list[SceneObject], *, name: str, size: ImageSize | None = None) -> bytes:
    """The image, made smaller, with numbered boxes: numbers and not names, so that any script can be told beside it.

    Args:
        data: the image's file.
        objects: boxes in pixels of the image.
        name: what to call it in an error.
        size: what is stated of the image; it tells the frame of one with an orientation tag.

    Raises:
        InputError: the image cannot be read.
    """
    try:
        image = decode(data, size=size)
    except ImageUnreadable as error:
        problem = "has no image" if not data else f"has an image that cannot be read ({error})"
        raise InputError(f"{name} {problem}: run the `stvqa build` that made the set again") from error
    scale = min(1.0, _WIDTH / image.width)
    image = image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))))
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(_LABEL - 4)
    for number, thing in enumerate(objects, start=1):
        colour = _COLOURS[(number - 1) % len(_COLOURS)]
        left, top, right, bottom = (side * scale for side in thing.box)
        draw.rectangle((left, top, max(left, right - 1), max(top, bottom - 1)), outline=colour, width=2)
        tag = (left, top, left + 6 + 7 * len(str(number)), top + _LABEL)
        draw.rectangle(tag, fill=colour)
        draw.text((left + 3, top + 1), str(number), fill="white", font=font)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=85)
    return file.getvalue()
