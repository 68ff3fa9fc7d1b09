"""Every worker process imports the runner and all stages: nothing heavy may come with them."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("datasets", "distributed", "pandas", "scipy", "sklearn", "torch", "transformers")


def test_nothing_heavy_is_imported_before_it_is_needed():
    code = f"import sys, stvqa.runner, stvqa.stages; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
