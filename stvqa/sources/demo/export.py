"""Demo scenes written out as official Visual Genome v1.2 files, with the truth beside them.

export_visual_genome(count=1000, seed=7, out=Path("demo-vg"), anomaly_rate=0.1)

demo-vg/image_data.json, objects.json, attributes.json, relationships.json, scene_graphs.json
demo-vg/VG_100K/1.jpg, demo-vg/VG_100K_2/2.jpg, ...
demo-vg/truth.jsonl        one `stvqa.sources.demo.truth.ImageTruth` a line
demo-vg/anomalies.json     what was planted, how often
"""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

from PIL import Image

from stvqa.errors import InputError
from stvqa.records import Record
from stvqa.sources.demo.annotate import Annotation, Noise, annotate
from stvqa.sources.demo.anomalies import ANOMALIES, plant
from stvqa.sources.demo.export_folder import ExportEntries, replacing
from stvqa.sources.demo.render import render_scene
from stvqa.sources.demo.scenes import Scene, make_scene
from stvqa.sources.demo.seeded import seeded
from stvqa.sources.demo.truth import ImageTruth, truth_of

__all__ = ["ExportReport", "export_visual_genome"]

_JPEG_QUALITY = 88
_FILES = ("image_data", "objects", "attributes", "relationships", "scene_graphs")
_FOLDERS = ("VG_100K", "VG_100K_2")
_TRUTH, _ANOMALIES = "truth.jsonl", "anomalies.json"
_ENTRIES = ExportEntries(
    files=(*(f"{name}.json" for name in _FILES), _TRUTH, _ANOMALIES),
    folders=_FOLDERS,
    telling=(_TRUTH, _ANOMALIES),
)


class ExportReport(Record):
    """What was written.

    Attributes:
        objects / relationships: entries in objects.json and relationships.json.
        planted: slug of each anomaly to how many items were planted. affected: to how many images.
    """

    out: str
    images: int
    pictures: int
    objects: int
    relationships: int
    planted: dict[str, int]
    affected: dict[str, int]


class _JsonList:
    """A JSON list written item by item."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._file.write(b"[")
        self._empty = True

    def append(self, item: dict[str, Any]) -> None:
        if not self._empty:
            self._file.write(b", ")
        self._file.write(json.dumps(item).encode())
        self._empty = False

    def close(self) -> None:
        self._file.write(b"]\n")


def export_visual_genome(
    *,
    count: int,
    seed: int,
    out: Path,
    anomaly_rate: float = 0.0,
    noise: Noise | None = None,
    images: bool = True,
    on_image: Callable[[int], None] | None = None,
) -> ExportReport:
    """Writes `count` scenes of a seed as Visual Genome files, one scene in memory at a time.

    The whole export appears at the end or not at all, in place of an earlier one; see `export_folder`.

    Args:
        out: folder: missing, empty, or of an earlier export.
        anomaly_rate: probability of each anomaly in each image, 0 to 1.
        noise: how far annotators fall short; None for the defaults of `Noise`.
        images: whether to draw the pictures; without them nothing can be wrong with a picture either.
        on_image: called with 1 after each scene, for a progress bar.

    Raises:
        InputError: a count below 1, a rate beyond 0 to 1, or a folder that holds something else.
        StorageError: the folder cannot be written.
    """
    if count < 1:
        raise InputError(f"{count} demo scenes were asked for: give a number of 1 or more")
    if not 0 <= anomaly_rate <= 1:
        raise InputError(f"the rate of anomalies is {anomaly_rate}: give a number from 0 to 1")
    with replacing(out, entries=_ENTRIES) as folder:
        writer = _Writer(seed=seed, anomaly_rate=anomaly_rate, noise=noise or Noise(), out=folder, images=images)
        return _write_all(writer, range(count), folder, on_image=on_image).model_copy(update={"out": str(out)})


def _write_all(
    writer: _Writer, indices: range, folder: Path, *, on_image: Callable[[int], None] | None
) -> ExportReport:
    """Writes the scenes of all indices into a folder that is there and empty."""
    with ExitStack() as stack:
        lists = {name: _JsonList(stack.enter_context((folder / f"{name}.json").open("xb"))) for name in _FILES}
        truth_file = stack.enter_context((folder / _TRUTH).open("xb"))
        for index in indices:
            truth = writer.write(index, lists)
            truth_file.write(truth.model_dump_json().encode() + b"\n")
            if on_image is not None:
                on_image(1)
        for file in lists.values():
            file.close()
    report = writer.report(len(indices))
    (folder / _ANOMALIES).write_text(json.dumps(writer.summary(report), indent=1) + "\n", encoding="utf-8")
    return report


class _Writer:
    """Writes one scene after the other and keeps the counts."""

    def __init__(self, *, seed: int, anomaly_rate: float, noise: Noise, out: Path, images: bool) -> None:
        self._seed = seed
        self._rate = anomaly_rate
        self._noise = noise
        self._out = out
        self._images = images
        self._planted: Counter[str] = Counter()
        self._affected: Counter[str] = Counter()
        self._objects = self._relationships = 0
        for folder in _FOLDERS if images else ():
            (out / folder).mkdir()

    def write(self, index: int, lists: dict[str, _JsonList]) -> ImageTruth:
        scene = make_scene(self._seed, index)
        annotation = annotate(scene, self._noise)
        plant(annotation, rate=self._rate, choice=seeded(self._seed, "anomalies", str(index)))
        if not self._images:
            annotation.planted.pop("image-unreadable", None)
            annotation.planted.pop("image-grayscale", None)
        else:
            self._write_picture(scene, annotation)
        _write_annotation(annotation, lists)
        self._planted.update(annotation.planted)
        self._affected.update(annotation.planted.keys())
        self._objects += len(annotation.objects)
        self._relationships += len(annotation.relationships)
        return _joined(truth_of(scene), annotation)

    def _write_picture(self, scene: Scene, annotation: Annotation) -> None:
        picture: Image.Image = render_scene(scene)
        if annotation.picture == "grayscale":
            picture = picture.convert("L")
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=_JPEG_QUALITY)
        data = buffer.getvalue()
        number = annotation.image["image_id"]
        path = self._out / _FOLDERS[0 if number % 2 else 1] / f"{number}.jpg"
        path.write_bytes(data[:160] if annotation.picture == "unreadable" else data)

    def report(self, count: int) -> ExportReport:
        return ExportReport(
            out=str(self._out),
            images=count,
            pictures=count if self._images else 0,
            objects=self._objects,
            relationships=self._relationships,
            planted={slug: self._planted[slug] for slug in ANOMALIES},
            affected={slug: self._affected[slug] for slug in ANOMALIES},
        )

    def summary(self, report: ExportReport) -> dict[str, Any]:
        """Content of anomalies.json."""
        counts = report.model_dump(include={"images", "planted", "affected"})
        return {"rate": self._rate, "seed": self._seed, **counts}


def _write_annotation(annotation: Annotation, lists: dict[str, _JsonList]) -> None:
    number = annotation.image["image_id"]
    lists["image_data"].append(annotation.image)
    lists["attributes"].append({"image_id": number, "attributes": annotation.objects})
    plain = [{key: value for key, value in entry.items() if key != "attributes"} for entry in annotation.objects]
    lists["objects"].append({"image_id": number, "objects": plain})
    lists["scene_graphs"].append(
        {"image_id": number, "objects": annotation.objects, "relationships": annotation.relationships}
    )
    ends: dict[int, dict[str, Any]] = {}
    for entry in (*reversed(annotation.objects), *annotation.ends.values()):
        ends[entry["object_id"]] = entry
    relationships = [
        {
            "relationship_id": relation["relationship_id"],
            "predicate": relation["predicate"],
            "synsets": relation["synsets"],
            "subject": _end(ends[relation["subject_id"]]),
            "object": _end(ends[relation["object_id"]]),
        }
        for relation in annotation.relationships
    ]
    lists["relationships"].append({"image_id": number, "relationships": relationships})


def _end(entry: dict[str, Any]) -> dict[str, Any]:
    """An object as relationships.json of v1.2 describes it: one name, a string."""
    kept = {key: entry[key] for key in ("object_id", "x", "y", "w", "h", "synsets")}
    return {"name": entry["names"][0], **kept}


def _joined(truth: ImageTruth, annotation: Annotation) -> ImageTruth:
    """The truth with the official ids."""
    objects = tuple(
        item.model_copy(update={"vg_object_id": vg_id, "duplicate_ids": tuple(annotation.duplicates.get(number, ()))})
        for number, (item, vg_id) in enumerate(zip(truth.objects, annotation.vg_ids, strict=True))
    )
    return truth.model_copy(update={"objects": objects, "anomalies": tuple(sorted(annotation.planted))})
