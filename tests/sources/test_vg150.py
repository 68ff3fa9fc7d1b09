"""The VG150 set in all the forms it comes in: JSON strings or lists, parquet or save_to_disk."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import datasets
import pytest
from PIL import Image

from stvqa.errors import InputError
from stvqa.records import Rejection, Relationship, SceneGraph
from stvqa.sources import open_source
from stvqa.sources.images import image_bytes, open_image
from stvqa.sources.vg150 import Vg150Source
from stvqa.sources.vg150_rows import open_rows

OBJECTS = [
    {"id": "person.4", "bbox": [120, 20, 350, 170]},
    {"id": "bike.2", "bbox": [100, 90, 390, 190]},
    {"id": "traffic_light.1", "bbox": [0, 0, 30, 60]},
    {"id": "person.9", "bbox": [10, 100, 60, 199]},
]
RELATIONS = [{"subject": "person.4", "predicate": "riding", "object": "bike.2"}]


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeps what `datasets` prepares out of the user's cache."""
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")


def encoded(width: int = 400, height: int = 200) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), "navy").save(buffer, "JPEG")
    return buffer.getvalue()


def row(image_id: str, *, as_json: bool, image: bytes | None = None, **other: Any) -> dict[str, Any]:
    values = {
        "image_id": image_id,
        "image": {"bytes": encoded() if image is None else image, "path": None},
        "prompt_open": "Describe",
        "prompt_close": "",
        "objects": OBJECTS,
        "relationships": RELATIONS,
        **other,
    }
    if as_json:
        values["objects"], values["relationships"] = json.dumps(values["objects"]), json.dumps(values["relationships"])
    return values


def write_set(folder: Path, rows: list[dict[str, Any]], *, form: str) -> str:
    rows_set = datasets.Dataset.from_list(rows).cast_column("image", datasets.Image())
    if form == "parquet":
        folder.mkdir()
        rows_set.to_parquet(folder / "train-00000-of-00001.parquet")
    elif form == "saved":
        rows_set.save_to_disk(str(folder))
    else:
        datasets.DatasetDict({"train": rows_set}).save_to_disk(str(folder))
    return str(folder)


def read(source: Vg150Source, *, limit: int | None = None) -> list[SceneGraph | Rejection]:
    return [item for partition in source.partitions(limit=limit) for item in source.read(partition)]


@pytest.mark.parametrize("form", ["parquet", "saved", "saved-splits"])
@pytest.mark.parametrize("as_json", [True, False])
def test_every_form_gives_the_same_scene(tmp_path: Path, *, form: str, as_json: bool) -> None:
    path = write_set(tmp_path / "set", [row("1", as_json=as_json), row("2", as_json=as_json)], form=form)
    scenes = read(Vg150Source(path))
    assert [scene.image_id for scene in scenes if isinstance(scene, SceneGraph)] == ["vg150:1", "vg150:2"]
    scene = scenes[1]
    assert isinstance(scene, SceneGraph)
    assert (scene.width, scene.height, scene.coco_id, scene.source_image_id) == (400, 200, None, "2")
    assert [(entry.id, entry.name, tuple(entry.box)) for entry in scene.objects] == [
        ("person.1", "person", (120, 20, 350, 170)),
        ("bike.1", "bike", (100, 90, 390, 190)),
        ("traffic_light.1", "traffic light", (0, 0, 30, 60)),
        ("person.2", "person", (10, 100, 60, 199)),
    ]
    assert scene.relationships == (Relationship(subject="person.1", predicate="riding", object="bike.1"),)
    assert scene.mends == {}
    assert (scene.image.kind, scene.image.location) == ("dataset", f"{path}|train|1")


def test_pixels_and_original_bytes_are_found_by_row(tmp_path: Path) -> None:
    other = encoded(420, 210)
    path = write_set(tmp_path / "set", [row("1", as_json=True), row("2", as_json=True, image=other)], form="parquet")
    scene = read(Vg150Source(path))[-1]
    assert isinstance(scene, SceneGraph)
    assert image_bytes(scene.image, width=420, height=210) == (other, "jpg")
    assert open_image(scene.image, width=420, height=210).size == (420, 210)


def test_annotation_is_read_without_decoding_the_image(tmp_path: Path) -> None:
    cut = encoded()[:700]
    path = write_set(tmp_path / "set", [row("1", as_json=True, image=cut)], form="parquet")
    (scene,) = read(Vg150Source(path))
    assert isinstance(scene, SceneGraph)
    assert (scene.width, scene.height) == (400, 200)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"image": b"no image"}, "image-unreadable"),
        ({"image": b""}, "image-missing"),
        ({"objects": '[{"id": "person.1"}]'}, "annotation-malformed"),
        ({"objects": "[{"}, "annotation-malformed"),
        ({"objects": "[]"}, "no-objects"),
        ({"relationships": '{"a": 1}'}, "annotation-malformed"),
    ],
)
def test_bad_rows_are_refused_by_name_and_the_others_go_on(tmp_path: Path, values: dict[str, Any], reason: str) -> None:
    good = row("1", as_json=True)
    bad = {**row("2", as_json=True), **{key: value for key, value in values.items() if key != "image"}}
    if "image" in values:
        bad["image"] = {"bytes": values["image"], "path": None}
    path = write_set(tmp_path / "set", [bad, good], form="parquet")
    refused, scene = read(Vg150Source(path))
    assert isinstance(refused, Rejection)
    assert (refused.reason, refused.record_id, refused.scope) == (reason, "vg150:2", "record")
    assert isinstance(scene, SceneGraph)


@pytest.mark.parametrize(
    ("change", "reason", "part"),
    [
        ({"objects": [*OBJECTS, {"id": "dog.1", "bbox": None}]}, "object-malformed", "objects[4]"),
        ({"objects": [*OBJECTS, {"id": "dog.1", "bbox": [1, 2, 3]}]}, "object-malformed", "objects[4]"),
        ({"objects": [*OBJECTS, 5]}, "object-malformed", "objects[4]"),
        (
            {"relationships": [*RELATIONS, {"subject": 4, "predicate": "on", "object": "bike.2"}]},
            "relationship-malformed",
            "relationships[1]",
        ),
    ],
)
def test_a_bad_part_costs_the_part_alone(tmp_path: Path, change: dict[str, Any], reason: str, part: str) -> None:
    path = write_set(tmp_path / "set", [row("1", as_json=False, **change) | _as_json(change)], form="parquet")
    refused, scene = read(Vg150Source(path))
    assert isinstance(refused, Rejection)
    assert (refused.reason, refused.record_id, refused.scope) == (reason, f"vg150:1/{part}", "part")
    assert isinstance(scene, SceneGraph)
    assert (len(scene.objects), len(scene.relationships)) == (4, 1)


def _as_json(values: dict[str, Any]) -> dict[str, Any]:
    """All columns of annotation as JSON: a table's lists hold entries of one shape."""
    return {key: json.dumps(value) for key, value in {"objects": OBJECTS, "relationships": RELATIONS, **values}.items()}


def test_a_set_without_relationships_gives_scenes_without(tmp_path: Path) -> None:
    path = write_set(
        tmp_path / "set", [{**row("1", as_json=True), "relationships": None}, row("2", as_json=True)], form="parquet"
    )
    first, _ = read(Vg150Source(path))
    assert isinstance(first, SceneGraph)
    assert first.relationships == ()


def test_ends_that_are_missing_or_stand_for_several_objects_are_refused(tmp_path: Path) -> None:
    objects = [*OBJECTS, {"id": "person.9", "bbox": [300, 10, 380, 80]}]
    relations = [
        {"subject": "person.9", "predicate": "near", "object": "bike.2"},
        {"subject": "dog.1", "predicate": "near", "object": "bike.2"},
        *RELATIONS,
    ]
    path = write_set(
        tmp_path / "set", [row("1", as_json=True, objects=objects, relationships=relations)], form="parquet"
    )
    items = read(Vg150Source(path))
    assert [(item.reason, item.record_id) for item in items if isinstance(item, Rejection)] == [
        ("relationship-end-ambiguous", "vg150:1/relationships[0]"),
        ("relationship-end-missing", "vg150:1/relationships[1]"),
    ]
    (scene,) = (item for item in items if isinstance(item, SceneGraph))
    assert len(scene.objects) == 5
    assert len(scene.relationships) == 1


def test_partitions_are_row_ranges(tmp_path: Path) -> None:
    path = write_set(tmp_path / "set", [row(str(n), as_json=True) for n in range(203)], form="parquet")
    source = Vg150Source(path)
    assert [partition.locator for partition in source.partitions(limit=None)] == ["[0, 200, []]", "[200, 203, []]"]
    assert [partition.locator for partition in source.partitions(limit=5)] == ["[0, 5, []]"]
    assert len(read(source, limit=5)) == 5


def test_a_row_that_repeats_an_image_id_is_refused_in_any_partition(tmp_path: Path) -> None:
    rows = [row(str(n), as_json=True) for n in range(202)]
    rows[1]["image_id"] = rows[201]["image_id"] = "0"
    rows[201]["image"] = {"bytes": encoded(300, 100), "path": None}
    source = Vg150Source(write_set(tmp_path / "set", rows, form="parquet"))
    partitions = source.partitions(limit=None)
    assert [partition.locator for partition in partitions] == ["[0, 200, [1]]", "[200, 202, [201]]"]
    items = [item for partition in partitions for item in source.read(partition)]
    refused = [(item.reason, item.record_id, item.scope) for item in items if isinstance(item, Rejection)]
    assert refused == [
        ("image-repeated", "vg150:0/row-1", "record"),
        ("image-repeated", "vg150:0/row-201", "record"),
    ]
    scenes = [item for item in items if isinstance(item, SceneGraph)]
    assert len({scene.image_id for scene in scenes}) == len(scenes) == 200
    assert scenes[0].image.location.endswith("|train|0")


@pytest.mark.parametrize("form", ["parquet", "saved", "splits"])
@pytest.mark.parametrize("name", ["set [v1]", "50% ü#1", "a*b?c"])
def test_a_folder_of_any_name_is_read(tmp_path: Path, name: str, form: str) -> None:
    path = write_set(tmp_path / name, [row("1", as_json=True), row("2", as_json=True)], form=form)
    first, second = read(Vg150Source(path))
    assert isinstance(first, SceneGraph)
    assert isinstance(second, SceneGraph)
    assert open_image(second.image, width=400, height=200).size == (400, 200)


def test_a_folder_of_an_odd_name_without_files_is_told(tmp_path: Path) -> None:
    (tmp_path / "set [v1]").mkdir()
    with pytest.raises(InputError, match="holds no Parquet files of a split 'train'"):
        read(Vg150Source(str(tmp_path / "set [v1]")))


def test_a_relative_folder_is_found_from_another_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_set(tmp_path / "set", [row("1", as_json=True), row("2", as_json=True)], form="parquet")
    monkeypatch.chdir(tmp_path)
    source = Vg150Source("set")
    assert source.path_or_hub_id == path
    first, _ = read(source)
    monkeypatch.chdir("/")
    assert isinstance(first, SceneGraph)
    assert first.image.location == f"{path}|train|0"
    assert open_image(first.image, width=400, height=200).size == (400, 200)


def test_a_folder_that_is_missing_is_not_looked_for_on_the_hub(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere does not exist"):
        open_source("vg150", root=tmp_path / "nowhere", seed=0).partitions(limit=None)


def test_the_fingerprint_follows_a_picture_that_was_mended(tmp_path: Path) -> None:
    rows = [row(str(n), as_json=True) for n in range(3)]
    source = Vg150Source(write_set(tmp_path / "set", rows, form="parquet"))
    first = source.fingerprint()
    rows[1]["image"] = {"bytes": encoded(300, 100), "path": None}
    datasets.Dataset.from_list(rows).cast_column("image", datasets.Image()).to_parquet(
        tmp_path / "set" / "train-00000-of-00001.parquet"
    )
    open_rows.cache_clear()
    assert source.fingerprint() != first


def test_the_fingerprint_follows_content_and_split(tmp_path: Path) -> None:
    one = Vg150Source(write_set(tmp_path / "one", [row("1", as_json=True)], form="parquet"))
    other = Vg150Source(write_set(tmp_path / "other", [row("2", as_json=True)], form="parquet"))
    assert one.fingerprint() == Vg150Source(one.path_or_hub_id).fingerprint()
    assert one.fingerprint() != other.fingerprint()


@pytest.mark.parametrize("form", ["parquet", "saved-splits"])
def test_an_unknown_split_is_named(tmp_path: Path, form: str) -> None:
    path = write_set(tmp_path / "set", [row("1", as_json=True)], form=form)
    with pytest.raises(InputError, match="dev"):
        Vg150Source(path, split="dev").partitions(limit=None)


def test_a_set_of_another_shape_is_refused(tmp_path: Path) -> None:
    datasets.Dataset.from_list([{"question": "?"}]).save_to_disk(str(tmp_path / "set"))
    with pytest.raises(InputError, match="image_id, objects, relationships, image missing"):
        Vg150Source(str(tmp_path / "set")).partitions(limit=None)


@pytest.mark.parametrize("value", [{"bytes": b"x", "path": ["a"]}, 7])
def test_a_column_of_images_that_holds_none_is_told(tmp_path: Path, value: object) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    rows = [{"image_id": "1", "objects": "[]", "relationships": "[]", "image": value}]
    datasets.Dataset.from_list(rows).to_parquet(folder / "train-00000-of-00001.parquet")
    with pytest.raises(InputError, match="its column image holds no images but"):
        Vg150Source(str(folder)).partitions(limit=None)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read as a set"):
        Vg150Source(str(tmp_path)).partitions(limit=None)


def test_without_network_the_message_names_the_remedies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr("datasets.config.HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr("datasets.config.HF_HUB_OFFLINE", True)
    open_rows.cache_clear()
    with pytest.raises(InputError, match=r"nobody/nothing-here.*--root.*HF_ENDPOINT"):
        Vg150Source("nobody/nothing-here").partitions(limit=None)
