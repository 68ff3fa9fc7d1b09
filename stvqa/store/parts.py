"""Parts: one partition of a stage's records as a Parquet file.

Each record stands there twice: its scalar fields as typed columns, so that any tool can filter, and the
whole of it as JSON in the column `record`, which is what stages read back. A part of `Rejection`s:

    stage | reason          | record_id | detail        | scope  | payload | record
    load  | image-too-small | vg:7      | 12 x 9 pixels | record |         | {"stage":"load","reason":...}

Parts are byte-equal whenever their records are equal and the libraries the same: no times, no host, no paths.
"""

from __future__ import annotations

import errno
import types
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Literal, TypeVar, Union, get_args, get_origin

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from stvqa.errors import StorageError
from stvqa.records import Record
from stvqa.store.atomic import atomic_file

__all__ = [
    "DAMAGE",
    "RECORD_COLUMN",
    "ROWS_PER_GROUP",
    "count_rows",
    "open_parquet",
    "part_schema",
    "read_columns",
    "read_part",
    "write_part",
]

RECORD_COLUMN = "record"
ROWS_PER_GROUP = 1000
_ZSTD_LEVEL = 3
_AT_ONCE = 128
"""Records that are parsed, or become text, together: one at a time between other work costs twice as much, since
code and data leave the processor's cache; a thousand at a time leave it too."""

DAMAGE = (pa.ArrowException, OSError, UnicodeDecodeError)
"""What pyarrow raises on a file that is cut short or changed; some damage is an OSError without a number."""

_ARROW_TYPES: dict[type, pa.DataType] = {
    bool: pa.bool_(),
    int: pa.int64(),
    float: pa.float64(),
    str: pa.string(),
}

Model = TypeVar("Model", bound=Record)


def open_parquet(path: Path) -> pq.ParquetFile:
    """Opens a Parquet file of anybody's.

    pyarrow would wait for a pipe without end, and without heeding a Ctrl-C.

    Raises:
        OSError: there is none, or something else than a regular file stands there.
        pa.ArrowException: it is damaged.
    """
    if path.exists() and not path.is_file():
        raise OSError("it is no regular file")
    return pq.ParquetFile(path)


def part_schema(model: type[Record]) -> pa.Schema:
    """Columns of a part of `model`: its scalar fields in their order, then `record`.

    Scalar is str, int, float, bool, a Literal of one of them, and each of these or None.
    """
    fields = [
        pa.field(name, arrow_type)
        for name, info in model.model_fields.items()
        if name != RECORD_COLUMN and (arrow_type := _arrow_type(info.annotation)) is not None
    ]
    return pa.schema([*fields, pa.field(RECORD_COLUMN, pa.string(), nullable=False)])


def write_part(path: Path, records: Iterable[Model], *, model: type[Model]) -> int:
    """Streams records into one Parquet file that appears whole or not at all.

    A few records are held at a time, see `_AT_ONCE`. No record gives a file without rows.

    Args:
        path: the file; parents are made, an older file is replaced.
        records: taken one by one; what they raise passes through and leaves no file.
        model: class of every record; the columns come from it.

    Returns:
        How many records were written.

    Raises:
        StorageError: the file cannot be written (full disk, no permission).
    """
    schema = part_schema(model)
    rows = _rows(records, schema.names[:-1], model=model)
    count = 0
    with atomic_file(path) as file, _parquet_writer(file, schema) as writer:
        while group := list(islice(rows, ROWS_PER_GROUP)):
            columns = zip(*group, strict=True)
            arrays = [pa.array(values, type=field.type) for values, field in zip(columns, schema, strict=True)]
            writer.write_batch(pa.record_batch(arrays, schema=schema))
            count += len(group)
    return count


def _rows(records: Iterable[Model], scalars: Sequence[str], *, model: type[Model]) -> Iterator[tuple[Any, ...]]:
    """Scalar fields and JSON of each record; fields are taken from where pydantic keeps them, all at once."""
    taken = itemgetter(*scalars) if len(scalars) > 1 else lambda fields: tuple(fields[name] for name in scalars)
    to_json = model.__pydantic_serializer__.to_json
    iterator = iter(records)
    while some := list(islice(iterator, _AT_ONCE)):
        yield from [(*taken(vars(record)), to_json(record)) for record in some]


def read_part(path: Path, *, model: type[Model]) -> Iterator[Model]:
    """Streams the records of one part, in their order; each is validated in full.

    Raises:
        StorageError: the file is not there, damaged, or holds other records than `model`.
    """
    parse = model.__pydantic_validator__.validate_json
    try:
        with open_parquet(path) as file:
            for batch in file.iter_batches(ROWS_PER_GROUP, columns=[RECORD_COLUMN], use_threads=False):
                texts = batch.column(0).to_pylist()
                for start in range(0, len(texts), _AT_ONCE):
                    yield from [parse(text) for text in texts[start : start + _AT_ONCE]]
    except ValidationError as error:
        message = f"{path} does not hold what this version of stvqa calls {model.__name__}: {_first_line(error)}"
        raise StorageError(f"{message}; delete {path.parent} and run again") from error
    except DAMAGE as error:
        raise _unreadable(path, error) from error


def read_columns(paths: Sequence[Path], columns: Sequence[str]) -> pa.Table:
    """Reads scalar columns of many parts into one table, rows in the order of `paths`.

    Raises:
        StorageError: a file is not there, damaged, or lacks a column.
    """
    tables = []
    for path in paths:
        try:
            with open_parquet(path) as file:
                missing = sorted(set(columns) - set(file.schema_arrow.names))
                if missing:
                    raise StorageError(f"{path} has no column {', '.join(missing)}: it is not a part of that kind")
                tables.append(file.read(columns=list(columns), use_threads=False))
        except DAMAGE as error:
            raise _unreadable(path, error) from error
    return pa.concat_tables(tables)


def count_rows(path: Path) -> int:
    """Number of records of a part, from its footer alone.

    Raises:
        StorageError: the file is not there or damaged.
    """
    try:
        with open_parquet(path) as file:
            return int(file.metadata.num_rows)
    except DAMAGE as error:
        raise _unreadable(path, error) from error


def _parquet_writer(file: BinaryIO, schema: pa.Schema) -> pq.ParquetWriter:
    """Dictionaries only where values repeat: the JSON never does, and statistics of it help nobody."""
    scalars = schema.names[:-1]
    return pq.ParquetWriter(
        file,
        schema,
        compression="zstd",
        compression_level=_ZSTD_LEVEL,
        use_dictionary=scalars or False,
        write_statistics=scalars or False,
    )


def _arrow_type(annotation: object) -> pa.DataType | None:
    """Arrow type of a scalar annotation, None for anything nested."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _arrow_type(get_args(annotation)[0])
    if origin is Literal:
        classes = {type(value) for value in get_args(annotation)}
        return _ARROW_TYPES.get(classes.pop()) if len(classes) == 1 else None
    if origin in (Union, types.UnionType):
        kinds = {_arrow_type(argument) for argument in get_args(annotation) if argument is not type(None)}
        return kinds.pop() if len(kinds) == 1 else None
    return _ARROW_TYPES.get(annotation) if isinstance(annotation, type) else None


def _unreadable(path: Path, error: Exception) -> StorageError:
    if isinstance(error, OSError) and error.errno not in (None, errno.ENOENT):
        return StorageError(f"cannot read {path}: {error.strerror}: mend that and run the same command again")
    return StorageError(f"cannot read {path} ({_first_line(error)}): delete {path.parent} and run again")


def _first_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
