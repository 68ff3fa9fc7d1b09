"""`python benchmarks/miniature`: runs the package from its folder."""

from __future__ import annotations

import sys
from pathlib import Path

if not __package__:
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from miniature.command import main

if __name__ == "__main__":
    sys.exit(main())
