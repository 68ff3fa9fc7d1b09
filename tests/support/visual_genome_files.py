"""Official Visual Genome files in the shapes of v1.0, v1.2 and v1.4, made by us for tests.

write_root(tmp_path, "v1.2", objects={1: [thing(7, "man")]}, relationships={1: [triple(1, 7, "on", 8)]})
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from PIL import Image

Version = Literal["v1.0", "v1.2", "v1.4"]


def thing(
    object_id: int,
    *names: str,
    box: tuple[float, float, float, float] = (10, 10, 40, 40),
    merged: list[int] | None = None,
    attributes: list[str] | None = None,
) -> dict[str, Any]:
    """An object; box x, y, width, height."""
    x, y, w, h = box
    entry: dict[str, Any] = {"object_id": object_id, "names": list(names), "x": x, "y": y, "w": w, "h": h}
    entry["synsets"] = []
    if merged is not None:
        entry["merged_object_ids"] = merged
    if attributes is not None:
        entry["attributes"] = attributes
    return entry


def triple(relationship_id: int, subject: dict[str, Any], predicate: str, object_: dict[str, Any]) -> dict[str, Any]:
    """A relationship between two things, both spelled out."""
    return {
        "relationship_id": relationship_id,
        "predicate": predicate,
        "synsets": [],
        "subject": subject,
        "object": object_,
    }


def image(
    image_id: int, *, width: int = 200, height: int = 100, folder: str = "VG_100K", **other: Any
) -> dict[str, Any]:
    """A row of image_data.json."""
    url = f"https://example.org/rak248/{folder}/{image_id}.jpg"
    row = {"image_id": image_id, "width": width, "height": height, "url": url, "coco_id": None, "flickr_id": None}
    return {**row, **other}


def write_root(
    root: Path,
    version: Version,
    *,
    objects: dict[int, list[dict[str, Any]]],
    relationships: dict[int, list[dict[str, Any]]] | None = None,
    attributes: dict[int, list[dict[str, Any]]] | None = None,
    images: list[dict[str, Any]] | None = None,
    pictures: bool = True,
) -> Path:
    """objects.json, relationships.json, attributes.json where given, image_data.json and, where asked, JPEG files."""
    root.mkdir(exist_ok=True)
    rows = [image(image_id) for image_id in objects] if images is None else images
    _write(root / "image_data.json", rows)
    _write(root / "objects.json", [_object_element(key, value, version) for key, value in objects.items()])
    related = {image_id: [] for image_id in objects} if relationships is None else relationships
    _write(root / "relationships.json", [_relation_element(key, value, version) for key, value in related.items()])
    if attributes is not None:
        _write(root / "attributes.json", [_attribute_element(key, value, version) for key, value in attributes.items()])
    if pictures:
        for row in rows:
            write_picture(root / row["url"].split("/")[-2] / f"{row['image_id']}.jpg", row["width"], row["height"])
    return root


def write_scene_graphs(
    root: Path,
    *,
    objects: dict[int, list[dict[str, Any]]],
    links: dict[int, list[tuple[int, int, str, int]]] | None = None,
    images: list[dict[str, Any]] | None = None,
) -> Path:
    """scene_graphs.json and image_data.json; links are (relationship_id, subject_id, predicate, object_id)."""
    root.mkdir(exist_ok=True)
    _write(root / "image_data.json", [image(image_id) for image_id in objects] if images is None else images)
    elements = [
        {
            "relationships": [
                {
                    "synsets": [],
                    "predicate": predicate,
                    "relationship_id": key,
                    "object_id": object_id,
                    "subject_id": subject_id,
                }
                for key, subject_id, predicate, object_id in (links or {}).get(image_id, [])
            ],
            "image_id": image_id,
            "objects": things,
        }
        for image_id, things in objects.items()
    ]
    _write(root / "scene_graphs.json", elements)
    return root


def write_picture(path: Path, width: int, height: int, *, mode: str = "RGB") -> None:
    """A plain JPEG of a size."""
    path.parent.mkdir(exist_ok=True)
    Image.new(mode, (width, height)).save(path)


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value), encoding="utf-8")


def _old(entry: dict[str, Any], key: str) -> dict[str, Any]:
    kept = {name: value for name, value in entry.items() if name not in {"synsets", key, "merged_object_ids"}}
    return {**kept, "id": entry[key]}


def _object_element(image_id: int, things: list[dict[str, Any]], version: Version) -> dict[str, Any]:
    if version == "v1.0":
        return {"objects": [_old(entry, "object_id") for entry in things], "id": image_id}
    if version == "v1.2":
        return {"image_id": image_id, "objects": things}
    merged = [{"merged_object_ids": [], **entry} for entry in things]
    return {"image_id": image_id, "objects": merged, "image_url": f"https://example.org/VG_100K/{image_id}.jpg"}


def _end(entry: dict[str, Any], version: Version) -> dict[str, Any]:
    if "names" not in entry or (version == "v1.4" and entry.get("merged_object_ids")):
        return entry
    single = {name: value for name, value in entry.items() if name not in {"names", "attributes", "merged_object_ids"}}
    single["name"] = entry["names"][0]
    return _old(single, "object_id") if version == "v1.0" else single


def _relation_element(image_id: int, triples: list[dict[str, Any]], version: Version) -> dict[str, Any]:
    relations = [
        {**entry, "subject": _end(entry["subject"], version), "object": _end(entry["object"], version)}
        for entry in triples
    ]
    if version == "v1.0":
        return {"relationships": [_old(entry, "relationship_id") for entry in relations], "id": image_id}
    return {"relationships": relations, "image_id": image_id}


def _attribute_element(image_id: int, things: list[dict[str, Any]], version: Version) -> dict[str, Any]:
    if version == "v1.0":
        old = [_old(entry, "object_id") for entry in things]
        return {"attributes": [{**entry, "object_names": entry.pop("names")} for entry in old], "id": image_id}
    return {"image_id": image_id, "attributes": things}
