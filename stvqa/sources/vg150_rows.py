"""Rows of a set of VG150's shape, by `datasets`: from the Hub, a folder of Parquet files, or what `save_to_disk` wrote.

rows = open_rows("/data/vg150", split="train")      # images left encoded
row_image("/data/vg150", split="train", row=3)      # b"..."
"""

from __future__ import annotations

import glob
import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from stvqa.environment import read_key
from stvqa.errors import InputError

__all__ = ["ANNOTATION", "content_mark", "first_line", "open_rows", "repeated_rows", "row_image"]

ANNOTATION = ("image_id", "objects", "relationships")
"""Columns that hold the annotation."""
_COLUMNS = (*ANNOTATION, "image")
_ID_BATCH = 10_000
_SHOWN = 120
_MARKED_LETTERS = 1_000_000
_REMEDY = (
    "pass --root with a local folder of the same shape (parquet files, or what save_to_disk wrote), "
    "or set HF_ENDPOINT to a mirror of the Hub that can be reached"
)


@lru_cache(maxsize=4)
def open_rows(path_or_hub_id: str, *, split: str) -> Any:  # noqa: ANN401 - datasets ships no types
    """The rows of a set, images left encoded; opened once a process.

    Raises:
        InputError: no such set, no network, no such split, or columns missing.
    """
    # `datasets` takes a second to import; only this source needs it.
    import datasets  # noqa: PLC0415

    rows = _load(datasets, path_or_hub_id, split)
    missing = [column for column in _COLUMNS if column not in rows.column_names]
    if missing:
        raise InputError(
            f"{path_or_hub_id} is not of VG150 shape: its columns are {', '.join(rows.column_names)}, "
            f"{', '.join(missing)} missing"
        )
    try:
        return rows.select_columns(list(_COLUMNS)).cast_column("image", datasets.Image(decode=False))
    except (TypeError, ValueError, NotImplementedError) as error:  # from pyarrow and datasets
        told = str(rows.features["image"])[:_SHOWN]
        raise InputError(
            f"{path_or_hub_id} is not of VG150 shape: its column image holds no images but {told}"
        ) from error


def row_image(path_or_hub_id: str, *, split: str, row: int) -> bytes:
    """Encoded image of one row; empty where it has none."""
    image = open_rows(path_or_hub_id, split=split).select_columns(["image"])[row]["image"] or {}
    data: bytes = image.get("bytes") or b""
    return data


def _load(datasets: Any, path_or_hub_id: str, split: str) -> Any:  # noqa: ANN401 - datasets ships no types
    folder = Path(path_or_hub_id)
    local = folder.exists()
    if folder.is_absolute() and not local:
        raise InputError(f"the folder {folder} does not exist: pass --root with the folder that holds the set")
    try:
        if (folder / "dataset_dict.json").is_file():
            splits = datasets.load_from_disk(path_or_hub_id)
            if split not in splits:
                raise InputError(f"{path_or_hub_id} has no split {split!r}, only {', '.join(splits)}")
            return splits[split]
        if (folder / "state.json").is_file():
            return datasets.load_from_disk(path_or_hub_id)
        if local and glob.has_magic(str(folder.resolve())):
            return datasets.load_dataset("parquet", data_files={split: _parquet_files(folder, split)}, split=split)
        token = None if local else read_key("HF_TOKEN") or None
        return datasets.load_dataset(path_or_hub_id, split=split, token=token)
    except (OSError, ValueError, datasets.exceptions.DatasetsError) as error:
        # All that the Hub's clients raise for no network, unknown ids and gated sets is an OSError.
        reason = first_line(error)
        if local:
            raise InputError(f"{path_or_hub_id} cannot be read as a set with split {split!r}: {reason}") from error
        raise InputError(f"the set {path_or_hub_id} cannot be had from the Hub ({reason}): {_REMEDY}") from error


def _parquet_files(folder: Path, split: str) -> list[str]:
    """A split's files, for a folder whose name `datasets` would take for a pattern.

    Raises:
        InputError: there are none.
    """
    files = sorted(path for path in folder.rglob("*.parquet") if split in (path.parent.name, _word(path.name)))
    if not files:
        raise InputError(
            f"{folder} holds no Parquet files of a split {split!r}, such as {split}-00000-of-00001.parquet"
        )
    return [glob.escape(str(path.resolve())) for path in files]


def _word(name: str) -> str:
    """The word that a file's name begins with."""
    return re.split(r"[-_.]", name, maxsplit=1)[0]


def repeated_rows(rows: Any, total: int) -> set[int]:  # noqa: ANN401 - datasets ships no types
    """Of the first `total` rows those whose image id an earlier one has. Reads no column but the ids'."""
    seen: set[str] = set()
    repeated: set[int] = set()
    ids = rows.select_columns(["image_id"]).select(range(total))
    for number, image_id in enumerate(value for batch in ids.iter(_ID_BATCH) for value in batch["image_id"]):
        if str(image_id) in seen:
            repeated.add(number)
        seen.add(str(image_id))
    return repeated


def content_mark(rows: Any) -> str:  # noqa: ANN401 - datasets ships no types
    """The annotation of the first and the last row: enough to tell sets apart without reading 14 GB."""
    annotation = rows.select_columns(list(ANNOTATION))
    places = (0, len(rows) - 1) if len(rows) else ()
    ends = [{name: _begun(value) for name, value in annotation[place].items()} for place in places]
    return json.dumps(ends or [{}, {}], sort_keys=True, default=str)


def _begun(value: object) -> object:
    """A cell, of a text that is longer than any annotation its begin and its length."""
    if not isinstance(value, str) or len(value) <= _MARKED_LETTERS:
        return value
    return f"{value[:_MARKED_LETTERS]} of {len(value)}"


def first_line(error: BaseException) -> str:
    """The first line of what an error says, else its kind."""
    return (str(error) or type(error).__name__).splitlines()[0]
