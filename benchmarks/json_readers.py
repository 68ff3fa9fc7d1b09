"""How fast the elements of a huge JSON list can be reached, by reader; prints a table.

    python benchmarks/json_readers.py --megabytes 200

Writes a scene_graphs.json look-alike into a temporary folder and times, each in a fresh process so that
peak memory is its own: the byte scanner of `stvqa.sources.json_elements` alone, the scanner followed by
`pydantic_core.from_json` of every element, ijson (C backend), `json.load` and msgspec. ijson and msgspec are
no dependencies of stvqa: their rows say so where they are not installed.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

from pydantic_core import from_json

from stvqa.sources.json_elements import index_elements, read_span

NAMES = ("man", "traffic light", 'sign "walk"', "caf\u00e9 table", "window", "tree", "shirt", "back\\slash")
PREDICATES = ("ON", "has", "wearing", "next to", "are fully")


def write_list(path: Path, *, megabytes: int) -> None:
    """A list of scene graphs of 35 objects and 21 relationships each, until the file is large enough."""
    source = random.Random(0)
    with path.open("w", encoding="utf-8") as file:
        file.write("[")
        image = 0
        while file.tell() < megabytes << 20:
            image += 1
            file.write(", " * (image > 1) + json.dumps(_scene(image, source)))
        file.write("]")


def _scene(image: int, source: random.Random) -> dict[str, Any]:
    objects = [
        {
            "synsets": ["thing.n.01"],
            "h": source.randint(5, 300),
            "object_id": image * 100 + number,
            "names": [source.choice(NAMES)],
            "w": source.randint(5, 300),
            "attributes": ["green", "tall"],
            "y": source.randint(0, 300),
            "x": source.randint(0, 400),
        }
        for number in range(35)
    ]
    relationships = [
        {
            "synsets": ["along.r.01"],
            "predicate": source.choice(PREDICATES),
            "relationship_id": image * 100 + number,
            "object_id": image * 100 + source.randrange(35),
            "subject_id": image * 100 + source.randrange(35),
        }
        for number in range(21)
    ]
    return {"relationships": relationships, "image_id": image, "objects": objects}


def scan(path: Path) -> Iterable[Any]:
    """Offsets only: what the main process pays before work starts."""
    return index_elements(path).starts


def scan_and_parse(path: Path) -> Iterable[Any]:
    """Offsets, then each element on its own: what one reader of the whole file pays."""
    index = index_elements(path)
    with path.open("rb") as file:
        for start, stop in zip(index.starts.tolist(), index.stops.tolist(), strict=True):
            yield from_json(read_span(file, start, stop))


def with_ijson(path: Path) -> Iterable[Any]:
    """Incremental, one core, cannot be split."""
    backend = import_module("ijson.backends.yajl2_c")
    with path.open("rb") as file:
        yield from backend.items(file, "item")


def with_json(path: Path) -> Iterable[Any]:
    """Everything at once."""
    with path.open(encoding="utf-8") as file:
        loaded: list[Any] = json.load(file)
    return loaded


def with_msgspec(path: Path) -> Iterable[Any]:
    """Everything at once, as plain Python values."""
    decoder = import_module("msgspec.json")
    loaded: list[Any] = decoder.decode(path.read_bytes())
    return loaded


def with_msgspec_raw(path: Path) -> Iterable[Any]:
    """Elements left as raw bytes: the whole file in memory, nothing parsed."""
    msgspec = import_module("msgspec")
    raw_elements: Any = list.__class_getitem__(msgspec.Raw)
    loaded: list[Any] = msgspec.json.decode(path.read_bytes(), type=raw_elements)
    return loaded


READERS: dict[str, Callable[[Path], Iterable[Any]]] = {
    "byte scanner, offsets only": scan,
    "byte scanner + from_json": scan_and_parse,
    "ijson yajl2_c": with_ijson,
    "json.load": with_json,
    "msgspec, values": with_msgspec,
    "msgspec, list of Raw": with_msgspec_raw,
}


def measure(name: str, path: Path) -> None:
    """Runs one reader in this process and prints a line of the table."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    try:
        elements = sum(1 for _ in READERS[name](path))
    except ModuleNotFoundError as error:
        print(f"| {name} | {error.name} is not installed |  |  |  |")
        return
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    megabytes = path.stat().st_size / (1 << 20)
    print(f"| {name} | {elements} | {seconds:.2f} | {megabytes / seconds:.0f} | {(peak - before) / 1024:.0f} |")


def main() -> None:
    """Prints the table, one fresh process a reader."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--reader", choices=sorted(READERS))
    parser.add_argument("--path", type=Path)
    arguments = parser.parse_args()
    if arguments.reader:
        measure(arguments.reader, arguments.path)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scene_graphs.json"
        write_list(path, megabytes=arguments.megabytes)
        print("| reader | elements | seconds | MB/s | peak memory, MB |\n|---|---|---|---|---|", flush=True)
        for name in READERS:
            subprocess.run([sys.executable, __file__, "--reader", name, "--path", str(path)], check=True)  # noqa: S603 - this very script


if __name__ == "__main__":
    main()
