"""Estimated depth: any `depth-estimation` model of transformers, from the Hub or a local folder.

    estimator = DepthEstimator("depth-anything/Depth-Anything-V2-Small-hf")
    scene = estimator.estimate(scene, open_image(scene.image, width=scene.width, height=scene.height))
    scene.objects[0].space.depth_m     # 2.31, in the model's own unit; larger is farther
    scene.space_evidence               # "estimated"

Models give one of two things. Metric ones (GLPN, ZoeDepth, Depth Pro, Depth Anything's metric ones) give metres.
The others (DPT/MiDaS, Depth Anything) give inverse depth up to an unknown scale and shift; of it only the order
and the share of the image's own range can be used. It becomes 10 ** (1 - n), where n is 0 at the far and 1 at
the near end of the range (1st and 99th percentile): 1 is near, 10 is far, and a ratio of 1.3 between two depths,
the usual margin, is 11 % of the range wherever it lies. It is no distance, only farther or nearer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from stvqa.errors import InputError, StvqaError
from stvqa.records import Box, ObjectSpace, SceneGraph

__all__ = ["DepthEstimator", "DepthKind", "DepthMap", "depths_of_boxes", "farther_is_larger"]

DepthMap = NDArray[np.float64]
"""Shape (height, width) of the image; larger is farther."""

DepthKind = Literal["metric", "inverse"]

_METRIC_MODELS = frozenset({"glpn", "zoedepth", "depth_pro"})
_TYPED_MODELS = frozenset({"depth_anything", "prompt_depth_anything"})
"""Their configs say which they are, `depth_estimation_type`."""

_RANGE_PERCENTILES = (1, 99)
_CENTRAL_SHARE = 0.5
"""Share of a box's width and height that is looked at first: towards the border there is more background."""

_LEAST_PIXELS_SHARE = 0.05
_NEARER_RATIO = 1.1
"""Another object is nearer, and hides, where its depth is less by this ratio."""
_SMALLER_SHARE = 0.7
"""A box of less than this share of another's area does not stand for the same thing."""


class _Pipeline(Protocol):
    """What is used of a transformers pipeline."""

    model: Any

    def __call__(self, inputs: list[Image.Image], *, batch_size: int) -> list[dict[str, Any]]: ...


class DepthEstimator:
    """A depth model and how to read it.

    Args:
        model: Hub id or local folder.
        device: as torch names it, `cpu`, `cuda:0`.
        batch_size: images of one size that go through the model together.
        kind: what the model gives; None to take it from the model's type and config.
        pipeline: a loaded pipeline to use in place of `model`.
    """

    def __init__(
        self,
        model: str,
        *,
        device: str = "cpu",
        batch_size: int = 4,
        kind: DepthKind | None = None,
        pipeline: _Pipeline | None = None,
    ) -> None:
        self.model = model
        self.device = device
        self.batch_size = batch_size
        self._kind = kind
        self._pipeline = pipeline

    def estimate(self, scene: SceneGraph, image: Image.Image) -> SceneGraph:
        """The scene with a depth for each object that can be seen, see `estimate_batch`."""
        return self.estimate_batch([scene], [image])[0]

    def estimate_batch(self, scenes: Sequence[SceneGraph], images: Sequence[Image.Image]) -> list[SceneGraph]:
        """Scenes with `ObjectSpace.depth_m` and `space_evidence="estimated"`.

        An object whose pixels are all hidden behind nearer boxes gets none. What a scene knew of space
        before is replaced: evidence is not mixed.

        Args:
            scenes: any number.
            images: their images, of the sizes that the scenes state.

        Raises:
            StvqaError: the `train` extra is not installed.
            InputError: no such model, no depth model, or one that does not tell what it gives.
        """
        maps = self._maps(images)
        return [_with_depths(scene, depth) for scene, depth in zip(scenes, maps, strict=True)]

    def _maps(self, images: Sequence[Image.Image]) -> list[DepthMap]:
        """One map an image. Images of one size go together: models batch no others."""
        pipeline = self._load()
        kind = self._kind or _kind_of(pipeline.model.config, self.model)
        by_size: dict[tuple[int, int], list[int]] = {}
        for index, image in enumerate(images):
            by_size.setdefault(image.size, []).append(index)
        found: dict[int, DepthMap] = {}
        for indices in by_size.values():
            # A flat map makes the pipeline's own preview divide by zero; the preview is not used.
            with np.errstate(invalid="ignore", divide="ignore"):
                outputs = pipeline([images[index] for index in indices], batch_size=self.batch_size)
            for index, output in zip(indices, outputs, strict=True):
                found[index] = farther_is_larger(np.asarray(output["predicted_depth"], dtype=np.float64), kind=kind)
        return [found[index] for index in range(len(images))]

    def _load(self) -> _Pipeline:
        if self._pipeline is None:
            self._pipeline = _load_pipeline(self.model, self.device)
        return self._pipeline


def farther_is_larger(predicted: NDArray[np.float64], *, kind: DepthKind) -> DepthMap:
    """A model's output as a map where larger is farther; see the module for `inverse`.

    Args:
        predicted: shape (height, width), or with leading axes of length 1.
        kind: metric output is returned as it is, in metres.
    """
    values = predicted.reshape(predicted.shape[-2:])
    if kind == "metric":
        return values
    far, near = np.percentile(values, _RANGE_PERCENTILES)
    if near - far <= 0:
        return np.ones_like(values)
    nearness = (values - far) / (near - far)
    depths: DepthMap = 10.0 ** (1.0 - nearness)
    return depths


def depths_of_boxes(depth: DepthMap, boxes: Sequence[Box]) -> list[float | None]:
    """Depth of the object in each box: the median over the central part of its box.

    Left out are pixels under boxes that are nearer, as the objects in those hide it, and under clearly
    smaller boxes: those are things before it or parts of it, and without them there is still enough of
    it. Where too few pixels are left (5 %), the whole box is looked at, then smaller boxes are let in
    again; where only nearer boxes are left, there is no depth. Which of two is nearer is told by the
    medians without leaving anything out.

    Args:
        depth: shape (height, width), larger is farther.
        boxes: pixels of that image.

    Returns:
        Depths in the map's unit, None for objects that cannot be seen; rounded to 4 digits.
    """
    first = [float(np.median(_cut(depth, _central(box)))) for box in boxes]
    areas = [(box.x2 - box.x1) * (box.y2 - box.y1) for box in boxes]
    found: list[float | None] = []
    for index, box in enumerate(boxes):
        nearer = [over for over, other in zip(boxes, first, strict=True) if other * _NEARER_RATIO < first[index]]
        smaller = [over for over, area in zip(boxes, areas, strict=True) if area < _SMALLER_SHARE * areas[index]]
        found.append(_first_depth(depth, box, covers=(nearer + smaller, nearer)))
    return found


def _first_depth(depth: DepthMap, box: Box, *, covers: Sequence[Sequence[Box]]) -> float | None:
    """Median under the first set of covers that leaves enough, of the central part or else the whole box."""
    for over in covers:
        hidden = np.zeros(depth.shape, dtype=bool)
        for cover in over:
            _cut(hidden, cover)[:] = True
        for area in (_central(box), box):
            seen = _cut(depth, area)[~_cut(hidden, area)]
            if seen.size >= max(1, _LEAST_PIXELS_SHARE * _cut(hidden, area).size):
                return round(float(np.median(seen)), 4)
    return None


def _with_depths(scene: SceneGraph, depth: DepthMap) -> SceneGraph:
    if depth.shape != (scene.height, scene.width):
        raise ValueError(f"a depth map of {depth.shape} for {scene.image_id} of {scene.width} x {scene.height}")
    depths = depths_of_boxes(depth, [entry.box for entry in scene.objects])
    objects = tuple(
        entry.model_copy(update={"space": None if metres is None else ObjectSpace(depth_m=metres)})
        for entry, metres in zip(scene.objects, depths, strict=True)
    )
    evidence = "estimated" if any(metres is not None for metres in depths) else None
    return scene.model_copy(update={"objects": objects, "space_evidence": evidence})


def _central(box: Box) -> Box:
    margin_x = (box.x2 - box.x1) * (1 - _CENTRAL_SHARE) / 2
    margin_y = (box.y2 - box.y1) * (1 - _CENTRAL_SHARE) / 2
    return Box(box.x1 + margin_x, box.y1 + margin_y, box.x2 - margin_x, box.y2 - margin_y)


def _cut(values: NDArray[Any], box: Box) -> NDArray[Any]:
    """The pixels of a box, at least one."""
    left, top = min(int(box.x1), values.shape[1] - 1), min(int(box.y1), values.shape[0] - 1)
    right, bottom = max(left + 1, round(box.x2)), max(top + 1, round(box.y2))
    return values[top:bottom, left:right]


def _kind_of(config: Any, model: str) -> DepthKind:  # noqa: ANN401 - transformers' configs have no common base with types
    """What a model gives, as far as its type and config tell."""
    model_type = str(getattr(config, "model_type", ""))
    if model_type in _METRIC_MODELS:
        return "metric"
    if model_type in _TYPED_MODELS:
        return "metric" if config.depth_estimation_type == "metric" else "inverse"
    # DPT with a DINOv2 backbone was published with heads for NYU and KITTI, in metres; all others follow MiDaS.
    backbone = str(getattr(getattr(config, "backbone_config", None), "model_type", ""))
    if model_type == "dpt":
        return "metric" if backbone == "dinov2" else "inverse"
    raise InputError(
        f"the depth model {model} is of type {model_type!r}, which is not known: say kind metric or inverse"
    )


def _load_pipeline(model: str, device: str) -> _Pipeline:
    try:
        # Torch takes seconds to import and is no part of the base install.
        import torch  # noqa: F401, PLC0415 - transformers reports a missing torch in many other words
        from transformers import pipeline  # noqa: PLC0415
    except ImportError as error:
        raise StvqaError(f"estimated depth needs torch and transformers ({error}): pip install stvqa[train]") from error
    try:
        loaded: _Pipeline = pipeline("depth-estimation", model=model, device=device)
    except (OSError, ValueError) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise InputError(
            f"{model} cannot be loaded as a depth model ({reason}): name a depth-estimation model of the Hub, or a "
            "local folder that holds one"
        ) from error
    return loaded
