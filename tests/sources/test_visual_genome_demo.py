"""Official files that the demo source wrote, anomalies planted, read back: every image and fault is accounted for."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Literal

import pytest
from PIL import Image

from stvqa.records import Rejection, SceneGraph
from stvqa.sources.demo.export import export_visual_genome
from stvqa.sources.images import open_image
from stvqa.sources.visual_genome import VisualGenomeSource
from stvqa.sources.visual_genome.layout import Annotations

COUNT = 24


def read(
    root: Path, annotations: Annotations, *, missing_images: Literal["reject", "placeholder"] = "reject"
) -> tuple[list[SceneGraph], list[Rejection]]:
    source = VisualGenomeSource(root, annotations=annotations, missing_images=missing_images)
    items = [item for partition in source.partitions(limit=None) for item in source.read(partition)]
    return [item for item in items if isinstance(item, SceneGraph)], [
        item for item in items if isinstance(item, Rejection)
    ]


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, int]]:
    root = tmp_path_factory.mktemp("planted") / "vg"
    report = export_visual_genome(count=COUNT, seed=5, out=root, anomaly_rate=0.4)
    return root, report.planted


@pytest.mark.parametrize("annotations", ["scene_graphs", "objects_relationships"])
def test_every_image_comes_through_or_is_refused_by_name(
    planted: tuple[Path, dict[str, int]], annotations: Annotations
) -> None:
    root, faults = planted
    scenes, rejections = read(root, annotations)
    refused = [rejection for rejection in rejections if rejection.scope == "record"]
    assert len(scenes) + len(refused) == COUNT
    assert len({item.image_id for item in scenes} | {item.record_id for item in refused}) == COUNT
    reasons = Counter(rejection.reason for rejection in refused)
    assert reasons["image-unreadable"] == faults["image-unreadable"]
    assert set(reasons) <= {"image-unreadable", "image-size-disagrees", "boxes-do-not-fit"}
    assert reasons["boxes-do-not-fit"] <= COUNT * 0.4  # small scenes, in which one box is more than a tenth
    assert any("image-size-corrected" in scene.mends for scene in scenes)
    for scene in scenes:
        with Image.open(scene.image.location) as picture:
            assert picture.size == (scene.width, scene.height)
        assert open_image(scene.image, width=scene.width, height=scene.height).mode == "RGB"
        assert all(0 <= o.box.x1 < o.box.x2 <= scene.width for o in scene.objects)
        assert all(0 <= o.box.y1 < o.box.y2 <= scene.height for o in scene.objects)
        ids = [entry.id for entry in scene.objects]
        assert len(set(ids)) == len(ids)
        triples = [(r.subject, r.predicate, r.object) for r in scene.relationships]
        assert len(set(triples)) == len(triples)
        assert all(subject != object_ and {subject, object_} <= set(ids) for subject, _, object_ in triples)


def test_every_planted_kind_leaves_its_trace(tmp_path: Path) -> None:
    # Without pictures none is unreadable, so that no image takes its other faults with it.
    report = export_visual_genome(count=60, seed=5, out=tmp_path / "vg", anomaly_rate=0.3, images=False)
    scenes, rejections = read(tmp_path / "vg", "objects_relationships", missing_images="placeholder")
    seen = {rejection.reason for rejection in rejections} | {slug for scene in scenes for slug in scene.mends}
    traces = {
        "predicate-upper-case": "predicate-case",
        "predicate-junk": "predicate-junk",
        "predicate-empty": "predicate-empty",
        "triple-repeated": "triple-repeated",
        "relationship-self": "relationship-self",
        "relationship-end-missing": "object-from-relationship",
        "names-several": "names-several",
        "names-of-other-things": "names-disagree",
        "name-misspelt": "name-respelled",
        "name-quoted": "name-unquoted",
        "box-negative": "box-negative",
        "box-beyond-border": "box-beyond-border",
        "box-outside": "box-outside",
        "box-identical": "duplicate-merged",
        "box-differs-between-files": "object-id-split",
        "object-id-with-two-boxes": "object-id-split",
    }
    assert all(report.planted[fault] for fault in traces)
    assert set(traces.values()) <= seen
    whole = [rejection for rejection in rejections if rejection.scope == "record"]
    assert {rejection.reason for rejection in whole} == {"boxes-do-not-fit"}
    assert len(scenes) + len(whole) == 60
    assert len(scenes) > 40


def test_clean_files_need_no_record_refused(tmp_path: Path) -> None:
    export_visual_genome(count=6, seed=2, out=tmp_path / "vg", anomaly_rate=0.0)
    scenes, rejections = read(tmp_path / "vg", "auto")
    assert len(scenes) == 6
    assert {rejection.scope for rejection in rejections} <= {"part"}
