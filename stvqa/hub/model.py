"""A finished training, made ready for the Hub: whole weights, the card, and nothing of the machine it ran on.

    local = prepare_model(model_files(Path("runs/demo/train/grpo-tiny")), repo="me/tiny-grpo")
    push(local, remote=Remote("me/tiny-grpo", kind=MODEL))

Files come by their path in the repository, as `stvqa.train.model_files` names them; of the training's own record,
`training/train.json`, only the JSON is read here.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from stvqa.card import CARD_FILE, scrubbed, split_card
from stvqa.errors import InputError
from stvqa.hub.content import MANIFEST_FILE, LocalSet

__all__ = ["local_base", "prepare_model", "pushed_model_files"]

_TRAIN_FILE = "training/train.json"
_ADAPTER_FILE = "adapter_config.json"
_BASE = "base_model_name_or_path"
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
_HERE = 'from_pretrained(".")'
_REMEDY = "run the `stvqa train` that made it again with another --out; half a model is not pushed"
_SHORTEST = 4
"""Characters of the shortest path that is looked for in text; `./` and the like are no secret and stand in much."""


def prepare_model(files: Mapping[str, Path], *, repo: str) -> LocalSet:
    """Checks a model and takes out of its texts what tells of this machine.

    Args:
        files: path in the repository to file, with card and `training/train.json`.
        repo: `USER/NAME`, for the card's lines of code; empty while there is none.

    Raises:
        InputError: a weights file is missing or cut off, or a file cannot be read.
    """
    _check_weights(files)
    paths = _local_paths(files)
    sent: dict[str, bytes | Path] = {path: _cleaned(path, file, paths) for path, file in files.items()}
    text = sent.pop(CARD_FILE)
    card = split_card(
        (text if isinstance(text, bytes) else _read(text)).decode("utf-8", errors="replace"),
        name=str(files[CARD_FILE]),
    )
    if not card.written:  # as the training left it, all of it stvqa's
        card = card._replace(written=card.after, after="")
    if repo:
        card = card._replace(written=card.written.replace(_HERE, f'from_pretrained("{repo}")'))
    return LocalSet(card, sent)


def pushed_model_files(folder: Path) -> dict[str, Path] | None:
    """Files of a model that was pushed already, in a dry run or fetched from the Hub; None for any other folder."""
    if not ((folder / _TRAIN_FILE).is_file() and (folder / MANIFEST_FILE).is_file() and (folder / CARD_FILE).is_file()):
        return None
    found = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return {name: path for name, path in found.items() if not name.startswith(".") and name != MANIFEST_FILE}


def local_base(files: Mapping[str, Path]) -> str | None:
    """The base of an adapter that nobody else can load, since it is a folder of this machine; None for all others.

    Raises:
        InputError: the adapter's configuration cannot be read.
    """
    if _ADAPTER_FILE not in files:
        return None
    base = str(_read_json(files[_ADAPTER_FILE]).get(_BASE) or "")
    return None if _HUB_ID.fullmatch(base) and not Path(base).exists() else base


def _check_weights(files: Mapping[str, Path]) -> None:
    """Refuses weights that were lost or cut off, by what their own indices and headers say."""
    for path, file in files.items():
        if path.endswith(".safetensors.index.json"):
            lost = sorted({*_read_json(file).get("weight_map", {}).values()} - files.keys())
            if lost:
                raise InputError(f"{file.parent} lacks {lost[0]}, which {file.name} tells of: {_REMEDY}")
        if path.endswith(".safetensors") and file.stat().st_size != _told_size(file):
            raise InputError(f"{file} is cut off or damaged, by its own header: {_REMEDY}")


def _told_size(file: Path) -> int:
    """Bytes that a safetensors file says it has: 8 for the header's length, the header, the tensors; -1 for damage."""
    try:
        with file.open("rb") as opened:
            length = int.from_bytes(opened.read(8), "little")
            if length > file.stat().st_size:
                return -1
            header = json.loads(opened.read(length))
        ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        return -1
    except OSError as error:
        raise _unreadable(file, error) from error
    return 8 + length + max(ends, default=0)


def _cleaned(path: str, file: Path, paths: Mapping[str, str]) -> bytes | Path:
    """The file, or its bytes anew where it told of this machine. Weights and vocabularies are never touched."""
    if path == _TRAIN_FILE:
        data = _as_bytes({**scrubbed(_read_json(file)), "error": ""})
    elif path.endswith("config.json"):
        found = _read_json(file)
        named = {key: scrubbed(value) for key, value in found.items() if key.endswith("name_or_path")}
        data = (
            _as_bytes({**found, **named}) if any(found[key] != value for key, value in named.items()) else _read(file)
        )
    elif path == CARD_FILE or path.endswith(".html"):
        data = _read(file)
    else:
        return file
    text = data.decode("utf-8", errors="surrogateescape")
    for pattern, name in _patterns(paths):
        text = pattern.sub(lambda _found, name=name: name, text)  # type: ignore[misc]
    clean = text.encode("utf-8", errors="surrogateescape")
    return file if clean == _read(file) else clean


def _local_paths(files: Mapping[str, Path]) -> dict[str, str]:
    """What stands for places of this machine in the training's record, and what is told instead."""
    folder = files[_TRAIN_FILE].absolute().parent
    named = {text: scrubbed(text) for text in _strings(_read_json(files[_TRAIN_FILE]))}
    changed = {text: short for text, short in named.items() if text != short and len(text) >= _SHORTEST}
    return {str(Path.home()): "~", str(folder): folder.name, **changed}


def _strings(value: Any) -> Iterator[str]:  # noqa: ANN401 (JSON)
    if isinstance(value, str):
        yield value
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _strings(item)


def _patterns(paths: Mapping[str, str]) -> Iterator[tuple[re.Pattern[str], str]]:
    """Each path as plain text, HTML and JSON write it, the longest first; YAML may break it at a space.

    None is found in the middle of a longer word: pictures inside of a page are letters, digits, `+` and `/` too.
    """
    for path in sorted((path for path in paths if len(path) >= _SHORTEST), key=len, reverse=True):
        for form in sorted({path, html.escape(path), json.dumps(path)[1:-1]}):
            words = r"\s+".join(re.escape(word) for word in form.split())
            yield re.compile(rf"(?<![A-Za-z0-9+]){words}(?![A-Za-z0-9+])"), paths[path]


def _as_bytes(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, indent=2, ensure_ascii=False).encode() + b"\n"


def _read_json(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(_read(file))
    except ValueError as error:
        raise InputError(f"{file} is damaged ({error}): {_REMEDY}") from error
    if not isinstance(found, dict):
        raise InputError(f"{file} is damaged (no table of keys and values): {_REMEDY}")
    return found


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise _unreadable(file, error) from error


def _unreadable(file: Path, error: OSError) -> InputError:
    return InputError(f"cannot read {file}: {error.strerror}: {_REMEDY}")
