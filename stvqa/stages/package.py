"""package: the set as the Hub and `datasets.load_dataset` want it.

    dataset/README.md, dataset/data/train-00000-of-00002.parquet, dataset/data/val-00000-of-00001.parquet

Images are stored as they are (files unchanged, but for orientation tags and pixels that readers would show in other
ways, see `stvqa.pictures`), in row groups of at most 100 rows, or the Hub's viewer
gives up. The features are written in the older notation, which every `datasets` from 2 to 5 reads.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import Field

from stvqa.records import Record, Rejection, Row, SelectedRow
from stvqa.sources.images import EncodedImage, ImageUnreadable, image_bytes
from stvqa.stages.contract import MapStage, StageContext
from stvqa.store import atomic_file
from stvqa.store.checksums import sha256_of_file
from stvqa.store.dataset import fingerprint_line

__all__ = ["Package", "PackedRow"]

_ROWS_PER_GROUP = 100
_COLUMNS: tuple[tuple[str, str], ...] = (
    ("row_id", "string"),
    ("image_id", "string"),
    ("images", "image"),
    ("problem", "string"),
    ("question_only", "string"),
    ("question_with_options", "string"),
    ("options", "list"),
    ("answer", "string"),
    ("answer_only", "string"),
    ("answer_text", "string"),
    ("answer_text_only", "string"),
    ("answer_option_text", "string"),
    ("answer_option_text_only", "string"),
    ("category", "string"),
    ("level", "string"),
    ("rating", "int32"),
    ("source", "string"),
    ("source_image_id", "string"),
    ("coco_id", "int64"),
    ("image_width", "int32"),
    ("image_height", "int32"),
    ("image_hash", "string"),
    ("evidence", "string"),
    ("program", "string"),
    ("margin", "float64"),
    ("teacher", "string"),
    ("verifier", "string"),
    ("votes", "string"),
    ("blind_correct", "bool"),
    ("coordinates", "string"),
)
"""Name and type of each column of the set, in order."""

_IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
_ARROW: dict[str, pa.DataType] = {
    "string": pa.string(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "bool": pa.bool_(),
    "list": pa.list_(pa.string()),
    "image": _IMAGE,
}


class PackedRow(Record):
    """A row with the bytes of its image; `path` is the name that the Hub shows."""

    row: Row
    split: str
    image: bytes = Field(repr=False)
    path: str


class Package(MapStage[SelectedRow, PackedRow]):
    """Writes Parquet files with an Image column, one for each part."""

    name = "package"
    reads: ClassVar[type[SelectedRow]] = SelectedRow
    writes: ClassVar[type[PackedRow]] = PackedRow
    version: ClassVar[int] = 2

    max_rejected_share: float = Field(default=0.0, ge=0, le=1)

    def run(self, records: Iterator[SelectedRow], context: StageContext) -> Iterator[PackedRow | Rejection]:
        """Rows with pixels; a row whose image has gone since `check` is refused."""
        # Rows of one image are scattered over the part; an image is read, or rendered, once.
        read: dict[str, EncodedImage] = {}
        for item in records:
            row = item.row
            try:
                if row.image_id not in read:
                    size = {"width": row.image_width, "height": row.image_height}
                    read[row.image_id] = image_bytes(item.image, **size, places=context.places)
            except ImageUnreadable as error:
                yield Rejection(stage=self.name, reason=error.reason, record_id=row.row_id, detail=str(error))
                continue
            context.counts[f"rows.{item.split}"] += 1
            encoded = read[row.image_id]
            path = f"{row.image_id.replace(':', '-').replace('/', '-')}.{encoded.extension}"
            yield PackedRow(row=row, split=item.split, image=encoded.data, path=path)

    def write(self, path: Path, records: Iterable[Any]) -> int:
        """One Parquet file in the Hub's layout instead of a part of records."""
        iterator, count = iter(records), 0
        with atomic_file(path) as file:
            writer: pq.ParquetWriter | None = None
            while group := list(islice(iterator, _ROWS_PER_GROUP)):
                schema = _schema(group[0].split)
                writer = writer or pq.ParquetWriter(file, schema, compression="zstd", store_schema=True)
                writer.write_batch(_batch(group, schema))
                count += len(group)
            (writer or pq.ParquetWriter(file, _schema("train"))).close()
        return count

    def publish(self, parts: Sequence[Path], folder: Path) -> bool:
        """Copies the files by split and number, and writes the card; damage to a copy leaves the part whole."""
        (folder / "data").mkdir()
        files: dict[str, list[Path]] = {"train": [], "val": []}
        for part in parts:
            metadata = pq.read_metadata(part)
            if metadata.num_rows:
                files[(metadata.metadata or {}).get(b"split", b"train").decode()].append(part)
        for split, members in files.items():
            for number, part in enumerate(members):
                shutil.copyfile(part, folder / "data" / f"{split}-{number:05d}-of-{len(members):05d}.parquet")
        splits = [split for split, members in files.items() if members]
        hashes = {path.relative_to(folder).as_posix(): sha256_of_file(path) for path in (folder / "data").iterdir()}
        (folder / "README.md").write_text(_card(splits, fingerprint_line(hashes)), encoding="utf-8")
        return True


def _schema(split: str) -> pa.Schema:
    features: dict[str, Any] = {name: {"dtype": kind, "_type": "Value"} for name, kind in _COLUMNS}
    features["images"] = {"_type": "Image"}
    features["options"] = {"feature": {"dtype": "string", "_type": "Value"}, "_type": "Sequence"}
    metadata = {"huggingface": json.dumps({"info": {"features": features}}), "split": split}
    return pa.schema([pa.field(name, _ARROW[kind]) for name, kind in _COLUMNS], metadata=metadata)


def _batch(group: Sequence[PackedRow], schema: pa.Schema) -> pa.RecordBatch:
    def value(item: PackedRow, name: str) -> object:
        if name == "images":
            return {"bytes": item.image, "path": item.path}
        return list(item.row.options) if name == "options" else getattr(item.row, name)

    arrays = [pa.array([value(item, field.name) for item in group], type=field.type) for field in schema]
    return pa.record_batch(arrays, schema=schema)


def _card(splits: Sequence[str], fingerprint: str) -> str:
    files = "\n".join(f"      - split: {split}\n        path: data/{split}-*.parquet" for split in splits)
    return f"""---
configs:
  - config_name: default
    data_files:
{files}
dataset_info:
  config_name: default
  description: "{fingerprint}"
---

# Spatial questions with proved answers

Made by stvqa. Each row is a multiple-choice question about one image. The column `program` holds the claims
behind its options, the margins and the part of the scene graph that they were decided on, as JSON, so that
every answer can be computed again.
"""
