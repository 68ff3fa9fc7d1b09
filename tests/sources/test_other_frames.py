"""Boxes in another frame: the image is refused in every source, and the line of the load names the frame."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import datasets
import pytest
from PIL import Image

from stvqa.errors import StvqaError
from stvqa.recipe import load_recipe, parse_setting
from stvqa.records import Rejection
from stvqa.runner import run_recipe
from stvqa.runner.progress import stage_line
from stvqa.runner.task import statistics_of
from stvqa.runner.totals import add_statistics
from stvqa.stages.contract import StageContext
from stvqa.stages.load import Load
from stvqa.store import StageStatistics

WIDTH, HEIGHT = 640, 480
NAMES = ("dog", "chair", "car", "bottle", "lamp")
BOXES = ((10, 20, 200, 160), (330, 30, 300, 180), (20, 250, 180, 220), (400, 280, 235, 190), (250, 200, 60, 60))
SCALES = {"thousandths": (1000 / WIDTH, 1000 / HEIGHT), "1024": (1.6, 1.6), "0 to 1": (1 / WIDTH, 1 / HEIGHT)}


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeps what `datasets` prepares out of the user's cache."""
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")


def scaled(frame: str) -> list[dict[str, float]]:
    across, down = SCALES.get(frame, (1, 1))
    return [dict(zip("xywh", (x * across, y * down, w * across, h * down), strict=True)) for x, y, w, h in BOXES]


def picture() -> bytes:
    file = io.BytesIO()
    Image.linear_gradient("L").resize((WIDTH, HEIGHT)).convert("RGB").save(file, "JPEG")
    return file.getvalue()


def write_vg(root: Path, frames: list[str]) -> None:
    (root / "VG_100K").mkdir(parents=True)
    images, graphs = [], []
    for number, frame in enumerate(frames, start=1):
        (root / "VG_100K" / f"{number}.jpg").write_bytes(picture())
        url = f"https://example.org/VG_100K/{number}.jpg"
        images.append({"image_id": number, "url": url, "width": WIDTH, "height": HEIGHT})
        things = [
            {"object_id": 100 * number + place, "names": [name], **box}
            for place, (name, box) in enumerate(zip(NAMES, scaled(frame), strict=True))
        ]
        graphs.append({"image_id": number, "objects": things, "relationships": []})
    (root / "image_data.json").write_text(json.dumps(images))
    (root / "scene_graphs.json").write_text(json.dumps(graphs))


def write_gqa(root: Path, frames: list[str]) -> None:
    (root / "images").mkdir(parents=True)
    graphs: dict[str, Any] = {}
    for number, frame in enumerate(frames, start=1):
        (root / "images" / f"{number}.jpg").write_bytes(picture())
        things = {
            str(place): {"name": name, **box}
            for place, (name, box) in enumerate(zip(NAMES, scaled(frame), strict=True))
        }
        graphs[str(number)] = {"width": WIDTH, "height": HEIGHT, "objects": things}
    (root / "train_sceneGraphs.json").write_text(json.dumps(graphs))


def write_vg150(root: Path, frames: list[str]) -> None:
    root.mkdir()
    rows = [
        {
            "image_id": str(number),
            "image": {"bytes": picture(), "path": None},
            "objects": json.dumps(
                [
                    {"id": f"{name}.1", "bbox": [box["x"], box["y"], box["x"] + box["w"], box["y"] + box["h"]]}
                    for name, box in zip(NAMES, scaled(frame), strict=True)
                ]
            ),
            "relationships": "[]",
        }
        for number, frame in enumerate(frames, start=1)
    ]
    table = datasets.Dataset.from_list(rows).cast_column("image", datasets.Image())
    table.to_parquet(root / "train-00000-of-00001.parquet")


WRITERS = {"vg": write_vg, "gqa": write_gqa, "vg150": write_vg150}


def loaded(name: str, root: Path) -> tuple[Load, StageStatistics]:
    """What the stage did, summed over partitions as the runner does."""
    stage, pieces = Load(source=name, root=root), []
    for partition in stage.partitions():
        context = StageContext(seed=1)
        items = list(stage.run(iter([partition]), context))
        refused = [item for item in items if isinstance(item, Rejection)]
        records = len(items) - len(refused)
        pieces.append(statistics_of(context, rejections=refused, records_in=0, records_out=records, seconds=0))
    return stage, add_statistics(pieces)


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("frame", SCALES)
def test_images_are_refused_and_the_frame_is_named(tmp_path: Path, frame: str, name: str) -> None:
    WRITERS[name](tmp_path / "source", [frame] * 3 + ["pixels"] * 4)
    stage, statistics = loaded(name, tmp_path / "source")
    assert (statistics.rejected, statistics.records_out) == ({"boxes-do-not-fit": 3}, 4)
    (note,) = stage.notes(statistics)
    assert note.startswith("boxes look like")
    assert frame in note
    assert note.endswith("convert them to pixels of the image")
    line = stage_line("[1/7] load", statistics.model_copy(update={"notes": (note,)}), reused=False)
    assert line.endswith(f"; {note}")


def test_a_few_images_are_no_sign_of_another_frame(tmp_path: Path) -> None:
    write_vg(tmp_path / "source", ["thousandths"] * 2 + ["pixels"] * 5)
    stage, statistics = loaded("vg", tmp_path / "source")
    assert (statistics.rejected, stage.notes(statistics)) == ({"boxes-do-not-fit": 2}, ())


@pytest.mark.parametrize("name", WRITERS)
def test_a_source_in_pixels_has_nothing_to_note(tmp_path: Path, name: str) -> None:
    WRITERS[name](tmp_path / "source", ["pixels"] * 3)
    stage, statistics = loaded(name, tmp_path / "source")
    assert (statistics.rejected, statistics.records_out, stage.notes(statistics)) == ({}, 3, ())


def test_a_run_of_such_a_source_ends_with_the_frame_in_its_message(tmp_path: Path) -> None:
    write_vg(tmp_path / "source", ["thousandths"] * 4)
    settings = [parse_setting(f"load.{text}") for text in ("source=vg", f"root={tmp_path / 'source'}", "limit=4")]
    with pytest.raises(StvqaError, match=r"boxes-do-not-fit 4; boxes look like thousandths \(0 to 1000\)"):
        run_recipe(load_recipe("demo", settings), out=tmp_path / "run", scheduler="sync")


def counted(**values: int) -> StageStatistics:
    counts = {"objects": 30, "relationships": 30, **values}
    return StageStatistics(records_out=6, counts={name.replace("_", "-"): count for name, count in counts.items()})


def test_a_third_of_repairs_or_of_refused_parts_is_noted() -> None:
    stage = Load(source="demo", limit=1)
    assert stage.notes(counted(**{"mends.box-negative": 9, "mends.image-size-corrected": 1})) == ()
    many = counted(**{"mends.box-negative": 7, "mends.box-beyond-border": 3, "mends.image-orientation-applied": 2})
    assert stage.notes(many) == (
        "2 of 6 images were repaired (image-orientation-applied 2)",
        "10 of 30 boxes were repaired (box-negative 7, box-beyond-border 3)",
    )
    parts = counted().model_copy(update={"rejected_parts": {"object-malformed": 30}})
    assert stage.notes(parts) == ("30 of 90 parts of images were refused (object-malformed 30)",)
    fewer = counted().model_copy(update={"rejected_parts": {"object-malformed": 29}})
    assert stage.notes(fewer) == ()
