"""What a published set holds, read without stvqa, and what of it has to be as it was.

questions_of(folder)    # {("test:1", "Is the cup ..."): (("to the left", "to the right"), "B")}
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from fuzz.found import Found
from fuzz.hostile import CANARY, KEY

__all__ = ["check_same_questions", "check_texts", "parquet_bytes", "read_rows"]

_ASKED: Final = ("image_id", "question_only", "options", "answer_only")
_TEXTS: Final = ("question_only", "answer_text_only", "question_with_options", "image_id")


def parquet_bytes(columns: Mapping[str, pa.Array], metadata: Mapping[bytes, bytes] | None = None) -> bytes:
    """A Parquet file; columns of a type that Parquet has not become texts."""
    buffer = io.BytesIO()
    try:
        pq.write_table(pa.table(dict(columns), metadata=metadata), buffer)
    except pa.ArrowException:
        buffer = io.BytesIO()
        pq.write_table(pa.table({name: [str(value) for value in values] for name, values in columns.items()}), buffer)
    return buffer.getvalue()


def read_rows(folder: Path) -> list[dict[str, Any]]:
    """All rows of `folder/data`."""
    files = sorted((folder / "data").glob("*.parquet"))
    return [row for path in files for row in pq.ParquetFile(path).read().to_pylist()]


def _asked(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(repr(row.get(name)) for name in _ASKED)


def check_same_questions(rows: Iterable[Mapping[str, Any]], originals: Iterable[Mapping[str, Any]], *, by: str) -> None:
    """Rows that were called good are rows that were made: the same question, options and answer of the same image.

    Raises:
        Found: one is not.
    """
    known = {_asked(row) for row in originals}
    for row in rows:
        if _asked(row) not in known:
            raise Found(f"{by} lets a changed row pass", "", "\n".join(map(ascii, _asked(row))))


def check_texts(rows: Iterable[Mapping[str, Any]], *, by: str) -> None:
    """Texts of rows that are published hold no control or format characters and nothing private.

    Raises:
        Found: one does.
    """
    for row in rows:
        told = repr(row)
        if CANARY in told or KEY in told:
            raise Found(f"{by} publishes what is private", "", told[:2000])
        for name in _TEXTS:
            text = str(row.get(name) or "")
            strange = {a for a in text if a != "\n" and unicodedata.category(a) in ("Cc", "Cf", "Cs")}
            if strange:
                raise Found(f"{by} publishes control characters", name, ascii(text)[:2000])
