"""Folders as values: files by their path, edited, and written out where a command finds them.

tree = Tree.of(folder)                     # {"run.json": b"{...}", "dataset/README.md": b"..."}
case = draw(edited_tree(tree))             # EditedTree(tree, ("run.json: cut at 7",))
case.tree.write(sandbox.folder / "run")
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, NamedTuple, Self

from hypothesis import strategies as st

from fuzz.hostile import json_text
from fuzz.mutation import Draw, edited_bytes, edited_json

__all__ = ["DIRECTORY", "PIPE", "EditedTree", "Link", "Tree", "edited_tree"]

DIRECTORY: Final = "a directory"
PIPE: Final = "a named pipe"


class Link(NamedTuple):
    """A symbolic link; a target that begins with `private/` is that beside the sandbox."""

    target: str


Entry = bytes | Link | str
_LINKS: Final = (
    *("private/secret.json", "private/secret.jpg", "private/folder", "private/new", "/dev/null", "/dev/zero"),
    *("/proc/self/environ", "nowhere", "."),
)


class Tree(dict[str, Entry]):
    """What lies in a folder: bytes, a `Link`, `DIRECTORY` or `PIPE` by path."""

    @classmethod
    def of(cls, folder: Path, *, leave_out: Callable[[str], bool] = lambda _: False) -> Self:
        """All files below a folder, in order."""
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        named = ((path.relative_to(folder).as_posix(), path) for path in files)
        return cls({name: path.read_bytes() for name, path in named if not leave_out(name)})

    @property
    def has_links(self) -> bool:
        """Whether anything in it leads elsewhere."""
        return any(isinstance(entry, Link) for entry in self.values())

    def write(self, folder: Path, *, private: Path) -> None:
        """Writes it out; what cannot stand (a file below a file) is left out."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, entry in self.items():
            path = folder / name
            if any(parent.is_symlink() or parent.is_file() for parent in path.parents if parent != folder.parent):
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.is_dir():
                shutil.rmtree(path)
            _put(path, entry, private=private)


def _put(path: Path, entry: Entry, *, private: Path) -> None:
    if isinstance(entry, bytes):
        path.write_bytes(entry)
    elif isinstance(entry, Link):
        own = entry.target.startswith("private")
        path.symlink_to(private / entry.target.removeprefix("private/") if own else entry.target)
    elif entry == DIRECTORY:
        path.mkdir()
    else:
        os.mkfifo(path)


class EditedTree(NamedTuple):
    """A folder's content after some edits, and the edits in words."""

    tree: Tree
    edits: tuple[str, ...]

    def __repr__(self) -> str:
        return "\n".join(self.edits)


@st.composite
def edited_tree(draw: Draw, tree: Mapping[str, Entry], *, most: int = 3, special: bool = True) -> EditedTree:
    """One to `most` edits of a folder.

    Args:
        special: also links, pipes and directories in the place of files.
    """
    changed = Tree(tree)
    edits: list[str] = []
    for _ in range(draw(st.integers(1, most))):
        name = draw(st.sampled_from(sorted(changed) or ["new"]))
        edits += [f"{name}: {told}" for told in _edit(draw, changed, name, special=special)]
    return EditedTree(changed, tuple(edits))


def _edit(draw: Draw, tree: Tree, name: str, *, special: bool) -> list[str]:
    kinds = ["structure", "structure", "structure", "bytes", "bytes", "swap", "remove"]
    kind = draw(st.sampled_from([*kinds, "link", "folder-link", "special", "beside"] if special else kinds))
    data = tree.get(name)
    if kind == "structure" and isinstance(data, bytes) and (parsed := _parsed(data)) is not None:
        edited = draw(edited_json(parsed[0]))
        tree[name] = json_text(edited.value).encode(errors="surrogatepass")
        return list(edited.edits)
    if kind == "swap":
        other = draw(st.sampled_from(sorted(tree) or [name]))
        tree[name] = tree.get(other, b"")
        return [f"what {other} holds"]
    if kind == "remove":
        tree.pop(name, None)
        return ["removed"]
    if kind in ("link", "folder-link", "special", "beside"):
        return [_put_special(draw, tree, name, kind)]
    edited = draw(edited_bytes(data if isinstance(data, bytes) else b""))
    tree[name] = edited.value
    return list(edited.edits)


def _put_special(draw: Draw, tree: Tree, name: str, kind: str) -> str:
    if kind == "special":
        entry = draw(st.sampled_from((DIRECTORY, PIPE)))
        tree[name] = entry
        return entry
    link = Link(draw(st.sampled_from(_LINKS)))
    place = name
    if kind == "folder-link" and "/" in name:
        place = "/".join(name.split("/")[: draw(st.integers(1, name.count("/")))])
        for inner in [other for other in tree if other.startswith(f"{place}/")]:
            del tree[inner]
    elif kind == "beside":
        beside = draw(st.sampled_from((".lock", ".work.tmp", ".x.tmp", "dataset.old", "part-00009.parquet", "extra")))
        place = f"{name.rpartition('/')[0]}/{beside}".lstrip("/")
    tree[place] = link
    return f"{place} is a link to {link.target}"


def _parsed(data: bytes) -> list[object] | None:
    """The JSON of a file, in a list; None where it holds none."""
    try:
        return [json.loads(data)]
    except (ValueError, RecursionError):
        return None
