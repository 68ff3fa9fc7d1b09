"""Pictures that cannot be trained on, found before a training begins: every one is decoded and put to the processor.

data = with_usable_pictures(data, speaker)
data.dropped        # {"train: image-refused": 3}
data.notes          # ("left out: row 37f546a8, an image of 6000 x 24 pixels that the processor refuses (...)",)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from PIL import Image

from stvqa.errors import InputError
from stvqa.train.data import Example, TrainingData
from stvqa.train.feeding import picture_of
from stvqa.train.loading import Speaker

__all__ = ["with_usable_pictures"]

_SHOWN = 3
"""Rows of each reason that are named; all are counted."""


class _Fault(NamedTuple):
    """Why a picture is of no use: a slug, and what is told of it."""

    reason: str
    told: str


def with_usable_pictures(data: TrainingData, speaker: Speaker) -> TrainingData:
    """The rows whose pictures can be decoded, and that the frame and the processor take; the others are counted.

    Each picture is decoded once, however many rows show it, and the processor is asked once a size.

    Raises:
        InputError: no row of train is left.
    """
    look = _looker(data, speaker)
    dropped, notes = Counter(data.dropped), list(data.notes)
    shown: Counter[str] = Counter()

    def kept(items: Sequence[Example]) -> list[Example]:
        found: list[Example] = []
        for item in items:
            fault = look(item)
            if fault is None:
                found.append(item)
                continue
            dropped[f"{item.split}: {fault.reason}"] += 1
            shown[fault.reason] += 1
            if shown[fault.reason] <= _SHOWN:
                notes.append(f"left out: row {item.row_id} of {item.split}, {fault.told}")
        return found

    train, val = kept(data.train), kept(data.val)
    notes += [f"left out: {count - _SHOWN:,} more rows, {why}" for why, count in shown.items() if count > _SHOWN]
    if not train:
        first = next(note for note in notes if note.startswith("left out: row"))
        raise InputError(f"no picture of {data.origin} can be trained on with {speaker.path} ({first})")
    return data._replace(train=train, val=val, dropped=dict(sorted(dropped.items())), notes=tuple(notes))


def _looker(data: TrainingData, speaker: Speaker) -> Callable[[Example], _Fault | None]:
    """Looks at the picture of a row, at each picture and each size once."""
    of_picture: dict[tuple[str, int, int], _Fault | None] = {}
    of_size: dict[tuple[int, int], _Fault | None] = {}

    def look(item: Example) -> _Fault | None:
        shown = (item.picture, item.width, item.height)  # the size tells the frame of a picture with a tag
        if shown not in of_picture:
            of_picture[shown] = opened(item)
        return of_picture[shown] or _frame_fault(item, speaker)

    def opened(item: Example) -> _Fault | None:
        try:
            picture = picture_of(data, item)
        except InputError as error:
            return _Fault("image-unreadable", str(error))
        if picture.size not in of_size:
            of_size[picture.size] = _processor_fault(picture, speaker.processor.image_processor)
        return of_size[picture.size]

    return look


def _processor_fault(picture: Image.Image, images: Any) -> _Fault | None:  # noqa: ANN401 (processors have no common type)
    """What the image processor says to a picture of this size; its arithmetic alone, where it offers that."""
    try:
        if hasattr(images, "get_number_of_image_patches"):
            images.get_number_of_image_patches(picture.height, picture.width)
        else:
            images(images=[picture])
    except Exception as error:  # noqa: BLE001 (what a model's own processor raises is not known beforehand)
        said = (str(error).strip().splitlines() or [type(error).__name__])[0]
        size = f"{picture.width} x {picture.height}"
        return _Fault("image-refused", f"an image of {size} pixels that the processor refuses ({said})")
    return None


def _frame_fault(item: Example, speaker: Speaker) -> _Fault | None:
    """The frame goes by the size that the row states, which need not be the picture's."""
    try:
        speaker.wording.frame.size(item.width, item.height)
    except InputError as error:
        return _Fault("image-refused", str(error))
    return None
