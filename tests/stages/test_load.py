from __future__ import annotations

import json
from pathlib import Path

import pytest
from depth_models import tiny_dpt
from PIL import Image

from stvqa.records import Rejection, SceneGraph
from stvqa.stages.contract import StageContext
from stvqa.stages.load import Load


@pytest.fixture
def root(tmp_path):
    """Two official images, one with a picture, one with a damaged one."""
    (tmp_path / "VG_100K").mkdir()
    Image.linear_gradient("L").resize((320, 240)).convert("RGB").save(tmp_path / "VG_100K" / "1.jpg")
    whole = (tmp_path / "VG_100K" / "1.jpg").read_bytes()
    (tmp_path / "VG_100K" / "2.jpg").write_bytes(whole[: len(whole) // 2])
    images, graphs = [], []
    for number in (1, 2):
        url = f"https://example.org/VG_100K/{number}.jpg"
        images.append({"image_id": number, "url": url, "width": 320, "height": 240, "coco_id": None, "flickr_id": None})
        boxes = {"dog": (-9, 10, 100, 60), "car": (200, 150, 100, 60)}
        objects = [
            {"object_id": 10 * number + n, "x": x, "y": y, "w": w, "h": h, "names": [name], "synsets": []}
            for n, (name, (x, y, w, h)) in enumerate(boxes.items())
        ]
        graphs.append({"image_id": number, "objects": objects, "relationships": []})
    (tmp_path / "image_data.json").write_text(json.dumps(images))
    (tmp_path / "scene_graphs.json").write_text(json.dumps(graphs))
    return tmp_path


@pytest.fixture
def tiny_depth_model(tmp_path):
    """A DPT of real architecture with random weights."""
    pytest.importorskip("torch")
    return tiny_dpt(tmp_path / "dpt")


def run(stage):
    context = StageContext(seed=1)
    return list(stage.run(iter(stage.partitions()), context)), context


def test_scenes_and_counted_mends(root):
    found, context = run(Load(source="vg", root=root))
    assert [item.image_id for item in found] == ["vg:1", "vg:2"]
    assert context.counts["mends.box-negative"] == 2


def test_a_limit_counts_images(root):
    found, _ = run(Load(source="vg", root=root, limit=1))
    assert [item.image_id for item in found] == ["vg:1"]


def test_depth_is_estimated_from_pixels_and_a_damaged_image_is_refused(root, tiny_depth_model):
    (scene, refused), _ = run(Load(source="vg", root=root, depth_model=str(tiny_depth_model)))
    assert isinstance(scene, SceneGraph)
    assert scene.space_evidence == "estimated"
    assert all(item.space.depth_m > 0 for item in scene.objects)
    assert isinstance(refused, Rejection)
    assert refused.reason == "image-unreadable"


def test_simulated_space_is_never_overwritten():
    found, _ = run(Load(source="demo", limit=1, depth_model="not-a-model"))
    assert found[0].space_evidence == "simulated"


def test_the_fingerprint_follows_the_files(root):
    before = Load(source="vg", root=root).fingerprint()
    (root / "scene_graphs.json").write_text((root / "scene_graphs.json").read_text() + "\n")
    assert Load(source="vg", root=root).fingerprint() != before


def test_the_fingerprint_follows_a_local_depth_model_and_no_other(root, tmp_path):
    plain = Load(source="vg", root=root).fingerprint()
    assert Load(source="vg", root=root, depth_model="org/on-the-hub").fingerprint() == plain
    model = tmp_path / "model" / "weights"
    model.mkdir(parents=True)
    (model / "model.safetensors").write_bytes(b"1234")
    stage = Load(source="vg", root=root, depth_model=str(tmp_path / "model"))
    before = stage.fingerprint()
    assert before != plain
    assert stage.fingerprint() == before
    (model / "model.safetensors").write_bytes(b"12345")
    assert stage.fingerprint() != before


def test_a_worker_gets_absolute_paths_and_the_stage_keeps_its_own(root, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "depth").mkdir()
    stage = Load(source="vg", root=Path(), depth_model="depth")
    sent = stage.anywhere()
    assert (sent.root, sent.depth_model) == (tmp_path, str(tmp_path / "depth"))
    assert (stage.root, stage.depth_model) == (Path(), "depth")
    assert sent.fingerprint() == stage.fingerprint()
    assert Load(source="vg", root=root, depth_model="org/on-the-hub").anywhere().depth_model == "org/on-the-hub"
    assert Load(source="demo", limit=1).anywhere() == Load(source="demo", limit=1)
    monkeypatch.chdir("/")
    found, _ = run(Load.model_validate_json(Load(source="vg", root=tmp_path).anywhere().model_dump_json()))
    assert [item.image_id for item in found] == ["vg:1", "vg:2"]
