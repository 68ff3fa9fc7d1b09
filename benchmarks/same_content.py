"""Whether two runs hold the same rows, stage by stage: sha256 over the content of all parts and of the set.

    python benchmarks/same_content.py runs/before runs/after

For changes that may make stvqa faster, not different. Rows count in their order and whatever file they stand in,
so partitions may be cut otherwise. Exits with 1 where something differs.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq


class Content(NamedTuple):
    """Rows of one kind of file, and the sha256 of what they hold."""

    rows: int
    digest: str


def main() -> None:
    """Prints a line for each stage and split."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    options = parser.parse_args()
    before, after = contents(options.before), contents(options.after)
    none = Content(0, "")
    for kind in sorted({*before, *after}):
        one, other = before.get(kind, none), after.get(kind, none)
        verdict = "same" if one == other else "DIFFERS"
        print(f"{kind:<28}{one.rows:>9,}{other.rows:>9,}  {one.digest[:16]:<18}{other.digest[:16]:<18}{verdict}")
    sys.exit(before != after)


def contents(run: Path) -> dict[str, Content]:
    """Content by stage (its name without the hash) and file kind: `02-prune part`, `dataset train`."""
    files: dict[str, list[Path]] = {}
    for path in sorted(run.rglob("*.parquet")):
        folder = path.relative_to(run).parts[0]
        stage = folder if folder == "dataset" else "-".join(folder.split("-")[:-1])
        files.setdefault(f"{stage} {path.stem.split('-')[0]}", []).append(path)
    return {kind: content_of(paths) for kind, paths in files.items()}


def content_of(paths: list[Path]) -> Content:
    """Rows of all files, one after the other."""
    digest, rows = hashlib.sha256(), 0
    for path in paths:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(1000):
                for row in batch.to_pylist():
                    digest.update(repr(row).encode())
                    rows += 1
    return Content(rows, digest.hexdigest())


if __name__ == "__main__":
    main()
