"""What a user is told whose folder is not what the source reads; partitions and fingerprints."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest
from visual_genome_files import thing, write_picture, write_root, write_scene_graphs

from stvqa.errors import InputError
from stvqa.sources.visual_genome import VisualGenomeSource
from stvqa.sources.visual_genome.source import PARTITION_SIZE


def refuse(root: Path, **settings: str) -> str:
    with pytest.raises(InputError) as caught:
        VisualGenomeSource(root, **settings).partitions(limit=None)  # type: ignore[arg-type]
    return str(caught.value)


def good_root(root: Path) -> Path:
    return write_root(root, "v1.2", objects={1: [thing(1, "man")], 2: [thing(2, "dog")]})


def test_a_missing_root_is_named(tmp_path: Path) -> None:
    message = refuse(tmp_path / "absent")
    assert str(tmp_path / "absent") in message
    assert "does not exist" in message


def test_a_zip_or_another_file_as_root_is_explained(tmp_path: Path) -> None:
    (tmp_path / "vg.zip").write_bytes(b"PK")
    (tmp_path / "objects.json").write_text("[]")
    assert "unzip it" in refuse(tmp_path / "vg.zip")
    assert "is a file" in refuse(tmp_path / "objects.json")


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ([], "is empty"),
        (["objects.json.zip", "images.zip"], "unzip images.zip, objects.json.zip there first"),
        (["VG_100K/1.jpg"], "put image_data.json and either"),
        (["1.jpg", "2.jpg"], "pass the folder above it"),
        (["v1.2/scene_graphs.json"], "pass one of"),
        (["train_sceneGraphs.json"], "--source gqa"),
        (["VG-SGG-with-attri.h5"], "is the VG150 form"),
        (["image_data.json"], "only image_data.json is there"),
        (["objects.json", "image_data.json"], "relationships.json is missing in"),
        (["objects.json", "image_data.json", "VG_100K/1.jpg"], "and objects.json is read together with it"),
        (["relationships.json", "image_data.json", "VG_100K/1.jpg"], "objects.json is missing in"),
        (["objects.json", "relationships.json.zip"], "unzip relationships.json.zip there first"),
        (["readme.txt"], "annotations are missing"),
    ],
)
def test_folders_of_other_content_are_told_apart(tmp_path: Path, files: list[str], expected: str) -> None:
    root = tmp_path / "root"
    root.mkdir()
    for name in files:
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(b"")
    assert expected in refuse(root)


def test_image_data_is_asked_for(tmp_path: Path) -> None:
    root = good_root(tmp_path / "vg")
    (root / "image_data.json").unlink()
    assert "image_data.json is missing" in refuse(root)


def test_a_root_without_images_names_the_placeholder_option(tmp_path: Path) -> None:
    root = write_root(tmp_path / "vg", "v1.2", objects={1: [thing(1, "man")]}, pictures=False)
    assert "--missing-images placeholder" in refuse(root)
    assert VisualGenomeSource(root, missing_images="placeholder").partitions(limit=None)


def test_annotations_that_are_asked_for_have_to_be_there(tmp_path: Path) -> None:
    assert "scene_graphs.json is missing" in refuse(good_root(tmp_path / "a"), annotations="scene_graphs")
    root = write_scene_graphs(tmp_path / "b", objects={1: [thing(1, "man")]})
    assert "objects.json or relationships.json is missing" in refuse(root, annotations="objects_relationships")


@pytest.mark.parametrize("name", ["image_data.json", "objects.json", "relationships.json"])
def test_truncated_files_are_refused_before_work_starts(tmp_path: Path, name: str) -> None:
    root = good_root(tmp_path / "vg")
    content = (root / name).read_bytes()
    (root / name).write_bytes(content[:-3])
    message = refuse(root)
    assert f"{name} is cut short: it ends at byte {len(content) - 3}" in message


def test_a_file_of_another_kind_under_a_known_name_is_refused(tmp_path: Path) -> None:
    root = good_root(tmp_path / "vg")
    (root / "objects.json").write_text(json.dumps([{"id": 1, "regions": []}]))
    assert "its elements have the keys id, regions, objects is missing" in refuse(root)
    (root / "objects.json").write_text("[1, 2]")
    assert "is no dict but 1" in refuse(root)
    (root / "objects.json").write_text(json.dumps([{"objects": []}, {"objects": []}]))
    assert "the element at byte 1 is without an image id" in refuse(root)
    (root / "objects.json").write_text('[{"image_id": 1, "objects": [}]')
    assert "cut short" in refuse(root)


def test_image_data_of_another_kind_is_refused(tmp_path: Path) -> None:
    root = good_root(tmp_path / "vg")
    (root / "image_data.json").write_text(json.dumps([{"image_id": 1}]))
    assert "is not an image_data.json" in refuse(root)
    (root / "image_data.json").write_text(json.dumps([None, {"width": 3}]))
    assert "is not an image_data.json: the element at byte 1 is no dict but null" in refuse(root)


def test_files_of_different_versions_are_refused(tmp_path: Path) -> None:
    root = good_root(tmp_path / "vg")
    old = write_root(tmp_path / "old", "v1.0", objects={1: [thing(1, "man")]})
    (root / "relationships.json").write_bytes((old / "relationships.json").read_bytes())
    assert "relationships.json is of v1.0, but objects.json is of v1.2 or later" in refuse(root)


def test_files_without_any_image_are_refused(tmp_path: Path) -> None:
    root = good_root(tmp_path / "vg")
    (root / "objects.json").write_text("[]")
    (root / "relationships.json").write_text("[]")
    assert "hold no image at all" in refuse(root)


def test_partitions_are_small_numbered_and_limited(tmp_path: Path) -> None:
    count = PARTITION_SIZE + 7
    root = write_root(
        tmp_path / "vg", "v1.0", objects={n: [thing(n, "man")] for n in range(1, count + 1)}, pictures=False
    )
    source = VisualGenomeSource(root, missing_images="placeholder")
    partitions = source.partitions(limit=None)
    assert [partition.number for partition in partitions] == [0, 1]
    assert max(len(partition.locator) for partition in partitions) < 100 * PARTITION_SIZE
    sizes = [sum(1 for _ in source.read(partition)) for partition in partitions]
    assert sizes == [PARTITION_SIZE, 7]
    limited = source.partitions(limit=3)
    assert [item.image_id for partition in limited for item in source.read(partition)] == ["vg:1", "vg:2", "vg:3"]  # type: ignore[union-attr]


def test_a_pickled_source_reads_the_same(tmp_path: Path) -> None:
    source = VisualGenomeSource(good_root(tmp_path / "vg"))
    (partition,) = source.partitions(limit=None)
    again = pickle.loads(pickle.dumps(source))  # noqa: S301 - our own bytes
    assert list(again.read(partition)) == list(source.read(partition))


def test_the_fingerprint_follows_content_and_settings(tmp_path: Path) -> None:
    root = good_root(tmp_path / "vg")
    first = VisualGenomeSource(root).fingerprint()
    assert VisualGenomeSource(root).fingerprint() == first
    assert VisualGenomeSource(root, missing_images="placeholder").fingerprint() != first
    (root / "objects.json").write_text((root / "objects.json").read_text().replace("dog", "cat"))
    changed = VisualGenomeSource(root).fingerprint()
    assert changed != first
    (root / "VG_100K" / "2.jpg").unlink()
    assert VisualGenomeSource(root).fingerprint() != changed


def test_the_fingerprint_follows_a_picture_that_was_mended(tmp_path: Path) -> None:
    root = good_root(tmp_path / "vg")
    first = VisualGenomeSource(root).fingerprint()
    write_picture(root / "VG_100K" / "2.jpg", 201, 100)
    assert VisualGenomeSource(root).fingerprint() != first
