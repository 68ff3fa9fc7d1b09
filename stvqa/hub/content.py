"""What is to lie in the repository, and how that differs from what lies there.

    content = assemble(local, card=None, manifest=None)
    compare(content, remote.files).added     # ("README.md", "data/train-00000-of-00002.parquet", ...)

`provenance/push.json`, the manifest, names the files that stvqa put there, with their hashes, and the metadata that
it wrote into the card: by these the next push tells its own things from their owner's.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from stvqa import __version__
from stvqa.card import CARD_FILE, Card, join_card, merge_cards, split_card
from stvqa.errors import InputError
from stvqa.records import Record

__all__ = [
    "MANIFEST_FILE",
    "Changes",
    "Content",
    "LocalSet",
    "Manifest",
    "RemoteFile",
    "assemble",
    "compare",
    "read_manifest",
]

MANIFEST_FILE = "provenance/push.json"


class Manifest(Record):
    """What an earlier push left.

    Attributes:
        files: path in the repository to sha256 in hex; the manifest itself is not among them.
        card: metadata of the card as stvqa wrote them, before they were merged with their owner's.
    """

    stvqa: str
    files: dict[str, str]
    card: dict[str, Any]


class LocalSet(NamedTuple):
    """A set, or a model, as it is here.

    Attributes:
        card: what stvqa writes into README.md.
        files: all others, by path in the repository; what is large stays on disk.
    """

    card: Card
    files: Mapping[str, bytes | Path]


class Content(dict[str, bytes | Path]):
    """Path in the repository to content: bytes, or the file that holds them."""

    def size(self, path: str) -> int:
        """Bytes of one file."""
        item = self[path]
        return len(item) if isinstance(item, bytes) else item.stat().st_size

    def read(self, path: str) -> bytes:
        """Content of one file."""
        item = self[path]
        return item if isinstance(item, bytes) else item.read_bytes()


class RemoteFile(NamedTuple):
    """A file of the repository's head.

    Attributes:
        oid: git's name of the blob, or of the pointer to it.
        sha256: of the content, for a file that is stored as LFS or Xet; None for others.
    """

    size: int
    oid: str
    sha256: str | None


class Changes(NamedTuple):
    """What a push does to the repository; paths in alphabetical order."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


def assemble(local: LocalSet, *, card: str | None, manifest: Manifest | None, where: str) -> Content:
    """All files of the repository after the push.

    Args:
        card: README.md of the repository, None where there is none.
        manifest: what the push before left there.
        where: what to call the repository in an error.

    Raises:
        InputError: the card that is there cannot be merged.
    """
    merged = local.card
    if card is not None:
        merged = merge_cards(
            local.card, split_card(card, name=f"README.md of {where}"), before=manifest.card if manifest else None
        )
    content = Content({**local.files, CARD_FILE: join_card(merged).encode()})
    hashes = {path: _sha256(item) for path, item in sorted(content.items())}
    noted = Manifest(stvqa=__version__, files=hashes, card=local.card.metadata)
    content[MANIFEST_FILE] = json.dumps(noted.model_dump(), indent=2, ensure_ascii=False).encode() + b"\n"
    return content


def read_manifest(data: bytes, *, where: str) -> Manifest:
    """The manifest of a repository.

    Raises:
        InputError: it is damaged.
    """
    try:
        return Manifest.model_validate_json(data)
    except ValidationError as error:
        problem = error.errors()[0]["msg"]
        raise InputError(
            f"{MANIFEST_FILE} of {where} is damaged ({problem}): put it back as an earlier commit has it, or push to "
            "another --repo"
        ) from error


def compare(content: Content, remote: Mapping[str, RemoteFile], *, manifest: Manifest | None) -> Changes:
    """What differs, by hashes. Files that no push has written are their owner's and are left alone."""
    added = [path for path in content if path not in remote]
    shared = [path for path in content if path in remote]
    changed = [path for path in shared if not _is_same(content, path, remote[path])]
    written = {*manifest.files, MANIFEST_FILE} if manifest else set()
    return Changes(
        added=tuple(sorted(added)),
        changed=tuple(sorted(changed)),
        removed=tuple(sorted(path for path in written if path in remote and path not in content)),
        unchanged=tuple(sorted(set(shared) - set(changed))),
    )


def _is_same(content: Content, path: str, remote: RemoteFile) -> bool:
    if content.size(path) != remote.size:
        return False
    if remote.sha256 is not None:
        return _sha256(content[path]) == remote.sha256
    data = content.read(path)
    blob = hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False)  # what git calls a file by
    return blob.hexdigest() == remote.oid


def _sha256(item: bytes | Path) -> str:
    if isinstance(item, bytes):
        return hashlib.sha256(item).hexdigest()
    try:
        with item.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"cannot read {item}: {error.strerror}: run the command that made it again") from error
