"""Estimated depth: exact numbers with a fake pipeline, and real architectures with random weights."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from depth_models import tiny_dpt
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from stvqa.errors import InputError, StvqaError
from stvqa.records import Box, ImageReference, ObjectSpace, SceneGraph, SceneObject
from stvqa.sources.depth import DepthEstimator, depths_of_boxes, farther_is_larger


class FakePipeline:
    """Gives prepared maps by image size; notes how it was called."""

    def __init__(self, maps: dict[tuple[int, int], Any], **config: Any) -> None:
        self.maps = maps
        self.model = SimpleNamespace(config=SimpleNamespace(**config))
        self.calls: list[tuple[int, int]] = []

    def __call__(self, inputs: list[Image.Image], *, batch_size: int) -> list[dict[str, Any]]:
        self.calls.append((len(inputs), batch_size))
        return [{"predicted_depth": self.maps[image.size]} for image in inputs]


def scene(*boxes: tuple[float, float, float, float], width: int = 80, height: int = 40) -> SceneGraph:
    objects = tuple(SceneObject(id=f"cup.{n + 1}", name="cup", box=Box(*box)) for n, box in enumerate(boxes))
    return SceneGraph(
        image_id="vg:1",
        source="vg",
        source_image_id="1",
        width=width,
        height=height,
        image=ImageReference(kind="placeholder"),
        objects=objects,
    )


def depths(graph: SceneGraph) -> list[float | None]:
    return [entry.space.depth_m if entry.space else None for entry in graph.objects]


def two_planes() -> np.ndarray[Any, np.dtype[np.float64]]:
    """5 m everywhere, 2 m in the left half."""
    values = np.full((40, 80), 5.0)
    values[:, :40] = 2.0
    return values


def test_metric_depths_are_taken_as_they_are() -> None:
    fake = FakePipeline({(80, 40): two_planes()}, model_type="glpn")
    found = DepthEstimator("x", pipeline=fake, batch_size=3).estimate(
        scene((0, 0, 30, 40), (50, 0, 80, 40)), Image.new("RGB", (80, 40))
    )
    assert depths(found) == [2.0, 5.0]
    assert found.space_evidence == "estimated"
    assert fake.calls == [(1, 3)]


def test_inverse_depth_is_turned_round() -> None:
    fake = FakePipeline({(80, 40): 1 / two_planes()}, model_type="depth_anything", depth_estimation_type="relative")
    found = DepthEstimator("x", pipeline=fake).estimate(
        scene((0, 0, 30, 40), (50, 0, 80, 40)), Image.new("RGB", (80, 40))
    )
    assert depths(found) == [1.0, 10.0]


def test_images_of_one_size_go_together_and_keep_their_order() -> None:
    maps = {(80, 40): two_planes(), (40, 20): np.full((20, 40), 7.0)}
    fake = FakePipeline(maps, model_type="zoedepth")
    scenes = [scene((0, 0, 30, 40)), scene((0, 0, 9, 9), width=40, height=20), scene((50, 0, 80, 40))]
    images = [Image.new("RGB", (graph.width, graph.height)) for graph in scenes]
    found = DepthEstimator("x", pipeline=fake).estimate_batch(scenes, images)
    assert [depths(graph) for graph in found] == [[2.0], [7.0], [5.0]]
    assert [count for count, _ in fake.calls] == [2, 1]


def test_the_centre_counts_and_not_the_background() -> None:
    values = np.full((40, 80), 9.0)
    values[10:30, 20:60] = 3.0
    assert depths_of_boxes(values, [Box(10, 5, 70, 35)]) == [3.0]


def test_a_nearer_box_in_front_is_left_out() -> None:
    values = np.full((40, 80), 8.0)
    values[8:32, 10:50] = 2.0
    assert depths_of_boxes(values, [Box(10, 8, 50, 32), Box(20, 0, 80, 40)]) == [2.0, 8.0]


def test_a_thing_behind_the_middle_of_which_another_stands_has_the_depth_of_its_rest() -> None:
    values = np.full((40, 80), 6.0)
    values[5:35, 15:65] = 2.0
    wall, person, shirt = Box(0, 0, 80, 40), Box(15, 5, 65, 35), Box(15, 8, 65, 22)
    assert depths_of_boxes(values, [wall, person, shirt]) == [6.0, 2.0, 2.0]


def test_an_object_that_nearer_boxes_cover_wholly_has_no_depth() -> None:
    values = np.full((40, 80), 2.0)
    values[10:20, 30:50] = 6.0
    hidden = Box(30, 10, 50, 20)
    found = depths_of_boxes(values, [hidden, Box(0, 0, 42, 40), Box(38, 0, 80, 40)])
    assert found == [None, 2.0, 2.0]


def test_a_scene_whose_depths_all_fail_claims_no_evidence_and_old_space_goes() -> None:
    graph = scene()
    fake = FakePipeline({(80, 40): two_planes()}, model_type="glpn")
    assert DepthEstimator("x", pipeline=fake).estimate(graph, Image.new("RGB", (80, 40))).space_evidence is None
    known = scene((0, 0, 30, 40))
    old = known.objects[0].model_copy(update={"space": ObjectSpace(depth_m=99, heading_degrees=10)})
    mixed = known.model_copy(update={"objects": (old,), "space_evidence": "simulated"})
    found = DepthEstimator("x", pipeline=fake).estimate(mixed, Image.new("RGB", (80, 40)))
    assert found.objects[0].space == ObjectSpace(depth_m=2.0)


@given(values=st.lists(st.floats(0, 100), min_size=4, max_size=30))
def test_turning_inverse_depth_round_keeps_the_order(values: list[float]) -> None:
    inverse = np.array([values])
    turned = farther_is_larger(inverse, kind="inverse")
    assert np.isfinite(turned).all()
    order = np.argsort(inverse[0], kind="stable")
    assert (np.diff(turned[0][order]) <= 0).all()


def test_a_ratio_of_1_3_is_the_same_share_of_the_range_everywhere() -> None:
    ramp = np.linspace(0, 1, 1001)[None, :]
    turned = farther_is_larger(ramp, kind="inverse")[0]
    ratios = turned[:-114] / turned[114:]
    assert ratios.min() == pytest.approx(ratios.max())
    assert ratios.min() == pytest.approx(1.3, abs=0.01)


def test_a_flat_map_says_nothing() -> None:
    assert (farther_is_larger(np.full((1, 3, 4), 5.0), kind="inverse") == np.ones((3, 4))).all()


@pytest.mark.parametrize(
    ("config", "near_is"),
    [
        ({"model_type": "depth_anything", "depth_estimation_type": "metric"}, "metric"),
        ({"model_type": "depth_pro"}, "metric"),
        ({"model_type": "dpt", "backbone_config": None}, "inverse"),
        ({"model_type": "dpt", "backbone_config": SimpleNamespace(model_type="dinov2")}, "metric"),
    ],
)
def test_the_kind_is_taken_from_the_config(config: dict[str, Any], near_is: str) -> None:
    fake = FakePipeline({(80, 40): two_planes()}, **config)
    found = depths(DepthEstimator("x", pipeline=fake).estimate(scene((0, 0, 30, 40)), Image.new("RGB", (80, 40))))
    assert found == [2.0 if near_is == "metric" else 10.0]


def test_an_unknown_kind_has_to_be_said() -> None:
    fake = FakePipeline({(80, 40): two_planes()}, model_type="chmv2")
    with pytest.raises(InputError, match="say kind metric or inverse"):
        DepthEstimator("some/model", pipeline=fake).estimate(scene(), Image.new("RGB", (80, 40)))
    said = DepthEstimator("some/model", pipeline=fake, kind="metric")
    assert depths(said.estimate(scene((0, 0, 30, 40)), Image.new("RGB", (80, 40)))) == [2.0]


def test_without_the_extra_the_message_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(StvqaError, match=r"pip install stvqa\[train\]"):
        DepthEstimator("some/model").estimate(scene(), Image.new("RGB", (80, 40)))


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    with pytest.raises(InputError, match="cannot be loaded as a depth model"):
        DepthEstimator(str(tmp_path)).estimate(scene(), Image.new("RGB", (80, 40)))


def tiny_depth_anything(folder: Path) -> Path:
    from transformers import DepthAnythingConfig, DepthAnythingForDepthEstimation, Dinov2Config, DPTImageProcessor

    backbone = Dinov2Config(
        hidden_size=32,
        num_hidden_layers=4,
        num_attention_heads=4,
        image_size=28,
        patch_size=14,
        out_features=["stage1", "stage2", "stage3", "stage4"],
        apply_layernorm=True,
        reshape_hidden_states=False,
    )
    config = DepthAnythingConfig(
        backbone_config=backbone,
        reassemble_hidden_size=32,
        patch_size=14,
        neck_hidden_sizes=[8, 8, 8, 8],
        fusion_hidden_size=8,
        head_hidden_size=8,
        depth_estimation_type="metric",
        max_depth=20,
    )
    DepthAnythingForDepthEstimation(config).save_pretrained(folder)
    DPTImageProcessor(size={"height": 28, "width": 28}, keep_aspect_ratio=True, ensure_multiple_of=14).save_pretrained(
        folder
    )
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("make", [tiny_dpt, tiny_depth_anything])
def test_real_architectures_run_from_a_local_folder(tmp_path: Path, make: Any) -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    estimator = DepthEstimator(str(make(tmp_path / "model")), batch_size=2)
    noise = np.random.default_rng(0).integers(0, 255, (40, 80, 3), dtype=np.uint8)
    scenes = [scene((0, 0, 30, 40), (50, 0, 80, 40)), scene((10, 10, 20, 20)), scene((0, 0, 9, 9), width=48, height=36)]
    images = [Image.fromarray(noise), Image.fromarray(noise[::-1].copy()), Image.fromarray(noise[:36, :48].copy())]
    found = estimator.estimate_batch(scenes, images)
    assert [len(depths(graph)) for graph in found] == [2, 1, 1]
    assert all(value is not None and np.isfinite(value) for graph in found for value in depths(graph))
    alone = estimator.estimate(scenes[1], images[1])
    assert depths(alone) == pytest.approx(depths(found[1]), rel=1e-3)
