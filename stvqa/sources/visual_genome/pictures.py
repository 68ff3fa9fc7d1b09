"""The image file of an annotated image: found in either folder, its real size held against the stated one.

    find_picture(layout.image_folders, image_id=1, folder=1)   # Path(".../VG_100K_2/1.jpg")

image_data.json is wrong for some images. Where the file's own size differs, the boxes decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from stvqa.pictures import ImageSize
from stvqa.sources.assembly import RawObject

__all__ = ["agreed_size", "find_picture"]

_EXTENSIONS = (".jpg", ".png")
_TOLERANCE_PIXELS = 1
_NEARLY = 0.01
_BOXES_TO_ONE_WRONG = 10


def find_picture(folders: Sequence[Path | None], *, image_id: int, folder: int) -> Path | None:
    """Path of an image: in the folder that its url tells (position, -1 for unknown), else in the other."""
    order = sorted(range(len(folders)), key=lambda position: position != folder)
    for position in order:
        base = folders[position]
        if base is None:
            continue
        for extension in _EXTENSIONS:
            path = base / f"{image_id}{extension}"
            if path.is_file():
                return path
    return None


def agreed_size(stated: ImageSize, real: ImageSize, *, objects: Iterable[RawObject]) -> ImageSize | None:
    """The size whose pixels the boxes are in, or None where that cannot be told.

    The real size stands when the boxes fit it about as well as the stated one: at most a tenth of them more
    reach beyond it, as single boxes are wrong themselves. A file of the same shape but
    another scale is a resized copy: the boxes may be in the pixels of either, so nothing is proved by them.
    """
    if stated == real:
        return real
    if min(stated) > 0:
        across, down = real.width / stated.width, real.height / stated.height
        if abs(across / down - 1) < _NEARLY and abs(across - 1) >= _NEARLY:
            return None
    boxes = list(objects)
    return real if _beyond(boxes, real) <= _beyond(boxes, stated) + len(boxes) // _BOXES_TO_ONE_WRONG else None


def _beyond(boxes: Sequence[RawObject], size: ImageSize) -> int:
    """How many boxes reach beyond the right or lower border."""
    return sum(
        box.x + box.width > size.width + _TOLERANCE_PIXELS or box.y + box.height > size.height + _TOLERANCE_PIXELS
        for box in boxes
    )
