"""The real files of images 1-5, where they lie beside the checkout."""

from __future__ import annotations

from pathlib import Path

import pytest

from stvqa.records import Rejection, SceneGraph
from stvqa.sources.visual_genome import VisualGenomeSource
from stvqa.sources.visual_genome.layout import Annotations

REAL = Path(__file__).parents[2].parent / "shared" / "vg"
pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason="the real files are not here")


def read(version: str, annotations: Annotations) -> tuple[list[SceneGraph], list[Rejection]]:
    source = VisualGenomeSource(REAL / version, missing_images="placeholder", annotations=annotations)
    items = [item for partition in source.partitions(limit=None) for item in source.read(partition)]
    scenes = [item for item in items if isinstance(item, SceneGraph)]
    return scenes, [item for item in items if isinstance(item, Rejection)]


def test_v1_2_gives_the_same_scenes_from_either_form() -> None:
    assert read("v1.2", "scene_graphs") == read("v1.2", "objects_relationships")


@pytest.mark.parametrize(("version", "least_triples"), [("v1.0", 120), ("v1.2", 120)])
def test_all_five_images_come_through(version: str, least_triples: int) -> None:
    scenes, rejections = read(version, "auto")
    assert [scene.source_image_id for scene in scenes] == ["1", "2", "3", "4", "5"]
    assert [(scene.width, scene.height) for scene in scenes][:3] == [(800, 600), (800, 600), (640, 480)]
    assert {rejection.scope for rejection in rejections} == {"part"}
    assert sum(len(scene.relationships) for scene in scenes) >= least_triples
    for scene in scenes:
        ids = {entry.id for entry in scene.objects}
        assert len(ids) == len(scene.objects)
        assert all(relation.subject in ids and relation.object in ids for relation in scene.relationships)
        assert all(
            0 <= e.box.x1 < e.box.x2 <= scene.width and 0 <= e.box.y1 < e.box.y2 <= scene.height for e in scene.objects
        )


def test_v1_0_mends_what_is_known_of_it() -> None:
    scenes, rejections = read("v1.0", "objects_relationships")
    assert sum(scene.mends["object-from-relationship"] for scene in scenes) == 140
    assert sum(scene.mends["duplicate-merged"] for scene in scenes) > 200
    assert sum(rejection.reason == "relationship-self" for rejection in rejections) >= 1
