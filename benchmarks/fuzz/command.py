"""The command line of the fuzz targets.

python benchmarks/fuzz sources --minutes 10 --seed 3 --save runs/fuzz
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from fuzz.driver import drive, supervise
from fuzz.memory import drill
from fuzz.sandbox import Sandbox
from fuzz.targets import TARGETS

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one target or all, one after the other; 1 where anything was found."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(prog="benchmarks/fuzz", description=__doc__)
    parser.add_argument("target", choices=(*TARGETS, "all", "memory"))
    parser.add_argument("--minutes", type=float, default=10.0, help="for each target [default: 10]")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--save", type=Path, default=Path("runs/fuzz"), help="folder of what is found")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--only", default="", help="of `memory`: attacks whose name holds this text")
    options = parser.parse_args(words)
    if options.target == "memory":
        return int(bool(drill(options.only)))
    if options.inside:
        with tempfile.TemporaryDirectory(prefix="stvqa-fuzz-") as base, Sandbox(Path(base)) as sandbox:
            drive(options.target, sandbox, seconds=options.minutes * 60, seed=options.seed, save=options.save)
        return 0
    names = list(TARGETS) if options.target == "all" else [options.target]
    found = [supervise(name, minutes=options.minutes, seed=options.seed, save=options.save.resolve()) for name in names]
    return int(any(found))
