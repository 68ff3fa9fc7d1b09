"""GQA scene graphs: a dict by image id, relations inside objects."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from stvqa.errors import InputError
from stvqa.records import Rejection, Relationship, SceneGraph
from stvqa.sources.gqa import GqaSource


def entry(
    name: str, box: tuple[float, float, float, float], *relations: tuple[str, str], **other: Any
) -> dict[str, Any]:
    x, y, w, h = box
    listed = [{"object": key, "name": predicate} for predicate, key in relations]
    return {"name": name, "x": x, "y": y, "w": w, "h": h, "attributes": [], "relations": listed, **other}


def scene(objects: dict[str, Any], width: int = 200, height: int = 100) -> dict[str, Any]:
    return {"width": width, "height": height, "objects": objects}


SIMPLE = scene(
    {"20": entry("chair", (10, 40, 40, 50), ("near", "9"), attributes=["brown"]), "9": entry("table", (60, 30, 90, 60))}
)


def write(root: Path, scenes: dict[str, Any], *, name: str = "train_sceneGraphs.json", pictures: bool = True) -> Path:
    (root / "images").mkdir(parents=True, exist_ok=True)
    (root / name).write_text(json.dumps(scenes))
    for image_id in scenes if pictures else ():
        Image.new("RGB", (200, 100)).save(root / "images" / f"{image_id}.jpg")
    return root


def read(root: Path, **settings: Any) -> list[SceneGraph | Rejection]:
    source = GqaSource(root, **settings)
    return [item for partition in source.partitions(limit=None) for item in source.read(partition)]


def only_scene(items: list[SceneGraph | Rejection]) -> SceneGraph:
    (found,) = (item for item in items if isinstance(item, SceneGraph))
    return found


def test_a_scene_is_read_with_attributes_and_relations(tmp_path: Path) -> None:
    (found,) = read(write(tmp_path, {"2407890": SIMPLE}))
    assert isinstance(found, SceneGraph)
    assert (found.image_id, found.source, found.width, found.height) == ("gqa:2407890", "gqa", 200, 100)
    assert [(o.id, tuple(o.box), o.attributes) for o in found.objects] == [
        ("table.1", (60, 30, 150, 90), ()),
        ("chair.1", (10, 40, 50, 90), ("brown",)),
    ]
    assert found.relationships == (Relationship(subject="chair.1", predicate="near", object="table.1"),)
    assert found.image.location == str(tmp_path / "images" / "2407890.jpg")


def test_directions_worked_out_from_boxes_are_counted_not_kept(tmp_path: Path) -> None:
    objects = {
        "1": entry("cup", (10, 10, 20, 20), ("to the left of", "2"), ("near", "2")),
        "2": entry("plate", (100, 10, 30, 20), ("to the right of", "1")),
    }
    items = read(write(tmp_path, {"5": scene(objects)}))
    found = only_scene(items)
    assert [r.predicate for r in found.relationships] == ["near"]
    assert found.mends["relationship-from-boxes"] == 2


def test_train_comes_before_val_and_the_limit_counts_over_both(tmp_path: Path) -> None:
    write(tmp_path, {str(number): SIMPLE for number in range(203)}, pictures=False)
    write(tmp_path, {"a": SIMPLE, "b": SIMPLE}, name="val_sceneGraphs.json", pictures=False)
    source = GqaSource(tmp_path, missing_images="placeholder")
    sizes = [[sum(1 for _ in source.read(part)) for part in source.partitions(limit=limit)] for limit in (None, 204, 3)]
    assert sizes == [[200, 3, 2], [200, 3, 1], [3]]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"width": 200, "height": 100}, "annotation-malformed"),
        (scene({"1": {"name": "cup"}}), "annotation-malformed"),
        (scene({}, width=0), "annotation-malformed"),
        (scene({}, width=10**30), "annotation-malformed"),
        (None, "annotation-malformed"),
        (scene({}), "no-objects"),
        (scene({"1": entry("cup", (1, 1, 9, 9))}, width=300), "image-size-disagrees"),
    ],
)
def test_bad_scenes_are_refused_by_name(tmp_path: Path, value: Any, reason: str) -> None:
    items = read(write(tmp_path, {"1": SIMPLE, "2": value}))
    (refused,) = (item for item in items if isinstance(item, Rejection))
    assert (refused.reason, refused.record_id, refused.scope) == (reason, "gqa:2", "record")
    assert only_scene(items).source_image_id == "1"


@pytest.mark.parametrize(
    ("change", "reason", "part"),
    [
        ({"attributes": ["brown", 5]}, "attributes-malformed", "20/attributes[1]"),
        ({"attributes": 5}, "attributes-malformed", "20/attributes"),
        ({"relations": [{"object": 9, "name": "near"}]}, "relationship-malformed", "20/relations[0]"),
        ({"relations": [None]}, "relationship-malformed", "20/relations[0]"),
        ({"relations": "near"}, "relationship-malformed", "20/relations"),
        ({"name": None}, "object-malformed", "objects[20]"),
        ({"x": "left"}, "object-malformed", "objects[20]"),
    ],
)
def test_a_bad_part_costs_the_part_alone(tmp_path: Path, change: dict[str, Any], reason: str, part: str) -> None:
    objects = {"20": {**SIMPLE["objects"]["20"], **change}, "9": SIMPLE["objects"]["9"]}
    *refused, found = read(write(tmp_path, {"5": scene(objects)}))
    assert isinstance(found, SceneGraph)
    assert [(item.reason, item.record_id, item.scope) for item in refused] == [(reason, f"gqa:5/{part}", "part")]
    assert refused[0].detail
    names = {entry.name: entry.attributes for entry in found.objects}
    assert "table" in names
    assert ("chair" in names) == (reason != "object-malformed")
    assert len(found.relationships) == (reason == "attributes-malformed")
    if change.get("attributes") == ["brown", 5]:
        assert names["chair"] == ("brown",)


def test_an_object_that_is_no_dict_costs_itself(tmp_path: Path) -> None:
    refused, found = read(write(tmp_path, {"5": scene({"7": 12, **SIMPLE["objects"]})}))
    assert (refused.reason, refused.record_id) == ("object-malformed", "gqa:5/objects[7]")
    assert len(found.objects) == 2


@pytest.mark.parametrize("member", ["attributes", "relations"])
def test_a_list_that_is_null_is_empty_and_counted(tmp_path: Path, member: str) -> None:
    objects = {"20": {**SIMPLE["objects"]["20"], member: None}, "9": SIMPLE["objects"]["9"]}
    (found,) = read(write(tmp_path, {"5": scene(objects)}))
    assert isinstance(found, SceneGraph)
    assert [entry.name for entry in found.objects] == ["table", "chair"]
    assert found.mends["list-null"] == 1
    assert len(found.relationships) == (member == "attributes")


def test_images_that_are_missing_or_broken_are_refused(tmp_path: Path) -> None:
    root = write(tmp_path, {"1": SIMPLE, "2": SIMPLE})
    (root / "images" / "1.jpg").unlink()
    (root / "images" / "2.jpg").write_bytes(b"broken")
    assert [item.reason for item in read(root) if isinstance(item, Rejection)] == ["image-missing", "image-unreadable"]
    (first, _) = read(root, missing_images="placeholder")
    assert isinstance(first, SceneGraph)
    assert (first.image.kind, first.mends) == ("placeholder", {"image-placeholder": 1})


def test_wrong_roots_are_explained(tmp_path: Path) -> None:
    def refuse(root: Path) -> str:
        with pytest.raises(InputError) as caught:
            GqaSource(root).partitions(limit=None)
        return str(caught.value)

    assert "is no folder" in refuse(tmp_path / "absent")
    assert "neither train_sceneGraphs.json nor val_sceneGraphs.json" in refuse(tmp_path)
    (tmp_path / "sceneGraphs.zip").write_bytes(b"PK")
    assert "unzip sceneGraphs.zip" in refuse(tmp_path)
    (tmp_path / "train_sceneGraphs.json").write_text("{}")
    assert "--missing-images placeholder" in refuse(tmp_path)
    (tmp_path / "images").mkdir()
    assert "holds no image at all" in refuse(tmp_path)
    (tmp_path / "train_sceneGraphs.json").write_text("[]")
    assert "does not hold a JSON dict" in refuse(tmp_path)
    (tmp_path / "train_sceneGraphs.json").write_text('{"1": {"objects": {')
    assert "cut short" in refuse(tmp_path)
    (tmp_path / "train_sceneGraphs.json").write_text('{"1": 5}')
    assert "does not hold what its name says" in refuse(tmp_path)


def test_the_fingerprint_follows_content_and_settings(tmp_path: Path) -> None:
    root = write(tmp_path, {"1": SIMPLE})
    first = GqaSource(root).fingerprint()
    assert GqaSource(root).fingerprint() == first
    assert GqaSource(root, missing_images="placeholder").fingerprint() != first
    write(tmp_path, {"2": SIMPLE})
    assert GqaSource(root).fingerprint() != first


def test_an_image_of_both_files_is_read_once(tmp_path: Path) -> None:
    write(tmp_path, {"1": SIMPLE, "2": SIMPLE})
    write(tmp_path, {"3": SIMPLE, "2": scene({"7": entry("cat", (1, 1, 50, 50))})}, name="val_sceneGraphs.json")
    items = read(tmp_path)
    assert [item.source_image_id for item in items if isinstance(item, SceneGraph)] == ["1", "2", "3"]
    (refused,) = (item for item in items if isinstance(item, Rejection))
    assert (refused.reason, refused.scope) == ("image-repeated", "record")
    assert refused.record_id.startswith("gqa:2/val_sceneGraphs.json@")


def test_a_key_that_stands_twice_in_one_file_counts_once_however_it_is_spelt(tmp_path: Path) -> None:
    write(tmp_path, {"12": SIMPLE})
    text = json.dumps(SIMPLE)
    (tmp_path / "train_sceneGraphs.json").write_text(f'{{"12": {text}, "1\\u0032": {text}}}')
    first, second = read(tmp_path)
    assert isinstance(first, SceneGraph)
    assert isinstance(second, Rejection)
    assert second.reason == "image-repeated"


def test_the_fingerprint_follows_a_picture_that_was_mended(tmp_path: Path) -> None:
    root = write(tmp_path, {"1": SIMPLE})
    first = GqaSource(root).fingerprint()
    Image.new("RGB", (201, 100)).save(root / "images" / "1.jpg")
    assert GqaSource(root).fingerprint() != first
