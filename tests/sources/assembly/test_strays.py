"""Boxes that do not fit their image, and the frame they are in instead."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from stvqa.pictures import ImageSize
from stvqa.sources.assembly import RawObject
from stvqa.sources.assembly.strays import FRAME_NAMES, do_not_fit, fitting_frames, named_frame, strays

SIZE = ImageSize(640, 480)


def objects(*boxes: tuple[float, float, float, float]) -> list[RawObject]:
    return [RawObject(str(number), ("cup",), *box) for number, box in enumerate(boxes)]


def drawn(size: ImageSize, count: int = 60, *, seed: int = 3) -> np.ndarray:
    """Boxes x, y, width, height over the whole of an image, some up to its border."""
    random = np.random.default_rng(seed)
    corners = np.sort(random.random((count, 2, 2)), axis=1).reshape(count, 4)
    corners[:: count // 6, 2:] = 1
    boxes = np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], axis=1)
    return boxes * [*size, *size]


@pytest.mark.parametrize(
    ("box", "stray"),
    [
        ((0, 0, 640, 480), False),
        ((-10, -8, 100, 100), False),  # up to three hundredths beyond the border
        ((-20, 0, 100, 100), True),
        ((600, 0, 100, 50), True),
        ((700, 10, 20, 20), True),
        ((0, 300, 50, 250), True),
        ((50, 50, -20, 10), True),
        ((0.2, 0.3, 0.5, 0.4), True),
        # Wrong in whatever frame: a part, and no sign of another frame.
        ((50, 50, 0, 10), False),
        ((float("nan"), 50, 10, 10), False),
        ((50, 50, float("inf"), 10), False),
    ],
)
def test_what_is_a_stray(box: tuple[float, float, float, float], *, stray: bool) -> None:
    assert strays(objects(box), SIZE) == stray


def test_a_tenth_of_strays_is_the_most() -> None:
    good, bad = (10, 10, 50, 50), (700, 10, 50, 50)
    assert not do_not_fit(objects(*[good] * 9, bad), SIZE)
    assert do_not_fit(objects(*[good] * 8, bad), SIZE)
    assert not do_not_fit(objects(*[good] * 18, bad, bad), SIZE)
    assert do_not_fit(objects(*[good] * 17, bad, bad), SIZE)
    assert not do_not_fit([], SIZE)


def as_corners(boxes: np.ndarray) -> np.ndarray:
    return np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)


def as_centres(boxes: np.ndarray) -> np.ndarray:
    return np.concatenate([boxes[:, :2] + boxes[:, 2:] / 2, boxes[:, 2:]], axis=1)


def in_frame(frame: str, size: ImageSize, *, cornered: bool) -> np.ndarray:
    """What a source writes whose boxes are in a frame, as x, y, width and height are read from it."""
    boxes = drawn(size)
    scales = {
        "shares": (1 / size.width, 1 / size.height),
        "thousandths": (1000 / size.width, 1000 / size.height),
        "long-side-1024": (1024 / max(size), 1024 / max(size)),
    }
    written = boxes * np.tile(scales.get(frame, (1, 1)), 2)
    if frame == "centres":
        written = as_centres(boxes)
    elif (frame == "corners") or (cornered and frame != "sides"):
        written = as_corners(written)
    if not cornered:
        return written
    return np.concatenate([written[:, :2], written[:, 2:] - written[:, :2]], axis=1)


CASES = [(frame, cornered) for frame in FRAME_NAMES for cornered in (False, True)]


@pytest.mark.parametrize("size", [SIZE, ImageSize(375, 500), ImageSize(600, 600), ImageSize(1280, 960)])
@pytest.mark.parametrize(
    ("frame", "cornered"), [case for case in CASES if case not in [("corners", True), ("sides", False)]]
)
def test_a_frame_is_named(frame: str, *, cornered: bool, size: ImageSize) -> None:
    things = objects(*in_frame(frame, size, cornered=cornered).tolist())
    counts = fitting_frames(things, size, cornered=cornered)
    if frame in ("long-side-1024", "thousandths") and (size == ImageSize(1280, 960) or size.width == size.height):
        # Numbers that fit the image are no strays; and of a square image the two frames are nearly one.
        assert named_frame(counts) in ("", *(FRAME_NAMES[name] for name in ("long-side-1024", "thousandths")))
        return
    assert do_not_fit(things, size)
    assert named_frame(counts) == FRAME_NAMES[frame]


def test_pixels_of_nothing_usual_are_not_named() -> None:
    counts = fitting_frames(objects(*(drawn(SIZE) * 3).tolist()), SIZE, cornered=False)
    assert named_frame(counts) == ""
    assert named_frame({}) == ""


@pytest.mark.parametrize("scale", [1.3, 1.5])
def test_boxes_of_a_larger_copy_are_of_no_fixed_range(scale: float) -> None:
    things = objects(*(drawn(ImageSize(500, 375)) * scale).tolist())
    assert do_not_fit(things, ImageSize(500, 375))
    assert named_frame(fitting_frames(things, ImageSize(500, 375), cornered=False)) == ""


def test_counts_add_up_over_images() -> None:
    parts = [fitting_frames(objects(*rows.tolist()), SIZE, cornered=False) for rows in np.split(drawn(SIZE), 4)]
    assert sum(parts, Counter()) == fitting_frames(objects(*drawn(SIZE).tolist()), SIZE, cornered=False)
