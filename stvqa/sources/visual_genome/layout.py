"""Where the official files lie under a root, which version they are, and what to say where they do not.

layout = find_layout(Path("/data/vg"), annotations="auto", images_required=True)
layout.scene_graphs    # Path("/data/vg/scene_graphs.json"), or None where objects.json is read
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple

from stvqa.errors import InputError
from stvqa.pictures import real_folders
from stvqa.sources.places import IMAGE_FOLDERS, picture_folders

__all__ = ["IMAGE_FOLDERS", "Annotations", "Layout", "find_layout"]

Annotations = Literal["auto", "scene_graphs", "objects_relationships"]

_IMAGE_DATA = "image_data.json"
_SCENE_GRAPHS = "scene_graphs.json"
_OBJECTS = "objects.json"
_RELATIONSHIPS = "relationships.json"
_ATTRIBUTES = "attributes.json"
_KNOWN_FILES = (_IMAGE_DATA, _SCENE_GRAPHS, _OBJECTS, _RELATIONSHIPS, _ATTRIBUTES)
_GQA_FILES = ("train_sceneGraphs.json", "val_sceneGraphs.json")
_H5_FILE = "VG-SGG-with-attri.h5"
_NEEDED = f"{_IMAGE_DATA} and either {_SCENE_GRAPHS} or {_OBJECTS} with {_RELATIONSHIPS}"


class Layout(NamedTuple):
    """The files of one root.

    Attributes:
        root: absolute.
        scene_graphs: None where objects and relationships are read instead.
        objects, relationships: None where scene graphs are read.
        attributes: None where there is none, or scene graphs (which hold attributes) are read.
        image_folders: position in `IMAGE_FOLDERS` to folder; None where it is missing.
    """

    root: Path
    image_data: Path
    scene_graphs: Path | None
    objects: Path | None
    relationships: Path | None
    attributes: Path | None
    image_folders: tuple[Path | None, Path | None]

    @property
    def real_folders(self) -> tuple[Path, ...]:
        """Where pictures may lie, links followed: below the root, or where its image folders lead."""
        return real_folders(*map(Path, picture_folders("vg", self.root)))


def find_layout(root: Path, *, annotations: Annotations, images_required: bool) -> Layout:
    """Looks for the official files.

    Args:
        root: folder that holds them; images in its VG_100K and VG_100K_2, or in those of its `images`.
        annotations: which files to read; `auto` takes scene_graphs.json where it is there.
        images_required: refuse a root without any image folder.

    Raises:
        InputError: what is missing, what lies there instead, and what to do.
    """
    root = root.resolve()
    _require_folder(root)
    scene_graphs, objects, relationships = (root / name for name in (_SCENE_GRAPHS, _OBJECTS, _RELATIONSHIPS))
    has_pair = objects.is_file() and relationships.is_file()
    if not scene_graphs.is_file() and not has_pair:
        raise InputError(_explain(root))
    if annotations == "scene_graphs" and not scene_graphs.is_file():
        raise InputError(f"{_SCENE_GRAPHS} is missing in {root}: put it there, or read the files that are there")
    if annotations == "objects_relationships" and not has_pair:
        raise InputError(f"{_OBJECTS} or {_RELATIONSHIPS} is missing in {root}: put it there, or read {_SCENE_GRAPHS}")
    image_data = root / _IMAGE_DATA
    if not image_data.is_file():
        raise InputError(
            f"{_IMAGE_DATA} is missing in {root}: it tells the size and folder of each image; "
            f"put Visual Genome's {_IMAGE_DATA} (the same for all versions) there{_zip_hint(root)}"
        )
    folders = _image_folders(root)
    if images_required and folders == (None, None):
        raise InputError(
            f"there are no images in {root}: put VG_100K and VG_100K_2 there, "
            "or pass --missing-images placeholder to go on with plain ones"
        )
    from_graphs = annotations == "scene_graphs" or (annotations == "auto" and scene_graphs.is_file())
    attributes = root / _ATTRIBUTES
    return Layout(
        root=root,
        image_data=image_data,
        scene_graphs=scene_graphs if from_graphs else None,
        objects=None if from_graphs else objects,
        relationships=None if from_graphs else relationships,
        attributes=attributes if attributes.is_file() and not from_graphs else None,
        image_folders=folders,
    )


def _require_folder(root: Path) -> None:
    if root.is_dir():
        return
    if root.suffix == ".zip" and root.is_file():
        raise InputError(f"{root} is a zip file: unzip it, and pass the folder that then holds {_NEEDED}")
    if root.is_file():
        raise InputError(f"{root} is a file: pass the folder that holds {_NEEDED}")
    raise InputError(f"{root} does not exist: pass the folder that holds Visual Genome's {_NEEDED}")


def _explain(root: Path) -> str:
    """Why a folder without annotations is not a root, as far as its content tells."""
    names = sorted(entry.name for entry in root.iterdir())
    wanted = f"annotations are missing in {root}: "
    if not names:
        return f"{root} is empty: put Visual Genome's {_NEEDED} there"
    half = [name for name in (_OBJECTS, _RELATIONSHIPS) if name in names]
    if half:
        missing = _RELATIONSHIPS if half == [_OBJECTS] else _OBJECTS
        return (
            f"{missing} is missing in {root}, and {half[0]} is read together with it: put {missing} there, "
            f"or {_SCENE_GRAPHS} in place of both{_zip_hint(root)}"
        )
    if _H5_FILE in names:
        return f"{wanted}{_H5_FILE} is the VG150 form, which this source does not read; put {_NEEDED} there"
    if any(name in names for name in _GQA_FILES):
        return f"{wanted}its files are those of GQA; pass --source gqa"
    if _zip_hint(root):
        return f"{wanted}{_NEEDED} have to be there{_zip_hint(root)}"
    if root.name in IMAGE_FOLDERS or any(name.lower().endswith((".jpg", ".png")) for name in names):
        return f"{root} holds images alone: pass the folder above it, with {_NEEDED} in it"
    nested = [name for name in names if any((root / name / known).is_file() for known in _KNOWN_FILES)]
    if nested:
        listed = ", ".join(str(root / name) for name in nested)
        return f"{wanted}they seem to be one folder further down; pass one of {listed}"
    if any(name in IMAGE_FOLDERS for name in names):
        return f"{wanted}there are images alone; put {_NEEDED} beside VG_100K"
    present = [name for name in _KNOWN_FILES if name in names]
    beside = f"only {', '.join(present)} is there; " if present else ""
    return f"{wanted}{beside}put {_NEEDED} there"


def _zip_hint(root: Path) -> str:
    zips = sorted(path.name for path in root.glob("*.zip"))
    return f"; unzip {', '.join(zips)} there first" if zips else ""


def _image_folders(root: Path) -> tuple[Path | None, Path | None]:
    found: list[Path | None] = []
    for name in IMAGE_FOLDERS:
        candidates = (root / name, root / "images" / name)
        found.append(next((folder for folder in candidates if folder.is_dir()), None))
    return found[0], found[1]
