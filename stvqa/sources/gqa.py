"""GQA's scene graphs: `GqaSource`.

    {"2407890": {"width": 640, "height": 480, "objects": {"271881": {"name": "chair", "x": 220, "y": 310,
     "w": 50, "h": 80, "attributes": ["brown"], "relations": [{"object": "32452", "name": "near"}]}}}}

GQA cleaned Visual Genome's graphs of 85,638 of its images; the image ids are Visual Genome's, so that a set
made of both holds images twice (`stvqa` finds them by image hash when it splits).

Its `to the left of` and `to the right of` were not said by people but worked out from the boxes, for almost
every pair. They are left out and counted (`relationship-from-boxes`): a triple in a graph stands for a person's word,
and what the boxes say the programs read from the boxes themselves, with a margin.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import from_json

from stvqa.errors import InputError
from stvqa.pictures import LARGEST_SIDE, ImageSize, ImageUnreadable, picture_header, pixels_fault, real_folders
from stvqa.records import ImageReference, Rejection, SceneGraph
from stvqa.sources.assembly import Findings, RawObject, SceneFrame, agree_on_frame, assemble_scene
from stvqa.sources.assembly.limits import ID_UNUSABLE, MOST_RECORD_BYTES, id_fault, oversized, too_large
from stvqa.sources.contract import Partition
from stvqa.sources.gqa_shapes import count_relations, raw_objects, raw_triples, read_objects
from stvqa.sources.json_elements import ElementIndex, index_elements, read_member, read_span
from stvqa.sources.marks import mark_of_file, mark_of_folder
from stvqa.sources.places import GQA_IMAGES, picture_folders

__all__ = ["GqaSource"]

PARTITION_SIZE = 200
_FILES = ("train_sceneGraphs.json", "val_sceneGraphs.json")
_KEY = re.compile(rb'\s*("(?:[^"\\]|\\.)*")\s*:')
_KEY_BYTES = 256
"""Bytes of a member in which its key stands; real keys have nine."""


class _Scene(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    width: int
    height: int
    objects: dict[str, Any]


class _Picture(NamedTuple):
    """Where the pixels of an image are, and their size."""

    image: ImageReference
    size: ImageSize


class _Locator(NamedTuple):
    """A partition: some members of one file; `repeated` are the starts of those to be refused."""

    file: str
    spans: list[tuple[int, int]]
    repeated: list[int]


class GqaSource:
    """Scene graphs of GQA's train and val files.

    Record rejections: `annotation-malformed` (also where no object can be read), `annotation-too-large`,
    `image-id-unusable` (no plain name of a file: a path would lead to other pictures), `image-missing`,
    `image-size-disagrees`, `image-repeated` (an image that the files annotate a second time), those of `stvqa.pictures`
    (`image-unreadable`, `image-outside`: a link that leads out of the folders, `image-too-large`), and of
    `stvqa.sources.assembly` (`too-many-objects`, `too-many-relationships`, `image-orientation-ambiguous`,
    `image-on-its-side`, `boxes-do-not-fit`, `no-objects`).
    Part rejections of its own: `object-malformed`, `attributes-malformed`, `relationship-malformed`. Mends of its own:
    `list-null` (attributes or relations that are null), `relationship-from-boxes`.

    Args:
        root: folder of train_sceneGraphs.json, val_sceneGraphs.json or both, images in its `images`.
        missing_images: what becomes of an image without a file: a rejection, or a plain picture of its size.
    """

    name = "gqa"

    def __init__(self, root: Path, *, missing_images: Literal["reject", "placeholder"] = "reject") -> None:
        self.root = root
        self.missing_images = missing_images

    def fingerprint(self) -> str:
        """Marks of the files and of the image folder (`stvqa.sources.marks`), and the settings."""
        files = self._files()
        images = files[0].parent / GQA_IMAGES
        digest = hashlib.sha256(f"{files[0].parent}|{self.missing_images}|{PARTITION_SIZE}|".encode())
        digest.update(mark_of_folder(images) if images.is_dir() else b"")
        for path in files:
            digest.update(f"|{path.name}|".encode() + mark_of_file(path))
        return digest.hexdigest()

    def partitions(self, *, limit: int | None) -> list[Partition]:
        """Pieces of at most `PARTITION_SIZE` images, in the files' order, train before val. See the contract.

        Raises:
            InputError: files are missing, cut short, or of another kind; or there are no images at all.
        """
        locators: list[_Locator] = []
        seen: set[str] = set()
        for path in self._files():
            index = index_elements(path, shape="dict")
            _refuse_other_content(index)
            repeated = _repeated(index, seen)
            stop = len(index) if limit is None else min(limit, len(index))
            limit = None if limit is None else limit - stop
            for start in range(0, stop, PARTITION_SIZE):
                part = slice(start, min(start + PARTITION_SIZE, stop))
                spans = list(zip(index.starts[part].tolist(), index.stops[part].tolist(), strict=True))
                locators.append(_Locator(path.name, spans, [start for start, _ in spans if start in repeated]))
        return [Partition(number=number, locator=json.dumps(locator)) for number, locator in enumerate(locators)]

    def read(self, partition: Partition) -> Iterator[SceneGraph | Rejection]:
        """One image at a time: refused parts first, then the graph or the rejection of the image."""
        locator = _Locator(*json.loads(partition.locator))
        path = self.root.resolve() / locator.file
        repeated = frozenset(locator.repeated)
        with path.open("rb") as file:
            for start, stop in locator.spans:
                data = read_span(file, start, min(stop, start + MOST_RECORD_BYTES))
                image_id = _key_of(data)
                if fault := id_fault(image_id):
                    findings = Findings(f"{self.name}:byte-{start}")
                    yield findings.refuse_image(ID_UNUSABLE, detail=f"the image id {fault}")
                    continue
                if start in repeated:
                    # Named apart from the scene that counts, whose record has the plain id.
                    findings = Findings(f"{self.name}:{image_id}/{locator.file}@{start}")
                    yield findings.refuse_image("image-repeated", detail="an earlier scene is of the same image")
                    continue
                findings = Findings(f"{self.name}:{image_id}")
                if (oversize := too_large(stop - start)) is not None:
                    yield findings.refuse_too_large(oversize)
                    continue
                outcome = self._scene(data, findings=findings)
                yield from findings.rejections
                yield outcome

    def _files(self) -> list[Path]:
        root = self.root.resolve()
        if not root.is_dir():
            raise InputError(f"{root} is no folder: pass the one that holds GQA's {' or '.join(_FILES)}")
        found = [root / name for name in _FILES if (root / name).is_file()]
        if not found:
            zips = sorted(path.name for path in root.glob("*.zip"))
            hint = f"; unzip {', '.join(zips)} there first" if zips else ""
            raise InputError(f"neither {' nor '.join(_FILES)} is in {root}: put GQA's scene graphs there{hint}")
        if self.missing_images == "reject" and not (root / GQA_IMAGES).is_dir():
            raise InputError(
                f"there are no images in {root}: put GQA's into its folder {GQA_IMAGES}, "
                "or pass --missing-images placeholder to go on with plain ones"
            )
        return found

    def _scene(self, data: bytes, *, findings: Findings) -> SceneGraph | Rejection:
        try:
            image_id, value = read_member(data)
            scene = _Scene.model_validate(value)
        except (ValidationError, ValueError) as error:
            return findings.refuse_image("annotation-malformed", detail=" ".join(str(error).split()[:40]))
        if not 1 <= min(scene.width, scene.height) <= max(scene.width, scene.height) <= LARGEST_SIDE:
            detail = f"the size is {scene.width} x {scene.height}"
            return findings.refuse_image("annotation-malformed", detail=detail)
        if (oversize := oversized(len(scene.objects), count_relations(scene.objects))) is not None:
            return findings.refuse_too_large(oversize)
        objects = read_objects(scene.objects, findings)
        if scene.objects and not objects:
            return findings.refuse_unreadable("annotation-malformed")
        raw = raw_objects(objects, findings)
        found = self._picture(image_id, ImageSize(scene.width, scene.height), objects=raw, findings=findings)
        if isinstance(found, Rejection):
            return found
        frame = SceneFrame(
            findings.image_id,
            self.name,
            image_id,
            coco_id=None,
            width=found.size.width,
            height=found.size.height,
            image=found.image,
        )
        return assemble_scene(frame, raw, triples=raw_triples(objects, findings), findings=findings)

    def _picture(
        self, image_id: str, stated: ImageSize, *, objects: Sequence[RawObject], findings: Findings
    ) -> _Picture | Rejection:
        """Finds the image file and agrees on its size."""
        root = self.root.resolve()
        path = root / GQA_IMAGES / f"{image_id}.jpg"
        if not path.is_file():
            if self.missing_images == "reject":
                return findings.refuse_image("image-missing", detail=f"{path} is missing")
            if (fault := pixels_fault(*stated)) is not None:
                return findings.refuse_image(fault.reason, detail=str(fault))
            findings.mend("image-placeholder")
            return _Picture(ImageReference(kind="placeholder"), stated)
        try:
            header = picture_header(path, within=real_folders(*map(Path, picture_folders("gqa", root))))
        except ImageUnreadable as error:
            return findings.refuse_image(error.reason, detail=f"{path}: {error}")
        framed = agree_on_frame(header, objects, stated=stated, findings=findings)
        if isinstance(framed, Rejection):
            return framed
        if framed is None and header.size != stated:
            real = f"{header.size.width} x {header.size.height}"
            detail = f"the graph says {stated.width} x {stated.height}, {path} is {real}"
            return findings.refuse_image("image-size-disagrees", detail=detail)
        if header.grayscale:
            findings.mend("image-grayscale")
        return _Picture(ImageReference(kind="file", location=str(path)), framed or stated)


def _key_of(data: bytes) -> str:
    """The image id before a scene, unescaped; empty where there is none."""
    key = _KEY.match(data)
    if key is None:
        return ""
    try:
        return str(from_json(key[1]))
    except ValueError:
        return ""


def _repeated(index: ElementIndex, seen: set[str]) -> set[int]:
    """Starts of the members whose key was met before, in this file or another; adds all keys to `seen`."""
    found: set[int] = set()
    with index.path.open("rb") as file:
        for start, stop in zip(index.starts.tolist(), index.stops.tolist(), strict=True):
            key = _key_of(read_span(file, start, min(stop, start + _KEY_BYTES)))
            if key in seen:
                found.add(start)
            elif key:
                seen.add(key)
    return found


def _refuse_other_content(index: ElementIndex) -> None:
    """Looks at the first member: a dict of image ids has scenes for values."""
    if not len(index):
        raise InputError(f"{index.path} holds no image at all; fetch it again")
    with index.path.open("rb") as file:
        start, stop = int(index.starts[0]), int(index.stops[0])
        data = read_span(file, start, stop) if too_large(stop - start) is None else b""
    if not data:
        return  # too large to be looked at; refused when it is read
    try:
        value: Any = read_member(data).value
    except ValueError as error:
        raise InputError(f"{index.path} is not valid JSON in its first member: {error}") from error
    if not isinstance(value, dict) or "objects" not in value:
        raise InputError(f"{index.path} does not hold what its name says: its first member has no objects")
