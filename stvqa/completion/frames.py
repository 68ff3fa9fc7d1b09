"""Box frames: in which numbers a model speaks of places in an image.

    original-pixels   pixels of the image as it was given (the paper)
    resized-pixels    pixels of the image as the processor resized it (Qwen2.5-VL)
    thousandths       0 to 1000 across and down, whatever the image's size (Qwen2-VL, Qwen3-VL)

A model that is asked for boxes in another frame than it was trained on earns next to nothing from its boxes, without
an error. So the frame is chosen from the model's config, the prompt states it, the truth is converted to it, and
the reward divides by its size.

    frame = frame_of_model({"model_type": "qwen2_5_vl"}, max_pixels=1_003_520)
    frame.size(1000, 750)                                          # FrameSize(width=1008, height=756)
    frame.from_pixels(as_boxes([(10, 20, 500, 700)]), 1000, 750)   # [[10, 20, 504, 706]]
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, cast, get_args

import numpy as np
from numpy.typing import NDArray

from stvqa.errors import InputError

__all__ = ["ORIGINAL_PIXELS", "THOUSANDTHS", "BoxFrame", "FrameKind", "FrameSize", "frame_of_model", "resized"]

Array = NDArray[np.float64]

FrameKind = Literal["original-pixels", "resized-pixels", "thousandths"]

_PARTS = 1000
_LONGEST_RATIO = 200
"""Qwen's resize refuses images of which one side is more than 200 times the other."""

_MIN_PIXELS, _MAX_PIXELS = 56 * 56, 14 * 14 * 4 * 1280
"""Bounds of Qwen2-VL's and Qwen2.5-VL's image processors where a model names none."""

_FRAME_OF_TYPE: dict[str, FrameKind] = {
    "qwen2_vl": "thousandths",
    "qwen2_5_vl": "resized-pixels",
    "qwen2_5_omni": "resized-pixels",
    "qwen3_vl": "thousandths",
    "qwen3_vl_moe": "thousandths",
}
"""In which frame the published models of a `model_type` were taught to give boxes."""


class FrameSize(NamedTuple):
    """How far a frame reaches to the right and down, in its own units."""

    width: int
    height: int


class BoxFrame(NamedTuple):
    """A frame, and what the resize needs to know.

    Attributes:
        kind: see the module.
        factor: side of the squares that become one token, in pixels; sides of resized images are multiples of it.
        min_pixels: least number of pixels of a resized image.
        max_pixels: greatest number of pixels of a resized image.
    """

    kind: FrameKind = "original-pixels"
    factor: int = 28
    min_pixels: int = _MIN_PIXELS
    max_pixels: int = _MAX_PIXELS

    def size(self, width: int, height: int) -> FrameSize:
        """The frame's extent over an image of `width` x `height` pixels.

        Raises:
            InputError: the resize refuses such an image.
        """
        if self.kind == "original-pixels":
            return FrameSize(width, height)
        if self.kind == "thousandths":
            return FrameSize(_PARTS, _PARTS)
        return resized(width, height, factor=self.factor, min_pixels=self.min_pixels, max_pixels=self.max_pixels)

    def from_pixels(self, boxes: Array, width: int, height: int) -> Array:
        """Boxes in pixels of the original image, shape (n, 4), to this frame.

        In another frame than the original one they are whole numbers, as a model writes them, and a box that
        rounding would make empty keeps one unit. Original pixels stay as they are.

        Raises:
            InputError: the resize refuses such an image.
        """
        if self.kind == "original-pixels":
            return boxes
        size = self.size(width, height)
        scaled = np.rint(boxes * (np.array(size * 2) / np.array([width, height, width, height])))
        for low, high, end in ((0, 2, size.width), (1, 3, size.height)):
            empty = (scaled[:, low] >= scaled[:, high]) & (boxes[:, low] < boxes[:, high])
            scaled[empty, low] = np.minimum(scaled[empty, low], end - 1)
            scaled[empty, high] = scaled[empty, low] + 1
        return np.asarray(scaled)

    def to_pixels(self, boxes: Array, width: int, height: int) -> Array:
        """Boxes of this frame, shape (n, 4), in pixels of the original image, neither rounded nor clipped.

        Raises:
            InputError: the resize refuses such an image.
        """
        size = self.size(width, height)
        return np.asarray(boxes * (np.array([width, height, width, height]) / np.array(size * 2)))

    def in_words(self, width: int, height: int) -> str:
        """The frame for a prompt; fits after "the left, top, right and bottom edge".

        Raises:
            InputError: the resize refuses such an image.
        """
        if self.kind == "thousandths":
            return "in thousandths of the image: 0 is its left or top edge, 1000 its right or bottom edge"
        size = self.size(width, height)
        return f"in pixels of the image, which is {size.width} pixels wide and {size.height} pixels high"


ORIGINAL_PIXELS = BoxFrame("original-pixels")
THOUSANDTHS = BoxFrame("thousandths")


def resized(width: int, height: int, *, factor: int, min_pixels: int, max_pixels: int) -> FrameSize:
    """To what size the image processors of the Qwen-VL models resize: sides become multiples of `factor`.

    Each side is rounded to the nearest multiple; if the area is then over `max_pixels` or under `min_pixels`, both
    sides are scaled alike to that area and rounded down or up. It agrees with `smart_resize` of transformers.

    Raises:
        InputError: a side is no positive number, or one side is more than 200 times the other.
    """
    if min(width, height) < 1 or max(width, height) > _LONGEST_RATIO * min(width, height):
        limit = f"sides may differ by a factor of {_LONGEST_RATIO}"
        raise InputError(f"an image of {width} x {height} pixels cannot be resized for this model: {limit}")
    high, wide = round(height / factor) * factor, round(width / factor) * factor
    if high * wide > max_pixels:
        shrink = math.sqrt(height * width / max_pixels)
        high = max(factor, math.floor(height / shrink / factor) * factor)
        wide = max(factor, math.floor(width / shrink / factor) * factor)
    elif high * wide < min_pixels:
        grow = math.sqrt(min_pixels / (height * width))
        high = math.ceil(height * grow / factor) * factor
        wide = math.ceil(width * grow / factor) * factor
    return FrameSize(wide, high)


def frame_of_model(
    config: Mapping[str, Any],
    *,
    kind: str | None = None,
    min_pixels: int | None = None,
    max_pixels: int | None = None,
) -> BoxFrame:
    """The frame that a model speaks in.

    Args:
        config: the model's `config.json` as a mapping (`PretrainedConfig.to_dict()`); `model_type` decides, and the
            patch size of `vision_config` gives the factor.
        kind: a frame to use instead of the model's own.
        min_pixels: the processor's bound on resized images; None for the default of Qwen's processors.
        max_pixels: the same.

    Raises:
        InputError: an unknown `kind`, or a model whose frame is not known and no `kind`.
    """
    known = get_args(FrameKind)
    if kind is not None and kind not in known:
        raise InputError(f"there is no box frame {kind!r}: choose one of {', '.join(known)}")
    model_type = str(config.get("model_type", ""))
    chosen = cast("FrameKind | None", kind) or _FRAME_OF_TYPE.get(model_type)
    if chosen is None:
        raise InputError(
            f"it is not known in which frame models of type {model_type!r} give boxes (known: "
            f"{', '.join(_FRAME_OF_TYPE)}): name the frame, one of {', '.join(known)}"
        )
    vision = config.get("vision_config") or {}
    factor = int(vision.get("patch_size") or 14) * int(vision.get("spatial_merge_size") or 2)
    return BoxFrame(
        chosen,
        factor=factor,
        min_pixels=_MIN_PIXELS if min_pixels is None else min_pixels,
        max_pixels=_MAX_PIXELS if max_pixels is None else max_pixels,
    )
