"""All eight orientations, all sources, both frames: what is loaded, and what `datasets` shows of what is published."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pytest
from PIL import Image
from tagged_pictures import SWAPPING, pixels_of, shown, squares, tagged

from stvqa.records import Rejection, SceneGraph
from stvqa.sources import Source
from stvqa.sources.gqa import GqaSource
from stvqa.sources.images import image_bytes, open_image
from stvqa.sources.vg150 import Vg150Source
from stvqa.sources.visual_genome import VisualGenomeSource

Boxes = tuple[tuple[float, float, float, float], ...]

STORED, DISPLAYED = (64, 48), (48, 64)
FIT_BOTH: Boxes = ((2, 2, 20, 20), (24, 20, 20, 20))
FIT_STORED: Boxes = ((2, 2, 20, 20), (40, 20, 20, 20))
FIT_DISPLAYED: Boxes = ((2, 2, 20, 20), (20, 40, 20, 20))
FIT_NEITHER: Boxes = ((2, 2, 20, 20), (40, 40, 20, 20))
AMBIGUOUS = "image-orientation-ambiguous"


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeps what `datasets` prepares out of the user's cache."""
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")


def visual_genome(root: Path, data: bytes, boxes: Boxes, *, stated: tuple[int, int]) -> Source:
    (root / "VG_100K").mkdir(parents=True)
    (root / "VG_100K" / "1.jpg").write_bytes(data)
    image = {"image_id": 1, "width": stated[0], "height": stated[1], "url": "https://example.org/VG_100K/1.jpg"}
    things = [
        {"object_id": number, "names": [name], "x": x, "y": y, "w": w, "h": h}
        for number, (name, (x, y, w, h)) in enumerate(zip(("dog", "car"), boxes, strict=True))
    ]
    (root / "image_data.json").write_text(json.dumps([image]))
    graph = {"image_id": 1, "objects": things, "relationships": []}
    (root / "scene_graphs.json").write_text(json.dumps([graph]))
    return VisualGenomeSource(root)


def gqa(root: Path, data: bytes, boxes: Boxes, *, stated: tuple[int, int]) -> Source:
    (root / "images").mkdir(parents=True)
    (root / "images" / "1.jpg").write_bytes(data)
    things = {
        str(number): {"name": name, "x": x, "y": y, "w": w, "h": h}
        for number, (name, (x, y, w, h)) in enumerate(zip(("dog", "car"), boxes, strict=True))
    }
    graph = {"width": stated[0], "height": stated[1], "objects": things}
    (root / "train_sceneGraphs.json").write_text(json.dumps({"1": graph}))
    return GqaSource(root)


def vg150(root: Path, data: bytes, boxes: Boxes, *, stated: tuple[int, int]) -> Source:
    del stated  # the set has no column for it: the boxes alone tell
    root.mkdir()
    things = [
        {"id": f"{name}.1", "bbox": [x, y, x + w, y + h]}
        for name, (x, y, w, h) in zip(("dog", "car"), boxes, strict=True)
    ]
    row: dict[str, Any] = {"image_id": "1", "image": {"bytes": data, "path": None}, "objects": json.dumps(things)}
    table = datasets.Dataset.from_list([{**row, "relationships": "[]"}]).cast_column("image", datasets.Image())
    table.to_parquet(root / "train-00000-of-00001.parquet")
    return Vg150Source(str(root))


SOURCES = {"vg": visual_genome, "gqa": gqa, "vg150": vg150}


def read(source: Source) -> SceneGraph | Rejection:
    (item,) = (item for partition in source.partitions(limit=None) for item in source.read(partition))
    return item


def in_datasets(scene: SceneGraph, folder: Path) -> Image.Image:
    """The picture as somebody sees it who loads what was published."""
    folder.mkdir()
    encoded = image_bytes(scene.image, width=scene.width, height=scene.height)
    row = {"images": {"bytes": encoded.data, "path": f"1.{encoded.extension}"}}
    features = datasets.Features({"images": datasets.Image()})
    datasets.Dataset.from_list([row], features=features).to_parquet(folder / "train.parquet")
    (loaded,) = datasets.load_dataset("parquet", data_files=str(folder / "train.parquet"), split="train")
    return loaded["images"]


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("frame", ["stored", "displayed"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_what_is_published_is_what_the_boxes_are_in_or_nothing(
    tmp_path: Path, orientation: int, frame: str, name: str
) -> None:
    data = tagged(squares(), orientation, "PNG")
    turned = frame == "displayed" and orientation in SWAPPING
    size, boxes = (DISPLAYED, FIT_DISPLAYED) if turned else (STORED, FIT_STORED)
    item = read(SOURCES[name](tmp_path / "source", data, boxes, stated=size))
    if orientation in (2, 3, 4):
        assert (isinstance(item, Rejection), item.reason) == (True, AMBIGUOUS)
        return
    assert isinstance(item, SceneGraph)
    assert (item.width, item.height) == size
    mend = {"displayed": "image-orientation-applied", "stored": "image-orientation-removed"}[frame]
    assert (mend in item.mends) == (orientation in SWAPPING)
    wanted = shown(squares(), orientation) if turned else squares()
    loaded = in_datasets(item, tmp_path / "published")
    assert loaded.size == size
    assert 0x0112 not in loaded.getexif() or orientation == 1
    assert np.array_equal(np.asarray(loaded.convert("RGB")), wanted)
    assert np.array_equal(np.asarray(open_image(item.image, width=size[0], height=size[1])), wanted)


@pytest.mark.parametrize("name", ["vg", "gqa"])
@pytest.mark.parametrize("size", [STORED, DISPLAYED])
def test_a_stated_size_tells_where_the_boxes_fit_both(tmp_path: Path, size: tuple[int, int], name: str) -> None:
    item = read(SOURCES[name](tmp_path / "source", tagged(squares(), 6), FIT_BOTH, stated=size))
    assert isinstance(item, SceneGraph)
    assert (item.width, item.height) == size


@pytest.mark.parametrize(
    ("name", "orientation", "boxes", "stated", "reason"),
    [
        ("vg", 6, FIT_STORED, DISPLAYED, AMBIGUOUS),
        ("gqa", 8, FIT_DISPLAYED, STORED, AMBIGUOUS),
        ("vg150", 6, FIT_BOTH, STORED, AMBIGUOUS),
        ("vg150", 6, FIT_NEITHER, STORED, AMBIGUOUS),
        ("vg", 6, FIT_BOTH, (0, 0), AMBIGUOUS),
        ("vg", 6, FIT_BOTH, (100, 50), "image-size-disagrees"),
        # The cousin without a tag.
        ("vg", 0, FIT_BOTH, DISPLAYED, AMBIGUOUS),
        ("gqa", 0, FIT_BOTH, DISPLAYED, AMBIGUOUS),
        ("vg", 0, FIT_DISPLAYED, DISPLAYED, "image-on-its-side"),
        ("gqa", 0, FIT_DISPLAYED, DISPLAYED, "image-on-its-side"),
        ("vg", 0, FIT_NEITHER, DISPLAYED, "image-size-disagrees"),
        # Turned, and off by a pixel or scaled besides.
        ("vg", 0, FIT_BOTH, (48, 65), AMBIGUOUS),
        ("gqa", 0, FIT_BOTH, (47, 64), AMBIGUOUS),
        ("vg", 0, FIT_BOTH, (96, 128), AMBIGUOUS),
        ("vg", 0, FIT_DISPLAYED, (48, 65), "image-on-its-side"),
    ],
)
def test_what_decides_nothing_is_refused_by_name(
    tmp_path: Path, name: str, orientation: int, boxes: Boxes, stated: tuple[int, int], reason: str
) -> None:
    item = read(SOURCES[name](tmp_path / "source", tagged(squares(), orientation), boxes, stated=stated))
    assert isinstance(item, Rejection)
    assert (item.reason, item.scope) == (reason, "record")
    assert "64 x 48" in item.detail or "orientation tag" in item.detail


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("orientation", range(2, 9))
def test_a_square_picture_with_a_tag_is_refused(tmp_path: Path, orientation: int, name: str) -> None:
    data = tagged(squares(48, 48), orientation)
    item = read(SOURCES[name](tmp_path / "source", data, FIT_BOTH, stated=(48, 48)))
    assert (isinstance(item, Rejection), item.reason) == (True, AMBIGUOUS)


@pytest.mark.parametrize("name", ["vg", "gqa"])
def test_boxes_that_fit_the_stored_size_alone_correct_a_swapped_one(tmp_path: Path, name: str) -> None:
    item = read(SOURCES[name](tmp_path / "source", tagged(squares(), 0), FIT_STORED, stated=DISPLAYED))
    assert isinstance(item, SceneGraph)
    assert (item.width, item.height, item.mends["image-size-corrected"]) == (*STORED, 1)


def test_a_size_that_is_missing_is_told_by_the_boxes(tmp_path: Path) -> None:
    data = tagged(squares(), 6, "PNG")
    for place, (boxes, size) in enumerate([(FIT_STORED, STORED), (FIT_DISPLAYED, DISPLAYED)]):
        item = read(visual_genome(tmp_path / str(place), data, boxes, stated=(0, 0)))
        assert isinstance(item, SceneGraph)
        assert (item.width, item.height) == size


def test_a_photograph_keeps_its_bytes_but_for_the_tag(tmp_path: Path) -> None:
    data = tagged(squares(), 6)
    item = read(visual_genome(tmp_path / "source", data, FIT_STORED, stated=STORED))
    assert isinstance(item, SceneGraph)
    given = image_bytes(item.image, width=64, height=48).data
    assert given != data
    assert np.array_equal(pixels_of(given), pixels_of(data))
