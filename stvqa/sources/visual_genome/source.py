"""Visual Genome from its official files: `VisualGenomeSource`.

    source = VisualGenomeSource(Path("/data/vg"))
    partitions = source.partitions(limit=1000)
    scene = next(iter(source.read(partitions[0])))    # SceneGraph(image_id="vg:1", ...), or a Rejection

`partitions` reads every annotation file once and keeps offsets; `read` seeks to single elements. Images are
those that an annotation file holds; an image that stands in image_data.json alone has nothing to ask about
and is no record.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, Literal, NamedTuple

from stvqa.errors import InputError
from stvqa.pictures import ImageSize, ImageUnreadable, picture_header, pixels_fault
from stvqa.records import ImageReference, Rejection, SceneGraph
from stvqa.sources.assembly import Findings, RawTriple, SceneFrame, agree_on_frame, assemble_scene
from stvqa.sources.assembly.findings import STAGE
from stvqa.sources.assembly.limits import Oversize, OversizeError, oversized, too_large
from stvqa.sources.contract import Partition
from stvqa.sources.json_elements import read_span
from stvqa.sources.marks import mark_of_file, mark_of_folder
from stvqa.sources.visual_genome.index import Broken, index_by_image, read_image_table
from stvqa.sources.visual_genome.join import MEMBERS, ImageItem, ImageJoin
from stvqa.sources.visual_genome.layout import Annotations, Layout, find_layout
from stvqa.sources.visual_genome.pictures import agreed_size, find_picture
from stvqa.sources.visual_genome.reconcile import Reconciler
from stvqa.sources.visual_genome.shapes import read_places, read_relations, read_scene

__all__ = ["PARTITION_SIZE", "VisualGenomeSource"]

PARTITION_SIZE = 100
"""Images a partition: under 1 MB of JSON, about a second of work over all stages. Larger ones leave workers idle at
the end of each stage where there are few; much smaller ones cost more for files than for work."""


class _Locator(NamedTuple):
    """A partition: images, or elements that belong to none."""

    items: list[ImageItem]
    broken: list[Broken]


class VisualGenomeSource:
    """Scene graphs of the official files.

    Record rejections: `image-data-missing`, `image-data-malformed`, `annotation-malformed` (also an element that
    belongs to no image), `annotation-too-large`, `image-repeated` (one file says different things of one image),
    `image-missing`, `image-size-disagrees`, those of `stvqa.pictures` (`image-unreadable`, `image-outside`: a link that
    leads out of the folders, `image-too-large`), and of `stvqa.sources.assembly` (`too-many-objects`,
    `too-many-relationships`, `image-orientation-ambiguous`, `image-on-its-side`, `boxes-do-not-fit`, `no-objects`).
    Mends of its own: `image-size-corrected`, `image-placeholder`, `image-grayscale`, `image-repeated` (one file says
    the same twice); the others are told in `reconcile` and `stvqa.sources.assembly`.

    Args:
        root: folder of the JSON files, with VG_100K and VG_100K_2 in it.
        missing_images: what becomes of an image without a file: a rejection, or a plain picture of its size.
        annotations: which files to read; `auto` takes scene_graphs.json where it is there.
    """

    name = "vg"

    def __init__(
        self,
        root: Path,
        *,
        missing_images: Literal["reject", "placeholder"] = "reject",
        annotations: Annotations = "auto",
    ) -> None:
        self.root = root
        self.missing_images = missing_images
        self.annotations = annotations

    def fingerprint(self) -> str:
        """Marks of the annotation files and of the image folders (`stvqa.sources.marks`), and the settings."""
        layout = self._layout()
        digest = hashlib.sha256()
        digest.update(f"{layout.root}|{self.missing_images}|{PARTITION_SIZE}".encode())
        for path in (layout.image_data, *_annotation_files(layout).values()):
            digest.update(f"|{path.name}|".encode())
            digest.update(mark_of_file(path))
        for folder in layout.image_folders:
            digest.update(b"|" if folder is None else b"|" + mark_of_folder(folder))
        return digest.hexdigest()

    def partitions(self, *, limit: int | None) -> list[Partition]:
        """Pieces of `PARTITION_SIZE` images by ascending image id. See the contract.

        Raises:
            InputError: files are missing, cut short, of another kind, or of versions that do not go together.
        """
        layout = self._layout()
        files = _annotation_files(layout)
        elements = {member: index_by_image(path, member=_list_of(member)) for member, path in files.items()}
        join = ImageJoin(read_image_table(layout.image_data), elements)
        if not len(join.ids):
            raise InputError(f"the annotation files in {layout.root} hold no image at all; fetch them again")
        return [
            Partition(number=number, locator=json.dumps(locator, separators=(",", ":")))
            for number, locator in enumerate(_locators(join, limit=limit))
        ]

    def read(self, partition: Partition) -> Iterator[SceneGraph | Rejection]:
        """One image at a time: refused parts first, then the graph or the rejection of the image."""
        layout = self._layout()
        locator = _Locator(*json.loads(partition.locator))
        with ExitStack() as stack:
            files = {member: stack.enter_context(path.open("rb")) for member, path in _annotation_files(layout).items()}
            for fields in locator.items:
                item = ImageItem(*fields)
                findings = Findings(f"{self.name}:{item.image_id}")
                outcome = self._read_image(item, layout, files=files, findings=findings)
                yield from findings.rejections
                yield outcome
        yield from (_refuse_element(Broken(*fields), self.name, layout=layout) for fields in locator.broken)

    def _layout(self) -> Layout:
        return find_layout(self.root, annotations=self.annotations, images_required=self.missing_images == "reject")

    def _read_image(
        self, item: ImageItem, layout: Layout, *, files: Mapping[str, BinaryIO], findings: Findings
    ) -> SceneGraph | Rejection:
        if item.width < 0:
            return findings.refuse_image("image-data-missing", detail="image_data.json does not hold the image")
        if item.disputed:
            detail = f"{item.disputed} holds several elements of the image, and they differ"
            return findings.refuse_image("image-repeated", detail=detail)
        if item.repeats:
            findings.mend("image-repeated", item.repeats)
        reconciler = Reconciler(findings)
        try:
            triples = _read_annotation(item, files, reconciler)
        except OversizeError as error:
            return findings.refuse_too_large(error.oversize)
        except ValueError as error:
            return findings.refuse_image("annotation-malformed", detail=str(error).splitlines()[0])
        frame = self._frame(item, layout, reconciler=reconciler)
        if isinstance(frame, Rejection):
            return frame
        return assemble_scene(frame, reconciler.objects(), triples=triples, findings=findings)

    def _frame(self, item: ImageItem, layout: Layout, *, reconciler: Reconciler) -> SceneFrame | Rejection:
        """Finds the image file and agrees on its size."""
        findings = reconciler.findings
        stated = ImageSize(item.width, item.height)
        path = find_picture(layout.image_folders, image_id=item.image_id, folder=item.folder)
        if path is None and self.missing_images == "reject":
            detail = f"{item.image_id}.jpg is in no image folder of {layout.root}"
            return findings.refuse_image("image-missing", detail=detail)
        size, image = stated, ImageReference(kind="placeholder")
        if path is None:
            if min(stated) <= 0:
                detail = "image_data.json gives no size, and there is no image file to tell it"
                return findings.refuse_image("image-data-malformed", detail=detail)
            if (fault := pixels_fault(*stated)) is not None:
                return findings.refuse_image(fault.reason, detail=str(fault))
            findings.mend("image-placeholder")
        else:
            image = ImageReference(kind="file", location=str(path))
            agreed = _size_of(path, stated, within=layout.real_folders, reconciler=reconciler)
            if isinstance(agreed, Rejection):
                return agreed
            size = agreed
        coco_id = item.coco_id if item.coco_id > 0 else None
        return SceneFrame(findings.image_id, self.name, str(item.image_id), coco_id, *size, image=image)


def _size_of(path: Path, stated: ImageSize, *, within: Sequence[Path], reconciler: Reconciler) -> ImageSize | Rejection:
    """The size in whose pixels the boxes are, from the picture, what is stated of it, and the boxes."""
    findings, objects = reconciler.findings, reconciler.objects()
    try:
        header = picture_header(path, within=within)
    except ImageUnreadable as error:
        return findings.refuse_image(error.reason, detail=f"{path}: {error}")
    if header.grayscale:
        findings.mend("image-grayscale")
    framed = agree_on_frame(header, objects, stated=stated if min(stated) > 0 else None, findings=findings)
    if framed is not None:
        return framed
    agreed = agreed_size(stated, header.size, objects=objects)
    if agreed is None:
        real = f"{header.size.width} x {header.size.height}"
        detail = f"image_data.json says {stated.width} x {stated.height}, {path} is {real}"
        return findings.refuse_image("image-size-disagrees", detail=detail)
    if agreed != stated:
        findings.mend("image-size-corrected")
    return agreed


def _locators(join: ImageJoin, *, limit: int | None) -> Iterator[_Locator]:
    """All images, then all elements that belong to none, `limit` in all."""
    ids = join.ids[:limit]
    for start in range(0, len(ids), PARTITION_SIZE):
        yield _Locator(join.items(ids[start : start + PARTITION_SIZE]), [])
    broken = join.broken if limit is None else join.broken[: limit - len(ids)]
    for start in range(0, len(broken), PARTITION_SIZE):
        yield _Locator([], broken[start : start + PARTITION_SIZE])


def _refuse_element(broken: Broken, source: str, *, layout: Layout) -> Rejection:
    """Of a row of image_data.json only a part is refused: an image that misses it is refused for that."""
    is_row = broken.file == layout.image_data.name
    return Rejection(
        stage=STAGE,
        reason="image-data-malformed" if is_row else "annotation-malformed",
        record_id=f"{source}:{broken.file}@{broken.start}",
        detail=f"the element at byte {broken.start} is {broken.fault}",
        scope="part" if is_row else "record",
    )


def _annotation_files(layout: Layout) -> dict[str, Path]:
    """Member of `MEMBERS` to file, those that are read."""
    paths = (layout.scene_graphs, layout.objects, layout.attributes, layout.relationships)
    return {member: path for member, path in zip(MEMBERS, paths, strict=True) if path is not None}


def _list_of(member: str) -> str:
    """The key of the list in each element of a file."""
    return "objects" if member == "scene_graphs" else member


def _read_annotation(item: ImageItem, files: Mapping[str, BinaryIO], reconciler: Reconciler) -> list[RawTriple]:
    """Feeds all places of one image to the reconciler and returns its triples.

    Raises:
        OversizeError: the image has more than is read.
        ValueError: an element is not what it should be.
    """
    triples: list[RawTriple] = []
    findings = reconciler.findings
    for member, span in zip(MEMBERS, item.spans, strict=True):
        if span is None:
            continue
        _refuse(too_large(span[1] - span[0]))
        data = read_span(files[member], *span)
        if member == "scene_graphs":
            scene = read_scene(data, findings=findings)
            _refuse(oversized(len(scene.objects), len(scene.links)))
            reconciler.add_objects(scene.objects)
            triples = reconciler.link(scene.links)
        elif member == "objects":
            reconciler.add_objects(read_places(data, attributes=False, findings=findings))
        elif member == "attributes":
            reconciler.add_attributes(read_places(data, attributes=True, findings=findings))
        else:
            relations = read_relations(data, findings=findings)
            _refuse(oversized(0, len(relations)))
            triples = reconciler.relate(relations)
    return triples


def _refuse(oversize: Oversize | None) -> None:
    if oversize is not None:
        raise OversizeError(oversize)
