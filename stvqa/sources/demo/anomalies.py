"""The faults of Visual Genome's files, planted on purpose: one function a fault, in a table.

    plant(annotation, rate=0.1, choice=choice)      # annotation.planted == {"name-quoted": 1, "box-outside": 1}

Each fault of the table is met in the official files or was reported by others. A slug says what was planted; what a
reader makes of it is the reader's.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

from stvqa.sources.demo.annotate import SYNONYMS, Annotation
from stvqa.vocabulary.names import mended_words

__all__ = ["ANOMALIES", "plant"]

_JUNK_PREDICATES = ("are fully", "not", "agaist")
_OTHER_THINGS = ("milk", "sky", "shadow", "reflection")
_MOST_REPEATS = 18
_LEAST_COORDINATE = -904


def plant(annotation: Annotation, *, rate: float, choice: random.Random) -> None:
    """Plants every fault of the table with probability `rate` each, where the image has what it takes."""
    drawn = [slug for slug in ANOMALIES if choice.random() < rate]
    for slug in drawn:
        items = ANOMALIES[slug](annotation, choice)
        if items:
            annotation.count(slug, items)


def _no_relationships(annotation: Annotation, _: random.Random) -> int:
    found = len(annotation.relationships)
    annotation.relationships.clear()
    annotation.planted.pop("predicate-upper-case", None)
    return 1 if found else 0


def _upper_case(annotation: Annotation, choice: random.Random) -> int:
    lower = [relation for relation in annotation.relationships if relation["predicate"].islower()]
    if not lower:
        return 0
    relation = choice.choice(lower)
    relation["predicate"] = relation["predicate"].upper()
    return 1


def _extra_relationship(predicates: Sequence[str]) -> Callable[[Annotation, random.Random], int]:
    def add(annotation: Annotation, choice: random.Random) -> int:
        if not annotation.relationships:
            return 0
        model = choice.choice(annotation.relationships)
        annotation.relate(model["subject_id"], choice.choice(predicates), model["object_id"])
        return 1

    return add


def _repeat_triple(annotation: Annotation, choice: random.Random) -> int:
    if not annotation.relationships:
        return 0
    model = dict(choice.choice(annotation.relationships))
    repeats = choice.randint(1, _MOST_REPEATS)
    for _ in range(repeats):
        annotation.relate(model["subject_id"], model["predicate"], model["object_id"])
    return repeats


def _relate_to_itself(annotation: Annotation, _: random.Random) -> int:
    if not annotation.relationships:
        return 0
    annotation.relate(annotation.relationships[0]["subject_id"], "near", annotation.relationships[0]["subject_id"])
    return 1


def _plain_objects(annotation: Annotation) -> list[dict[str, Any]]:
    """Objects with one name and one entry, not spoilt yet."""
    ids = [entry["object_id"] for entry in annotation.objects]
    return [
        entry
        for entry in annotation.objects
        if len(entry["names"]) == 1
        and entry["names"][0].replace(" ", "").isalpha()
        and ids.count(entry["object_id"]) == 1
    ]


def _several_names(annotation: Annotation, choice: random.Random) -> int:
    able = [entry for entry in _plain_objects(annotation) if entry["names"][0] in SYNONYMS]
    if not able:
        return 0
    entry = choice.choice(able)
    entry["names"] = [entry["names"][0], SYNONYMS[entry["names"][0]][0]]
    return 1


def _names_of_other_things(annotation: Annotation, choice: random.Random) -> int:
    able = _plain_objects(annotation)
    if not able:
        return 0
    entry = choice.choice(able)
    entry["names"] = [entry["names"][0], choice.choice(_OTHER_THINGS)]
    return 1


def _misspell(annotation: Annotation, choice: random.Random) -> int:
    wrong = {right: word for word, right in sorted(mended_words().items())}
    able = [entry for entry in _plain_objects(annotation) if entry["names"][0] in wrong]
    if not able:
        return 0
    entry = choice.choice(able)
    entry["names"] = [wrong[entry["names"][0]]]
    return 1


def _quote_name(annotation: Annotation, choice: random.Random) -> int:
    able = _plain_objects(annotation)
    if not able:
        return 0
    entry = choice.choice(able)
    entry["names"] = [f'"{entry["names"][0]}"']
    return 1


def _same_box_twice(annotation: Annotation, choice: random.Random) -> int:
    able = _plain_objects(annotation)
    if not able:
        return 0
    annotation.objects.append({**choice.choice(able), "object_id": annotation.new_object_id()})
    return 1


def _empty_synsets(annotation: Annotation, choice: random.Random) -> int:
    able = [entry for entry in annotation.objects if entry["synsets"]]
    if not able:
        return 0
    choice.choice(able)["synsets"] = []
    return 1


def _end_missing(annotation: Annotation, choice: random.Random) -> int:
    """Takes an object that a relationship needs out of objects.json; relationships.json still describes it."""
    needed = {relation[key] for relation in annotation.relationships for key in ("subject_id", "object_id")}
    able = [entry for entry in _plain_objects(annotation) if entry["object_id"] in needed]
    if len(able) < 2 or len(annotation.objects) < 4:
        return 0
    entry = choice.choice(able)
    annotation.objects.remove(entry)
    annotation.ends[entry["object_id"]] = entry
    return 1


def _id_with_two_boxes(annotation: Annotation, choice: random.Random) -> int:
    able = _plain_objects(annotation)
    if not able:
        return 0
    entry = choice.choice(able)
    width, height = max(3, entry["w"] // 2), max(3, entry["h"] // 2)
    annotation.objects.append({**entry, "w": width, "h": height})
    return 1


def _boxes_differ(annotation: Annotation, choice: random.Random) -> int:
    """Another box in relationships.json than in objects.json."""
    needed = {relation[key] for relation in annotation.relationships for key in ("subject_id", "object_id")}
    able = [entry for entry in _plain_objects(annotation) if entry["object_id"] in needed]
    if not able:
        return 0
    entry = choice.choice(able)
    annotation.ends[entry["object_id"]] = {**entry, "x": entry["x"] // 2, "y": entry["y"] // 2, "w": entry["w"] + 9}
    return 1


def _negative_box(annotation: Annotation, choice: random.Random) -> int:
    """Most begin a little before the image; some lie far off."""
    able = _plain_objects(annotation)
    if not able:
        return 0
    if choice.random() < 0.3:
        model = choice.choice(able)
        annotation.objects.append(
            {**model, "object_id": annotation.new_object_id(), "x": choice.randint(_LEAST_COORDINATE, -500), "w": 40}
        )
        return 1
    entry = min(able, key=lambda item: int(item["x"]))
    before = choice.randint(1, 9)
    entry["w"] += entry["x"] + before
    entry["x"] = -before
    return 1


def _box_outside(annotation: Annotation, choice: random.Random) -> int:
    able = _plain_objects(annotation)
    if not able:
        return 0
    model = choice.choice(able)
    annotation.objects.append(
        {**model, "object_id": annotation.new_object_id(), "x": annotation.image["width"] + choice.randint(1, 200)}
    )
    return 1


def _box_beyond(annotation: Annotation, choice: random.Random) -> int:
    able = _plain_objects(annotation)
    if not able:
        return 0
    entry = max(able, key=lambda item: int(item["x"] + item["w"]))
    entry["w"] = annotation.image["width"] - entry["x"] + choice.randint(1, 12)
    return 1


def _wrong_size(annotation: Annotation, choice: random.Random) -> int:
    annotation.image["width"] += choice.choice((-1, 1)) * choice.randint(20, 60)
    return 1


def _picture(manner: str) -> Callable[[Annotation, random.Random], int]:
    def spoil(annotation: Annotation, _: random.Random) -> int:
        if annotation.picture:
            return 0
        annotation.picture = manner
        return 1

    return spoil


ANOMALIES: dict[str, Callable[[Annotation, random.Random], int]] = {
    "no-relationships": _no_relationships,
    "predicate-upper-case": _upper_case,
    "predicate-junk": _extra_relationship(_JUNK_PREDICATES),
    "predicate-empty": _extra_relationship(("", " ")),
    "triple-repeated": _repeat_triple,
    "relationship-self": _relate_to_itself,
    "relationship-end-missing": _end_missing,
    "names-several": _several_names,
    "names-of-other-things": _names_of_other_things,
    "name-misspelt": _misspell,
    "name-quoted": _quote_name,
    "synsets-empty": _empty_synsets,
    "box-negative": _negative_box,
    "box-beyond-border": _box_beyond,
    "box-outside": _box_outside,
    "box-identical": _same_box_twice,
    "box-differs-between-files": _boxes_differ,
    "object-id-with-two-boxes": _id_with_two_boxes,
    "image-size-wrong": _wrong_size,
    "image-grayscale": _picture("grayscale"),
    "image-unreadable": _picture("unreadable"),
}
"""Slug of a fault to the function that plants it and returns how many items it planted."""
