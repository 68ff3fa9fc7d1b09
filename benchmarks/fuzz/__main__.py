"""`python benchmarks/fuzz`: runs the package from its folder."""

from __future__ import annotations

import sys
from pathlib import Path

if not __package__:
    BENCHMARKS = Path(__file__).resolve().parents[1]
    sys.path[:1] = [str(BENCHMARKS), str(BENCHMARKS.parent)]

from fuzz.command import main

if __name__ == "__main__":
    sys.exit(main())
