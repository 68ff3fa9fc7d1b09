"""The rows of one Parquet file of a set, each by itself: what one of them holds is no matter of the others.

for item in rows_of(Path("runs/demo/dataset/data/train-00000-of-00001.parquet")):
isinstance(item, UnreadableRow) and item.detail     # "options: Tuple should have at most 4 items after validation"

A file whose columns are missing or of another type is refused as a whole, by name. Sizes are looked at before anything
is read: a small file may unpack to any size.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, get_args, get_origin

import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.types as kinds
from pydantic import ValidationError

from stvqa.errors import InputError
from stvqa.records import Row
from stvqa.store.parts import DAMAGE, open_parquet
from stvqa.texts import one_line

__all__ = ["PublishedRow", "UnreadableRow", "batches_of", "rows_of"]

_BATCH = 64
_MOST_BATCH_BYTES = 256 << 20
"""Of the rows that are in memory at once, unpacked."""
_MOST_CHUNK_BYTES = 256 << 20
"""Of one column in one row group, unpacked, unless it takes much space on disk, too; ours have 100 rows."""
_MOST_TIMES = 8
"""So many times its size on disk a large column may have unpacked."""
_KINDS: dict[type, str] = {float: "number", bool: "bool", int: "whole number"}
_SHOWN = 60
_MALFORMED = "row-malformed"


class PublishedRow(NamedTuple):
    """A row of a published set, the split it stands in, and its image file's bytes."""

    split: str
    row: Row
    image: bytes


class UnreadableRow(NamedTuple):
    """A row that is none.

    Attributes:
        row_id: as it stands there; `FILE#NUMBER` where there is no text.
        image_id: as it stands there; None where there is no text.
        reason: slug.
    """

    split: str
    row_id: str
    image_id: str | None
    reason: str
    detail: str

    def __str__(self) -> str:
        return f"row {one_line(self.row_id[:_SHOWN])} of {self.split} cannot be read ({self.detail})"


def rows_of(path: Path, *, images: bool = True) -> Iterator[PublishedRow | UnreadableRow]:
    """All rows of a file.

    Raises:
        InputError: the file is damaged or has other columns.
    """
    split = path.name.split("-", 1)[0]
    number = 0
    for batch in batches_of(path, [*Row.model_fields, *(["images"] if images else [])]):
        for values in batch:
            number += 1
            image = (values.pop("images", None) or {}).get("bytes") or b""
            try:
                yield PublishedRow(split, Row.model_validate(values), image)
            except ValidationError as error:
                first = error.errors(include_url=False, include_input=False, include_context=False)[0]
                place = ".".join(str(part) for part in first["loc"])
                name = values.get("row_id") or f"{path.name}#{number}"
                yield UnreadableRow(split, name, values.get("image_id"), _MALFORMED, f"{place}: {first['msg']}")


def batches_of(path: Path, columns: Sequence[str]) -> Iterator[list[dict[str, Any]]]:
    """Rows as Python values, some at a time; without `images` where the file has no such column.

    Raises:
        InputError: the file is damaged, or a column is missing, of another type or too large.
    """
    try:
        with open_parquet(path) as file:
            present = [name for name in columns if name != "images" or name in file.schema_arrow.names]
            _check_columns(path, file.schema_arrow, present)
            size = _batch_size(path, file.metadata, present)
            for batch in file.iter_batches(size, columns=present, use_threads=False):
                yield _python_values(batch)
    except DAMAGE as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"{path} is not a file of a set made by this version of stvqa: {first}") from error


def _python_values(batch: pa.RecordBatch) -> list[dict[str, Any]]:
    """Rows of a batch; a text that is no UTF-8 is None, which no column of a row may be."""
    try:
        return list(batch.to_pylist())
    except UnicodeDecodeError:
        cells = {name: [_value(cell) for cell in batch.column(name)] for name in batch.schema.names}
        return [{name: cells[name][place] for name in cells} for place in range(batch.num_rows)]


def _value(cell: pa.Scalar) -> object:
    try:
        return cell.as_py()
    except UnicodeDecodeError:
        return None


def _check_columns(path: Path, schema: pa.Schema, columns: Sequence[str]) -> None:
    remedy = "give a set as `stvqa build` writes it"
    lacking = [name for name in columns if name not in schema.names]
    if lacking:
        told = ", ".join(lacking[:5]) + (f" and {len(lacking) - 5} more" if len(lacking) > 5 else "")
        raise InputError(f"{path} is not a file of a set: it lacks the columns {told}: {remedy}")
    for name in columns:
        wanted, found = _wanted(name), schema.field(name).type
        if not (kinds.is_null(found) or _fits(found, wanted)):
            shown = str(found)[:_SHOWN]
            raise InputError(
                f"{path} is not a file of a set: its column {name} is of type {shown}, not {wanted}: {remedy}"
            )


def _wanted(name: str) -> str:
    """The kind of a column, by the annotation of its field."""
    if name == "images":
        return "image"
    annotation = Row.model_fields[name].annotation
    if get_origin(annotation) is tuple:
        return "list of texts"
    known = (annotation, *get_args(annotation))
    return next((kind for python, kind in _KINDS.items() if python in known), "text")


def _fits(found: pa.DataType, wanted: str) -> bool:
    if kinds.is_dictionary(found):
        found = found.value_type
    text = kinds.is_string(found) or kinds.is_large_string(found)
    match wanted:
        case "image":
            return kinds.is_struct(found) and found.get_field_index("bytes") >= 0 and _is_bytes(found)
        case "list of texts":
            return (kinds.is_list(found) or kinds.is_large_list(found)) and _fits(found.value_type, "text")
        case "number":
            return bool(kinds.is_floating(found) or kinds.is_integer(found))
        case "whole number":
            return bool(kinds.is_integer(found))
        case "bool":
            return bool(kinds.is_boolean(found))
        case _:
            return bool(text)


def _is_bytes(found: pa.DataType) -> bool:
    inner = found.field("bytes").type
    return bool(kinds.is_binary(inner) or kinds.is_large_binary(inner) or kinds.is_null(inner))


def _batch_size(path: Path, metadata: pq.FileMetaData, columns: Sequence[str]) -> int:
    """How many rows may be unpacked at once: one value of a dictionary may stand in every row."""
    most = 0
    for group in range(metadata.num_row_groups):
        whole, repeated = metadata.row_group(group), 0
        for place in range(whole.num_columns):
            column = whole.column(place)
            name = column.path_in_schema.split(".", 1)[0]
            if name not in columns:
                continue
            size, packed = column.total_uncompressed_size, column.total_compressed_size
            if size > max(_MOST_CHUNK_BYTES, packed * _MOST_TIMES):
                raise InputError(
                    f"{path} is not a file of a set: its column {name} unpacks from {packed:,} to {size:,} bytes at "
                    f"once, and {_MOST_CHUNK_BYTES:,} are the most: give a set as `stvqa build` writes it"
                )
            repeated += size if column.has_dictionary_page else 0
        most = max(most, repeated)
    return max(1, min(_BATCH, _MOST_BATCH_BYTES // max(most, 1)))
