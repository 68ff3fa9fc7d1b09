"""The splits of a set as tables of `datasets`, images undecoded: from a run, a dataset folder or the Hub.

    tables = open_tables("runs/demo", DataSettings())
    tables.train, tables.val, tables.unused       # a datasets.Dataset, another or None, ("test",)

Files are unpacked once into the cache of `datasets` (`HF_HOME`), under a fingerprint of what they hold.
"""

from __future__ import annotations

import glob
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import datasets
from huggingface_hub import hf_hub_download
from huggingface_hub.errors import HfHubHTTPError

from stvqa.card import CARD_FILE
from stvqa.card.merge import MOST_CARD_BYTES, card_metadata
from stvqa.environment import read_key
from stvqa.errors import InputError, StorageError
from stvqa.store.dataset import dataset_files, fingerprint_of
from stvqa.train.disk import is_full_disk
from stvqa.train.recipe import DataSettings

__all__ = ["Tables", "open_tables"]

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
_NEEDED = ("images", "question_with_options", "options", "answer", "answer_only")
_SHOWN = 80
_VAL_NAMES = ("val", "validation", "dev")
"""What sets call the rows that are looked at and not learned from."""


class Tables(NamedTuple):
    """What is trained on and looked at, and the names of what is not.

    Attributes:
        val: None where the set has none.
        unused: splits of the set that are neither.
    """

    train: Any
    val: Any
    unused: tuple[str, ...]


def open_tables(origin: str, settings: DataSettings) -> Tables:
    """Opens the splits that the settings name.

    Raises:
        InputError: no such set, none of its splits is the one to train on, or columns are missing.
        StorageError: the disk is full.
    """
    loaded = _loaded(origin)
    train = _chosen(loaded, settings.train_split, key="data.train_split", origin=origin)
    named = settings.val_split != "val"
    val = _chosen(loaded, settings.val_split, key="data.val_split", origin=origin, needed=named)
    if train == val:
        raise InputError(
            f"data.train_split and data.val_split are both {train}: what is trained on cannot show what was learned"
        )
    unused = tuple(name for name in loaded if name not in (train, val))
    return Tables(_table(loaded, train, origin), _table(loaded, val, origin) if val else None, unused)


def _loaded(origin: str) -> Mapping[str, Any]:
    folder = Path(origin)
    if folder.is_dir():
        root = folder / "dataset" if (folder / "dataset").is_dir() else folder
        return _load("parquet", origin, **_data_files(root))
    if _HUB_ID.fullmatch(origin):
        token = read_key("HF_TOKEN") or None
        _check_card(origin, token)
        return _load(origin, origin, token=token)
    raise InputError(f"{origin} is neither a folder nor the id of a set on the Hub (OWNER/NAME)")


def _check_card(repo: str, token: str | None) -> None:
    """Looks at the card of a set on the Hub before `datasets` does, which would unfold whatever aliases it has.

    Raises:
        InputError: its metadata are not what anybody writes.
    """
    try:
        path = Path(hf_hub_download(repo, CARD_FILE, repo_type="dataset", token=token))
        size = path.stat().st_size
        text = path.read_text(encoding="utf-8", errors="replace") if size <= MOST_CARD_BYTES else ""
    except (HfHubHTTPError, OSError, ValueError):
        return  # there is none, or no set: `datasets` says so
    if size > MOST_CARD_BYTES:
        raise InputError(f"{CARD_FILE} of {repo} has {size:,} bytes, and {MOST_CARD_BYTES:,} are the most")
    card_metadata(text, name=f"{CARD_FILE} of {repo}")


def _data_files(root: Path) -> dict[str, Any]:
    """The files by split, and the name of their place in the cache.

    `datasets` takes paths for patterns and knows a file by its path and its time. So what a pattern would take for its
    own is escaped, and the place is named by what the files hold.
    """
    files: dict[str, list[str]] = {}
    paths = dataset_files(root)
    for path in paths:
        files.setdefault(path.name.split("-", 1)[0], []).append(glob.escape(str(path.resolve())))
    return {"name": fingerprint_of(root, paths)[:16], "data_files": files}


def _load(path: str, origin: str, **options: Any) -> Mapping[str, Any]:
    try:
        loaded: Mapping[str, Any] = datasets.load_dataset(path, **options)
    except (OSError, ValueError, datasets.exceptions.DatasetsError) as error:
        if is_full_disk(error):
            raise StorageError(
                f"the pictures of {origin} cannot be unpacked into {datasets.config.HF_DATASETS_CACHE}: the disk is "
                "full, or files are limited. Free some space, or name another folder by HF_DATASETS_CACHE"
            ) from error
        first = str(error).strip().splitlines()[0]
        raise InputError(
            f"the set {origin} cannot be read ({first}): check the path or id, the network and HF_TOKEN"
        ) from error
    return loaded


def _chosen(loaded: Mapping[str, Any], wanted: str, *, key: str, origin: str, needed: bool = True) -> str:
    """The name under which the set has a split; "" where it has none and may do without."""
    names = _VAL_NAMES if wanted == "val" else (wanted,)
    found = next((name for name in names if name in loaded), "")
    if found or not needed:
        return found
    there = ", ".join(f"{name} ({len(table):,} rows)" for name, table in loaded.items())
    first = next(iter(loaded))
    raise InputError(
        f"{origin} has no split {wanted}. It has {there}: name one with --set {key}=NAME, such as --set {key}={first}"
    )


def _table(loaded: Mapping[str, Any], name: str, origin: str) -> Any:  # noqa: ANN401 (a datasets.Dataset)
    table = loaded[name]
    missing = [column for column in _NEEDED if column not in table.column_names]
    if missing:
        raise InputError(
            f"{origin}, split {name}, has no column {missing[0]!r}: it needs {', '.join(_NEEDED)}, as sets made by "
            "`stvqa build` and the paper's have them"
        )
    try:
        return table.cast_column("images", _undecoded(table.features["images"]))
    except (TypeError, ValueError, NotImplementedError) as error:  # from pyarrow and datasets
        told = str(table.features["images"])[:_SHOWN]
        raise InputError(f"{origin}, split {name}: its column 'images' holds no images but {told}") from error


def _undecoded(feature: Any) -> Any:  # noqa: ANN401 (features of datasets have no common type)
    """The feature of an image column, single or list, that gives bytes."""
    plain = datasets.Image(decode=False)
    return datasets.List(plain) if isinstance(feature, datasets.List | datasets.LargeList) else plain
