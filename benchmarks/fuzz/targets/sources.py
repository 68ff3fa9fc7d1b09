"""Sources: folders of Visual Genome in each of its layouts, of GQA and of VG150, and a folder of `stvqa demo`.

A case is such a folder, edited in its JSON, its columns, its bytes or its files. `stvqa build` makes a set of it, or
says what is wrong with it; what it publishes proves again.
"""

from __future__ import annotations

import io
import json
import unicodedata
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pyarrow as pa
from hypothesis import strategies as st
from PIL import Image

from fuzz.found import Found
from fuzz.hostile import json_text
from fuzz.mutation import Draw, edited_json
from fuzz.pipes import PipeGuard
from fuzz.sandbox import Sandbox, told_well
from fuzz.targets.contract import Target, support
from fuzz.targets.published import check_texts, parquet_bytes, read_rows
from fuzz.trees import EditedTree, Tree, edited_tree
from fuzz.watch import watched
from stvqa.errors import StvqaError
from stvqa.records import SceneGraph
from stvqa.sources import SourceName
from stvqa.stages.contract import StageContext
from stvqa.stages.load import Load

__all__ = ["open_target"]

_ROWS = 3
_OBJECTS = [
    {"id": "person.4", "bbox": [20, 10, 60, 90]},
    {"id": "bike.2", "bbox": [90, 40, 190, 95]},
    {"id": "traffic_light.1", "bbox": [0, 0, 15, 30]},
]
_RELATIONS = [{"subject": "person.4", "predicate": "riding", "object": "bike.2"}]
_SCENE_IMAGES = (1, 2, 3)
_WHOLE = st.sampled_from((False, False, False, False, True))
"""Whether a case is built to its end, which takes a hundred times as long as reading it."""


class _Case(NamedTuple):
    """A source's folder."""

    source: SourceName
    edited: EditedTree
    reject: bool
    whole: bool

    @property
    def missing(self) -> Literal["reject", "placeholder"]:
        """What becomes of images without a file."""
        return "reject" if self.reject else "placeholder"

    def __repr__(self) -> str:
        command = "build" if self.whole else "the stage load"
        return f"{command} --source {self.source} --missing-images {self.missing}\n{self.edited!r}"


def open_target(sandbox: Sandbox) -> Target:
    """Writes the valid folders once."""
    keep = sandbox.base / "keep"
    bases = {**_visual_genome(keep), "gqa": _gqa(keep), "demo": _demo(sandbox, keep)}
    return Target(st.one_of(_folder_case(bases), _vg150_case()), _hold)


@st.composite
def _folder_case(draw: Draw, bases: dict[str, Tree]) -> _Case:
    kind = draw(st.sampled_from(sorted(bases)))
    edited = draw(edited_tree(bases[kind]))
    source: SourceName = "gqa" if kind == "gqa" else "vg"
    return _Case(source, edited, draw(st.booleans()), draw(_WHOLE))


@st.composite
def _vg150_case(draw: Draw) -> _Case:
    """Rows with edited cells; now and then the file's bytes instead."""
    as_json = draw(st.booleans())
    rows: list[dict[str, Any]] = [
        {
            "image_id": str(number),
            "image": {"bytes": None, "path": None},
            "objects": _OBJECTS,
            "relationships": _RELATIONS,
        }
        for number in _SCENE_IMAGES
    ]
    told: tuple[str, ...] = ()
    if draw(st.integers(0, 3)):
        edited = draw(edited_json(rows))
        rows, told = edited.value if isinstance(edited.value, list) else rows, edited.edits
    files = Tree({"train-00000-of-00001.parquet": _vg150_file(rows, as_json=as_json)})
    if told:
        return _Case("vg150", EditedTree(files, told), True, draw(_WHOLE))
    return _Case("vg150", draw(edited_tree(files)), True, draw(_WHOLE))


def _vg150_file(rows: list[Any], *, as_json: bool) -> bytes:
    """Parquet of rows, as far as Parquet takes them: cells of mixed types become JSON texts."""
    filled = [_with_picture(row, as_json=as_json) for row in rows if isinstance(row, dict)]
    names = dict.fromkeys(name for row in filled for name in row)
    columns = {name: _column([row.get(name) for row in filled]) for name in names}
    return parquet_bytes(columns)


def _with_picture(row: dict[str, Any], *, as_json: bool) -> dict[str, Any]:
    image = row.get("image")
    if isinstance(image, dict) and image.get("bytes", 1) is None:
        image = {**image, "bytes": _picture(200, 100)}
    texts: dict[str, Any] = {
        name: json_text(row[name]) for name in ("objects", "relationships") if as_json and name in row
    }
    return {**row, "image": image, **texts}


def _column(values: list[Any]) -> pa.Array:
    try:
        return pa.array(values)
    except (pa.ArrowException, ValueError, TypeError, OverflowError):
        texts = [value if isinstance(value, str) else json_text(_plain(value)) for value in values]
        return pa.array([text.encode(errors="replace").decode() for text in texts])


def _plain(value: Any) -> Any:  # noqa: ANN401 (any cell)
    return (
        value.hex()
        if isinstance(value, bytes)
        else {k: _plain(v) for k, v in value.items()}
        if isinstance(value, dict)
        else value
    )


def _picture(width: int, height: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), (90, 120, 40)).save(buffer, "JPEG")
    return buffer.getvalue()


def _visual_genome(keep: Path) -> dict[str, Tree]:
    files = support("visual_genome_files")
    man = files.thing(7, "man", box=(10, 10, 40, 80), attributes=["tall"])
    dog, cup = files.thing(8, "dog", box=(100, 40, 50, 50)), files.thing(9, "cup", box=(160, 10, 20, 20))
    objects = {number: [man, dog, cup] for number in _SCENE_IMAGES}
    triples = {number: [files.triple(number, man, "holding", cup)] for number in _SCENE_IMAGES}
    found = {}
    for version in ("v1.0", "v1.2", "v1.4"):
        root = files.write_root(keep / version, version, objects=objects, relationships=triples, attributes=objects)
        found[version] = Tree.of(root)
    links = {number: [(number, 7, "holding", 9)] for number in _SCENE_IMAGES}
    root = files.write_scene_graphs(keep / "scene-graphs", objects=objects, links=links)
    for number in _SCENE_IMAGES:
        files.write_picture(root / "VG_100K" / f"{number}.jpg", 200, 100)
    return {**found, "scene-graphs": Tree.of(root)}


def _gqa(keep: Path) -> Tree:
    chair = {"name": "chair", "x": 10, "y": 40, "w": 40, "h": 50, "attributes": ["brown"]}
    table = {"name": "table", "x": 80, "y": 30, "w": 90, "h": 60, "attributes": [], "relations": []}
    chair["relations"] = [{"object": "9", "name": "near"}, {"object": "9", "name": "to the left of"}]
    scene = {"width": 200, "height": 100, "objects": {"20": chair, "9": table}}
    folder = keep / "gqa"
    (folder / "images").mkdir(parents=True)
    for name, ids in (("train", ("1", "2")), ("val", ("3",))):
        (folder / f"{name}_sceneGraphs.json").write_text(json.dumps(dict.fromkeys(ids, scene)))
        for image_id in ids:
            (folder / "images" / f"{image_id}.jpg").write_bytes(_picture(200, 100))
    return Tree.of(folder)


def _demo(sandbox: Sandbox, keep: Path) -> Tree:
    """What `stvqa demo` exports: Visual Genome's layout with the anomalies of the real files."""
    ran = sandbox.command("demo", "--n", 3, "--out", keep / "demo")
    if ran.code:
        raise RuntimeError(ran.err)
    return Tree.of(keep / "demo", leave_out=lambda name: name.endswith(".zip"))


def _hold(case: _Case, sandbox: Sandbox) -> str:
    with sandbox.example(may_read=case.edited.tree.has_links) as folder:
        root = folder / "root"
        case.edited.tree.write(root, private=sandbox.private)
        before = sorted(str(path) for path in root.rglob("*"))
        with PipeGuard(folder):
            outcome = _built(case, sandbox, root, folder / "run") if case.whole else _read(case, root)
        if sorted(str(path) for path in root.rglob("*")) != before:
            raise Found("the source's folder was changed", "", "")
        return outcome


def _read(case: _Case, root: Path) -> str:
    """Reads every image; what comes is a graph or a refusal, never nothing."""
    stage = Load(source=case.source, root=root, missing_images=case.missing)
    try:
        with watched():
            stage.fingerprint()
            found = list(stage.run(iter(stage.partitions()), StageContext(seed=1)))
    except StvqaError as error:
        return f"read: {told_well(error)}"
    graphs = [item for item in found if isinstance(item, SceneGraph)]
    for graph in graphs:
        _check_graph(graph, root)
    return "read: graphs" if len(graphs) == len(found) else "read: refusals" if graphs else "read: refusals alone"


def _check_graph(graph: SceneGraph, root: Path) -> None:
    ids = [item.id for item in graph.objects]
    for item in graph.objects:
        box = item.box
        if not (0 <= box[0] < box[2] <= graph.width and 0 <= box[1] < box[3] <= graph.height):
            raise Found("a box outside of its image", "", repr(item))
    ends = {end for triple in graph.relationships for end in (triple.subject, triple.object)}
    if len(set(ids)) != len(ids) or not ends <= set(ids):
        raise Found("ids that do not name one object", "", repr(graph))
    told = [graph.image_id, graph.source_image_id, *ids, *(triple.predicate for triple in graph.relationships)]
    for text in told:
        if any(unicodedata.category(letter) in ("Cc", "Cf", "Cs") for letter in text):
            raise Found("control characters in a graph", "", ascii(text)[:1000])
    if graph.image.kind == "file" and root not in Path(graph.image.location).resolve().parents:
        raise Found("a picture outside of the source's folder", "", graph.image.location)


def _built(case: _Case, sandbox: Sandbox, root: Path, run: Path) -> str:
    """Builds a set, which proves again."""
    words = ("--source", case.source, "--root", root, "--n", _ROWS, "--teacher", "rules", "--out", run)
    missing = () if case.source == "vg150" else ("--missing-images", case.missing)
    ran = sandbox.command("build", *words, *missing, "--scheduler", "sync", "--no-report")
    if not (run / "dataset" / "data").is_dir():
        return f"built: {ran.label}"
    check_texts(read_rows(run / "dataset"), by="build")
    proved = sandbox.command("verify", run)
    if proved.code:
        raise Found("build publishes what verify refuses", "", proved.out[-2000:] + proved.err[-2000:])
    return f"built: {ran.label}, a set"
