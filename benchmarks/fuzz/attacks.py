"""Hostile inputs of up to 100 MB, each with the command that reads it.

for attack in ATTACKS:
    words = attack.prepare(folder, ground)      # ["build", "--source", "vg", ...]
"""

from __future__ import annotations

import io
import itertools
import json
import shutil
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from fuzz.targets.contract import support

__all__ = ["ATTACKS", "MEGABYTES", "Attack", "Ground"]

MEGABYTES: Final = 100
_BYTES = MEGABYTES * 1_000_000
_SIDE = 20_000


class Ground(NamedTuple):
    """What attacks begin with.

    Attributes:
        run: a finished run of the demo source.
        server: address of the hostile model server, to which the name of what it does is added.
        hub: address of a Hub whose repository me/bomb has a hostile card.
    """

    run: Path
    server: str
    hub: str


Prepare = Callable[[Path, Ground], list[str]]


class Attack(NamedTuple):
    """One input.

    Attributes:
        prepare: writes it into a folder, and gives the words of the command.
    """

    name: str
    prepare: Prepare


def _build(source: str, root: Path, out: Path) -> list[str]:
    words = ["build", "--source", source, "--root", str(root), "--n", "2", "--teacher", "rules", "--out", str(out)]
    missing = [] if source == "vg150" else ["--missing-images", "placeholder"]
    return [*words, *missing, "--scheduler", "sync", "--no-report"]


def _things(count: int) -> list[dict[str, Any]]:
    thing = support("visual_genome_files").thing
    return [thing(number, "cup", box=(number % 150, number % 60, 20, 20)) for number in range(1, count + 1)]


def _visual_genome(folder: Path, objects: list[dict[str, Any]], relations: int = 0) -> Path:
    files = support("visual_genome_files")
    triples = [files.triple(number, objects[0], "on", objects[-1]) for number in range(relations)]
    return Path(files.write_root(folder / "vg", "v1.4", objects={1: objects}, relationships={1: triples}))


def _many_objects(folder: Path, _: Ground) -> list[str]:
    return _build("vg", _visual_genome(folder, _things(20_000)), folder / "run")


def _many_relations(folder: Path, _: Ground) -> list[str]:
    return _build("vg", _visual_genome(folder, _things(3), relations=200_000), folder / "run")


def _long_name(letters: str) -> Prepare:
    def prepare(folder: Path, _: Ground) -> list[str]:
        objects = _things(3)
        objects[0]["names"] = [letters]
        return _build("vg", _visual_genome(folder, objects), folder / "run")

    return prepare


def _raw_objects(pieces: Callable[[], Iterable[bytes]]) -> Prepare:
    """Visual Genome whose objects.json is written as it is."""

    def prepare(folder: Path, _: Ground) -> list[str]:
        root = _visual_genome(folder, _things(3))
        with (root / "objects.json").open("wb") as file:
            file.writelines(pieces())
        return _build("vg", root, folder / "run")

    return prepare


def _many_gqa_objects(folder: Path, _: Ground) -> list[str]:
    root = folder / "gqa"
    (root / "images").mkdir(parents=True)
    entry = {
        "name": "cup",
        "x": 1,
        "y": 1,
        "w": 9,
        "h": 9,
        "attributes": [],
        "relations": [{"object": "1", "name": "on"}],
    }
    scene = {"width": 200, "height": 100, "objects": {str(number): entry for number in range(20_000)}}
    (root / "train_sceneGraphs.json").write_text(json.dumps({"1": scene}))
    return _build("gqa", root, folder / "run")


def _vg150(rows: Callable[[], list[dict[str, Any]]]) -> Prepare:
    def prepare(folder: Path, _: Ground) -> list[str]:
        root = folder / "vg150"
        root.mkdir()
        pq.write_table(pa.Table.from_pylist(rows()), root / "train-00000-of-00001.parquet")
        return _build("vg150", root, folder / "run")

    return prepare


def _row(**changes: Any) -> dict[str, Any]:
    row = {"image_id": "1", "image": {"bytes": _jpeg(), "path": None}, "objects": "[]", "relationships": "[]"}
    return {**row, **changes}


def _many_rows_objects() -> list[dict[str, Any]]:
    objects = [{"id": f"cup.{number}", "bbox": [number % 150, 1, number % 150 + 20, 30]} for number in range(15_000)]
    return [_row(objects=json.dumps(objects))]


def _bomb_rows() -> list[dict[str, Any]]:
    return [
        _row(image={"bytes": _png_bomb(_SIDE, _SIDE), "path": None}, objects='[{"id": "a.1", "bbox": [1, 1, 9, 9]}]')
    ]


def _jpeg(width: int = 200, height: int = 100) -> bytes:
    from PIL import Image  # noqa: PLC0415 (in memory alone)

    buffer = io.BytesIO()
    Image.new("RGB", (width, height)).save(buffer, "JPEG")
    return buffer.getvalue()


def _png_bomb(width: int, height: int) -> bytes:
    """A sound grey PNG of many pixels in few bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes((8, 0, 0, 0, 0))
    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(b"\x00" * (width + 1)) for _ in range(height)) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def _picture_file(data: Callable[[], bytes]) -> Prepare:
    """Visual Genome with a picture that is none, or a bomb."""

    def prepare(folder: Path, _: Ground) -> list[str]:
        root = _visual_genome(folder, _things(3))
        next((root / "VG_100K").glob("*.jpg")).write_bytes(data())
        return _build("vg", root, folder / "run")

    return prepare


def _set(change: Callable[[dict[str, Any]], dict[str, Any]], *words: str) -> Prepare:
    """The run's set with one row changed, read by a command; `SET` in its words is the set's folder."""

    def prepare(folder: Path, ground: Ground) -> list[str]:
        shutil.copytree(ground.run / "dataset", folder / "set")
        path = min((folder / "set" / "data").glob("*.parquet"))
        table = pq.read_table(path)
        rows = table.to_pylist()
        rows[0] = change(rows[0])
        pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path)
        places = {"SET": str(folder / "set"), "ID": str(rows[0]["row_id"]), "OUT": str(folder / "out")}
        return [places.get(word, word) for word in words]

    return prepare


def _with_bomb(row: dict[str, Any]) -> dict[str, Any]:
    return {
        **row,
        "images": {"bytes": _png_bomb(_SIDE, _SIDE), "path": None},
        "image_width": _SIDE,
        "image_height": _SIDE,
    }


def _with_deep_votes(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "votes": "[" * 5_000_000 + "]" * 5_000_000}


def _with_deep_program(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "program": '{"a":' * 5_000_000 + "1" + "}" * 5_000_000}


def _with_zero_page(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "question_only": "a" * (5 * _BYTES)}


def _model(does: str, *more: str) -> Prepare:
    """A teacher behind the hostile server."""

    def prepare(folder: Path, ground: Ground) -> list[str]:
        words = ["build", "--source", "demo", "--n", "2", "--teacher", "some-model", "--set", "load.limit=4"]
        where = ["--base-url", f"{ground.server}/{does}/v1", "--timeout", "10", "--max-calls", "20"]
        return [*words, *where, "--scheduler", "sync", "--no-report", "--out", str(folder / "run"), *more]

    return prepare


def _run_file(name: str, pieces: Callable[[], Iterable[bytes]], *words: str) -> Prepare:
    """The run with one file written anew; `RUN` in the words is its folder."""

    def prepare(folder: Path, ground: Ground) -> list[str]:
        shutil.copytree(ground.run, folder / "run")
        path = folder / "run" / name
        path.parent.mkdir(exist_ok=True)
        with path.open("wb") as file:
            file.writelines(pieces())
        return [
            str(folder / "run") if word == "RUN" else f"{ground.server}/good/v1" if word == "URL" else word
            for word in words
        ]

    return prepare


def _recipe(text: Callable[[], bytes]) -> Prepare:
    def prepare(folder: Path, _: Ground) -> list[str]:
        (folder / "recipe.yaml").write_bytes(text())
        return ["build", "--recipe", str(folder / "recipe.yaml"), "--n", "2", "--plan"]

    return prepare


def _hub_card(folder: Path, ground: Ground) -> list[str]:
    shutil.copytree(ground.run, folder / "run")
    return ["push", str(folder / "run"), "--repo", "me/bomb"]


def _alias_bomb() -> bytes:
    names = "abcdefghijkl"
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]" for before, name in itertools.pairwise(names)]
    merged = [f"{key}: *{names[-1]}" for key in ("tags", "license", "size_categories")]
    return "\n".join([*lines, *merged]).encode()


def _filled(piece: bytes, *, before: bytes = b"", after: bytes = b"") -> Callable[[], Iterable[bytes]]:
    """Up to 100 MB of one piece."""

    def pieces() -> Iterable[bytes]:
        block = piece * max(1, 1_000_000 // len(piece))
        yield before
        for _ in range(_BYTES // len(block)):
            yield block
        yield after

    return pieces


_ASK = ("verify", "RUN", "--verifier", "some-model", "--base-url", "URL", "--scheduler", "sync", "--no-report")
_ELEMENT = json.dumps({"image_id": 1, "objects": [{"names": ["cup"], "x": 1, "y": 1, "w": 9, "h": 9, "object_id": 1}]})

ATTACKS: Final[tuple[Attack, ...]] = (
    Attack("vg: 20,000 objects in an image", _many_objects),
    Attack("vg: 200,000 relationships in an image", _many_relations),
    Attack("vg: a name of 100 kB", _long_name("a" * 100_000)),
    Attack("vg: a name of 50,000 words", _long_name("a " * 50_000)),
    Attack("vg: a name of 100 MB", _long_name("a" * _BYTES)),
    Attack("vg: objects.json, 100 MB of [", _raw_objects(_filled(b"["))),
    Attack("vg: objects.json, 100 MB of blanks", _raw_objects(_filled(b" ", before=b"[", after=b"]"))),
    Attack("vg: objects.json, 100 MB of {}", _raw_objects(_filled(b"{},", before=b"[", after=b"{}]"))),
    Attack(
        "vg: objects.json, 100 MB, one image",
        _raw_objects(_filled(_ELEMENT.encode() + b",", before=b"[", after=b"{}]")),
    ),
    Attack("vg: objects.json, 100 MB of zeros", _raw_objects(_filled(b"\x00"))),
    Attack("vg: objects.json, a number of 100 MB", _raw_objects(_filled(b"9", before=b'[{"image_id": ', after=b"}]"))),
    Attack("vg: a picture of 400 megapixels", _picture_file(lambda: _png_bomb(_SIDE, _SIDE))),
    Attack("vg: a picture of 60,000 x 60,000", _picture_file(lambda: _png_bomb(60_000, 60_000))),
    Attack("vg: a picture file of 100 MB", _picture_file(lambda: _jpeg() + b"\x00" * _BYTES)),
    Attack("gqa: 20,000 objects in an image", _many_gqa_objects),
    Attack("vg150: 15,000 objects in a row", _vg150(_many_rows_objects)),
    Attack("vg150: a cell of 100 MB", _vg150(lambda: [_row(objects="[" * _BYTES)])),
    Attack("vg150: a picture of 400 megapixels", _vg150(_bomb_rows)),
    Attack("set: a picture of 400 megapixels, verify", _set(_with_bomb, "verify", "SET")),
    Attack("set: a picture of 400 megapixels, report", _set(_with_bomb, "report", "SET", "--out", "OUT")),
    Attack("set: a picture of 400 megapixels, push", _set(_with_bomb, "push", "SET", "--dry-run", "--out", "OUT")),
    Attack("set: votes 5,000,000 deep, verify", _set(_with_deep_votes, "verify", "SET")),
    Attack("set: votes 5,000,000 deep, report", _set(_with_deep_votes, "report", "SET", "--out", "OUT")),
    Attack("set: a program 5,000,000 deep, explain", _set(_with_deep_program, "explain", "ID", "SET")),
    Attack("set: a question of 500 MB in 1 MB, verify", _set(_with_zero_page, "verify", "SET")),
    Attack("set: a question of 500 MB in 1 MB, report", _set(_with_zero_page, "report", "SET", "--out", "OUT")),
    Attack("reply: a gzip bomb of 2 MB", _model("gzip")),
    Attack("reply: a body of 100 MB", _model("large")),
    Attack("reply: an error of 100 MB", _model("large-error")),
    Attack("reply: JSON 100,000 deep", _model("deep")),
    Attack("reply: without end", _model("endless")),
    Attack("reply: a byte a second", _model("drip")),
    Attack("reply: a head without end", _model("endless-head")),
    Attack("reply: never", _model("silent")),
    Attack("recipe: an alias bomb", _recipe(_alias_bomb)),
    Attack("recipe: 100 MB", _recipe(lambda: b"a: " + b"x" * _BYTES)),
    Attack("recipe: 1,000,000 deep", _recipe(lambda: b"[" * 1_000_000)),
    Attack("Hub: a card with an alias bomb", _hub_card),
    Attack("run.json: 100 MB", _run_file("run.json", _filled(b"[1],", before=b"[", after=b"1]"), "report", "RUN")),
    Attack("ledger: 100 MB of zeros", _run_file("ledger/ledger.sqlite", _filled(b"\x00"), *_ASK)),
    Attack(
        "ledger: 100 MB of garbage", _run_file("ledger/ledger.sqlite", _filled(b"SQLite format 3\x00garbage "), *_ASK)
    ),
    Attack(
        "batch answers: a line of 100 MB",
        _run_file("answers", _filled(b"["), *_ASK[:4], "--batch-in", "RUN/answers", *_ASK[6:]),
    ),
)
