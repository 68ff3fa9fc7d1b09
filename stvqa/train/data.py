"""The rows that are trained on: from a run, a dataset folder or the Hub, with what was left out and why.

    data = load_training_data("runs/demo", recipe)
    data.train[0].question, data.train[0].gold, data.train[0].width
    data.dropped                                     # {"train: prompt-too-long": 3}

Sets made by `stvqa build` and the paper's own set are read alike: what is not in the columns (sizes, ids) is read off
the images. Images stay on disk, memory-mapped, until a step asks for them.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from stvqa.completion import LETTERS
from stvqa.errors import InputError
from stvqa.pictures import ImageUnreadable
from stvqa.texts import LONGEST_TEXT, unfit
from stvqa.train.pictures import open_picture, picture_bytes, size_of
from stvqa.train.recipe import DataSettings
from stvqa.train.tables import open_tables

__all__ = ["Example", "TrainingData", "load_training_data", "open_picture"]

_TEXT_COLUMNS = ("row_id", "image_id", "category", "level", "question_with_options", "options", "answer", "answer_only")
_SEVERAL = "several-images"
_MALFORMED = "row-malformed"
_LONGEST_QUESTION = 5 * LONGEST_TEXT
"""Characters of a question with its options."""
_LONGEST_TRUTH = 200_000
"""Characters of the column `answer`; no scene longer than a few thousand is read."""
_VAL_SHARE = 0.05
"""Of images, where a set comes without `val`."""


class Example(NamedTuple):
    """One row, without its pixels.

    Attributes:
        row: its place in the set's split, where the pixels are.
        split: the split of the set that it stands in.
        picture: sha256 of the image file, 16 hex digits.
        question: question and options, one line `(A) ...` an option.
        options: their texts, without letters.
        gold: the set's `<scene>{...}</scene>` and `<answer>B</answer>`, boxes in pixels of the original image.
        width / height: of the original image, pixels.
    """

    row: int
    split: str
    row_id: str
    image_id: str
    picture: str
    category: str
    level: str
    question: str
    options: tuple[str, ...]
    letter: str
    gold: str
    width: int
    height: int

    @property
    def has_scene(self) -> bool:
        """Whether the truth holds a scene graph."""
        return "<scene>" in self.gold


class TrainingData(NamedTuple):
    """What is trained on and looked at.

    Attributes:
        origin: the run, folder or Hub id.
        tables: the set's splits, with the images.
        train / val: examples; the rows of `tables` that are used.
        dropped: "split: reason" to how many rows.
        fingerprint: sha256 over ids, questions and truths, 16 hex digits; another set, another fingerprint.
        notes: what a user should know of how the set was read.
    """

    origin: str
    tables: Mapping[str, Any]
    train: Sequence[Example]
    val: Sequence[Example]
    dropped: Mapping[str, int]
    fingerprint: str
    notes: Sequence[str] = ()


def load_training_data(origin: str, settings: DataSettings, *, needs_scene: bool, seed: int) -> TrainingData:
    """Reads a set and says of every row that is not used why.

    Args:
        origin: a run or dataset folder, or a Hub id.
        needs_scene: whether the reward looks at scenes; rows without one are then left out.
        seed: of what is drawn: `val` where the set has none, and the rows looked at in evaluations.

    Raises:
        InputError: no such set, columns missing, no usable row, or images of `val` that are in `train`.
    """
    opened = open_tables(origin, settings)
    tables = {name: table for name, table in (("train", opened.train), ("val", opened.val)) if table is not None}
    notes = [f"splits of the set that are not used: {', '.join(opened.unused)}"] if opened.unused else []
    dropped: Counter[str] = Counter()
    train = _examples(opened.train, "train", dropped)
    val = _examples(opened.val, "val", dropped) if opened.val is not None else []
    if needs_scene and train and not any(item.has_scene for item in train):
        raise InputError(
            f"no answer in {origin} holds a <scene>: the chosen reward compares scenes. Take --reward sparse, or a set "
            "with scene graphs, such as one made by `stvqa build`"
        )
    keep = {
        "train": _usable(train, settings, needs_scene, dropped),
        "val": _usable(val, settings, needs_scene, dropped),
    }
    if not keep["val"] and not val:
        keep["train"], keep["val"] = _set_aside(keep["train"], seed)
        notes.append(f"{origin} has no val: {len(keep['val'])} rows of train were set aside, split by image")
    keep["val"] = _disjoint(keep["train"], keep["val"], settings, dropped, origin)
    if not keep["train"]:
        raise InputError(f"{origin} has no row to train on: {_reasons(dropped) or 'its split train is empty'}")
    looked_at = sorted(keep["val"], key=lambda item: _drawn(seed, f"{item.row_id}/{item.row}"))[: settings.val_rows]
    if len(looked_at) < len(keep["val"]):
        notes.append(f"evaluations look at {len(looked_at):,} of {len(keep['val']):,} rows of val, drawn from the seed")
    fingerprint = _fingerprint([*keep["train"], *looked_at])
    return TrainingData(origin, tables, keep["train"], looked_at, dict(sorted(dropped.items())), fingerprint, notes)


class _RowUnusable(Exception):  # noqa: N818 (named for what a row is)
    """A row that is not trained on; `str()` is the slug of the reason."""


def _examples(table: Any, split: str, dropped: Counter[str]) -> list[Example]:  # noqa: ANN401 (a datasets.Dataset)
    columns = [name for name in (*_TEXT_COLUMNS, "image_width", "image_height", "images") if name in table.column_names]
    chosen = table.select_columns(columns)
    found: dict[str, Example] = {}
    for number in range(len(chosen)):
        try:
            example = _example(chosen[number], number, split)  # a text that is no UTF-8 is the fault of its row
            reason = "repeats-row" if example.row_id in found else ""
            found.setdefault(example.row_id, example)
        except (_RowUnusable, ImageUnreadable) as error:
            reason = error.reason if isinstance(error, ImageUnreadable) else str(error)
        except (InputError, OSError):
            reason = "image-unreadable"
        except (KeyError, IndexError, TypeError, ValueError):
            reason = _MALFORMED
        if reason:
            dropped[f"{split}: {reason}"] += 1
    return list(found.values())


def _example(row: Mapping[str, Any], number: int, split: str) -> Example:
    if isinstance(row["images"], list) and len(row["images"]) > 1:
        raise _RowUnusable(_SEVERAL)
    letter, options = _text(row, "answer_only").strip(), _options(row)
    question, gold = _text(row, "question_with_options"), _text(row, "answer")
    if letter not in list(LETTERS[: len(options)]):
        raise _RowUnusable("letter-unknown")
    if _is_unfit(question) or any(map(_is_unfit, options)) or len(gold) > _LONGEST_TRUTH:
        raise _RowUnusable("text-unfit")
    data = picture_bytes(row["images"])
    width, height = size_of(data, row)
    picture = hashlib.sha256(data).hexdigest()[:16]
    return Example(
        row=number,
        split=split,
        row_id=str(row.get("row_id") or f"{split}-{number}"),
        image_id=str(row.get("image_id") or picture),
        picture=picture,
        category=str(row.get("category", "")),
        level=str(row.get("level", "")),
        question=question,
        options=options,
        letter=letter,
        gold=gold,
        width=width,
        height=height,
    )


def _text(row: Mapping[str, Any], column: str) -> str:
    value = row[column]
    if not isinstance(value, str):
        raise _RowUnusable(_MALFORMED)
    return value


def _options(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Options without letters of their own; as many as there are letters."""
    values = row["options"]
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise _RowUnusable(_MALFORMED)
    if not 2 <= len(values) <= len(LETTERS):
        raise _RowUnusable("options-count")
    return tuple(map(_bare, values))


def _is_unfit(text: str) -> bool:
    """Whether a text holds what no question holds; questions stand on lines of their own before their options."""
    if len(text) > _LONGEST_QUESTION:
        return True
    return any(unfit(line, longest=_LONGEST_QUESTION) for line in text.split("\n"))


def _bare(option: str) -> str:
    """An option without a letter of its own before it, as some sets write them."""
    return re.sub(r"^\([A-D]\)\s*", "", option)


def _usable(
    items: Iterable[Example], settings: DataSettings, needs_scene: bool, dropped: Counter[str]
) -> list[Example]:
    kept: list[Example] = []
    for item in items:
        if needs_scene and not item.has_scene:
            dropped[f"{item.split}: no-scene"] += 1
        elif settings.categories and item.category not in settings.categories:
            dropped[f"{item.split}: category-not-wanted"] += 1
        elif settings.levels and item.level not in settings.levels:
            dropped[f"{item.split}: level-not-wanted"] += 1
        else:
            kept.append(item)
    return kept


def _set_aside(items: Sequence[Example], seed: int) -> tuple[list[Example], list[Example]]:
    """Rows whose picture falls into a share of all, so that no picture stands on both sides."""
    val = [item for item in items if _drawn(seed, f"val/{item.picture}") < _VAL_SHARE]
    chosen = {item.row for item in val}
    return [item for item in items if item.row not in chosen], val


def _drawn(seed: int, name: str) -> float:
    """A number from 0 to 1 that depends on seed and name alone."""
    return int.from_bytes(hashlib.sha256(f"{seed}/train/{name}".encode()).digest()[:8], "big") / 2**64


def _disjoint(
    train: Sequence[Example], val: Sequence[Example], settings: DataSettings, dropped: Counter[str], origin: str
) -> list[Example]:
    seen = {item.picture for item in train} | {item.image_id for item in train}
    shared = [item for item in val if item.picture in seen or item.image_id in seen]
    if shared and settings.overlap == "refuse":
        raise InputError(
            f"{len(shared)} rows of val in {origin} show an image that is in train too (the first: "
            f"{shared[0].image_id}), so what is measured there would be remembered: drop them with --set "
            "data.overlap=drop, or build a set split by image"
        )
    dropped["val: image-in-train"] += len(shared)
    if not shared:
        del dropped["val: image-in-train"]
    rows = {item.row for item in shared}
    return [item for item in val if item.row not in rows]


def _fingerprint(items: Sequence[Example]) -> str:
    digest = hashlib.sha256()
    for item in items:
        digest.update("\x1f".join((item.split, item.picture, item.question, item.gold, "\n")).encode())
    return digest.hexdigest()[:16]


def _reasons(dropped: Mapping[str, int]) -> str:
    told = ", ".join(f"{count} rows {reason}" for reason, count in dropped.items())
    if any(reason.endswith(_SEVERAL) for reason in dropped):
        told += ". Training takes one image a row: leave one in the column 'images' of each, or another set"
    return told
