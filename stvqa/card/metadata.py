"""The card's YAML head: what the Hub and `datasets` read.

    metadata(facts, title="stvqa-7k")["size_categories"]     # ["1K<n<10K"]

`configs`, `dataset_info` and `size_categories` say what the files hold; `datasets` checks rows against them, and tells
sets apart by them.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from stvqa.card.facts import SetFacts
from stvqa.card.sources import SourceTerms, terms_of
from stvqa.store.dataset import fingerprint_line

__all__ = ["DATA_BOUND", "LICENCE_FILE", "metadata"]

LICENCE_FILE = "LICENSE.md"

DATA_BOUND = ("size_categories", "configs", "dataset_info")
"""Keys that follow from the files: nobody's edit of them outlives a push."""

_CONFIG = "default"
_OTHER = "other"
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_TAGS = ("stvqa", "spatial-reasoning", "scene-graph", "visual-genome", "vision-language", "grpo", "image")
_DTYPES = {pa.string(): "string", pa.int32(): "int32", pa.int64(): "int64", pa.float64(): "float64", pa.bool_(): "bool"}


def metadata(facts: SetFacts, *, title: str, dataset: Path) -> dict[str, Any]:
    """The head as a dict, in the order in which it is written.

    Args:
        title: becomes `pretty_name`.
        dataset: the set's folder; features come from the first file's columns.
    """
    terms = [terms_of(source) for source in facts.sources]
    tags = [tag for tag in _TAGS if tag != "visual-genome" or any("visual_genome" in item.hub for item in terms)]
    return {
        "pretty_name": title,
        **_licence(terms),
        "language": ["en"],
        "multilinguality": ["monolingual"],
        "task_categories": ["visual-question-answering", "multiple-choice"],
        "annotations_creators": _once(creator for item in terms for creator in item.annotators),
        "source_datasets": _once(name for item in terms for name in item.hub),
        "size_categories": [_size(facts.rows)],
        "tags": tags,
        "configs": [
            {
                "config_name": _CONFIG,
                "data_files": [{"split": split, "path": f"data/{split}-*.parquet"} for split in facts.splits],
            }
        ],
        "dataset_info": _info(facts, dataset),
    }


def _licence(terms: Iterable[SourceTerms]) -> dict[str, Any]:
    """One licence where one holds for all; else `other` with a name, and the file that tells which holds for what."""
    tags = _once(licence.tag for item in terms for licence in (item.annotations, item.images))
    if len(tags) == 1 and tags != [_OTHER]:
        return {"license": tags[0]}
    annotations = _once(item.annotations.tag for item in terms)
    name = "-".join([*(tag for tag in annotations if tag != _OTHER), "annotations-images-under-their-own-terms"])
    return {"license": _OTHER, "license_name": name, "license_link": LICENCE_FILE}


def _once(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))


def _size(rows: int) -> str:
    return next((name for limit, name in _SIZES if rows < limit), "1M<n<10M")


def _info(facts: SetFacts, dataset: Path) -> dict[str, Any]:
    splits = [
        {"name": name, "num_bytes": split.memory, "num_examples": split.rows} for name, split in facts.splits.items()
    ]
    return {
        "config_name": _CONFIG,
        "description": fingerprint_line({file.path: file.sha256 for file in facts.files}),
        "features": [_feature(field) for field in pq.read_schema(dataset / facts.files[0].path)],
        "splits": splits,
        "download_size": sum(file.size for file in facts.files),
        "dataset_size": sum(split.memory for split in facts.splits.values()),
    }


def _feature(field: pa.Field) -> dict[str, Any]:
    """One column in the older notation, which `datasets` of every version from 2 on reads."""
    if pa.types.is_struct(field.type):
        return {"name": field.name, "dtype": "image"}
    if pa.types.is_list(field.type):
        return {"name": field.name, "sequence": _DTYPES[field.type.value_type]}
    return {"name": field.name, "dtype": _DTYPES[field.type]}
