"""Sources made to do harm: names and links that lead elsewhere, and images that hold more than any annotation does."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import datasets
import pytest
from PIL import Image

from stvqa.errors import InputError
from stvqa.pictures import ImageUnreadable
from stvqa.records import ImageReference, Rejection, SceneGraph
from stvqa.sources import json_elements, open_source
from stvqa.sources.assembly import Findings, RawObject, RawTriple, SceneFrame, assemble_scene
from stvqa.sources.assembly.limits import (
    LONGEST_TEXT,
    MOST_ATTRIBUTES,
    MOST_NAMES,
    MOST_OBJECTS,
    MOST_RECORD_BYTES,
    MOST_RELATIONSHIPS,
)
from stvqa.sources.images import image_bytes
from stvqa.sources.json_elements import index_elements
from stvqa.sources.marks import mark_of_folder
from stvqa.sources.opening import picture_places

BOX = {"x": 10, "y": 10, "w": 20, "h": 20}


def picture(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (200, 100)).save(path, "JPEG")
    return path


def gqa(root: Path, scenes: dict[str, Any]) -> Path:
    (root / "images").mkdir(parents=True, exist_ok=True)
    (root / "train_sceneGraphs.json").write_text(json.dumps(scenes))
    return root


def gqa_scene(**objects: dict[str, Any]) -> dict[str, Any]:
    return {"width": 200, "height": 100, "objects": objects or {"1": {"name": "cup", **BOX}}}


def vg(root: Path, *, objects: list[dict[str, Any]], links: list[dict[str, Any]] = (), **other: Any) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    row = {"image_id": 1, "width": 200, "height": 100, "coco_id": None, "url": "https://x/VG_100K/1.jpg"}
    (root / "image_data.json").write_text(json.dumps([row]))
    scene = {"image_id": 1, "objects": list(objects), "relationships": list(links), **other}
    (root / "scene_graphs.json").write_text(json.dumps([scene, {"image_id": 2, "objects": [], "relationships": []}]))
    return root


def read(name: Any, root: Path) -> list[SceneGraph | Rejection]:
    source = open_source(name, root=root, seed=0)
    return [item for partition in source.partitions(limit=None) for item in source.read(partition)]


def first(name: Any, root: Path) -> SceneGraph | Rejection:
    """What became of the first image; parts of it that were refused do not count."""
    return next(item for item in read(name, root) if isinstance(item, SceneGraph) or item.scope == "record")


def reason(name: Any, root: Path) -> str:
    found = first(name, root)
    assert isinstance(found, Rejection), found
    return found.reason


@pytest.mark.parametrize("image_id", ["../../private", "{folder}/private", "x/../1", "a\0b", "1" * 300, "..", ""])
def test_an_id_that_is_no_plain_name_leads_to_no_picture(tmp_path: Path, image_id: str) -> None:
    picture(tmp_path / "private.jpg")
    root = gqa(tmp_path / "a" / "root", {image_id.format(folder=tmp_path): gqa_scene(), "1": gqa_scene()})
    picture(root / "images" / "1.jpg")
    refused, scene = read("gqa", root)
    assert isinstance(refused, Rejection)
    assert refused.reason == "image-id-unusable"
    assert isinstance(scene, SceneGraph)
    assert len(refused.record_id) < 50


def test_an_id_of_vg150_is_a_plain_name_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    reasons = [item.reason for item in vg150(tmp_path / "set", "../x", "1" * 300, "7") if isinstance(item, Rejection)]
    assert reasons == ["image-id-unusable"] * 2


def vg150(
    folder: Path, *ids: str, objects: Any = ({"id": "cup.1", "bbox": [1, 1, 50, 50]},), links: Any = ()
) -> list[SceneGraph | Rejection]:
    file = io.BytesIO()
    Image.new("RGB", (200, 100)).save(file, "JPEG")
    row = {"image": {"bytes": file.getvalue(), "path": None}}
    told = {
        key: value if isinstance(value, str) else json.dumps(value)
        for key, value in (("objects", objects), ("relationships", links))
    }
    folder.mkdir()
    table = datasets.Dataset.from_list([{"image_id": image_id, **row, **told} for image_id in ids])
    table.cast_column("image", datasets.Image()).to_parquet(folder / "train-00000-of-00001.parquet")
    return [item for item in read("vg150", folder) if isinstance(item, SceneGraph) or item.scope == "record"]


@pytest.mark.parametrize("name", ["gqa", "vg"])
def test_a_link_among_the_pictures_does_not_lead_out_of_them(tmp_path: Path, name: str) -> None:
    root = gqa(tmp_path / "root", {"1": gqa_scene()}) if name == "gqa" else tmp_path / "root"
    folder = root / ("images" if name == "gqa" else "VG_100K")
    folder.mkdir(parents=True, exist_ok=True)
    if name == "vg":
        vg(root, objects=[{"object_id": 1, "names": ["cup"], **BOX}])
    (folder / "1.jpg").symlink_to(picture(tmp_path / "private.jpg"))
    assert reason(name, root) == "image-outside"
    (folder / "1.jpg").unlink()
    (folder / "1.jpg").symlink_to("/dev/zero")
    assert reason(name, root) == "image-missing"
    (folder / "1.jpg").unlink()
    os.mkfifo(folder / "1.jpg")
    assert reason(name, root) == "image-missing"


@pytest.mark.parametrize("name", ["gqa", "vg"])
def test_the_folder_of_pictures_may_be_a_link_to_another_disk(tmp_path: Path, name: str) -> None:
    picture(tmp_path / "disk" / "1.jpg")
    root = tmp_path / "root"
    root.mkdir()
    (root / ("images" if name == "gqa" else "VG_100K")).symlink_to(tmp_path / "disk")
    if name == "gqa":
        gqa(root, {"1": gqa_scene()})
    else:
        vg(root, objects=[{"object_id": 1, "names": ["cup"], **BOX}])
    (tmp_path / "link").symlink_to(root)
    for given in (root, tmp_path / "link"):
        scene = first(name, given)
        assert isinstance(scene, SceneGraph)
        places = picture_places(name, root=given)  # type: ignore[arg-type]
        assert image_bytes(scene.image, width=200, height=100, places=places).extension == "jpg"


def test_a_run_reads_pictures_of_its_source_alone(tmp_path: Path) -> None:
    private, root = picture(tmp_path / "private.jpg"), tmp_path / "root"
    inside = picture(root / "VG_100K" / "1.jpg")
    file = ImageReference(kind="file", location=str(private))
    rows = ImageReference(kind="dataset", location="/home/me/set|train|0")
    for places in (picture_places("demo", root=None), picture_places("vg", root=root), picture_places("vg", root=None)):
        for reference in (file, rows):
            with pytest.raises(ImageUnreadable) as refused:
                image_bytes(reference, width=200, height=100, places=places)
            assert refused.value.reason == "image-outside"
    found = ImageReference(kind="file", location=str(inside))
    assert image_bytes(found, width=200, height=100, places=picture_places("vg", root=root)).extension == "jpg"


@pytest.mark.parametrize(
    "reference",
    [
        ImageReference(kind="placeholder"),
        ImageReference(kind="demo", location="7/0/65535x65535"),
        ImageReference(kind="demo", location="../x"),
        ImageReference(kind="dataset", location="no row"),
        ImageReference(kind="file", location="/dev/zero"),
        ImageReference(kind="file", location="a\0b"),
    ],
)
def test_a_place_that_leads_to_no_picture_is_told(reference: ImageReference) -> None:
    with pytest.raises(ImageUnreadable):
        image_bytes(reference, width=65_535, height=65_535)


@pytest.mark.parametrize("name", ["gqa", "vg"])
def test_a_placeholder_is_not_larger_than_a_picture_may_be(tmp_path: Path, name: Any) -> None:
    if name == "gqa":
        gqa(tmp_path, {"1": {**gqa_scene(), "width": 60_000, "height": 60_000}})
    else:
        vg(tmp_path, objects=[{"object_id": 1, "names": ["cup"], **BOX}])
        (tmp_path / "image_data.json").write_text('[{"image_id": 1, "width": 60000, "height": 60000, "url": ""}]')
    source = open_source(name, root=tmp_path, seed=0, missing_images="placeholder")
    refused = next(item for partition in source.partitions(limit=1) for item in source.read(partition))
    assert isinstance(refused, Rejection)
    assert refused.reason == "image-too-large"


def frame() -> SceneFrame:
    return SceneFrame("x:1", "x", "1", None, width=200, height=100, image=ImageReference(kind="placeholder"))


def assembled(objects: list[RawObject], triples: list[RawTriple] = ()) -> tuple[SceneGraph | Rejection, Findings]:  # type: ignore[assignment]
    findings = Findings("x:1")
    return assemble_scene(frame(), objects, triples=triples, findings=findings), findings


def raw(number: int, *names: str, attributes: tuple[str, ...] = ()) -> RawObject:
    return RawObject(str(number), names or ("cup",), 10, 10, 20, 20, attributes=attributes)


@pytest.mark.parametrize(
    ("objects", "triples", "wanted"),
    [
        (MOST_OBJECTS, 0, None),
        (MOST_OBJECTS + 1, 0, "too-many-objects"),
        (20_000, 0, "too-many-objects"),
        (2, MOST_RELATIONSHIPS, None),
        (2, MOST_RELATIONSHIPS + 1, "too-many-relationships"),
    ],
)
def test_an_image_has_no_more_than_this(objects: int, triples: int, wanted: str | None) -> None:
    names = ("cup", "table")
    things = [raw(number, names[number % 2]) for number in range(objects)]
    found, findings = assembled(things, [RawTriple(str(number), "0", "on", "1") for number in range(triples)])
    assert (found.reason if isinstance(found, Rejection) else None) == wanted
    assert wanted is None or findings.rejections == []


@pytest.mark.parametrize(
    "long",
    [
        raw(2, "x" * (LONGEST_TEXT + 1)),
        raw(2, "_" * 100_000),
        raw(2, "cup" + " 1" * 50_000),
        raw(2, *(f"cup {number}" for number in range(MOST_NAMES + 1))),
        raw(2, "cup", attributes=("a" * 100_000,)),
        raw(2, "cup", attributes=tuple(f"a{number}" for number in range(MOST_ATTRIBUTES + 1))),
    ],
    ids=["letters", "underscores", "numbers", "names", "attribute", "attributes"],
)
def test_what_is_too_long_is_left_out_and_told_shortly(long: RawObject) -> None:
    found, findings = assembled([raw(1, "table"), long], [RawTriple("9", "1", "on " * 50_000, "1")])
    assert isinstance(found, SceneGraph)
    assert [item.id for item in found.objects] == ["table.1"]
    assert [item.reason for item in findings.rejections] == ["object-too-long", "relationship-too-long"]
    assert max(len(item.model_dump_json()) for item in findings.rejections) < 1000


def test_objects_on_one_place_are_still_merged_in_their_order() -> None:
    found, _ = assembled([raw(number, name) for number, name in enumerate(["man", "guy", "shirt", "man"] * 200)])
    assert isinstance(found, SceneGraph)
    assert [(item.id, item.names) for item in found.objects] == [("man.1", ("man", "guy")), ("shirt.1", ())]


def many(count: int) -> list[dict[str, Any]]:
    return [{"object_id": number, "names": ["cup"], **BOX} for number in range(count)]


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        ({"objects": many(20_000)}, "too-many-objects"),
        ({"objects": [{"object_id": 1, "names": ["cup"], **BOX, "x": 40 * n} for n in range(900)]}, "too-many-objects"),
        (
            {
                "objects": many(2),
                "links": [
                    {"relationship_id": n, "predicate": "on", "subject_id": 0, "object_id": 1} for n in range(25_000)
                ],
            },
            "too-many-relationships",
        ),
        ({"objects": many(1), "note": "x" * MOST_RECORD_BYTES}, "annotation-too-large"),
        ({"objects": many(1), "note": "[" * 1}, None),
    ],
    ids=["objects", "places", "relationships", "bytes", "fine"],
)
def test_an_element_of_visual_genome_that_holds_too_much_costs_itself(
    tmp_path: Path, content: dict[str, Any], wanted: str | None
) -> None:
    picture(tmp_path / "VG_100K" / "1.jpg")
    found = first("vg", vg(tmp_path, **content))
    assert (found.reason if isinstance(found, Rejection) else None) == wanted
    assert (found.image_id if isinstance(found, SceneGraph) else found.record_id) == "vg:1"


def test_ends_of_relationships_count_as_objects(tmp_path: Path) -> None:
    picture(tmp_path / "VG_100K" / "1.jpg")
    vg(tmp_path, objects=[])
    (tmp_path / "scene_graphs.json").unlink()
    ends = [{"object_id": number, "name": "cup", **BOX} for number in range(3000)]
    relations = [
        {"relationship_id": n, "predicate": "on", "subject": ends[n], "object": ends[n + 1]} for n in range(2000)
    ]
    (tmp_path / "objects.json").write_text(json.dumps([{"image_id": 1, "objects": ends[:1]}]))
    (tmp_path / "relationships.json").write_text(json.dumps([{"image_id": 1, "relationships": relations}]))
    assert reason("vg", tmp_path) == "too-many-objects"


@pytest.mark.parametrize(
    ("scene", "wanted"),
    [
        (gqa_scene(**{str(n): {"name": "cup", **BOX} for n in range(1500)}), "too-many-objects"),
        (
            gqa_scene(**{"1": {"name": "cup", **BOX, "relations": [{"object": "1", "name": "on"}] * 25_000}}),
            "too-many-relationships",
        ),
        ({**gqa_scene(), "note": "x" * MOST_RECORD_BYTES}, "annotation-too-large"),
        ({**gqa_scene(), "note": json.loads("[" * 150 + "]" * 150)}, None),
        ({**gqa_scene(), "height": 10**30}, "annotation-malformed"),
        (gqa_scene(**{"1": {"name": "cup", **BOX, "x": 10**400}}), "annotation-malformed"),
        (gqa_scene(**{"1": {"name": "cup", **BOX, "x": float("nan")}}), "no-objects"),
    ],
    ids=["objects", "relations", "bytes", "depth", "height", "place", "nan"],
)
def test_a_scene_of_gqa_that_holds_too_much_costs_itself(
    tmp_path: Path, scene: dict[str, Any], wanted: str | None
) -> None:
    root = gqa(tmp_path, {"1": scene, "2": gqa_scene()})
    for number in "12":
        picture(root / "images" / f"{number}.jpg")
    found = first("gqa", root)
    assert (found.reason if isinstance(found, Rejection) else None) == wanted
    assert any(isinstance(item, SceneGraph) and item.image_id == "gqa:2" for item in read("gqa", root))


def test_a_scene_nested_too_deeply_costs_itself(tmp_path: Path) -> None:
    root = gqa(tmp_path, {"1": gqa_scene(), "2": gqa_scene()})
    for number in "12":
        picture(root / "images" / f"{number}.jpg")
    file = root / "train_sceneGraphs.json"
    file.write_text(file.read_text().replace('"2": {', '"2": {"deep": ' + "[" * 10_000 + "]" * 10_000 + ", "))
    one, two = read("gqa", root)
    assert isinstance(one, SceneGraph)
    assert isinstance(two, Rejection)
    assert two.reason == "annotation-malformed"


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        ({"objects": [{"id": f"cup.{n}", "bbox": [1, 1, 50, 50]} for n in range(15_000)]}, "too-many-objects"),
        ({"links": [{"subject": "cup.1", "predicate": "on", "object": "cup.1"}] * 25_000}, "too-many-relationships"),
        ({"objects": "[" + " " * MOST_RECORD_BYTES + "]"}, "annotation-too-large"),
        ({"objects": "[" * 100_000}, "annotation-malformed"),
        ({"objects": [{"id": "a" * 300 + ".1", "bbox": [1, 1, 50, 50]}]}, "no-objects"),
    ],
    ids=["objects", "relationships", "bytes", "depth", "name"],
)
def test_a_row_of_vg150_that_holds_too_much_costs_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: dict[str, Any], wanted: str
) -> None:
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    (found,) = vg150(tmp_path / "set", "1", **told)
    assert isinstance(found, Rejection)
    assert found.reason == wanted


def test_a_file_of_very_many_entries_is_no_set_of_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "objects.json"
    path.write_text("[" + "1," * 200 + "1]")
    monkeypatch.setattr(json_elements, "MOST_ELEMENTS", 200)
    assert len(index_elements(path)) == 201
    path.write_text("[" + "1," * 300 + "1]")
    with pytest.raises(InputError, match="more than 200 entries"):
        index_elements(path)


def test_links_that_lead_in_circles_mark_a_folder_all_the_same(tmp_path: Path) -> None:
    folder, inner = tmp_path / "set", tmp_path / "set" / "inner"
    inner.mkdir(parents=True)
    (folder / "1.parquet").write_bytes(b"x")
    plain = mark_of_folder(folder, nested=True)
    (inner / "up").symlink_to(folder)
    (inner / "here").symlink_to(inner)
    assert mark_of_folder(folder, nested=True) == plain
    (folder / "self").symlink_to("self")
    marked = mark_of_folder(folder, nested=True)
    assert marked != plain
    assert mark_of_folder(folder, nested=True) == marked
